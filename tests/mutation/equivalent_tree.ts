/**
 * Mutants of `src/tree/` that no test can notice, and why: see `equivalent.ts`.
 *
 * @module
 */

import type { Equivalences } from "./equivalences.ts";

/** By source file. */
export const TREE_EQUIVALENT: Equivalences = {
  "src/tree/area.ts": [
    ["same", "let slot = 0;", ["0 ▸ 1"], "It is set before it is read."],
    [
      "slower",
      "slot = gapSlot(reals, node << REAL_SHIFT, min);",
      ["slot = gapSlot(reals, node << REAL_SHIFT, min); ▸ ;"],
      "The search begins at the first slot of each node, and passes over what is below the window.",
    ],
    [
      "slower",
      "if (reals[(node << REAL_SHIFT) + GAPS + slot]! < size) break;",
      [
        "reals[(node << REAL_SHIFT) + GAPS + slot]! < size ▸ true",
        "reals[(node << REAL_SHIFT) + GAPS + slot]! < size ▸ false",
        "< ▸ <= (3)",
        "+ ▸ - (2)",
        "+ ▸ -",
        "<< ▸ >>",
      ],
      "It only says how far down the search begins; from anywhere above or below it goes on upwards.",
    ],
    [
      "slower",
      "if (bound >= last) return noArea(c, size);",
      ["bound >= last ▸ false", ">= ▸ >"],
      "Nothing beyond the window is long enough within it, and the search ends at the tree's end.",
    ],
    ["slower", "if (reals[bounds + GAPS + slot]! >= size) break;", [
      "reals[bounds + GAPS + slot]! >= size ▸ true",
    ], "It looks into nodes that have no gap of the size, and finds none."],
    [
      "same",
      "const low = bound > before ? bound : before;",
      ["> ▸ >="],
      "Where the two are equal, both ways give the same.",
    ],
    [
      "same",
      "if (extent(low, pivot < last ? pivot : last) >= size) return standOn(c, low, low + size);",
      ["< ▸ <="],
      "Where the two are equal, both ways give the same.",
    ],
    [
      "slower",
      "if (pivot <= before) return noArea(c, size);",
      ["pivot <= before ▸ false", "<= ▸ <"],
      "Nothing beyond the window is long enough within it, and the search ends at the tree's end.",
    ],
    [
      "same",
      "const high = pivot < last ? pivot : last;",
      ["< ▸ <="],
      "Where the two are equal, both ways give the same.",
    ],
    [
      "same",
      "if (extent(bound > before ? bound : before, high) >= size) {",
      ["> ▸ >="],
      "Where the two are equal, both ways give the same.",
    ],
    [
      "same",
      "const low = c.pool.words[ROOT_ENTRY] !== 0 && c.before < 0 ? 0 : c.before;",
      ["< ▸ <=", "0 ▸ 1 (2)"],
      "A window that begins behind index 0 stays as it is, and so does one that begins right behind it.",
    ],
    ["same", "c.version = -1;", ["1 ▸ 2"], "No version is negative, and that is all it says."],
  ],
  "src/tree/big_node.ts": [
    ["same", "const room = cut < this.capacity(pool) - 1 && last - cut > this.minEnd(pool);", [
      "> ▸ >=",
    ], "Wherever a leaf is cut, the right side keeps more than that."],
    ["same", "count = 0;", ["0 ▸ 1"], "It is set before it is read."],
    ["same", "level = 1;", ["1 ▸ 2"], "It is set before it is read."],
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
      "Two more slots behind the last are moved along; nobody reads them.",
    ],
    [
      "same",
      "if (this.level > 1 || this.slots[cut] !== 0) return cut;",
      ["1 ▸ 2"],
      "A slot of an inner node is never empty.",
    ],
    ["same", "reals[real + BOUND] = bound;", ["+ ▸ -"], "BOUND is 0."],
    [
      "slower",
      "for (let slot = 0; slot < count; slot++) reals[real + GAPS + slot] = this.gaps[from + slot]!;",
      ["< ▸ <="],
      "One real more is written, which the next line or nobody reads.",
    ],
    ["slower", "for (let slot = count; slot < capacity; slot++) reals[real + GAPS + slot] = 0;", [
      "< ▸ <=",
    ], "One real more is written, which the next line or nobody reads."],
    [
      "slower",
      "if (narrow) this.gaps[target] = reals[gaps + slot]!;",
      ["narrow ▸ true"],
      "The gaps of a big leaf are never read.",
    ],
  ],
  "src/tree/cursor.ts": [
    ["same", "node = 0;", ["0 ▸ 1"], "It is set before it is read."],
    ["same", "slot = 0;", ["0 ▸ 1"], "It is set before it is read."],
    [
      "same",
      "version: number = -1;",
      ["1 ▸ 2"],
      "No version is negative, and that is all it says.",
    ],
  ],
  "src/tree/gaps.ts": [
    [
      "same",
      "if (length > longest) longest = length;",
      ["> ▸ >="],
      "Where the two are equal, both ways give the same.",
    ],
    [
      "same",
      "for (let slot = 1; slot < GAP_CAPACITY; slot++) {",
      ["< ▸ <="],
      "The real behind the last gap is always 0.",
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
  "src/tree/grace.ts": [
    ["same", "begun = 0;", ["0 ▸ 1"], "Periods are only compared with one another."],
    ["same", "#open = 0;", ["0 ▸ 1"], "There is no batch yet that could be the open one."],
  ],
  "src/tree/maple_state.ts": [
    [
      "slower",
      "if (last !== first) checkIndex(last);",
      ["last !== first ▸ true"],
      "The same index is checked twice.",
    ],
    ["same", "this.version = -1;", ["1 ▸ 2"], "No version is negative, and that is all it says."],
  ],
  "src/tree/maple_tree.ts": [
    [
      "same",
      "this.#cursor = new Cursor(this.#pool, 0, 0, undefined);",
      ["0 ▸ 1", "0 ▸ 1 (2)"],
      "Whoever uses it sets its range first.",
    ],
    [
      "slower",
      "if (word === 0) return undefined;",
      ["word === 0 ▸ false"],
      "No entry has no value, and nothing is stored where nothing is.",
    ],
    [
      "same",
      "tree.#cursor = new Cursor(tree.#pool, 0, 0, undefined);",
      ["0 ▸ 1", "0 ▸ 1 (2)"],
      "Whoever uses it sets its range first.",
    ],
    [
      "slower",
      "if (this.#pool.rcu) this.#pool.reclaim();",
      ["this.#pool.rcu ▸ true"],
      "Without readers nothing waits.",
    ],
    ["same", "cursor.version = -1;", ["1 ▸ 2"], "No version is negative, and that is all it says."],
    [
      "same",
      "if (value === undefined) return undefined;",
      ["value === undefined ▸ false"],
      "A word that is not 0 always stands for a value; the line is for the type checker.",
    ],
  ],
  "src/tree/navigate.ts": [
    ["same", "c.last = c.index;", ["c.last = c.index; ▸ ;"], "The walk that follows sets it."],
    [
      "same",
      "node = words[word + innerSlots + (side > 0 ? 0 : words[word + END]!)]!;",
      ["> ▸ >="],
      "The side is -1 or 1.",
    ],
    [
      "same",
      "c.version = c.section === undefined ? pool.version : -1;",
      ["1 ▸ 2"],
      "No version is negative, and that is all it says.",
    ],
    ["slower", "if (c.version !== c.pool.version) return 0;", [
      "c.version !== c.pool.version ▸ true",
    ], "The long way gives the same entry."],
    ["slower", "if (slot < end && words[base + SLOTS + slot] === 0) slot++;", [
      "slot < end && words[base + SLOTS + slot] === 0 ▸ false",
      "< ▸ <=",
      "slot++; ▸ ;",
    ], "The long way gives the same entry."],
    [
      "slower",
      "if (slot > end) return 0;",
      ["slot > end ▸ true", "> ▸ >="],
      "The long way gives the same entry.",
    ],
    [
      "slower",
      "if (word === 0 || bound >= max) return 0;",
      ["word === 0 || bound >= max ▸ true"],
      "The long way gives the same entry.",
    ],
    [
      "slower",
      "if (word === 0 || bound >= max) return 0;",
      ["=== ▸ !==", "0 ▸ 1"],
      "The long way gives the same entry, from the empty range as well.",
    ],
    ["same", "c.version = -1;", ["1 ▸ 2"], "No version is negative, and that is all it says."],
    ["slower", "if (word === 0 && !empties && last < max && c.section === undefined) continue;", [
      "word === 0 && !empties && last < max && c.section === und… ▸ false",
      "=== ▸ !== (2)",
      "continue; ▸ ;",
    ], "It stands on the empty range for a moment, and goes on."],
  ],
  "src/tree/node_layout.ts": [
    [
      "same",
      "export const DEAD = -1;",
      ["1 ▸ 2"],
      "Any negative number: whoever asks compares with the constant.",
    ],
  ],
  "src/tree/node_pool.ts": [
    ["slower", "this.grace = new Grace(options.shared ? this.words : undefined);", [
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
    [
      "same",
      "if (nodes.length > this.#freeCount) break;",
      ["> ▸ >="],
      "The list of a sound pool ends there.",
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
  "src/tree/run.ts": [
    ["same", "this.#doomedCount = this.#droppedCount = 0;", [
      "this.#doomedCount = this.#droppedCount = 0; ▸ ;",
    ], "The lists are emptied at the end of a store and at the beginning of the next."],
    [
      "slower",
      "for (let i = end - to, slot = begin; i > 0; i--, slot += step) {",
      ["> ▸ >="],
      "The one slot moved besides is written anew, or cleared.",
    ],
    [
      "slower",
      "const larger = new Int32Array(list.length * 2);",
      ["2 ▸ 3 (2)"],
      "Another amount of room, taken as often as it is needed.",
    ],
    ["slower", "if ((word & 1) !== 0 || word === 0) return;", [
      "(word & 1) !== 0 || word === 0 ▸ false",
      "|| ▸ &&",
      "0 ▸ 1 (2)",
    ], "Releasing the word asks the same again."],
    ["same", "this.begin(pool, 0, 0);", ["0 ▸ 1", "0 ▸ 1 (2)"], "Nobody asks for its ends then."],
    [
      "same",
      "const NO_TREE = { gaps: false, rcu: false, shared: false, limit: 0, budget: new NodeBudget() };",
      ["false ▸ true", "false ▸ true (2)", "false ▸ true (3)"],
      "A run is given its tree before anything is asked of it.",
    ],
    ["same", "left = 0;", ["0 ▸ 1"], "It is set before it is read."],
    ["same", "right = 0;", ["0 ▸ 1"], "It is set before it is read."],
    ["slower", "#made = new Int32Array(3);", ["3 ▸ 4 (2)"], "Room for one more."],
    ["same", "#madeCount = 0;", ["0 ▸ 1"], "It is set before it is read."],
    ["slower", "#doomed = new Int32Array(32);", ["32 ▸ 33 (2)"], "Room for one more."],
    ["same", "#doomedCount = 0;", ["0 ▸ 1"], "It is set before it is read."],
    ["slower", "#dropped = new Int32Array(32);", ["32 ▸ 33 (2)"], "Room for one more."],
    ["same", "#droppedCount = 0;", ["0 ▸ 1"], "It is set before it is read."],
    [
      "same",
      "const bound = pool.reals[(this.left << REAL_SHIFT) + BOUND]!;",
      ["+ ▸ -"],
      "BOUND is 0.",
    ],
    ["same", "return reals[(this.left << REAL_SHIFT) + BOUND] === -1 &&", ["+ ▸ -"], "BOUND is 0."],
    ["same", "const step = shift > 0 ? -1 : 1;", ["> ▸ >="], "shift is not 0 there."],
    ["same", "const begin = shift > 0 ? end : to + 1;", ["> ▸ >="], "shift is not 0 there."],
  ],
  "src/tree/search.ts": [
    [
      "same",
      "if (sought > reals[base + BOUND]! && sought <= max) return near;",
      ["+ ▸ -"],
      "BOUND is 0.",
    ],
    [
      "slower",
      "if (sought > reals[base + BOUND]! && sought <= max) return near;",
      ["<= ▸ <"],
      "The last index of the leaf found last is looked for from the root, and found there.",
    ],
  ],
  "src/tree/split.ts": [
    ["same", "run.cut(big.count - 1, 0);", ["0 ▸ 1"], "There is no second cut then."],
    ["same", "if (step < 0) {", ["< ▸ <=", "0 ▸ 1"], "The step is -1 or 1."],
  ],
  "src/tree/store.ts": [
    ["same", "run.cut(run.big.count - 1, 0);", ["0 ▸ 1"], "There is no second cut then."],
    [
      "slower",
      "if (pool.rcu) pool.reclaim();",
      ["pool.rcu ▸ true"],
      "Without readers nothing waits.",
    ],
    ["slower", "if (before !== -1 || last !== MAX_INDEX) findEnds(w, nothing);", [
      "before !== -1 || last !== MAX_INDEX ▸ true",
      "1 ▸ 2",
    ], "Ends are looked for that a new root does not ask for."],
    [
      "same",
      "if (pool.rcu) return Type.NODE;",
      ["pool.rcu ▸ true"],
      "Without readers all three are written in place alike, and take no node.",
    ],
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
      "same",
      "if (length > lost) lost = length;",
      ["> ▸ >="],
      "Where the two are equal, both ways give the same.",
    ],
    [
      "slower",
      "if (lowWord === 0 && keepsBefore) won = Math.max(won, extent(low, before));",
      ["lowWord === 0 && keepsBefore ▸ false", "won = Math.max(won, extent(low, before)); ▸ ;"],
      "What is left of an empty slot is shorter than it was; if it was the longest, the leaf is read again.",
    ],
    [
      "slower",
      "if (highWord === 0 && keepsBehind) won = Math.max(won, extent(last, high));",
      ["highWord === 0 && keepsBehind ▸ false", "won = Math.max(won, extent(last, high)); ▸ ;"],
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
      "if (won > recorded) recordGap(pool, node, won);",
      ["> ▸ >="],
      "recordGap sees that the record is right.",
    ],
    [
      "slower",
      "else if (lost === recorded && won < recorded) recordGap(pool, node, leafGap(pool, node));",
      ["lost === recorded && won < recorded ▸ true", "&& ▸ ||", "< ▸ <="],
      "The leaf is read again, and says the same.",
    ],
    [
      "slower",
      "w.lost = old === 0 ? length : 0;",
      ["old === 0 ▸ true", "0 ▸ 1 (2)"],
      "The leaf is read again, and says the same.",
    ],
  ],
  "src/tree/write_state.ts": [
    ["same", "node = 0;", ["0 ▸ 1"], "It is set before it is read."],
    ["same", "slot = 0;", ["0 ▸ 1"], "It is set before it is read."],
    ["same", "slotEnd = 0;", ["0 ▸ 1"], "It is set before it is read."],
    ["same", "newEnd = 0;", ["0 ▸ 1"], "It is set before it is read."],
    ["same", "farNode = 0;", ["0 ▸ 1"], "It is set before it is read."],
    ["same", "farSlot = 0;", ["0 ▸ 1"], "It is set before it is read."],
  ],
  "src/tree/rebalance.ts": [
    [
      "same",
      "if (last < capacity) return run.cut(last, 0);",
      ["0 ▸ 1"],
      "There is no second cut then.",
    ],
  ],
};
