/**
 * A text, explained: how many VMAs of how many, what makes them, what keeps them apart, why a call failed.
 *
 * @module
 */

import { hexRange } from "../../abi/hex.ts";
import type { MapLine } from "../../trace/format.ts";
import { isMemoryCall } from "../calls/sets.ts";
import { type CallFormat, readCalls } from "../calls/read_calls.ts";
import { type ImportedText, importText } from "../import.ts";
import type { PassedOver } from "../lines/marks.ts";
import { mapLinesOf } from "../maps/for_trace.ts";
import { type LayoutLine, sizeOf } from "../maps/layout_line.ts";
import { type LayoutFormat, type LayoutReading, readLayout } from "../maps/read_layout.ts";
import type { NumaLine } from "../maps/table_lines.ts";
import { TextError } from "../text_error.ts";
import { counted } from "./amounts.ts";
import { type Border, findBorders, judgeBorder } from "./borders.ts";
import type { Failure } from "./failure.ts";
import { budgetOf, type CallBudget } from "./headroom.ts";
import { findPatterns, type Pattern } from "./patterns.ts";
import { toldFailures } from "./told_failure.ts";

/** What a text does not tell. */
export interface ExplainOptions {
  /** A text of the process's layout, beside one of calls or of numa_maps. */
  readonly maps?: string;
  /** `vm.max_map_count`; what the text says, or 65,530, unless given. */
  readonly limit?: number;
  /** VMAs in use, where the text shows only some. */
  readonly count?: number;
  /** The kernel's version, for a text of calls. */
  readonly kernel?: string;
  /** The machine, as `uname -m` prints it, for a text of calls. */
  readonly machine?: string;
}

/** What was found in a text. */
export interface LayoutExplanation {
  /** Which format it is. */
  readonly format: Exclude<LayoutFormat, "numa_maps"> | CallFormat | "process";
  /** Lines in it. */
  readonly lines: number;
  /** VMAs that it shows. */
  readonly vmas: number;
  /** VMAs in use: those shown, unless somebody counted more. */
  readonly used: number;
  /** `vm.max_map_count`. */
  readonly limit: number;
  /** VMAs that may still be made. */
  readonly left: number;
  /** What each kind of call may still do. */
  readonly calls: readonly CallBudget[];
  /** Lines that were not read, and why. */
  readonly passedOver: readonly PassedOver[];
  /** What makes the VMAs, the one with most of them first. */
  readonly patterns: readonly Pattern[];
  /** What keeps touching VMAs apart, the most frequent first. */
  readonly borders: readonly Border[];
  /** Calls that failed, and why. */
  readonly failures: readonly Failure[];
  /** A text of calls: how it was read. */
  readonly imported?: ImportedText;
  /** The VMAs, ascending. */
  readonly layout: readonly LayoutLine[];
}

/** VMAs at most, unless somebody says otherwise: the default of `vm.max_map_count`. */
const DEFAULT_LIMIT = 65530;

/**
 * Explains a text: `/proc/PID/maps`, smaps, a table of pmap or gdb, a crash log, or a trace of calls; which it is, its
 * lines tell. O(length · log VMAs).
 *
 * @throws {TextError} no line of it shows a VMA or a call on memory
 *
 * @example What keeps two VMAs apart
 * ```ts
 * import { explainLayout } from "@maple/mm";
 * import { assertEquals } from "@std/assert";
 *
 * const { used, borders } = explainLayout(`
 * 7f0000000000-7f0000001000 rw-p 00000000 00:00 0
 * 7f0000001000-7f0000002000 r--p 00000000 00:00 0
 * `);
 * assertEquals(used, 2);
 * assertEquals(borders.map(({ obstacle, count }) => [obstacle, count]), [["flags", 1]]);
 * ```
 */
export function explainLayout(text: string, options: ExplainOptions = {}): LayoutExplanation {
  const reading = readLayout(text);
  const shown = options.maps === undefined ? undefined : readLayout(options.maps);
  if (isOfCalls(text, reading)) return explainCalls(text, shown, options);
  if (reading.vmas.length > 0) return explainReading(withNuma(reading, shown), options);
  if (reading.numa.size > 0) {
    if (shown === undefined || shown.vmas.length === 0) {
      throw new TextError(
        "Cannot explain numa_maps alone: it shows where VMAs begin, but not where they end; give maps too",
      );
    }
    return explainReading(withNuma(shown, reading), options);
  }
  throw new TextError(
    `Cannot explain the text: no memory call and no VMA stands in its ${
      counted(reading.lines, "line")
    }`,
  );
}

const CALLS = /\b(?:mmap2?|munmap|mprotect|brk|mremap|madvise)(?:@SYS)?\(|event:[`']SYSCALL: /;

/** A text may quote lines of the other kind: what there is more of decides. */
function isOfCalls(text: string, reading: LayoutReading): boolean {
  if (!CALLS.test(text)) return false;
  const shown = Math.max(reading.vmas.length, reading.numa.size);
  if (shown === 0) return true;
  let calls = 0;
  for (const event of readCalls(text).events) {
    if (event.kind !== "leave" && "call" in event && isMemoryCall(event.call)) calls++;
  }
  return calls > shown;
}

function withNuma(reading: LayoutReading, other: LayoutReading | undefined): LayoutReading {
  const numa = reading.numa.size > 0 ? reading.numa : other?.numa;
  if (numa === undefined || numa.size === 0) return reading;
  return { ...reading, vmas: reading.vmas.map((vma) => withPolicy(vma, numa.get(vma.start))) };
}

function withPolicy(vma: LayoutLine, numa: NumaLine | undefined): LayoutLine {
  if (numa === undefined) return vma;
  return { ...vma, policy: numa.policy, written: vma.written ?? numa.written };
}

function explainReading(reading: LayoutReading, options: ExplainOptions): LayoutExplanation {
  const { format, lines, vmas, passedOver } = reading;
  const used = options.count ?? Math.max(vmas.length, reading.count ?? vmas.length);
  const limit = options.limit ?? reading.limit ?? DEFAULT_LIMIT;
  return {
    format: format === "numa_maps" ? "maps" : format,
    lines,
    vmas: vmas.length,
    ...budgetOf(used, limit),
    passedOver,
    patterns: findPatterns(vmas),
    borders: findBorders(vmas),
    failures: toldFailures(reading.text, { used, limit, mapped: mappedBytes(vmas) }),
    layout: vmas,
  };
}

function mappedBytes(vmas: readonly LayoutLine[]): number {
  return vmas.reduce((sum, vma) => sum + sizeOf(vma), 0);
}

function explainCalls(
  text: string,
  shown: LayoutReading | undefined,
  options: ExplainOptions,
): LayoutExplanation {
  const limit = options.limit ?? shown?.limit ?? DEFAULT_LIMIT;
  const imported = importText(text, {
    maxMapCount: limit,
    ...(options.count !== undefined && { count: options.count }),
    ...(options.kernel !== undefined && { kernel: options.kernel }),
    ...(options.machine !== undefined && { machine: options.machine }),
    ...(shown !== undefined && { layout: mapLinesOf(shown.vmas) }),
  });
  const vmas = imported.vmas.map((vma, index) => layoutLineOf(vma, index));
  const used = options.count ?? Math.max(imported.mapCount.max, vmas.length);
  return {
    format: imported.format,
    lines: imported.lines,
    vmas: vmas.length,
    ...budgetOf(used, limit),
    passedOver: imported.passedOver,
    patterns: findPatterns(vmas),
    borders: findBorders(vmas),
    failures: imported.failures,
    imported,
    layout: vmas,
  };
}

function layoutLineOf(vma: MapLine, index: number): LayoutLine {
  const { start, end, permissions, offset, device, inode, name } = vma;
  return { line: index + 1, start, end, permissions, offset, device, inode, name };
}

/** A VMA of an explained layout with its neighbours. */
export interface Neighbourhood {
  /** The VMA that holds the address. */
  readonly vma: LayoutLine;
  /** The ones below and above, and why they are not one with it. */
  readonly neighbours: readonly { readonly vma: LayoutLine; readonly words: string }[];
}

/** The VMA at an address and why it is not one with its neighbours; undefined if nothing is mapped there. */
export function neighbourhoodOf(
  layout: readonly LayoutLine[],
  address: number,
): Neighbourhood | undefined {
  const at = layout.findIndex(({ end }) => end > address);
  const vma = layout[at];
  if (vma === undefined || vma.start > address) return undefined;
  const neighbours = [layout[at - 1], layout[at + 1]].flatMap((other) =>
    other === undefined ? [] : [{ vma: other, words: apart(vma, other) }]
  );
  return { vma, neighbours };
}

function apart(vma: LayoutLine, other: LayoutLine): string {
  const [lower, upper] = vma.start < other.start ? [vma, other] : [other, vma];
  if (lower.end === upper.start) return judgeBorder(lower, upper).words;
  return `They do not touch: ${hexRange(lower.end, upper.start)} between them is free`;
}
