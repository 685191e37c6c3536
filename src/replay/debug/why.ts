/**
 * Why the VMA at an address and its neighbours are not one: `deno task replay --why ADDRESS`.
 *
 * @module
 */

import { oneLine } from "../../abi/printable.ts";
import type { AddressSpace } from "../../mm/address_space.ts";
import { hex } from "../../abi/hex.ts";
import { explainMerge, type Headroom } from "../../mm/vma/explain.ts";
import { mapsLine } from "../../mm/vma/proc_maps.ts";
import type { Vma } from "../../mm/vma.ts";
import { formatVmFlags } from "../../mm/vm_flags.ts";
import { System } from "../system.ts";
import type { CompiledTrace } from "../compiled.ts";

/** A neighbour, and what keeps it apart. */
export interface Neighbour {
  /** Its line, VmFlags at the end. */
  readonly line: string;
  /** The rule that fails, null if none does. */
  readonly obstacle: string | null;
  /** The same in a sentence. */
  readonly words: string;
}

/** The VMA at an address of one process, at one moment. */
export interface Why {
  /** The process. */
  readonly pid: number;
  /** The last step before the moment, from 1. */
  readonly step: number;
  /** The VMA's line, VmFlags at the end. */
  readonly line: string;
  /** The one below, if there is one. */
  readonly below?: Neighbour;
  /** The one above. */
  readonly above?: Neighbour;
  /** How near the process is to max_map_count, and why. */
  readonly headroom: Headroom;
}

/**
 * Runs a trace and explains the VMA at `address`: after the step given; without one, for each
 * process that has something mapped there at its end, as it was then. O(steps).
 *
 * @param step from 1
 * @returns one answer a process, none if nothing was mapped there
 */
export function why(trace: CompiledTrace, address: number, step?: number): Why[] {
  const system = new System();
  const answers: Why[] = [];
  const explain = (pid: number, number: number): void => {
    const space = system.space(pid);
    const answer = space === undefined ? undefined : explainAt(space, address, pid, number);
    if (answer !== undefined) answers.push(answer);
  };
  const known = new Set<number>();
  for (const [index, each] of trace.steps.entries()) {
    const ends = each.type === "exit" || each.type === "exec";
    if (step === undefined && ends) explain(each.pid, index);
    system.perform(each);
    known.add(each.type === "fork" ? each.record.child : each.pid);
    if (index + 1 !== step) continue;
    explain(each.pid, step);
    return answers;
  }
  if (step === undefined) { for (const pid of known) explain(pid, trace.steps.length); }
  return answers;
}

/** The answers as text. */
export function formatWhy(answers: readonly Why[]): string {
  return answers.map(formatAnswer).join("\n\n");
}

function formatAnswer(answer: Why): string {
  const { pid, step, line, below, above, headroom } = answer;
  const neighbour = (side: string, found: Neighbour | undefined): string[] =>
    found === undefined
      ? [`  nothing ${side}`]
      : [`  ${side}  ${found.line}`, `    ${found.words}`];
  const borders = headroom.borders.map(({ obstacle, count }) => `${count} ${obstacle ?? "none"}`);
  return [
    `process ${pid}, after step ${step}: ${line}`,
    ...neighbour("below", below),
    ...neighbour("above", above),
    `  ${headroom.used} of ${headroom.limit} VMAs in use, ${headroom.left} left` +
    (borders.length === 0 ? "" : `; neighbours apart by rule: ${borders.join(", ")}`),
  ].map(oneLine).join("\n");
}

function explainAt(
  space: AddressSpace,
  address: number,
  pid: number,
  step: number,
): Why | undefined {
  const { descriptor: mm } = space;
  const vma = mm.tree.load(address);
  if (vma === undefined) return undefined;
  const line = (each: Vma): string =>
    `${mapsLine(mm, each).replace(/ {2,}/, " ").trimEnd()} {${formatVmFlags(each.flags)}}`;
  const neighbour = (other: Vma): Neighbour => ({
    line: line(other),
    ...explainMerge(vma, other, mm.rules),
  });
  const below = mm.tree.before(vma.start);
  const above = mm.tree.after(vma.start);
  return {
    pid,
    step,
    line: line(vma),
    ...(below && { below: neighbour(below) }),
    ...(above && { above: neighbour(above) }),
    headroom: space.headroom(),
  };
}

/** An address as it is written on a command line: hexadecimal, with or without `0x`. */
export function parseAddress(text: string): number | undefined {
  const value = /^(0x)?[0-9a-f]+$/i.test(text) ? parseInt(text, 16) : NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Says that nothing was found. */
export function nothingMapped(address: number, step: number | undefined): string {
  const when = step === undefined ? "at the end of any process" : `after step ${step}`;
  return `nothing is mapped at ${hex(address)} ${when}`;
}
