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

/** How to draw and how long. */
export interface RunOptions extends LoadOptions {
  /** Seed of all chance. */
  readonly seed: number;
  /** Lives that run at the same time. */
  readonly processes: number;
  /** Events at most. */
  readonly events: number;
  /** The whole machine is checked after so many events, and at the end. */
  readonly checkEvery: number;
  /** Awaited every {@linkcode SLICE} events; true ends the run early. */
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

/** Events between two calls of `onSlice`. */
export const SLICE = 10_000;

/**
 * Runs a load by chance, and tears it down. Deterministic: the same options give the same report.
 *
 * What is found ends the run and is reported; anything else that is thrown is a fault of the load itself.
 */
export async function runLoad(options: RunOptions): Promise<LoadReport> {
  const load = new Load(options);
  const random = new Random(options.seed);
  const scheduler = new Scheduler(load, random, options.programs.length, options.processes);
  const hash = new EventHash();
  let events = 0;
  let started = 0;
  let isOver = false;
  const slice = () => {
    for (const end = Math.min(options.events, events + SLICE); events < end;) {
      const event = scheduler.next();
      events++;
      if (event.kind === "start") started++;
      hash.add(event, load.apply(event));
      if (events % options.checkEvery === 0) checkMachine(load);
    }
  };
  let finding: Found | undefined;
  while (finding === undefined && !isOver && events < options.events) {
    finding = found(slice);
    isOver = await options.onSlice?.(statusOf(load, events)) ?? false;
  }
  finding ??= found(() => {
    checkMachine(load);
    load.end();
    checkIdle(load);
  });
  return { events, hash: hash.text, killed: load.killed, started, finding };
}

function statusOf({ memory, lives }: Load, events: number): LoadStatus {
  const mapCounts = lives.map(({ space }) => space.mapCount).sort((a, b) => a - b);
  return { events, pagesInMemory: memory.used, pagesInSwap: memory.swapSlots, mapCounts };
}

/**
 * The events that a run draws, up to the one that finds something. O(events) memory: 17 bytes each.
 */
export function drawnEvents<List extends { push(event: LoadEvent): void }>(
  options: RunOptions,
  into: List,
): List {
  const load = new Load(options);
  const random = new Random(options.seed);
  const scheduler = new Scheduler(load, random, options.programs.length, options.processes);
  found(() => {
    for (let events = 1; events <= options.events; events++) {
      const event = scheduler.next();
      into.push(event);
      load.apply(event);
      if (events % options.checkEvery === 0) checkMachine(load);
    }
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
