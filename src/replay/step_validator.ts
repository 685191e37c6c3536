/**
 * What a replay checks of the model itself after every step.
 *
 * @module
 */

import type { AddressSpace } from "../mm/address_space.ts";
import { SpaceValidator } from "../mm/checks/incremental.ts";
import type { Step } from "./step.ts";
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
  /** The address space of the last step, which is mostly that of the next one too. */
  #recent: AddressSpace | undefined;
  #recentValidator: SpaceValidator | undefined;

  /** A validator that checks nothing if `validation` is not given. */
  constructor(system: System, validation: Validation | undefined) {
    this.#system = system;
    this.#validation = validation;
  }

  /**
   * Checks what a step left. An address space that it made is validated as a whole, once.
   *
   * @param step what was done
   * @throws {InvariantError} a rule of the tree is broken
   * @throws {MmInvariantError} a rule of the address space is broken
   */
  check(step: Step): void {
    if (this.#validation === undefined) return;
    if (this.#validation === "full") {
      for (const space of this.#system.spaces()) space.validate();
      return;
    }
    this.#checkTouched(step.pid);
    if (step.type === "fork") this.#checkTouched(step.record.child);
  }

  /** A step writes to no tree but that of its process and of the process that it makes. */
  #checkTouched(pid: number): void {
    const space = this.#system.space(pid);
    if (space === undefined) return;
    if (space === this.#recent) return this.#recentValidator!.check();
    let validator = this.#spaces.get(space);
    if (validator !== undefined) validator.check();
    else this.#spaces.set(space, validator = new SpaceValidator(space.descriptor));
    this.#recent = space;
    this.#recentValidator = validator;
  }
}
