/**
 * A text of calls as a trace: strace in any of its dresses, and what perf trace, ltrace, gVisor and rr print.
 *
 * @module
 */

import { hex } from "../abi/hex.ts";
import type { AddressSpace } from "../mm/address_space.ts";
import { MmError } from "../mm/error.ts";
import { type AnswerCounts, Answers } from "../replay/imported/answers.ts";
import { linesOf } from "../replay/imported/layouts.ts";
import { StepReader } from "../replay/step.ts";
import { System } from "../replay/system.ts";
import {
  type HeaderRecord,
  type MapLine,
  TRACE_VERSION,
  type TraceRecord,
} from "../trace/format.ts";
import { type CallFormat, type CallsReading, readCalls } from "./calls/read_calls.ts";
import { counted } from "./explain/amounts.ts";
import { explainFailure, type Failure } from "./explain/failure.ts";
import { kernelOf } from "./kernel.ts";
import { type PassedOver, passOver } from "./lines/marks.ts";
import { recordEvents, type Recording, type Sourced } from "./trace/records.ts";
import { TextError } from "./text_error.ts";

/** What a text does not tell. */
export interface ImportOptions {
  /** The layout that the first process has where the text begins, or just after its exec. */
  readonly layout?: readonly MapLine[];
  /** The kernel's version, `"6.1"`: what it decides is then known. */
  readonly kernel?: string;
  /** The machine, as `uname -m` prints it. */
  readonly machine?: string;
  /** `vm.max_map_count`; 65,530 unless given. */
  readonly maxMapCount?: number;
  /** VMAs that the process had, where the text shows only some: what a failure is explained with. */
  readonly count?: number;
}

/** An answer of the model that is not the text's. */
export interface Differing {
  /** Number of the line. */
  readonly line: number;
  /** The call. */
  readonly call: string;
  /** What the text says. */
  readonly text: string;
  /** What the model would have answered. */
  readonly model: string;
}

/** VMAs in use, over all calls and processes, of what the text shows. */
export interface CountRange {
  /** Fewest. */
  readonly min: number;
  /** In half of the calls at most this many. */
  readonly median: number;
  /** Most. */
  readonly max: number;
}

/** One VMA, as far as a text shows it. */
export interface ImportedVma extends MapLine {
  /** The process. */
  readonly pid: number;
}

/** A text, imported. */
export interface ImportedText {
  /** Who wrote it. */
  readonly format: CallFormat;
  /** Lines in it. */
  readonly lines: number;
  /** Calls of mmap, munmap, mprotect, brk, mremap and madvise, by whatever name, each once. */
  readonly memoryCalls: number;
  /** Processes, threads not counted. */
  readonly processes: number;
  /** Threads made beside them. */
  readonly threads: number;
  /** Lines that may have meant something and were not read, and why. */
  readonly passedOver: readonly PassedOver[];
  /** What the model would have answered, beside what the text says. */
  readonly answers: AnswerCounts;
  /** The answers that differ. */
  readonly differing: readonly Differing[];
  /** VMAs in use. */
  readonly mapCount: CountRange;
  /** The VMAs of the largest process at its end. */
  readonly vmas: readonly ImportedVma[];
  /** Calls on memory that failed, and why. */
  readonly failures: readonly Failure[];
  /** The trace, from header to end record. */
  readonly records: readonly TraceRecord[];
}

/**
 * Reads a text of calls.
 *
 * Nothing in a text stops it: what is no line of the tracer is passed over and listed. The trace it becomes is
 * `imported`: replaying it does what each result says was done. O(length of the text · log VMAs).
 *
 * @throws {TextError} there is no call on memory in it
 * @throws {RangeError} `kernel` is no version
 *
 * @example What a program had mapped at its end
 * ```ts
 * import { importText } from "@maple/mm";
 * import { assertEquals } from "@std/assert";
 *
 * const text = `
 * mmap(NULL, 12288, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
 * munmap(0x7f0000001000, 4096) = 0
 * `;
 * const { memoryCalls, mapCount, vmas } = importText(text);
 * assertEquals([memoryCalls, mapCount.max], [2, 2]);
 * assertEquals(vmas.map((vma) => vma.start), [0x7f0000000000, 0x7f0000002000]);
 * ```
 */
export function importText(text: string, options: ImportOptions = {}): ImportedText {
  const read = readCalls(text);
  const recording = recordEvents(
    read.events,
    options.layout ?? [],
    openLineOf(text, read),
    read.format !== "gvisor",
  );
  if (recording.memoryCalls === 0) {
    throw new TextError(
      `Cannot import the text: there is no memory call in its ${counted(read.lines, "line")}, ` +
        "neither strace's nor perf trace's, ltrace's, gVisor's or rr's",
    );
  }
  const header = headerOf(read.format, recording, options);
  const followed = new Follower(header, recording, options).follow(recording.records);
  const lines = new Map(recording.unrecorded.map(({ line, why }) => [line, why]));
  const passedOver = [...read.passedOver, ...listed(text, lines)].sort((a, b) => a.line - b.line);
  const { format, lines: count } = read;
  const { memoryCalls, processes, threads } = recording;
  const records = [
    { ...header, maxMapCount: Math.max(header.maxMapCount, followed.mapCount.max + LIMIT_MARGIN) },
    ...recording.records.map(({ record }) => record),
    { type: "end", reason: "finished" } as const,
  ];
  return {
    format,
    lines: count,
    memoryCalls,
    processes,
    threads,
    passedOver,
    ...followed,
    records,
  };
}

/** The line of the last call, if the text ends with it and no line end says that it is whole; else 0. */
function openLineOf(text: string, { events, lines }: CallsReading): number {
  const last = events.at(-1);
  if (last === undefined || /[\r\n]\s*$/.test(text.slice(-LONGEST_END))) return 0;
  return last.line + LINES_OF_A_CALL >= lines ? last.line : 0;
}

/** Calls stop as far below the limit; so many more than are shown must have been allowed. */
const LIMIT_MARGIN = 8;
/** So many letters at the end of a text are looked at. */
const LONGEST_END = 200;
/** A call may be wrapped over so many lines. */
const LINES_OF_A_CALL = 8;

/** Lines whose calls could be read but not recorded. */
function listed(text: string, lines: ReadonlyMap<number, string>): PassedOver[] {
  if (lines.size === 0) return [];
  const found: PassedOver[] = [];
  for (const [index, line] of text.split(/\r*\n|\r/).entries()) {
    const why = lines.get(index + 1);
    if (why !== undefined) found.push(passOver(index + 1, line, why));
  }
  return found;
}

const PURPOSES: Readonly<Record<CallFormat, string>> = {
  strace: "imported from strace",
  gvisor: "imported from gVisor's log",
  perf: "imported from perf trace",
  ltrace: "imported from ltrace",
  rr: "imported from rr's dump",
};

function headerOf(format: CallFormat, recording: Recording, options: ImportOptions): HeaderRecord {
  const kernel = kernelOf(options.kernel);
  return {
    type: "header",
    format: "maple-trace",
    version: TRACE_VERSION,
    command: recording.program === undefined ? [] : [recording.program],
    purpose: PURPOSES[format],
    compiler: "",
    kernel: kernel.version,
    machine: options.machine ?? (recording.is32Bit ? "i686" : ""),
    placement: kernel.placement ?? "6.18",
    pageSize: 4096,
    maxMapCount: options.maxMapCount ?? 65530,
    mmapMinAddress: 0,
    fidelity: "imported",
  };
}

/** What following the records gives. */
type Followed = Pick<ImportedText, "answers" | "differing" | "mapCount" | "vmas" | "failures">;

/** Does what the records say, and looks at what comes of it. */
class Follower {
  readonly #reader = new StepReader();
  readonly #system = new System();
  readonly #answers: Answers;
  readonly #options: ImportOptions;
  readonly #recording: Recording;
  readonly #header: HeaderRecord;
  readonly #counts: number[] = [];
  readonly #differing: Differing[] = [];
  readonly #failures: Failure[] = [];
  /** The process for which an address space was made; others may share it. */
  readonly #owners = new WeakMap<AddressSpace, number>();
  #largest: readonly ImportedVma[] = [];

  constructor(header: HeaderRecord, recording: Recording, options: ImportOptions) {
    this.#header = header;
    this.#recording = recording;
    this.#options = options;
    this.#answers = new Answers(this.#system, kernelOf(options.kernel).placement);
    // What the text shows was not refused, whatever limit is assumed.
    this.#reader.read({ ...header, maxMapCount: Infinity });
  }

  follow(records: readonly Sourced[]): Followed {
    for (const { record, line } of records) {
      if (record.type === "exit" || record.type === "exec") {
        this.#keep(this.#system.space(record.pid));
      }
      this.#take(record, line);
    }
    for (const space of this.#system.spaces()) this.#keep(space);
    return {
      answers: this.#answers.counts,
      differing: this.#differing,
      mapCount: rangeOf(this.#counts),
      vmas: this.#largest,
      failures: this.#failures,
    };
  }

  #take(record: TraceRecord, line: number): void {
    this.#answers.take(record);
    const step = this.#reader.read(record);
    if (step === undefined) return;
    const space = this.#system.space(step.pid);
    if (step.type === "call" && space !== undefined) {
      const { maxMapCount } = this.#header;
      const failure = explainFailure(space, step, line, {
        maxMapCount,
        count: this.#options.count,
        limits: this.#recording.limits,
      });
      if (failure !== undefined) this.#failures.push(failure);
    }
    const answer = this.#answers.before(step);
    if (answer?.kind === "different" && step.type === "call") {
      const told = step.record.error ?? hex(step.record.result);
      this.#differing.push({ line, call: step.enter.call, text: told, model: answer.model });
    }
    try {
      this.#system.apply(step);
    } catch (error) {
      if (!(error instanceof MmError)) throw error;
    }
    this.#answers.after(step);
    const changed = this.#system.space(step.type === "fork" ? step.record.child : step.pid);
    if (changed !== undefined && !this.#owners.has(changed)) {
      this.#owners.set(changed, step.type === "fork" ? step.record.child : step.pid);
    }
    if (changed !== undefined && step.type === "call") this.#counts.push(changed.mapCount);
  }

  /** Keeps the layout of a process that is about to go, if none was larger. */
  #keep(space: AddressSpace | undefined): void {
    if (space !== undefined && space.mapCount > this.#largest.length) {
      this.#largest = layoutOf(space, this.#owners.get(space)!);
    }
  }
}

function layoutOf(space: AddressSpace, pid: number): ImportedVma[] {
  return linesOf(space).map((line) => ({ pid, ...line }));
}

function rangeOf(counts: readonly number[]): CountRange {
  const sorted = [...counts].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
  return { min: at(0), median: at(0.5), max: at(1) };
}
