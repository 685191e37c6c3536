/**
 * The history of a shared tree, in shared memory: which ranges were stored, in order.
 *
 * @module
 */

/** Word: the last store that has begun. */
export const STARTED = 0;
/** Word: the last store that is complete. */
export const ENDED = 1;
/** Word: not 0 once the readers are to stop. */
export const STOP = 2;
/** Word: readers that are up. */
export const READY = 3;
/** Word: where the history begins. */
export const HISTORY = 4;
/** Words a store: first key, last key, value, 0 for nothing. */
export const WRITE_WORDS = 3;
/** Keys: few, so that the last store over a key is found soon. */
export const KEYS = 512;

/** A fast sequence of 31-bit numbers, never 0. */
export function nextKey(state: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state & 0x7fffffff || 1;
}
