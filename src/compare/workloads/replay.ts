/**
 * The steps of a recorded program, applied to the address-space model through the public API.
 *
 * @module
 */

import { named } from "../../../bench/names.ts";
import { type CompiledTrace, MmError, type Step } from "../../../mod.ts";
import type { Counters, Workload } from "./workload.ts";

const System = named("System");
const HAS_PERFORM = "perform" in System.prototype;

/** Replays a trace in a system that is new whenever the trace begins again. */
export class ReplayWorkload implements Workload {
  readonly length: number;
  readonly #steps: readonly Step[];
  #system = new System();

  /** Prepares the steps; call {@linkcode fresh} before {@linkcode run}. */
  constructor({ steps }: CompiledTrace) {
    this.length = steps.length;
    this.#steps = steps;
  }

  /** A new system, without processes. */
  fresh(): void {
    this.#system = new System();
  }

  /** Applies steps `from` up to but not including `to`; a hash of what they gave. */
  run(from: number, to: number): number {
    let hash = 0;
    for (let i = from; i < to; i++) hash = (Math.imul(hash, 31) + this.#apply(this.#steps[i]!)) | 0;
    return hash;
  }

  /** VMAs in use, over all processes. */
  counters(): Counters {
    let mapCount = 0;
    for (const space of this.#system.spaces()) mapCount += space.mapCount;
    return { mapCount };
  }

  /** Every VMA of every process. */
  contents(): number {
    let hash = 0;
    const mix = (value: number) => hash = (Math.imul(hash, 31) + value % 0x7fff_ffff) | 0;
    for (const space of this.#system.spaces()) {
      for (const { start, end, flags, pageOffset } of space.vmas()) {
        [start, end, flags, pageOffset].forEach(mix);
      }
    }
    return hash;
  }

  /** The step's kind, and its call. */
  describe(step: number): string {
    const it = this.#steps[step]!;
    return it.type === "call" ? `${it.type} ${it.record.call}` : it.type;
  }

  /** The result; a call that fails answers with its errno, below 0. */
  #apply(step: Step): number {
    // The first commits have no `perform`.
    if (HAS_PERFORM) return this.#system.perform(step) % 0x7fff_ffff;
    try {
      return this.#system.apply(step) % 0x7fff_ffff;
    } catch (error) {
      if (error instanceof MmError) return -error.errno;
      throw error;
    }
  }
}
