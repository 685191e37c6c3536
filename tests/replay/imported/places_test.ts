/**
 * What a text shows of where memory is placed: how large mappings are aligned, what is free for certain, and where the
 * next mapping goes.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Alignment, type Large, type Way } from "../../../src/replay/imported/alignment.ts";
import { Occupied, type Wanted } from "../../../src/replay/imported/occupied.ts";
import { vmaAt, vmaIn } from "../../../src/replay/imported/vma_in.ts";
import type { PlacementPolicy } from "../../../src/trace/format.ts";
import { map, mapFile, open, space } from "../../mm/scene.ts";

const MIB = 2 ** 20;
/** The end of the first mapping of a program, no whole number of huge pages. */
const TOP = 0x7fff_f7fc_2000;

const hex = (value: number) => `0x${value.toString(16)}`;

const WAYS: readonly [
  name: string,
  policy: PlacementPolicy | undefined,
  large: Large,
  ways: Way[],
][] = [
  ["6.7, any length", "6.7", { length: 3 * MIB, hinted: true, file: undefined }, ["aligned"]],
  ["5.19", "5.19", { length: 4 * MIB, hinted: false, file: undefined }, ["plain"]],
  ["6.18, a multiple of 2 MiB", "6.18", { length: 4 * MIB, hinted: false, file: undefined }, [
    "aligned",
  ]],
  ["6.18, another length", "6.18", { length: 3 * MIB, hinted: false, file: undefined }, ["plain"]],
  ["6.18, a hint", "6.18", { length: 4 * MIB, hinted: true, file: undefined }, ["plain"]],
  ["any", undefined, { length: 4 * MIB, hinted: false, file: undefined }, ["aligned", "plain"]],
  ["a file", "5.19", { length: 4 * MIB, hinted: false, file: "a" }, ["aligned", "plain"]],
];

for (const [name, policy, large, ways] of WAYS) {
  Deno.test(`Alignment: ${name}`, () => {
    assertEquals([...new Alignment(policy).ways(large)].toSorted(), ways);
  });
}

Deno.test("Alignment: what a place shows rules out kernels, as long as one is left", () => {
  const large: Large = { length: 4 * MIB, hinted: false, file: undefined };
  const odd: Large = { ...large, length: 3 * MIB };
  const seen = (...facts: [Large, Way | "neither" | "both"][]) => {
    const alignment = new Alignment();
    for (const [which, way] of facts) {
      const places = { plain: 0x1000, aligned: 0x20_0000 };
      const told = way === "aligned" ? 0x20_0000 : way === "plain" ? 0x1000 : 0x5000;
      if (way === "both") alignment.learn(which, { plain: 0x1000, aligned: 0x1000, told: 0x1000 });
      else alignment.learn(which, { ...places, told });
    }
    return [large, odd].map((which) => [...alignment.ways(which)].toSorted().join());
  };
  assertEquals(seen(), ["aligned,plain", "aligned,plain"]);
  assertEquals(seen([large, "plain"]), ["plain", "plain"]);
  assertEquals(seen([large, "aligned"]), ["aligned", "aligned,plain"]);
  assertEquals(seen([large, "aligned"], [odd, "plain"]), ["aligned", "plain"]);
  assertEquals(seen([large, "aligned"], [odd, "aligned"]), ["aligned", "aligned"]);
  // Neither of the two places, or one that both ways give, says nothing; nor does what no kernel does.
  assertEquals(seen([large, "neither"]), seen());
  assertEquals(seen([large, "both"]), seen());
  assertEquals(seen([odd, "aligned"], [large, "plain"]), ["aligned", "aligned"]);
});

Deno.test("Alignment: a file keeps its way, an unseen one is taken to be on the first one's filesystem", () => {
  const large = (file: string): Large => ({ length: 4 * MIB, hinted: false, file });
  const alignment = new Alignment();
  const ways = (file: string) => [...alignment.ways(large(file))].join();
  const learn = (file: string, told: number) =>
    alignment.learn(large(file), { plain: 0x1000, aligned: 0x20_0000, told });
  learn("a", 0x20_0000);
  assertEquals([ways("a"), ways("b")], ["aligned", "aligned"]);
  learn("b", 0x1000);
  assertEquals([ways("a"), ways("b"), ways("c")], ["aligned", "plain", "aligned"]);
  assertEquals(alignment.ways({ length: 4 * MIB, hinted: false, file: undefined }).size, 2);
});

const PAGE: Wanted = { length: 0x1000, aligned: false, offset: 0 };
const ALL = () => true;

/** A program that has begun, with one page at the top. */
function begun(): Occupied {
  const occupied = Occupied.unknown(true);
  occupied.learn(TOP - 0x1000, PAGE);
  occupied.map(TOP - 0x1000, TOP);
  return occupied;
}

Deno.test("Occupied: the smallest machine that has the first address is taken for its own", () => {
  // Below three quarters of 3 GiB, 4 GiB, 2^39, 2^42, 2^47, 2^48 and 2^52 a place was not chosen downwards.
  const sizes = [0xc000_0000, 2 ** 32, 2 ** 39, 2 ** 42, 2 ** 47, 2 ** 48, 2 ** 52];
  for (const [i, size] of sizes.entries()) {
    const lowest = 0.75 * size;
    const learned = (address: number) => {
      const occupied = Occupied.unknown(true);
      occupied.learn(address, PAGE);
      return [occupied.isFree(address, address + 0x1000), occupied.isFree(lowest, lowest + 0x1000)];
    };
    assertEquals(learned(size - 0x1000)[0], true, hex(size));
    const before = sizes[i - 1] ?? 0;
    if (lowest <= before) continue;
    assertEquals([learned(lowest)[0], learned(lowest - 0x1000)[0]], [true, false], hex(size));
    // All from there to the place is free, nothing below.
    assertEquals(learned(size - 0x1000)[1], true);
  }
});

Deno.test("Occupied: of a page that only part of is mapped or unmapped, the first counts and the second does not", () => {
  const occupied = begun();
  const free = (page: number) => occupied.isFree(TOP - page * 0x1000, TOP - (page - 1) * 0x1000);
  occupied.map(TOP - 0x3000 + 0x10, TOP - 0x3000 + 0x20);
  assertEquals([free(4), free(3), free(2)], [true, false, true]);
  occupied.map(TOP - 0x6000, TOP - 0x3000);
  occupied.unmap(TOP - 0x6000 + 0x10, TOP - 0x4000 + 0x10);
  assertEquals([free(6), free(5), free(4), free(3)], [false, true, false, false]);
  // What is no range, or no address, changes nothing.
  for (const [from, to] of [[TOP, TOP - 0x1000], [-0x1000, 0x1000], [2 ** 52, 2 ** 52 + 0x1000]]) {
    occupied.map(from!, to!);
    occupied.unmap(from!, to!);
  }
  assertEquals([free(5), free(2)], [true, true]);
  const start = Occupied.unknown(true);
  start.unmap(0, 0x2000);
  assertEquals([start.isFree(0, 0x2000), start.isFree(0x2000, 0x3000)], [true, false]);
  start.unmap(2 ** 52 - 0x1000, 2 ** 52);
  assertEquals(start.isFree(2 ** 52 - 0x1000, 2 ** 52), true);
});

Deno.test("Occupied: a child has what its parent knew: gaps, their ends, and what was longer than any", () => {
  const parent = begun();
  const child = parent.fork();
  assertEquals(child.foretell(PAGE, ALL), TOP - 0x2000);
  parent.disturb();
  assertEquals(child.foretell(PAGE, ALL), TOP - 0x2000);
  // An end of a gap that only the kernel's choice showed.
  const ended = begun();
  ended.unmap(TOP - 0x1000, TOP);
  const none = () => false;
  assertEquals([ended.foretell(PAGE, none), ended.fork().foretell(PAGE, none)], [
    TOP - 0x1000,
    TOP - 0x1000,
  ]);
  // Neither a program that has its first place nor its child takes the next one for the first.
  for (const next of [begun(), begun().fork()]) {
    next.map(TOP - 0x10000, TOP - 0x8000);
    next.learn(TOP - 0x2000, PAGE);
    assertEquals(next.isFree(TOP - 0x10000, TOP - 0x8000), false);
  }
});

Deno.test("Occupied: what was forgotten is not known again by itself", () => {
  const occupied = begun();
  occupied.forget();
  assertEquals(occupied.foretell(PAGE, ALL), undefined);
  occupied.unmap(TOP - 0x2000, TOP - 0x1000);
  // There is a gap now, but nothing tells that no higher one is.
  assertEquals(occupied.foretell(PAGE, ALL), undefined);
  occupied.learn(TOP - 0x2000, PAGE);
  occupied.map(TOP - 0x2000, TOP - 0x1000);
  occupied.unmap(TOP - 0x2000, TOP - 0x1000);
  assertEquals(occupied.foretell(PAGE, ALL), TOP - 0x2000);
  occupied.forget();
  assertEquals(occupied.foretell(PAGE, ALL), undefined);
});

Deno.test("Occupied: a longer mapping than any that was placed higher cannot be foretold", () => {
  const occupied = begun();
  occupied.disturb();
  // A gap of one page is known at the top, below it all is taken.
  occupied.map(TOP - 0x100000, TOP - 0x2000);
  assertEquals(occupied.foretell(PAGE, ALL), undefined);
  occupied.learn(TOP - 0x2000, PAGE);
  assertEquals(occupied.foretell(PAGE, ALL), TOP - 0x2000);
  assertEquals(occupied.foretell({ ...PAGE, length: 0x2000 }, ALL), undefined);
});

Deno.test("Occupied: room for a huge page is counted where one must begin on it", () => {
  const huge: Wanted = { length: 2 * MIB, aligned: true, offset: 0 };
  const at = Math.ceil((TOP - 0x1000 - 4 * MIB) / (2 * MIB)) * 2 * MIB;
  const occupied = begun();
  assertEquals(occupied.foretell(huge, ALL), at);
  assertEquals(occupied.foretell({ ...huge, aligned: false }, ALL), TOP - 0x1000 - 2 * MIB);
  // What was placed with room for alignment says that no gap above had 4 MiB, but not where its own gap ended.
  const learned = begun();
  learned.disturb();
  learned.learn(at, huge);
  assertEquals(
    learned.foretell({ length: 4 * MIB, aligned: false, offset: 0 }, () => false),
    undefined,
  );
});

Deno.test("Occupied: the latest 32 places are what is gone by", () => {
  const occupied = begun();
  occupied.disturb();
  occupied.learn(TOP - 0x2000, PAGE);
  assertEquals(occupied.foretell(PAGE, ALL), TOP - 0x2000);
  // Longer ones lower down say nothing of the highest gap.
  for (let i = 1; i <= 31; i++) {
    occupied.learn(TOP - 0x100_0000 - i * 0x10_0000, { ...PAGE, length: 0x1000 * (33 - i) });
  }
  assertEquals(occupied.foretell(PAGE, ALL), TOP - 0x2000);
});

const NONE = () => false;

Deno.test("Occupied: after what is not known, a place is no program's first one", () => {
  const below = TOP - 0x2000;
  const forgotten = Occupied.unknown(true);
  forgotten.forget();
  const low = Occupied.unknown(true);
  low.learn(0x5000_0000_0000, PAGE); // a kernel that places upwards
  const lowLayout = Occupied.ofLayout([{ start: 0x10000, end: 0x20000, name: "" }]);
  const noLayout = Occupied.ofLayout([{ start: TOP, end: TOP + 0x1000, name: "[stack]" }]);
  for (const occupied of [forgotten, low, lowLayout, noLayout]) {
    occupied.learn(TOP - 0x1000, PAGE);
    assertEquals(occupied.isFree(below, below + 0x1000), false);
  }
});

Deno.test("Occupied: what was forgotten does not come back: neither how long no gap was, nor where one ended", () => {
  const fact = begun();
  fact.forget();
  fact.unmap(TOP - 0x1000, TOP);
  assertEquals(fact.foretell(PAGE, ALL), undefined);
  const end = begun();
  end.forget();
  end.learn(TOP - 0x8000, PAGE);
  end.unmap(TOP - 0x4000, TOP);
  assertEquals([end.foretell(PAGE, NONE), end.foretell(PAGE, ALL)], [undefined, TOP - 0x1000]);
  // Forgotten twice, with a place that the kernel chose in between.
  const twice = begun();
  twice.forget();
  twice.learn(TOP - 0x1000, PAGE);
  twice.forget();
  twice.unmap(TOP - 0x1000, TOP);
  assertEquals(twice.foretell(PAGE, ALL), undefined);
});

Deno.test("Occupied: a place that was not chosen downwards tells nothing of what lies above it", () => {
  const occupied = Occupied.unknown(false);
  occupied.learn(0x5000_0000_0000, PAGE);
  occupied.unmap(0x6000_0000_0000, 0x6000_0000_1000);
  assertEquals(occupied.foretell(PAGE, ALL), undefined);
  occupied.learn(0x6000_0000_0000, PAGE); // three quarters of 2^47
  assertEquals(occupied.foretell(PAGE, ALL), 0x6000_0000_0000);
  // The first address beyond 4 GiB is one of a machine that has far more.
  const beyond = Occupied.unknown(true);
  beyond.learn(2 ** 32, PAGE);
  assertEquals(beyond.isFree(2 ** 32 - 0x1000, 2 ** 32), false);
});

Deno.test("Occupied: of a layout, its highest VMA ends where nobody knows what is above; what is mapped stays so", () => {
  const layout = [
    { start: TOP - 0x8000, end: TOP - 0x4000, name: "" },
    { start: TOP - 0x2000, end: TOP, name: "" },
    { start: TOP + 0x8000, end: TOP + 0x9000, name: "[stack]" },
  ];
  const occupied = Occupied.ofLayout(layout);
  const free = () =>
    layout.map(({ start }) => [
      occupied.isFree(start - 0x1000, start),
      occupied.isFree(start, start + 0x1000),
    ]);
  const known = [[true, false], [true, false], [false, false]];
  assertEquals(free(), known);
  occupied.learn(TOP - 0x3000, PAGE);
  assertEquals(free(), known);
  assertEquals(occupied.foretell(PAGE, ALL), TOP - 0x3000);
  occupied.unmap(TOP - 0x2000, TOP);
  assertEquals(occupied.foretell(PAGE, NONE), undefined);
  // A program of 32 bits is known from three quarters of 3 GiB on.
  const small = (end: number) =>
    Occupied.ofLayout([{ start: end - 0x1000, end, name: "" }]).isFree(0x10000, 0x11000);
  assertEquals([small(0x9000_0000), small(0x8fff_f000)], [true, false]);
});

Deno.test("Occupied: page zero is a page like any other; less than a page is none", () => {
  const occupied = Occupied.unknown(false);
  assertEquals(occupied.isFree(0, 0x1000), true);
  occupied.map(0, 1);
  assertEquals(occupied.isFree(0, 0x1000), false);
  occupied.unmap(0x1800, 0x2800);
  assertEquals(occupied.isFree(0x1000, 0x3000), false);
});

Deno.test("Occupied: a mapping that is longer than every known gap has no place", () => {
  assertEquals(begun().foretell({ ...PAGE, length: 2 ** 46 }, ALL), undefined);
});

Deno.test("Occupied: a place on a huge page took 2 MiB more of room, and its end is none of a gap", () => {
  const huge = (mib: number): Wanted => ({ length: mib * MIB, aligned: true, offset: 0 });
  const plain = (mib: number): Wanted => ({ ...huge(mib), aligned: false });
  const at = 0x7fff_f7c0_0000;
  const occupied = Occupied.unknown(true);
  occupied.learn(at, huge(4));
  // Not known of a gap of 4 MiB in the unknown above, known of one of 6.
  assertEquals([occupied.foretell(plain(4), ALL), occupied.foretell(huge(2), ALL)], [
    undefined,
    undefined,
  ]);
  assertEquals([occupied.foretell(plain(6), ALL), occupied.foretell(huge(4), ALL)], [
    at - 2 * MIB,
    at,
  ]);
  assertEquals([occupied.foretell(plain(6), NONE), occupied.foretell(huge(4), NONE)], [
    undefined,
    undefined,
  ]);
});

Deno.test("Occupied: below a smaller gap, which may go on into the unknown, no place can be foretold", () => {
  const occupied = Occupied.unknown(false);
  occupied.learn(TOP - 0x10000, { ...PAGE, length: 0x2000 });
  occupied.unmap(TOP - 0x10000, TOP - 0xe000);
  const two = { ...PAGE, length: 0x2000 };
  assertEquals(occupied.foretell(two, ALL), TOP - 0x10000);
  occupied.unmap(TOP - 0x4000, TOP - 0x3000);
  assertEquals(occupied.foretell(two, ALL), undefined);
});

Deno.test("Occupied: a place drops what it says better, the oldest goes after 32", () => {
  /** Whether the place of a page is known after that, and then so many others. */
  const isKnown = (count: number, other: (i: number) => [above: number, pages: number]) => {
    const occupied = begun();
    for (let i = 1; i <= count; i++) {
      const [above, pages] = other(i);
      occupied.learn(above, { ...PAGE, length: pages * 0x1000 });
    }
    return occupied.foretell(PAGE, ALL) !== undefined;
  };
  const lowerAndLonger = (i: number): [number, number] => [TOP - 0x10_0000 * i, i + 1];
  assertEquals([isKnown(31, lowerAndLonger), isKnown(32, lowerAndLonger)], [true, false]);
  assertEquals(isKnown(100, () => [TOP - 0x10_0000, 2]), true);
  assertEquals(isKnown(100, (i) => [TOP - 0x10_0000, 200 - i]), true);
  assertEquals(isKnown(100, (i) => [TOP - 0x10_0000 * i, 2]), true);
});

Deno.test("vmaIn: the first VMA that shares a byte with a range; none for what is no range", () => {
  const mm = space({ mmapMinAddress: 0 });
  map(mm, 0, 0x1000);
  mapFile(mm, 0x3000, 0x4000, open(), 0);
  const first = (start: number, end: number) => vmaIn(mm, start, end)?.start;
  assertEquals([first(0, 1), first(0xfff, 0x5000), first(0x1000, 0x3000)], [0, 0, undefined]);
  assertEquals([first(0x1000, 0x3001), first(0x3fff, Infinity)], [0x3000, 0x3000]);
  assertEquals([first(0x10, 0x10), first(0x20, 0x10), first(-1, 0x10)], [
    undefined,
    undefined,
    undefined,
  ]);
  const holding = (address: number) => vmaAt(mm, address)?.start;
  assertEquals([holding(0), holding(0xfff), holding(0x1000), holding(0x2fff), holding(0x3000)], [
    ...[0, 0, undefined, undefined, 0x3000],
  ]);
  assertEquals([holding(-1), holding(2 ** 53)], [undefined, undefined]);
});
