/** Each rule of the validator on a sound tree in which one thing was broken: it names the rule and the place. */

import { assertEquals, assertThrows } from "@std/assert";
import { InvariantError, MapleTree, MAX_INDEX } from "../../../mod.ts";
import { RULES } from "../../../src/tree/checks/rules.ts";
import { poolOf } from "../../../src/tree/maple_tree.ts";
import {
  BOUND,
  DEAD,
  DOUBLE_SHIFT,
  END,
  GAP_CAPACITY,
  GAP_MIN_END,
  GAPS,
  HEIGHT_BITS,
  PARENT,
  PIVOTS,
  ROOT,
  ROOT_ENTRY,
  SLOTS,
  WIDE_CAPACITY,
  WIDE_MIN_END,
  WORD_SHIFT,
} from "../../../src/tree/node_layout.ts";
import type { NodePool } from "../../../src/tree/node_pool.ts";

/** A node of a tree, in the words and doubles that it is made of. */
class NodeAt {
  readonly pool: NodePool<unknown>;
  readonly id: number;

  constructor(pool: NodePool<unknown>, id: number) {
    this.pool = pool;
    this.id = id;
  }

  get end(): number {
    return this.word(END);
  }

  word(at: number): number {
    return this.pool.words[(this.id << WORD_SHIFT) + at]!;
  }

  setWord(at: number, word: number): void {
    this.pool.words[(this.id << WORD_SHIFT) + at] = word;
  }

  double(at: number): number {
    return this.pool.doubles[(this.id << DOUBLE_SHIFT) + at]!;
  }

  setDouble(at: number, double: number): void {
    this.pool.doubles[(this.id << DOUBLE_SHIFT) + at] = double;
  }

  child(slot: number): NodeAt {
    return new NodeAt(this.pool, this.word(this.pool.innerSlots + slot));
  }

  /** Ends it at another slot, with the same maximum: what was there before, or nothing, follows. */
  endAt(end: number): void {
    const max = this.double(PIVOTS + this.end);
    this.setWord(END, end);
    this.setDouble(PIVOTS + end, max);
  }
}

/** Three levels: the root, a child and a child of that, neither the first one nor full. */
interface Parts {
  readonly pool: NodePool<unknown>;
  readonly root: NodeAt;
  readonly inner: NodeAt;
  readonly leaf: NodeAt;
}

/** What is broken, and the node and the slot that are named. */
type Break = (parts: Parts) => readonly [node: number, slot: number];

function treeOf(space: number, gaps: boolean): [MapleTree<unknown>, Parts] {
  const tree = new MapleTree<unknown>({ gaps });
  for (let i = 0; tree.height < 3 || i < 90; i++) {
    tree.store(i * (10 + space), i * (10 + space) + 9, i % 2 === 0 ? { i } : i);
  }
  // Ranges that go make room in some nodes.
  for (let i = 0; i < 90; i += 9) {
    for (let j = i; j < i + 3; j++) tree.erase(j * (10 + space));
    tree.store(i * (10 + space), (i + 3) * (10 + space) - space - 1, -1);
  }
  tree.validate();
  const pool = poolOf(tree);
  const root = new NodeAt(pool, pool.words[ROOT]! >> HEIGHT_BITS);
  const inner = childWithRoom(root, pool.innerCapacity);
  return [tree, { pool, root, inner, leaf: childWithRoom(inner, WIDE_CAPACITY) }];
}

function childWithRoom(parent: NodeAt, capacity: number): NodeAt {
  for (let slot = 1;; slot++) {
    const child = parent.child(slot);
    if (child.end < capacity - 1) return child;
  }
}

/** With free space between the ranges, and without: an empty slot is the leaf's only one then. */
const SPACES = [10, 0];

const BREAKS: readonly (readonly [keyof typeof RULES, Break])[] = [
  ["alive", ({ leaf }) => {
    leaf.setWord(PARENT, DEAD);
    return [leaf.id, -1];
  }],
  ["link", ({ leaf }) => {
    leaf.setWord(PARENT, leaf.word(PARENT) + 1);
    return [leaf.id, -1];
  }],
  ["link", ({ inner, root }) => {
    inner.setWord(PARENT, (root.id + 1) << 4 | 1);
    return [inner.id, -1];
  }],
  ["bound", ({ leaf }) => {
    leaf.setDouble(BOUND, leaf.double(BOUND) - 1);
    return [leaf.id, -1];
  }],
  ["maximum", ({ leaf }) => {
    leaf.setDouble(PIVOTS + leaf.end, leaf.double(PIVOTS + leaf.end) + 1);
    return [leaf.id, leaf.end];
  }],
  ["minimum", ({ leaf }) => {
    leaf.endAt(WIDE_MIN_END - 1);
    return [leaf.id, -1];
  }],
  ["minimum", ({ inner, pool }) => {
    inner.endAt((pool.gaps ? GAP_MIN_END : WIDE_MIN_END) - 1);
    return [inner.id, -1];
  }],
  ["rootChildren", ({ root }) => {
    root.endAt(0);
    return [root.id, -1];
  }],
  ["pivots", ({ leaf }) => {
    leaf.setDouble(PIVOTS, leaf.double(BOUND));
    return [leaf.id, 0];
  }],
  ["pivots", ({ leaf: { end }, leaf }) => {
    leaf.setDouble(PIVOTS + end - 1, leaf.double(PIVOTS + end));
    return [leaf.id, end];
  }],
  ["pastEndPivot", ({ leaf }) => {
    leaf.setDouble(PIVOTS + leaf.end + 1, MAX_INDEX);
    return [leaf.id, leaf.end + 1];
  }],
  ["pastEndPivot", ({ leaf }) => {
    leaf.setDouble(PIVOTS + WIDE_CAPACITY - 1, MAX_INDEX);
    return [leaf.id, WIDE_CAPACITY - 1];
  }],
  ["pastEndPivot", ({ inner, pool }) => {
    inner.setDouble(PIVOTS + pool.innerCapacity - 1, MAX_INDEX);
    return [inner.id, pool.innerCapacity - 1];
  }],
  ["pastEndSlot", ({ leaf }) => {
    leaf.setWord(SLOTS + leaf.end + 1, 1);
    return [leaf.id, leaf.end + 1];
  }],
  ["pastEndSlot", ({ inner, pool }) => {
    inner.setWord(pool.innerSlots + pool.innerCapacity - 1, 1);
    return [inner.id, pool.innerCapacity - 1];
  }],
  ["child", ({ inner, pool }) => {
    inner.setWord(pool.innerSlots + 2, pool.top);
    return [pool.top, -1];
  }],
  ["child", ({ inner, pool }) => {
    inner.setWord(pool.innerSlots + 2, 0);
    return [0, -1];
  }],
  ["once", ({ inner, leaf, pool }) => {
    const slot = (leaf.word(PARENT) & 15) + 1;
    inner.setWord(pool.innerSlots + slot, leaf.id);
    return [leaf.id, -1];
  }],
  ["rootEntry", ({ pool }) => {
    pool.words[ROOT_ENTRY] = 1;
    return [0, -1];
  }],
  ["handleValue", ({ leaf }) => {
    const slot = slotOfHandle(leaf);
    leaf.setWord(SLOTS + slot, 2 * 100_000);
    return [leaf.id, slot];
  }],
  ["handleShared", ({ leaf, inner }) => {
    const [slot, other] = [slotOfHandle(leaf), inner.child(0)];
    leaf.setWord(SLOTS + slot, other.word(SLOTS + slotOfHandle(other)));
    return [leaf.id, slot];
  }],
  ["handleLost", ({ leaf }) => {
    leaf.setWord(SLOTS + slotOfHandle(leaf), 1);
    return [0, -1];
  }],
  ["entries", ({ pool }) => {
    pool.entries++;
    return [0, -1];
  }],
  ["finger", ({ leaf, pool }) => {
    pool.finger = (leaf.id << DOUBLE_SHIFT) + PIVOTS + leaf.end + 1;
    return [leaf.id, leaf.end + 1];
  }],
  ["finger", ({ leaf, pool }) => {
    pool.finger = (leaf.id << DOUBLE_SHIFT) + PIVOTS - 1;
    return [leaf.id, -1];
  }],
  ["finger", ({ inner, pool }) => {
    pool.finger = (inner.id << DOUBLE_SHIFT) + PIVOTS;
    return [inner.id, 0];
  }],
];

/** The first slot of a leaf that holds a handle. */
function slotOfHandle(leaf: NodeAt): number {
  for (let slot = 0;; slot++) {
    const word = leaf.word(SLOTS + slot);
    if (word !== 0 && (word & 1) === 0) return slot;
  }
}

function assertBroken(space: number, gaps: boolean, rule: keyof typeof RULES, what: Break): void {
  const [tree, parts] = treeOf(space, gaps);
  const [node, slot] = what(parts);
  const error = assertThrows(() => tree.validate(), InvariantError);
  const said = { rule: error.rule, node: error.node, slot: error.slot };
  assertEquals(said, { rule: RULES[rule], node, slot }, `space ${space}, gaps ${gaps}`);
}

for (const [i, [rule, what]] of BREAKS.entries()) {
  Deno.test(`validate: "${RULES[rule]}" is named where it is broken, way ${i}`, () => {
    for (const space of SPACES) {
      for (const gaps of [true, false]) assertBroken(space, gaps, rule, what);
    }
  });
}

Deno.test("validate: an empty slot has no empty neighbour, and no leaf but the last ends in one", () => {
  for (const gaps of [true, false]) {
    assertBroken(10, gaps, "emptyNeighbours", ({ leaf }) => {
      const slot = leaf.word(SLOTS) === 0 ? 1 : 2;
      leaf.setWord(SLOTS + slot, 0);
      return [leaf.id, leaf.word(SLOTS) === 0 ? 1 : 2];
    });
    assertBroken(0, gaps, "emptyEnd", ({ leaf }) => {
      leaf.setWord(SLOTS + leaf.end, 0);
      return [leaf.id, leaf.end];
    });
  }
});

// Only a gap-tracking node has a place for one pivot too many.
Deno.test("validate: a node ends below its capacity", () => {
  for (const space of SPACES) {
    assertBroken(space, true, "capacity", ({ inner }) => {
      inner.endAt(GAP_CAPACITY);
      return [inner.id, -1];
    });
  }
});

Deno.test("validate: a gap is the longest empty slot below, and there is none past the end", () => {
  for (const by of [-1, 1]) {
    assertBroken(10, true, "gap", ({ inner }) => {
      inner.setDouble(GAPS + 1, inner.double(GAPS + 1) + by);
      return [inner.id, 1];
    });
  }
  assertBroken(10, true, "pastEndGap", ({ inner }) => {
    inner.setDouble(GAPS + inner.end + 1, 1);
    return [inner.id, inner.end + 1];
  });
  assertBroken(10, true, "pastEndGap", ({ inner }) => {
    inner.setDouble(GAPS + GAP_CAPACITY - 1, 1);
    return [inner.id, GAP_CAPACITY - 1];
  });
});
