/** Searching for free space, lowest and highest, and allocating there. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { MapleError, MapleTree, MAX_INDEX } from "../../mod.ts";
import { NaiveRangeMap } from "../naive_range_map.ts";
import { perform } from "../operations.ts";
import { Random } from "../random.ts";
import { CheckedTree } from "./checked_tree.ts";
import { boundsRead } from "./counters.ts";

/** The error code of `call`. */
function code(call: () => unknown): string {
  return assertThrows(call, MapleError).code;
}

Deno.test("emptyArea: the lowest place that fits", () => {
  const { tree } = CheckedTree.gapped(100);
  assertEquals(tree.emptyArea(0x10, 0x10, 0x1000), 0x20);
  assertEquals(tree.emptyArea(0x11, 0, MAX_INDEX), 100 * 0x20);
});

Deno.test("emptyAreaReverse: the highest place that fits", () => {
  const { tree } = CheckedTree.gapped(100);
  assertEquals(tree.emptyAreaReverse(0x10, 0, 0xc7f), 0xc60);
  assertEquals(tree.emptyAreaReverse(0x10, 0, MAX_INDEX), MAX_INDEX - 0xf);
});

Deno.test("emptyArea: the window cuts a gap at its ends", () => {
  const { tree } = CheckedTree.gapped(3); // free: 0x00-0x0f, 0x20-0x2f, 0x40-0x4f, 0x60-…
  assertEquals(tree.emptyArea(8, 0x24, 0x2f), 0x24);
  assertEquals(tree.emptyAreaReverse(8, 0x20, 0x2a), 0x23);
  assertEquals(tree.emptyArea(8, 0x2a, 0x5f), 0x40);
  assertEquals(tree.emptyAreaReverse(8, 0x00, 0x25), 0x08);
  assertEquals(tree.emptyArea(8, 0x2a, 0x46), undefined);
});

Deno.test("emptyArea: a window of exactly the size", () => {
  const { tree } = CheckedTree.gapped(40);
  assertEquals(tree.emptyArea(0x10, 0x40, 0x4f), 0x40);
  assertEquals(tree.emptyAreaReverse(0x10, 0x40, 0x4f), 0x40);
  assertEquals(tree.emptyArea(0x10, 0x41, 0x50), undefined);
});

// What happened: the search below the window answered although the size was larger than the window.
Deno.test("emptyAreaReverse: a size beyond the window is EINVAL, as the kernel's test has it", () => {
  const tree = new MapleTree<number>({ gaps: true });
  assertEquals(code(() => tree.emptyAreaReverse(0x10000, 0x111000, 0x11bfff)), "EINVAL");
});

// What happened: with one value in the root, the search gave index 0, which holds that value.
Deno.test("emptyArea: a single value at 0 is not free", () => {
  const tree = new MapleTree<number>({ gaps: true });
  tree.store(0, 0, 1);
  assertEquals(tree.emptyArea(1, 0, 0xff), 1);
  assertEquals(tree.emptyAreaReverse(1, 0, 0xff), 0xff);
  assertEquals(tree.emptyArea(1, 0, 0), undefined);
  assertEquals(tree.emptyAreaReverse(1, 0, 0), undefined);
});

// What happened: the search skipped a node when the gap lay at its end, and said EBUSY.
Deno.test("emptyArea: a gap at the end of every leaf is found in a narrow window", () => {
  for (let gap = 1; gap < 60; gap++) {
    const { tree } = CheckedTree.touching(60);
    tree.store(gap * 0x10, gap * 0x10 + 0xf, undefined);
    for (const [min, max] of [[0, 0x3bf], [gap * 0x10, gap * 0x10 + 0xf]] as const) {
      assertEquals(tree.emptyArea(0x10, min, max), gap * 0x10);
      assertEquals(tree.emptyAreaReverse(0x10, min, max), gap * 0x10);
    }
  }
});

Deno.test("emptyArea: nothing is free in a full tree", () => {
  const tree = new MapleTree<number>({ gaps: true });
  tree.store(0, MAX_INDEX, 1);
  assertEquals(tree.emptyArea(1, 0, MAX_INDEX), undefined);
  assertEquals(tree.emptyAreaReverse(1, 0, MAX_INDEX), undefined);
});

Deno.test("emptyArea: every window and size of a small tree, as the reference", () => {
  const tree = new MapleTree<number>({ gaps: true });
  const reference = new NaiveRangeMap<number>();
  const stores = [[2, 3], [7, 7], [9, 12], [14, 14], [16, 17], [20, 20], [22, 22], [24, 30]];
  for (const [first, last] of stores) {
    for (const map of [tree, reference]) map.store(first!, last!, first!);
  }
  for (let min = 0; min <= 33; min++) {
    for (let max = min; max <= 33; max++) {
      for (let size = 1; size <= 5; size++) {
        for (const verb of ["empty_area", "empty_area_rev"]) {
          const operation = { verb, operands: [min, max, size] };
          assertEquals(
            perform(tree, operation),
            perform(reference, operation),
            `${verb} ${min} ${max} ${size}`,
          );
        }
      }
    }
  }
});

Deno.test("emptyArea: 20,000 random searches in a tree of height 4, as the reference", () => {
  const random = new Random(0x6a95);
  const { tree, reference } = CheckedTree.gapped(1500);
  for (let i = 0; i < 200; i++) { // a few larger gaps
    const index = random.below(1500) * 0x20 + 0x18;
    tree.erase(index);
    reference.erase(index);
  }
  assertEquals(tree.height, 4);
  for (let i = 0; i < 20_000; i++) {
    const min = random.below(1500 * 0x20);
    const operation = {
      verb: random.pick(["empty_area", "empty_area_rev"]),
      operands: [min, min + random.below(0x4000), random.between(1, 0x60)],
    };
    assertEquals(perform(tree, operation), perform(reference, operation));
  }
});

Deno.test("allocate: takes the lowest place, allocateReverse the highest", () => {
  const tree = new MapleTree<string>({ gaps: true });
  assertEquals(tree.allocate("low", 0x1000, 0, 0xffff), 0);
  assertEquals(tree.allocate("next", 0x1000, 0, 0xffff), 0x1000);
  assertEquals(tree.allocateReverse("high", 0x1000, 0, 0xffff), 0xf000);
  assertEquals([tree.load(0xfff), tree.load(0x1000), tree.load(0xffff)], ["low", "next", "high"]);
});

Deno.test("allocate: fills a window to the last index, then EBUSY", () => {
  const tree = new MapleTree<number>({ gaps: true });
  for (let i = 0; i < 64; i++) {
    assertEquals(
      [tree.allocate(i, 1, 0x100, 0x17f), tree.allocateReverse(i, 1, 0x100, 0x17f)],
      [0x100 + i, 0x17f - i],
    );
    tree.validate();
  }
  assertEquals(code(() => tree.allocate(0, 1, 0x100, 0x17f)), "EBUSY");
  assertEquals(code(() => tree.allocateReverse(0, 1, 0x100, 0x17f)), "EBUSY");
});

Deno.test("allocate: EINVAL on a tree that tracks no gaps", () => {
  const tree = new MapleTree<number>({ gaps: false });
  assertEquals(code(() => tree.allocate(1, 1, 0, 9)), "EINVAL");
  assertEquals(code(() => tree.allocateReverse(1, 1, 0, 9)), "EINVAL");
  assertEquals(tree.size, 0);
});

// What happened: an in-place write changed a gap and did not tell the parents. No lookup shows it: the validator does.
Deno.test("gaps: a store in place tells every level above", () => {
  for (const ranges of [30, 300, 1500]) {
    const checked = CheckedTree.gapped(ranges);
    const before = checked.tree.emptyAreaReverse(0x10, 0x10, ranges * 0x20 - 1)!;
    checked.store(before, before + 0xf, 7777);
    assertEquals(
      checked.tree.emptyAreaReverse(0x10, 0x10, ranges * 0x20 - 1),
      before - 0x20,
    );
    checked.store(before - 0x20, before + 0xf, undefined);
    assertEquals(checked.tree.emptyArea(0x30, 0x10, ranges * 0x20 - 1), before - 0x20);
  }
});

// A thousand ranges with a gap below each, in which the area fits: it is in the window's first or last slot.
Deno.test("emptyArea, emptyAreaReverse: read as much as lies on the way to the window's end", () => {
  const tree = new MapleTree<number>({ gaps: true });
  for (let i = 0; i < 1000; i++) tree.store(i * 32 + 16, i * 32 + 31, i);
  assertEquals(tree.height, 4);
  const most = tree.height * 16;
  for (let i = 0; i < 1000; i += 7) {
    const first = i * 32;
    const up = boundsRead(tree, () => assertEquals(tree.emptyArea(16, first, MAX_INDEX), first));
    assert(up <= most, `up from ${first}: ${up}`);
    const down = boundsRead(
      tree,
      () => assertEquals(tree.emptyAreaReverse(16, 0, first + 15), first),
    );
    assert(down <= most, `down from ${first}: ${down}`);
  }
});

// A search below the same end remembers where the last one ended: nothing as long is free above. Clearing a range above
// or beside that place, or the whole tree, makes it untrue.
Deno.test("emptyAreaReverse: searches below one end, among stores and clears, find what a linear search finds", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = new Random(seed);
    const tree = new MapleTree<number>({ gaps: true, rcu: seed % 8 === 0 });
    const naive = new NaiveRangeMap<number>();
    const ends = [0x7ff, 0x5ff];
    for (let i = 0; i < 400; i++) {
      const end = ends[random.below(10) === 0 ? 1 : 0]!;
      const size = 1 + random.below(random.below(4) === 0 ? 60 : 12);
      const min = random.below(3) === 0 ? random.below(0x400) : 0;
      const found = tree.emptyAreaReverse(size, min, end);
      assertEquals(found, naive.emptyAreaReverse(size, min, end), `seed ${seed}, step ${i}`);
      if (random.below(150) === 0) {
        tree.clear();
        naive.clear();
      }
      const isAllocated = random.below(3) > 0 && found !== undefined;
      const first = isAllocated ? found : random.below(0x800);
      const last = first + (isAllocated ? size : random.below(40));
      const value = isAllocated || random.below(4) === 0 ? i : undefined;
      tree.store(first, last, value);
      naive.store(first, last, value);
    }
    tree.validate();
  }
});
