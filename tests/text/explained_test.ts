/**
 * Patterns of VMAs that repeat, what is left of none, and failures that logs tell in words: each by its own condition.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { findPatterns } from "../../src/text/explain/patterns.ts";
import { findPeriods } from "../../src/text/explain/periods.ts";
import { toldFailures } from "../../src/text/explain/told_failure.ts";
import type { LayoutLine } from "../../src/text/maps/layout_line.ts";

const KIB = 1024;

/** VMAs of so many KiB with these permissions, one touching the next. */
function touching(...parts: readonly [permissions: string, kib: number][]): LayoutLine[] {
  let start = 0x7f00_0000_0000;
  return parts.map(([permissions, kib], line) => {
    const end = start + kib * KIB;
    const vma = { line: line + 1, start, end, permissions, name: "", inode: 0 };
    start = end;
    return vma;
  });
}

/** So many times the same parts. */
function repeated(times: number, ...parts: readonly [string, number][]): LayoutLine[] {
  return touching(...Array.from({ length: times }, () => parts).flat());
}

const ALL = () => true;
const GUARDED: readonly [string, number][] = [["rw-p", 8], ["---p", 4]];

function periods(vmas: readonly LayoutLine[], isFree: (position: number) => boolean = ALL) {
  return findPeriods(vmas, isFree).map(({ words, times, members, unit }) => [
    words.split(":")[0],
    times,
    members.length,
    unit,
  ]);
}

Deno.test("findPeriods: what repeats four times side by side is one pattern, three times is none", () => {
  assertEquals(periods(repeated(4, ...GUARDED)), [["alternating protections, 4 times", 4, 8, 2]]);
  assertEquals(periods(repeated(3, ...GUARDED)), []);
  const six: [string, number][] = [
    ...[["rw-p", 4], ["r--p", 4], ["rw-p", 8], ["r--p", 8], ["rw-p", 12], ["---p", 4]] as const,
  ].map(([permissions, kib]) => [permissions, kib]);
  assertEquals(periods(repeated(4, ...six)), [["alternating protections, 4 times", 4, 24, 6]]);
  // Sizes may differ where the permissions repeat.
  const sizes = touching(
    ["rw-p", 4],
    ["---p", 8],
    ["rw-p", 12],
    ["---p", 16],
    ["rw-p", 20],
    ["---p", 24],
    ["rw-p", 28],
    ["---p", 32],
  );
  assertEquals(periods(sizes), [["alternating protections, 4 times", 4, 8, 2]]);
});

Deno.test("findPeriods: only memory that is free for it, without a file, and no stack, in one piece", () => {
  const vmas = repeated(4, ...GUARDED);
  const alternating = (all: LayoutLine[], isFree?: (position: number) => boolean) =>
    periods(all, isFree).filter(([words]) => String(words).startsWith("alternating"));
  const other = (change: Partial<LayoutLine>) =>
    alternating(vmas.with(3, { ...vmas[3]!, ...change }));
  assertEquals(other({ inode: 7, name: "/a" }), []);
  assertEquals(other({ name: "[stack]" }), []);
  assertEquals(alternating(vmas, (position) => position !== 3), []);
  const apart = vmas.map((vma, i) =>
    i < 4 ? vma : { ...vma, start: vma.start + 4096, end: vma.end + 4096 }
  );
  assertEquals(alternating(apart), []);
  // Two pieces of four are one pattern, in whatever turn each begins.
  const far = repeated(4, ...GUARDED.toReversed()).map((vma) => ({
    ...{ ...vma, start: vma.start + 2 ** 40, end: vma.end + 2 ** 40 },
  }));
  assertEquals(periods([...vmas, ...far]), [["alternating protections, 8 times", 8, 16, 2]]);
});

Deno.test("findPeriods: what makes them: guard pages, code, or mprotect", () => {
  const cause = (...parts: readonly [string, number][]) =>
    findPeriods(repeated(5, ...parts), ALL)[0]?.words.split(". ").at(-1);
  assertEquals(
    cause(...GUARDED),
    "Guard pages between allocations, or mprotect of every other page",
  );
  assertEquals(
    cause(["rw-p", 4], ["r-xp", 4]),
    "A JIT that makes its code executable piece by piece",
  );
  assertEquals(
    cause(["rw-p", 4], ["r--p", 4]),
    "Mprotect of parts of one mapping, each of which splits it",
  );
  assertEquals(
    cause(["rw-p", 4], ["---p", 4], ["rw-p", 8]),
    "Mprotect of parts of one mapping, each of which splits it",
  );
  const [{ words } = { words: "" }] = findPeriods(repeated(4, ["rw-p", 4], ["r--p", 8]), ALL);
  assert(
    words.includes("r--p 8 KiB, then rw-p 4 KiB") || words.includes("rw-p 4 KiB, then r--p 8 KiB"),
  );
});

Deno.test("findPeriods: maps of one size, four or more, wherever they lie", () => {
  const scattered = (count: number, change: Partial<LayoutLine> = {}) =>
    Array.from({ length: count }, (_, i): LayoutLine => ({
      ...{ line: i + 1, start: 0x10_0000 * (i + 1), end: 0x10_0000 * (i + 1) + 0x2000 },
      ...{ permissions: "rw-p", name: "", inode: 0, ...change },
    }));
  assertEquals(periods(scattered(4)), [["4 maps of one size, 8 KiB rw-p, without name", 4, 4, 1]]);
  assertEquals(periods(scattered(3)), []);
  assertEquals(periods(scattered(5, { name: "[anon:x]" })), []);
  // What a period took is not counted again.
  assertEquals(periods(repeated(4, ...GUARDED)).length, 1);
});

Deno.test("findPatterns: what is of no pattern is one, with its largest VMA, patterns by how many VMAs they have", () => {
  const vmas = repeated(4, ...GUARDED);
  const rest: LayoutLine[] = [
    {
      line: 20,
      start: 0x10_0000,
      end: 0x10_1000,
      permissions: "r--p",
      name: "/usr/bin/a",
      inode: 7,
    },
    {
      line: 21,
      start: 0x20_0000,
      end: 0x20_4000,
      permissions: "rw-p",
      name: "/usr/lib/b.so",
      inode: 8,
    },
    { line: 22, start: 0x30_0000, end: 0x30_4000, permissions: "rw-p", name: "", inode: 0 },
  ];
  const [first, second, ...others] = findPatterns([...rest, ...vmas]);
  assertEquals([first?.vmas, first?.times, others], [8, 4, []]);
  assertEquals(
    second?.words,
    "of no pattern, 1 of them without a file; the largest has 16 KiB (b.so)",
  );
  assertEquals([second?.vmas, second?.times], [3, 1]);
  assert(second?.example.startsWith("0x100000-0x101000"));
  const unnamed = findPatterns(rest.slice(2));
  assertEquals(
    unnamed[0]?.words,
    "of no pattern, 1 of them without a file; the largest has 16 KiB",
  );
  assertEquals(findPatterns([]), []);
  // The example is the first time that it repeats.
  assertEquals(first?.example, `0x7f0000000000-0x${(0x7f00_0000_0000 + 12 * KIB).toString(16)}`);
});

/** What a log's line tells, beside so many VMAs in use of 100. */
function told(text: string, used = 10) {
  return toldFailures([{ number: 3, text }], { used, limit: 100, mapped: 2 ** 30 });
}

Deno.test("toldFailures: which call failed, with what, and whether the limit was in the way", () => {
  const java = (call: string, verb: string) =>
    `# Native memory allocation (${call}) failed to ${verb} 65536 bytes for committing reserved memory.`;
  const [map] = told(java("mmap", "map"));
  assertEquals([map?.line, map?.call, map?.error], [3, "mmap", "ENOMEM"]);
  assert(map?.words.startsWith("Mapping 64 KiB needs one VMA more; 90 VMAs may still be made"));
  assert(map?.words.includes("RLIMIT_AS (1 GiB are mapped), the commit limit"));
  assert(map?.words.endsWith("A smaller heap, or MAP_NORESERVE, serves against the first two"));
  const [protect] = told(java("mprotect", "protect"));
  assertEquals(protect?.call, "mprotect");
  assert(protect?.words.startsWith("Protecting 64 KiB splits a VMA, which needs one VMA more;"));
  assertEquals(told(java("malloc", "allocate"))[0]?.call, "mmap");
  // At most eight left, that was it.
  assertEquals(
    [90, 91, 92, 93, 100].map((used) =>
      told(java("mmap", "map"), used)[0]?.words.includes("are in use")
    ),
    [
      ...[false, false, true, true, true],
    ],
  );
  const commit =
    "os::commit_memory(0x7f0000000000, 65536, 0) failed; error='Not enough space' (errno=12)";
  assertEquals(told(commit).map(({ call, error }) => [call, error]), [["mmap", "ENOMEM"]]);
  const access = commit.replace("errno=12", "error=13");
  assertEquals(told(access)[0]?.error, "EACCES");
  const sanitizer =
    "ERROR: AddressSanitizer failed to allocate 0x10000 (65536) bytes of SetShadow (error code: 12)";
  assertEquals(told(sanitizer).length, 1);
  assertEquals([told("nothing failed"), told("Native memory allocation (mmap) worked")], [[], []]);
});

Deno.test("findPeriods: what is alike does not alternate, though it touches", () => {
  const same = touching(...Array<[string, number]>(8).fill(["rw-p", 4]));
  assertEquals(periods(same), [["8 maps of one size, 4 KiB rw-p, without name", 8, 8, 1]]);
  const odd = touching(
    ...Array<[string, number]>(8).fill(["rw-p", 4]),
    ["r--p", 4],
    ...Array<[string, number]>(3).fill(["rw-p", 4]),
  );
  assertEquals(periods(odd), [["11 maps of one size, 4 KiB rw-p, without name", 11, 11, 1]]);
});

Deno.test("findPeriods: a unit is told as it begins first, with sizes where they repeat", () => {
  const words = (...parts: readonly [string, number][]) =>
    findPeriods(touching(...parts), ALL).map((each) => each.words.split(". ")[0]);
  const four = (...parts: readonly [string, number][]) =>
    words(...Array.from({ length: 4 }, () => parts).flat());
  assertEquals(four(["rw-p", 8], ["---p", 4]), [
    "alternating protections, 4 times: rw-p 8 KiB, then ---p 4 KiB",
  ]);
  assertEquals(four(["---p", 4], ["rw-p", 8]), [
    "alternating protections, 4 times: ---p 4 KiB, then rw-p 8 KiB",
  ]);
  const growing = Array.from({ length: 8 }, (_, i): [string, number] => [
    ...[i % 2 === 0 ? "rw-p" : "---p", 4 * (i + 1)] as const,
  ]);
  assertEquals(words(...growing), ["alternating protections, 4 times: rw-p, then ---p"]);
});

Deno.test("toldFailures: a line tells of one failure, and each line of its own", () => {
  const java = "# Native memory allocation (mmap) failed to map 65536 bytes. ";
  const commit = "os::commit_memory(0x7f0000000000, 4096, 0) failed; error='x' (errno=13)";
  assertEquals(told(java + commit).map(({ error }) => error), ["ENOMEM"]);
  const both = toldFailures(
    [{ number: 1, text: java }, { number: 2, text: "words" }, { number: 3, text: commit }],
    { used: 10, limit: 100, mapped: 0 },
  );
  assertEquals(both.map(({ line, error }) => [line, error]), [[1, "ENOMEM"], [3, "EACCES"]]);
});
