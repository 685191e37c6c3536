/**
 * Chance: which event comes next. The same seed gives the same events, as long as the machine does the same.
 *
 * @module
 */

import { PAGE_SIZE, pageAlignDown, pageAlignUp, pages } from "../abi/page.ts";
import type { Vma } from "../mm/vma.ts";
import { VM_GROWSDOWN } from "../mm/vm_flags.ts";
import type { Random } from "../random.ts";
import { besideArgument, type EventKind, type LoadEvent } from "./event.ts";
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

/** Beside those, where locks are checked: a second task has lock points there. */
const BESIDE: EventWeights[number] = [60, "beside"];

/** Lock points of a call at which a second task may touch memory; few calls have more. */
const POINTS = 14;

/** A stack grows by so many pages at most when a second task touches memory below it. */
const GROWTH = 4;

/** Addresses that a life is likely to use again. */
const WORKING_SET = 256;

/** One touch in so many goes to a page anywhere. */
const STRAYS = 4;

/** Structures that a starved call may take, at most one less. */
const MOST_STRUCTURES = 4;

/** A life without recorded steps ends after about so many turns in which it would have done one. */
const FORKED_STEPS = 20;

/** Draws events for a machine. */
export class Scheduler {
  readonly #load: Load;
  readonly #random: Random;
  readonly #programs: number;
  readonly #processes: number;
  /** Every kind as many times as it weighs. */
  readonly #kinds: readonly EventKind[];
  #runs = 0;
  #forks = 0;

  /** Keeps `processes` lives running, of `programs` programs. */
  constructor(
    load: Load,
    random: Random,
    programs: number,
    processes: number,
    weights: EventWeights = load.memory.locks === null ? WEIGHTS : [...WEIGHTS, BESIDE],
  ) {
    this.#load = load;
    this.#random = random;
    this.#programs = programs;
    this.#processes = processes;
    this.#kinds = weights.flatMap(([weight, kind]) => new Array<EventKind>(weight).fill(kind));
  }

  /** The next event. */
  next(): LoadEvent {
    const { lives } = this.#load;
    if (lives.length < this.#processes) {
      const argument = this.#random.below(this.#programs);
      return { kind: "start", life: ++this.#runs, argument };
    }
    const kind = this.#random.pick(this.#kinds);
    if (kind === "settle") return { kind, life: 0, argument: 0 };
    const life = this.#random.pick(lives);
    if (kind === "step" && life.next === undefined) {
      const ends = this.#random.oneIn(FORKED_STEPS);
      return { kind: ends ? "exit" : "settle", life: ends ? life.number : 0, argument: 0 };
    }
    return { kind, life: life.number, argument: this.#argumentOf(kind, life) };
  }

  #argumentOf(kind: EventKind, life: RunningLife): number {
    if (kind === "step") return 1;
    if (kind === "fork") return ++this.#forks;
    if (kind === "beside") return this.#besideArgument(life);
    return kind === "starve" ? this.#random.below(MOST_STRUCTURES) : this.#addressIn(life, kind);
  }

  #addressIn(life: RunningLife, kind: EventKind): number {
    if (kind === "truncate") return this.#pageOf(life.resultMapping());
    const { recent } = life;
    const strays = kind === "read" || kind === "write";
    if (recent.length > 0 && !(strays && this.#random.oneIn(STRAYS))) {
      return this.#random.pick(recent);
    }
    const page = this.#pageOf(nextVma(life));
    if (recent.length < WORKING_SET) recent.push(page);
    else recent[this.#random.below(WORKING_SET)] = page;
    return page;
  }

  /** A touch by a second task: below the stack, of what the next call is about, or of a page that was used lately. */
  #besideArgument(life: RunningLife): number {
    const random = this.#random;
    const stack = random.oneIn(4) ? stackOf(life) : undefined;
    const address = stack !== undefined
      ? stack.start - (1 + random.below(GROWTH)) * PAGE_SIZE
      : random.oneIn(4)
      ? this.#addressIn(life, "beside")
      : this.#addressOfCall(life) ?? this.#addressIn(life, "beside");
    const point = random.oneIn(3) ? 0 : 1 + random.below(POINTS);
    return besideArgument({ address, writes: !random.oneIn(3), point });
  }

  /** A page in the range that the life's next call names, or beside it; undefined if it names none. */
  #addressOfCall({ next }: RunningLife): number | undefined {
    if (next?.step.type !== "call") return undefined;
    const [start = 0, length = 0] = next.step.enter.args;
    if (start < PAGE_SIZE || !Number.isSafeInteger(start + length)) return undefined;
    return pageAlignDown(start) +
      (this.#random.below(pages(pageAlignUp(length)) + 2) - 1) * PAGE_SIZE;
  }

  #pageOf(vma: Vma | undefined): number {
    if (vma === undefined) return 0;
    return vma.start + this.#random.below(pages(vma.end - vma.start)) * PAGE_SIZE;
  }
}

/** The life's stack, if it may grow. */
function stackOf(life: RunningLife): Vma | undefined {
  const { tree, startStack } = life.space.descriptor;
  const vma = tree.load(startStack);
  return vma !== undefined && vma.flags & VM_GROWSDOWN ? vma : undefined;
}

/** The VMA that comes after the one to which the life strayed last; after the highest comes the lowest. */
function nextVma(life: RunningLife): Vma | undefined {
  const { tree } = life.space.descriptor;
  const vma = tree.findVma(life.strayed) ?? tree.findVma(0);
  if (vma !== undefined) life.strayed = vma.end;
  return vma;
}
