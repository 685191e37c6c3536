/**
 * Replays a trace through the model and compares with the kernel after every step.
 *
 * Nothing is ever resynchronised: from the layout after exec on, the model goes by its own rules
 * alone, and the first disagreement ends the comparison.
 *
 * @module
 */

import { hex } from "../abi/hex.ts";
import type { AddressSpace } from "../mm/address_space.ts";
import type { KernelRules } from "../mm/rules/kernel_rules.ts";
import type { HiddenFault, ReplayAssumptions } from "./assumptions.ts";
import { MmError } from "../mm/error.ts";
import { PAGE_SIZE } from "../abi/page.ts";
import type { ExecRecord, HeaderRecord, TraceRecord } from "../trace/format.ts";
import { RecordedLayouts } from "../trace/recorded_layouts.ts";
import { type AnswerCounts, Answers } from "./imported/answers.ts";
import { type MapCountRange, MapCounts } from "./map_counts.ts";
import { StepComparison } from "./step_comparison.ts";
import { describeDivergence, type Divergence } from "./divergence.ts";
import { System } from "./system.ts";
import { type CallStep, type Step, StepReader } from "./step.ts";
import { type UnmodelledCalls, UnmodelledCount } from "./unmodelled.ts";
import { ReplayError } from "./replay_error.ts";
import { StepValidator, type Validation } from "./step_validator.ts";

/** How to replay. */
export interface ReplayOptions {
  /** What to check of the model itself after every step; nothing unless given. */
  readonly validate?: Validation;
  /** Go on after a divergence and count them, each step against the model as it is. */
  readonly keepGoing?: boolean;
  /** What to take for granted beyond what the trace says. */
  readonly assume?: ReplayAssumptions;
  /** Called after every step with the steps so far. */
  readonly onStep?: (steps: number) => void;
}

/** What a replay found. */
export interface ReplayReport {
  /** What the trace says of itself. */
  readonly header: HeaderRecord;
  /** Steps in the trace. */
  readonly steps: number;
  /** Steps after which model and kernel agreed; of an imported trace the calls to which the model answers the same. */
  readonly matched: number;
  /** Of the process of each step that was replayed. */
  readonly mapCount: MapCountRange;
  /** True if the trace shows no layouts, so that none was compared. */
  readonly approximate: boolean;
  /** Of an imported trace: what the model would have answered, as far as enough is known. */
  readonly answers?: AnswerCounts;
  /** Exit status of the first process; absent if it had not ended. */
  readonly status?: number;
  /** True if the recording was ended before the command had ended. */
  readonly interrupted: boolean;
  /** Calls for which the model does nothing, though the kernel may have: what they were, and why. */
  readonly unmodelled: readonly UnmodelledCalls[];
  /** VmFlags that the kernel showed and the model only carries along. */
  readonly otherFlags: readonly string[];
  /** The first disagreement. */
  readonly divergence?: Divergence;
}

/**
 * Replays a trace.
 *
 * A step is each record that changes or shows an address space: exec, the return of a call, fork,
 * fault, stack growth, exit. After each, every VMA's range, permissions, offset, file, name and
 * VmFlags, the VMA count, and the result of the call are compared. O(steps · VMAs).
 *
 * @throws {ReplayError} the trace has no header, or pages of another size than the model's
 * @throws {MmInvariantError} with `validate`: the model breaks a rule of its own
 */
export async function replay(
  trace: AsyncIterable<TraceRecord> | Iterable<TraceRecord>,
  options: ReplayOptions = {},
): Promise<ReplayReport> {
  const run = new Replay(options);
  for await (const record of trace) run.take(record);
  return run.report();
}

/** One replay, record by record: for those who replay while they record. */
export class Replay {
  readonly #options: ReplayOptions;
  readonly #reader: StepReader;
  readonly #hidden = new Map<number, HiddenFault[]>();
  readonly #comparison = new StepComparison();
  readonly #system = new System(this.#comparison.observe);
  readonly #validator: StepValidator;
  readonly #recorded = new RecordedLayouts();
  readonly #unmodelled = new UnmodelledCount();
  readonly #mapCounts = new MapCounts();
  #steps = 0;
  /** The last step. */
  #last: Step | undefined;
  #matched = 0;
  #interrupted = false;
  /** What each process runs. */
  readonly #programs = new Map<number, ExecRecord>();
  /** The first process, and how it ended. */
  #root: number | undefined;
  #status: number | undefined;
  #divergence: Divergence | undefined;
  #answers: Answers | undefined;

  /** A replay that has seen nothing yet. */
  constructor(options: ReplayOptions = {}) {
    this.#options = options;
    this.#reader = new StepReader(options.assume);
    for (const fault of options.assume?.hiddenFaults ?? []) {
      this.#hidden.set(fault.step, [...this.#hidden.get(fault.step) ?? [], fault]);
    }
    this.#validator = new StepValidator(this.#system, options.validate);
  }

  /** The first disagreement so far. */
  get divergence(): Divergence | undefined {
    return this.#divergence;
  }

  /** Steps so far. */
  get steps(): number {
    return this.#steps;
  }

  /** What the trace says of itself, once it was read. */
  get header(): HeaderRecord | undefined {
    return this.#reader.header;
  }

  /** The rules that it goes by. */
  get rules(): KernelRules {
    return this.#reader.rules;
  }

  /** The address space of a process as the model has it now. */
  space(pid: number): AddressSpace | undefined {
    return this.#system.space(pid);
  }

  /** Takes the next record; what it throws, `replay` throws. */
  take(record: TraceRecord): void {
    const step = this.#reader.read(record);
    if (record.type === "header" && record.pageSize !== PAGE_SIZE) {
      throw new ReplayError(`Cannot replay pages of ${record.pageSize} bytes: the model has 4096`);
    }
    if (this.#reader.header === undefined) {
      throw new ReplayError("Cannot replay a trace that does not begin with a header");
    }
    if (this.#fidelity === "imported") {
      const { header } = this.#reader;
      const placement = header.kernel === "" ? undefined : header.placement;
      this.#answers ??= new Answers(this.#system, placement);
      this.#answers.take(record);
    }
    this.#note(record);
    if (step === undefined) return;
    this.#steps++;
    this.#last = step;
    if (this.#answers !== undefined) this.#follow(step, this.#answers);
    else if (this.#divergence === undefined || this.#options.keepGoing) this.#compare(record, step);
    else return;
    this.#validator.check(step);
    this.#options.onStep?.(this.#steps);
  }

  /** Keeps what the report tells besides what was compared. */
  #note(record: TraceRecord): void {
    if (record.type === "exec") {
      this.#root ??= record.pid;
      this.#programs.set(record.pid, record);
    } else if (record.type === "fork") {
      const program = this.#programs.get(record.pid);
      if (program !== undefined) this.#programs.set(record.child, program);
    } else if (record.type === "exit") {
      this.#programs.delete(record.pid);
      if (record.pid === this.#root) this.#status = record.status;
    } else if (record.type === "end") {
      this.#interrupted = record.reason === "interrupted";
      if (this.#last !== undefined) {
        for (const pid of this.#programs.keys()) this.#compareWhole(pid, this.#last);
      }
    }
  }

  /** Does the step and compares with what the kernel showed, if the trace shows it. */
  #compare(record: TraceRecord, step: Step): void {
    if (step.type === "exit") this.#compareWhole(step.pid, step);
    if (step.type === "exec") {
      for (const { otherFlags = "" } of step.image.vmas) this.#comparison.layouts.carry(otherFlags);
    }
    const misfit = this.#recorded.apply(record);
    if (step.type === "call") this.#unmodelled.count(step);
    this.#comparison.begin();
    for (const { pid, address } of this.#hidden.get(this.#steps) ?? []) {
      this.#system.space(pid)?.fault(address, "force");
    }
    const result = this.#perform(step);
    this.#count(step);
    if (this.#fidelity === "approximate") return;
    const found = result ?? this.#differs(step) ??
      (misfit === undefined ? undefined : this.#diverges(step, misfit));
    if (found === undefined) this.#matched++;
    else this.#divergence ??= found;
  }

  /** Asks the model first, then does what the text says was done: it is known that it was. */
  #follow(step: Step, answers: Answers): void {
    if (step.type === "call" && step.action === undefined) this.#unmodelled.count(step);
    const answer = answers.before(step);
    this.#perform(step);
    answers.after(step);
    this.#count(step);
    if (answer?.kind === "equal") this.#matched++;
    if (answer?.kind !== "different" || step.type !== "call") return;
    const told = step.record.error ?? hex(step.record.result);
    this.#divergence ??= this.#diverges(step, `the text says ${told}, the model ${answer.model}`);
  }

  /** Counts the VMAs of the step's process, or of the child that a fork made. */
  #count(step: Step): void {
    const space = this.#system.space(step.type === "fork" ? step.record.child : step.pid);
    if (space !== undefined) this.#mapCounts.add(space.mapCount);
  }

  /** What was found. */
  report(): ReplayReport {
    const { header } = this.#reader;
    if (header === undefined) throw new ReplayError("Cannot replay an empty trace");
    const report = {
      header,
      steps: this.#steps,
      matched: this.#matched,
      mapCount: this.#mapCounts.range,
      approximate: this.#fidelity !== "exact",
      ...(this.#answers && { answers: this.#answers.counts }),
      ...(this.#status !== undefined && { status: this.#status }),
      interrupted: this.#interrupted,
      unmodelled: this.#unmodelled.calls(),
      otherFlags: this.#comparison.layouts.otherFlags,
    };
    return this.#divergence === undefined ? report : { ...report, divergence: this.#divergence };
  }

  get #fidelity(): HeaderRecord["fidelity"] | undefined {
    return this.#reader.header?.fidelity;
  }

  /** Does the step; a divergence if the model answers otherwise than the kernel did. */
  #perform(step: Step): Divergence | undefined {
    try {
      const result = this.#system.apply(step);
      return step.type === "call" ? this.#checkResult(step, hex(result)) : undefined;
    } catch (error) {
      if (!(error instanceof MmError)) throw error;
      if (step.type !== "call") return this.#diverges(step, `the model failed: ${error.message}`);
      return this.#checkResult(step, error.code, error.message);
    }
  }

  #checkResult(step: CallStep, answer: string, why?: string): Divergence | undefined {
    const { record } = step;
    if (step.action === undefined) return undefined;
    const expected = record.error ?? hex(record.result);
    if (answer === expected) return undefined;
    const because = why === undefined ? "" : ` (${why})`;
    return this.#diverges(step, `the kernel answered ${expected}, the model ${answer}${because}`);
  }

  /** Compares the layout of the step's process, and of the child that a fork made. */
  #differs(step: Step): Divergence | undefined {
    const pid = step.type === "fork" ? step.record.child : step.pid;
    const space = this.#system.space(pid);
    if (space === undefined) return undefined;
    const recorded = this.#recorded.of(pid);
    const difference = this.#comparison.after(step, space, recorded);
    if (difference === undefined) return undefined;
    return this.#diverges(step, difference.what, pid);
  }

  /** Compares all of a process's layout, if only the places that changed were compared since. */
  #compareWhole(pid: number, step: Step): void {
    const space = this.#system.space(pid);
    if (space === undefined) return;
    const difference = this.#comparison.whole(space, this.#recorded.of(pid));
    if (difference === undefined) return;
    this.#divergence ??= this.#diverges(step, difference.what, pid);
  }

  #diverges(step: Step, what: string, pid = step.pid): Divergence {
    const { header } = this.#reader;
    if (header === undefined) throw new ReplayError("Cannot replay a trace without a header");
    const space = this.#system.space(pid);
    const recorded = this.#recorded.of(pid);
    const { layouts } = this.#comparison;
    const position = space === undefined ? 0 : layouts.first(space, recorded)?.position ?? 0;
    const number = this.#steps;
    return describeDivergence(
      {
        number,
        step,
        what,
        position,
        header,
        rules: this.rules,
        space,
        recorded,
        program: this.#programs.get(pid),
      },
      (vma, line) => space !== undefined && layouts.isAlike(space, vma, line),
    );
  }
}
