/**
 * Faults in the tree.
 *
 * @module
 */

import type { Canary } from "./canary.ts";

/** Rows 1, 2, 7 to 11, 13 to 25, 33. */
export const TREE_CANARIES: readonly Canary[] = [
  {
    row: 1,
    name: "stale slot kept",
    story:
      "A rewrite that ends exactly at a later slot's maximum keeps that slot: an entry of no length, which no " +
      "lookup finds and a walk meets in the wrong place. The fault of 2022.",
    patches: [
      {
        file: "src/tree/store.ts",
        text:
          "  const newEnd = end + 2 - (slotEnd - slot) - (before === low ? 1 : 0) - (last === high ? 1 : 0);",
        replacement: "  const newEnd = end + 2 - (slotEnd - slot) - (before === low ? 1 : 0) -\n" +
          "    (last === high && (slotEnd === slot || words[entries + slotEnd] === 0) ? 1 : 0);",
      },
      {
        file: "src/tree/store.ts",
        text: "  const keepsAfter = last < high;\n  let added =",
        replacement: "  const keepsAfter = last < high || (slotEnd > slot && highWord !== 0);\n" +
          "  if (keepsAfter && last === high) acted();\n  let added =",
      },
    ],
  },
  {
    row: 1,
    name: "stale contents past the end",
    story: "A rewrite that needs fewer slots leaves the last of the old ones past the node's end.",
    patches: [{
      file: "src/tree/store.ts",
      text: "    const unused = newEnd + 1;",
      replacement: "    acted();\n    const unused = newEnd + 2;",
    }],
  },
  {
    row: 2,
    name: "prepared store allocates late",
    story:
      "A store that was prepared, and has nothing reserved any more, takes what it lacks from the pool.",
    patches: [{
      file: "src/tree/reserve.ts",
      text: '    if (supply === "prepared") {',
      replacement: '    if (supply === "prepared") acted();\n    if (supply === "bulk") {',
    }],
  },
  {
    row: 2,
    name: "rest of the reserve kept",
    story:
      "A prepared store takes its nodes and forgets to give back the rest of what was reserved.",
    patches: [{
      file: "src/tree/reserve.ts",
      text: "  pool.reserved -= promised;",
      replacement:
        "  if (promised > needed) acted();\n  pool.reserved -= Math.min(promised, needed);",
    }],
  },
  {
    row: 7,
    name: "size beyond the window answered",
    story:
      "The window is not compared with the size, and the highest gap is not cut at the window's lower end.",
    patches: [
      {
        file: "src/tree/empty_area.ts",
        text: "    !(size > 0 && extent(before, max) >= size && min >= 0 && max <= MAX_INDEX &&",
        replacement:
          "    !(size > 0 && (before < max && (max - before >= size || acted() === undefined)) &&" +
          " min >= 0 && max <= MAX_INDEX &&",
      },
      {
        file: "src/tree/empty_area.ts",
        text: "      if (extent(bound > before ? bound : before, last) >= size) {",
        replacement: "      if (last - bound >= size) {",
      },
      {
        file: "src/tree/empty_area.ts",
        text: "        if (extent(bound > before ? bound : before, high) >= size) {",
        replacement: "        if (high - bound >= size) {",
      },
    ],
  },
  {
    row: 8,
    name: "right side at last, not last + 1",
    story: "A spanning store that ends with its parent keeps the parent's last slot, as in 2024.",
    patches: [{
      file: "src/tree/spanning_store.ts",
      text: "  if (endsSubtree || w.last === MAX_INDEX) farSlot",
      replacement:
        "  if (endsSubtree && w.last !== MAX_INDEX) acted();\n  if (w.last === MAX_INDEX) farSlot",
    }],
  },
  {
    row: 9,
    name: "last node of the window skipped",
    story: "The lowest gap is not looked for in the node in which the window ends.",
    patches: [{
      file: "src/tree/empty_area.ts",
      text: "      if (doubles[bounds + slot]! >= last) return false;",
      replacement: "      const isLast = slot > 0 && doubles[bounds + PIVOTS + slot]! >= last;\n" +
        "      if (isLast) acted();\n" +
        "      if (doubles[bounds + slot]! >= last || isLast) return false;",
    }],
  },
  {
    row: 10,
    name: "state stands elsewhere after a search",
    story: "A gap search sets the range of a state but leaves its cached leaf valid.",
    patches: [{
      file: "src/tree/empty_area.ts",
      text: "  c.version = -1;",
      replacement: "  if (c.version === c.pool.version) acted();",
    }],
  },
  {
    row: 11,
    name: "area at 0 given twice",
    story: "In a tree without nodes the single value at 0 is not looked at.",
    patches: [{
      file: "src/tree/empty_area.ts",
      text: "  const low = c.pool.words[ROOT_ENTRY] !== 0 && c.before < 0 ? 0 : c.before;",
      replacement:
        "  if (c.pool.words[ROOT_ENTRY] !== 0 && c.before < 0) acted();\n  const low = c.before;",
    }],
  },
  {
    row: 13,
    name: "wrong end in a full node",
    story:
      "A leaf of sixteen slots says that it has fifteen. Lookups here go by pivots and never ask for the end; walks do.",
    patches: [{
      file: "src/tree/store.ts",
      text: "  words[entries - SLOTS + END] = newEnd;",
      replacement:
        "  if (newEnd === 15) acted();\n  words[entries - SLOTS + END] = Math.min(newEnd, 14);",
    }],
  },
  {
    row: 13,
    name: "slots 12 to 15 missed",
    story: "The search in a full node does not look at the last group of pivots.",
    patches: [{
      file: "src/tree/search.ts",
      text: "  const group = below(doubles, base + 4, 4, index) << 2;",
      replacement: "  if (doubles[base + 12]! < index) acted();\n" +
        "  const group = Math.min(below(doubles, base + 4, 4, index), 2) << 2;",
    }],
  },
  {
    row: 14,
    name: "too little after a spanning store",
    story: "A node with one slot less than it must hold does not borrow from its neighbour.",
    patches: [{
      file: "src/tree/rebalance.ts",
      text: "    if (big.count <= big.minEnd(pool) && borrow(subtree)) pool.counters.rebalanced++;",
      replacement: "    if (big.count === big.minEnd(pool)) acted();\n" +
        "    if (big.count < big.minEnd(pool) && borrow(subtree)) pool.counters.rebalanced++;",
    }],
  },
  {
    row: 15,
    name: "reserve not counted",
    story:
      "Asking for nodes does not count those already promised; the kernel wrote past an array, here writes past the " +
      "end of the buffer are lost.",
    patches: [{
      file: "src/tree/node_pool.ts",
      text: "    const wanted = this.#top + this.reserved + count - this.#freeCount;",
      replacement:
        "    if (this.#top + this.reserved + count - this.#freeCount > this.#capacity &&\n" +
        "      this.#top + count - this.#freeCount <= this.#capacity) acted();\n" +
        "    const wanted = this.#top + count - this.#freeCount;",
    }],
  },
  {
    row: 16,
    name: "append in place under readers",
    story: "An entry at a node's end is appended in place although readers may stand there.",
    patches: [
      {
        file: "src/tree/store.ts",
        text: "  if (pool.rcu) return Type.NODE;\n  if (slot === end) return Type.APPEND;",
        replacement: "  if (slot === end) return Type.APPEND;\n  if (pool.rcu) return Type.NODE;",
      },
      {
        file: "src/tree/store.ts",
        text: "    case Type.EXACT:\n      replaceEntry(w, word);",
        replacement:
          "    case Type.APPEND:\n      acted();\n      writeLeaf(w, word);\n      break;\n" +
          "    case Type.EXACT:\n      replaceEntry(w, word);",
      },
    ],
  },
  {
    row: 17,
    name: "one side in place under readers",
    story: "A slot grows at its neighbour's cost in place although readers may stand there.",
    patches: [
      {
        file: "src/tree/store.ts",
        text: "  if (pool.rcu) return Type.NODE;\n  if (slot === end) return Type.APPEND;",
        replacement: "  if (pool.rcu) return newEnd === end ? Type.SLOT : Type.NODE;\n" +
          "  if (slot === end) return Type.APPEND;",
      },
      {
        file: "src/tree/store.ts",
        text: "    case Type.EXACT:\n      replaceEntry(w, word);",
        replacement:
          "    case Type.SLOT:\n      acted();\n      writeLeaf(w, word);\n      break;\n" +
          "    case Type.EXACT:\n      replaceEntry(w, word);",
      },
    ],
  },
  {
    row: 18,
    name: "nodes reused under readers",
    story: "A replaced node goes to the free list at once instead of waiting for the readers.",
    patches: [{
      file: "src/tree/node_pool.ts",
      text: "    if (this.rcu) this.rcuDomain.retireNode(node);\n    else this.free(node);",
      replacement: "    if (this.rcu && this.rcuDomain.readers > 0) acted();\n    this.free(node);",
    }],
  },
  {
    row: 18,
    name: "not dead at teardown",
    story:
      "A node that waits for its readers is not marked dead, so that a reader in it goes on in what is gone.",
    patches: [{
      file: "src/tree/node_pool.ts",
      text:
        "    this.words[(node << WORD_SHIFT) + PARENT] = DEAD;\n    if (this.log !== undefined) this.log.died",
      replacement: "    if (this.rcu && this.rcuDomain.readers > 0) acted();\n" +
        "    if (!this.rcu) this.words[(node << WORD_SHIFT) + PARENT] = DEAD;\n" +
        "    if (this.log !== undefined) this.log.died",
    }],
  },
  {
    row: 19,
    name: "turning at a limit skips one",
    story: "previous after overflow steps back from the last range without giving it.",
    patches: [{
      file: "src/tree/navigate.ts",
      text: "      // It stands after the last entry, which is therefore the previous one.\n" +
        "      const word = walk(c);\n      if (word !== 0) return word;",
      replacement: "      const word = walk(c);\n      if (word !== 0) acted();",
    }],
  },
  {
    row: 19,
    name: "turning at the lower limit skips one",
    story: "next after underflow steps on from the first range without giving it.",
    patches: [{
      file: "src/tree/navigate.ts",
      text: "      // It stands before the first entry, which is therefore the next one.\n" +
        "      const word = walk(c);\n      if (word !== 0) return word;",
      replacement: "      const word = walk(c);\n      if (word !== 0) acted();",
    }],
  },
  {
    row: 20,
    name: "find repeats after pause",
    story: "find after a pause looks at the range's own last index again.",
    patches: [{
      file: "src/tree/navigate.ts",
      text: "      c.index = c.status === PAUSE ? ++c.last : c.last;",
      replacement: "      if (c.status === PAUSE) acted();\n      c.index = c.last;",
    }],
  },
  {
    row: 21,
    name: "stale state trusted",
    story:
      "A state goes on from the slot it remembers whatever was stored meanwhile. Stores here always walk from the " +
      "root, so it is the steps of a stale state that go wrong, not its stores.",
    patches: [{
      file: "src/tree/navigate.ts",
      text: "  if (c.section === undefined) return c.version === c.pool.version;",
      replacement: "  if (c.section === undefined) {\n" +
        "    if (c.version !== -1 && c.version !== c.pool.version) acted();\n" +
        "    return c.version !== -1;\n  }",
    }],
  },
  {
    row: 22,
    name: "another store than the prepared one",
    story:
      "What a prepared store needs is not compared with what was reserved: it runs out of nodes halfway.",
    patches: [{
      file: "src/tree/reserve.ts",
      text: "  if (needed > promised) {\n",
      replacement: '  if (needed > promised && supply === "prepared") acted();\n' +
        '  if (needed > promised && supply !== "prepared") {\n',
    }],
  },
  {
    row: 23,
    name: "second attempt with a widened range",
    story: "When a store fails its state is left at the range that storing nothing had widened.",
    patches: [{
      file: "src/tree/maple_state.ts",
      text: "      cursor.version = -1;\n      throw error;",
      replacement:
        "      if (cursor.before !== write.before || cursor.last !== write.last) acted();\n" +
        "      cursor.before = write.before;\n      cursor.last = write.last;\n" +
        "      cursor.version = -1;\n      throw error;",
    }],
  },
  {
    row: 24,
    name: "in place without the gap",
    story: "A store that moves no slot does not tell the parent that the free space has changed.",
    patches: [{
      file: "src/tree/store.ts",
      text: "  if (pool.gaps && (old === 0) !== (word === 0)) {",
      replacement: "  if (pool.gaps && (old === 0) !== (word === 0)) {\n" +
        "    const link = pool.words[(node << WORD_SHIFT) + PARENT]!;\n" +
        "    const parent = (link >> 4) << DOUBLE_SHIFT;\n" +
        "    const recorded = pool.doubles[parent + GAPS + (link & 15)]!;\n" +
        "    if (link !== 0 && leafGap(pool, node) !== recorded) acted();\n" +
        "    return;\n",
    }],
  },
  {
    row: 25,
    name: "readers not waited for",
    story: "A grace period ends although a reader that began before it is still there.",
    patches: [{
      file: "src/tree/rcu.ts",
      text:
        "    for (const section of this.#sections) if (section.since < oldest.period) return undefined;",
      replacement:
        "    for (const section of this.#sections) if (section.since < oldest.period) acted();",
    }],
  },
  {
    row: 33,
    name: "single leaf lost at teardown",
    story: "Destroying a tree that is one leaf forgets to give the leaf back.",
    patches: [{
      file: "src/tree/subtree.ts",
      text: "    if (root !== 0) this.doomSubtree(root >> HEIGHT_BITS, root & HEIGHT_MASK);",
      replacement: "    if (root !== 0 && (root & HEIGHT_MASK) === 1) acted();\n" +
        "    else if (root !== 0) this.doomSubtree(root >> HEIGHT_BITS, root & HEIGHT_MASK);",
    }],
  },
  {
    row: 33,
    name: "single leaf searched as an inner node",
    story: "The highest gap is looked for in a root that is a leaf as if it had ten slots.",
    patches: [{
      file: "src/tree/empty_area.ts",
      text: "    slot = wideSlot(doubles, node << DOUBLE_SHIFT, last);",
      replacement: "    slot = wideSlot(doubles, node << DOUBLE_SHIFT, last);\n" +
        "    if ((root & HEIGHT_MASK) === 1 && slot > 9) {\n      acted();\n      slot = 9;\n    }",
    }],
  },
];
