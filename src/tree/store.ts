/**
 * Storing: every change of a tree goes through {@linkcode store}.
 *
 * A store first walks to the leaf and decides what kind of change it is ({@linkcode classify}), then makes
 * sure of the nodes that this kind may take, and only then changes anything: what can fail has failed by
 * then. Mirrors `mas_wr_store_type()` and `mas_wr_store_entry()` (Linux 6.12 lib/maple_tree.c).
 *
 * @module
 */

import * as arithmetic from "./arithmetic.ts";
import * as gaps from "./gaps.ts";
import * as layout from "./node_layout.ts";
import { rebalance } from "./rebalance.ts";
import { claim, nodesFor } from "./reserve.ts";
import type { Subtree } from "./subtree.ts";
import * as search from "./search.ts";
import { findEnds, spanningStore } from "./spanning_store.ts";
import { split } from "./split.ts";
import { type NodeSupply, StoreType, type WriteState } from "./write_state.ts";

const { extent, preceding } = arithmetic;

const {
  END,
  GAPS,
  HEIGHT_BITS,
  HEIGHT_MASK,
  MAX_INDEX,
  PARENT,
  PIVOTS,
  DOUBLE_SHIFT,
  ROOT,
  ROOT_ENTRY,
  SLOTS,
  WIDE_CAPACITY,
  WIDE_MIN_END,
  WORD_SHIFT,
} = layout;
const Type = StoreType;

// Functions too, here where a store uses many: V8 looks imported ones up at each call, and compares them with what they
// were when it compiled this.
const { leafGap, recordGap } = gaps;
const { entryIndex, seek } = search;

/**
 * Stores `value` over the range `w.index … w.last`; `undefined` stores nothing. Afterwards `w.before` and `w.last`
 * are around the range that is now one slot: wider than asked for if nothing was stored next to nothing.
 *
 * Precondition: `w.index <= w.last`, both within the index domain.
 *
 * @param supply where it may have nodes from; a bulk load also makes splits favour the left side
 * @param promised nodes reserved for it, which it gives up
 * @throws {MapleError} ENOMEM if there are too few nodes; nothing has changed then
 */
export function store(
  w: WriteState,
  value: unknown,
  supply: NodeSupply,
  promised: number,
): void {
  if (replaceFound(w, value)) w.pool.reserved -= promised;
  else storeClassified(w, classify(w, value === undefined), value, supply, promised);
}

/**
 * {@linkcode store} of a range that {@linkcode classify} has put into `w`, for a caller that has reserved the nodes.
 *
 * Precondition: the tree has not changed since.
 */
export function storeClassified(
  w: WriteState,
  type: StoreType,
  value: unknown,
  supply: NodeSupply,
  promised: number,
): void {
  const { pool } = w;
  if (value === undefined && w.last > pool.searchedEnd) {
    pool.searchedEnd = w.last < pool.windowEnd ? w.last : pool.windowEnd;
  }
  if (type <= Type.NODE && type !== Type.ROOT && !pool.rcu) {
    // Most stores end here: they take no nodes, so there is nothing that could fail.
    pool.reserved -= promised;
    pool.version++;
    if (type === Type.SLOT && w.slotEnd === w.slot + 1) moveBoundary(w, value);
    else if (type === Type.EXACT) replaceEntry(w, pool.encode(value));
    else writeLeaf(w, pool.encode(value));
    return;
  }
  claim(pool, nodesFor(w, type, value === undefined), supply, promised);
  pool.version++;
  const word = pool.encode(value);
  switch (type) {
    case Type.EXACT:
      replaceEntry(w, word);
      break;
    case Type.NODE:
      replaceLeaf(w, word);
      break;
    case Type.REBALANCE:
      rebalance(gather(w, word));
      break;
    case Type.SPLIT:
      split(gather(w, word), supply === "bulk");
      break;
    case Type.SPANNING:
      spanningStore(w, word);
      break;
    case Type.NEW_ROOT:
      w.subtree.replaceTree(word);
      break;
    case Type.ROOT:
      storeRoot(w, word);
  }
  if (pool.rcu) pool.reclaim();
}

/**
 * Stores where the range is exactly the slot found last and that holds something, as it does where a caller has looked
 * the range up: one word changes, and no gap; what cursors remember stays valid. Beside readers no slot is found last.
 *
 * @returns whether it was so; nothing is done otherwise
 */
function replaceFound(w: WriteState, value: unknown): boolean {
  const { pool } = w;
  const { doubles, finger, words } = pool;
  if (finger === 0 || doubles[finger]! !== w.last) return false;
  const before = preceding(w.index);
  const at = entryIndex(finger);
  const old = words[at]!;
  if (doubles[finger - 1]! !== before || old === 0 || value === undefined) return false;
  words[at] = pool.encode(value);
  pool.release(old);
  pool.counters.rewritten++;
  w.before = before;
  if (pool.log !== undefined) {
    const slot = (finger & 31) - PIVOTS;
    pool.log.rewritten(finger >> DOUBLE_SHIFT, slot, slot, 0);
  }
  return true;
}

/**
 * Walks to where the range of `w` begins and decides how it will be stored. Storing nothing widens the range
 * over the empty slots next to it, so that two are never neighbours.
 *
 * @param nothing whether nothing is to be stored
 */
export function classify(w: WriteState, nothing: boolean): StoreType {
  const { pool } = w;
  const { words, doubles } = pool;
  const first = w.index;
  let before = preceding(first);
  w.before = before;
  const root = words[ROOT]!;
  if (root === 0) return Type.ROOT;
  pool.sought = first;
  const position = seek(pool, root);
  const node = position >> DOUBLE_SHIFT;
  const entries = (node << WORD_SHIFT) + SLOTS;
  const pivots = (node << DOUBLE_SHIFT) + PIVOTS;
  const end = words[entries - SLOTS + END]!;
  const max = doubles[pivots + end]!;
  let last = w.last;
  w.node = node;
  if (last >= max && (last > max || (nothing && last !== MAX_INDEX))) {
    if (before !== -1 || last !== MAX_INDEX) findEnds(w, nothing);
    return w.before === -1 && w.last === MAX_INDEX ? Type.NEW_ROOT : Type.SPANNING;
  }
  let slot = position - pivots;
  let slotEnd = slot;
  let low = doubles[pivots + slot - 1]!;
  let high = doubles[pivots + slot]!;
  while (high < last) high = doubles[pivots + ++slotEnd]!;
  if (nothing) {
    if (words[entries + slotEnd] === 0) last = high;
    else if (last === high && slotEnd < end && words[entries + slotEnd + 1] === 0) {
      last = high = doubles[pivots + ++slotEnd]!;
    }
    if (words[entries + slot] === 0) before = low;
    else if (before === low && slot > 0 && words[entries + slot - 1] === 0) {
      before = low = doubles[pivots + --slot - 1]!;
    }
    w.before = before;
    w.last = last;
  }
  const newEnd = end + 2 - (slotEnd - slot) - (before === low ? 1 : 0) - (last === high ? 1 : 0);
  w.slot = slot;
  w.slotEnd = slotEnd;
  w.low = low;
  w.high = high;
  w.newEnd = newEnd;
  if (slot === slotEnd && newEnd === end) return Type.EXACT;
  if (before === -1 && last === MAX_INDEX) return Type.NEW_ROOT;
  if (newEnd < WIDE_MIN_END) {
    return (root & HEIGHT_MASK) === 1 ? Type.NODE : Type.REBALANCE;
  }
  if (newEnd >= WIDE_CAPACITY) return Type.SPLIT;
  if (pool.rcu) return Type.NODE;
  if (slot === end) return Type.APPEND;
  return newEnd === end ? Type.SLOT : Type.NODE;
}

/**
 * Writes the range into its leaf where it stands: the slots after it move by as many as the range adds or
 * takes away, and what the leaf no longer uses is cleared. (What stays of an overwritten slot past the place
 * where it belongs is how the corruption of 2022 began.)
 */
function writeLeaf(w: WriteState, word: number): void {
  const { pool, node, slot, slotEnd, newEnd } = w;
  const { words, doubles, counters } = pool;
  const entries = (node << WORD_SHIFT) + SLOTS;
  const pivots = (node << DOUBLE_SHIFT) + PIVOTS;
  const end = words[entries - SLOTS + END]!;
  const before = w.before;
  const last = w.last;
  const low = w.low;
  const high = w.high;
  const lowWord = words[entries + slot]!;
  const highWord = words[entries + slotEnd]!;
  const keepsBefore = before > low;
  const keepsAfter = last < high;
  let added = word !== 0 ? 1 : 0;
  let rest = highWord;
  if (slot === slotEnd && keepsBefore && keepsAfter && rest !== 0) {
    rest = pool.copy(rest);
    added++;
  }

  // The longest empty stretch that goes, and the longest that comes: what the leaf's gap needs to know.
  let gapRemoved = 0;
  let gapAdded = word === 0 ? extent(before, last) : 0;
  for (let i = slot; i <= slotEnd; i++) {
    const old = words[entries + i]!;
    if (old === 0) {
      const length = extent(doubles[pivots + i - 1]!, doubles[pivots + i]!);
      if (length > gapRemoved) gapRemoved = length;
    } else if (!(i === slot && keepsBefore) && !(i === slotEnd && keepsAfter)) {
      pool.release(old);
      added--;
    }
  }
  pool.entries += added;
  if (lowWord === 0 && keepsBefore) gapAdded = Math.max(gapAdded, extent(low, before));
  if (highWord === 0 && keepsAfter) gapAdded = Math.max(gapAdded, extent(last, high));

  const shift = newEnd - end;
  // Two places that run along, and no slot to be added to both: V8 checks every sum for overflow.
  if (shift > 0) {
    const stop = pivots + slotEnd;
    for (let pivot = pivots + end, entry = entries + end; pivot > stop; pivot--, entry--) {
      doubles[pivot + shift] = doubles[pivot]!;
      words[entry + shift] = words[entry]!;
    }
  } else if (shift < 0) {
    const stop = pivots + end;
    const after = slotEnd + 1;
    for (let pivot = pivots + after, entry = entries + after; pivot <= stop; pivot++, entry++) {
      doubles[pivot + shift] = doubles[pivot]!;
      words[entry + shift] = words[entry]!;
    }
    const unused = newEnd + 1;
    for (let pivot = pivots + unused, entry = entries + unused; pivot <= stop; pivot++, entry++) {
      doubles[pivot] = Infinity;
      words[entry] = 0;
    }
  }
  let at = slot;
  if (keepsBefore) doubles[pivots + at++] = before;
  doubles[pivots + at] = last;
  words[entries + at] = word;
  if (keepsAfter) {
    doubles[pivots + ++at] = high;
    words[entries + at] = rest;
  }
  words[entries - SLOTS + END] = newEnd;
  pool.finger = pivots + at;
  counters.rewritten++;
  if (shift !== 0) counters.slotsMoved += end - slotEnd;
  if (pool.log !== undefined) pool.log.rewritten(node, slot, at, shift);
  if (!pool.gaps || gapRemoved === gapAdded) return;
  w.gapRemoved = gapRemoved;
  w.gapAdded = gapAdded;
  updateGap(w);
}

/**
 * Writes a range that takes the place of one slot and a part of its neighbour: one pivot moves, and one entry changes.
 * {@linkcode writeLeaf} would do the same. Most stores of recorded programs are such, as a VMA grows or gives way: one
 * that grows keeps its handle.
 */
function moveBoundary(w: WriteState, value: unknown): void {
  const { pool, node, slot } = w;
  const { words, doubles } = pool;
  const entry = (node << WORD_SHIFT) + SLOTS + slot;
  const pivot = (node << DOUBLE_SHIFT) + PIVOTS + slot;
  const { low, high } = w;
  const old = doubles[pivot]!;
  const before = words[entry]!;
  const after = words[entry + 1]!;
  const isUpper = w.before > low;
  const boundary = isUpper ? w.before : w.last;
  doubles[pivot] = boundary;
  const replaced = isUpper ? after : before;
  let word = replaced;
  if (typeof value !== "object" || pool.decode(replaced) !== value) {
    word = pool.encode(value);
    words[isUpper ? entry + 1 : entry] = word;
    if (replaced !== 0) {
      pool.release(replaced);
      pool.entries--;
    }
    if (word !== 0) pool.entries++;
  }
  pool.finger = isUpper ? pivot + 1 : pivot;
  pool.counters.rewritten++;
  if (pool.log !== undefined) {
    const at = isUpper ? slot + 1 : slot;
    pool.log.rewritten(node, at, at, 0);
  }
  if (!pool.gaps) return;
  // One of the two slots may be empty, before and afterwards.
  const kept = isUpper ? before : after;
  if (kept !== 0 && replaced !== 0 && word !== 0) return;
  w.gapRemoved = before === 0 ? extent(low, old) : after === 0 ? extent(old, high) : 0;
  const isLowerEmpty = (isUpper ? before : word) === 0;
  const isUpperEmpty = (isUpper ? word : after) === 0;
  w.gapAdded = isLowerEmpty ? extent(low, boundary) : isUpperEmpty ? extent(boundary, high) : 0;
  updateGap(w);
}

/** Tells the parent about a leaf whose empty stretches changed: one of `w.gapRemoved` indices went, one of `w.gapAdded`
 * came. The leaf is read again only if the largest one went. */
function updateGap(w: WriteState): void {
  const { pool, node, gapRemoved, gapAdded } = w;
  const link = pool.words[(node << WORD_SHIFT) + PARENT]!;
  if (link === 0) return;
  const recorded = pool.doubles[((link >> 4) << DOUBLE_SHIFT) + GAPS + (link & 15)]!;
  if (gapAdded > recorded) recordGap(pool, node, gapAdded);
  else if (gapRemoved === recorded && gapAdded < recorded) {
    recordGap(pool, node, leafGap(pool, node));
  }
}

/** Gathers what the leaf will hold in a big node. */
function gather(w: WriteState, word: number): Subtree {
  const { pool, node, slot, slotEnd, subtree } = w;
  const entries = (node << WORD_SHIFT) + SLOTS;
  const end = pool.words[entries - SLOTS + END]!;
  const keepsBefore = w.before > w.low;
  const keepsAfter = w.last < w.high;
  subtree.begin(node, node);
  const { big } = subtree;
  const { words } = pool;
  big.append(pool, node, 0, slot - 1);
  if (keepsBefore) big.push(w.before, words[entries + slot]!);
  big.push(w.last, word);
  if (word !== 0) pool.entries++;
  if (keepsAfter) {
    const rest = words[entries + slotEnd]!;
    const isSplit = slot === slotEnd && keepsBefore && rest !== 0;
    big.push(w.high, isSplit ? pool.copy(rest) : rest);
    if (isSplit) pool.entries++;
  }
  for (let i = slot; i <= slotEnd; i++) {
    if ((i === slot && keepsBefore) || (i === slotEnd && keepsAfter)) continue;
    subtree.drop(words[entries + i]!);
  }
  big.append(pool, node, slotEnd + 1, end);
  return subtree;
}

/** Exchanges the entry of one slot, the only change that beside readers is made in place: it is one word. */
function replaceEntry(w: WriteState, word: number): void {
  const { pool, node, slot } = w;
  const at = (node << WORD_SHIFT) + SLOTS + slot;
  const old = pool.words[at]!;
  pool.publish(at, word);
  pool.release(old);
  pool.counters.rewritten++;
  pool.entries += (word !== 0 ? 1 : 0) - (old !== 0 ? 1 : 0);
  if (pool.log !== undefined) pool.log.rewritten(node, slot, slot, 0);
  if (pool.gaps && (old === 0) !== (word === 0)) {
    const length = extent(w.low, w.high);
    w.gapRemoved = old === 0 ? length : 0;
    w.gapAdded = word === 0 ? length : 0;
    updateGap(w);
  }
}

/** Puts a new leaf in the place of the old one, as a change of more than one slot needs beside readers. */
function replaceLeaf(w: WriteState, word: number): void {
  const subtree = gather(w, word);
  subtree.cut(subtree.big.count - 1, 0);
  subtree.link();
  w.pool.counters.rewritten++;
}

/** A store into a tree without nodes. Mirrors `mas_store_root()` and `mas_root_expand()`. */
function storeRoot(w: WriteState, word: number): void {
  const { pool } = w;
  const { words } = pool;
  const old = words[ROOT_ENTRY]!;
  if (word === 0 || w.last === 0) {
    if (w.index > 0) return;
    pool.publish(ROOT_ENTRY, word);
    pool.release(old);
    pool.entries = word !== 0 ? 1 : 0;
    return;
  }
  const { big } = w.subtree;
  big.begin(1);
  if (w.index > 0) {
    if (old !== 0) big.push(0, old);
    if (old === 0 || w.index > 1) big.push(w.index - 1, 0);
  }
  big.push(w.last, word);
  if (w.last < MAX_INDEX) big.push(MAX_INDEX, 0);
  pool.publish(ROOT, big.emit(pool, 0, big.count - 1, -1) << HEIGHT_BITS | 1);
  pool.publish(ROOT_ENTRY, 0);
  pool.entries = w.index > 0 && old !== 0 ? 2 : 1;
  if (w.index === 0) pool.release(old);
}
