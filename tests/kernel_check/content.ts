/**
 * What a map holds as two words, and what lookups around a range find as one: the driver's `inspect.h` in TypeScript.
 *
 * @module
 */

import { MAX_INDEX } from "../../src/tree/node_layout.ts";
import { highWord, lowWord } from "../../src/kernel/operation.ts";

/** One step of the hash, on 32-bit words. */
export function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

/** One step with a number's two words. */
export function mixNumber(hash: number, number: number): number {
  return mix(mix(hash, lowWord(number)), highWord(number));
}

/** Takes ranges in ascending order. */
export class ContentHash {
  count = 0;
  #low = 0x9e3779b9 | 0;
  #high = 0x7f4a7c15;

  add(first: number, last: number, value: number): void {
    this.#low = mixNumber(mixNumber(this.#low, first), last);
    this.#high = (mix(this.#high, value) + (this.#low >>> 7)) | 0;
    this.count++;
  }

  get low(): number {
    return this.#low >>> 0;
  }

  get high(): number {
    return this.#high >>> 0;
  }
}

/** Lookups at both ends of a range and beside them, as one word. */
export function hashLookups(
  load: (index: number) => number | undefined,
  first: number,
  last: number,
): number {
  let hash = mix(1, load(first) ?? 0);
  hash = mix(hash, load(last) ?? 0);
  hash = mix(hash, first > 0 ? load(first - 1) ?? 0 : 0);
  return mix(hash, last < MAX_INDEX ? load(last + 1) ?? 0 : 0) >>> 0;
}
