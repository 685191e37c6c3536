/**
 * The first step at which model and kernel disagree, and how to say it.
 *
 * @module
 */

import type { AddressSpace } from "../mm/address_space.ts";
import { hex } from "../abi/hex.ts";
import { mapsLine } from "../mm/vma/proc_maps.ts";
import { formatVmFlags } from "../mm/vm_flags.ts";
import type { MapLine } from "../trace/format.ts";
import type { Step } from "./step.ts";

/** A step at which model and kernel disagree. */
export interface Divergence {
  /** The step's number, from 1. */
  readonly step: number;
  /** The process. */
  readonly pid: number;
  /** The step in words: a call with its arguments, or what else happened. */
  readonly call: string;
  /** What differs. */
  readonly what: string;
  /** The model's lines around the difference, VmFlags at their ends. */
  readonly model: readonly string[];
  /** The kernel's. */
  readonly kernel: readonly string[];
  /** The tree, as `dump` prints it. */
  readonly tree: string;
}

/** VMAs recorded on either side of the one that differs. */
const CONTEXT = 3;
/** Characters for the model's side. */
const SIDE = 78;

/** Describes a disagreement at `step`, around the VMA at `position`. */
export function describeDivergence(
  number: number,
  step: Step,
  what: string,
  space: AddressSpace | undefined,
  recorded: readonly MapLine[],
  position: number,
): Divergence {
  const from = Math.max(0, position - CONTEXT);
  const to = position + CONTEXT + 1;
  const model = space === undefined
    ? []
    : [...space.vmas()].slice(from, to).map((vma) =>
      `${mapsLine(space.descriptor, vma).replace(/ {2,}/, " ").trimEnd()} {${
        formatVmFlags(vma.flags)
      }}`
    );
  return {
    step: number,
    pid: step.pid,
    call: describeStep(step),
    what,
    model,
    kernel: recorded.slice(from, to).map(kernelLine),
    tree: space?.dumpTree() ?? "",
  };
}

/** The report of a divergence: both layouts side by side, then the tree. */
export function formatDivergence(divergence: Divergence): string {
  const { step, pid, call, what, model, kernel, tree } = divergence;
  const rows = Math.max(model.length, kernel.length);
  const lines = [`step ${step}, process ${pid}: ${call}`, what, ""];
  lines.push(`  ${"model".padEnd(SIDE)}   kernel`);
  for (let row = 0; row < rows; row++) {
    const left = model[row] ?? "";
    const right = kernel[row] ?? "";
    lines.push(`${left === right ? " " : "≠"} ${left.padEnd(SIDE)} | ${right}`);
  }
  return [...lines, "", "the model's tree:", tree].join("\n");
}

/** A step in words. */
export function describeStep(step: Step): string {
  switch (step.type) {
    case "call": {
      const { enter, record } = step;
      const result = record.error ?? hex(record.result);
      const file = enter.file === undefined ? "" : ` (file ${enter.file.id}: ${enter.file.name})`;
      return `${enter.call}(${enter.args.map(hex).join(", ")}) = ${result}${file}`;
    }
    case "touch":
      return `${step.record.type === "grow" ? "stack grows to" : "first write to"} ${
        hex(step.address)
      }`;
    case "exec":
      return `exec ${step.record.program}`;
    case "fork":
      return `${step.record.sharesMemory ? "vfork of" : "fork of"} process ${step.record.child}`;
    case "exit":
      return "exit";
  }
}

function kernelLine(line: MapLine): string {
  const range = `${address(line.start)}-${address(line.end)}`;
  const head = `${range} ${line.permissions} ${address(line.offset)} ${line.device} ${line.inode}`;
  return `${head} ${line.name}`.trimEnd() + ` {${line.vmFlags ?? "?"}}`;
}

function address(value: number): string {
  return value.toString(16).padStart(8, "0");
}
