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

  overlapping(first: number, last: number): number[] {
    return [...this.items]
      .filter(([, interval]) => interval.first <= last && interval.last >= first)
      .sort(([, a], [, b]) => a.first - b.first || a.age - b.age)
      .map(([item]) => item);
  }
}

Deno.test("IntervalTree: answers as a list does, through random additions, moves and deletions", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(seed);
    const tree = new IntervalTree<number>();
    const naive = new NaiveIntervals();
    for (let step = 0; step < 400; step++) {
      const item = random.below(60);
      const first = random.below(100);
      const last = first + random.below(12);
      const present = naive.items.has(item);
      assertEquals(tree.has(item), present);
      if (!present) {
        tree.add(item, first, last);
        naive.add(item, first, last);
      } else if (random.below(2) === 0) {
        const { first: oldFirst, last: oldLast } = naive.items.get(item)!;
        tree.move(item, first, last);
        if (oldFirst !== first || oldLast !== last) naive.add(item, first, last);
      } else {
        assert(tree.delete(item));
        naive.items.delete(item);
      }
      const from = random.below(110);
      const to = from + random.below(10);
      assertEquals([...tree.overlapping(from, to)], naive.overlapping(from, to), `seed ${seed}`);
      assertEquals(tree.size, naive.items.size);
      const holding = naive.overlapping(from, from);
      for (let stop = 0; stop <= holding.length; stop++) {
        const visited: number[] = [];
        const ended = tree.some(from, (found) => visited.push(found) === stop);
        assertEquals([ended, visited], [stop > 0, stop > 0 ? holding.slice(0, stop) : holding]);
      }
      for (let other = 0; other < 60; other++) {
        assertEquals(tree.finds(other, from), holding.includes(other), `seed ${seed}`);
      }
    }
  }
});

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
