/**
 * One run for the history: the working tree against a base, the other structures, what the tree weighs.
 *
 * @module
 */

import { Unable } from "../command/command.ts";
import { pathOf, ROOT } from "../command/paths.ts";
import { compare, type CompareRequest } from "../compare/compare.ts";
import type { Comparison, Skipped } from "../compare/comparison.ts";
import { git } from "../compare/git.ts";
import { appendLine, type BenchLine, linesOf, readHistory } from "./history.ts";
import { thisHost } from "../compare/host.ts";
import { measure } from "../compare/worker/process.ts";
import type { PeersOrder, PeersResult } from "../compare/worker/peers.ts";

/** What to run. */
export interface SaveRequest extends Omit<CompareRequest, "head" | "shard"> {
  /** How much to measure of other structures; a race of all of them unless given. */
  readonly peers?: PeersOrder;
}

/** What was saved. */
export interface Saved {
  /** The line that was appended. */
  readonly line: BenchLine;
  /** Workloads that one side cannot do. */
  readonly skipped: readonly Skipped[];
}

/** Sizes by factors of about eight, to the kernel's default limit of VMAs. */
const PEERS: PeersOrder = {
  sizes: [60, 500, 4_000, 32_000, 65_000],
  warmUp: 10,
  rounds: 30,
  batchMs: 0.5,
};

/**
 * Measures and appends the line.
 *
 * The base is the one asked for, else that of this machine's last run, so that its ratios go on; the first run is
 * its own base.
 */
export async function save(request: SaveRequest): Promise<Saved> {
  const { repository, signal, onProgress = () => {} } = request;
  const history = await readHistory(repository);
  const mine = linesOf(history, thisHost(request.machine));
  const last = mine.findLast((line) => line.kind === "bench");
  const known = request.base ?? last?.base;
  const comparison = await compare({ ...request, base: known ?? "HEAD", head: undefined });
  if (comparison.workloads.some((it) => it.answersPart !== undefined)) {
    throw new Unable("Cannot save this run: it answers differently from its base; see compare");
  }
  const [raced] = await measure<PeersResult>({
    module: pathOf("src/compare/worker/peers.ts"),
    order: request.peers ?? PEERS,
    root: ROOT,
    isConfigured: true,
    ...(signal && { signal }),
    onProgress: (done) => onProgress({ what: "other structures", done }),
  });
  const { commit } = comparison.head;
  const purpose = "read the commit";
  const subject = await git(purpose, ["show", "-s", "--format=%s", commit], {
    cwd: repository ?? ".",
  });
  const line = lineOf(comparison, subject, raced!);
  await appendLine(line, repository);
  return { line, skipped: comparison.skipped };
}

function lineOf(comparison: Comparison, subject: string, raced: PeersResult): BenchLine {
  const { head, base, date, machines, runtime, workloads } = comparison;
  return {
    kind: "bench",
    version: 1,
    commit: head.commit,
    isDirty: head.isDirty,
    subject,
    date,
    machine: machines[0]!,
    runtime,
    base: base.commit,
    workloads: workloads.map((
      { name, nanoseconds, ratio, interval, verdict, steps, counters },
    ) => ({
      name,
      nanoseconds: nanoseconds.head,
      ratio,
      interval,
      verdict,
      steps,
      counters: counters.head,
    })),
    ...raced,
  };
}
