/**
 * What people have at hand: texts of calls and of layouts, read and explained.
 *
 * @module
 */

export type { CallFormat } from "./calls/read_calls.ts";
export type { Border, BorderObstacle } from "./explain/borders.ts";
export type { Failure } from "./explain/failure.ts";
export type { CallBudget } from "./explain/headroom.ts";
export { explainLayout, type ExplainOptions, type LayoutExplanation } from "./explain/layout.ts";
export type { Pattern } from "./explain/patterns.ts";
export {
  type CountRange,
  type Differing,
  type ImportedText,
  type ImportedVma,
  type ImportOptions,
  importText,
} from "./import.ts";
export type { PassedOver } from "./lines/marks.ts";
export type { LayoutLine } from "./maps/layout_line.ts";
export type { LayoutFormat } from "./maps/read_layout.ts";
export { TextError } from "./text_error.ts";
