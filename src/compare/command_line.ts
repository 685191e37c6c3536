/**
 * What the commands that measure share: stopping, which workloads, the time left.
 *
 * @module
 */

import { interruption, Unable } from "../command/command.ts";
import { WORKLOADS } from "./workloads/list.ts";

/**
 * Calls `work` with a signal that Ctrl-C, a polite `kill` or a closed terminal aborts, however often: cleaning up takes
 * less than a second, and no impatience may leave a worktree behind.
 *
 * @throws {Interrupted} it was aborted, whatever `work` made of that
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = interruption();
  try {
    return await work(signal);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}

/**
 * The names of the workloads that a pattern selects: those that contain it, or match it if it stands between
 * slashes; all without a pattern.
 *
 * @throws {Unable} it selects none, or is no regular expression
 */
export function selectWorkloads(pattern: string = ""): string[] {
  const matches = matcher(pattern);
  const all = WORKLOADS.map(({ name }) => name);
  const selected = all.filter(matches);
  if (selected.length > 0) return selected;
  throw new Unable(`No workload matches ${pattern}; there are ${all.join(", ")}`);
}

/** Makes a line of progress from a stage, with the time left as far as it can be told. */
export function timeLeft(): (stage: { what: string; done: number }) => string {
  const start = performance.now();
  return ({ what, done }) => {
    const percent = `${Math.floor(100 * done)} %`;
    if (done < 0.02) return `${what}, ${percent}`;
    const seconds = (performance.now() - start) / 1e3 * (1 - done) / done;
    return `${what}, ${percent}, about ${Math.ceil(seconds)} s left`;
  };
}

function matcher(pattern: string): (name: string) => boolean {
  const [, source] = /^\/(.*)\/$/.exec(pattern) ?? [];
  if (source === undefined) return (name) => name.includes(pattern);
  try {
    const expression = new RegExp(source);
    return (name) => expression.test(name);
  } catch {
    throw new Unable(`${pattern} is no regular expression`);
  }
}
