/**
 * Running a load: drawn by chance from a seed, or from a list of events, until something is found.
 *
 * @module
 */

import { MmInvariantError } from "../mm/error.ts";
import { Random } from "../random.ts";
import { InvariantError } from "../tree/errors.ts";
import { EVENT_KINDS, type LoadEvent } from "./event.ts";
import { LoadFinding } from "./finding.ts";
import { Load, type LoadOptions } from "./load.ts";
import { checkIdle, checkMachine } from "./machine_check.ts";
import { Scheduler } from "./scheduler.ts";

/** What is drawn. */
export interface DrawOptions extends LoadOptions {
  /** Seed of all chance. */
  readonly seed: number;
  /** Lives that run at the same time. */
  readonly processes: number;
  /** Events that a life has a processor for at most, before another gets it; 32 unless given. */
  readonly slice?: number;
  /** The whole machine is checked after so many events. */
  readonly checkEvery: number;
}

/** What is drawn, and for how long. */
export interface RunOptions extends DrawOptions {
  /** Events at most. */
  readonly events: number;
  /** Awaited every 10,000 events; true ends the run early. */
  readonly onSlice?: (status: LoadStatus) => Promise<boolean>;
}

/** How a run stands. */
export interface LoadStatus {
  /** Events so far. */
  readonly events: number;
  /** Pages in memory. */
  readonly pagesInMemory: number;
  /** Slots of the swap device in use. */
  readonly pagesInSwap: number;
  /** VMAs of each address space, ascending. */
  readonly mapCounts: readonly number[];
}

/** What came of a run. */
export interface LoadReport {
  /** Events that happened, the one that found something included. */
  readonly events: number;
  /** Hash of all events and of what came of them: equal for equal runs. */
  readonly hash: string;
  /** Address spaces that were killed because memory and swap were full. */
  readonly killed: number;
  /** Runs of programs that were begun. */
  readonly started: number;
  /** Calls that another kernel's rules answer otherwise than was recorded; their programs ended there. */
  readonly parted: number;
  /** What was found, undefined if nothing was. */
  readonly finding: Found | undefined;
}

/** A rule that did not hold. */
export interface Found {
  /** The rule without the numbers that differ from run to run: by it two findings are compared. */
  readonly rule: string;
  /** The whole sentence. */
  readonly message: string;
}

/** A run, as far as it has come. Deterministic: the same options give the same events. */
export class LoadRun {
  readonly #load: Load;
  readonly #scheduler: Scheduler;
  readonly #checkEvery: number;
  readonly #hash = new EventHash();
  #events = 0;
  #started = 0;

  /** A run without an event yet. */
  constructor(options: DrawOptions) {
    const { seed, processes, programs, slice } = options;
    this.#load = new Load(options);
    this.#scheduler = new Scheduler(this.#load, new Random(seed), {
      ...{ programs: programs.length, processes },
      ...(slice !== undefined && { slice }),
    });
    this.#checkEvery = options.checkEvery;
  }

  /** Events so far, one that found something included. */
  get events(): number {
    return this.#events;
  }

  /** Runs of programs that were begun. */
  get started(): number {
    return this.#started;
  }

  /** Address spaces that were killed because memory and swap were full. */
  get killed(): number {
    return this.#load.killed;
  }

  /** Calls that another kernel's rules answered otherwise than was recorded. */
  get parted(): number {
    return this.#load.parted;
  }

  /** Hash of all events and of what came of them, eight hexadecimal digits. */
  get hash(): string {
    return this.#hash.text;
  }

  /** How it stands. O(processes). */
  get status(): LoadStatus {
    const { memory, lives } = this.#load;
    const mapCounts = lives.map(({ space }) => space.mapCount).sort((a, b) => a - b);
    return {
      events: this.#events,
      pagesInMemory: memory.used,
      pagesInSwap: memory.swapSlots,
      mapCounts,
    };
  }

  /**
   * Draws the next event and lets it happen.
   *
   * @param onEvent told of the event before it happens
   * @throws {LoadFinding} a rule of the load is broken
   * @throws {MmInvariantError} a rule of the address space is broken
   * @throws {InvariantError} a rule of the tree is broken
   */
  next(onEvent?: (event: LoadEvent) => void): void {
    const event = this.#scheduler.next();
    this.#events++;
    if (event.kind === "start") this.#started++;
    onEvent?.(event);
    this.#hash.add(event, this.#load.apply(event));
    if (this.#events % this.#checkEvery === 0) checkMachine(this.#load);
  }

  /**
   * Checks the whole machine, ends all lives, and checks that nothing is left.
   *
   * @throws as {@linkcode next}
   */
  end(): void {
    checkMachine(this.#load);
    this.#load.end();
    checkIdle(this.#load);
  }
}

/** Events between two calls of `onSlice`. */
const SLICE = 10_000;

/**
 * Runs a load by chance, and tears it down. Deterministic: the same options give the same report.
 *
 * What is found ends the run and is reported; anything else that is thrown is a fault of the load itself.
 */
export async function runLoad(options: RunOptions): Promise<LoadReport> {
  const run = new LoadRun(options);
  let isOver = false;
  let finding: Found | undefined;
  while (finding === undefined && !isOver && run.events < options.events) {
    const end = Math.min(options.events, run.events + SLICE);
    finding = found(() => {
      while (run.events < end) run.next();
    });
    isOver = await options.onSlice?.(run.status) ?? false;
  }
  finding ??= found(() => run.end());
  const { events, hash, killed, started, parted } = run;
  return { events, hash, killed, started, parted, finding };
}

/**
 * The events that a run draws, up to the one that finds something. O(events) memory: 17 bytes each.
 */
export function drawnEvents<List extends { push(event: LoadEvent): void }>(
  options: RunOptions,
  into: List,
): List {
  const run = new LoadRun(options);
  found(() => {
    while (run.events < options.events) run.next((event) => into.push(event));
  });
  return into;
}

/** Checks of the whole machine in one replay of a list, at most: after every event if the list is that short. */
const CHECKS = 200;

/** Replays a list of events, checks the whole machine on the way and at the end, and tells what was found first. */
export function replayEvents(
  options: LoadOptions,
  events: readonly LoadEvent[],
): { readonly events: number; readonly finding: Found | undefined } {
  const load = new Load(options);
  const checkEvery = Math.ceil(events.length / CHECKS);
  let happened = 0;
  const finding = found(() => {
    for (const event of events) {
      happened++;
      load.apply(event);
      if (happened % checkEvery === 0) checkMachine(load);
    }
    checkMachine(load);
    load.end();
    checkIdle(load);
  });
  return { events: happened, finding };
}

/** What `act` finds; anything but a broken rule is thrown on. */
function found(act: () => void): Found | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof MmInvariantError || error instanceof InvariantError) {
      return { rule: withoutNumbers(error.rule), message: error.message };
    }
    if (error instanceof LoadFinding) {
      return { rule: withoutNumbers(error.message), message: error.message };
    }
    throw error;
  }
}

function withoutNumbers(text: string): string {
  return text.replace(/\b(0x[0-9a-f]+|\d+)\b/g, "N");
}

/** FNV-1a over events and what came of them. */
class EventHash {
  #hash = 0x811c9dc5;

  add({ kind, life, argument }: LoadEvent, happened: boolean): void {
    this.#mix(EVENT_KINDS.indexOf(kind) * 2 + Number(happened));
    this.#mix(life);
    this.#mix(argument);
  }

  get text(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  #mix(value: number): void {
    const low = Math.imul(this.#hash ^ (value | 0), 0x01000193);
    this.#hash = Math.imul(low ^ Math.floor(value / 0x1_0000_0000), 0x01000193);
  }
}
