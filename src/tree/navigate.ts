/**
 * Moving a cursor: to an index, to the next entry, to the previous one.
 *
 * `find` and `findReverse` give the entry at the cursor's index the first time and the one beyond it
 * later; `next` and `previous` always the one beyond. The `…Range` variants stop at empty ranges too. All give
 * an entry word, 0 for nothing. A limit counts for the range's nearer end: upwards a range is found if it
 * starts at or before `max`, downwards if it ends at or after `min`.
 *
 * Which step follows which status mirrors `mas_find()`, `mas_next()`, `mas_prev()` and `mas_find_rev()` (Linux
 * 6.12 lib/maple_tree.c), including what they do when the direction turns at a limit.
 *
 * @module
 */

import * as arithmetic from "./arithmetic.ts";
import { type Cursor, enterRoot, leaveRoot, Status } from "./cursor.ts";
import * as layout from "./node_layout.ts";
import * as search from "./search.ts";
import { checkOpen } from "./rcu.ts";

const { following } = arithmetic;

const { DEAD, END, MAX_INDEX, PARENT, PIVOTS, DOUBLE_SHIFT, ROOT, ROOT_ENTRY, SLOTS, WORD_SHIFT } =
  layout;
const { START, ACTIVE, NONE, AT_ROOT, PAUSE, OVERFLOW, UNDERFLOW, ERROR } = Status;
const { entryIndex, neighbourLeaf, seek } = search;

/** Walks from the root to the slot that covers the cursor's index, empty or not, and stands on it. */
export function walk(c: Cursor): number {
  const { pool } = c;
  if (c.section !== undefined) checkOpen(c.section);
  const root = pool.words[ROOT]!;
  if (root === 0) return walkRootEntry(c);
  pool.sought = following(c.before);
  c.status = ACTIVE;
  c.version = c.section === undefined ? pool.version : -1;
  return stand(c, seek(pool, root));
}

/** The next entry after the cursor, up to `max`. */
export function next(c: Cursor, max: number): number {
  return nextInLeaf(c, max) || nextInNeighbour(c, max) || nextBeyond(c, max);
}

/** The next entry, wherever it is and whatever the cursor's status. */
function nextBeyond(c: Cursor, max: number): number {
  const answer = turnUp(c, max);
  return answer === GO_ON ? step(c, max, false) : answer;
}

/**
 * The next entry, if it is in the leaf on which the cursor stands; 0 if more is to be done. Two empty slots are
 * never neighbours, so it is one of the next two.
 */
function nextInLeaf(c: Cursor, max: number): number {
  if (c.version !== c.pool.version) return 0;
  const { words, doubles } = c.pool;
  const base = c.node << WORD_SHIFT;
  const end = words[base + END]!;
  let slot = c.slot + 1;
  if (slot < end && words[base + SLOTS + slot] === 0) slot++;
  if (slot > end) return 0;
  const word = words[base + SLOTS + slot]!;
  const pivot = (c.node << DOUBLE_SHIFT) + PIVOTS + slot;
  const bound = doubles[pivot - 1]!;
  if (word === 0 || bound >= max) return 0;
  c.slot = slot;
  c.before = bound;
  c.last = doubles[pivot]!;
  return word;
}

/**
 * The first entry of the next leaf, if the cursor stands at the end of its own and both hang on the same parent; 0 if
 * more is to be done. Of a leaf's two first slots one holds something.
 */
function nextInNeighbour(c: Cursor, max: number): number {
  const { pool, node } = c;
  if (c.version !== pool.version) return 0;
  const { words, doubles } = pool;
  const base = node << WORD_SHIFT;
  if (c.slot !== words[base + END]) return 0;
  const link = words[base + PARENT]!;
  const parent = (link >> 4) << WORD_SHIFT;
  const at = (link & 15) + 1;
  if (parent === 0 || at > words[parent + END]!) return 0;
  const next = words[parent + pool.innerSlots + at]!;
  const slots = (next << WORD_SHIFT) + SLOTS;
  const slot = words[slots] === 0 ? 1 : 0;
  const pivot = (next << DOUBLE_SHIFT) + PIVOTS + slot;
  const bound = doubles[pivot - 1]!;
  if (bound >= max) return 0;
  c.node = next;
  c.slot = slot;
  c.before = bound;
  c.last = doubles[pivot]!;
  return words[slots + slot]!;
}

/** The next range after the cursor, empty ones included. */
export function nextRange(c: Cursor, max: number): number {
  const answer = turnUp(c, max);
  return answer === GO_ON ? step(c, max, true) : answer;
}

/**
 * The previous entry before the cursor, down to `min`. Most begin anew, in the slot that was found last, after one that
 * holds an entry: those are answered here.
 */
export function previous(c: Cursor, min: number): number {
  const { pool, before } = c;
  const { doubles, finger } = pool;
  if (
    c.status === START && (finger & 31) > PIVOTS && doubles[finger - 1]! >= min &&
    before >= doubles[finger - 1]! && before < doubles[finger]!
  ) {
    const { words } = pool;
    const word = words[entryIndex(finger) - 1]!;
    if (word !== 0) {
      c.status = ACTIVE;
      c.version = pool.version;
      c.node = finger >> DOUBLE_SHIFT;
      c.slot = (finger & 31) - PIVOTS - 1;
      c.last = doubles[finger - 1]!;
      c.before = doubles[finger - 2]!;
      return word;
    }
  }
  return previousElsewhere(c, min);
}

/** {@linkcode previous} for all other cases. Most of these begin anew too. */
function previousElsewhere(c: Cursor, min: number): number {
  if (c.status === START && c.before >= min && c.section === undefined) {
    const root = c.pool.words[ROOT]!;
    if (root !== 0) return lookDown(c, min, root);
  }
  const answer = turnDown(c, min);
  if (answer !== GO_ON) return answer;
  return previousInLeaf(c, min) || stepBack(c, min, false);
}

/** The previous entry of a cursor that has not walked yet: mostly in the leaf that covers its index. */
function lookDown(c: Cursor, min: number, root: number): number {
  const { pool } = c;
  const { words, doubles } = pool;
  pool.sought = following(c.before);
  const near = seek(pool, root);
  c.status = ACTIVE;
  c.version = pool.version;
  let position = near - 1;
  if ((position & 31) > PIVOTS && words[entryIndex(position)] === 0) position--;
  if ((position & 31) >= PIVOTS && words[entryIndex(position)] !== 0 && doubles[position]! >= min) {
    return stand(c, position);
  }
  stand(c, near);
  return stepBack(c, min, false);
}

/** The previous entry, if it is in the leaf on which the cursor stands; 0 if more is to be done. */
function previousInLeaf(c: Cursor, min: number): number {
  const { pool } = c;
  if (c.version !== pool.version || c.slot === 0 || c.before < min) return 0;
  const { words, doubles } = pool;
  const slots = c.node << WORD_SHIFT | SLOTS;
  const bounds = c.node << DOUBLE_SHIFT;
  let slot = c.slot - 1;
  if (words[slots + slot] === 0) {
    if (slot === 0 || doubles[bounds + slot]! < min) return 0;
    slot--;
  }
  c.slot = slot;
  c.before = doubles[bounds + slot]!;
  c.last = doubles[bounds + slot + 1]!;
  return words[slots + slot]!;
}

/** The previous range before the cursor, empty ones included. */
export function previousRange(c: Cursor, min: number): number {
  const answer = turnDown(c, min);
  return answer === GO_ON ? stepBack(c, min, true) : answer;
}

/**
 * The entry at the cursor's index or after it; once it stands on a range, the next one after that.
 *
 * Most searches begin anew, in the slot that was found last. Those are answered here, in so few instructions that V8
 * compiles them into the caller.
 */
export function find(c: Cursor, max: number): number {
  const { pool, before } = c;
  const { doubles, finger } = pool;
  if (
    c.status === START && finger !== 0 && before < max &&
    before >= doubles[finger - 1]! && before < doubles[finger]!
  ) {
    const { words } = pool;
    // An empty slot from where the next one is too far is where the search ends.
    let position = finger + ~~(words[entryIndex(finger)] === 0);
    if (doubles[position - 1]! >= max) position = finger;
    c.status = ACTIVE;
    c.version = pool.version;
    c.node = position >> DOUBLE_SHIFT;
    c.slot = (position & 31) - PIVOTS;
    c.before = doubles[position - 1]!;
    c.last = doubles[position]!;
    return words[entryIndex(position)]!;
  }
  return findElsewhere(c, max);
}

/** {@linkcode find} for all other cases. */
function findElsewhere(c: Cursor, max: number): number {
  // Most of these begin anew too, and end in the leaf that covers the index.
  const answer = c.status === START && c.before < max ? lookUp(c, max) : seekUp(c, max);
  if (answer !== GO_ON) return answer;
  const near = nextInLeaf(c, max);
  if (near !== 0) return near;
  const word = step(c, max, false);
  if (c.status === OVERFLOW) c.status = ACTIVE;
  return word;
}

/** Like {@linkcode find}, stopping at empty ranges too. */
export function findRange(c: Cursor, max: number): number {
  const answer = seekUp(c, max);
  return answer === GO_ON ? step(c, max, true) : answer;
}

/** The entry at the cursor's index or before it; once it stands on a range, the one before that. */
export function findReverse(c: Cursor, min: number): number {
  const answer = seekDown(c, min);
  return answer === GO_ON ? stepBack(c, min, false) : answer;
}

/** Like {@linkcode findReverse}, stopping at empty ranges too. */
export function findRangeReverse(c: Cursor, min: number): number {
  const answer = seekDown(c, min);
  return answer === GO_ON ? stepBack(c, min, true) : answer;
}

/** What a preparation answers when the step itself is still to be made; no entry word is even and negative. */
const GO_ON = -2;

/** Prepares `next`. */
function turnUp(c: Cursor, max: number): number {
  if (c.last >= max) return limit(c, OVERFLOW);
  if (c.status === ACTIVE) return GO_ON;
  const wasNone = c.status === NONE;
  switch (c.status) {
    case OVERFLOW:
      c.status = ACTIVE;
      return GO_ON;
    case UNDERFLOW: {
      // It stands before the first entry, which is therefore the next one.
      const word = walk(c);
      if (word !== 0) return word;
      break;
    }
    case NONE:
    case PAUSE:
    case START:
      walk(c);
      break;
    case ERROR:
      return 0;
  }
  if (isOnSlot(c)) return GO_ON;
  if (c.status === AT_ROOT && !(wasNone && c.index === 0)) leaveRoot(c);
  return 0;
}

/** Prepares `previous`. */
function turnDown(c: Cursor, min: number): number {
  if (c.index <= min) return limit(c, UNDERFLOW);
  switch (c.status) {
    case ACTIVE:
      return GO_ON;
    case UNDERFLOW:
      c.status = ACTIVE;
      return GO_ON;
    case OVERFLOW: {
      // It stands after the last entry, which is therefore the previous one.
      const word = walk(c);
      if (word !== 0) return word;
      break;
    }
    case NONE:
    case PAUSE:
    case START:
      walk(c);
      break;
    case ERROR:
      return 0;
  }
  return isOnSlot(c) ? GO_ON : enterRoot(c);
}

/** Prepares `find`: the first time it looks at the index itself. */
function seekUp(c: Cursor, max: number): number {
  switch (c.status) {
    case ACTIVE:
      return c.last < max ? GO_ON : 0;
    case PAUSE:
    case NONE:
      if (c.last >= max) return 0;
      c.index = c.status === PAUSE ? ++c.last : c.last;
      c.status = START;
      return lookHere(c, max);
    case START:
      return c.index > max ? 0 : lookHere(c, max);
    case UNDERFLOW:
      return c.index >= max ? limit(c, OVERFLOW) : lookHere(c, max);
    case OVERFLOW:
      return c.last >= max ? 0 : lookHere(c, max);
    case AT_ROOT:
      return leaveRoot(c);
    case ERROR:
      return 0;
  }
}

/** Looks at the cursor's own index first. */
function lookHere(c: Cursor, max: number): number {
  const word = walk(c);
  return word !== 0 || c.status !== ACTIVE || c.index === max ? word : GO_ON;
}

/**
 * Looks at the cursor's own index first, and at the next slot if nothing is there. Half of the searches for random
 * indices begin in an empty slot, and no processor predicts which: so the slot is a sum and not a branch. Only the
 * tree's last slot is empty and the last of its leaf, and no limit is beyond it.
 */
function lookUp(c: Cursor, max: number): number {
  const { pool } = c;
  const { words, doubles } = pool;
  const root = words[ROOT]!;
  if (root === 0 || c.section !== undefined) return lookHere(c, max);
  pool.sought = following(c.before);
  const near = seek(pool, root);
  const position = near + ~~(words[entryIndex(near)] === 0);
  c.status = ACTIVE;
  c.version = pool.version;
  return stand(c, doubles[position - 1]! < max ? position : near);
}

/** Prepares `findReverse`. */
function seekDown(c: Cursor, min: number): number {
  switch (c.status) {
    case ACTIVE:
      return c.index < min ? 0 : GO_ON;
    case OVERFLOW:
    case UNDERFLOW:
      if (c.index <= min) return limit(c, UNDERFLOW);
      c.status = ACTIVE;
      return GO_ON;
    case PAUSE:
      if (c.index <= min) return limit(c, UNDERFLOW);
      c.last = --c.index;
      break;
    case NONE:
      if (c.index <= min) return 0;
      c.last = c.index;
      break;
    case START:
      if (c.index < min) return 0;
      break;
    case AT_ROOT:
      c.status = NONE;
      return 0;
    case ERROR:
      return 0;
  }
  const word = walk(c);
  if (word !== 0) return word;
  if (!isOnSlot(c)) return enterRoot(c);
  return c.index < min ? 0 : GO_ON;
}

/** The step would leave the limit; the cursor stays where it is and says so. */
function limit(c: Cursor, status: typeof OVERFLOW | typeof UNDERFLOW): 0 {
  c.status = status;
  c.version = -1;
  return 0;
}

/** One slot up, or as many as it takes to come to an entry. */
function step(c: Cursor, max: number, empties: boolean): number {
  if (!isCurrent(c)) return stepByWalk(c, max, empties);
  const { words, doubles } = c.pool;
  let node = c.node;
  let slot = c.slot;
  let last = c.last;
  while (last < max) {
    if (slot < words[(node << WORD_SHIFT) + END]!) slot++;
    else if (c.section === undefined) {
      node = neighbourLeaf(c.pool, node, 1);
      slot = 0;
    } else return stepByWalk(c, max, empties);
    const pivot = (node << DOUBLE_SHIFT) + PIVOTS + slot;
    last = doubles[pivot]!;
    const word = words[(node << WORD_SHIFT) + SLOTS + slot]!;
    if (word === 0 && !empties && last < max && c.section === undefined) continue;
    c.node = node;
    c.slot = slot;
    c.before = doubles[pivot - 1]!;
    c.last = last;
    if (word !== 0 || empties) return word;
  }
  return limit(c, OVERFLOW);
}

/**
 * A step up by a walk from the root to the index after the cursor: what it remembered is stale, or it reads beside
 * a writer and has come to the end of its leaf, from where it never climbs. A range that now reaches over
 * the place where the cursor stood is found, so that no index is passed over that held something.
 */
function stepByWalk(c: Cursor, max: number, empties: boolean): number {
  if (c.last >= max) return limit(c, OVERFLOW);
  c.index = following(c.last);
  const word = walk(c);
  if (word !== 0 || empties || c.status !== ACTIVE) return word;
  return step(c, max, empties);
}

/** One slot down, or as many as it takes to come to an entry. */
function stepBack(c: Cursor, min: number, empties: boolean): number {
  if (!isCurrent(c)) return stepBackByWalk(c, min, empties);
  const { words } = c.pool;
  while (c.index > min) {
    let { node, slot } = c;
    if (slot > 0) slot--;
    else if (c.section === undefined) {
      node = neighbourLeaf(c.pool, node, -1);
      slot = words[(node << WORD_SHIFT) + END]!;
    } else return stepBackByWalk(c, min, empties);
    const word = stand(c, (node << DOUBLE_SHIFT) + PIVOTS + slot);
    if (word !== 0 || empties) return word;
  }
  return limit(c, UNDERFLOW);
}

/** {@linkcode stepByWalk} downwards. */
function stepBackByWalk(c: Cursor, min: number, empties: boolean): number {
  if (c.index <= min) return limit(c, UNDERFLOW);
  c.index--;
  const word = walk(c);
  if (word !== 0 || empties || c.status !== ACTIVE) return word;
  return stepBack(c, min, empties);
}

/** Puts the cursor on the slot at `position`. */
function stand(c: Cursor, position: number): number {
  const { words, doubles } = c.pool;
  c.node = position >> DOUBLE_SHIFT;
  c.slot = (position & 31) - PIVOTS;
  c.before = doubles[position - 1]!;
  c.last = doubles[position]!;
  return words[entryIndex(position)]!;
}

/** Whether the walk has ended on a slot, and not in a tree without nodes. */
function isOnSlot(c: Cursor): boolean {
  return c.status === ACTIVE;
}

/**
 * Whether the leaf and the slot that the cursor remembers are still valid. Without readers any change
 * may have moved slots; with them a leaf stays as it is until it is replaced, and is marked dead then.
 */
function isCurrent(c: Cursor): boolean {
  if (c.section === undefined) return c.version === c.pool.version;
  checkOpen(c.section);
  return c.pool.words[(c.node << WORD_SHIFT) + PARENT] !== DEAD;
}

/** Walks in a tree without nodes: at most index 0 holds something. */
function walkRootEntry(c: Cursor): number {
  const { words } = c.pool;
  const word = words[ROOT_ENTRY]!;
  // The tree may have got its first node since; then that word says nothing.
  if (words[ROOT] !== 0) return walk(c);
  if (word === 0) {
    c.status = NONE;
    c.index = 0;
    c.last = MAX_INDEX;
    return 0;
  }
  if (c.index > 0) return leaveRoot(c);
  c.status = AT_ROOT;
  c.last = 0;
  return word;
}
