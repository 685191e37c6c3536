/** What an observer of the tree is told: each search and each change, with its range, in their order. */
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ } from "../../src/abi/mman.ts";
import { Vma } from "../../src/mm/vma.ts";
import type { TreeObserver } from "../../src/mm/vma_tree.ts";
import { map, RW, space } from "./scene.ts";
import { assert, assertEquals } from "@std/assert";

type Told = Parameters<TreeObserver>;

function watched(work: (mm: ReturnType<typeof space>) => void): Told[] {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  const told: Told[] = [];
  mm.treeObserver = (...call) => told.push(call);
  work(mm);
  return told;
}

/** The ranges of what the tree was told to change. */
function changes(told: readonly Told[]): string[] {
  return told.filter(([operation]) => operation === "store" || operation === "clear")
    .map(([operation, first, last]) => `${operation} ${first.toString(16)}-${last.toString(16)}`);
}

Deno.test("treeObserver: a store says which VMA goes where", () => {
  const told = watched((mm) => map(mm, 0x8000, 0x9000, PROT_READ));
  assertEquals(changes(told), ["store 8000-8fff"]);
  const [, , , vma] = told.find(([operation]) => operation === "store")!;
  assertEquals(vma instanceof Vma && [vma.start, vma.end], [0x8000, 0x9000]);
});

//   |--------- rw ---------|        what stays of a VMA that is cut is in the tree already
//   |-- rw --|hole|-- rw --|
Deno.test("treeObserver: a hole is cleared, and the VMA above it stored", () => {
  const told = watched((mm) => mm.munmap(0x2000, 0x1000));
  assertEquals(changes(told), ["clear 2000-2fff", "store 3000-3fff"]);
});

//   |--------- rw ---------|        one store trims the old entry and puts the other part in its place
//   |-- r- --|----- rw ----|
Deno.test("treeObserver: a VMA that is cut once is stored once", () => {
  assertEquals(changes(watched((mm) => mm.mprotect(0x1000, 0x1000, PROT_READ))), [
    "store 2000-3fff",
  ]);
  assertEquals(changes(watched((mm) => mm.mprotect(0x2000, 0x2000, PROT_READ))), [
    "store 2000-3fff",
  ]);
});

Deno.test("treeObserver: searches are told before what they lead to", () => {
  const found = watched((mm) => mm.findVma(0x2000));
  assertEquals(found.map(([operation, first]) => [operation, first]), [["find", 0x2000]]);
  const met = watched((mm) => mm.findVmaIntersection(0x2000, 0x3000));
  assertEquals(met.map(([operation, first, last]) => [operation, first, last]), [
    ["find", 0x2000, 0x2fff],
  ]);
  const placed = watched((mm) => {
    mm.mmap({ length: 0x1000, protection: RW, flags: MAP_PRIVATE | MAP_ANONYMOUS });
  });
  const area = placed.find(([operation]) => operation === "emptyAreaReverse")!;
  assertEquals(area.slice(1), [0x1000, 0x7fff_0000_0000 - 1, 0x1000]);
  assert(placed.indexOf(area) < placed.findIndex(([operation]) => operation === "store"));
  const operations = new Set(placed.map(([operation]) => operation));
  assert(operations.has("previous"), "what is below was looked at");
});

Deno.test("treeObserver: a walk over a range asks for the next VMA", () => {
  const told = watched((mm) => {
    map(mm, 0x4000, 0x5000, PROT_READ);
    mm.mprotect(0x1000, 0x4000, PROT_READ);
  });
  assert(told.some(([operation]) => operation === "next"));
  const none = watched((mm) => {
    mm.treeObserver = undefined;
    map(mm, 0x8000, 0x9000);
  });
  assertEquals(none, []);
});

Deno.test("treeObserver: a search for the VMA below goes down to 0", () => {
  const mm = space();
  map(mm, 0x3000, 0x4000);
  const searches: number[][] = [];
  mm.treeObserver = (operation, first, last) => {
    if (operation === "previous") searches.push([first, last]);
  };
  mm.descriptor.tree.before(0x3000);
  assertEquals(searches, [[0x3000, 0]]);
});
