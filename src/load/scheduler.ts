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
export type EventWeights = readonly (readonly [weight: number, kind: EventKind])[];

/** As often as unless said otherwise. */
const WEIGHTS: EventWeights = [
  [160, "step"],
  [25, "starve"],
  [3, "fork"],
  [12, "border"],
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

/** Structures that a starved call may take, at most one less. */
const MOST_STRUCTURES = 4;

/** A life without recorded steps ends after about so many turns in which it would have done one. */
const FORKED_STEPS = 20;

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
  readonly #weights: EventWeights;
  #runs = 0;
  #forks = 0;
  readonly #memories = new WeakMap<RunningLife, Memory>();

  /** Keeps `processes` lives running, of `programs` programs. */
  constructor(
    load: Load,
    random: Random,
    programs: number,
    processes: number,
    weights: EventWeights = WEIGHTS,
  ) {
    this.#load = load;
    this.#random = random;
    this.#programs = programs;
    this.#processes = processes;
    this.#weights = weights;
  }

  /** The next event. */
  next(): LoadEvent {
    const { lives } = this.#load;
    if (lives.length < this.#processes) {
      const argument = this.#random.below(this.#programs);
      return { kind: "start", life: ++this.#runs, argument };
    }
    const kind = this.#random.weighted(this.#weights);
    if (kind === "settle") return { kind, life: 0, argument: 0 };
    const life = this.#random.pick(lives);
    if (life.next === undefined && kind === "step") {
      const ends = this.#random.oneIn(FORKED_STEPS);
      return { kind: ends ? "exit" : "settle", life: ends ? life.number : 0, argument: 0 };
    }
    return { kind, life: life.number, argument: this.#argumentOf(kind, life) };
  }

  #argumentOf(kind: EventKind, life: RunningLife): number {
    if (kind === "step") return 1;
    if (kind === "fork") return ++this.#forks;
    return kind === "starve" ? this.#random.below(MOST_STRUCTURES) : this.#addressIn(life, kind);
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
