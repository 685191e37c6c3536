/**
 * What there is to see in a run, step by step: made once, in slices, so that a page stays usable meanwhile.
 *
 * @module
 */

import { hex } from "../../abi/hex.ts";
import type { AddressSpace } from "../../mm/address_space.ts";
import type { Step } from "../../replay/step.ts";
import type { Answers } from "../../replay/imported/answers.ts";
import type { HeaderRecord, TraceRecord } from "../../trace/format.ts";
import type { PackedFault } from "../pack.ts";
import { type Health, healthOf } from "./health.ts";
import type { LinkedEngine } from "./link.ts";
import { type Outcome, Playhead } from "./playhead.ts";
import { type Ranges, rangesOf, splitsAndMerges } from "./ranges.ts";

/** What marks a step, as bits. */
export const Mark = {
  MUNMAP: 1,
  SPLIT: 2,
  MERGE: 4,
  FORK: 8,
  EXEC: 16,
  EXIT: 32,
  FAILURE: 64,
  DIVERGENCE: 128,
} as const;

/** Something about one step, in words. */
export interface StepNote {
  readonly step: number;
  readonly text: string;
}

/** What a planted fault did to a run. */
export interface FaultStory {
  /** The step in which it first acted. */
  acted?: number;
  /** The step after which a rule was first broken, and which. */
  violated?: StepNote & { readonly health: Health };
  /** The step in which something that the kernel does noticed: a wrong answer or a check of its own. */
  surfaced?: StepNote;
}

/** Steps between two checkpoints at least: so many are replayed in a millisecond or two. */
const STRIDE = 128;
/** Checkpoints at most: each holds every VMA once more, which the garbage collector then has to go through. */
const MOST_CHECKPOINTS = 24;

/** The index of one run. */
export class StepIndex {
  /** By step − 1: the process. */
  readonly pids: Int32Array;
  /** By step − 1: VMAs in use in it. */
  readonly mapCounts: Int32Array;
  /** By step − 1: bits of {@linkcode Mark}. */
  readonly marks: Uint8Array;
  /** Where model and kernel part. */
  readonly divergences: StepNote[] = [];
  /** What the planted fault did. */
  readonly story: FaultStory = {};
  /** Programs by process. */
  readonly programs: Map<number, string> = new Map();
  /** Places from which a view may start. */
  readonly checkpoints: Playhead[] = [];
  /** Steps that can be shown: those up to a breakdown. */
  reachable: number;

  readonly #linked: LinkedEngine;
  readonly #steps: readonly Step[];
  readonly #records: readonly (readonly TraceRecord[])[];
  readonly #fault: PackedFault | undefined;
  readonly #compares: boolean;
  readonly #head: Playhead;
  /** Of an imported text: what the model would have answered. */
  readonly #answers: Answers | undefined;
  readonly #recorded;
  readonly #comparison;
  readonly #ranges = new WeakMap<AddressSpace, Ranges>();
  readonly #diverged = new Set<number>();
  #isBroken = false;

  /**
   * An index that has seen nothing yet.
   *
   * @param records by step − 1: what the trace has since the step before, the step's own record last
   */
  constructor(
    linked: LinkedEngine,
    steps: readonly Step[],
    records: readonly (readonly TraceRecord[])[],
    fidelity: HeaderRecord["fidelity"],
    fault?: PackedFault,
  ) {
    this.#linked = linked;
    this.#steps = steps;
    this.#records = records;
    this.#fault = fault;
    this.#compares = fidelity === "exact";
    this.pids = new Int32Array(steps.length);
    this.mapCounts = new Int32Array(steps.length);
    this.marks = new Uint8Array(steps.length);
    this.reachable = steps.length;
    this.#head = new Playhead(linked, steps);
    const { engine } = linked;
    if (fidelity === "imported") this.#answers = new engine.Answers(this.#head.system);
    this.#recorded = new engine.RecordedLayouts();
    this.#comparison = new engine.LayoutComparison();
    engine.fault.firstActed = undefined;
  }

  /** Steps seen so far. */
  get done(): number {
    return this.#head.step;
  }

  /** Whether every step was seen that can be. */
  get isComplete(): boolean {
    return this.done >= this.reachable;
  }

  /** Goes on for some time, or to the end. */
  advance(limitMs = Infinity): void {
    const until = performance.now() + limitMs;
    while (!this.isComplete && performance.now() < until) this.#advanceOne();
  }

  /** Goes on to a step, or to where the run breaks down. */
  advanceTo(step: number): void {
    while (!this.isComplete && this.done < step) this.#advanceOne();
  }

  #advanceOne(): void {
    const head = this.#head;
    this.#keep();
    const step = this.#steps[head.step]!;
    const at = head.step;
    const { fault } = this.#linked.engine;
    fault.operation = at + 1;
    let wrote = false;
    head.listener = (_, operation) => wrote ||= operation === "store" || operation === "clear";
    const countBefore = head.space(step.pid)?.mapCount ?? 0;
    for (const record of this.#records[at]!) this.#answers?.take(record);
    const answer = this.#answers?.before(step);
    const outcome = head.next();
    this.#answers?.after(step);
    head.listener = undefined;
    if (answer?.kind === "different") this.#part(at, `the model would have said ${answer.model}`);
    const pid = step.type === "fork" ? step.record.child : step.pid;
    const space = head.space(pid);
    this.pids[at] = step.pid;
    this.mapCounts[at] = space?.mapCount ?? countBefore;
    if (step.type === "exec") this.programs.set(step.pid, step.record.program);
    if (step.type === "fork") this.programs.set(pid, this.programs.get(step.pid) ?? "");
    this.marks[at] = marksOf(step, outcome);
    this.#linked.renewTurns();
    if (wrote && space !== undefined) this.#noteRanges(step, outcome, space, at);
    // A walk of a faulty tree may have taken all turns: what comes next has its own.
    this.#linked.renewTurns();
    this.#recorded.apply(step.record);
    if (outcome.breakdown === undefined) this.#compare(step, outcome, space, pid, at);
    this.#linked.renewTurns();
    if (this.#fault !== undefined || outcome.breakdown !== undefined) this.#tell(outcome, pid, at);
  }

  /** Keeps a checkpoint now and then. A tree that a fault may have touched is never copied: it is replayed. */
  #keep(): void {
    if (this.#fault !== undefined || this.#isBroken) return;
    const stride = Math.max(STRIDE, Math.ceil(this.#steps.length / MOST_CHECKPOINTS));
    if (this.done % stride === 0) this.checkpoints.push(this.#head.copy());
  }

  #noteRanges(step: Step, outcome: Outcome, space: AddressSpace, at: number): void {
    const now = rangesOf(space);
    const before = this.#ranges.get(space);
    if (now === undefined) return void this.#ranges.delete(space);
    this.#ranges.set(space, now);
    if (before === undefined || step.type !== "call") return;
    const { splits, merges } = splitsAndMerges(before, now, step, outcome.result);
    if (splits) this.marks[at]! |= Mark.SPLIT;
    if (merges) this.marks[at]! |= Mark.MERGE;
  }

  /** Compares result and layout with what the kernel showed. */
  #compare(
    step: Step,
    outcome: Outcome,
    space: AddressSpace | undefined,
    pid: number,
    at: number,
  ): void {
    if (!this.#compares) return;
    const wrong = wrongResult(step, outcome);
    const difference = space === undefined ? undefined : this.#differs(space, pid);
    const what = wrong ?? difference;
    if (what === undefined) this.#diverged.delete(pid);
    // From where the layouts part on they go on differing: the first step is the one to see.
    else if (wrong !== undefined || !this.#diverged.has(pid)) {
      this.#diverged.add(pid);
      this.#part(at, what);
    }
    if (wrong !== undefined) this.story.surfaced ??= { step: at + 1, text: wrong };
  }

  /** Notes that model and kernel part. */
  #part(at: number, text: string): void {
    this.marks[at]! |= Mark.DIVERGENCE;
    this.divergences.push({ step: at + 1, text });
  }

  /** What is another in the kernel's layout. A broken tree may not even be walked: then its health tells. */
  #differs(space: AddressSpace, pid: number): string | undefined {
    try {
      return this.#comparison.first(space, this.#recorded.of(pid))?.what;
    } catch (error) {
      if (this.#fault === undefined || !(error instanceof Error)) throw error;
      return error.message;
    }
  }

  /** What the fault has done so far. */
  #tell(outcome: Outcome, pid: number, at: number): void {
    const { story } = this;
    const { engine } = this.#linked;
    const step = at + 1;
    if (engine.fault.firstActed !== undefined) story.acted ??= engine.fault.firstActed;
    const { breakdown } = outcome;
    if (breakdown !== undefined) return this.#end(at, breakdown.message);
    const space = this.#head.space(pid);
    if (story.acted === undefined || story.violated !== undefined || space === undefined) return;
    const health = healthOf(space);
    if (health.violation !== undefined) {
      story.violated = { step, text: health.violation.message, health };
    }
    if (health.hang !== undefined) this.#end(at, health.hang);
  }

  /** Nothing after this step can be shown. */
  #end(at: number, text: string): void {
    this.#isBroken = true;
    this.reachable = at + 1;
    this.marks[at]! |= Mark.DIVERGENCE;
    this.story.surfaced ??= { step: at + 1, text };
  }
}

function marksOf(step: Step, outcome: Outcome): number {
  switch (step.type) {
    case "call": {
      const failed = outcome.error !== undefined || step.record.error !== undefined;
      return (step.enter.call === "munmap" ? Mark.MUNMAP : 0) | (failed ? Mark.FAILURE : 0);
    }
    case "fork":
      return Mark.FORK;
    case "exec":
      return Mark.EXEC;
    case "exit":
      return Mark.EXIT;
    case "touch":
      return 0;
  }
}

/** What the model answered otherwise than the kernel. */
function wrongResult(step: Step, { result, error }: Outcome): string | undefined {
  if (step.type !== "call") return error && `the model failed: ${error.message}`;
  if (step.action === undefined) return undefined;
  const expected = step.record.error ?? hex(step.record.result);
  const answer = error?.code ?? hex(result);
  return answer === expected ? undefined : `the kernel answered ${expected}, the model ${answer}`;
}
