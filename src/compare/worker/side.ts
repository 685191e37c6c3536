/**
 * One side in a measuring process: its workloads, and the clock around them.
 *
 * Imported once from each side's folder, so that nothing that runs inside the timing is shared.
 *
 * @module
 */

import type { Counters, Workload } from "../workloads/workload.ts";
import { WORKLOADS } from "../workloads/list.ts";
import { lacking, prepare } from "../workloads/prepare.ts";

/** A workload of this side, ready to run. */
export class MeasuredWorkload {
  readonly #workload: Workload;
  /** How long the last batch took, milliseconds. */
  milliseconds = 0;
  /** What the last batch answered. */
  hash = 0;

  /** Called by {@linkcode open}. */
  constructor(workload: Workload) {
    this.#workload = workload;
  }

  /** Steps in the list. */
  get length(): number {
    return this.#workload.length;
  }

  /** Makes everything anew. */
  fresh(): void {
    this.#workload.fresh();
  }

  /** Performs a batch between two looks at the clock. */
  run(from: number, to: number): void {
    const start = performance.now();
    this.hash = this.#workload.run(from, to);
    this.milliseconds = performance.now() - start;
  }

  /** See {@linkcode Workload.counters}. */
  counters(): Counters {
    return this.#workload.counters();
  }

  /** See {@linkcode Workload.contents}. */
  contents(): number {
    return this.#workload.contents();
  }

  /** See {@linkcode Workload.describe}. */
  describe(step: number): string {
    return this.#workload.describe(step);
  }
}

/** This side cannot do a workload. */
export interface Lacking {
  /** Why not. */
  readonly why: string;
}

/** What every side's copy of this module exports. */
export interface SideModule {
  /** See {@linkcode open}. */
  readonly open: (name: string) => Promise<MeasuredWorkload | Lacking>;
}

/** Prepares a workload by name, or says why this side cannot. */
export async function open(name: string): Promise<MeasuredWorkload | Lacking> {
  const workload = WORKLOADS.find((candidate) => candidate.name === name);
  if (workload === undefined) return { why: `there is no workload ${name}` };
  const missing = lacking(workload);
  if (missing.length > 0) return { why: `its mod.ts does not export ${missing.join(", ")}` };
  try {
    return new MeasuredWorkload(await prepare(workload));
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}
