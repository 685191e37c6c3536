/**
 * Replaying while recording: what the running kernel does, checked against the model step by step.
 *
 * @module
 */
import { Replay, type ReplayOptions, type ReplayReport } from "../replay/replay.ts";
import { ReplayError } from "../replay/replay_error.ts";
import { withPlacement } from "../replay/rules.ts";
import type { PlacementPolicy, TraceRecord } from "../trace/format.ts";
import { writeTrace } from "../trace/write.ts";

/** How {@linkcode verify} goes about it. */
export interface VerifyOptions extends ReplayOptions {
  /** Compress the trace with gzip. */
  readonly gzip?: boolean;
  /** Place as this kernel release would have; as the running one does unless given. */
  readonly placement?: PlacementPolicy;
}

/** What {@linkcode verify} found. */
export interface Verification extends ReplayReport {
  /** What the model threw that no call may throw: a rule of its own that it broke. */
  readonly failure?: Error;
}

/**
 * Replays records as they come about and writes them down.
 *
 * The run ends at the first divergence, or when the model breaks a rule of its own: `records` is closed,
 * which lets a recorded command go on by itself, and the trace ends with the step at fault, so that its
 * replay finds the same.
 *
 * @param records a recording, header first
 * @param sink where the trace goes
 * @throws {ReplayError} there is nothing to replay, or it cannot be
 */
export async function verify(
  records: AsyncIterable<TraceRecord>,
  sink: WritableStream<Uint8Array<ArrayBuffer>>,
  options: VerifyOptions = {},
): Promise<Verification> {
  const run = new Replay(options);
  let failure: Error | undefined;
  async function* checked(): AsyncGenerator<TraceRecord> {
    for await (const recorded of records) {
      const record = recorded.type === "header" && options.placement !== undefined
        ? withPlacement(recorded, options.placement)
        : recorded;
      yield record;
      failure = take(run, record);
      if (run.divergence === undefined && failure === undefined) continue;
      if (record.type !== "end") yield { type: "end", reason: "interrupted" };
      return;
    }
  }
  await writeTrace(checked(), sink, { gzip: options.gzip ?? false });
  return {
    ...run.report(),
    ...(failure && { failure }),
  };
}

/** Replays a record; gives back what only a fault of the model can be. */
function take(run: Replay, record: TraceRecord): Error | undefined {
  try {
    run.take(record);
  } catch (error) {
    if (error instanceof ReplayError || !(error instanceof Error)) throw error;
    return error;
  }
  return undefined;
}
