/**
 * What the kernel's tree must answer: Maple's tree and the naive map beside it, both asked at every operation.
 *
 * Where the two agree the answer is known. Where they do not, Maple has a fault, and nothing can be said about the
 * kernel's tree: that is an error of its own.
 *
 * @module
 */

import type { NaiveRangeMap } from "../naive_range_map.ts";
import { StateSpecification } from "../property/state_specification.ts";
import { ERRNO } from "../../src/abi/errno.ts";
import type { CursorStatus } from "../../src/tree/cursor.ts";
import type { MapleState } from "../../src/tree/maple_state.ts";
import { MapleTree } from "../../src/tree/maple_tree.ts";
import { MAX_INDEX } from "../../src/tree/node_layout.ts";
import {
  BESIDE_VALUE,
  isOnCursor,
  isWrite,
  type Operation,
  showOperation,
  Verb,
} from "../../src/kernel/operation.ts";
import { ANSWER_WORDS, Field, writeNumber } from "../../src/kernel/protocol.ts";
import type { Answer, ReferenceOptions } from "./answer.ts";
import { HashedRangeMap, hashLookups } from "./content.ts";
import { CursorHistory } from "./cursor_history.ts";
import { hashShape } from "./shape.ts";

/** Maple and the naive map differ: no word about the kernel's tree. */
export class Disagreement extends Error {
  override readonly name = "Disagreement";
}

/** The statuses by their number in `enum maple_status`. */
const STATUS: Readonly<Record<CursorStatus, number>> = {
  active: 0,
  start: 1,
  root: 2,
  none: 3,
  pause: 4,
  overflow: 5,
  underflow: 6,
  error: 7,
};

/** See the module. */
export class Reference {
  tree: MapleTree<number>;
  naive = new HashedRangeMap();
  readonly #options: ReferenceOptions;
  /** What the cursor has been through. */
  readonly history: CursorHistory = new CursorHistory();
  #cursor: MapleState<number>;
  #specification: StateSpecification;
  #marked: { tree: MapleTree<number>; naive: HashedRangeMap } | undefined;

  constructor(options: ReferenceOptions) {
    this.#options = options;
    this.tree = this.#newTree();
    this.#cursor = this.tree.state(0);
    this.#specification = new StateSpecification(this.naive);
  }

  /**
   * Performs an operation and writes the answer that is expected of the driver.
   *
   * @param isChecked what the tree then holds is part of the answer
   */
  perform(operation: Operation, words: Uint32Array, at: number, isChecked = true): void {
    const answer = this.answer(operation);
    words.fill(0, at, at + ANSWER_WORDS);
    words[at + Field.ERROR] = answer.error;
    words[at + Field.STATUS] = answer.status === undefined ? 0 : STATUS[answer.status];
    words[at + Field.VALUE] = answer.value;
    writeNumber(words, at + Field.FIRST, answer.first);
    writeNumber(words, at + Field.LAST, answer.last);
    if (isChecked && isWrite(operation.verb)) this.#writeContent(operation, answer, words, at);
  }

  /** Performs an operation on both and gives what they agree on. */
  answer(operation: Operation): Answer {
    const answer = this.#answer(operation);
    this.history.note(operation, answer);
    this.history.entries = this.naive.size;
    return answer;
  }

  #answer(operation: Operation): Answer {
    const { verb } = operation;
    if (verb >= Verb.NEW_TREE) return this.#onWholeTree(verb);
    if (isOnCursor(verb)) return this.#onCursor(operation);
    const answer = onTree(this.tree, operation);
    const naive = onNaive(this.naive, operation);
    if (
      answer.error !== naive.error || answer.value !== naive.value ||
      answer.first !== naive.first || answer.last !== naive.last
    ) throw disagreement(operation, answer, naive);
    return answer;
  }

  #newTree(): MapleTree<number> {
    return new MapleTree<number>({ gaps: this.#options.gaps, rcu: this.#options.readers });
  }

  #onWholeTree(verb: Verb): Answer {
    switch (verb) {
      case Verb.NEW_TREE:
        this.#use(this.#newTree(), new HashedRangeMap());
        this.#marked = undefined;
        break;
      case Verb.MARK:
        this.#marked = { tree: this.tree.duplicate(), naive: this.naive.duplicate() };
        break;
      case Verb.REWIND:
        if (this.#marked !== undefined) {
          this.#use(this.#marked.tree.duplicate(), this.#marked.naive.duplicate());
        }
        break;
      case Verb.DUPLICATE:
        this.tree = this.tree.duplicate();
        this.#cursor = this.tree.state(0);
        this.#specification = new StateSpecification(this.naive);
    }
    return answerOf({});
  }

  #use(tree: MapleTree<number>, naive: HashedRangeMap): void {
    this.tree = tree;
    this.naive = naive;
    this.#cursor = tree.state(0);
    this.#specification = new StateSpecification(this.naive);
  }

  #onCursor(operation: Operation): Answer {
    const cursor = this.#cursor;
    const { error, value } = moveCursor(cursor, operation);
    const answer = { error, value, status: cursor.status, first: cursor.index, last: cursor.last };
    const naive = moveSpecification(this.#specification, operation);
    if (!this.#options.isGuarded) {
      // A write through the cursor went over the range that Maple's stood on before.
      return answer;
    }
    const { index, last, status } = this.#specification;
    if (
      error !== naive.error || value !== naive.value || status !== answer.status ||
      index !== answer.first || last !== answer.last
    ) throw disagreement(operation, answer, { ...naive, first: index, last, status });
    return answer;
  }

  #writeContent(operation: Operation, answer: Answer, words: Uint32Array, at: number): void {
    if (!this.#holdTheSame()) {
      throw new Disagreement(
        `Cannot judge ${
          showOperation(operation)
        }: Maple's tree and the naive map hold different ranges`,
      );
    }
    const { content } = this.naive;
    words[at + Field.COUNT] = content.count;
    words[at + Field.CONTENT_LOW] = content.low;
    words[at + Field.CONTENT_HIGH] = content.high;
    const { first, last } = writtenRange(operation, answer);
    words[at + Field.LOOKUPS] = hashLookups((index) => this.naive.load(index), first, last);
    if (this.#options.shape) words[at + Field.SHAPE] = hashShape(this.tree);
  }

  /** Both walked from end to end, range by range. */
  #holdTheSame(): boolean {
    const state = this.tree.state(0);
    let value = state.find();
    const isSame = this.naive.every((entry) => {
      if (value !== entry.value || state.index !== entry.first || state.last !== entry.last) {
        return false;
      }
      value = state.next();
      return true;
    });
    return isSame && value === undefined;
  }
}

function disagreement(operation: Operation, maple: Partial<Answer>, naive: object): Disagreement {
  return new Disagreement(
    `Cannot judge ${showOperation(operation)}: Maple's tree answers ${JSON.stringify(maple)}, ` +
      `the naive map ${JSON.stringify(naive)}`,
  );
}

/** An answer from what is not 0 or absent. */
function answerOf(known: Partial<Answer>): Answer {
  return { error: 0, status: undefined, value: 0, first: 0, last: 0, ...known };
}

/** What a call answers, or the errno that it threw. */
function caught(call: () => Partial<Answer>): Answer {
  try {
    return answerOf(call());
  } catch (error) {
    return answerOf({ error: -errnoOf(error) });
  }
}

function errnoOf(error: unknown): number {
  if (error instanceof Error && "code" in error) {
    if (error.code === "EBUSY") return ERRNO.EBUSY;
    if (error.code === "EEXIST") return ERRNO.EEXIST;
    if (error.code === "EINVAL") return ERRNO.EINVAL;
    if (error.code === "ENOMEM") return ERRNO.ENOMEM;
  }
  throw error;
}

/** The range around which lookups are made; the driver's `written_range()`. */
function writtenRange(
  { verb, a, b, c }: Operation,
  { error, first, last }: Answer,
): { first: number; last: number } {
  switch (verb) {
    case Verb.STORE:
    case Verb.INSERT:
    case Verb.STORE_PREALLOCATED:
    case Verb.STORE_BESIDE:
      return { first: a, last: b };
    case Verb.ERASE:
      return { first: a, last: a };
    case Verb.ALLOCATE:
    case Verb.ALLOCATE_REVERSE:
      return { first, last: error === 0 ? first + c - 1 : 0 };
  }
  return { first, last };
}

type Found = { readonly first: number; readonly last: number; readonly value: number } | undefined;

/** Operations on Maple's tree, or on a state of their own. */
function onTree(tree: MapleTree<number>, { verb, a, b, c, d }: Operation): Answer {
  const state = () => tree.state(a);
  const found = (at: MapleState<number>, value: number | undefined) =>
    value === undefined ? {} : { value, first: at.index, last: at.last };
  const stored = c === 0 ? undefined : c;
  return caught(() => {
    switch (verb) {
      case Verb.STORE:
        return tree.store(a, b, stored), {};
      case Verb.STORE_BESIDE:
        tree.store(a, b, stored);
        return tree.store(d, d, BESIDE_VALUE), {};
      case Verb.STORE_PREALLOCATED: {
        const at = tree.state(a, b);
        at.preallocate(stored);
        at.storePreallocated(stored);
        return {};
      }
      case Verb.INSERT:
        return tree.insert(a, b, c), {};
      case Verb.ERASE: {
        const at = state();
        return found(at, at.erase());
      }
      case Verb.LOAD:
        return { value: tree.load(a) ?? 0 };
      case Verb.WALK: {
        const at = state();
        const value = at.walk() ?? 0;
        return { value, first: at.index, last: at.last, status: at.status };
      }
      case Verb.FIND: {
        const at = state();
        return found(at, at.find(b));
      }
      case Verb.FIND_REVERSE: {
        const at = state();
        return found(at, at.findReverse(b));
      }
      case Verb.NEXT: {
        const at = state();
        return found(at, at.next(b));
      }
      case Verb.PREVIOUS: {
        const at = state();
        return found(at, at.previous(b));
      }
      case Verb.MT_FIND: {
        const entry = tree.find(a, b);
        return entry === undefined ? { first: a } : { value: entry.value, first: entry.last + 1 };
      }
      case Verb.EMPTY_AREA:
        return area(tree.emptyArea(c, a, b), c);
      case Verb.EMPTY_AREA_REVERSE:
        return area(tree.emptyAreaReverse(c, a, b), c);
      case Verb.ALLOCATE:
        return { first: tree.allocate(d, c, a, b) };
      case Verb.ALLOCATE_REVERSE:
        return { first: tree.allocateReverse(d, c, a, b) };
    }
    throw new RangeError(`Cannot perform verb ${verb} on a tree`);
  });
}

/** The same on the sorted array of ranges. */
function onNaive(map: NaiveRangeMap<number>, { verb, a, b, c, d }: Operation): Answer {
  const found = (entry: Found) => entry === undefined ? {} : { ...entry };
  return caught(() => {
    switch (verb) {
      case Verb.STORE:
      case Verb.STORE_PREALLOCATED:
        return map.store(a, b, c === 0 ? undefined : c), {};
      case Verb.STORE_BESIDE:
        map.store(a, b, c === 0 ? undefined : c);
        return map.store(d, d, BESIDE_VALUE), {};
      case Verb.INSERT:
        return map.insert(a, b, c), {};
      case Verb.ERASE: {
        const value = map.erase(a);
        if (value === undefined) return {};
        const { first, last } = map.rangeAt(a);
        return { value, first, last };
      }
      case Verb.LOAD:
        return { value: map.load(a) ?? 0 };
      case Verb.WALK: {
        const { first, last, value = 0 } = map.rangeAt(a);
        return { first, last, value };
      }
      case Verb.FIND:
        return found(map.find(a, b));
      case Verb.FIND_REVERSE:
        return found(map.findReverse(a, b));
      case Verb.NEXT:
        return found(map.next(a, b));
      case Verb.PREVIOUS:
        return found(map.previous(a, b));
      case Verb.MT_FIND: {
        const entry = map.find(a, b);
        return entry === undefined ? { first: a } : { value: entry.value, first: entry.last + 1 };
      }
      case Verb.EMPTY_AREA:
        return area(map.emptyArea(c, a, b), c);
      case Verb.EMPTY_AREA_REVERSE:
        return area(map.emptyAreaReverse(c, a, b), c);
      case Verb.ALLOCATE:
        return { first: map.allocate(d, c, a, b) };
      case Verb.ALLOCATE_REVERSE:
        return { first: map.allocateReverse(d, c, a, b) };
    }
    throw new RangeError(`Cannot perform verb ${verb} on a map`);
  });
}

/** What a search for free space answers; the kernel says EBUSY where nothing is free. */
function area(first: number | undefined, size: number): Partial<Answer> {
  return first === undefined ? { error: -ERRNO.EBUSY } : { first, last: first + size - 1 };
}

interface Moved {
  readonly error: number;
  readonly value: number;
}

function moveCursor(cursor: MapleState<number>, { verb, a, b, c }: Operation): Moved {
  const { error, value } = caught(() => {
    switch (verb) {
      case Verb.CURSOR_SET:
        return cursor.set(a, b), {};
      case Verb.CURSOR_RESERVE:
        return {};
      case Verb.CURSOR_PAUSE:
        return cursor.pause(), {};
      case Verb.CURSOR_RESET:
        return cursor.reset(), {};
      case Verb.CURSOR_STORE:
        return cursor.store(a === 0 ? undefined : a), {};
      case Verb.CURSOR_STORE_PREALLOCATED:
        cursor.preallocate(a === 0 ? undefined : a);
        cursor.storePreallocated(a === 0 ? undefined : a);
        return {};
      case Verb.CURSOR_ERASE:
        return { value: cursor.erase() ?? 0 };
      case Verb.CURSOR_EMPTY_AREA:
        return cursor.emptyArea(c, a, b), {};
      case Verb.CURSOR_EMPTY_AREA_REVERSE:
        return cursor.emptyAreaReverse(c, a, b), {};
      case Verb.CURSOR_WALK:
        return { value: cursor.walk() ?? 0 };
      case Verb.CURSOR_FIND:
        return { value: cursor.find(a) ?? 0 };
      case Verb.CURSOR_FIND_REVERSE:
        return { value: cursor.findReverse(a) ?? 0 };
      case Verb.CURSOR_NEXT:
        return { value: cursor.next(a) ?? 0 };
      case Verb.CURSOR_PREVIOUS:
        return { value: cursor.previous(a) ?? 0 };
      case Verb.CURSOR_FIND_RANGE:
        return { value: cursor.findRange(a) ?? 0 };
      case Verb.CURSOR_FIND_RANGE_REVERSE:
        return { value: cursor.findRangeReverse(a) ?? 0 };
      case Verb.CURSOR_NEXT_RANGE:
        return { value: cursor.nextRange(a) ?? 0 };
      case Verb.CURSOR_PREVIOUS_RANGE:
        return { value: cursor.previousRange(a) ?? 0 };
    }
    throw new RangeError(`Cannot perform verb ${verb} on a cursor`);
  });
  return { error, value };
}

function moveSpecification(state: StateSpecification, { verb, a, b, c }: Operation): Moved {
  const { error, value } = caught(() => {
    switch (verb) {
      case Verb.CURSOR_SET:
        state.index = a;
        state.last = b;
        state.status = "start";
        return {};
      case Verb.CURSOR_RESERVE:
        return {};
      case Verb.CURSOR_PAUSE:
        state.status = "pause";
        return {};
      case Verb.CURSOR_RESET:
        state.status = "start";
        return {};
      case Verb.CURSOR_STORE:
      case Verb.CURSOR_STORE_PREALLOCATED:
        return state.store(a === 0 ? undefined : a), {};
      case Verb.CURSOR_ERASE:
        return { value: state.erase() ?? 0 };
      case Verb.CURSOR_EMPTY_AREA:
        return stand(state, state.ranges.emptyArea(c, a, b), c);
      case Verb.CURSOR_EMPTY_AREA_REVERSE:
        return stand(state, state.ranges.emptyAreaReverse(c, a, b), c);
      case Verb.CURSOR_WALK:
        return { value: state.walk() ?? 0 };
      case Verb.CURSOR_FIND:
        return { value: state.find(a, false) ?? 0 };
      case Verb.CURSOR_FIND_REVERSE:
        return { value: state.findReverse(a, false) ?? 0 };
      case Verb.CURSOR_NEXT:
        return { value: state.next(a, false) ?? 0 };
      case Verb.CURSOR_PREVIOUS:
        return { value: state.previous(a, false) ?? 0 };
      case Verb.CURSOR_FIND_RANGE:
        return { value: state.find(a, true) ?? 0 };
      case Verb.CURSOR_FIND_RANGE_REVERSE:
        return { value: state.findReverse(a, true) ?? 0 };
      case Verb.CURSOR_NEXT_RANGE:
        return { value: state.next(a, true) ?? 0 };
      case Verb.CURSOR_PREVIOUS_RANGE:
        return { value: state.previous(a, true) ?? 0 };
    }
    throw new RangeError(`Cannot perform verb ${verb} on a cursor`);
  });
  return { error, value };
}

/** A search stands on the area that it found. */
function stand(
  state: StateSpecification,
  first: number | undefined,
  size: number,
): Partial<Answer> {
  if (first === undefined) return { error: -ERRNO.EBUSY };
  state.index = first;
  state.last = first + size - 1;
  state.status = "active";
  return {};
}

/** The largest index, for those who make operations. */
export { MAX_INDEX };
