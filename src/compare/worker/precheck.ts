/**
 * The measuring process that runs first: it finds which workloads both sides can run, and compares answers and counts.
 *
 * Answers and counts are the same on every machine and in every run, so one run decides, and any difference is
 * a finding. Also finds out how many steps make a batch.
 *
 * @module
 */

import type { MeasuredWorkload } from "./side.ts";
import {
  type FirstDifference,
  loadSides,
  type PrecheckOrder,
  reply,
  type WorkloadPrecheck,
} from "./protocol.ts";
import { median } from "../statistics.ts";

/** The two are compared at this many points of the list, and step by step only before one where they differ. */
const CHECKPOINTS = 16;

/** Batches until the code has been compiled. */
const WARM_UP_BATCHES = 30;

async function precheck(order: PrecheckOrder): Promise<WorkloadPrecheck[]> {
  const { base, head } = await loadSides(order, true);
  const results: WorkloadPrecheck[] = [];
  for (const [at, name] of order.names.entries()) {
    reply({ doing: `prepare ${name} of the base` });
    const ofBase = await base.open(name);
    reply({ doing: `prepare ${name} of the head` });
    const ofHead = await head.open(name);
    if ("why" in ofBase) results.push(skipped(name, "base", ofBase.why));
    else if ("why" in ofHead) results.push(skipped(name, "head", ofHead.why));
    else results.push(precheckPair(name, ofBase, ofHead, order.batchMs));
    reply({ done: at + 1, of: order.names.length });
  }
  return results;
}

function precheckPair(
  name: string,
  base: MeasuredWorkload,
  head: MeasuredWorkload,
  batchMs: number,
): WorkloadPrecheck {
  for (const [side, workload] of [["base", base], ["head", head]] as const) {
    reply({ doing: `run ${name} of the ${side}` });
    const failure = trial(workload);
    if (failure !== undefined) return skipped(name, side, failure);
  }
  const { length } = base;
  if (length !== head.length) {
    return skipped(name, "head", `its list has ${head.length} steps, the base's ${length}`);
  }
  reply({ doing: `compare ${name} step by step` });
  return { name, steps: length, batch: batchSize(base, batchMs), ...compare(base, head) };
}

/** What is wrong with a workload that cannot even do its list once; `undefined` if it can. */
function trial(workload: MeasuredWorkload): string | undefined {
  try {
    workload.fresh();
    workload.run(0, workload.length);
    workload.counters();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

type Exact = Pick<WorkloadPrecheck, "answersPart" | "countersPart" | "counters">;

/** True if the two, which have just performed the same steps, differ. */
type Differ = (base: MeasuredWorkload, head: MeasuredWorkload) => boolean;

const answersDiffer: Differ = (base, head) =>
  base.hash !== head.hash || base.contents() !== head.contents();

const countersDiffer: Differ = (base, head) => {
  const [ofBase, ofHead] = [base.counters(), head.counters()];
  return Object.keys(ofBase).some((name) => name in ofHead && ofHead[name] !== ofBase[name]);
};

/** Performs the list on both sides, and finds the first steps after which they differ. */
function compare(base: MeasuredWorkload, head: MeasuredWorkload): Exact {
  const answersPart = findFirstDifference(base, head, answersDiffer);
  const countersPart = findFirstDifference(base, head, countersDiffer);
  for (const side of [base, head]) {
    side.fresh();
    side.run(0, side.length);
  }
  return {
    counters: { base: base.counters(), head: head.counters() },
    ...(answersPart && { answersPart }),
    ...(countersPart && { countersPart }),
  };
}

/** The first step after which the two differ: looks now and then, and step by step where it matters. */
function findFirstDifference(
  base: MeasuredWorkload,
  head: MeasuredWorkload,
  differ: Differ,
): FirstDifference | undefined {
  base.fresh();
  head.fresh();
  base.run(0, 0);
  head.run(0, 0);
  if (differ(base, head)) return { step: -1, description: "filling, before the first step" };
  const interval = Math.ceil(base.length / CHECKPOINTS);
  const from = firstPieceThatDiffers(base, head, differ, { from: 0, to: base.length, interval });
  if (from === undefined) return undefined;
  base.fresh();
  head.fresh();
  base.run(0, from);
  head.run(0, from);
  const to = Math.min(base.length, from + interval);
  const step = firstPieceThatDiffers(base, head, differ, { from, to, interval: 1 }) ?? from;
  return { step, description: head.describe(step) };
}

/** Performs a stretch piece by piece; the beginning of the first piece after which the two differ. */
function firstPieceThatDiffers(
  base: MeasuredWorkload,
  head: MeasuredWorkload,
  differ: Differ,
  { from, to, interval }: { from: number; to: number; interval: number },
): number | undefined {
  for (let at = from; at < to; at += interval) {
    const end = Math.min(to, at + interval);
    base.run(at, end);
    head.run(at, end);
    if (differ(base, head)) return at;
  }
  return undefined;
}

/** As many steps as take about `batchMs`, once compiled. */
function batchSize(workload: MeasuredWorkload, batchMs: number): number {
  let steps = Math.min(workload.length, 64);
  const times: number[] = [];
  for (let batch = 0; batch < WARM_UP_BATCHES; batch++) {
    workload.fresh();
    workload.run(0, steps);
    times.push(workload.milliseconds / steps);
    const perStep = median(times.slice(-5));
    steps = Math.max(1, Math.min(workload.length, Math.round(batchMs / Math.max(perStep, 1e-6))));
  }
  return steps;
}

function skipped(name: string, side: "base" | "head", why: string): WorkloadPrecheck {
  return { name, steps: 0, batch: 0, counters: { base: {}, head: {} }, skipped: { side, why } };
}

if (import.meta.main) reply({ results: await precheck(JSON.parse(Deno.args[0]!)) });
