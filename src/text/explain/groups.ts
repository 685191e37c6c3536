/**
 * VMAs that belong together by what they map: one file in many pieces, memory mapped both writable and executable,
 * programs and libraries, memory of one name.
 *
 * @module
 */

import { fileKey, isAnonymous, type LayoutLine, shortName, sizeOf } from "../maps/layout_line.ts";
import { counted, inBytes } from "./amounts.ts";
import type { Found } from "./patterns.ts";

/** A library or program has at most so many segments: more VMAs of one file are pieces of it. */
const MOST_SEGMENTS = 7;
/** So many VMAs of one name are worth a line. */
const FEWEST_NAMED = 2;

/** Finds groups. */
export function findGroups(
  vmas: readonly LayoutLine[],
  isFree: (position: number) => boolean,
): Found[] {
  const byFile = new Map<string, number[]>(), byName = new Map<string, number[]>();
  for (const [at, vma] of vmas.entries()) {
    if (!isFree(at)) continue;
    const key = fileKey(vma);
    if (key !== "") append(byFile, key, at);
    else if (vma.name.startsWith("[anon")) append(byName, vma.name, at);
  }
  const found: Found[] = [], libraries: number[] = [];
  let programs = 0;
  for (const members of byFile.values()) {
    const isDual = isDualMapped(vmas, members);
    if (members.length > MOST_SEGMENTS || isDual) found.push(piecesOf(vmas, members, isDual));
    else if (members.some((at) => vmas[at]!.permissions[2] === "x")) {
      libraries.push(...members);
      programs++;
    }
  }
  if (programs > 0) {
    libraries.sort((a, b) => a - b);
    const words =
      `${programs === 1 ? "1 program or library" : `${programs} programs and libraries`}, with ` +
      `${(libraries.length / programs).toFixed(1)} VMAs each: code, constants, data`;
    found.push({ words, times: programs, members: libraries, unit: 1 });
  }
  for (const [name, members] of byName) {
    if (members.length < FEWEST_NAMED) continue;
    const total = members.reduce((sum, at) => sum + sizeOf(vmas[at]!), 0);
    const words = `${counted(members.length, "VMA")} named ${name}, ${inBytes(total)} in all`;
    found.push({ words, times: members.length, members, unit: 1 });
  }
  return found;
}

function append(map: Map<string, number[]>, key: string, at: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [at]);
  else list.push(at);
}

/** A JIT maps its memory twice: once to write it, once to run it. */
function isDualMapped(vmas: readonly LayoutLine[], members: readonly number[]): boolean {
  if (members.length < 2) return false;
  const kinds = new Set(members.map((at) => vmas[at]!.permissions));
  const shared = members.every((at) => vmas[at]!.permissions[3] === "s");
  return shared && [...kinds].some((kind) => kind[2] === "x") &&
    [...kinds].some((kind) => kind[1] === "w");
}

function piecesOf(vmas: readonly LayoutLine[], members: readonly number[], isDual: boolean): Found {
  const first = vmas[members[0]!]!;
  const sizes = new Set(members.map((at) => sizeOf(vmas[at]!)));
  const [size = 0] = sizes;
  const each = sizes.size === 1 ? `of ${inBytes(size)} each` : `of ${counted(sizes.size, "size")}`;
  const words = isDual
    ? `${shortName(first)} is mapped both writable and executable in ${
      counted(members.length, "piece")
    }: a JIT's code, ` +
      "two VMAs for each piece"
    : `${shortName(first)} is mapped in ${
      counted(members.length, "piece")
    } ${each}: one mapping a piece, where ` +
      "a larger one would be one VMA";
  return { words, times: members.length, members, unit: 1 };
}

/** True for memory without file and without name. */
export function isNameless(vma: LayoutLine): boolean {
  return isAnonymous(vma) && !vma.name.startsWith("[");
}
