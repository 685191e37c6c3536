/**
 * VMAs that belong together by what they map: one file in many pieces, memory mapped both writable and executable,
 * programs and libraries, memory of one name.
 *
 * @module
 */

import { fileKey, type LayoutLine, shortName, sizeOf } from "../maps/layout_line.ts";
import { counted, inBytes } from "./amounts.ts";
import type { Found } from "./finder.ts";

/** A library or program has at most so many segments: more VMAs of one file are pieces of it. */
const MOST_SEGMENTS = 7;
/** So many files of one kind are worth a line. */
const FEWEST_FILES = 4;
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
  const found: Found[] = [], libraries: number[] = [], others: number[][] = [];
  let programs = 0;
  for (const members of byFile.values()) {
    const isDual = isDualMapped(vmas, members);
    if (members.length > MOST_SEGMENTS || isDual) found.push(piecesOf(vmas, members, isDual));
    else if (members.some((at) => vmas[at]!.permissions[2] === "x")) {
      libraries.push(...members);
      programs++;
    } else others.push(members);
  }
  found.push(...findFamilies(vmas, others));
  if (programs > 0) {
    const who = programs === 1 ? "1 program or library" : `${programs} programs and libraries`;
    const each = programs === 1
      ? ""
      : `, about ${Math.round(libraries.length / programs)} VMAs each`;
    const words = `${who}${each}: code, constants, data`;
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

/** Files of one folder and kind, or of one name: an index in many files, shared memory made again and again. */
function findFamilies(vmas: readonly LayoutLine[], files: readonly number[][]): Found[] {
  const families = new Map<string, { times: number; members: number[] }>();
  for (const members of files) {
    const key = familyOf(vmas[members[0]!]!.name);
    const family = families.get(key) ?? { times: 0, members: [] };
    family.times++;
    family.members.push(...members);
    families.set(key, family);
  }
  const found: Found[] = [];
  for (const [family, { times, members }] of families) {
    if (times < FEWEST_FILES) continue;
    const total = members.reduce((sum, at) => sum + sizeOf(vmas[at]!), 0);
    const isMemory = /^(?:\/dev\/zero|\/memfd:|\/SYSV|anon_inode:|\/dev\/shm\/)/.test(family);
    const words = isMemory
      ? `${counted(times, "piece")} of shared memory (${family}), ${
        inBytes(total)
      } in all: one mapping each, and such ` +
        "mappings never merge"
      : `${counted(times, "file")} of ${family} mapped, ${
        inBytes(total)
      } in all: at least one VMA a file. Fewer, larger ` +
        "files, or reading some of them, make fewer";
    found.push({ words, times, members, unit: 1 });
  }
  return found;
}

/** Where files lie and what they end in; numbers in the names of shared memory differ. */
function familyOf(path: string): string {
  const plain = path.replace(/ \(deleted\)$/, "");
  if (/^(?:\/dev\/zero|\/memfd:|\/SYSV|anon_inode:)/.test(plain)) {
    return plain.replace(/[0-9a-f]{4,}/g, "…");
  }
  const slash = plain.lastIndexOf("/"), dot = plain.lastIndexOf(".");
  return `${plain.slice(0, slash + 1)}*${dot > slash + 1 ? plain.slice(dot) : ""}`;
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
  const each = sizes.size === 1
    ? `of ${inBytes(sizeOf(first))} each`
    : `of ${counted(sizes.size, "size")}`;
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
