/**
 * VmFlags of VMAs that a call has made or changed, from those that the kernel showed when the same call met the same
 * VMA before. Only smaps shows VmFlags, and only of all VMAs at once.
 *
 * What is not certain is not answered: the caller then reads smaps, and what it finds is remembered.
 *
 * @module
 */
import type { MapLine } from "../trace/format.ts";
import type { Effect } from "./effects.ts";
import { hasFlag, overlaps, type Range } from "./layout.ts";
import { indexFrom } from "./live_layout.ts";
import type { BareLine } from "./vma_query.ts";

/**
 * Flags of VMAs whose pages or whose borders follow rules of their own: userfaultfd's, guards, huge pages of hugetlbfs,
 * device memory, and what has no struct page.
 */
const PECULIAR = ["um", "uw", "ui", "gu", "ht", "pf", "mm", "io", "ss", "dp"];

/** What calls did to VmFlags, as far as the kernel has shown it. */
export class FlagMemory {
  readonly #known = new Map<string, string>();
  /** By VmFlags: there are few of them, and each VMA is asked about again and again. */
  readonly #ordinary = new Map<string, boolean>();

  /** True if a VMA's pages and flags follow the rules of ordinary ones. */
  isOrdinary(line: MapLine): boolean {
    const { vmFlags = "" } = line;
    const known = this.#ordinary.get(vmFlags);
    if (known !== undefined) return known;
    const found = vmFlags !== "" && !PECULIAR.some((flag) => hasFlag(line, flag));
    this.#ordinary.set(vmFlags, found);
    return found;
  }

  /**
   * The VmFlags of a VMA after a call, or nothing if they have to be read.
   *
   * @param line the VMA
   * @param before the VMAs that were where it is or came from, ascending
   */
  flagsOf(line: BareLine, before: readonly MapLine[], effect: Effect): string | undefined {
    if (effect.reach === "anywhere") return undefined;
    const under = overlapping(before, line);
    if (!under.every((old) => this.isOrdinary(old))) return undefined;
    // A VMA has the flags of each of its parts, also of those that the call did not reach.
    const beyond = under.find((old) => !isWithin(common(old, line), effect.ranges));
    if (beyond !== undefined) return beyond.vmFlags;
    if (effect.reach === "ranges") return this.#kept(line, before, effect);
    if (effect.isNew) return this.#known.get(keyOf(line, undefined, effect.operation));
    if (!isPlain(effect, before) || under.some((old) => mayBeCharged(old, line))) return undefined;
    const answers = new Set(
      under.map((old) => this.#known.get(keyOf(line, old, effect.operation))),
    );
    return answers.size === 1 ? [...answers][0] : undefined;
  }

  /** Forgets everything. */
  clear(): void {
    this.#known.clear();
  }

  /** Remembers what a call did. The lines are those that smaps showed after it. */
  learn(shown: readonly MapLine[], before: readonly MapLine[], effect: Effect): void {
    if (effect.reach !== "flags" || !isPlain(effect, before)) return;
    for (const range of effect.ranges) {
      for (const line of overlapping(shown, range)) {
        const { vmFlags } = line;
        if (vmFlags === undefined || !this.isOrdinary(line)) continue;
        if (effect.isNew) this.#known.set(keyOf(line, undefined, effect.operation), vmFlags);
        else {
          for (const old of overlapping(before, common(line, range))) {
            this.#known.set(keyOf(line, old, effect.operation), vmFlags);
          }
        }
      }
    }
  }

  #kept(
    line: BareLine,
    before: readonly MapLine[],
    { ranges, shift }: Effect & { reach: "ranges" },
  ): string | undefined {
    const target = ranges.at(-1);
    const moved = shift !== 0 && target !== undefined && overlaps(target, line);
    const origin = before[indexFrom(before, moved ? line.start - shift : line.start)];
    const isThere = origin !== undefined && this.isOrdinary(origin) &&
      origin.start <= (moved ? line.start - shift : line.start);
    return isThere ? origin.vmFlags : undefined;
  }
}

function keyOf(line: BareLine, old: MapLine | undefined, operation: string): string {
  if (old === undefined) return `${operation} ${line.permissions}`;
  const file = old.inode === 0 ? "" : `${old.device} ${old.name}`;
  return `${operation} ${old.permissions} ${old.vmFlags} ${
    old.written ?? false
  } ${file} ${line.permissions}`;
}

/**
 * True where an anon_vma decides: anonymous memory that was never written to is charged for no longer once it cannot be
 * written (`mprotect_fixup()`, Linux mm/mprotect.c), and that a VMA without pages was never written to nothing tells.
 */
function mayBeCharged(old: MapLine, line: BareLine): boolean {
  const becomesReadOnly = old.permissions[1] === "w" && line.permissions[1] !== "w";
  return becomesReadOnly && old.inode === 0 && !old.written && hasFlag(old, "ac");
}

/** False for a call that failed and can have done so at more than one place. */
function isPlain(effect: Effect & { reach: "flags" }, before: readonly MapLine[]): boolean {
  if (effect.hasFailed !== true) return true;
  return effect.ranges.every((range) => {
    const [only, ...others] = overlapping(before, range);
    return only !== undefined && others.length === 0 && only.start <= range.start &&
      range.end <= only.end;
  });
}

function overlapping<T extends Range>(lines: readonly T[], range: Range): T[] {
  const found: T[] = [];
  for (let i = indexFrom(lines, range.start); i < lines.length; i++) {
    if (lines[i]!.start >= range.end) break;
    found.push(lines[i]!);
  }
  return found;
}

function common(a: Range, b: Range): Range {
  return { start: Math.max(a.start, b.start), end: Math.min(a.end, b.end) };
}

/** True if one of the ranges holds all of it. */
function isWithin(range: Range, ranges: readonly Range[]): boolean {
  return ranges.some(({ start, end }) => start <= range.start && range.end <= end);
}
