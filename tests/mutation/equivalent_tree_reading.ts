/**
 * Mutants of what reads a tree (`src/tree/`) that no test can notice, and why: see `equivalent.ts`.
 *
 * @module
 */

import type { Equivalences } from "./equivalences.ts";

/** By source file. */
export const TREE_READING: Equivalences = {
  "src/tree/empty_area.ts": [
    [
      "slower",
      "pool.searchedSize = Infinity;",
      ["pool.searchedSize = Infinity; ▸ ;"],
      "Nothing ends after the window: the next search goes up from the leaf that covers its end, instead of down to it.",
    ],
    [
      "slower",
      "slot = pivot > last ? slotFromEnd(pool, node, last) : words[(node << WORD_SHIFT) + END]!;",
      ["pivot > last ▸ true", "> ▸ >="],
      "Of a node that ends in the window, or with it, the last slot is found by a comparison.",
    ],
    [
      "slower",
      "const pivot = doubles[(node << DOUBLE_SHIFT) + PIVOTS + slot]!;",
      ["+ ▸ -"],
      "What stands there is not beyond the window's lower end, and the search that goes on finds the same.",
    ],
    [
      "same",
      "if (extent(before, pivot < last ? pivot : last) >= size) {",
      ["pivot < last ▸ true"],
      "The window is known to be long enough, and so is a slot that reaches beyond it.",
    ],
    ["same", "if (extent(bound > before ? bound : before, last) >= size) {", [
      "bound > before ▸ true",
    ], "The window is known to be long enough, and so is a slot that begins before it."],
    ["slower", "if (doubles[(node << DOUBLE_SHIFT) + GAPS + slot]! < size) break;", [
      "doubles[(node << DOUBLE_SHIFT) + GAPS + slot]! < size ▸ false",
    ], "It goes down to the leaf, and from there upwards again."],
    [
      "slower",
      "if (doubles[bounds + slot]! >= last) return false;",
      ["doubles[bounds + slot]! >= last ▸ false", ">= ▸ >"],
      "Nothing beyond the window is long enough within it, and the search ends at the tree's end.",
    ],
    [
      "slower",
      "if (pivot <= before) return false;",
      ["pivot <= before ▸ false", "<= ▸ <"],
      "Nothing beyond the window is long enough within it, and the search ends at the tree's end.",
    ],
    [
      "same",
      "const low = c.pool.words[ROOT_ENTRY] !== 0 && c.before < 0 ? 0 : c.before;",
      ["< ▸ <=", "0 ▸ 1 (2)"],
      "A window that begins after index 0 stays as it is, and so does one that begins right after it.",
    ],
  ],
  "src/tree/maple_state.ts": [
    [
      "same",
      "cursor.version = -1;",
      ["cursor.version = -1; ▸ ;"],
      "The store has raised the tree's version, so that what the cursor remembers is stale anyway.",
      3,
    ],
    [
      "slower",
      'if (last !== first) checkIndex(last, "move up to");',
      ["last !== first ▸ true"],
      "The same index is checked twice.",
    ],
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
      "same",
      "if (value === undefined) return undefined;",
      ["value === undefined ▸ false"],
      "A word that is not 0 always stands for a value; the line is for the type checker.",
    ],
  ],
  "src/tree/navigate.ts": [
    [
      "slower",
      "c.status === START && finger !== 0 && before < max &&",
      ["c.status === START && finger !== 0 && before < max && bef… ▸ false"],
      "The long way gives the same entry.",
    ],
    [
      "slower",
      "before >= doubles[finger - 1]! && before < doubles[finger]!",
      ["- ▸ +"],
      "The short way is taken more seldom, and the long way gives the same entry.",
    ],
    [
      "slower",
      "if (c.status === START && c.before >= min && c.section === undefined) {",
      ["c.status === START && c.before >= min && c.section === un… ▸ false", ">= ▸ >"],
      "The long way gives the same entry, from the leaf found last as well.",
    ],
    [
      "slower",
      "if (root !== 0) return lookDown(c, min, root);",
      ["root !== 0 ▸ false"],
      "The long way gives the same entry, from the leaf found last as well.",
    ],
    [
      "slower",
      "if ((position & 31) > PIVOTS && words[entryIndex(position)] === 0) position--;",
      [
        "(position & 31) > PIVOTS && words[entryIndex(position)] =… ▸ false",
        "> ▸ >=",
        "position--; ▸ ;",
      ],
      "An empty slot is not answered here, and stepBack passes it over.",
    ],
    [
      "slower",
      "if ((position & 31) >= PIVOTS && words[entryIndex(position)] !== 0 && doubles[position]! >= min) {",
      [
        "(position & 31) >= PIVOTS && words[entryIndex(position)] … ▸ false",
        ">= ▸ >",
        ">= ▸ > (2)",
      ],
      "stepBack gives the same entry.",
    ],
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
      "if (c.slot !== words[base + END]) return 0;",
      ["!== ▸ ===", "+ ▸ -"],
      "The long way gives the same entry.",
    ],
    [
      "same",
      "if (c.slot !== words[base + END]) return 0;",
      ["c.slot !== words[base + END] ▸ false"],
      "Where the leaf goes on, what follows is beyond the limit or the leaf's empty last slot, which is passed over anyway.",
    ],
    ["slower", "const at = (link & 15) + 1;", ["& ▸ |"], "The long way gives the same entry."],
    [
      "slower",
      "if (parent === 0 || at > words[parent + END]!) return 0;",
      ["=== ▸ !=="],
      "The long way gives the same entry.",
    ],
    [
      "same",
      "if (parent === 0 || at > words[parent + END]!) return 0;",
      ["0 ▸ 1"],
      "Node 0 has no second slot either.",
    ],
    [
      "slower",
      "const answer = c.status === START && c.before < max ? lookUp(c, max) : seekUp(c, max);",
      ["c.status === START && c.before < max ▸ false"],
      "seekUp asks the same, and looks too.",
    ],
    ["slower", "if (root === 0 || c.section !== undefined) return lookHere(c, max);", [
      "root === 0 || c.section !== undefined ▸ true",
    ], "lookHere finds the same."],
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
      "if (c.status === ACTIVE) return GO_ON;",
      ["c.status === ACTIVE ▸ false"],
      "No other status fits, and the last line says the same.",
    ],
    ["same", "c.status = START;", ["c.status = START; ▸ ;"], "The walk that follows sets it."],
    [
      "same",
      "if (c.index <= min) return limit(c, UNDERFLOW);",
      ["c.index <= min ▸ false", "<= ▸ <"],
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
    ["slower", "if (slot < end && words[base + SLOTS + slot] === 0) slot++;", [
      "slot < end && words[base + SLOTS + slot] === 0 ▸ false",
      "< ▸ <=",
      "slot++; ▸ ;",
    ], "The long way gives the same entry."],
    [
      "slower",
      "if (word === 0 || bound >= max) return 0;",
      ["=== ▸ !==", "0 ▸ 1"],
      "The long way gives the same entry, from the empty range as well.",
    ],
  ],
  "src/tree/search.ts": [
    [
      "same",
      "node = words[word + innerSlots + (side > 0 ? 0 : words[word + END]!)]!;",
      ["> ▸ >="],
      "The side is -1 or 1.",
    ],
    [
      "same",
      "if (near !== 0) {",
      ["near !== 0 ▸ true"],
      "The header has no range that an index could be in.",
    ],
    ["slower", "if (near !== 0) {", ["0 ▸ 1"], "A walk from the root finds the leaf too."],
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
  ],
};
