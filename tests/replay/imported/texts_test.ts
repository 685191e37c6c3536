/**
 * What the model answers to a call of a text that shows only calls: equal where the text shows enough, different where
 * what it says cannot be, and otherwise that it cannot be known.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { importText } from "../../../src/text/import.ts";
import { Occupied, type Wanted } from "../../../src/replay/imported/occupied.ts";

//   0x555555559000                0x7ffff7fbe000   0x7ffff7fc0000   0x7ffff7fc2000  0x7ffff7fc3000
//   |- heap, empty  …  free          |-- third --|    |-- second --|   |-- first --|   unknown
const TOP = 0x7ffff7fc2000;
const PRELUDE = `execve("/bin/true", ["true"], 0x7ffd0 /* 20 vars */) = 0
brk(NULL) = 0x555555559000
mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7fc2000
mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7fc0000
mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7fbe000
`;

/** What is made of the last of some calls: `equal`, `unknown`, or what the model gives. */
function judged(...calls: string[]): string {
  const before = importText(PRELUDE + calls.slice(0, -1).map((call) => `${call}\n`).join(""));
  const after = importText(PRELUDE + calls.map((call) => `${call}\n`).join(""));
  const grown = (which: "asked" | "equal" | "different" | "cannotKnow") =>
    after.answers[which] - before.answers[which];
  assertEquals(grown("asked"), 1, calls.at(-1));
  if (grown("equal") === 1) return "equal";
  if (grown("cannotKnow") === 1) return "unknown";
  assertEquals(grown("different"), 1);
  return after.differing.at(-1)!.model;
}

const hex = (value: number) => `0x${value.toString(16)}`;
const ANYWHERE = "MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)";
const map = (length: number, result: number, rest = `PROT_READ, ${ANYWHERE}`, at = "NULL") =>
  `mmap(${at}, ${length}, ${rest} = ${hex(result)}`;

Deno.test("imported answers: a mapping goes to the top of the highest gap that is known", () => {
  assertEquals(judged(map(4096, TOP - 0x5000)), "equal");
  assertEquals(judged(map(4096, TOP - 0x6000)), hex(TOP - 0x5000));
  assertEquals(judged("munmap(0x7ffff7fbe000, 4096) = 0", map(4096, 0x7ffff7fbe000)), "equal");
  assertEquals(judged("munmap(0x7ffff7fbe000, 4096) = 0", map(8192, 0x7ffff7fbd000)), "equal");
});

Deno.test("imported answers: over what is mapped the kernel places nothing, so the text has a gap", () => {
  assertEquals(judged(map(4096, 0x7ffff7fc0000)), "unknown");
  assertEquals(judged(map(4096, 0x7ffff7fc0000), map(4096, TOP - 0x5000)), "unknown");
});

Deno.test("imported answers: fixed places are what was asked for, free or not", () => {
  const fixed = "PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)";
  assertEquals(judged(map(4096, 0x7ffff7fc0000, fixed, "0x7ffff7fc0000")), "equal");
  assertEquals(judged(map(4096, 0x7ffff7fc1000, fixed, "0x7ffff7fc0000")), "0x7ffff7fc0000");
  const unless = "PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED_NOREPLACE, -1, 0)";
  assertEquals(judged(map(4096, 0x7ffff7fb0000, unless, "0x7ffff7fb0000")), "equal");
  assertEquals(judged(map(4096, 0x7ffff7fc0000, unless, "0x7ffff7fc0000")), "EEXIST");
  assertEquals(judged(map(4096, TOP + 0x10000, unless, hex(TOP + 0x10000))), "unknown");
  const exists = (at: number) => `mmap(${hex(at)}, 4096, ${unless} = -1 EEXIST (File exists)`;
  assertEquals(judged(exists(0x7ffff7fc0000)), "equal");
  assertEquals(judged(exists(0x7ffff7fb0000)), "0x7ffff7fb0000");
  assertEquals(judged(exists(TOP + 0x10000)), "unknown");
});

Deno.test("imported answers: a hint is taken where the place is free, else the search begins", () => {
  assertEquals(judged(map(4096, 0x7ffff7fb0000, undefined, "0x7ffff7fb0000")), "equal");
  assertEquals(judged(map(4096, TOP - 0x5000, undefined, "0x7ffff7fb0000")), "0x7ffff7fb0000");
  assertEquals(judged(map(4096, TOP - 0x5000, undefined, "0x7ffff7fc0000")), "equal");
  assertEquals(judged(map(4096, TOP + 0x10000, undefined, hex(TOP + 0x10000))), "unknown");
});

Deno.test("imported answers: places that the kernel draws, or that a device or a pool decides, cannot be known", () => {
  const flags = (more: string) => `PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|${more}, -1, 0)`;
  assertEquals(judged(map(4096, 0x40000000, flags("MAP_32BIT"))), "unknown");
  assertEquals(judged(map(2 ** 21, 0x7ffff7c00000, flags("MAP_HUGETLB"))), "unknown");
});

Deno.test("imported answers: what a munmap leaves is free, what the text does not show is unknown", () => {
  assertEquals(judged("munmap(0x7ffff7fbe000, 8192) = 0"), "equal");
  assertEquals(judged("munmap(0x20000000000, 8192) = 0"), "equal");
  assertEquals(judged("munmap(0x7ffff7fbe000, 8192) = 0", map(8192, 0x7ffff7fbe000)), "equal");
  // Where the text showed nothing there is a gap now, of which nobody knows how far it reaches.
  assertEquals(judged("munmap(0x30000000000, 8192) = 0", map(4096, TOP - 0x5000)), "unknown");
});

Deno.test("imported answers: mprotect succeeds where all is mapped, fails where a hole is known", () => {
  const none = "= -1 ENOMEM (Cannot allocate memory)";
  assertEquals(judged("mprotect(0x7ffff7fc0000, 4096, PROT_READ) = 0"), "equal");
  assertEquals(judged("mprotect(0x7ffff7fb0000, 4096, PROT_READ) = 0"), "ENOMEM");
  assertEquals(judged(`mprotect(0x7ffff7fb0000, 4096, PROT_READ) ${none}`), "equal");
  assertEquals(judged(`mprotect(0x7ffff7fc0000, 4096, PROT_READ) ${none}`), "unknown");
  assertEquals(judged(`mprotect(${hex(TOP + 0x10000)}, 4096, PROT_READ) ${none}`), "unknown");
  assertEquals(judged("mprotect(0x7ffff7fc0800, 4096, PROT_READ) = 0"), "EINVAL");
  assertEquals(
    judged("mprotect(0x7ffff7fc0800, 4096, PROT_READ) = -1 EINVAL (Invalid argument)"),
    "equal",
  );
});

Deno.test("imported answers: brk gives what was asked for, or the old end where it cannot", () => {
  const heap = "brk(0x55555557a000) = 0x55555557a000";
  assertEquals(judged(heap), "equal");
  assertEquals(judged("brk(0x55555557a000) = 0x55555557b000"), "0x55555557a000");
  assertEquals(judged("brk(0x1000) = 0x555555559000"), "equal");
  assertEquals(judged("brk(0x1000) = 0x1000"), "0x555555559000");
  assertEquals(judged(heap, "brk(0x55555555a000) = 0x55555555a000"), "equal");
  const inTheWay =
    `mmap(0x55555557a000, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x55555557a000`;
  assertEquals(judged(inTheWay, "brk(0x55555557c000) = 0x555555559000"), "equal");
  assertEquals(judged(inTheWay, "brk(0x55555557c000) = 0x55555557c000"), "0x555555559000");
  const fixed = (at: string) =>
    map(4096, Number(at), "PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED_NOREPLACE, -1, 0)", at);
  assertEquals(
    judged(heap, "brk(0x55555555a000) = 0x55555555a000", fixed("0x55555556a000")),
    "equal",
  );
});

Deno.test("imported answers: mremap shrinks in place, grows where room is known, moves where told", () => {
  const remap = (old: number, length: number, flags: string, result: number | string) =>
    `mremap(0x7ffff7fbe000, ${old}, ${length}, ${flags}) = ${
      typeof result === "number" ? hex(result) : result
    }`;
  assertEquals(judged(remap(8192, 4096, "0", 0x7ffff7fbe000)), "equal");
  assertEquals(judged(remap(8192, 4096, "MREMAP_MAYMOVE", TOP - 0x8000)), "0x7ffff7fbe000");
  assertEquals(judged(remap(8192, 4096, "0", 0x7ffff7fbe000), map(4096, 0x7ffff7fbf000)), "equal");
  const target = "MREMAP_MAYMOVE|MREMAP_FIXED, 0x7ffff7fa0000";
  assertEquals(judged(remap(8192, 8192, target, 0x7ffff7fa0000)), "equal");
  assertEquals(judged(remap(8192, 8192, target, 0x7ffff7fa1000)), "0x7ffff7fa0000");
  // Its neighbour above is in the way: it moves to the top of the gap below, or cannot grow.
  assertEquals(judged(remap(8192, 16384, "MREMAP_MAYMOVE", TOP - 0x8000)), "equal");
  assertEquals(judged(remap(8192, 16384, "0", "-1 ENOMEM (Cannot allocate memory)")), "equal");
  assertEquals(
    judged("munmap(0x7ffff7fc0000, 8192) = 0", remap(8192, 16384, "0", 0x7ffff7fbe000)),
    "equal",
  );
  const moved = remap(8192, 16384, "MREMAP_MAYMOVE", TOP - 0x8000);
  assertEquals(judged(moved, map(8192, 0x7ffff7fbe000)), "equal");
  const unknown = `mremap(0x30000000000, 8192, 16384, MREMAP_MAYMOVE) = ${hex(TOP - 0x8000)}`;
  assertEquals(judged(unknown), "unknown");
});

const PLAIN: Wanted = { length: 0x2000, aligned: false, offset: 0 };
const NOTHING_MAPPED = () => false;

Deno.test("Occupied: the first place of a new program tells that all below it is free", () => {
  const occupied = Occupied.unknown(true);
  assertEquals([occupied.isFree(TOP - 0x2000, TOP), occupied.foretell(PLAIN, NOTHING_MAPPED)], [
    false,
    undefined,
  ]);
  occupied.learn(TOP - 0x2000, PLAIN);
  occupied.map(TOP - 0x2000, TOP);
  assertEquals([occupied.isFree(TOP - 0x2000, TOP), occupied.isFree(TOP - 0x4000, TOP - 0x2000)], [
    false,
    true,
  ]);
  const isMapped = (address: number) => address >= TOP - 0x2000 && address < TOP;
  assertEquals(occupied.foretell(PLAIN, isMapped), TOP - 0x4000);
  assertEquals(occupied.foretell(PLAIN, NOTHING_MAPPED), undefined);
});

Deno.test("Occupied: of a program that ran before, the first place tells nothing of what lies below", () => {
  const occupied = Occupied.unknown(false);
  occupied.learn(TOP - 0x2000, PLAIN);
  assertEquals(
    [occupied.isFree(TOP - 0x4000, TOP - 0x2000), occupied.foretell(PLAIN, () => true)],
    [false, undefined],
  );
});

Deno.test("Occupied: a place below the upper quarter was not chosen downwards", () => {
  const occupied = Occupied.unknown(true);
  occupied.learn(0x5000_0000_0000, PLAIN);
  assertEquals(occupied.isFree(0x4fff_ffff_0000, 0x5000_0000_0000), false);
  const small = Occupied.unknown(true);
  small.learn(0xbff0_0000, PLAIN); // of 3 GiB, where addresses have 32 bits
  assertEquals(small.isFree(0xbfef_0000, 0xbff0_0000), true);
});

Deno.test("Occupied: what is forgotten is unknown again; a child of a fork has its own", () => {
  const occupied = Occupied.unknown(true);
  occupied.learn(TOP - 0x2000, PLAIN);
  const child = occupied.fork();
  child.map(TOP - 0x10000, TOP - 0x8000);
  assertEquals([
    child.isFree(TOP - 0x9000, TOP - 0x8000),
    occupied.isFree(TOP - 0x9000, TOP - 0x8000),
  ], [false, true]);
  occupied.forget();
  assertEquals([
    occupied.isFree(TOP - 0x9000, TOP - 0x8000),
    child.isFree(TOP - 0x8000, TOP - 0x4000),
  ], [false, true]);
  occupied.unmap(TOP - 0x9000, TOP - 0x8000);
  assertEquals(occupied.isFree(TOP - 0x9000, TOP - 0x8000), true);
  occupied.forget();
  assertEquals(occupied.isFree(TOP - 0x9000, TOP - 0x8000), false);
});

Deno.test("Occupied: of a whole layout all is known below the highest VMA that is not the stack's", () => {
  const line = (start: number, end: number, name = "") => ({ start, end, name });
  const occupied = Occupied.ofLayout([
    line(0x555555559000, 0x55555557a000, "[heap]"),
    line(TOP - 0x4000, TOP),
    line(0x7ffffffde000, 0x7ffffffff000, "[stack]"),
  ]);
  assertEquals(occupied.isFree(0x555555559000, 0x55555557a000), false);
  assertEquals(occupied.isFree(0x55555557a000, TOP - 0x4000), true);
  assertEquals([occupied.isFree(TOP - 0x4000, TOP - 0x3000), occupied.isFree(TOP, TOP + 0x1000)], [
    false,
    false,
  ]);
  const low = Occupied.ofLayout([line(0x10000, 0x20000)]);
  assertEquals(low.isFree(0x8000, 0x9000), false);
});
