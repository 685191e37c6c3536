/**
 * What the recorder has to know of single calls: which exclude each other, and where their pages go.
 *
 * @module
 */
import { systemCall } from "../abi/syscalls.ts";
import type { PageMoves, Range } from "./layout.ts";

const CLONE_VM = 0x100;
/** Signal sent to the parent at exit: the low byte of `clone`'s flags. */
const EXIT_SIGNAL = 0xff;
const MREMAP_FIXED = 2, MREMAP_DONTUNMAP = 4;

const PAGE = 4096;

/**
 * True if no two threads may be inside such calls at once, lest the layout after one show the work of
 * the other. A process that is made with `vfork` runs while its parent is inside that call.
 *
 * @param sharesMemory what {@linkcode cloneSharesMemory} says, for calls that make a process
 */
export function isExclusive(call: string, sharesMemory: boolean): boolean {
  const model = systemCall(call)?.model;
  return model !== "exec" && (model !== "fork" || !sharesMemory);
}

/** True if a process made with this call and these clone flags uses its parent's memory. */
export function cloneSharesMemory(call: string, flags: number): boolean {
  return call === "vfork" || (flags & CLONE_VM) !== 0;
}

/** The clone flags in `clone`'s first argument. */
export function cloneFlags(args: readonly number[]): number {
  const [first = 0] = args;
  return first - (first & EXIT_SIGNAL);
}

/** Where the pages went in a call that succeeded. */
export function pageMoves(call: string, args: readonly number[], result: number): PageMoves {
  const [address = 0, length = 0, newLength = 0, flags = 0] = args;
  if (call === "mmap") return { fresh: [range(result, length)] };
  if (call !== "mremap" || result === address) return { fresh: [] };
  const from = range(address, length), to = range(result, newLength);
  return { fresh: (flags & MREMAP_DONTUNMAP) === 0 ? [] : [from], moved: { from, to } };
}

/**
 * The same of a call that failed. Only `mremap` can have moved something nonetheless, the first of several
 * VMAs: neither its source nor its target is known any more.
 */
export function failedMoves(call: string, args: readonly number[]): PageMoves {
  const [address = 0, length = 0, newLength = 0, flags = 0, target = 0] = args;
  const moves = call === "mremap" && (flags & MREMAP_FIXED) !== 0;
  return { fresh: moves ? [range(address, length), range(target, newLength)] : [] };
}

function range(start: number, length: number): Range {
  return { start, end: start + Math.ceil(length / PAGE) * PAGE };
}
