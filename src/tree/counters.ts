/**
 * Exact counts of the work that a tree has done since it was made: equal on every machine.
 *
 * Numbers in fields: V8 keeps them as small integers and adds to those at once. To add to an element of a
 * `Float64Array` it turns the element into an integer and back.
 *
 * @module
 */

/** Counts of work. */
export class Counters {
  /** Nodes that walks from the root passed through; `load` does not count, as that would slow it down. */
  visited = 0;
  /** Nodes taken from the pool. */
  allocated = 0;
  /** Nodes given back to it. */
  freed = 0;
  /** Stores that changed one leaf and nothing else but gaps. */
  rewritten = 0;
  /** Nodes that overflowed. */
  split = 0;
  /** Nodes that held too little and took in a neighbour. */
  rebalanced = 0;
  /** Stores that reached beyond one leaf. */
  spanning = 0;
  /** Slots moved within and between nodes. */
  slotsMoved = 0;
  /** Gap records written in inner nodes. */
  gapUpdates = 0;
}
