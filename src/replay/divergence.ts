/**
 * The first step at which model and kernel disagree, and how to say it.
 *
 * @module
 */

import type { AddressSpace } from "../mm/address_space.ts";
import { hex } from "../abi/hex.ts";
import { oneLine } from "../abi/printable.ts";
import { mapsLine, vmFlagsText } from "../mm/vma/proc_maps.ts";
import type { ExecRecord, HeaderRecord, MapLine, OpenFile } from "../trace/format.ts";
import type { Vma } from "../mm/vma.ts";
import {
  DEFAULT_KERNEL,
  isNewerThanTable,
  type KernelRules,
  NEWEST_KERNEL,
  ruleDifferences,
  unknownRules,
} from "../mm/rules/kernel_rules.ts";
import { userAddresses } from "../mm/rlimit.ts";
import { rulesOfRelease } from "./rules.ts";
import type { CallStep, Step } from "./step.ts";

/** A step at which model and kernel disagree. */
export interface Divergence {
  /** The step's number, from 1. */
  readonly step: number;
  /** The process. */
  readonly pid: number;
  /** The program that it runs. */
  readonly program: string;
  /** The step in words: a call with its arguments, or what else happened. */
  readonly call: string;
  /** What differs. */
  readonly what: string;
  /** The VMAs around the difference, ascending: those of both sides that start at one address in one row. */
  readonly rows: readonly DivergenceRow[];
  /** What was recorded, and on which kernel. */
  readonly recorded: string;
  /** The rules that the model went by. */
  readonly rules: string;
  /** Each thing that, were it so, would make the step agree, in words. */
  readonly wouldAgree?: readonly string[];
  /** The model's tree, as `dump` prints it. */
  readonly tree: string;
}

/** The VMAs that start at one address. */
export interface DivergenceRow {
  /** The model's line, VmFlags at its end; absent if the model has none there. */
  readonly model?: string;
  /** The kernel's. */
  readonly kernel?: string;
  /** True if the two are not alike. */
  readonly differs: boolean;
}

/** What a disagreement is about. */
export interface Disagreement {
  /** The step's number, from 1. */
  readonly number: number;
  /** The step. */
  readonly step: Step;
  /** What differs. */
  readonly what: string;
  /** Position of the VMA that differs, in both layouts. */
  readonly position: number;
  /** What the trace says of itself. */
  readonly header: HeaderRecord;
  /** The rules that the model goes by. */
  readonly rules: KernelRules;
  /** The model's address space; undefined if the process has none. */
  readonly space: AddressSpace | undefined;
  /** The kernel's layout. */
  readonly recorded: readonly MapLine[];
  /** The program that the process runs; undefined if the trace does not say. */
  readonly program: ExecRecord | undefined;
}

/** VMAs shown before and after the one that differs. */
const CONTEXT = 3;
/** Characters for the model's side, at most. */
const SIDE_MAX = 100;

/**
 * Describes a disagreement, around the VMA that differs. O(VMAs).
 *
 * @param isAlike whether a VMA of the model is what a line shows
 */
export function describeDivergence(
  { number, step, what, position, header, rules, space, recorded, program }: Disagreement,
  isAlike: (vma: Vma, line: MapLine) => boolean,
): Divergence {
  const vmas = space === undefined ? [] : [...space.vmas()];
  const address = Math.min(
    vmas[position]?.start ?? Infinity,
    recorded[position]?.start ?? Infinity,
  );
  const starts = new Set([...vmas, ...recorded].map(({ start }) => start));
  const ascending = [...starts].sort((a, b) => a - b);
  const at = Math.max(0, ascending.findIndex((start) => start >= address));
  const byStart = {
    model: new Map(vmas.map((vma) => [vma.start, vma])),
    kernel: new Map(recorded.map((line) => [line.start, line])),
  };
  const rows = ascending.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).map((start) => {
    const vma = byStart.model.get(start), line = byStart.kernel.get(start);
    return {
      ...(vma !== undefined && space !== undefined && { model: modelLine(space, vma) }),
      ...(line !== undefined && { kernel: kernelLine(line) }),
      differs: vma === undefined || line === undefined || !isAlike(vma, line),
    };
  });
  return {
    step: number,
    pid: step.pid,
    program: program === undefined ? "" : describeProgram(program),
    call: describeStep(step),
    what,
    rows,
    recorded: describeRecording(header),
    rules: describeRules(header, rules),
    tree: space?.dumpTree() ?? "",
  };
}

/**
 * The report of a divergence: both layouts side by side.
 *
 * @param options with `dump` the model's tree too
 */
export function formatDivergence(
  divergence: Divergence,
  options: { readonly dump?: boolean } = {},
): string {
  const { step, pid, program, call, what, rows, recorded, rules, tree, wouldAgree = [] } =
    divergence;
  const width = Math.min(SIDE_MAX, Math.max(5, ...rows.map(({ model = "" }) => model.length)));
  const lines = rows.map(({ model = "", kernel = "", differs }) =>
    `${differs ? "≠" : " "} ${model.padEnd(width)} | ${kernel}`.trimEnd()
  );
  return [
    `step ${step}, process ${pid}${program && ` (${program})`}: ${call}`,
    what,
    `recorded: ${recorded}`,
    `rules: ${rules}`,
    ...wouldAgree.map((words) => `it would agree if ${words}`),
    ...(rows.length === 0 ? [] : ["", `  ${"model".padEnd(width)} | kernel`, ...lines]),
    "",
    ...(options.dump
      ? ["the model's tree:", ...tree.split("\n")]
      : ["--dump prints the model's tree"]),
  ].map(oneLine).join("\n");
}

/** What was recorded, on what, and why. */
function describeRecording(header: HeaderRecord): string {
  const { command, kernel, machine, compiler, purpose } = header;
  const system = `Linux ${kernel || "of an unknown release"} on ${machine || "an unknown machine"}`;
  const more = [compiler, purpose].filter((text) => text !== "").join("; ");
  return `${command.join(" ") || "an unknown command"}, ${system}${more && ` (${more})`}`;
}

/** The rules in force: how they differ from the kernel's version, and what else the header says. */
function describeRules(header: HeaderRecord, rules: KernelRules): string {
  const { maxMapCount, mmapMinAddress, overcommitMemory, memoryBytes, ipcLock, hugePages } = header;
  const { hintMinAddress, pageTableLevels, protectionKeys, taskSize } = header;
  const { taskSize: usualEnd } = userAddresses(header.machine, pageTableLevels);
  const isUnusual = taskSize !== undefined && taskSize !== usualEnd;
  const usual = rulesOfRelease(header.kernel);
  const others = ruleDifferences(usual, rules).map((name) => `${name} ${rules[name]}`);
  const unknown = unknownRules(header.rules ?? {});
  const version = header.kernel === "" ? `Linux ${DEFAULT_KERNEL}` : `Linux ${header.kernel}`;
  return [
    others.length === 0 ? `those of ${version}` : `those of ${version}, but ${others.join(", ")}`,
    ...(isNewerThanTable(header.kernel)
      ? [`newer than ${NEWEST_KERNEL}, the newest kernel that the rules were compared with`]
      : []),
    ...(unknown.length === 0 ? [] : [`not known here: ${unknown.join(", ")}`]),
    `max_map_count ${maxMapCount}`,
    `mmap_min_addr ${hex(mmapMinAddress)}`,
    ...(hintMinAddress === undefined ? [] : [`hints from ${hex(hintMinAddress)} on`]),
    ...(pageTableLevels === undefined ? [] : [`${pageTableLevels} page-table levels`]),
    ...(isUnusual ? [`addresses to ${hex(taskSize)}`] : []),
    ...(protectionKeys === undefined ? [] : [`${protectionKeys ? "" : "no "}protection keys`]),
    ...(overcommitMemory === undefined ? [] : [`overcommit_memory ${overcommitMemory}`]),
    ...(memoryBytes === undefined ? [] : [`memory and swap ${hex(memoryBytes)} bytes`]),
    ...(hugePages === undefined ? [] : [`huge pages ${hugePages}`]),
    ...(ipcLock === undefined ? [] : [ipcLock ? "CAP_IPC_LOCK" : "no CAP_IPC_LOCK"]),
  ].join(", ");
}

/** A step in words. */
export function describeStep(step: Step): string {
  switch (step.type) {
    case "call":
      return describeCall(step);
    case "touch":
      return `${step.record.type === "grow" ? "stack grows to" : "first write to"} ${
        hex(step.address)
      }`;
    case "exec":
      return `exec ${describeProgram(step.record)}`;
    case "fork": {
      const { sharesMemory, child, flags } = step.record;
      const how = flags === undefined ? "" : `, clone flags ${hex(flags)}`;
      return `${sharesMemory ? "vfork of" : "fork of"} process ${child}${how}`;
    }
    case "exit":
      return `exit with status ${step.record.status}`;
  }
}

/** A call, what stands where its arguments point, and its result. */
function describeCall({ enter, record }: CallStep): string {
  const { call, args, file, imposedHint, name, ranges, process } = enter;
  const more = [
    ...(file === undefined ? [] : [describeFile(file)]),
    ...(record.file === undefined ? [] : [describeFile(record.file)]),
    ...(imposedHint === undefined ? [] : [`asked at ${hex(imposedHint)}`]),
    ...(name === undefined ? [] : [`name ${JSON.stringify(name)}`]),
    ...(ranges ?? []).map(({ address, length }) => `${hex(address)} + ${hex(length)}`),
    ...(process === undefined ? [] : [`process ${process}`]),
  ].join(", ");
  const result = record.error ?? hex(record.result);
  return `${call}(${args.map(hex).join(", ")}) = ${result}${more && ` (${more})`}`;
}

function describeProgram({ program, randomized, mmapBaseGuessed }: ExecRecord): string {
  const fixed = randomized === false ? ", addresses not randomized" : "";
  return `${program}${fixed}${mmapBaseGuessed ? ", where its mappings begin is guessed" : ""}`;
}

function describeFile({ id, name, size, access, kind, noexec }: OpenFile): string {
  const mount = noexec ? ", noexec" : "";
  return `file ${id}: ${name}, ${kind}${mount}, ${access}, ${hex(size)} bytes`;
}

function modelLine(space: AddressSpace, vma: Vma): string {
  const line = mapsLine(space.descriptor, vma).replace(/ {2,}/, " ").trimEnd();
  return `${line} {${vmFlagsText(space.descriptor, vma)}}${
    vma.anonVma === null ? "" : " anon_vma"
  }`;
}

function kernelLine(line: MapLine): string {
  const range = `${address(line.start)}-${address(line.end)}`;
  const head = `${range} ${line.permissions} ${address(line.offset)} ${line.device} ${line.inode}`;
  const end = line.written ? " anon_vma" : "";
  return `${head} ${line.name}`.trimEnd() + ` {${line.vmFlags ?? "?"}}${end}`;
}

function address(value: number): string {
  return value.toString(16).padStart(8, "0");
}
