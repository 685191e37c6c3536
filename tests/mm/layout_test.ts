import { assertEquals, assertThrows } from "@std/assert";
import { AllocationBudget } from "../../src/mm/fault_injection.ts";
import { MmError } from "../../src/mm/error.ts";
import { Layout, type TreeOperation } from "../../src/mm/vma_tree.ts";
import { Vma } from "../../src/mm/vma.ts";
import { MapleTree } from "../../src/tree/maple_tree.ts";
import { map, space } from "./scene.ts";

/** Stores VMAs of one page, each of them after a free page, until it fails. */
function fill(layout: Layout): MmError {
  return assertThrows(() => {
    for (let start = 0x1000;; start += 0x2000) {
      const vma = new Vma(start, start + 0x1000, 0, start / 0x1000, null);
      layout.prepare(start, start + 0x1000, vma);
      layout.commit();
      layout.mapCount++;
    }
  }, MmError);
}

Deno.test("Layout: a tree without nodes is ENOMEM, and holds what it held", () => {
  const layout = new Layout(
    new AllocationBudget(),
    new MapleTree<Vma>({ gaps: true, maxNodes: 8 }),
  );
  const error = fill(layout);
  assertEquals(error.code, "ENOMEM");
  const start = 0x1000 + 0x2000 * layout.mapCount;
  const range = `0x${start.toString(16)}-0x${(start + 0x1000).toString(16)}`;
  assertEquals(error.message, `Cannot store ${range}: no tree node is left`);
  layout.validateTree();
  assertEquals([...layout.vmas()].length, layout.mapCount);
});

Deno.test("Layout: an observer is told of each search for a gap, with its size", () => {
  const layout = new Layout(new AllocationBudget());
  const told: [TreeOperation, number, number, unknown][] = [];
  layout.observer = (...operation) => told.push(operation);
  assertEquals(layout.lowestGap(0x2000, 0x1000, 0x9000), 0x1000);
  assertEquals(layout.highestGap(0x2000, 0x1000, 0x9000), 0x7000);
  assertEquals(told, [
    ["emptyArea", 0x1000, 0x8fff, 0x2000],
    ["emptyAreaReverse", 0x1000, 0x8fff, 0x2000],
  ]);
});

Deno.test("Layout: where nothing is free, and above all indices, there is nothing to find", () => {
  const mm = space();
  map(mm, 0x1000, 0x9000);
  const { layout } = mm.descriptor;
  assertEquals(layout.lowestGap(0x1000, 0x1000, 0x9000), -1);
  assertEquals(layout.highestGap(0x1000, 0x1000, 0x9000), -1);
  assertThrows(() => layout.lowestGap(0x1000, -1, 0x9000), RangeError); // no answer, but a mistake
  assertEquals(mm.findVma(2 ** 53), undefined);
  assertEquals(mm.findVmaIntersection(2 ** 53, 2 ** 53 + 2), undefined);
});
