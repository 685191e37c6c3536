/**
 * Mutants of what writes a tree (`src/tree/`) that no test can notice, and why: see `equivalent.ts`.
 *
 * @module
 */

import type { Equivalences } from "./equivalences.ts";

/** By source file. */
export const TREE_WRITING: Equivalences = {
  "src/tree/big_node.ts": [
    ["same", "const room = cut < this.capacity(pool) - 1 && last - cut > this.minEnd(pool);", [
      "> ▸ >=",
      "- ▸ + (2)",
    ], "Wherever a leaf is cut, the right side keeps more than that."],
    [
      "slower",
      "if (pool.gaps) {",
      ["pool.gaps ▸ true"],
      "A tree without gaps never writes them into a node.",
    ],
    [
      "same",
      "if (from > to) return;",
      ["from > to ▸ false"],
      "The loop copies nothing then, and the count grows by 0.",
    ],
    [
      "slower",
      "for (let slot = this.count - 1; slot >= 0; slot--) {",
      ["- ▸ +"],
      "Two more slots after the last are moved along and never read.",
    ],
    [
      "same",
      "if (this.level > 1 || this.slots[cut] !== 0) return cut;",
      ["1 ▸ 2"],
      "A slot of an inner node is never empty.",
    ],
    [
      "slower",
      "for (let slot = 0; slot < count; slot++) doubles[gaps + slot] = this.gaps[from + slot]!;",
      ["< ▸ <="],
      "One real more is written, which only the next line reads, if any does.",
    ],
    ["slower", "for (let slot = count; slot < capacity; slot++) doubles[gaps + slot] = 0;", [
      "< ▸ <=",
    ], "One real more is written, which only the next line reads, if any does."],
    [
      "slower",
      "if (narrow) this.gaps[target] = doubles[gaps + slot]!;",
      ["narrow ▸ true"],
      "The gaps of a big leaf are never read.",
    ],
  ],
  "src/tree/gaps.ts": [
    [
      "same",
      "for (let slot = 1; slot < GAP_CAPACITY; slot++) {",
      ["< ▸ <="],
      "The double after the last gap is always 0.",
    ],
    [
      "slower",
      "if (link === 0) return;",
      ["link === 0 ▸ false", "0 ▸ 1"],
      "The loop ends there too; what is read of the header changes nothing.",
    ],
    [
      "slower",
      "if (gap > recorded) continue;",
      ["> ▸ >="],
      "The next turn sees that the parent's record is as it should be.",
    ],
    [
      "slower",
      "if (old !== recorded) return;",
      ["old !== recorded ▸ false"],
      "It reads the parent again and finds the record as it should be.",
    ],
  ],
  "src/tree/rcu.ts": [
    ["same", "begun = 0;", ["0 ▸ 1"], "Periods are only compared with one another."],
    ["same", "#open = 0;", ["0 ▸ 1"], "There is no batch yet that could be the open one."],
  ],
  "src/tree/node_pool.ts": [
    ["slower", "this.rcuDomain = new RcuDomain(options.shared ? this.words : undefined);", [
      "options.shared ▸ true",
    ], "Nobody announces himself in memory that is not shared."],
    [
      "slower",
      "const NO_HANDLES = new Int32Array(0);",
      ["0 ▸ 1"],
      "What is written or taken there is never read.",
    ],
    [
      "slower",
      "poison = false;",
      ["false ▸ true"],
      "What is written or taken there is never read.",
    ],
    ["same", "version = 0;", ["0 ▸ 1"], "Versions are only compared with one another."],
    ["slower", "if (this.rcu && this.#lacks(count)) this.reclaim();", [
      "this.rcu && this.#lacks(count) ▸ true",
      "&& ▸ ||",
    ], "Asking earlier frees nothing that readers hold."],
    [
      "slower",
      "if (this.poison) this.#poison(node);",
      ["this.poison ▸ true"],
      "What is written or taken there is never read.",
    ],
    ["slower", "const larger = new Int32Array(Math.max(16, this.#freeHandleCount * 2));", [
      "16 ▸ 17",
      "2 ▸ 3 (2)",
    ], "Another amount of room, taken as often as it is needed."],
    [
      "slower",
      "pool.#capacity = this.#capacity;",
      ["pool.#capacity = this.#capacity; ▸ ;"],
      "The twin takes room again that it has.",
    ],
    [
      "slower",
      "while (capacity < wanted) capacity *= 2;",
      ["< ▸ <=", "2 ▸ 3"],
      "Another amount of room, never less than is wanted.",
    ],
  ],
  "src/tree/rebalance.ts": [
    [
      "same",
      "if (last < capacity) return subtree.cut(last, 0);",
      ["0 ▸ 1"],
      "There is no second cut then.",
    ],
  ],
  "src/tree/reserve.ts": [
    [
      "same",
      "const leaves = Math.ceil((2 * entries + 1) / 14);",
      ["1 ▸ 2"],
      "An odd number of slots never fills leaves of 14 exactly.",
    ],
  ],
  "src/tree/subtree.ts": [
    [
      "same",
      "if (link === 0) return 0;",
      ["link === 0 ▸ false", "0 ▸ 1"],
      "Node 0 has no slots in which a neighbour could be.",
    ],
    [
      "same",
      "if (!this.pool.rcu) return this.pool.release(word);",
      ["!this.pool.rcu ▸ true", "!this.pool.rcu ▸ false", "!this.pool.rcu ▸ this.pool.rcu"],
      "Within one thread no reader can begin between letting go and publishing; between threads it is a race that no test can force.",
    ],
    ["same", "if (left !== 0) big.append(pool, left, 0, (leftLink & 15) - 1);", [
      "left !== 0 ▸ true",
    ], "From slot 0 to slot -1 nothing is appended."],
    [
      "same",
      "this.#doomedCount = this.#droppedCount = 0;",
      ["0 ▸ 1"],
      "The lists are emptied at the end of a store and at the beginning of the next.",
      2,
    ],
    ["same", "this.#doomedCount = this.#droppedCount = 0;", [
      "this.#doomedCount = this.#droppedCount = 0; ▸ ;",
    ], "The lists are emptied at the end of a store and at the beginning of the next."],
    ["slower", "if ((word & 1) !== 0 || word === 0) return;", [
      "(word & 1) !== 0 || word === 0 ▸ false",
      "|| ▸ &&",
      "0 ▸ 1 (2)",
    ], "Releasing the word asks the same again."],
    ["same", "this.begin(0, 0);", ["0 ▸ 1", "0 ▸ 1 (2)"], "Nobody asks for its ends then."],
    ["slower", "#made = new Int32Array(3);", ["3 ▸ 4 (2)"], "Room for one more."],
    ["same", "const step = shift > 0 ? -1 : 1;", ["> ▸ >="], "shift is not 0 there."],
    ["same", "const begin = shift > 0 ? end : to + 1;", ["> ▸ >="], "shift is not 0 there."],
  ],
  "src/tree/spanning_store.ts": [
    [
      "same",
      "slot > 0 && words[entries + slot - 1] === 0 && w.before === doubles[pivots + slot - 1]!",
      ["> ▸ >="],
      "In front of the first slot stands `end`, which is not 0 in a leaf that is not the root.",
    ],
    [
      "same",
      "if (endsSubtree || w.last === MAX_INDEX) farSlot = words[(right << WORD_SHIFT) + END]! + 1;",
      ["1 ▸ 2"],
      "Behind the last slot there is nothing.",
    ],
  ],
  "src/tree/split.ts": [
    [
      "same",
      "subtree.cut(big.settle(pool, capacity - 2, big.count - 1), 0);",
      ["- ▸ + (2)", "1 ▸ 2"],
      "More than one node full and a neighbour: after the cut there is more than a node must hold, one slot more or less.",
    ],
    ["same", "subtree.cut(big.count - 1, 0);", ["0 ▸ 1"], "There is no second cut then."],
    ["same", "if (step < 0) {", ["< ▸ <=", "0 ▸ 1"], "The step is -1 or 1."],
  ],
  "src/tree/store.ts": [
    [
      "slower",
      "if (finger === 0 || doubles[finger]! !== w.last) return false;",
      ["=== ▸ !=="],
      "The long way replaces the same entry, and before the header's first double there is no bound to compare with.",
    ],
    [
      "slower",
      "if (replaceFound(w, value)) w.pool.reserved -= promised;",
      ["replaceFound(w, value) ▸ false"],
      "classify sees that it is one whole slot, and that is replaced.",
    ],
    [
      "same",
      "if (value === undefined && w.last > pool.searchedEnd) {",
      ["> ▸ >="],
      "Where the two are equal it stays as it is.",
    ],
    [
      "slower",
      "else if (type === Type.EXACT) replaceEntry(w, pool.encode(value));",
      ["type === Type.EXACT ▸ false"],
      "writeLeaf writes one slot as well.",
    ],
    ["same", "subtree.cut(subtree.big.count - 1, 0);", ["0 ▸ 1"], "There is no second cut then."],
    ["slower", "if (before !== -1 || last !== MAX_INDEX) findEnds(w, nothing);", [
      "before !== -1 || last !== MAX_INDEX ▸ true",
      "1 ▸ 2",
    ], "Ends are looked for that a new root does not ask for."],
    ["same", "if (slot === end) return Type.APPEND;", [
      "slot === end ▸ true",
      "slot === end ▸ false",
      "=== ▸ !==",
    ], "Without readers all three are written in place alike, and take no node."],
    ["same", "return newEnd === end ? Type.SLOT : Type.NODE;", [
      "newEnd === end ▸ true",
      "newEnd === end ▸ false",
      "=== ▸ !==",
    ], "Without readers all three are written in place alike, and take no node."],
    [
      "slower",
      "if (lowWord === 0 && keepsBefore) gapAdded = Math.max(gapAdded, extent(low, before));",
      [
        "lowWord === 0 && keepsBefore ▸ false",
        "gapAdded = Math.max(gapAdded, extent(low, before)); ▸ ;",
      ],
      "What is left of an empty slot is shorter than it was; if it was the longest, the leaf is read again.",
    ],
    [
      "slower",
      "if (highWord === 0 && keepsAfter) gapAdded = Math.max(gapAdded, extent(last, high));",
      [
        "highWord === 0 && keepsAfter ▸ false",
        "gapAdded = Math.max(gapAdded, extent(last, high)); ▸ ;",
      ],
      "What is left of an empty slot is shorter than it was; if it was the longest, the leaf is read again.",
    ],
    ["slower", "if (shift > 0) {", ["> ▸ >="], "Slots are copied onto themselves."],
    [
      "slower",
      "for (let pivot = pivots + end, entry = entries + end; pivot > stop; pivot--, entry--) {",
      ["> ▸ >="],
      "One slot more is moved to where it is written anew.",
    ],
    [
      "slower",
      "} else if (shift < 0) {",
      ["shift < 0 ▸ true", "< ▸ <=", "0 ▸ 1"],
      "Slots are copied onto themselves.",
    ],
    [
      "slower",
      "if (link === 0) return;",
      ["link === 0 ▸ false", "0 ▸ 1"],
      "recordGap does nothing for a leaf that is the root.",
    ],
    [
      "slower",
      "if (gapAdded > recorded) recordGap(pool, node, gapAdded);",
      ["> ▸ >="],
      "recordGap sees that the record is right.",
    ],
    [
      "slower",
      "else if (gapRemoved === recorded && gapAdded < recorded) {",
      ["gapRemoved === recorded && gapAdded < recorded ▸ true", "&& ▸ ||", "< ▸ <="],
      "The leaf is read again, and says the same.",
    ],
    [
      "slower",
      "w.gapRemoved = old === 0 ? length : 0;",
      ["old === 0 ▸ true", "0 ▸ 1 (2)"],
      "The leaf is read again, and says the same.",
    ],
  ],
};
