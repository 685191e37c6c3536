/**
 * How many VMAs there were, over all steps of a replay.
 *
 * @module
 */

/** VMAs in use, over all steps. */
export interface MapCountRange {
  /** Fewest. */
  readonly min: number;
  /** In half of the steps at most this many. */
  readonly median: number;
  /** Most. */
  readonly max: number;
}

/** Counts of VMAs, as many as there are steps, in memory for as many as there are different ones. */
export class MapCounts {
  readonly #steps = new Map<number, number>();
  #total = 0;

  /** Takes the count after one step. */
  add(count: number): void {
    this.#steps.set(count, (this.#steps.get(count) ?? 0) + 1);
    this.#total++;
  }

  /** The least, the median (the lower one of two) and the largest; 0 if there is none. O(different counts). */
  get range(): MapCountRange {
    const ascending = [...this.#steps].sort(([a], [b]) => a - b);
    const at = (place: number): number => {
      for (const [count, steps] of ascending) {
        if (place < steps) return count;
        place -= steps;
      }
      return 0;
    };
    const last = this.#total - 1;
    return { min: at(0), median: at(Math.floor(last * 0.5)), max: at(last) };
  }
}
