/**
 * Seeded random numbers: the same seed gives the same run on every machine. Used by benches, tests, the fuzzers and the
 * sources that traces are recorded from.
 *
 * @module
 */

/** Seeded random numbers (the `mulberry32` sequence); not for secrets. */
export class Random {
  #state: number;

  /** @param seed any whole number; its upper half counts too */
  constructor(seed: number) {
    this.#state = (seed ^ Math.floor(seed / 2 ** 32)) >>> 0;
  }

  /** A whole number in `[0, 2^32)`. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** A number in `[0, 1)`. */
  uniform(): number {
    return this.#next() / 2 ** 32;
  }

  /** A whole number in `[0, limit)`, `limit` at most 2^53. */
  below(limit: number): number {
    if (limit <= 2 ** 32) return Math.floor(this.#next() / 2 ** 32 * limit);
    const high = this.#next() >>> 11;
    return (high * 2 ** 32 + this.#next()) % limit;
  }

  /** A whole number in `[low, high]`. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.#next() < probability * 2 ** 32;
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  /** One of the items, all alike. */
  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError("Cannot pick from an empty list");
    return item;
  }

  /** One of the choices, each as often as its weight says. */
  weighted<T>(choices: readonly (readonly [weight: number, choice: T])[]): T {
    let left = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, choice] of choices) {
      left -= weight;
      if (left < 0) return choice;
    }
    throw new RangeError("Cannot choose: there are no choices");
  }

  /** Reorders `items` in place, every order equally likely. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [items[i], items[j]] = [items[j]!, items[i]!];
    }
    return items;
  }
}
