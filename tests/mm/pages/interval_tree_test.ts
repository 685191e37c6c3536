import { assert, assertEquals, assertThrows } from "@std/assert";
import { IntervalTree } from "../../../src/mm/pages/interval_tree.ts";
import { Random } from "../../random.ts";

/** The same with a list: what the tree must answer. */
class NaiveIntervals {
  readonly items = new Map<number, { first: number; last: number; age: number }>();
  #age = 0;

  add(item: number, first: number, last: number): void {
    this.items.set(item, { first, last, age: this.#age++ });
  }

  move(item: number, first: number, last: number): void {
    const old = this.items.get(item)!;
    if (old.first === first) this.items.set(item, { ...old, last });
    else this.add(item, first, last);
  }

  overlapping(first: number, last: number): number[] {
    return [...this.items]
      .filter(([, interval]) => interval.first <= last && interval.last >= first)
      .sort(([, a], [, b]) => a.first - b.first || a.age - b.age)
      .map(([item]) => item);
  }
}

// A few items lie in one block; hundreds, many of them with the same first point, in several that split and empty.
// The short ones show a fault soon, the long ones the rare ones.
const SIZES = [[20, 30, 100, 2], [150, 12, 500, 1], [60, 100, 400, 15], [
  400,
  12,
  2_000,
  3,
]] as const;
for (const [items, points, steps, seeds] of SIZES) {
  Deno.test(`IntervalTree: answers as a list does, through random changes of ${items} items`, () => {
    for (let seed = 1; seed <= seeds; seed++) play(new Random(seed), items, points, steps);
  });
}

function play(random: Random, items: number, points: number, steps: number): void {
  const tree = new IntervalTree<number>();
  const naive = new NaiveIntervals();
  for (let step = 0; step < steps; step++) {
    const item = random.below(items);
    const first = random.below(points);
    const last = first + random.below(12);
    const present = naive.items.has(item);
    assertEquals(tree.has(item), present);
    // It fills up in the first half of the steps, and empties in the second.
    const isRemoved = random.below(steps) < step;
    if (!present) {
      if (isRemoved) continue;
      tree.add(item, first, last);
      naive.add(item, first, last);
    } else if (!isRemoved) {
      tree.move(item, first, last);
      naive.move(item, first, last);
    } else {
      assert(tree.delete(item));
      naive.items.delete(item);
    }
    const from = random.below(points + 10);
    const to = from + random.below(10);
    assertEquals(tree.overlapping(from, to), naive.overlapping(from, to), `step ${step}`);
    assertEquals(tree.size, naive.items.size);
    compareVisits(tree, naive, from, random.below(4));
  }
}

/** What a search for a point visits, to the end and stopped after a few; and whether it finds each item. */
function compareVisits(
  tree: IntervalTree<number>,
  naive: NaiveIntervals,
  point: number,
  stop: number,
): void {
  const holding = naive.overlapping(point, point);
  const visited: number[] = [];
  const ended = tree.some(point, (found) => visited.push(found) === stop);
  const expected = stop === 0 ? holding : holding.slice(0, stop);
  assertEquals([ended, visited], [stop > 0 && holding.length >= stop, expected]);
  for (const item of naive.items.keys()) {
    if (tree.finds(item, point) !== holding.includes(item)) throw new Error(`item ${item}`);
  }
  assertEquals(tree.finds(-1, point), false);
}

// Intervals added in order are what makes an unbalanced tree a list.
Deno.test("IntervalTree: ten thousand in ascending order are searched without running out of stack", () => {
  const tree = new IntervalTree<number>();
  for (let item = 0; item < 10_000; item++) tree.add(item, item * 2, item * 2 + 1);
  assertEquals([...tree.overlapping(9_999, 10_001)], [4_999, 5_000]);
  for (let item = 0; item < 10_000; item += 2) tree.delete(item);
  assertEquals([...tree.overlapping(0, 9)], [1, 3]);
  assertEquals(tree.size, 5_000);
});

Deno.test("IntervalTree: an empty interval and an item twice are refused; what is not in cannot leave", () => {
  const tree = new IntervalTree<string>();
  tree.add("text", 1, 5);
  assertThrows(() => tree.add("data", 3, 2), RangeError, "ends too early");
  assertThrows(() => tree.add("text", 7, 8), RangeError, "is there");
  assertEquals(tree.delete("data"), false);
  tree.move("data", 0, 9);
  assertEquals([...tree.overlapping(0, 9)], ["text"]);
});

/** A tree with `count` intervals of two points, ten points apart: several blocks, if there are many. */
function ladder(count: number): IntervalTree<number> {
  const tree = new IntervalTree<number>();
  for (let item = 0; item < count; item++) tree.add(item, item * 10, item * 10 + 1);
  return tree;
}

Deno.test("IntervalTree: what is added between the intervals of any block stands between them", () => {
  const tree = ladder(200);
  for (let item = 0; item < 200; item++) tree.add(1_000 + item, item * 10 + 5, item * 10 + 6);
  const expected = Array.from({ length: 200 }, (_, item) => [item, 1_000 + item]).flat();
  assertEquals(tree.overlapping(0, 2_000), expected);
});

//   |-- 0 … 19 --|        emptied         |-- 181 … 199 --|
Deno.test("IntervalTree: what is added after blocks were emptied stands in its place", () => {
  const tree = ladder(200);
  for (let item = 20; item <= 180; item++) assert(tree.delete(item));
  for (const item of [30, 100, 150]) tree.add(item, item * 10, item * 10 + 1);
  tree.add(500, 5_000, 5_001);
  const kept = Array.from({ length: 200 }, (_, item) => item).filter((item) =>
    item < 20 || item > 180
  );
  const expected = [...kept, 30, 100, 150, 500].sort((a, b) => a - b);
  assertEquals(tree.overlapping(0, 6_000), expected);
  assertEquals(expected.filter((item) => !tree.has(item)), []);
});

Deno.test("IntervalTree: a tree that was emptied is filled again", () => {
  for (const count of [1, 200]) {
    const tree = ladder(count);
    for (let item = 0; item < count; item++) assert(tree.delete(item));
    assertEquals([tree.size, tree.overlapping(0, 2_000), tree.has(0)], [0, [], false]);
    for (let item = 0; item < count; item++) tree.add(item, item * 10, item * 10 + 1);
    assertEquals([tree.size, tree.overlapping(0, 2_000).length], [count, count]);
    assert(tree.has(0) && tree.finds(0, 1) && !tree.finds(0, 2));
  }
});

Deno.test("IntervalTree: an interval that is made longer or shorter is found where it is then", () => {
  const tree = ladder(3);
  tree.move(2, 20, 99);
  assertEquals([tree.overlapping(98, 99), tree.finds(2, 99)], [[2], true]);
  tree.move(2, 20, 21);
  assertEquals([tree.overlapping(98, 99), tree.finds(2, 99)], [[], false]);
});
