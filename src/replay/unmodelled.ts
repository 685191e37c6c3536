/**
 * Calls for which the model does nothing, counted: they agree with the kernel only if the kernel did nothing either.
 *
 * @module
 */

import { callName } from "../abi/syscalls.ts";
import type { CallStep } from "./step.ts";

/** The calls of one name for which the model does nothing, for one reason. */
export interface UnmodelledCalls {
  /** The call's name, of prctl with its option: `prctl(PR_SET_MM)`. */
  readonly call: string;
  /** How many steps of the trace they are. */
  readonly steps: number;
  /** Why the model does nothing. */
  readonly why: string;
}

/** Counts them. */
export class UnmodelledCount {
  readonly #calls = new Map<string, UnmodelledCalls>();

  /** Takes the next call, modelled or not. */
  count({ enter, unmodelled: why }: CallStep): void {
    if (why === undefined) return;
    const call = callName(enter.call, enter.args);
    const key = `${call}: ${why}`;
    const steps = (this.#calls.get(key)?.steps ?? 0) + 1;
    this.#calls.set(key, { call, steps, why });
  }

  /** What was counted, in the order in which it first appeared. */
  calls(): UnmodelledCalls[] {
    return [...this.#calls.values()];
  }
}

/** A line for each, indented, with the line end before it; empty if there is none. */
export function formatUnmodelled(calls: readonly UnmodelledCalls[]): string {
  return calls.map(({ call, steps, why }) =>
    `\n  not modelled: ${call}, ${steps} ${steps === 1 ? "step" : "steps"}: ${why}`
  ).join("");
}
