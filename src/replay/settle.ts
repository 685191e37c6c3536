/**
 * Finding out what a trace does not say of its kernel: which rule, if it were otherwise, would agree.
 *
 * A kernel's version does not tell its rules: distributions carry changes back and forth. New traces have the rules
 * that the recorder found. Those that it did not find, or did not know of, a trace may settle itself; one without any
 * also what else such old traces leave out. Where model and kernel part, the trace is replayed once more with each rule
 * flipped; what makes the step agree and leads furthest is taken for granted, until the trace agrees to its end or
 * nothing helps. Taken for granted is only what leads to the end: else the first divergence stands as it was, with the
 * rules that would agree at its step.
 *
 * @module
 */

import { RULE_NAMES, ruleValues } from "../mm/rules/kernel_rules.ts";
import { mapsHugePage } from "../mm/calls/fault.ts";
import type { HeaderRecord, TraceRecord } from "../trace/format.ts";
import { type Assumption, describeAssumption, replayAssumptions } from "./assumptions.ts";
import type { Divergence } from "./divergence.ts";
import { Replay, type ReplayOptions, type ReplayReport } from "./replay.ts";

/** A trace that can be read again and again. */
export type OpenTrace = () => AsyncIterable<TraceRecord> | Iterable<TraceRecord>;

/** What was found about a trace. */
export interface SettledReport extends ReplayReport {
  /** What was taken for granted so that the trace agrees to its end; empty if nothing had to be, or it does not. */
  readonly assumed: readonly Assumption[];
  /** With a divergence: each thing that, were it so, would make its step agree. */
  readonly wouldAgree: readonly Assumption[];
}

/** Assumptions after which it gives up. */
const MOST_ASSUMPTIONS = 64;

/** VMAs that are tried for the huge zero page at one step. */
const MOST_HIDDEN = 32;

/**
 * Replays a trace, and finds out what it does not say. O(assumptions · rules · replay) in the worst case; a trace that
 * agrees is replayed once.
 *
 * @throws {ReplayError} as `replay`
 */
export async function replaySettled(
  open: OpenTrace,
  options: ReplayOptions = {},
): Promise<SettledReport> {
  const run = new Settling(open, options);
  const plain = (await run.replay([])).report();
  if (plain.divergence === undefined || plain.header.fidelity !== "exact") {
    return { ...plain, assumed: [], wouldAgree: [] };
  }
  const wouldAgree = await run.candidates([], plain.divergence);
  const settled = options.assume?.rules === undefined
    ? await run.settle(plain, wouldAgree)
    : undefined;
  if (settled !== undefined) return settled;
  const divergence = { ...plain.divergence, wouldAgree: wouldAgree.map(describeAssumption) };
  return { ...plain, divergence, assumed: [], wouldAgree };
}

/** Replays one trace under one list of assumptions after the other. */
class Settling {
  readonly #open: OpenTrace;
  readonly #options: ReplayOptions;

  constructor(open: OpenTrace, options: ReplayOptions) {
    this.#open = open;
    this.#options = options;
  }

  /** Replays under assumptions, to the end or to a step. */
  async replay(assumed: readonly Assumption[], until = Infinity): Promise<Replay> {
    const { assume, validate } = this.#options;
    const run = new Replay({
      assume: replayAssumptions(assumed, assume),
      ...(validate !== undefined && until === Infinity && { validate }),
    });
    for await (const record of this.#open()) {
      if (run.steps >= until || (run.divergence !== undefined && until < Infinity)) break;
      run.take(record);
    }
    return run;
  }

  /** What would make the step of a divergence agree, each by itself. */
  async candidates(
    assumed: readonly Assumption[],
    divergence: Divergence,
  ): Promise<Assumption[]> {
    const before = await this.replay(assumed, divergence.step - 1);
    const agreeing = [];
    for (const candidate of allCandidates(before, divergence.step, divergence.pid)) {
      const run = await this.replay([...assumed, candidate], divergence.step);
      if (run.divergence === undefined) agreeing.push(candidate);
    }
    return agreeing;
  }

  /** Adds assumptions until the trace agrees to its end; undefined if that cannot be. */
  async settle(
    plain: ReplayReport,
    candidates: readonly Assumption[],
  ): Promise<SettledReport | undefined> {
    const assumed: Assumption[] = [];
    let report = plain;
    let next = candidates.filter((each) => isOpen(each, plain.header));
    while (assumed.length < MOST_ASSUMPTIONS) {
      const best = await this.#furthest(assumed, next);
      if (best === undefined) return undefined;
      assumed.push(best.assumption);
      report = best.report;
      if (report.divergence === undefined) return { ...report, assumed, wouldAgree: [] };
      const found = await this.candidates(assumed, report.divergence);
      next = found.filter((each) => isOpen(each, plain.header));
    }
    return undefined;
  }

  async #furthest(
    assumed: readonly Assumption[],
    candidates: readonly Assumption[],
  ): Promise<{ assumption: Assumption; report: ReplayReport } | undefined> {
    let best: { assumption: Assumption; report: ReplayReport } | undefined;
    for (const assumption of candidates) {
      const report = (await this.replay([...assumed, assumption])).report();
      if (best === undefined || report.matched > best.report.matched) best = { assumption, report };
    }
    return best;
  }
}

/** True if a trace leaves it open: its header has no rules, or other ones. */
function isOpen(each: Assumption, { rules }: HeaderRecord): boolean {
  return rules === undefined || (each.kind === "rule" && !Object.hasOwn(rules, each.name));
}

/** Every single thing that might be otherwise at a step, before which `run` stands. */
function allCandidates(run: Replay, step: number, pid: number): Assumption[] {
  const rules: Assumption[] = RULE_NAMES.flatMap((name) =>
    ruleValues(name).filter((value) => value !== run.rules[name])
      .map((value): Assumption => ({ kind: "rule", name, value }))
  );
  const policies: Assumption[] = run.header?.hugePages === undefined
    ? (["always", "never"] as const).map((value) => ({ kind: "huge pages", value }))
    : [];
  return [...rules, ...policies, ...hiddenFaults(run, step, pid)];
}

/** VMAs of a process that may show the huge zero page, though no page of theirs was written to. */
function hiddenFaults(run: Replay, step: number, pid: number): Assumption[] {
  const mm = run.space(pid)?.descriptor;
  const found: Assumption[] = [];
  if (mm === undefined) return found;
  for (const vma of mm.tree.vmas()) {
    if (vma.anonVma !== null || !mapsHugePage(mm, vma, vma.start, vma.end)) continue;
    found.push({ kind: "huge zero page", step, pid, address: vma.start });
    if (found.length === MOST_HIDDEN) break;
  }
  return found;
}
