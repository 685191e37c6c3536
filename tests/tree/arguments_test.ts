/** What calls take: the ranges that they stand for when they are given none, and what is no index. */
import { assertEquals, assertThrows } from "@std/assert";
import { MapleError, MapleTree, MAX_INDEX } from "../../mod.ts";

// 0     1     2                    MAX_INDEX-1   MAX_INDEX
// |- 1 -|     |       free                        |--- 2 ---|
function ends(): MapleTree<number> {
  const tree = new MapleTree<number>({ gaps: true });
  tree.store(0, 0, 1);
  tree.store(MAX_INDEX, MAX_INDEX, 2);
  return tree;
}

Deno.test("MapleTree: searches without a window begin at 0", () => {
  const tree = ends();
  assertEquals(tree.previous(5), { first: 0, last: 0, value: 1 });
  assertEquals(tree.find(0), { first: 0, last: 0, value: 1 });
  assertEquals([...tree.entries()].map(({ value }) => value), [1, 2]);
  const free = new MapleTree<number>({ gaps: true });
  assertEquals([free.emptyArea(1), free.emptyAreaReverse(MAX_INDEX)], [0, 1]);
  free.store(1, MAX_INDEX, 3);
  assertEquals([free.emptyArea(1), free.emptyAreaReverse(1)], [0, 0]);
  assertEquals(free.allocate(4, 1), 0);
  free.erase(0);
  assertEquals(free.allocateReverse(4, 1), 0);
  assertEquals(free.load(0), 4);
});

Deno.test("MapleState: searches without a bound go to 0", () => {
  const tree = ends();
  assertEquals(tree.state(5).findReverse(), 1);
  assertEquals(tree.state(5).previous(), 1);
  // Nothing is at 5, so the first answer is the range in front of the free one, and that begins at the bound.
  const ranges = tree.state(5);
  assertEquals([ranges.findRangeReverse(), ranges.findRangeReverse()], [1, undefined]);
  const steps = tree.state(5);
  steps.walk();
  assertEquals(steps.previousRange(), 1);
});

Deno.test("MapleState.emptyArea: without a window the search begins at 0", () => {
  const tree = new MapleTree<number>({ gaps: true });
  tree.store(1, MAX_INDEX, 3);
  const state = tree.state();
  state.emptyArea(1);
  assertEquals([state.index, state.last, state.status], [0, 0, "active"]);
  state.reset();
  state.emptyAreaReverse(1);
  assertEquals([state.index, state.last, state.status], [0, 0, "active"]);
});

for (const index of [-1, 0.5, MAX_INDEX + 1, NaN]) {
  Deno.test(`MapleState: ${index} is no index, and no bound`, () => {
    const tree = ends();
    const state = tree.state(0);
    state.walk();
    const refuse = (call: () => unknown) => assertThrows(call, RangeError);
    refuse(() => state.find(index));
    refuse(() => state.findReverse(index));
    refuse(() => state.next(index));
    refuse(() => state.previous(index));
    refuse(() => state.findRange(index));
    refuse(() => state.findRangeReverse(index));
    refuse(() => state.nextRange(index));
    refuse(() => state.previousRange(index));
    refuse(() => state.set(index));
    refuse(() => state.set(0, index));
    refuse(() => state.emptyArea(index, 0, 9));
    refuse(() => state.emptyArea(1, index, 9));
    refuse(() => state.emptyArea(1, 0, index));
    refuse(() => state.emptyAreaReverse(index, 0, 9));
    refuse(() => state.emptyAreaReverse(1, index, 9));
    refuse(() => state.emptyAreaReverse(1, 0, index));
    refuse(() => tree.state(index));
    refuse(() => tree.state(index, 5));
    refuse(() => tree.state(0, index));
    refuse(() => tree.entries(0, index));
    assertEquals([...tree].length, 2);
  });
}

Deno.test("MapleState: a range that ends before it begins is neither stored nor prepared for", () => {
  const tree = ends();
  const state = tree.state(9, 8);
  const einval = (call: () => unknown) => {
    assertEquals(assertThrows(call, MapleError).code, "EINVAL");
  };
  einval(() => state.store(7));
  einval(() => state.preallocate(7));
  einval(() => state.storePreallocated(7));
  assertEquals([...tree].map(({ value }) => value), [1, 2]);
});

Deno.test("MapleTree.read: wants a tree made for readers", () => {
  const error = assertThrows(() => new MapleTree<number>().read(), MapleError);
  assertEquals(error.code, "EINVAL");
});

Deno.test("TreeReader.state: begins at 0 unless told", () => {
  const tree = new MapleTree<number>({ rcu: true });
  tree.store(0, 0, 1);
  tree.store(5, 5, 2);
  using reader = tree.read();
  const state = reader.state();
  assertEquals([state.index, state.last, state.find(), state.find()], [0, 0, 1, 2]);
});

// A failed call leaves the cursor in error: searches give nothing until it is set anew.
Deno.test("MapleState: in error, every search gives nothing", () => {
  const tree = new MapleTree<number>({ maxNodes: 1 });
  for (let i = 0; i < 7; i++) tree.store(i * 2, i * 2, i);
  const searches = ["next", "previous", "find", "findReverse"] as const;
  const ranges = ["nextRange", "previousRange", "findRange", "findRangeReverse"] as const;
  for (const search of [...searches, ...ranges]) {
    const state = tree.state(4, 7);
    assertEquals(state.walk(), 2);
    state.set(5, 5);
    const fill = () => {
      for (let i = 20; i < 60; i += 2) {
        state.set(i, i);
        state.store(i);
      }
    };
    assertEquals(assertThrows(fill, MapleError).code, "ENOMEM");
    assertEquals([state.status, state[search]()], ["error", undefined]);
    tree.validate();
  }
});

// 0
// |- 1 -|  free …     a tree without nodes
Deno.test("MapleState.findReverse: a value in the root is found once, then there is nothing", () => {
  const tree = new MapleTree<number>();
  tree.store(0, 0, 1);
  const here = tree.state(0);
  assertEquals([here.findReverse(), here.findReverse(), here.findReverse()], [
    1,
    undefined,
    undefined,
  ]);
  const above = tree.state(7);
  assertEquals([above.findReverse(), above.findReverse()], [1, undefined]);
  const nothing = new MapleTree<number>().state(7);
  assertEquals([nothing.findReverse(), nothing.findReverse()], [undefined, undefined]);
});
