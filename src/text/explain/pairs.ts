/**
 * VMAs that come in pairs: an allocator's arena with the rest that it has reserved, a thread's stack with its guard.
 *
 * Facts: glibc's malloc reserves 64 MiB for an arena (HEAP_MAX_SIZE; 1 MiB where addresses have 32 bits), aligned to as
 * much, and makes it accessible piece by piece (malloc/arena.c); a thread's stack has a guard at its low end
 * (pthread_attr_setguardsize(3)), the JVM's several pages.
 *
 * @module
 */

import { isAnonymous, type LayoutLine, shortName, sizeOf } from "../maps/layout_line.ts";
import { counted, inBytes } from "./amounts.ts";
import type { Found } from "./finder.ts";

const ARENA_SIZES = [64 * 2 ** 20, 2 ** 20];
/** A guard of a stack has at most so many bytes. */
const LARGEST_GUARD = 2 ** 20;
/** A stack has at least so many bytes: less is an allocation with a guard. */
const SMALLEST_STACK = 64 * 1024;
/** Stacks repeat at least so often before they are taken for stacks. */
const FEWEST = 2;

/** Finds arenas and stacks. */
export function findPairs(
  vmas: readonly LayoutLine[],
  isFree: (position: number) => boolean,
): Found[] {
  const taken = new Set<number>();
  const stillFree = (position: number) => isFree(position) && !taken.has(position);
  const arenas = findArenas(vmas, stillFree);
  for (const found of arenas) for (const position of found.members) taken.add(position);
  return [...arenas, ...findStacks(vmas, stillFree)];
}

function findArenas(
  vmas: readonly LayoutLine[],
  isFree: (position: number) => boolean,
): Found[] {
  const found: Found[] = [];
  for (const size of ARENA_SIZES) {
    const members: number[] = [];
    let times = 0, unit = 1;
    for (let at = 0; at < vmas.length; at++) {
      const arena = vmas[at]!;
      if (!isFree(at) || !isPlain(arena) || arena.start % size !== 0) continue;
      const rest = vmas[at + 1];
      const isWhole = sizeOf(arena) === size && arena.permissions.startsWith("rw");
      const isSplit = arena.permissions.startsWith("rw") && rest !== undefined && isFree(at + 1) &&
        isPlain(rest) && rest.permissions.startsWith("---") && rest.start === arena.end &&
        rest.end === arena.start + size;
      if (!isSplit && !(isWhole && size === ARENA_SIZES[0])) continue;
      if (isSplit && times === 0) unit = 2;
      members.push(at);
      if (isSplit) members.push(++at);
      times++;
    }
    if (times < (size === ARENA_SIZES[0] ? 1 : 4)) continue;
    const words =
      `${counted(times, "malloc arena")} of ${
        inBytes(size)
      }, each a part that is used (rw-) with ` +
      "the reserved rest (---) after it: glibc makes one for each thread, up to eight a processor; MALLOC_ARENA_MAX limits them";
    found.push({ words, times, members, unit });
  }
  return found;
}

function findStacks(
  vmas: readonly LayoutLine[],
  isFree: (position: number) => boolean,
): Found[] {
  const byShape = new Map<string, { readonly guards: number; readonly members: number[] }>();
  for (let at = 0; at + 1 < vmas.length; at++) {
    const guard = vmas[at]!;
    if (!isFree(at) || !isGuard(guard)) continue;
    let end = at + 1;
    // The JVM's zones lie between the guard of the C library and the stack itself.
    if (isGuard(vmas[end]!) && vmas[end]!.start === guard.end && isFree(end)) end++;
    const stack = vmas[end];
    if (
      stack === undefined || !isFree(end) || !isStackLike(stack) ||
      stack.start !== vmas[end - 1]!.end
    ) {
      continue;
    }
    const guards = end - at;
    const shape = `${guards} ${stack.end - guard.start}`;
    const found = byShape.get(shape) ?? { guards, members: [] };
    for (let each = at; each <= end; each++) found.members.push(each);
    byShape.set(shape, found);
    at = end;
  }
  const found: Found[] = [];
  for (const { guards, members } of byShape.values()) {
    const times = members.length / (guards + 1);
    const isNamed = members.some((at) => vmas[at]!.name.startsWith("[stack:"));
    if (times < FEWEST && !isNamed) continue;
    const guard = vmas[members[0]!]!, stack = vmas[members[guards]!]!;
    const words =
      `${counted(times, "thread stack")} of ${inBytes(sizeOf(stack))}, each with a guard of ` +
      `${inBytes(stack.start - guard.start)} below it: ${
        guards + 1
      } VMAs a thread. Fewer threads, or stacks cached by ` +
      "the program, make fewer";
    found.push({ words, times, members, unit: guards + 1 });
  }
  return found;
}

function isPlain(vma: LayoutLine): boolean {
  return isAnonymous(vma) && !/^\[(?:stack|heap)\]$/.test(vma.name);
}

function isGuard(vma: LayoutLine): boolean {
  return vma.permissions.startsWith("---") && isPlain(vma) && sizeOf(vma) <= LARGEST_GUARD;
}

function isStackLike(vma: LayoutLine): boolean {
  return vma.permissions.startsWith("rw") && isPlain(vma) && sizeOf(vma) >= SMALLEST_STACK &&
    !/^\[anon:(?!stack|.*thread|.*signal)/i.test(shortName(vma));
}
