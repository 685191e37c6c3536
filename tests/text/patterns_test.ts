/**
 * What makes a process's VMAs: each pattern is found where it is, and not where one thing of it is otherwise; and how
 * the report prints what was found.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { findPairs } from "../../src/text/explain/pairs.ts";
import type { LayoutLine } from "../../src/text/maps/layout_line.ts";
import { explainLayout } from "../../src/text/explain/layout.ts";
import type { Pattern } from "../../src/text/explain/patterns.ts";
import { explanationAsJson, explanationAsText } from "../../src/text/explain_report.ts";

const KIB = 1024, MIB = 2 ** 20;

/** A line of a maps file. */
function line(start: number, size: number, permissions = "rw-p", name = "", inode = 0): string {
  const hex = (value: number) => value.toString(16).padStart(12, "0");
  const device = inode === 0 ? "00:00" : "fe:00";
  return `${hex(start)}-${hex(start + size)} ${permissions} 00000000 ${device} ${inode} ${name}`;
}

function patterns(lines: readonly string[]): readonly Pattern[] {
  return explainLayout(lines.join("\n")).patterns;
}

/** The patterns whose words have these in them, as times and VMAs. */
function found(lines: readonly string[], words: RegExp): [number, number][] {
  return patterns(lines).filter((each) => words.test(each.words)).map((
    { times, vmas },
  ) => [times, vmas]);
}

const BASE = 0x7f00_0000_0000;

/** An arena of malloc: so much used, the rest reserved. */
function arena(
  at: number,
  { size = 64 * MIB, used = 132 * KIB, gap = 0, rest = 0 } = {},
) {
  return [line(at, used), line(at + used + gap, rest || size - used, "---p")];
}

Deno.test("patterns: an arena of malloc begins at a multiple of 64 MiB and is used and reserved memory as large", () => {
  const arenas = (lines: readonly string[]) => found(lines, /malloc arenas?\b/);
  assertEquals(arenas(arena(BASE)), [[1, 2]]);
  assertEquals(arenas([...arena(BASE), ...arena(BASE + 64 * MIB)]), [[2, 4]]);
  assertEquals(arenas([line(BASE, 64 * MIB)]), [[1, 1]]);
  for (
    const other of [
      ...[arena(BASE + 4 * KIB), arena(BASE, { rest: 64 * MIB }), arena(BASE, { gap: 4 * KIB })],
      ...[arena(BASE, { gap: 4 * KIB, rest: 64 * MIB - 136 * KIB }), [line(BASE, 132 * KIB)]],
      [line(BASE, 132 * KIB, "r--p"), line(BASE + 132 * KIB, 64 * MIB - 132 * KIB, "---p")],
      [line(BASE, 132 * KIB), line(BASE + 132 * KIB, 64 * MIB - 132 * KIB, "r--p")],
      [line(BASE, 132 * KIB), line(BASE + 132 * KIB, 64 * MIB - 132 * KIB, "---p", "/a", 7)],
      [
        line(BASE, 132 * KIB, "rw-p", "[heap]"),
        line(BASE + 132 * KIB, 64 * MIB - 132 * KIB, "---p"),
      ],
      [line(BASE, 64 * MIB, "rw-p", "[stack]")],
    ]
  ) assertEquals(arenas(other), [], other.join("\n"));
});

Deno.test("patterns: arenas of 1 MiB, where addresses have 32 bits, are four at least, and not whole ones", () => {
  const small = (count: number) =>
    Array.from({ length: count }, (_, i) => arena(BASE + (2 * i + 1) * MIB, { size: MIB })).flat();
  const arenas = (lines: readonly string[]) => found(lines, /malloc arenas? of 1 MiB/);
  assertEquals(arenas(small(4)), [[4, 8]]);
  assertEquals(arenas(small(3)), []);
  // One after the other: what one has reserved is no guard of the next one.
  const touching = Array.from({ length: 4 }, (_, i) => arena(BASE + i * MIB, { size: MIB })).flat();
  assertEquals(patterns(touching).map(({ times, vmas }) => [times, vmas]), [[4, 8]]);
  assertEquals(arenas(Array.from({ length: 9 }, (_, i) => line(BASE + 3 * i * MIB, MIB))), []);
});

/** A thread's stack: guard and memory. */
function stack(
  at: number,
  { guard = 4 * KIB, size = 8 * MIB, name = "", gap = 0, permissions = "rw-p" } = {},
) {
  return [line(at, guard, "---p"), line(at + guard + gap, size, permissions, name)];
}

Deno.test("patterns: a thread's stack has a guard below it, and there are two alike or it is named", () => {
  const stacks = (lines: readonly string[]) => found(lines, /thread stack/);
  const two = (options: Parameters<typeof stack>[1] = {}) => [
    ...stack(BASE, options),
    ...stack(BASE + 32 * MIB, options),
  ];
  assertEquals(stacks(two()), [[2, 4]]);
  assertEquals(stacks(stack(BASE)), []);
  assertEquals(stacks(stack(BASE, { name: "[stack:12]" })), [[1, 2]]);
  assertEquals(stacks(two({ guard: MIB })), [[2, 4]]);
  assertEquals(stacks(two({ guard: MIB + 4 * KIB })), []);
  assertEquals(stacks(two({ size: 64 * KIB })), [[2, 4]]);
  assertEquals(stacks(two({ size: 60 * KIB })), []);
  assertEquals(stacks(two({ gap: 4 * KIB })), []);
  assertEquals(stacks(two({ permissions: "r--p" })), []);
  assertEquals(stacks(two({ name: "[anon:scudo:primary]" })), []);
  assertEquals(stacks(two({ name: "[anon:stack_and_tls:12]" })), [[2, 4]]);
  assertEquals(stacks([...stack(BASE), ...stack(BASE + 32 * MIB, { size: 4 * MIB })]), []);
  const [words = ""] = patterns(two({ guard: 8 * KIB })).map((each) => each.words);
  assert(
    words.startsWith("2 thread stacks of 8 MiB, each with a guard of 8 KiB below it: 2 VMAs"),
    words,
  );
  // The example is the first of them, from its guard on.
  assertEquals(patterns(two({ guard: 8 * KIB }))[0]?.example, "0x7f0000000000-0x7f0000802000");
  // Memory that a name makes a stack of is no memory of a name besides.
  const named = patterns(two({ name: "[anon:stack_and_tls:12]" }));
  assertEquals(named.map(({ vmas }) => vmas), [4]);
});

Deno.test("patterns: the JVM's stacks have a zone of their own between guard and stack", () => {
  const zoned = (at: number, gap = 0) => [
    ...[line(at, 4 * KIB, "---p"), line(at + 4 * KIB + gap, 12 * KIB, "---p")],
    line(at + 16 * KIB + gap, MIB),
  ];
  const stacks = (lines: readonly string[]) =>
    patterns(lines).filter(({ words }) => /thread stack/.test(words));
  const [only, ...more] = stacks([...zoned(BASE), ...zoned(BASE + 8 * MIB)]);
  assertEquals(more, []);
  assertEquals([only?.times, only?.vmas], [2, 6]);
  assert(only?.words.includes("guard of 16 KiB below it: 3 VMAs a thread"), only?.words);
  const apart = stacks([...zoned(BASE, 4 * KIB), ...zoned(BASE + 8 * MIB, 4 * KIB)]);
  assert(apart[0]?.words.includes("guard of 12 KiB below it: 2 VMAs a thread"), apart[0]?.words);
});

/** VMAs of files, each with a page between them. */
function pieces(
  count: number,
  permissions: (i: number) => string,
  file: (i: number) => [string, number],
) {
  return Array.from(
    { length: count },
    (_, i) => line(BASE + i * 8 * KIB, 4 * KIB, permissions(i), ...file(i)),
  );
}

Deno.test("patterns: more VMAs of one file than a library has segments are pieces of it", () => {
  const one = (count: number) => pieces(count, () => "r--p", () => ["/var/index.db", 7]);
  assertEquals(found(one(8), /index\.db is mapped in 8 pieces of 4 KiB each/), [[8, 8]]);
  assertEquals(found(one(7), /is mapped in/), []);
  const uneven = [...one(8), line(BASE + MIB, 8 * KIB, "r--p", "/var/index.db", 7)];
  assertEquals(found(uneven, /in 9 pieces of 2 sizes/), [[9, 9]]);
});

Deno.test("patterns: shared memory that is mapped both writable and executable is a JIT's", () => {
  const dual = (first: string, second: string, count = 2) =>
    found(pieces(count, (i) => i === 0 ? first : second, () => ["/memfd:jit", 7]), /a JIT's code/);
  assertEquals(dual("rw-s", "r-xs"), [[2, 2]]);
  assertEquals(dual("rwxs", "r--s"), [[2, 2]]);
  for (
    const [first, second] of [["rw-p", "r-xp"], ["rw-s", "r--s"], ["r-xs", "r--s"], [
      "rw-s",
      "r-xp",
    ]]
  ) {
    assertEquals(dual(first!, second!), [], `${first} ${second}`);
  }
  assertEquals(dual("rwxs", "rwxs", 1), []);
});

Deno.test("patterns: programs and libraries are files that are executed", () => {
  const library = (i: number) =>
    ["r--p", "r-xp", "rw-p"].map((permissions, part) =>
      line(BASE + i * MIB + part * 4 * KIB, 4 * KIB, permissions, `/lib/lib${i}.so`, 10 + i)
    );
  const [one] = patterns(library(0));
  assertEquals([one?.words, one?.times, one?.vmas], [
    "1 program or library: code, constants, data",
    1,
    3,
  ]);
  const [three] = patterns([library(0), library(1), library(2)].flat());
  assertEquals([three?.words, three?.times, three?.vmas], [
    ...["3 programs and libraries, about 3 VMAs each: code, constants, data", 3, 9],
  ]);
});

Deno.test("patterns: files of one folder and ending are a family from four on, shared memory too", () => {
  const family = (count: number, name: (i: number) => string) =>
    patterns(pieces(count, () => "r--s", (i) => [name(i), 10 + i]));
  const [files] = family(4, (i) => `/var/db/${i}.idx`);
  assertEquals([files?.times, files?.vmas], [4, 4]);
  assert(files?.words.startsWith("4 files of /var/db/*.idx mapped, 16 KiB in all"), files?.words);
  assert(family(3, (i) => `/var/db/${i}.idx`).every(({ words }) => !words.includes("/var/db/*")));
  assert(family(4, (i) => `/var/db/${i}`)[0]?.words.startsWith("4 files of /var/db/* mapped"));
  assert(family(4, (i) => `/var/db/.${i}`)[0]?.words.startsWith("4 files of /var/db/* mapped"));
  const shared = family(4, (i) => `/SYSV0000000${i} (deleted)`)[0]?.words;
  assert(shared?.startsWith("4 pieces of shared memory (/SYSV…), 16 KiB in all"), shared);
});

Deno.test("patterns: memory of one name, from two on", () => {
  const named = (...names: string[]) =>
    patterns(names.map((name, i) => line(BASE + i * 8 * KIB, 4 * KIB, "rw-p", name)));
  const [only] = named("[anon:arena]", "[anon:arena]", "[anon:other]");
  assertEquals([only?.words, only?.times, only?.vmas], [
    "2 VMAs named [anon:arena], 8 KiB in all",
    2,
    2,
  ]);
  assertEquals(
    named("[anon:arena]", "[anon:other]").filter(({ words }) => /named/.test(words)),
    [],
  );
});

Deno.test("patterns: what repeats nothing is told last, with its largest", () => {
  const [rest] = patterns([line(BASE, 4 * KIB), line(BASE + MIB, 8 * KIB, "r--p", "/etc/a", 7)]);
  assertEquals([rest?.vmas, rest?.times], [2, 1]);
  assert(
    rest?.words.includes("of no pattern, 1 of them without a file; the largest has 8 KiB (a)"),
    rest?.words,
  );
});

Deno.test("explanationAsText: the first eight of each kind, and how many more there are", () => {
  const many = Array.from(
    { length: 20 },
    (_, i) => line(BASE + i * 8 * KIB, 4 * KIB, "rw-p", `[anon:${i >> 1}]`),
  );
  const text = explanationAsText("maps", explainLayout(many.join("\n")));
  assert(text.startsWith("maps: maps, 20 lines, 20 VMAs\n"), text);
  assert(text.includes("\n  20 of 65530 VMAs in use, 65510 left\n"), text);
  assert(text.includes("    and 2 more; --json lists all"), text);
  assertEquals(text.match(/2 VMAs named/g)?.length, 8);
  const eight = explanationAsText("maps", explainLayout(many.slice(0, 16).join("\n")));
  assert(!eight.includes("more; --json"), eight);
  const alone = explainLayout(line(BASE, 4 * KIB));
  const said = explanationAsText("maps", alone);
  assert(said.includes("maps: maps, 1 line, 1 VMA\n"), said);
  assert(said.includes("  no two of them touch"), said);
  assert(!said.includes("more; --json"), said);
  const counted = explanationAsText(
    "maps",
    explainLayout(line(BASE, 4 * KIB), { count: 5, limit: 9 }),
  );
  assert(counted.includes("  5 of 9 VMAs in use, 1 of them shown, 4 left"), counted);
});

Deno.test("explanationAsJson: all but the layout, which is the text again", () => {
  const explanation = explainLayout(line(BASE, 4 * KIB));
  const json = Object.keys(explanationAsJson("maps", explanation) as Record<string, unknown>);
  assertEquals(
    json.sort(),
    ["file", ...Object.keys(explanation).filter((name) => name !== "layout")].sort(),
  );
});

Deno.test("patterns: the example of arenas is the first one as a whole, the used and the reserved part", () => {
  const example = (...lines: string[]) =>
    patterns(lines).find(({ words }) => /malloc arena/.test(words))?.example;
  const split = arena(BASE), whole = line(BASE + 128 * MIB, 64 * MIB);
  assertEquals(example(...split), "0x7f0000000000-0x7f0004000000");
  assertEquals(example(...split, whole), "0x7f0000000000-0x7f0004000000");
  const before = line(0x40_0000, 4 * KIB);
  assertEquals(example(before, ...split, whole), "0x7f0000000000-0x7f0004000000");
  assertEquals(
    example(line(BASE - 128 * MIB, 64 * MIB), ...split),
    "0x7efff8000000-0x7efffc000000",
  );
});

Deno.test("patterns: the one with most VMAs is told first, whichever was found first", () => {
  const rest = Array.from(
    { length: 9 },
    (_, i) => line(0x40_0000 + 64 * KIB * i * (i + 1), (i + 1) * 4 * KIB),
  );
  const all = patterns([...rest, ...stack(BASE), ...stack(BASE + 32 * MIB)]);
  assertEquals(all.map(({ vmas }) => vmas), [9, 4]);
  const many = [...stack(BASE), ...stack(BASE + 32 * MIB), ...stack(BASE + 64 * MIB)];
  assertEquals(patterns([...rest.slice(0, 2), ...many]).map(({ vmas }) => vmas), [6, 2]);
});

Deno.test("patterns: a file of several names is called by its first one, the same file by its inode", () => {
  const links = pieces(8, () => "r--p", (i) => [i === 0 ? "/var/first" : "/var/other", 7]);
  assertEquals(found(links, /^first is mapped in 8 pieces/), [[8, 8]]);
});

Deno.test("findPairs: what is taken already is no part of an arena or a stack", () => {
  const found = (lines: readonly string[], taken: number) =>
    findPairs(explainLayout(lines.join("\n")).layout, (at) => at !== taken).length;
  assertEquals([0, 1, 2].map((taken) => found(arena(BASE), taken)), [0, 0, 1]);
  const stacks = [...stack(BASE), ...stack(BASE + 32 * MIB)];
  assertEquals([0, 1, 2, 3, 4].map((taken) => found(stacks, taken)), [0, 0, 0, 0, 1]);
});

Deno.test("findPairs: two guards at the end of a layout are no stack, and nothing is looked for after it", () => {
  const vmas: LayoutLine[] = [0, 1].map((i) => ({
    ...{ line: i + 1, start: BASE + i * 4 * KIB, end: BASE + (i + 1) * 4 * KIB, name: "" },
    ...{ permissions: "---p", inode: 0 },
  }));
  assertEquals(findPairs(vmas, () => true), []);
  assertEquals(findPairs([], () => true), []);
});
