/**
 * What a replay checks of the model itself after every step.
 *
 * @module
 */

import type { AddressSpace } from "../mm/address_space.ts";
import { SpaceValidator } from "../mm/checks/incremental.ts";
import type { System } from "./system.ts";

/**
 * How much is checked: what the step `touched`, cheap enough to be left on, or the `full` tree and address
 * space from scratch, which costs many times the replay.
 */
export type Validation = "touched" | "full";

/** Checks the address spaces of a system, step by step. */
export class StepValidator {
  readonly #system: System;
  readonly #validation: Validation | undefined;
  readonly #spaces = new WeakMap<AddressSpace, SpaceValidator>();

  /** A validator that checks nothing if `validation` is not given. */
  constructor(system: System, validation: Validation | undefined) {
    this.#system = system;
    this.#validation = validation;
  }

  /**
   * Checks what the last step left. An address space that it made is validated as a whole, once.
   *
   * @throws {InvariantError} a rule of the tree is broken
   * @throws {MmInvariantError} a rule of the address space is broken
   */
  check(): void {
    if (this.#validation === undefined) return;
    for (const space of this.#system.spaces()) {
      const known = this.#spaces.get(space);
      if (this.#validation === "full") space.validate();
      else if (known !== undefined) known.check();
      else this.#spaces.set(space, new SpaceValidator(space.descriptor));
    }
  }
}
