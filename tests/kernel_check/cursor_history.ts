/**
 * What the cursor has been through, and which operations are the caller's own fault.
 *
 * @module
 */

import { isOnCursor, isWrite, type Operation, Verb } from "../../src/kernel/operation.ts";
import type { Answer } from "./answer.ts";

const RENEWALS: ReadonlySet<Verb> = new Set([
  Verb.CURSOR_SET,
  Verb.CURSOR_RESET,
  Verb.CURSOR_PAUSE,
]);

const FINDS: ReadonlySet<Verb> = new Set([
  Verb.CURSOR_FIND,
  Verb.CURSOR_FIND_REVERSE,
  Verb.CURSOR_NEXT,
  Verb.CURSOR_PREVIOUS,
  Verb.CURSOR_FIND_RANGE,
  Verb.CURSOR_FIND_RANGE_REVERSE,
  Verb.CURSOR_NEXT_RANGE,
  Verb.CURSOR_PREVIOUS_RANGE,
]);

const SEARCHES: ReadonlySet<Verb> = new Set([
  Verb.CURSOR_EMPTY_AREA,
  Verb.CURSOR_EMPTY_AREA_REVERSE,
]);

/** See the module. */
export class CursorHistory {
  /** The latest operation on the cursor; `undefined` at the beginning. */
  latest: Verb | undefined;
  /** The latest move found nothing. */
  hasFoundNothing = false;
  /** It has walked since it was set, reset or paused. */
  hasWalked = false;
  /** The range on which it stands. */
  index = 0;
  last = 0;
  /** Entries in the tree. */
  entries = 0;
  #isStale = false;

  /**
   * True if the kernel's rules forbid the operation: the tree has changed and the cursor was not told to walk again,
   * or a gap search is begun by a state that stands somewhere, where it would go on from there.
   */
  forbids({ verb, a, b, d }: Operation): boolean {
    // What two writers store over each other depends on who comes first.
    if (verb === Verb.STORE_BESIDE && d >= a && d <= b) return true;
    if (this.hasWalked && SEARCHES.has(verb)) return true;
    return this.#isStale && isOnCursor(verb) && !RENEWALS.has(verb);
  }

  /** Takes note of an operation and its answer. */
  note({ verb }: Operation, answer: Answer): void {
    if (verb >= Verb.NEW_TREE) return this.#begin();
    if (!isOnCursor(verb)) {
      if (isWrite(verb) && this.hasWalked) this.#isStale = true;
      return;
    }
    if (verb === Verb.CURSOR_RESERVE) return;
    this.latest = verb;
    this.index = answer.first;
    this.last = answer.last;
    this.hasFoundNothing = answer.value === 0 && FINDS.has(verb);
    this.hasWalked = !RENEWALS.has(verb);
    if (RENEWALS.has(verb)) this.#isStale = false;
  }

  /** A new tree has a new cursor. */
  #begin(): void {
    this.latest = undefined;
    this.hasFoundNothing = false;
    this.hasWalked = false;
    this.index = 0;
    this.last = 0;
    this.#isStale = false;
  }
}
