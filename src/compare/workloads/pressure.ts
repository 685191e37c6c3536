/**
 * A load with too little memory as a workload: a step is an event.
 *
 * @module
 */

import { LoadRun, type Program, programOf } from "../../../mod.ts";
import type { Counters, Workload } from "./workload.ts";

/** Page frames of the machine: a tenth of what 16 processes touch in 20,000 events. */
const MEMORY_PAGES = 154;
const SWAP_PAGES = 131_072;

/** Draws the events of one seed, again from the beginning whenever it is made fresh. */
export class PressureWorkload implements Workload {
  readonly length: number;
  readonly #programs: readonly Program[];
  readonly #processes: number;
  #run: LoadRun;

  /** Prepares so many events of so many processes at once. */
  constructor(programs: readonly Program[], processes: number, events: number) {
    this.length = events;
    this.#programs = programs;
    this.#processes = processes;
    this.#run = this.#begin();
  }

  /** A machine on which nothing runs yet. */
  fresh(): void {
    this.#run = this.#begin();
  }

  /** Lets the next events happen; the hash of all so far. */
  run(from: number, to: number): number {
    for (let event = from; event < to; event++) this.#run.next();
    return parseInt(this.#run.hash, 16) | 0;
  }

  /** Pages in memory and in swap. */
  counters(): Counters {
    const { pagesInMemory, pagesInSwap } = this.#run.status;
    return { pagesInMemory, pagesInSwap };
  }

  /** The hash of all events says what came of them. */
  contents(): number {
    return parseInt(this.#run.hash, 16) | 0;
  }

  /** Events are drawn one by one. */
  describe(step: number): string {
    return `event ${step + 1}`;
  }

  #begin(): LoadRun {
    return new LoadRun({
      programs: this.#programs,
      processes: this.#processes,
      memoryPages: MEMORY_PAGES,
      swapPages: SWAP_PAGES,
      hugePages: "never",
      seed: 1,
      checkEvery: Infinity,
    });
  }
}

/** The recorded compiler run that fills the machine. */
export function pressureOf(
  name: string,
  trace: Parameters<typeof programOf>[1],
  processes: number,
  events: number,
): PressureWorkload {
  return new PressureWorkload([programOf(name, trace)], processes, events);
}
