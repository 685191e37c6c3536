/**
 * What keeps touching VMAs of a layout apart, by the kernel's rules for merging, as far as a text shows it.
 *
 * Rules: `src/mm/vma/merge.ts`, which mirrors `is_mergeable_vma()` (Linux mm/vma.c). A text of maps shows fewer things
 * than the rules ask for; where nothing that it shows keeps two apart, this says which file would show more.
 *
 * @module
 */

import { hex, hexRange } from "../../abi/hex.ts";
import type { MergeObstacle } from "../../mm/vma/merge.ts";
import {
  fileKey,
  givenName,
  isAnonymous,
  isSpecial,
  isStack,
  type LayoutLine,
  shortName,
} from "../maps/layout_line.ts";
import { ownValue } from "../own_value.ts";

/** The rule that keeps two VMAs apart; `policy` is that of NUMA. */
export type BorderObstacle = Exclude<MergeObstacle, "not adjacent"> | "policy";

/** Borders of one kind. */
export interface Border {
  /** The rule; null where nothing that the text shows keeps the two apart. */
  readonly obstacle: BorderObstacle | null;
  /** How many touching pairs there are. */
  readonly count: number;
  /** False where the text cannot show which rule it is. */
  readonly known: boolean;
  /** The rule in words, with what the two of the example have. */
  readonly words: string;
  /** The first pair: the two ranges. */
  readonly example: string;
}

/** What is said of one pair. */
export interface Verdict {
  readonly obstacle: BorderObstacle | null;
  readonly known: boolean;
  /** Tells kinds of borders apart that have the same obstacle. */
  readonly kind: string;
  readonly words: string;
}

/** All borders between touching VMAs, by kind, the most frequent first. O(VMAs). */
export function findBorders(vmas: readonly LayoutLine[]): Border[] {
  const kinds = new Map<string, Border & { count: number }>();
  for (let at = 1; at < vmas.length; at++) {
    const lower = vmas[at - 1]!, upper = vmas[at]!;
    if (lower.end !== upper.start) continue;
    const verdict = judgeBorder(lower, upper);
    const key = `${verdict.obstacle} ${verdict.known} ${verdict.kind}`;
    const known = kinds.get(key);
    if (known !== undefined) {
      known.count++;
      continue;
    }
    const { obstacle, known: isKnown, words } = verdict;
    const example = `${rangeOf(lower)} and ${rangeOf(upper)}`;
    kinds.set(key, { obstacle, count: 1, known: isKnown, words, example });
  }
  return [...kinds.values()].sort((a, b) => b.count - a.count);
}

/** Which rule keeps two touching VMAs apart. */
export function judgeBorder(lower: LayoutLine, upper: LayoutLine): Verdict {
  return special(lower, upper) ?? flags(lower, upper) ?? file(lower, upper) ??
    name(lower, upper) ?? policy(lower, upper) ?? offset(lower, upper) ?? alike(lower, upper);
}

function special(lower: LayoutLine, upper: LayoutLine): Verdict | undefined {
  const which = isSpecial(lower) ? lower : upper;
  if (!isSpecial(which)) return undefined;
  const words = `${which.name} is the kernel's own: such VMAs never merge`;
  return { obstacle: "special", known: true, kind: "", words };
}

function flags(lower: LayoutLine, upper: LayoutLine): Verdict | undefined {
  const [below, above] = [lower.permissions, upper.permissions];
  for (let at = 0; at < 4; at++) {
    if (below[at] === above[at] || below[at] === "?" || above[at] === "?") continue;
    const words = `They differ in permissions: ${below} below, ${above} above`;
    return { obstacle: "flags", known: true, kind: "permissions", words };
  }
  if (isStack(lower) !== isStack(upper)) {
    const words = `${
      (isStack(lower) ? lower : upper).name || "One"
    } grows down, which its neighbour does not`;
    return { obstacle: "flags", known: true, kind: "grows down", words };
  }
  if (lower.vmFlags === undefined || upper.vmFlags === undefined) return undefined;
  const [onlyBelow, onlyAbove] = differences(lower.vmFlags, upper.vmFlags);
  if (onlyBelow.length + onlyAbove.length === 0) return undefined;
  const words = "They differ in VmFlags: " +
    [
      onlyBelow.length > 0 ? `only the lower has ${onlyBelow.join(" ")}` : "",
      onlyAbove.length > 0 ? `only the upper has ${onlyAbove.join(" ")}` : "",
    ].filter((part) => part !== "").join(", ") + meanings([...onlyBelow, ...onlyAbove]);
  return {
    obstacle: "flags",
    known: true,
    kind: [...onlyBelow, "|", ...onlyAbove].join(" "),
    words,
  };
}

/** Bits that do not keep VMAs apart: soft-dirty, and guard pages, which the survivor then has too. */
const STICKY = new Set(["sd", "gu"]);

function differences(below: string, above: string): [string[], string[]] {
  const lower = new Set(below.split(/\s+/)), upper = new Set(above.split(/\s+/));
  const only = (mine: Set<string>, others: Set<string>) =>
    [...mine].filter((letters) => letters !== "" && !others.has(letters) && !STICKY.has(letters));
  return [only(lower, upper), only(upper, lower)];
}

const MEANINGS: Readonly<Record<string, string>> = {
  ac: "counted against the commit limit",
  nr: "MAP_NORESERVE",
  dd: "MADV_DONTDUMP",
  dc: "MADV_DONTFORK",
  wf: "MADV_WIPEONFORK",
  hg: "MADV_HUGEPAGE",
  nh: "MADV_NOHUGEPAGE or MAP_STACK",
  mg: "MADV_MERGEABLE",
  lo: "locked",
  lf: "locked on fault",
  sr: "MADV_SEQUENTIAL",
  rr: "MADV_RANDOM",
  sl: "sealed",
  dp: "MAP_DROPPABLE",
  um: "userfaultfd, missing pages",
  uw: "userfaultfd, write protection",
  ui: "userfaultfd, minor faults",
};

function meanings(letters: readonly string[]): string {
  const known = letters.filter((each) => ownValue(MEANINGS, each) !== undefined);
  return known.length === 0
    ? ""
    : ` (${known.map((each) => `${each}: ${ownValue(MEANINGS, each)}`).join("; ")})`;
}

function file(lower: LayoutLine, upper: LayoutLine): Verdict | undefined {
  const [below, above] = [fileKey(lower), fileKey(upper)];
  if (below === above) return undefined;
  const words = below === ""
    ? `Only the upper one maps a file: ${shortName(upper)}`
    : above === ""
    ? `Only the lower one maps a file: ${shortName(lower)}`
    : `They map two files: ${shortName(lower)} below, ${shortName(upper)} above`;
  return {
    obstacle: "file",
    known: true,
    kind: below === "" || above === "" ? "one" : "two",
    words,
  };
}

function name(lower: LayoutLine, upper: LayoutLine): Verdict | undefined {
  const [below, above] = [givenName(lower), givenName(upper)];
  if (below === above) return undefined;
  const words = `They differ in name: ${below || "no name"} below, ${above || "no name"} above`;
  return { obstacle: "name", known: true, kind: "", words };
}

function policy(lower: LayoutLine, upper: LayoutLine): Verdict | undefined {
  if (lower.policy === undefined || upper.policy === undefined) return undefined;
  if (lower.policy === upper.policy) return undefined;
  const words = `They differ in NUMA policy: ${lower.policy} below, ${upper.policy} above`;
  return { obstacle: "policy", known: true, kind: "", words };
}

function offset(lower: LayoutLine, upper: LayoutLine): Verdict | undefined {
  if (isAnonymous(lower) || lower.offset === undefined || upper.offset === undefined) {
    return undefined;
  }
  const expected = lower.offset + lower.end - lower.start;
  if (expected === upper.offset) return undefined;
  const words =
    `They map ${shortName(lower)} at offsets that do not continue: the lower one ends at ` +
    `${hex(expected)}, the upper one begins at ${hex(upper.offset)}`;
  return { obstacle: "page offset", known: true, kind: "", words };
}

/** Nothing that the text shows tells them apart. */
function alike(lower: LayoutLine, upper: LayoutLine): Verdict {
  if (lower.permissions.includes("?")) {
    const words =
      "Alike in all that this text shows: their permissions stand in maps, VmFlags in smaps";
    return { obstacle: null, known: false, kind: "no permissions", words };
  }
  if (lower.vmFlags === undefined || upper.vmFlags === undefined) {
    const opened = isAnonymous(lower)
      ? ""
      : ", and through how many open files map_files and a trace say; on a container's overlayfs " +
        "each mapping stands alone";
    const words =
      "Alike in all that maps shows: whether both were written to, and whether their VmFlags are " +
      `the same, smaps says${opened}`;
    return { obstacle: null, known: false, kind: "maps", words };
  }
  if (lower.written && upper.written) {
    const words =
      "Alike in VmFlags, and both were written to: they have two anon_vmas, as each was written to " +
      "before it became like the other, or one was moved by mremap; which of the two, a recording would show";
    return { obstacle: "anon_vma", known: false, kind: "", words };
  }
  const words = isAnonymous(lower)
    ? "Alike in all that smaps shows. One may come from a fork, or have been written to and emptied again: a recording " +
      "(deno task capture) shows it; else they become one when a call next changes one of them"
    : `Alike in all that smaps shows: ${
      shortName(lower)
    } may have been opened twice, which a recording shows, or lie on a container's overlayfs, where each mapping ` +
      "stands alone until a call changes it";
  return { obstacle: null, known: false, kind: "smaps", words };
}

function rangeOf({ start, end }: LayoutLine): string {
  return hexRange(start, end);
}
