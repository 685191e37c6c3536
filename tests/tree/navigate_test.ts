/** Moving a cursor: up to every limit, from every status, in trees with and without nodes, and beside readers. */

import { assertEquals, assertThrows } from "@std/assert";
import { MapleError, type MapleState, MapleTree, MAX_INDEX, NodeBudget } from "../../mod.ts";
import { poolOf } from "../../src/tree/maple_tree.ts";

interface Range {
  readonly first: number;
  readonly last: number;
}

const STEP = 16;

/** Ranges of `STEP` indices, `space` free ones in front of each. All hold 0, the smallest value there is. */
function filled(count: number, space: number, gaps: boolean): [MapleTree<number>, Range[]] {
  const tree = new MapleTree<number>({ gaps });
  const ranges: Range[] = [];
  for (let i = 0; i < count; i++) {
    const first = i * (STEP + space) + space;
    ranges.push({ first, last: first + STEP - 1 });
    tree.store(first, first + STEP - 1, 0);
  }
  return [tree, ranges];
}

/** Every tree is walked in steps of one from each range to a limit at each of the next ones' ends. */
const TREES = [5, 70, 700].flatMap((count) =>
  [0, 16].flatMap((space) => [false, true].map((gaps) => ({ count, space, gaps })))
);

/** Where a state stands, and what it says of itself. */
function place({ index, last, status }: MapleState<number>): string {
  return `${index}-${last} ${status}`;
}

for (const { count, space, gaps } of TREES) {
  const name = `${count} ranges, ${space} indices between, gaps ${gaps}`;

  Deno.test(`next: up to any limit, ${name}`, () => {
    const [tree, ranges] = filled(count, space, gaps);
    const wrong: string[] = [];
    for (let i = 0; i + 1 < count; i++) {
      const [here, there] = [ranges[i]!, ranges[i + 1]!];
      for (const limit of [here.last, there.first - 1, there.first, there.last]) {
        const state = tree.state(here.first);
        state.walk();
        const value = state.next(limit);
        const reached = there.first <= limit;
        // Whoever was stopped goes on from there with a wider limit, and stands on a range again.
        const right = reached ? value === 0 : value === undefined && state.status === "overflow" &&
          state.next() === 0;
        if (!right || place(state) !== `${there.first}-${there.last} active`) {
          wrong.push(`from ${here.first} to ${limit}: ${value}, ${place(state)}`);
        }
      }
    }
    assertEquals(wrong, []);
  });

  Deno.test(`previous: down to any limit, ${name}`, () => {
    const [tree, ranges] = filled(count, space, gaps);
    const wrong: string[] = [];
    for (let i = 1; i < count; i++) {
      const [here, there] = [ranges[i]!, ranges[i - 1]!];
      for (const limit of [here.first, there.last + 1, there.last, there.first]) {
        const state = tree.state(here.first);
        state.walk();
        const value = state.previous(limit);
        const reached = there.last >= limit;
        const right = reached ? value === 0 : value === undefined && state.status === "underflow" &&
          state.previous() === 0;
        if (!right || place(state) !== `${there.first}-${there.last} active`) {
          wrong.push(`from ${here.first} to ${limit}: ${value}, ${place(state)}`);
        }
      }
    }
    assertEquals(wrong, []);
  });
}

// A state that reads beside a writer does not walk again after a limit: its leaf is still there.
Deno.test("next, previous, findReverse: a reader that was stopped at a limit stands on a range again", () => {
  const tree = new MapleTree<number>({ rcu: true });
  for (let i = 0; i < 5; i++) tree.store(i * 32 + 16, i * 32 + 31, i);
  using reader = tree.read();
  const state = reader.state(48);
  assertEquals(state.walk(), 1);
  assertEquals([state.next(64), state.status], [undefined, "overflow"]);
  assertEquals([state.next(), state.status], [2, "active"]);
  assertEquals([state.previous(80), state.status], [undefined, "underflow"]);
  assertEquals([state.previous(), state.status], [1, "active"]);
  assertEquals([state.previous(48), state.status], [undefined, "underflow"]);
  assertEquals([state.findReverse(), state.status], [0, "active"]);
});

Deno.test("next, previous: every one of 30,000 ranges, in some 4,000 nodes", () => {
  for (const gaps of [false, true]) {
    const tree = new MapleTree<number>({ gaps });
    const count = 30_000;
    // Downwards, so that the nodes with small ids hold the largest indices.
    for (let i = count - 1; i >= 0; i--) tree.store(i * 32 + 16, i * 32 + 31, i);
    const state = tree.state(0);
    let right = 0;
    for (let i = 0; i < count; i++) right += +(state.next() === i && state.index === i * 32 + 16);
    assertEquals([right, state.next()], [count, undefined]);
    for (let i = count - 1; i >= 0; i--) {
      right -= +(state.previous() === i && state.last === i * 32 + 31);
    }
    assertEquals([right, state.previous()], [0, undefined]);
  }
});

Deno.test("next: entries that hold 0 are entries, at the beginning of a leaf too", () => {
  for (const space of [0, 16]) {
    const [tree] = filled(700, space, true);
    const state = tree.state(0);
    let count = +(state.find() === 0);
    while (state.next() === 0) count++;
    assertEquals(count, 700);
  }
});

Deno.test("find: an entry that begins in front of the index but beyond the limit is none", () => {
  const [tree] = filled(5, 16, false);
  assertEquals(tree.state(20).find(19), undefined);
  assertEquals(tree.state(20).find(20), 0);
});

Deno.test("find: in a tree that was emptied it ends at no node", () => {
  const [tree] = filled(5, 16, false);
  const state = tree.state(0);
  assertEquals(state.find(), 0);
  tree.clear();
  assertEquals([state.find(), state.status], [undefined, "none"]);
});

// mas_find_setup() of Linux 6.12: whoever has come to nothing looks at the last index of where it stands.
Deno.test("find: after nothing was found downwards from the value in the root it finds that again", () => {
  const tree = new MapleTree<number>();
  tree.store(0, 0, 1);
  const state = tree.state(0);
  assertEquals([state.findReverse(), state.findReverse(), state.status], [1, undefined, "none"]);
  assertEquals([state.find(), state.index, state.last], [1, 0, 0]);
});

// The same: in front of a lower limit nothing is found upwards unless the limit lies behind where it stands.
Deno.test("find: from in front of a limit up to where it stands nothing is found", () => {
  const [tree] = filled(5, 16, false);
  const state = tree.state(16);
  assertEquals(state.walk(), 0);
  assertEquals([state.previous(16), state.status], [undefined, "underflow"]);
  assertEquals([state.find(16), state.status], [undefined, "overflow"]);
});

// mas_find_rev_setup() of Linux 6.12 looks at no limit once the walk has ended behind the value in the root.
Deno.test("findReverse: behind the value in the root finds it whatever the limit", () => {
  const tree = new MapleTree<number>();
  tree.store(0, 0, 1);
  assertEquals(tree.state(7).findReverse(1), 1);
});

Deno.test("findReverse: goes on from a limit, and stands on a range again", () => {
  const [tree] = filled(5, 16, false);
  const state = tree.state(80);
  assertEquals(state.walk(), 0);
  assertEquals([state.previous(80), state.status], [undefined, "underflow"]);
  assertEquals([state.findReverse(), state.index, state.status], [0, 48, "active"]);
});

Deno.test("emptyArea, emptyAreaReverse: a state stands on the area, at once or after a search", () => {
  const [tree] = filled(70, 16, true);
  for (const size of [1, 16]) {
    const up = tree.state(5);
    up.emptyArea(size, 32);
    assertEquals([up.index, up.last, up.status], [32, 31 + size, "active"]);
    const down = tree.state(5);
    down.emptyAreaReverse(size, 0, 47);
    assertEquals([down.index, down.last, down.status], [48 - size, 47, "active"]);
    up.emptyArea(size, 17);
    assertEquals([up.index, up.status], [32, "active"]);
    down.emptyAreaReverse(size, 0, 50);
    assertEquals([down.last, down.status], [47, "active"]);
  }
});

Deno.test("emptyArea: a window that begins in a gap too small goes on to one that fits, in 4,000 nodes", () => {
  const tree = new MapleTree<number>({ gaps: true });
  // Every third gap is larger; downwards, so that the nodes with small ids hold the largest indices.
  for (let i = 29_999; i >= 0; i--) tree.store(i * 64 + (i % 3 === 0 ? 32 : 16), i * 64 + 63, i);
  for (let i = 1; i < 29_990; i += 600) {
    assertEquals(tree.emptyArea(20, i * 64 + 8), (i + 2) * 64);
    assertEquals(tree.emptyAreaReverse(20, 0, i * 64 + 8), (i - 1) * 64 + 12);
  }
});

Deno.test("store: nothing over several leaves from within free space widens to all of it", () => {
  for (const gaps of [false, true]) {
    for (let i = 1; i < 40; i++) {
      const [tree, ranges] = filled(70, 16, gaps);
      const [from, to] = [ranges[i]!, ranges[i + 25]!];
      const state = tree.state(from.first - 8, to.first - 9);
      state.store(undefined);
      tree.validate();
      assertEquals([state.index, state.last], [from.first - 16, to.first - 1]);
      assertEquals(tree.size, 70 - 25);
    }
  }
});

Deno.test("store: in a tree without nodes nothing behind 0 leaves the value at 0", () => {
  const tree = new MapleTree<string>();
  tree.store(0, 0, "a");
  for (const first of [1, 2]) tree.store(first, 9, undefined);
  assertEquals(tree.load(0), "a");
  tree.store(2, 5, "b");
  assertEquals([tree.load(0), tree.load(1), tree.load(2), tree.load(6)], [
    "a",
    undefined,
    "b",
    undefined,
  ]);
  tree.validate();
});

Deno.test("entries: the last index is checked before the first entry is given", () => {
  const [tree] = filled(5, 0, false);
  assertThrows(() => tree.entries(0, MAX_INDEX + 1).next(), RangeError);
});

/** A tree without nodes: one value at index 0. */
function rootOnly(): MapleTree<number> {
  const tree = new MapleTree<number>();
  tree.store(0, 0, 1);
  return tree;
}

Deno.test("MapleState: in an empty tree a step up or down ends at no node, not at a limit", () => {
  const tree = new MapleTree<number>();
  const up = tree.state(0);
  assertEquals([up.next(5), up.status], [undefined, "none"]);
  const down = tree.state(7);
  assertEquals([down.previous(), down.status], [undefined, "none"]);
});

// mas_next_setup() of Linux 6.12: whoever stood in front of the value at 0 stands on it afterwards.
Deno.test("MapleState.next: from before the value in the root it goes onto it and gives nothing", () => {
  const state = rootOnly().state(0);
  assertEquals([state.findReverse(), state.findReverse(), state.status], [1, undefined, "none"]);
  assertEquals([state.next(), state.status, state.index], [undefined, "root", 0]);
});

Deno.test("MapleState.findReverse: from behind the value in the root it finds it", () => {
  const state = rootOnly().state(7);
  assertEquals([state.walk(), state.status], [undefined, "none"]);
  assertEquals([state.findReverse(), state.index, state.last], [1, 0, 0]);
});

Deno.test("MapleState.walk: the value in the root is a range of one index", () => {
  const state = rootOnly().state(0, 9);
  assertEquals([state.walk(), state.index, state.last], [1, 0, 0]);
});

Deno.test("MapleState.findRange: the bound itself is looked at", () => {
  const tree = new MapleTree<number>();
  tree.store(5, 9, 1);
  assertEquals(tree.state(5).findRange(5), 1);
});

Deno.test("MapleState.erase: where nothing is, nothing is done", () => {
  const empty = new MapleTree<number>().state(0);
  assertEquals([empty.erase(), empty.status], [undefined, "none"]);
  const tree = new MapleTree<number>();
  tree.store(5, 9, 1);
  const { rewritten } = tree.statistics().counters;
  assertEquals(tree.state(20).erase(), undefined);
  assertEquals(tree.statistics().counters.rewritten, rewritten);
});

Deno.test("MapleState: in error after a failed store that changed nothing, it gives nothing", () => {
  const budget = new NodeBudget();
  const tree = new MapleTree<number>({ budget });
  for (let i = 0; i < 15; i++) tree.store(i * 10, i * 10 + 9, i); // a full leaf, with the free rest
  const state = tree.state(20);
  assertEquals(state.walk(), 2);
  state.set(20, 23);
  budget.left = 0;
  assertThrows(() => state.store(7), MapleError);
  assertEquals([state.status, state.next()], ["error", undefined]);
});

// What a reader remembers holds until its leaf is replaced; at the end of the leaf it walks.
Deno.test("TreeReader: steps in a leaf take no walk, the step out of it takes one", () => {
  const tree = new MapleTree<number>({ rcu: true });
  for (let i = 0; i < 40; i++) tree.store(i * 16, i * 16 + 15, i); // leaves of fifteen ranges
  using reader = tree.read();
  for (const backward of [false, true]) {
    const state = reader.state(backward ? 29 * 16 : 15 * 16);
    assertEquals(state.walk(), backward ? 29 : 15);
    tree.store(39 * 16, 39 * 16 + 7, 100); // elsewhere
    const visited = () => tree.statistics().counters.visited;
    const start = visited();
    for (let i = 1; i < 15; i++) {
      const value = backward ? state.previous() : state.next();
      assertEquals(value, backward ? 29 - i : 15 + i);
    }
    assertEquals(visited(), start);
    assertEquals(backward ? state.previous() : state.next(), backward ? 14 : 30);
    assertEquals(visited(), start + tree.height);
  }
});

// Stored downwards, so that early nodes hold high indices, and at indices that fill a number's 53 bits: what a node's
// id leads to must be its own.
Deno.test("next, find, emptyAreaReverse: in two thousand nodes, each leads to itself", () => {
  const RANGES = 20_000;
  const STRIDE = 0x5555555555;
  const tree = new MapleTree<number>({ gaps: true });
  for (let i = RANGES - 1; i >= 0; i--) tree.store(i * STRIDE + 16, i * STRIDE + 31, i);
  const state = tree.state(0);
  for (let i = 0; i < RANGES; i++) {
    if (state.next(MAX_INDEX) !== i) assertEquals(state.index, i * STRIDE + 16);
  }
  for (let i = 0; i < RANGES; i += 7) {
    assertEquals(tree.emptyAreaReverse(16, 0, i * STRIDE + 15), i * STRIDE);
    for (const index of [i * STRIDE, i * STRIDE + 16]) {
      state.set(index);
      if (state.find() !== i) assertEquals(state.index, i * STRIDE + 16);
    }
  }
});

// A writer makes the first node between a reader's two loads, of the root and of the value in its stead.
Deno.test("walk, load: the first node made between two loads does not hide what index 0 holds", () => {
  for (const how of ["walk", "load"] as const) {
    const tree = new MapleTree<number>({ shared: true, maxNodes: 9 });
    tree.store(0, 0, 1);
    const state = tree.state(0);
    const pool = poolOf(tree);
    const { words } = pool;
    pool.words = new Proxy(words, {
      get(target, key) {
        if (key === "2" && pool.words !== target) { // ROOT_ENTRY
          pool.words = target;
          tree.store(5, 9, 2);
        }
        return Reflect.get(target, key);
      },
    });
    assertEquals(how === "walk" ? state.walk() : tree.load(0), 1);
  }
});

// Linux 6.12's mas_prev() and mas_prev_range(), built in user space, give the value in the root whatever the limit is,
// unless the state stands at the limit or before it. Down to random limits, from random places in 900 trees, it and
// Maple gave the same 300,000 answers.
Deno.test("MapleState.previous: the value in the root has no limit but one at or after the index", () => {
  for (const move of ["previous", "previousRange"] as const) {
    for (const limit of [0, 1, 3, 4]) {
      const state = rootOnly().state(5);
      assertEquals([state[move](limit), state.index, state.last, state.status], [1, 0, 0, "root"]);
    }
    for (const limit of [5, 6]) {
      const state = rootOnly().state(5);
      assertEquals([state[move](limit), state.status], [undefined, "underflow"]);
    }
  }
});

Deno.test("MapleState.previous: an entry that ends at the limit is reached, one that ends before it is not", () => {
  for (const count of [2, 20, 300]) {
    const tree = new MapleTree<number>({ gaps: true });
    for (let i = 0; i < count; i++) tree.store(i * 8 + 2, i * 8 + 5, i);
    for (const fresh of [true, false]) {
      for (let i = 1; i < count; i++) {
        for (
          const [limit, value] of [[i * 8 - 6, i - 1], [i * 8 - 3, i - 1], [i * 8 - 2, undefined]]
        ) {
          const state = tree.state(i * 8 + 3);
          if (!fresh) state.walk();
          assertEquals(state.previous(limit), value, `from ${i * 8 + 3} down to ${limit}`);
        }
      }
    }
  }
});

// A state that has not walked yet looks into the leaf found last, and there at the slot before and the one before that.
Deno.test("previous: begun anew in any range, with every value the smallest or all alike", () => {
  for (const values of [[0, 0, 0], [1, 1, 1], [0, -1, 0]]) {
    const tree = new MapleTree<number>();
    for (let i = 0; i < 40; i++) tree.store(i * 10, i * 10 + 9 - i % 3, values[i % 3]!);
    for (let i = 1; i < 40; i++) {
      for (const found of [0, i * 10, i * 10 + 9, 1000]) {
        tree.state(found).walk();
        const state = tree.state(i * 10 + 9);
        const isFree = i % 3 !== 0;
        const expected = isFree ? i : i - 1;
        assertEquals(state.previous(), values[expected % 3], `${i}, found ${found}`);
        assertEquals([state.index, state.last], [expected * 10, expected * 10 + 9 - expected % 3]);
      }
    }
  }
});

Deno.test("previous: begun anew in a tree of one range over all indices there is none, whatever node holds it", () => {
  const tree = new MapleTree<number>();
  for (let i = 0; i < 5; i++) {
    tree.store(0, MAX_INDEX, i);
    assertEquals([tree.height, tree.size], [1, 1]);
    for (const index of [1, 1000, MAX_INDEX]) {
      const state = tree.state(index);
      assertEquals([state.previous(), state.status], [undefined, "underflow"]);
    }
    tree.store(1000, 1999, undefined); // its leaf stays, and the next store of all takes another
  }
});

// The tree's own searches share one cursor.
Deno.test("find, next, previous: no answer depends on what was asked before", () => {
  const [tree, ranges] = filled(12, 16, true);
  const at = (i: number) => ranges[i]!.first;
  const questions = [
    (asked: MapleTree<number>) => asked.find(at(2) - 1, at(3)),
    (asked: MapleTree<number>) => asked.find(at(9)),
    (asked: MapleTree<number>) => asked.next(at(1), at(2)),
    (asked: MapleTree<number>) => asked.next(at(11)),
    (asked: MapleTree<number>) => asked.previous(at(3), at(1)),
    (asked: MapleTree<number>) => asked.previous(at(10)),
    (asked: MapleTree<number>) => asked.previous(at(0)),
  ];
  const answers = questions.map((ask) => ask(tree.duplicate()));
  for (const before of questions) {
    for (const [i, ask] of questions.entries()) {
      before(tree);
      assertEquals(ask(tree), answers[i], `question ${i} after ${before}`);
    }
  }
  const first = ({ first }: { first: number }) => first;
  assertEquals(
    answers.map((answer) => answer && first(answer)),
    [at(2), at(9), at(2), undefined, at(2), at(9), undefined],
  );
});
