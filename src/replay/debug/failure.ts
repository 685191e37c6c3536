/**
 * Running steps until the model breaks a rule of its own: a rule of the tree or of the address space is broken, or
 * something is thrown that no call may throw.
 *
 * @module
 */

import { MmError } from "../../mm/error.ts";
import { ReplayError } from "../replay_error.ts";
import type { System } from "../system.ts";
import type { Step } from "../step.ts";

/** Why a run cannot go on. */
export interface ModelFailure {
  /** The class of the error. */
  readonly kind: string;
  /** The rule that is broken, or the error's message. */
  readonly rule: string;
  /** The whole message. */
  readonly message: string;
}

/**
 * Does a step; a call that is refused with an errno has done what it should.
 *
 * @throws {ReplayError} the trace is at fault
 */
export function attempt(system: System, step: Step): ModelFailure | undefined {
  return failureOf(() => {
    try {
      system.apply(step);
    } catch (error) {
      if (!(error instanceof MmError)) throw error;
    }
  });
}

/** Validates every address space of the system from scratch. */
export function inspect(system: System): ModelFailure | undefined {
  return failureOf(() => {
    for (const space of system.spaces()) space.validate();
  });
}

function failureOf(act: () => unknown): ModelFailure | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof ReplayError) throw error;
    return modelFailureOf(error);
  }
  return undefined;
}

/** What an error says of the rule that was broken. */
export function modelFailureOf(error: unknown): ModelFailure {
  if (!(error instanceof Error)) return { kind: "thrown", rule: String(error), message: "" };
  const rule = "rule" in error && typeof error.rule === "string" ? error.rule : error.message;
  return { kind: error.name, rule: withoutNumbers(rule), message: error.message };
}

/** Two failures are the same if they differ in numbers alone. */
function withoutNumbers(text: string): string {
  return text.replace(/0x[0-9a-f]+|\d+/g, "…");
}
