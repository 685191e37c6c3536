/**
 * What repeats in the order of addresses: protections that alternate, units of several VMAs one after the other, and
 * many maps of one size.
 *
 * @module
 */

import { isAnonymous, type LayoutLine, sizeOf } from "../maps/layout_line.ts";
import { counted, inBytes } from "./amounts.ts";
import type { Found } from "./finder.ts";

/** VMAs of a unit at most. */
const LONGEST = 6;
/** A unit repeats at least so often. */
const FEWEST = 4;

/** Finds what repeats. O(VMAs). */
export function findPeriods(
  vmas: readonly LayoutLine[],
  isFree: (position: number) => boolean,
): Found[] {
  const free: number[] = [];
  for (const [at, vma] of vmas.entries()) {
    if (isFree(at) && isAnonymous(vma) && vma.name !== "[stack]") free.push(at);
  }
  const taken = new Set<number>();
  const found = [
    ...periodic(vmas, free, taken, (vma) => `${vma.permissions} ${sizeOf(vma)}`),
    ...periodic(vmas, free, taken, (vma) => vma.permissions),
  ];
  return [...found, ...ofOneSize(vmas, free, taken)];
}

/**
 * Runs of touching VMAs in which a unit repeats.
 *
 * @param symbol what of a VMA must be the same in each repetition
 */
function periodic(
  vmas: readonly LayoutLine[],
  free: readonly number[],
  taken: Set<number>,
  symbol: (vma: LayoutLine) => string,
): Found[] {
  const byUnit = new Map<
    string,
    { readonly unit: readonly string[]; readonly members: number[] }
  >();
  let at = 0;
  while (at < free.length) {
    const run = touchingRun(vmas, free, taken, at);
    const symbols = run.map((position) => symbol(vmas[position]!));
    let from = 0;
    while (from < run.length) {
      const period = periodAt(symbols, from);
      if (period === undefined) {
        from++;
        continue;
      }
      const unit = symbols.slice(from, from + period.length), key = rotated(unit);
      const { members } = byUnit.get(key) ?? byUnit.set(key, { unit, members: [] }).get(key)!;
      for (let each = from; each < from + period.length * period.times; each++) {
        members.push(run[each]!);
        taken.add(run[each]!);
      }
      from += period.length * period.times;
    }
    at += Math.max(1, run.length);
  }
  return [...byUnit.values()].map(({ unit, members }) => describe(unit, members));
}

/** Positions from `at` on that touch one another and are not taken. */
function touchingRun(
  vmas: readonly LayoutLine[],
  free: readonly number[],
  taken: Set<number>,
  at: number,
): number[] {
  const run: number[] = [];
  for (let next = at; next < free.length; next++) {
    const position = free[next]!;
    const last = run.at(-1);
    if (taken.has(position)) break;
    if (last !== undefined && vmas[last]!.end !== vmas[position]!.start) break;
    run.push(position);
  }
  return run;
}

/** The shortest unit of two or more that repeats often enough from `from` on. */
function periodAt(
  symbols: readonly string[],
  from: number,
): { readonly length: number; readonly times: number } | undefined {
  for (let length = 2; length <= LONGEST; length++) {
    let end = from + length;
    // After the last symbol there is none, which is like no other.
    while (symbols[end] === symbols[end - length]) end++;
    const times = Math.floor((end - from) / length);
    const isVaried = symbols.slice(from, from + length).some((each) => each !== symbols[from]);
    if (times >= FEWEST && isVaried) return { length, times };
  }
  return undefined;
}

/** A unit that begins elsewhere is the same one. */
function rotated(unit: readonly string[]): string {
  const turns = unit.map((_, at) => [...unit.slice(at), ...unit.slice(0, at)].join(", "));
  return turns.sort()[0] ?? "";
}

function describe(unit: readonly string[], members: readonly number[]): Found {
  const parts = unit.map((part) => {
    const [permissions = "", size] = part.split(" ");
    return size === undefined ? permissions : `${permissions} ${inBytes(Number(size))}`;
  });
  const times = Math.floor(members.length / parts.length);
  const isExecutable = parts.some((part) => part[2] === "x");
  const cause =
    parts.length === 2 && parts.every((part) => part.startsWith("---") || part.startsWith("rw"))
      ? "guard pages between allocations, or mprotect of every other page"
      : isExecutable
      ? "a JIT that makes its code executable piece by piece"
      : "mprotect of parts of one mapping, each of which splits it";
  const words = `alternating protections, ${counted(times, "time")}: ${parts.join(", then ")}. ${
    cause[0]!.toUpperCase()
  }${cause.slice(1)}`;
  return { words, times, members, unit: parts.length };
}

/** Maps of one size and protection that nothing merged, anywhere: leaked, or one a thing. */
function ofOneSize(
  vmas: readonly LayoutLine[],
  free: readonly number[],
  taken: ReadonlySet<number>,
): Found[] {
  const bySize = new Map<string, number[]>();
  for (const at of free) {
    if (taken.has(at)) continue;
    const vma = vmas[at]!;
    if (vma.name.startsWith("[")) continue;
    const key = `${vma.permissions} ${sizeOf(vma)}`;
    const list = bySize.get(key);
    if (list === undefined) bySize.set(key, [at]);
    else list.push(at);
  }
  const found: Found[] = [];
  for (const [key, members] of bySize) {
    if (members.length < FEWEST) continue;
    const [permissions = "", size = ""] = key.split(" ");
    const words =
      `${members.length} maps of one size, ${
        inBytes(Number(size))
      } ${permissions}, without name: ` +
      "the same mmap made again and again, perhaps never unmapped";
    found.push({ words, times: members.length, members, unit: 1 });
  }
  return found;
}
