/**
 * The memory that an address space takes for its own structures: VMAs, anon_vmas, the links between
 * them, tree nodes.
 *
 * The model's memory does not run out, so a test says when it does: after a number of takings every
 * further one fails, as the kernel's do under fault injection. A system call that changes the VMAs in
 * several steps reserves what all of them may take before the first.
 *
 * @module
 */

import { MmError } from "./error.ts";

/** How many structures may still be taken. */
export class FaultInjection {
  /** Structures that may still be taken before one fails. */
  left: number = Infinity;
  #reserved = 0;

  /**
   * Takes one structure: of those reserved, if there are any.
   *
   * @throws {MmError} ENOMEM if none is left
   */
  take(what: string): void {
    if (this.#reserved > 0) {
      this.#reserved--;
      return;
    }
    if (this.left <= 0) throw new MmError("ENOMEM", `Cannot allocate ${what}: memory ran out`);
    this.left--;
  }

  /**
   * Runs `work` with `count` structures in hand, and gives back those it leaves.
   *
   * @throws {MmError} ENOMEM if there are not so many; `work` has not begun then
   */
  withReserve<T>(count: number, work: () => T): T {
    this.reserve(count);
    try {
      return work();
    } finally {
      this.giveBack();
    }
  }

  /**
   * Takes `count` structures in hand, until {@linkcode giveBack}: for work that comes so often that it should not need
   * a function object.
   *
   * @throws {MmError} ENOMEM if there are not so many
   */
  reserve(count: number): void {
    if (this.left < count) {
      throw new MmError("ENOMEM", `Cannot reserve ${count} structures: memory ran out`);
    }
    this.left -= count;
    this.#reserved += count;
  }

  /** Gives back what is left of those in hand. */
  giveBack(): void {
    this.left += this.#reserved;
    this.#reserved = 0;
  }
}
