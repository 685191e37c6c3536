/**
 * What `/proc` says of a program that has just begun, as a record.
 *
 * @module
 */
import { READ_IMPLIES_EXEC } from "../abi/mman.ts";
import { PAGE_SIZE } from "../abi/page.ts";
import { baseName } from "../trace/maps_line.ts";
import type { ExecRecord, MapLine } from "../trace/format.ts";
import type { AskedPlacement } from "./ask_base.ts";
import type { LibcCalls } from "./libc.ts";
import { hasIpcLock, parseLimits, parseStat } from "./proc.ts";

const ADDR_NO_RANDOMIZE = 0x0040000, ADDR_COMPAT_LAYOUT = 0x0200000;

/** What is known of a new program beside what `/proc` says. */
export interface ExecFacts {
  /** Whether the system randomizes addresses. */
  readonly isRandomized: boolean;
  /** True if programs without a limit of their stack are laid out upwards, as on arm64. */
  readonly stackDecides: boolean;
  /** Where pages went that the program was made to map, as far as it could be asked. */
  readonly asked: AskedPlacement;
}

/**
 * The record of an exec.
 *
 * @param layout what the kernel shows of the new program
 */
export function execRecord(
  libc: LibcCalls,
  pid: number,
  layout: readonly MapLine[],
  { isRandomized, stackDecides, asked: { page, goesUp } }: ExecFacts,
): ExecRecord {
  const stat = parseStat(libc.readText(`/proc/${pid}/stat`) ?? "");
  const personality = parseInt(libc.readText(`/proc/${pid}/personality`) ?? "0", 16);
  const limits = parseLimits(libc.readText(`/proc/${pid}/limits`) ?? "");
  const legacyLayout = goesUp ?? ((personality & ADDR_COMPAT_LAYOUT) !== 0 ||
    isLegacy(libc, stackDecides && limits.stack === undefined));
  const guess = guessBase(layout, stat.stack, legacyLayout);
  return {
    type: "exec",
    pid,
    program: baseName(libc.readLink(`/proc/${pid}/exe`) ?? ""),
    layout,
    brk: stat.brk,
    stack: stat.stack,
    mmapBase: page === undefined ? guess : baseFrom(page, layout, legacyLayout, guess),
    ...(page === undefined && { mmapBaseGuessed: true }),
    legacyLayout,
    randomized: isRandomized && (personality & ADDR_NO_RANDOMIZE) === 0,
    ...((personality & READ_IMPLIES_EXEC) !== 0 && { readImpliesExec: true }),
    ipcLock: hasIpcLock(libc.readText(`/proc/${pid}/status`) ?? ""),
    limits,
  };
}

/**
 * True if programs are laid out upwards whatever their personality. Mirrors `mmap_is_legacy()`: that of arm64 goes by
 * the stack's limit too (Linux mm/util.c), that of x86-64 does not (arch/x86/mm/mmap.c).
 */
function isLegacy(libc: LibcCalls, byStack: boolean): boolean {
  return byStack || Number(libc.readText("/proc/sys/vm/legacy_va_layout") ?? "0") !== 0;
}

/**
 * Where the mapping area ends, by where a page went; it lies at the end, or something else already does. Of the legacy
 * layout it is where the area begins: no room is left out, so that VMAs lie one after the other from there to the page.
 */
function baseFrom(
  page: number,
  layout: readonly MapLine[],
  legacyLayout: boolean,
  guess: number,
): number {
  if (!legacyLayout) return Math.max(page + PAGE_SIZE, guess);
  return layout.reduceRight((start, line) => line.end === start ? line.start : start, page);
}

/**
 * Where `mmap(NULL)` seems to begin to place, by what lies there: the first thing placed after an exec, the interpreter
 * or the vdso, mostly lies right there. Top-down it is the highest mapping below the
 * stack, in the legacy layout the lowest above a third of the address space.
 */
function guessBase(layout: readonly MapLine[], stack: number, legacyLayout: boolean): number {
  if (legacyLayout) return layout.find((line) => line.start >= 0x2aaa_aaaa_a000)?.start ?? 0;
  const below = layout.filter((line) => line.end <= stack);
  return below.at(-1)?.end ?? 0;
}
