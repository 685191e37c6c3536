import { assert, assertEquals } from "@std/assert";
import { RadixTable } from "../../../src/mm/pages/radix_table.ts";
import { Random } from "../../random.ts";

/** Keys that share leaves, lie beside their borders, and far apart. */
function keyOf(random: Random): number {
  return random.below(3) * 2 ** 31 + random.below(4) * 64 + random.below(70);
}

// The short one shows a fault soon, the long one the rare ones.
for (const [seeds, steps] of [[1, 100], [20, 500]] as const) {
  Deno.test(`RadixTable: answers as a sorted map does, through ${steps} random changes`, () => {
    for (let seed = 1; seed <= seeds; seed++) play(new Random(seed), steps, `seed ${seed}`);
  });
}

function play(random: Random, steps: number, seed: string): void {
  const table = new RadixTable<number>();
  const naive = new Map<number, number>();
  for (let step = 0; step < steps; step++) {
    const key = keyOf(random);
    if (random.oneIn(3)) assertEquals(table.delete(key), naive.delete(key));
    else {
      table.set(key, step);
      naive.set(key, step);
    }
    const other = keyOf(random);
    assertEquals(table.get(other), naive.get(other));
    assertEquals(table.has(other), naive.has(other));
    assertEquals(table.size, naive.size);
    const last = keyOf(random);
    const sorted = [...naive].sort(([a], [b]) => a - b);
    const within = sorted.filter(([at]) => other <= at && at <= last).map(([at]) => at);
    assertEquals(table.keysIn(other, last), within, `${seed}, step ${step}`);
    if (step % 50 > 0) continue;
    assertEquals([...table], sorted);
    assertEquals([...table.values()], sorted.map(([, value]) => value));
    assertEquals(table.keys(), sorted.map(([at]) => at));
  }
}

Deno.test("RadixTable: a leaf that was emptied is filled again", () => {
  const table = new RadixTable<string>();
  table.set(64, "first");
  assert(table.delete(64));
  assert(!table.delete(64));
  assertEquals([table.get(64), table.size, table.keys()], [undefined, 0, []]);
  table.set(65, "second");
  assertEquals([table.get(64), table.get(65), table.size], [undefined, "second", 1]);
});

//   64 65 . . . 70 |      one leaf, in which values come and go one by one
Deno.test("RadixTable: of a leaf's values one goes, the others stay", () => {
  const table = new RadixTable<string>();
  for (const key of [64, 65, 70]) table.set(key, `${key}`);
  assertEquals([table.delete(65), table.delete(65)], [true, false]);
  assertEquals([table.get(64), table.get(65), table.get(70), table.size], [
    "64",
    undefined,
    "70",
    2,
  ]);
  table.set(65, "new");
  assertEquals([table.get(65), table.size], ["new", 3]);
});

Deno.test("RadixTable: a range ends within a leaf, and begins in one, at few leaves and at many", () => {
  const table = new RadixTable<number>();
  for (const key of [60, 65, 66, 70, 200]) table.set(key, key);
  const ranges = [[64, 66], [66, 70], [61, 64], [0, 64], [66, 2 ** 40], [71, 199]] as const;
  const expected = [[65, 66], [66, 70], [], [60], [66, 70, 200], []];
  assertEquals(ranges.map(([first, last]) => table.keysIn(first, last)), expected);
  for (let key = 1_000; key < 10_000; key += 100) table.set(key, key);
  assertEquals(
    ranges.slice(0, 4).map(([first, last]) => table.keysIn(first, last)),
    expected.slice(0, 4),
  );
});

Deno.test("RadixTable: as long as `changes` stays, so does the table", () => {
  const table = new RadixTable<number>();
  const seen = [table.changes];
  const note = (act: () => unknown) => {
    act();
    seen.push(table.changes);
  };
  note(() => table.set(5, 1));
  note(() => table.set(5, 2));
  note(() => table.delete(5));
  assertEquals(new Set(seen).size, 4);
  const last = table.changes;
  table.delete(5);
  table.get(5);
  table.keys();
  assertEquals(table.changes, last);
});
