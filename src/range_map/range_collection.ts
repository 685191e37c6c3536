/**
 * What `console.log` prints of a map and of a set: how many ranges there are, and the first of them.
 *
 * @module
 */

import { DENO_INSPECT, NODE_INSPECT } from "../tree/inspect.ts";
import type { KeyRange } from "./types.ts";

/** Ranges that are printed. */
const SHOWN = 8;

/**
 * What range maps and sets have in common: `console.log` prints them in a few lines, whatever their size.
 *
 * A class of its own, as a bundler does not leave out a class with a method by a symbol of others': with these methods
 * in each of them, a program that uses one would carry them all.
 */
export abstract class RangeCollection implements Iterable<KeyRange<unknown>> {
  /** Ranges in it. */
  abstract readonly size: number;

  /** The name of its class, which bundlers leave as it is. */
  abstract readonly [Symbol.toStringTag]: string;

  /** Its ranges, ascending. */
  abstract [Symbol.iterator](): IterableIterator<KeyRange<unknown>>;

  /** What Deno's `console.log` prints: the size and the first ranges. */
  [DENO_INSPECT](inspect: (value: unknown, options: object) => string, options: object): string {
    let text = `${this[Symbol.toStringTag]} { size: ${this.size} }`;
    let shown = 0;
    for (const range of this) {
      if (shown++ === SHOWN) return `${text}\n  … ${this.size - SHOWN} more`;
      text += `\n  [${range.start}, ${range.end})`;
      if ("value" in range) text += `: ${inspect(range.value, options)}`;
    }
    return text;
  }

  /** What the `console.log` of Node and of Bun prints. */
  [NODE_INSPECT](
    _depth: number,
    options: object,
    inspect: (value: unknown, options: object) => string,
  ): string {
    return this[DENO_INSPECT](inspect, options);
  }
}
