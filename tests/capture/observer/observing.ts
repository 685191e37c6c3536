/** A fake process that an observer looks at, and what the observer has told of it so far. */

import { type Effect, effectOf, type FinishedCall, isQuiet } from "../../../src/capture/effects.ts";
import { failedMoves, pageMoves } from "../../../src/capture/calls.ts";
import { FlagMemory } from "../../../src/capture/flag_memory.ts";
import { type Looker, Observer } from "../../../src/capture/observer.ts";
import { findSources, type Sources } from "../../../src/capture/sources.ts";
import type { After, Between } from "../../../src/capture/whole.ts";
import type { MapLine } from "../../../src/trace/format.ts";
import { type FakePage, FakeProcess, PAGE } from "../fake_process.ts";

export const ALONE: Looker = { pid: 77, leader: 77, isAlone: true, isOneProcess: true };
/** One of two threads. */
export const THREAD: Looker = { ...ALONE, pid: 78, isAlone: false };
/** One of two processes that share their memory. */
export const SHARER: Looker = { ...ALONE, isAlone: false, isOneProcess: false };

export const RW = "rd wr mr mw me ac", RO = "rd mr mw me ac";
export const STACK: Partial<FakePage> = { vmFlags: "rd wr mr mw me gd ac", name: "[stack]" };

/** Scenes: a process, its observer, the layout by what that has told, and what it ought to have told. */
export class Scene {
  readonly process: FakeProcess;
  readonly observer: Observer;
  readonly sources: Sources;
  /** The clock of the observer, ms. */
  nowMs = 0;
  /** How much later it is each time the clock is looked at, ms. */
  tickMs = 1;
  /** The layout as the records say. */
  told: MapLine[];
  /** Pages of VMAs that are known to have been written to. */
  readonly #marked = new Set<number>();

  constructor(process: FakeProcess, wanted?: string) {
    this.process = process;
    process.wanted = wanted;
    this.sources = findSources(process.libc);
    this.told = process.lines();
    this.#mark();
    const clock = () => {
      this.nowMs += this.tickMs;
      return this.nowMs - this.tickMs;
    };
    this.observer = new Observer(process.libc, this.sources, new FlagMemory(), this.told, clock);
    this.forget();
  }

  /** Begins to count what the process is asked. */
  forget(): void {
    for (const key of ["smaps", "questions", "scans", "pages", "maps", "stats"] as const) {
      this.process.asked[key] = 0;
    }
  }

  /** Looks between two calls. */
  between(looker = ALONE, isThorough = true): Between {
    const found = this.observer.between(looker, isThorough);
    if (found === undefined) throw new Error("The process is gone");
    this.#mark();
    this.#take(found);
    return found;
  }

  /** Looks after a call that has done its work. */
  after(
    call: string,
    args: readonly number[],
    { looker = ALONE, failed = false, result = 0, brk, effect }: {
      readonly looker?: Looker;
      readonly failed?: boolean;
      readonly result?: number;
      readonly brk?: number;
      readonly effect?: Effect;
    } = {},
  ): After {
    const finished: FinishedCall = { call, args, result, failed, brk };
    const moves = failed ? failedMoves(call, args) : pageMoves(call, args, result);
    const { fresh, moved } = moves;
    for (const { start, end } of fresh) this.#unmark(start, end);
    if (moved !== undefined) {
      const { from, to } = moved;
      const marks = [...this.#marked].filter((at) => at >= from.start && at < from.end);
      this.#unmark(from.start, from.end);
      this.#unmark(to.start, to.end);
      for (const at of marks) this.#marked.add(at - from.start + to.start);
    }
    const found = this.observer.after(looker, {
      effect: effect ?? effectOf(finished),
      moves,
      mayGrow: call !== "mmap" && call !== "mremap",
      isQuiet: isQuiet(call, args),
    });
    if (found === undefined) throw new Error("The process is gone");
    this.#mark();
    this.#take(found);
    return found;
  }

  /** What the records should say by now. */
  expected(): MapLine[] {
    return this.process.lines().map(({ written: _, ...line }) => {
      const isMarked = line.permissions[3] === "p" && this.#isMarked(line);
      return { ...line, ...(isMarked && { written: true }) };
    });
  }

  #isMarked({ start, end }: MapLine): boolean {
    for (let at = start; at < end; at += PAGE) if (this.#marked.has(at)) return true;
    return false;
  }

  /** Once one page of a VMA was written to, all of it is known to have been. */
  #mark(): void {
    const lines = this.process.lines();
    for (const at of this.#marked) if (!this.process.pages.has(at)) this.#marked.delete(at);
    for (const line of lines) {
      if (line.permissions[3] !== "p") this.#unmark(line.start, line.end);
      else if (line.written || this.#isMarked(line)) {
        for (let at = line.start; at < line.end; at += PAGE) this.#marked.add(at);
      }
    }
  }

  #unmark(start: number, end: number): void {
    for (let at = start; at < end; at += PAGE) this.#marked.delete(at);
  }

  #take(found: Between | After): void {
    for (const { start, end } of found.grown) {
      this.told = this.told.map((line) => line.end === end ? { ...line, start } : line);
    }
    if ("removed" in found) {
      const removed = new Set(found.removed);
      this.told = [...this.told.filter(({ start }) => !removed.has(start)), ...found.added];
      this.told.sort((a, b) => a.start - b.start);
    }
    for (const { start } of found.written) {
      this.told = this.told.map((line) => line.start === start ? { ...line, written: true } : line);
    }
  }
}

/** `written` is there or not; that it is false is the same. */
export function plain(lines: readonly MapLine[]): MapLine[] {
  return lines.map(({ written, ...line }) => ({ ...line, ...(written && { written }) }));
}

export const BASE = 0x10_0000, PAGES = 40, STACK_END = 0x40_0000;
export const page = (number: number): number => BASE + number * PAGE;
export const ANONYMOUS = 0x22, FIXED = 0x10;

/** A process with a stack, and nothing else. */
export function bare(): FakeProcess {
  const process = new FakeProcess();
  process.map(STACK_END - 2 * PAGE, STACK_END, STACK);
  process.write(STACK_END - PAGE);
  return process;
}

/** A scene in which the first call was looked at as a whole, which is not due again for long. */
export function settled(process = bare(), means?: string): Scene {
  const scene = new Scene(process, means);
  process.map(page(30), page(31), { permissions: "r--p", vmFlags: RO });
  scene.after("mmap", [page(30), PAGE, 1, ANONYMOUS | FIXED, -1, 0], { result: page(30) });
  scene.between();
  scene.forget();
  return scene;
}

/** Maps pages for reading and writing, and tells the observer. */
export function map(scene: Scene, first: number, end: number, looker = ALONE): void {
  const [start, length] = [page(first), (end - first) * PAGE];
  scene.process.map(start, start + length);
  scene.after("mmap", [start, length, 3, ANONYMOUS | FIXED, -1, 0], { result: start, looker });
}

/** Maps far VMAs that nobody has written to: to look at them all takes so many scans more. */
export function unwritten(scene: Scene, count: number): void {
  for (let i = 0; i < count; i++) {
    const at = 0x4000_0000 + i * 0x100_0000;
    scene.process.map(at, at + PAGE, { vmFlags: `${RW} dd` });
  }
  scene.after("prctl", [35, 0, 0, 0, 0]);
  scene.forget();
}

export const POPULATE = 0x8000;

/** Maps pages that are filled at once. */
export function populate(scene: Scene, first: number, end: number, looker = ALONE): After {
  const [start, length] = [page(first), (end - first) * PAGE];
  scene.process.map(start, start + length);
  scene.process.write(start);
  const args = [start, length, 3, ANONYMOUS | FIXED | POPULATE, -1, 0];
  return scene.after("mmap", args, { result: start, looker });
}
