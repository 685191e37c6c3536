/**
 * From a trace that a kernel's `mm/vma.c` gets wrong to the few steps that matter.
 *
 * @module
 */

import type { TraceRecord } from "../../trace/format.ts";
import { reduceTrace } from "../../replay/debug/reduce_trace.ts";
import { ReplayError } from "../../replay/replay_error.ts";
import { checkTrace, type TraceCheckRequest, type TraceDifference } from "./traces.ts";

/** What is left of a trace: every step before the last agrees, and without any of them so does the last. */
export interface ShrunkTrace {
  /** What `deno task kernel check --vma` reads again. */
  readonly records: readonly TraceRecord[];
  /** Steps before and after. */
  readonly steps: { readonly before: number; readonly after: number };
  /** The last step, and how it differs. */
  readonly found: TraceDifference;
}

/** A driver that loops is waited for in each trial: seconds would add up. */
const TRIAL_LIMIT_MS = 1_000;

/**
 * Reduces a trace. A part of it goes wrong if it shows any difference; what a part that makes no sense shows is none.
 *
 * @param found what the whole trace showed
 * @returns undefined if the trace shows nothing a second time
 */
export async function shrinkTrace(
  trace: AsyncIterable<TraceRecord> | Iterable<TraceRecord>,
  { step }: TraceDifference,
  request: TraceCheckRequest,
): Promise<ShrunkTrace | undefined> {
  const whole: TraceRecord[] = [];
  for await (const record of trace) whole.push(record);
  const limitMs = Math.min(request.limitMs, TRIAL_LIMIT_MS);
  const differs = async (part: readonly TraceRecord[]) => {
    if (request.signal.aborted) return false;
    try {
      return (await checkTrace(part, { ...request, limitMs })).found !== undefined;
    } catch (error) {
      if (error instanceof ReplayError) return false;
      throw error;
    }
  };
  const records = await reduceTrace(whole, step, differs);
  const { found, steps } = await checkTrace(records, { ...request, limitMs });
  return found && { records, steps: { before: step, after: steps }, found };
}
