import { ADDRESS_LIMIT } from "../../src/abi/page.ts";
import { MmError } from "../../src/mm/error.ts";
import { FaultInjection } from "../../src/mm/fault_injection.ts";
import { Vma } from "../../src/mm/vma.ts";
import { type TreeOperation, VmaTree } from "../../src/mm/vma_tree.ts";
import { MapleTree, poolOf } from "../../src/tree/maple_tree.ts";
import { map, space } from "./scene.ts";
import { assertEquals, assertThrows } from "@std/assert";

/** Stores VMAs of one page, each of them after a free page, until it fails. */
function fill(tree: VmaTree): MmError {
  return assertThrows(() => {
    for (let start = 0x1000;; start += 0x2000) {
      const vma = new Vma(start, start + 0x1000, 0, start / 0x1000, null);
      tree.prepare(start, start + 0x1000, vma);
      tree.commit();
      tree.mapCount++;
    }
  }, MmError);
}

Deno.test("VmaTree: a tree without nodes is ENOMEM, and holds what it held", () => {
  const tree = new VmaTree(
    new FaultInjection(),
    new MapleTree<Vma>({ gaps: true, maxNodes: 8 }),
  );
  const error = fill(tree);
  assertEquals(error.code, "ENOMEM");
  const start = 0x1000 + 0x2000 * tree.mapCount;
  const range = `0x${start.toString(16)}-0x${(start + 0x1000).toString(16)}`;
  assertEquals(error.message, `Cannot store ${range}: no tree node is left`);
  tree.validateTree();
  assertEquals([...tree.vmas()].length, tree.mapCount);
});

Deno.test("VmaTree: an observer is told of each search for a gap, with its size", () => {
  const tree = new VmaTree(new FaultInjection());
  const told: [TreeOperation, number, number, unknown][] = [];
  tree.observer = (...operation) => told.push(operation);
  assertEquals(tree.lowestGap(0x2000, 0x1000, 0x9000), 0x1000);
  assertEquals(tree.highestGap(0x2000, 0x1000, 0x9000), 0x7000);
  assertEquals(told, [
    ["emptyArea", 0x1000, 0x8fff, 0x2000],
    ["emptyAreaReverse", 0x1000, 0x8fff, 0x2000],
  ]);
});

Deno.test("VmaTree: where nothing is free, and above all indices, there is nothing to find", () => {
  const mm = space();
  map(mm, 0x1000, 0x9000);
  const tree = mm.descriptor.tree;
  assertEquals(tree.lowestGap(0x1000, 0x1000, 0x9000), -1);
  assertEquals(tree.highestGap(0x1000, 0x1000, 0x9000), -1);
  assertThrows(() => tree.lowestGap(0x1000, -1, 0x9000), RangeError); // no answer, but a mistake
  assertEquals(tree.findVma(2 ** 53), undefined);
  assertEquals(tree.findIntersection(2 ** 53, 2 ** 53 + 2), undefined);
});

const PAGE = 0x1000;

Deno.test("findVma: at the last address there is nothing", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  assertEquals(mm.findVma(ADDRESS_LIMIT - 1), undefined);
  assertEquals(mm.findVmaIntersection(ADDRESS_LIMIT - PAGE, ADDRESS_LIMIT - 1), undefined);
});

/** A tree that holds just these ranges, which need not be pages. */
function treeOf(...ranges: readonly (readonly [start: number, end: number])[]): VmaTree {
  const tree = new VmaTree(new FaultInjection());
  for (const [start, end] of ranges) {
    tree.prepare(start, end, new Vma(start, end, 0, 0, null));
    tree.commit();
  }
  return tree;
}

Deno.test("VmaTree: a gap lies within its window, and is as long as what is asked for", () => {
  const tree = treeOf([0x1000, 0x1001]);
  for (const gap of [tree.lowestGap.bind(tree), tree.highestGap.bind(tree)]) {
    assertEquals(gap(0x1000, 0x1000, 0x2000), -1); // only with the byte above the window
    assertEquals(gap(0xfff, 0x1000, 0x2000), 0x1001);
    assertEquals(gap(0, 0x1000, 0x2000), -1);
    assertEquals(gap(0x1001, 0x3000, 0x4000), -1);
    assertEquals(gap(0x1000, 0x3000, 0x4000), 0x3000);
    assertEquals(gap(1, 0x3000, 0x3001), 0x3000);
  }
});

Deno.test("VmaTree: an observer is told of no search above all indices", () => {
  const tree = treeOf([0x1000, 0x2000]);
  const told: string[] = [];
  tree.observer = (operation) => told.push(operation);
  tree.findVma(2 ** 53);
  tree.findIntersection(2 ** 53, 2 ** 53 + 2);
  assertEquals(told, []);
});

Deno.test("VmaTree: no node stays promised after a fork, a hole and an exit", () => {
  const mm = space();
  for (let start = 0x1000; start < 0x40000; start += 0x3000) {
    map(mm, start, start + 0x3000, start & 0x1000 ? 1 : 3);
  }
  mm.munmap(0x2000, PAGE);
  const child = mm.fork();
  for (const { descriptor } of [mm, child]) assertEquals(poolOf(descriptor.tree.tree).reserved, 0);
  mm.exit();
  assertEquals(poolOf(mm.descriptor.tree.tree).reserved, 0);
});
