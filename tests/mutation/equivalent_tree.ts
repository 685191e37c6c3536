/**
 * Mutants of `src/tree/` that no test can notice, and why: see `equivalent.ts`.
 *
 * @module
 */

import type { Equivalences } from "./equivalences.ts";

/** By source file. */
export const TREE_EQUIVALENT: Equivalences = {
  "src/tree/area.ts": [
    [
      "slower",
      "const min = before + 1;",
      ["+ ▸ -"],
      "The search begins in front of the window, and passes over what is there.",
    ],
    ["slower", "if (words[(node << WORD_SHIFT) + SLOTS + slot] === 0) {", [
      "words[(node << WORD_SHIFT) + SLOTS + slot] === 0 ▸ false",
    ], "The search that goes on finds the same."],
    [
      "slower",
      "const pivot = reals[(node << REAL_SHIFT) + PIVOTS + slot]!;",
      ["+ ▸ -"],
      "What stands there is not beyond the window's lower end, and the search that goes on finds the same.",
    ],
    ["slower", "if (extent(before, pivot < last ? pivot : last) >= size) {", [
      "extent(before, pivot < last ? pivot : last) >= size ▸ false",
      ">= ▸ >",
    ], "The search that goes on finds the same."],
    ["same", "if (extent(before, pivot < last ? pivot : last) >= size) {", [
      "pivot < last ▸ true",
      "< ▸ <=",
    ], "The window is known to be long enough, and so is a slot that reaches beyond it."],
    ["slower", "if (extent(bound > before ? bound : before, last) >= size) {", [
      "extent(bound > before ? bound : before, last) >= size ▸ false",
      ">= ▸ >",
    ], "The search that goes on finds the same."],
    ["same", "if (extent(bound > before ? bound : before, last) >= size) {", [
      "bound > before ▸ true",
      "> ▸ >=",
    ], "The window is known to be long enough, and so is a slot that begins in front of it."],
    ["same", "let slot = 0;", ["0 ▸ 1"], "It is set before it is read."],
    [
      "slower",
      "if (reals[(node << REAL_SHIFT) + GAPS + slot]! < size) break;",
      ["reals[(node << REAL_SHIFT) + GAPS + slot]! < size ▸ false"],
      "It goes down to the leaf, and from there upwards again.",
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
      "- ▸ + (2)",
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
      "same",
      "this.version = -1;",
      ["this.version = -1; ▸ ;"],
      "The store has raised the tree's version, so that what the cursor remembers is stale anyway.",
      5,
    ],
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
      "checkIndex(last);",
      ["checkIndex(last); ▸ ;"],
      "The step to the first entry checks it again.",
      1,
    ],
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
    [
      "slower",
      "const base = node << WORD_SHIFT;",
      ["<< ▸ >>"],
      "It reads words of the first nodes, of which none is the slot and the next a link unless numbers of 52 bits make it so: it refuses, and the long way gives the same entry.",
    ],
    [
      "same",
      "c.version = c.section === undefined ? pool.version : -1;",
      ["c.section === undefined ▸ true"],
      "As long as the version is the tree's nothing has changed, for a reader in the same thread as little as for anybody.",
    ],
    [
      "slower",
      "if (c.version !== pool.version) return 0;",
      ["c.version !== pool.version ▸ true"],
      "The long way gives the same entry.",
    ],
    ["slower", "if (c.slot !== words[base + END]) return 0;", [
      "c.slot !== words[base + END] ▸ true",
      "!== ▸ ===",
      "+ ▸ -",
    ], "The long way gives the same entry."],
    [
      "same",
      "if (c.slot !== words[base + END]) return 0;",
      ["c.slot !== words[base + END] ▸ false"],
      "Where the leaf goes on, what follows is beyond the limit or the leaf's empty last slot, which is passed over anyway.",
    ],
    ["slower", "const at = (link & 15) + 1;", ["& ▸ |"], "The long way gives the same entry."],
    ["slower", "if (parent === 0 || at > words[parent + END]!) return 0;", [
      "parent === 0 || at > words[parent + END]! ▸ true",
      "=== ▸ !==",
      "> ▸ >=",
    ], "The long way gives the same entry."],
    [
      "same",
      "if (parent === 0 || at > words[parent + END]!) return 0;",
      ["0 ▸ 1"],
      "Node 0 has no second slot either.",
    ],
    [
      "slower",
      "const slot = words[slots] === 0 ? 1 : 0;",
      ["words[slots] === 0 ▸ false"],
      "It stands on the empty range for a moment, and goes on.",
    ],
    [
      "slower",
      "if (bound >= max) return 0;",
      ["bound >= max ▸ true"],
      "The long way gives the same entry.",
    ],
    ["slower", "if (c.version !== pool.version || c.slot === 0 || c.before < min) return 0;", [
      "c.version !== pool.version || c.slot === 0 || c.before < min ▸ true",
      "< ▸ <=",
    ], "The long way gives the same entry."],
    [
      "slower",
      "if (words[slots + slot] === 0) {",
      ["words[slots + slot] === 0 ▸ false"],
      "It stands on the empty range for a moment, and goes on.",
    ],
    ["slower", "if (slot === 0 || reals[bounds + slot]! < min) return 0;", [
      "slot === 0 || reals[bounds + slot]! < min ▸ true",
      "< ▸ <=",
    ], "The long way gives the same entry."],
    [
      "slower",
      "slot--;",
      ["slot--; ▸ ;"],
      "It stands on the empty range for a moment, and goes on.",
    ],
    [
      "slower",
      "const answer = c.standing === START && c.before < max ? lookUp(c, max) : seekUp(c, max);",
      ["c.standing === START && c.before < max ▸ false"],
      "seekUp asks the same, and looks too.",
    ],
    [
      "slower",
      "if (root === 0 || c.section !== undefined) return lookHere(c, max);",
      ["root === 0 || c.section !== undefined ▸ true"],
      "lookHere finds the same.",
    ],
    [
      "same",
      "if (root === 0 || c.section !== undefined) return lookHere(c, max);",
      ["!== ▸ ==="],
      "As long as the version is the tree's nothing has changed, for a reader in the same thread as little as for anybody.",
    ],
    [
      "slower",
      "c.version = pool.version;",
      ["c.version = pool.version; ▸ ;"],
      "The next step walks.",
    ],
    [
      "slower",
      "if (c.standing === ACTIVE) return GO_ON;",
      ["c.standing === ACTIVE ▸ false"],
      "No other status fits, and the last line says the same.",
    ],
    ["same", "c.standing = START;", ["c.standing = START; ▸ ;"], "The walk that follows sets it."],
    [
      "same",
      "if (c.index <= min) return limit(c, UNDERFLOW);",
      [
        "c.index <= min ▸ false",
        "<= ▸ <",
      ],
      "The step that follows ends at the limit at once.",
      2,
    ],
    [
      "same",
      "if (c.last >= max) return limit(c, OVERFLOW);",
      ["c.last >= max ▸ false", ">= ▸ >"],
      "Who comes here has been asked: the last index lies below the limit.",
      2,
    ],
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
      "Within one thread nobody can begin to read between letting go and publishing; between threads it is a race that no test can force.",
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
    ["same", "#doomedCount = 0;", ["0 ▸ 1"], "It is set before it is read."],
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
      "if (near !== 0) {",
      ["near !== 0 ▸ true"],
      "The header has no range that an index could be in.",
    ],
    ["slower", "if (near !== 0) {", ["0 ▸ 1"], "A walk from the root finds the leaf too."],
    [
      "slower",
      "const max = reals[base + PIVOTS + words[(near << WORD_SHIFT) + END]!]!;",
      ["+ ▸ -"],
      "The leaf is taken to end earlier, and what lies behind is looked for from the root.",
    ],
    ["slower", "if (level >= LARGE_HEIGHT) {", [
      "level >= LARGE_HEIGHT ▸ true",
      "level >= LARGE_HEIGHT ▸ false",
      ">= ▸ >",
    ], "Both ways find the same slot."],
    [
      "slower",
      "for (; level > 1; level--) {",
      ["1 ▸ 2"],
      "The other loop goes on, and finds the same slot.",
      1,
    ],
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
  "src/tree/span.ts": [
    [
      "same",
      "slot > 0 && words[entries + slot - 1] === 0 && w.before === reals[pivots + slot - 1]!",
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
  "src/tree/reserve.ts": [
    [
      "same",
      "const leaves = Math.ceil((2 * entries + 1) / 14);",
      ["1 ▸ 2"],
      "An odd number of slots never fills leaves of 14 exactly.",
    ],
  ],
  "src/tree/split.ts": [
    [
      "same",
      "run.cut(big.settle(pool, capacity - 2, big.count - 1), 0);",
      ["- ▸ + (2)", "1 ▸ 2"],
      "More than one node full and a neighbour: behind the cut there is more than a node must hold, one slot more or less.",
    ],
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
