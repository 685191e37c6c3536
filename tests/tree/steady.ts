/**
 * What a tree in steady state may take from the JavaScript heap.
 *
 * @module
 */

/** A tree to store into. */
export interface Steady {
  /** Ranges that it holds. */
  readonly ranges: number;
  /** It keeps track of gaps. */
  readonly gaps: boolean;
}

/** Stores of a round. */
export const STORES = 50_000;

/** A byte a store; a single number on the heap for each store would be 16. */
export const LIMIT: number = STORES;
