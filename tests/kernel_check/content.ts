/**
 * What a map holds as two words, and what lookups around a range find as one: the driver's `inspect.h` in TypeScript.
 *
 * @module
 */

import { NaiveRangeMap } from "../naive_range_map.ts";
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

/** The first of a range's two words. */
function lowHash(first: number, last: number, value: number): number {
  return mix(mixNumber(mixNumber(0x9e3779b9 | 0, first), last), value);
}

/** The second, made from the first. */
function highHash(low: number): number {
  return mix(0x7f4a7c15, low);
}

/**
 * What a map holds: how many ranges, and two words that are sums over them, so that a write changes them by what it
 * takes away and adds. That ranges lie in order is not part of it; the driver tells that by a flag.
 */
export class ContentHash {
  count = 0;
  #low = 0;
  #high = 0;

  add(first: number, last: number, value: number): void {
    const low = lowHash(first, last, value);
    this.#low = (this.#low + low) | 0;
    this.#high = (this.#high + highHash(low)) | 0;
    this.count++;
  }

  remove(first: number, last: number, value: number): void {
    const low = lowHash(first, last, value);
    this.#low = (this.#low - low) | 0;
    this.#high = (this.#high - highHash(low)) | 0;
    this.count--;
  }

  get low(): number {
    return this.#low >>> 0;
  }

  get high(): number {
    return this.#high >>> 0;
  }

  copy(): ContentHash {
    const copy = new ContentHash();
    copy.count = this.count;
    copy.#low = this.#low;
    copy.#high = this.#high;
    return copy;
  }
}

/** The naive map, with the hash of what it holds kept up to date. */
export class HashedRangeMap extends NaiveRangeMap<number> {
  content: ContentHash = new ContentHash();

  /** Every write of the naive map comes here. */
  override store(first: number, last: number, value: number | undefined): void {
    const { content } = this;
    if (first > last) return super.store(first, last, value);
    // A range that is cut is another one afterwards; none reaches further than these do.
    const from = this.entryAt(first)?.first ?? first;
    const to = this.entryAt(last)?.last ?? last;
    for (const it of this.entries(from, to)) content.remove(it.first, it.last, it.value);
    super.store(first, last, value);
    for (const it of this.entries(from, to)) content.add(it.first, it.last, it.value);
  }

  override duplicate(): HashedRangeMap {
    const copy = new HashedRangeMap();
    copy.become(this);
    copy.content = this.content.copy();
    return copy;
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
