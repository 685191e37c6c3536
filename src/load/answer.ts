/**
 * What a call answered in the load, beside what it answered when it was recorded.
 *
 * @module
 */

import { errnoName } from "../abi/errno.ts";
import { hex } from "../abi/hex.ts";
import type { CallStep } from "../replay/step.ts";
import { LoadFinding } from "./finding.ts";

/** True if a call answered as it did when it was recorded. */
export function agrees({ record }: CallStep, answer: number): boolean {
  return record.error === undefined
    ? answer === record.result
    : answer < 0 && errnoName(-answer) === record.error;
}

/**
 * Checks that a call answers in the load what it answered when it was recorded.
 *
 * @throws {LoadFinding} it does not
 */
export function checkAnswer(step: CallStep, answer: number): void {
  const { record } = step;
  if (step.action === undefined || agrees(step, answer)) return;
  throw new LoadFinding(
    `${record.call} answers ${answer < 0 ? errnoName(-answer) : hex(answer)}, recorded was ` +
      (record.error ?? hex(record.result)),
  );
}
