/**
 * A place in a run: a system, and how many steps it has done.
 *
 * @module
 */

import type { AddressSpace } from "../../mm/address_space.ts";
import type { TreeOperation } from "../../mm/vma_tree.ts";
import type { Vma } from "../../mm/vma.ts";
import type { Step } from "../../replay/step.ts";
import type { System } from "../../replay/system.ts";
import type { LinkedEngine } from "./link.ts";

/** Is told of a tree operation before it is done. */
export type Listener = (
  space: AddressSpace,
  operation: TreeOperation,
  first: number,
  last: number,
  value: Vma | number | undefined,
) => void;

/** What a step came to. */
export interface Outcome {
  /** The result of a call. */
  readonly result: number;
  /** The errno's name and the sentence, if the call failed. */
  readonly error?: { readonly code: string; readonly message: string };
  /** The model broke down: what was thrown, and is no errno. */
  readonly breakdown?: { readonly name: string; readonly message: string };
}

/** A system on its way through the steps of a run. */
export class Playhead {
  /** Told of tree operations, if set. */
  listener: Listener | undefined;
  /** Steps done. */
  step = 0;
  readonly #linked: LinkedEngine;
  readonly #steps: readonly Step[];
  /** The processes. */
  readonly system: System;

  /** Before the first step, or where `from` is, in a copy of it. */
  constructor(linked: LinkedEngine, steps: readonly Step[], from?: Playhead) {
    this.#linked = linked;
    this.#steps = steps;
    const { engine } = linked;
    const observe = (space: AddressSpace) =>
    (
      operation: TreeOperation,
      first: number,
      last: number,
      value: Vma | number | undefined,
    ) => this.listener?.(space, operation, first, last, value);
    this.system = from === undefined
      ? new engine.System(observe)
      : engine.copySystem(from.system, observe);
    this.step = from?.step ?? 0;
  }

  /** A copy that goes on by itself. O(VMAs of all processes). */
  copy(): Playhead {
    return new Playhead(this.#linked, this.#steps, this);
  }

  /** The address space of a process. */
  space(pid: number): AddressSpace | undefined {
    return this.system.space(pid);
  }

  /** The address spaces in use. */
  spaces(): Iterable<AddressSpace> {
    return this.system.spaces();
  }

  /** Does the next step. */
  next(): Outcome {
    const step = this.#steps[this.step++]!;
    this.#linked.renewTurns();
    try {
      return { result: this.system.apply(step) };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const { name, message } = error;
      if (name !== "MmError" || !("code" in error)) {
        return { result: 0, breakdown: { name, message } };
      }
      return { result: 0, error: { code: String(error.code), message } };
    }
  }
}
