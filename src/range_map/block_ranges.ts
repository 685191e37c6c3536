/**
 * Ranges of bigints: sorted arrays in blocks, and a sorted list of the blocks.
 *
 * A maple tree's keys are doubles, which hold 53 bits; 64 and 128 bits need bigints, and those live in arrays. A lookup
 * halves the list of blocks, then the block; a write moves at most one block's rows. Each block remembers its longest
 * gap, so that a search for a gap passes over blocks that have none.
 *
 * Invariants: there is a block, and only a lone one is empty; ranges ascend, hold a key, and do not overlap; no block
 * has more than {@linkcode CAPACITY} rows between writes.
 *
 * @module
 */

import { Block, CAPACITY, MINIMUM, type Position } from "./block.ts";
import type { RangeCursor, Ranges } from "./ranges.ts";

/** See {@linkcode Ranges}. */
export class BlockRanges<V> implements Ranges<bigint, V> {
  readonly minimum: bigint;
  readonly highest: bigint;
  /** Rises with every change. */
  version = 0;
  #blocks: Block<V>[];
  #size = 0;

  /** Ranges of keys from `minimum` to below `highest`. */
  constructor(minimum: bigint, highest: bigint) {
    this.minimum = minimum;
    this.highest = highest;
    this.#blocks = [new Block<V>()];
  }

  get size(): number {
    return this.#size;
  }

  /** The blocks, for cursors and tests. */
  get blocks(): readonly Block<V>[] {
    return this.#blocks;
  }

  load(key: bigint): V | undefined {
    const { block, slot } = this.endingAfter(key);
    const { starts, values } = this.#blocks[block]!;
    return slot < starts.length && starts[slot]! <= key ? values[slot] : undefined;
  }

  write(start: bigint, end: bigint, value: V | undefined): void {
    const from = this.endingAfter(start);
    const to = this.startingFrom(end);
    const rows = new Block<V>();
    if (this.#isBefore(from, to)) {
      const first = this.#blocks[from.block]!;
      if (first.starts[from.slot]! < start) {
        rows.push(first.starts[from.slot]!, start, first.values[from.slot]!);
      }
    }
    if (value !== undefined) rows.push(start, end, value);
    if (this.#isBefore(from, to)) {
      const last = this.#before(to);
      const block = this.#blocks[last.block]!;
      if (block.ends[last.slot]! > end) {
        rows.push(end, block.ends[last.slot]!, block.values[last.slot]!);
      }
    }
    this.#replace(from, to, rows);
    this.version++;
  }

  lowestGap(size: bigint, start: bigint, end: bigint, align: bigint): bigint | undefined {
    const fit = (low: bigint, high: bigint): bigint | undefined => {
      const rest = low % align;
      const at = rest === 0n ? low : low - rest + (rest > 0n ? align : 0n);
      return at + size <= (high < end ? high : end) ? at : undefined;
    };
    let low = start;
    let { block: i, slot } = this.endingAfter(start);
    for (; i < this.#blocks.length && end - low >= size; i++, slot = 0) {
      const block = this.#blocks[i]!;
      for (; slot < block.length; slot++) {
        const found = fit(low, block.starts[slot]!);
        if (found !== undefined) return found;
        if (slot === 0 && block.longestGap < size) slot = block.length - 1;
        low = block.ends[slot]!;
      }
    }
    return fit(low, end);
  }

  highestGap(size: bigint, start: bigint, end: bigint, align: bigint): bigint | undefined {
    const fit = (low: bigint, high: bigint): bigint | undefined => {
      const from = low > start ? low : start;
      const rest = (high - size) % align;
      const at = high - size - (rest < 0n ? rest + align : rest);
      return at >= from ? at : undefined;
    };
    let high = end;
    const to = this.startingFrom(end);
    let slot = to.slot - 1;
    for (let i = to.block; i >= 0 && high - start >= size; i--) {
      const block = this.#blocks[i]!;
      if (i < to.block) slot = block.length - 1;
      for (; slot >= 0; slot--) {
        const found = fit(block.ends[slot]!, high);
        if (found !== undefined) return found;
        if (slot === block.length - 1 && block.longestGap < size) slot = 0;
        high = block.starts[slot]!;
      }
    }
    return fit(start, high);
  }

  cursor(): BlockCursor<V> {
    return new BlockCursor<V>(this);
  }

  /** Removes every range. */
  clear(): void {
    this.#blocks = [new Block<V>()];
    this.#size = 0;
    this.version++;
  }

  /** The same ranges once more. */
  clone(): BlockRanges<V> {
    const copy = new BlockRanges<V>(this.minimum, this.highest);
    copy.#blocks = this.#blocks.map((block) => block.clone());
    copy.#size = this.#size;
    return copy;
  }

  /** Where the first range is that ends after `key`, or the place after the last one. */
  endingAfter(key: bigint): Position {
    const block = this.#firstBlock((ends) => ends.at(-1)! > key);
    return { block, slot: this.#blocks[block]!.firstEndingAfter(key) };
  }

  /** Where the first range is that starts at or after `key`, or the place after the last one. */
  startingFrom(key: bigint): Position {
    const block = this.#firstBlock((_, starts) => starts.at(-1)! >= key);
    return { block, slot: this.#blocks[block]!.firstStartingFrom(key) };
  }

  /** The first block for which `isFar` holds, as it does for all after it; the last block if there is none. */
  #firstBlock(
    isFar: (ends: readonly bigint[], starts: readonly bigint[]) => boolean,
  ): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      const { ends, starts } = this.#blocks[middle]!;
      if (isFar(ends, starts)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #isBefore(a: Position, b: Position): boolean {
    return a.block < b.block || (a.block === b.block && a.slot < b.slot);
  }

  /** The range before a position that is not the first. */
  #before({ block, slot }: Position): Position {
    if (slot > 0) return { block, slot: slot - 1 };
    return { block: block - 1, slot: this.#blocks[block - 1]!.length - 1 };
  }

  /** Puts `rows` in the place of the ranges from `from` to before `to`. */
  #replace(from: Position, to: Position, rows: Block<V>): void {
    const first = this.#blocks[from.block]!;
    this.#size += rows.length;
    if (from.block === to.block) {
      const count = to.slot - from.slot;
      this.#size -= count;
      first.replace(from.slot, count, rows);
    } else {
      const last = this.#blocks[to.block]!;
      this.#size -= first.length - from.slot + to.slot;
      first.replace(from.slot, first.length - from.slot, rows);
      last.replace(0, to.slot, new Block<V>());
      const between = this.#blocks.splice(from.block + 1, to.block - from.block - 1);
      for (const { length } of between) this.#size -= length;
      this.#balance(from.block + 1);
    }
    this.#balance(from.block);
  }

  /** Splits a block that is too long; joins one that is too short with a neighbour. */
  #balance(at: number): void {
    const block = this.#blocks[at]!;
    if (block.length > CAPACITY) {
      this.#blocks.splice(at + 1, 0, block.cut(block.length >> 1));
    } else if (block.length < MINIMUM && this.#blocks.length > 1) {
      const left = at > 0 ? at - 1 : at;
      const [right] = this.#blocks.splice(left + 1, 1);
      const joined = this.#blocks[left]!;
      joined.replace(joined.length, 0, right!);
      if (joined.length > CAPACITY) this.#balance(left);
    }
  }
}

/** See {@linkcode RangeCursor}. Its place is valid while `version` is that of the ranges. */
export class BlockCursor<V> implements RangeCursor<bigint, V> {
  readonly #ranges: BlockRanges<V>;
  #block = 0;
  #slot = 0;
  #version = -1;
  #start = 0n;
  #end = 0n;
  #value: V | undefined;

  /** A cursor that stands nowhere yet. */
  constructor(ranges: BlockRanges<V>) {
    this.#ranges = ranges;
  }

  get first(): bigint {
    return this.#start;
  }

  get after(): bigint {
    return this.#end;
  }

  get held(): V {
    return this.#value!;
  }

  seek(key: bigint): boolean {
    const { block, slot } = this.#ranges.endingAfter(key);
    return this.#stand(block, slot);
  }

  seekBack(key: bigint): boolean {
    const { block, slot } = this.#ranges.startingFrom(key);
    return this.#stand(block, slot - 1);
  }

  forward(): boolean {
    if (this.#version !== this.#ranges.version) return this.seek(this.#end);
    return this.#stand(this.#block, this.#slot + 1);
  }

  back(): boolean {
    if (this.#version !== this.#ranges.version) return this.seekBack(this.#start);
    return this.#stand(this.#block, this.#slot - 1);
  }

  /** Stands on a slot, one before a block's first, or one after its last. */
  #stand(block: number, slot: number): boolean {
    const { blocks, version } = this.#ranges;
    if (slot < 0) slot = (blocks[--block]?.length ?? 0) - 1;
    else if (slot >= blocks[block]!.length) {
      block++;
      slot = 0;
    }
    const found = blocks[block];
    if (found === undefined || slot < 0 || slot >= found.length) return false;
    this.#block = block;
    this.#slot = slot;
    this.#version = version;
    this.#start = found.starts[slot]!;
    this.#end = found.ends[slot]!;
    this.#value = found.values[slot];
    return true;
  }
}
