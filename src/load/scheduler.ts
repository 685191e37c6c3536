/**
 * Chance: which event comes next. The same seed gives the same events, as long as the machine does the same.
 *
 * Two processors run two lives at a time, each for a slice: as many events as were drawn when it got the processor,
 * and then it is another's turn. The slices of the two are shuffled into each other, and between any two events of a
 * life the kernel may do its own work, on its pages or on those of a life that waits.
 *
 * ```
 *   processor 0   |-- life 7 --|-------- life 3 --------|- 9 -|          slices of 1 to N events
 *   processor 1      |----- life 4 -----|- 8 -|---- life 7 ----|
 *   events          7 7 4 7 4 4 3 e 4 3 8 3 3 m 8 3 7 9 7 9 9 …         e, m: a page of any life is evicted, moved
 * ```
 * With slices of one event each event goes to a life of its own.
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

/** Events of a slice at most, unless said otherwise. */
export const SLICE = 32;

/** Lives that run at the same time: the processors of the machine. */
const PROCESSORS = 2;

/** What the kernel does by itself: half of it to a life that runs, half to any. */
const KERNEL_WORK: readonly EventKind[] = ["evict", "migrate", "collapse", "truncate"];

/** A kind of event that may be drawn. */
interface Choice {
  readonly kind: EventKind;
  /** True if the kernel does it by itself. */
  readonly isKernelWork: boolean;
}

/** The life that a processor runs, and how many more events it may have. */
interface Slice {
  life: RunningLife | undefined;
  left: number;
}

/** A life without recorded steps ends after about so many turns in which it would have done one. */
const FORKED_STEPS = 20;

/** Children that no recording knows come on top of the others: a quarter as many at most, and one at least may be. */
const CHILDREN = 1 / 4;

/** What a scheduler keeps running, and how. */
export interface SchedulerOptions {
  /** Programs that may be started. */
  readonly programs: number;
  /**
   * Lives of recorded programs at the same time: one that would begin another waits until there is room for it, as a
   * make with so many jobs does. More are there only if all of them wait.
   */
  readonly processes: number;
  /** How often each kind of event comes; as {@linkcode Scheduler} finds usual unless given. */
  readonly weights?: EventWeights;
  /** Events of a slice at most; {@linkcode SLICE} unless given. */
  readonly slice?: number;
}

/** Draws events for a machine. */
export class Scheduler {
  readonly #load: Load;
  readonly #random: Random;
  readonly #programs: number;
  readonly #processes: number;
  /** Every kind as many times as it weighs. */
  readonly #choices: readonly Choice[];
  readonly #slice: number;
  readonly #slices: readonly Slice[] = Array.from(
    { length: PROCESSORS },
    () => ({ life: undefined, left: 0 }),
  );
  /** Lives that wait until another may begin, those that waited longest first; some may have ended meanwhile. */
  readonly #waiting: RunningLife[] = [];
  /** Steps in a row that had to wait. */
  #refused = 0;
  #runs = 0;
  #forks = 0;

  /** Draws for a machine from a source of chance. */
  constructor(load: Load, random: Random, options: SchedulerOptions) {
    const usual = load.memory.locks === null ? WEIGHTS : [...WEIGHTS, BESIDE];
    const { programs, processes, weights = usual, slice = SLICE } = options;
    this.#load = load;
    this.#random = random;
    this.#programs = programs;
    this.#processes = processes;
    this.#slice = slice;
    this.#choices = weights.flatMap(([weight, kind]) =>
      new Array<Choice>(weight).fill({ kind, isKernelWork: KERNEL_WORK.includes(kind) })
    );
  }

  /** The next event. */
  next(): LoadEvent {
    for (;;) {
      const event = (this.#hasRoom() ? this.#newcomer() : undefined) ?? this.#draw();
      if (event !== undefined) return event;
    }
  }

  /** True if a recorded life may begin. */
  #hasRoom(): boolean {
    const { lives, children } = this.#load;
    return lives.length - children < this.#processes;
  }

  /** The life that has waited longest begins another, or a program starts. */
  #newcomer(): LoadEvent {
    const { lives } = this.#load;
    for (let life = this.#waiting.shift(); life !== undefined; life = this.#waiting.shift()) {
      life.waits = false;
      if (lives[life.place] === life) return this.#stepOf(life);
    }
    return { kind: "start", life: ++this.#runs, argument: this.#random.below(this.#programs) };
  }

  /** An event by chance; undefined if what was drawn has to wait. */
  #draw(): LoadEvent | undefined {
    const choice = this.#random.pick(this.#choices);
    const { kind } = choice;
    if (kind === "settle") return { kind, life: 0, argument: 0 };
    const life = this.#lifeFor(choice);
    if (kind === "step") return this.#stepOrEnd(life);
    if (kind === "fork" && !this.#mayFork()) return undefined;
    return { kind, life: life.number, argument: this.#argumentOf(kind, life) };
  }

  #stepOrEnd(life: RunningLife): LoadEvent | undefined {
    if (life.next === undefined) {
      const ends = this.#random.oneIn(FORKED_STEPS);
      return { kind: ends ? "exit" : "settle", life: ends ? life.number : 0, argument: 0 };
    }
    if (!life.isAboutToBear) return this.#stepOf(life);
    if (!life.waits) this.#waiting.push(life);
    life.waits = true;
    return ++this.#refused < this.#load.lives.length ? undefined : this.#letOneGo();
  }

  /** Where every life waits, one goes on all the same: the last, whose own children are the fewest. */
  #letOneGo(): LoadEvent | undefined {
    this.#refused = 0;
    const { lives } = this.#load;
    if (lives.some((life) => life.next !== undefined && !life.waits)) return undefined;
    const last = this.#waiting.pop()!;
    last.waits = false;
    return lives[last.place] === last ? this.#stepOf(last) : undefined;
  }

  #stepOf(life: RunningLife): LoadEvent {
    this.#refused = 0;
    return { kind: "step", life: life.number, argument: 1 };
  }

  #mayFork(): boolean {
    return this.#load.children < Math.max(1, this.#processes * CHILDREN);
  }

  /** The life that an event is about. */
  #lifeFor({ isKernelWork }: Choice): RunningLife {
    const random = this.#random;
    const { lives } = this.#load;
    if (this.#slice === 1 || isKernelWork && random.oneIn(2)) return random.pick(lives);
    const slice = this.#slices[random.below(PROCESSORS)]!;
    if (slice.left === 0 || slice.life === undefined || lives[slice.life.place] !== slice.life) {
      slice.life = random.pick(lives);
      slice.left = random.between(1, this.#slice);
    }
    slice.left--;
    return slice.life;
  }

  #argumentOf(kind: EventKind, life: RunningLife): number {
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
