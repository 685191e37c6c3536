/**
 * Replaying recorded programs through address spaces, compared with what the kernel showed.
 *
 * @module
 */

export {
  type Assumption,
  describeAssumption,
  type HiddenFault,
  type ReplayAssumptions,
} from "./assumptions.ts";
export { type OpenTrace, replaySettled, type SettledReport } from "./settle.ts";
export { rulesOf } from "./rules.ts";
export { type Divergence, type DivergenceRow, formatDivergence } from "./divergence.ts";
export type { Action } from "./decode.ts";
export type { DirectCall } from "./direct_call.ts";
export type { AnswerCounts } from "./imported/answers.ts";
export { System } from "./system.ts";
export {
  type CompiledTrace,
  compileTrace,
  replayUnchecked,
  type UncheckedOptions,
} from "./compiled.ts";
export type { MapCountRange } from "./map_counts.ts";
export { Replay, replay, type ReplayOptions, type ReplayReport } from "./replay.ts";
export type { Validation } from "./step_validator.ts";
export type { CallStep, ExecStep, ExitStep, ForkStep, Step, TouchStep } from "./step.ts";
export { ReplayError } from "./replay_error.ts";
export type { UnmodelledCalls } from "./unmodelled.ts";
export { type LoggedOperation, treeOperations } from "./tree_log.ts";
