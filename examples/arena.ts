/** An allocator of memory in one buffer: first fit or best fit, with alignment. */

import { type KeyRange, RangeMap } from "@maple/mm/range-map";

/** Which gap an allocation is made in. */
export type Fit = "first" | "best";

/** What is allocated of `size` bytes. */
export class Arena {
  readonly #blocks = new RangeMap<Fit>();
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  /** The address of `size` bytes that nobody else has, `undefined` if they are nowhere in a row. */
  allocate(size: number, align = 16, fit: Fit = "first"): number | undefined {
    const within = fit === "first" ? { end: this.#size } : this.#tightestGap(size, align);
    const address = this.#blocks.firstGap(size, { within, align });
    if (address !== undefined) this.#blocks.set(address, address + size, fit);
    return address;
  }

  free(address: number): void {
    const block = this.#blocks.getEntry(address);
    if (block?.start !== address) throw new RangeError(`Nothing was allocated at ${address}`);
    this.#blocks.delete(block.start, block.end);
  }

  #tightestGap(size: number, align: number): KeyRange {
    return [...this.#blocks.gaps(0, this.#size)]
      .filter((within) => this.#blocks.firstGap(size, { within, align }) !== undefined)
      .reduce((a, b) => b.end - b.start < a.end - a.start ? b : a, { start: 0, end: this.#size });
  }
}
