/**
 * The model as the page runs it: what `model/` needs of tree, address space, traces and replay.
 *
 * The page carries the modules behind this file one by one and links them itself, so that a planted fault costs it the
 * patched module alone. Nothing else of the page imports these modules' values: it gets them from the engine that
 * it runs, the plain one or one with a fault.
 *
 * @module
 */

export { fault } from "../faults/acted.ts";
export { explainMerge } from "../mm/vma/explain.ts";
export { fileOffset, mapsLine, vmaName } from "../mm/vma/proc_maps.ts";
export { copySystem } from "../replay/copy_system.ts";
export { describeStep } from "../replay/divergence.ts";
export { LayoutComparison } from "../replay/layout_diff.ts";
export { Answers } from "../replay/imported/answers.ts";
export { StepReader } from "../replay/step.ts";
export { System } from "../replay/system.ts";
export { RecordedLayouts } from "../trace/recorded_layouts.ts";
export { importText } from "../text/import.ts";
export { readTrace } from "../trace/read.ts";
export { poolOf } from "../tree/maple_tree.ts";
export { attach } from "../tree/write_log.ts";
