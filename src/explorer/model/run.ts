/**
 * One recorded run in one engine: any step of it, shown at once.
 *
 * A view is made by replaying: from the nearest checkpoint, or from where the last view ended, to the step before, and
 * then the step itself with everything written down.
 *
 * @module
 */

import { hex } from "../../abi/hex.ts";
import type { AddressSpace } from "../../mm/address_space.ts";
import type { TreeOperation } from "../../mm/vma_tree.ts";
import type { Vma } from "../../mm/vma.ts";
import type { Step } from "../../replay/step.ts";
import type { HeaderRecord, TraceRecord } from "../../trace/format.ts";
import type { Pack, PackedFault } from "../pack.ts";
import { argumentsOf } from "./arguments.ts";
import { healthOf, lookUp } from "./health.ts";
import { type LinkedEngine, linkEngine } from "./link.ts";
import { type Outcome, Playhead } from "./playhead.ts";
import { StepIndex } from "./step_index.ts";
import type { Border, OperationView, StepView } from "./step_view.ts";
import { changesBetween } from "./tree_changes.ts";
import { TreeSnapshot } from "./tree_snapshot.ts";
import { type VmaChanges, vmaChanges } from "./vma_changes.ts";
import { readSpace, Rows, type SpaceView, type VmaRow } from "./vma_row.ts";

/** One address space at one moment, with its tree. */
interface Moment {
  readonly space: SpaceView;
  readonly tree: TreeSnapshot;
}

/** Borders that are explained at once. */
const MOST_BORDERS = 6;

/** A run. */
export class Run {
  readonly header: HeaderRecord;
  readonly steps: readonly Step[];
  readonly fault: PackedFault | undefined;
  readonly index: StepIndex;
  readonly #linked: LinkedEngine;
  readonly #rows = new Rows();
  #last: Playhead;

  /** Reads records into the steps of an engine of its own. */
  constructor(pack: Pack, records: readonly TraceRecord[], fault?: PackedFault) {
    this.fault = fault;
    this.#linked = linkEngine(pack, fault);
    const reader = new this.#linked.engine.StepReader();
    const steps: Step[] = [];
    const before: TraceRecord[][] = [];
    let since: TraceRecord[] = [];
    for (const record of records) {
      const step = reader.read(record);
      since.push(record);
      if (step === undefined) continue;
      steps.push(step);
      before.push(since);
      since = [];
    }
    if (reader.header === undefined) throw new TypeError("The trace has no header");
    this.header = reader.header;
    this.steps = steps;
    this.index = new StepIndex(this.#linked, steps, before, reader.header.fidelity, fault);
    this.#last = new Playhead(this.#linked, steps);
  }

  /** A step in one line. */
  line(step: number): string {
    return this.#linked.engine.describeStep(this.steps[step - 1]!);
  }

  /**
   * What a step did, or one tree operation of it.
   *
   * @param number the step, from 1
   * @param operation the operation, from 1; the whole step unless given
   */
  view(number: number, operation?: number): StepView {
    const step = this.steps[number - 1]!;
    const { engine } = this.#linked;
    const moment = (space: AddressSpace): Moment => {
      const view = readSpace(engine, space, this.#rows);
      return { space: view, tree: new TreeSnapshot(engine, space, this.#rows) };
    };
    this.#rows.begin();
    let before: Moment | undefined;
    let after: Moment | undefined;
    let rest: AfterView | undefined;
    const seen = this.#visit(number, operation, (space) => before = moment(space), (space) => {
      after = moment(space);
      const changes = vmaChanges(before?.space, after.space);
      rest = {
        changes,
        borders: this.#borders(space, after.space.rows, changes),
        left: Math.max(0, space.descriptor.maxMapCount - space.mapCount),
        health: this.fault === undefined ? undefined : healthOf(space),
      };
    });
    const { outcome, operations, acted, made } = seen;
    const shown = operations[(operation ?? lastOf(operations)) - 1];
    return {
      step: number,
      pid: step.pid,
      shownPid: shownPid(step),
      type: step.type,
      ...describe(step, outcome),
      line: engine.describeStep(step),
      breakdown: outcome.breakdown?.message,
      operations,
      operation,
      space: after?.space ?? before?.space,
      before: before?.space,
      isTornDown: after === undefined,
      changes: rest?.changes,
      tree: after?.tree ?? before?.tree,
      treeBefore: before?.tree,
      treeChanges: after && changesBetween(before?.tree, after.tree, made),
      path: shown === undefined ? [] : (before ?? after)?.tree.path(shown.first) ?? [],
      borders: rest?.borders ?? [],
      left: rest?.left ?? 0,
      health: rest?.health ?? (after === undefined ? this.#healthBefore(number) : undefined),
      actedOperation: acted,
    };
  }

  /** Why the VMA that starts at `start`, after a step or operation, is not one with the VMA below it. */
  explain(number: number, operation: number | undefined, start: number): Border | undefined {
    const { engine } = this.#linked;
    let border: Border | undefined;
    const use = (space: AddressSpace) => {
      const view = readSpace(engine, space, this.#rows);
      const at = view.rows.findIndex((row) => row.first === start);
      if (at > 0) border = this.#border(space, view.rows[at - 1]!, view.rows[at]!);
    };
    this.#visit(number, operation, use, use);
    return border;
  }

  /** Layout and dump after a step or operation, for a mail. */
  text(number: number, operation?: number): { maps: string; dump: string } {
    let text = { maps: "", dump: "" };
    const use = (space: AddressSpace) =>
      text = { maps: printed(() => space.maps()), dump: printed(() => space.dumpTree()) };
    this.#visit(number, operation, use, use);
    return text;
  }

  /** Replays to a step and shows the address space before and after it, or one operation of it. */
  #visit(
    number: number,
    operation: number | undefined,
    before: (space: AddressSpace) => void,
    after: (space: AddressSpace) => void,
  ): Visit {
    const step = this.steps[number - 1]!;
    const { fault } = this.#linked.engine;
    // The index uses the same engine and asks when the fault first acted in its own pass.
    const known = fault.firstActed;
    const head = this.#headAt(number - 1);
    fault.firstActed = undefined;
    fault.operation = 0;
    const operations: OperationView[] = [];
    const made = new Set<number>();
    const old = step.type === "exec" ? undefined : head.space(step.pid);
    this.#linked.renewTurns();
    if (old !== undefined && operation === undefined) before(old);
    const isCounted = () => operation === undefined || operations.length === operation;
    using _log = old && this.#logMade(old, (node) => void (isCounted() && made.add(node)));
    let isShown = false;
    head.listener = (space, kind, first, last, value) => {
      if (step.type === "exec" && space !== head.space(step.pid)) return;
      const next = operations.length + 1;
      if (next === operation) before(space);
      if (operation !== undefined && next === operation + 1) {
        after(space);
        isShown = true;
      }
      operations.push(operationView(next, kind, first, last, value));
      fault.operation = next;
    };
    const outcome = head.next();
    head.listener = undefined;
    const acted = fault.firstActed;
    fault.firstActed = known;
    const now = head.space(shownPid(step));
    this.#linked.renewTurns();
    if (!isShown && now !== undefined) after(now);
    return { outcome, operations, acted, made };
  }

  /** Tells of the nodes that stores take from the pool. */
  #logMade(space: AddressSpace, made: (node: number) => void): Disposable {
    const { engine } = this.#linked;
    return engine.attach(engine.poolOf(space.descriptor.tree.tree), {
      made,
      died: () => {},
      freed: () => {},
      rewritten: () => {},
      gapRecorded: () => {},
      renumbered: () => {},
    });
  }

  /** A playhead after so many steps, which the next view may take on from. */
  #headAt(step: number): Playhead {
    let best: Playhead | undefined;
    for (const checkpoint of this.index.checkpoints) {
      if (checkpoint.step <= step) best = checkpoint;
    }
    const last = this.#last;
    if (last.step > step || (best !== undefined && best.step > last.step)) {
      this.#last = best?.copy() ?? new Playhead(this.#linked, this.steps);
    }
    while (this.#last.step < step) this.#last.next();
    return this.#last;
  }

  /** How the address space was that a step tore down. */
  #healthBefore(number: number): StepView["health"] {
    const space = this.fault && this.#headAt(number - 1).space(this.steps[number - 1]!.pid);
    return space && healthOf(space);
  }

  /** Why what changed and what it touches are two. */
  #borders(space: AddressSpace, rows: readonly VmaRow[], changes: VmaChanges): Border[] {
    const borders: Border[] = [];
    const real = rows.filter((row) => row.last >= row.first);
    for (const [at, row] of real.entries()) {
      const below = real[at - 1];
      if (below === undefined || below.last + 1 !== row.first) continue;
      if (!changes.rows.has(row) && !changes.rows.has(below)) continue;
      if (borders.length >= MOST_BORDERS) break;
      borders.push(this.#border(space, below, row));
    }
    return borders;
  }

  #border(space: AddressSpace, lower: VmaRow, upper: VmaRow): Border {
    const [below, above] = [lookUp(space, lower.first), lookUp(space, upper.first)];
    if (below === undefined || above === undefined || below === above) {
      return { lower, upper, obstacle: null, words: "A lookup finds no two VMAs here" };
    }
    return { lower, upper, ...this.#linked.engine.explainMerge(below, above) };
  }
}

/** What going to a step brought. */
interface Visit {
  readonly outcome: Outcome;
  readonly operations: OperationView[];
  /** The operation in which a planted fault acted. */
  readonly acted: number | undefined;
  /** Nodes that the step, or the operation shown, took from the pool. */
  readonly made: ReadonlySet<number>;
}

/** What is told from the live model after a step. */
interface AfterView {
  readonly changes: VmaChanges;
  readonly borders: readonly Border[];
  readonly left: number;
  readonly health: StepView["health"];
}

function shownPid(step: Step): number {
  return step.type === "fork" ? step.record.child : step.pid;
}

/** A text, or why there is none: a broken tree may not even print. */
function printed(print: () => string): string {
  try {
    return print();
  } catch (error) {
    return String(error);
  }
}

/** The number of the last write, else of the last operation. */
function lastOf(operations: readonly OperationView[]): number {
  return operations.findLast(({ isWrite }) => isWrite)?.number ?? operations.length;
}

function operationView(
  number: number,
  operation: TreeOperation,
  first: number,
  last: number,
  value: Vma | number | undefined,
): OperationView {
  const stored = typeof value === "object" ? { start: value.start, end: value.end } : undefined;
  const size = typeof value === "number" ? value : undefined;
  const isWrite = operation === "store" || operation === "clear";
  return { number, operation, first, last, stored, size, isWrite };
}

/** The call in words. */
function describe(
  step: Step,
  { result, error }: Outcome,
): Pick<StepView, "name" | "args" | "result" | "failure"> {
  const plain = { args: [], result: "", failure: error?.message };
  switch (step.type) {
    case "call": {
      const answer = error?.code ?? (step.action === undefined ? step.record.error : undefined);
      return {
        name: step.enter.call,
        args: argumentsOf(step.enter),
        result: answer ?? (result === 0 ? "0" : hex(result)),
        failure: error?.message,
      };
    }
    case "touch": {
      const name = step.record.type === "grow" ? "stack grows" : "first write";
      return { ...plain, name, args: [{ name: "address", text: hex(step.address) }] };
    }
    case "exec":
      return {
        ...plain,
        name: "exec",
        args: step.record.program === "" ? [] : [{ name: "program", text: step.record.program }],
      };
    case "fork": {
      const { child, sharesMemory } = step.record;
      const name = sharesMemory ? "vfork" : "fork";
      return { ...plain, name, args: [{ name: "child", text: `process ${child}` }] };
    }
    case "exit":
      return { ...plain, name: "exit", args: [] };
  }
}
