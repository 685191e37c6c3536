/**
 * Chance: which event comes next. The same seed gives the same events, as long as the machine does the same.
 *
 * @module
 */

import { PAGE_SIZE, pages } from "../abi/page.ts";
import type { Vma } from "../mm/vma.ts";
import type { Random } from "../random.ts";
import type { EventKind, LoadEvent } from "./event.ts";
import type { Load } from "./load.ts";
import type { RunningLife } from "./running_life.ts";

/** How often each kind of event comes, beside the starts that keep the machine busy. */
const WEIGHTS: readonly (readonly [weight: number, kind: EventKind])[] = [
  [200, "step"],
  [380, "read"],
  [300, "write"],
  [40, "evict"],
  [30, "migrate"],
  [32, "settle"],
  [3, "truncate"],
  [15, "collapse"],
];

/** Addresses that a life is likely to use again. */
const WORKING_SET = 256;

/** One touch in so many goes to a page anywhere. */
const STRAYS = 4;

/** What the scheduler remembers of a life. */
interface Memory {
  /** Its VMAs after `steps` steps. */
  vmas: readonly Vma[];
  steps: number;
  /** Pages that it used lately. */
  readonly recent: number[];
}

/** Draws events for a machine. */
export class Scheduler {
  readonly #load: Load;
  readonly #random: Random;
  readonly #programs: number;
  readonly #processes: number;
  #runs = 0;
  readonly #memories = new WeakMap<RunningLife, Memory>();

  /** Keeps `processes` lives running, of `programs` programs. */
  constructor(load: Load, random: Random, programs: number, processes: number) {
    this.#load = load;
    this.#random = random;
    this.#programs = programs;
    this.#processes = processes;
  }

  /** The next event. */
  next(): LoadEvent {
    const { lives } = this.#load;
    if (lives.length < this.#processes) {
      const argument = this.#random.below(this.#programs);
      return { kind: "start", life: ++this.#runs, argument };
    }
    const kind = this.#random.weighted(WEIGHTS);
    if (kind === "settle") return { kind, life: 0, argument: 0 };
    const life = this.#random.pick(lives);
    const argument = kind === "step" ? 1 : this.#addressIn(life, kind);
    return { kind, life: life.number, argument };
  }

  #addressIn(life: RunningLife, kind: EventKind): number {
    const memory = this.#memoryOf(life);
    const { recent } = memory;
    const strays = kind === "read" || kind === "write" ? STRAYS : Infinity;
    if (kind === "truncate") return this.#pageOf(life.resultMapping(memory.vmas));
    if (recent.length > 0 && (strays === Infinity || !this.#random.oneIn(strays))) {
      return this.#random.pick(recent);
    }
    const page = this.#pageOf(this.#random.pick(memory.vmas));
    if (recent.length < WORKING_SET) recent.push(page);
    else recent[this.#random.below(WORKING_SET)] = page;
    return page;
  }

  #pageOf(vma: Vma | undefined): number {
    if (vma === undefined) return 0;
    return vma.start + this.#random.below(pages(vma.end - vma.start)) * PAGE_SIZE;
  }

  #memoryOf(life: RunningLife): Memory {
    let memory = this.#memories.get(life);
    if (memory === undefined) {
      memory = { vmas: [...life.space.vmas()], steps: life.steps, recent: [] };
      this.#memories.set(life, memory);
    } else if (memory.steps !== life.steps) {
      memory.vmas = [...life.space.vmas()];
      memory.steps = life.steps;
    }
    return memory;
  }
}
