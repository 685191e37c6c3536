/**
 * Where a call can change a layout, and what it does to VmFlags: so much has to be looked at after it, and no more.
 *
 * @module
 */
import { PAGE_SIZE, unsigned } from "../abi/page.ts";
import type { OpenFile } from "../trace/format.ts";
import type { Range } from "./layout.ts";

/** What a call did at most. */
export type Effect =
  /** Anything: the whole layout is read. */
  | { readonly reach: "anywhere" }
  /** VMAs that it mapped, cut, joined or moved; those that were there keep their flags. */
  | {
    readonly reach: "ranges";
    readonly ranges: readonly Range[];
    /** How far what is at the last range came from, bytes. */
    readonly shift: number;
  }
  /**
   * It gave VMAs in the range other flags, or made them. `operation` and what was there before decide which: calls with
   * equal operations do the same to equal VMAs.
   */
  | {
    readonly reach: "flags";
    readonly ranges: readonly Range[];
    readonly operation: string;
    /** Nothing of what was there before matters. */
    readonly isNew: boolean;
    /** It failed: what that means is known only where there is one VMA that it can have failed at. */
    readonly hasFailed?: boolean;
  };

/** A call that has returned. */
export interface FinishedCall {
  /** Its name. */
  readonly call: string;
  /** Its arguments. */
  readonly args: readonly number[];
  /** The open file that an mmap maps. */
  readonly file?: OpenFile | undefined;
  /** What it returned. */
  readonly result: number;
  /** True if `result` is an errno. */
  readonly failed: boolean;
  /** The end of the heap before the call, if it is known. */
  readonly brk: number | undefined;
}

const MAP_LOCKED = 0x2000, MAP_POPULATE = 0x8000;
const MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20, MAP_HUGETLB = 0x40000;
const PROT_GROWS = 0x3000000;
const MREMAP_DONTUNMAP = 4;
const MADV_GUARD_INSTALL = 102;
const PR_SET_VMA = 0x53564d41;

const ANYWHERE: Effect = { reach: "anywhere" };
/** Nothing in the layout. */
export const NOWHERE: Effect = { reach: "ranges", ranges: [], shift: 0 };

/** What a recorded call did at most. A call that is not known here may have done anything. */
export function effectOf(finished: FinishedCall): Effect {
  const { call, args, failed } = finished;
  const [address = 0, length = 0, third = 0, fourth = 0] = args;
  switch (call) {
    case "fork":
    case "vfork":
    case "clone":
    case "clone3":
    case "execve":
    case "execveat":
    case "setrlimit":
    case "prlimit64":
      return NOWHERE;
    case "mmap":
      return mmapped(finished);
    case "brk":
      return heapMoved(finished);
    case "munmap":
    case "mbind":
    case "msync":
    case "mincore":
    case "set_mempolicy_home_node":
      return kept([rounded(address, length)]);
    case "mprotect":
    case "pkey_mprotect":
      if ((third & PROT_GROWS) !== 0) return ANYWHERE;
      return changed(finished, `mprotect ${third}`);
    case "madvise":
      // It marks the whole VMA, also what is not in the range.
      if (third === MADV_GUARD_INSTALL) return ANYWHERE;
      return changed(finished, `madvise ${third}`);
    case "mlock2":
      // One that fails may have locked a VMA, or not, before there was no page for it.
      return failed ? ANYWHERE : changed(finished, `mlock2 ${third}`);
    case "mlock":
    case "munlock":
    case "mseal":
      return failed ? ANYWHERE : changed(finished, call);
    case "mremap": {
      if (failed || length === 0 || (fourth & MREMAP_DONTUNMAP) !== 0) return ANYWHERE;
      const from = rounded(address, length), to = rounded(finished.result, third);
      return kept([from, to], to.start - from.start);
    }
    case "prctl":
      return address === PR_SET_VMA ? kept([rounded(third, fourth)]) : ANYWHERE;
  }
  return ANYWHERE;
}

/**
 * True if a call changes which flags later calls of the process give to VMAs: what was learnt of them holds no longer.
 */
export function changesRules(call: string, args: readonly number[]): boolean {
  return call === "mlockall" || call === "munlockall" || call === "personality" ||
    (call === "prctl" && args[0] !== PR_SET_VMA);
}

/** True for calls that write to no page of the caller, provided that what is mapped need not be locked. */
export function isQuiet(call: string, args: readonly number[]): boolean {
  if (call === "mmap") return ((args[3] ?? 0) & (MAP_POPULATE | MAP_LOCKED)) === 0;
  if (call === "mprotect") return true;
  return call === "munmap" || call === "brk";
}

function kept(ranges: readonly Range[], shift = 0): Effect {
  return { reach: "ranges", ranges, shift };
}

/** A call that goes from VMA to VMA, and if it fails has done so up to some of them. */
function changed({ args, failed, result }: FinishedCall, operation: string): Effect {
  const [address = 0, length = 0] = args;
  const ranges = [rounded(address, length)];
  if (!failed) return { reach: "flags", ranges, operation, isNew: false };
  const failure = `${operation} fails: ${result}`;
  return { reach: "flags", ranges, operation: failure, isNew: false, hasFailed: true };
}

function mmapped({ args, file, result, failed }: FinishedCall): Effect {
  const [address = 0, length = 0, protection = 0, flags = 0] = args;
  if (failed) return (flags & MAP_FIXED) === 0 ? NOWHERE : kept([rounded(address, length)]);
  const isAnonymous = (flags & MAP_ANONYMOUS) !== 0;
  const what = isAnonymous ? "anonymous" : file && mapped(file);
  if ((flags & MAP_HUGETLB) !== 0 || what === undefined) return ANYWHERE;
  const operation = `mmap ${protection} ${flags} ${what}`;
  return { reach: "flags", ranges: [rounded(result, length)], operation, isNew: true };
}

/** What of a file decides about a mapping's flags; nothing if its driver does. */
function mapped({ kind, device, inode, access, noexec }: OpenFile): string | undefined {
  if (kind === "regular") return `${device} ${access} ${noexec ?? false}`;
  if (kind === "shmem") return `${device} ${inode} ${access} ${noexec ?? false}`; // it may be sealed
  return undefined;
}

function heapMoved({ result, failed, brk }: FinishedCall): Effect {
  if (failed || brk === undefined) return ANYWHERE;
  if (brk === result) return NOWHERE;
  const start = Math.min(brk, result), end = Math.max(brk, result);
  return { reach: "flags", ranges: [rounded(start, end - start)], operation: "brk", isNew: true };
}

/** The pages that a range touches. */
function rounded(start: number, length: number): Range {
  const from = unsigned(start);
  const first = Math.floor(from / PAGE_SIZE) * PAGE_SIZE;
  return { start: first, end: Math.ceil((from + unsigned(length)) / PAGE_SIZE) * PAGE_SIZE };
}
