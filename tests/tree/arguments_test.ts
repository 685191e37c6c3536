/** What calls take: the ranges that they stand for when they are given none, and what is no index. */
import { assertEquals, assertThrows } from "@std/assert";
import { MapleError, MapleTree, MAX_INDEX, NodeBudget } from "../../mod.ts";
import { poolOf } from "../../src/tree/maple_tree.ts";

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

/** What a refused call says. */
function refusal(call: () => unknown): string {
  return assertThrows(call, RangeError).message;
}

Deno.test("MapleTree, MapleState: a number that is no index is named in the caller's words", () => {
  const tree = ends();
  const state = tree.state();
  const domain = `an index is an integer in 0-${MAX_INDEX}`;
  assertEquals(refusal(() => tree.load(NaN)), `Cannot load NaN: ${domain}`);
  assertEquals(refusal(() => tree.erase(-1)), `Cannot erase -1: ${domain}`);
  assertEquals(refusal(() => tree.store(0, 0.5, 1)), `Cannot store up to 0.5: ${domain}`);
  assertEquals(refusal(() => tree.find(1e300)), `Cannot find from 1e+300: ${domain}`);
  assertEquals(
    refusal(() => tree.emptyArea(NaN)),
    `Cannot find free indices, in number NaN: ${domain}`,
  );
  assertEquals(refusal(() => state.set(Infinity)), `Cannot move to Infinity: ${domain}`);
  assertEquals(refusal(() => state.next(NaN)), `Cannot go up to NaN: ${domain}`);
  const noNumber: unknown = "5";
  if (typeof noNumber !== "number") {
    assertThrows(() => Reflect.apply(tree.load, tree, [noNumber]), RangeError);
  }
});

Deno.test("MapleState.expectEntries: no whole number of entries is refused, and nothing has changed", () => {
  const tree = ends();
  const state = tree.state();
  state.expectEntries(20);
  const { reserved } = state;
  for (const count of [NaN, Infinity, -1, 1.5, MAX_INDEX + 2]) {
    assertEquals(
      refusal(() => state.expectEntries(count)),
      `Cannot expect ${count} entries: it is not an integer in 0-${MAX_INDEX}`,
    );
  }
  assertEquals(state.reserved, reserved);
  // More than any pool holds is no bad number: it is too much.
  assertEquals(assertThrows(() => state.expectEntries(MAX_INDEX), MapleError).code, "ENOMEM");
  assertEquals(state.reserved, 0);
  state.expectEntries(0);
  state.destroy();
  tree.validate();
  assertEquals(tree.size, 2);
});

Deno.test("MapleTree: a number of nodes that is none is refused", () => {
  for (const maxNodes of [NaN, -1, 0.5, 2 ** 25]) {
    for (const shared of [true, false]) {
      refusal(() => new MapleTree({ maxNodes, shared }));
    }
  }
  refusal(() => new MapleTree({ shared: true }));
  refusal(() => new MapleTree({ shared: true, maxNodes: Infinity }));
  new MapleTree({ maxNodes: Infinity }).store(5, 9, 1);
  const none = new MapleTree<number>({ maxNodes: 0 });
  none.store(0, 0, 1);
  assertEquals(assertThrows(() => none.store(5, 9, 1), MapleError).code, "ENOMEM");
  assertEquals(none.load(0), 1);
});

Deno.test("NodeBudget: what is no number of nodes allows none", () => {
  const budget = new NodeBudget();
  const tree = new MapleTree<number>({ budget });
  budget.left = NaN;
  assertEquals(assertThrows(() => tree.store(5, 9, 1), MapleError).code, "ENOMEM");
  budget.left = 1;
  tree.store(5, 9, 1);
  assertEquals(budget.left, 0);
});

Deno.test("MapleState: `using` gives back what is reserved, a second time nothing", () => {
  const tree = ends();
  for (let i = 1; i < 15; i++) tree.store(i * 10, i * 10 + 9, i);
  const other = tree.state(41, 42);
  other.preallocate(1);
  {
    using state = tree.state(51, 52);
    state.preallocate(1);
    assertEquals(poolOf(tree).reserved, state.reserved + other.reserved);
    state.destroy();
  }
  assertEquals(poolOf(tree).reserved, other.reserved);
  other[Symbol.dispose]();
  other[Symbol.dispose]();
  assertEquals([poolOf(tree).reserved, other.reserved], [0, 0]);
});

Deno.test("TreeReader: closed once or twice, it refuses to read afterwards", () => {
  const tree = new MapleTree<number>({ rcu: true });
  for (let i = 0; i < 40; i++) tree.store(i * 10, i * 10 + 9, i);
  const [one, other] = [tree.read(), tree.read()];
  const state = one.state(55);
  assertEquals(state.walk(), 5);
  const unused = one.state(55);
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  const einval = (call: () => unknown) =>
    assertEquals(assertThrows(call, MapleError).code, "EINVAL");
  const searches = ["next", "previous", "find", "findReverse"] as const;
  const ranges = ["nextRange", "previousRange", "findRange", "findRangeReverse", "walk"] as const;
  for (const search of [...searches, ...ranges]) {
    einval(() => state[search]());
    einval(() => unused[search]());
  }
  einval(() => one.state(5));
  assertThrows(() => other.state(-1), RangeError);
  assertEquals(other.state(55).walk(), 5);
  tree.clear();
  assertEquals(tree.statistics().retired > 0, true);
  other[Symbol.dispose]();
  assertEquals(tree.statistics().retired, 0);
});
