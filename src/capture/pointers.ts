/**
 * What stands where the arguments of a call point, read from the memory of the process that enters it.
 *
 * @module
 */
import { pointersOf } from "../abi/syscalls.ts";
import { numberOfWord } from "../abi/word.ts";
import type { CallRange, EnterRecord } from "../trace/format.ts";
import type { LibcCalls } from "./libc.ts";
import { parseAllowedNodes, parsePidfd } from "./proc.ts";

/** `UIO_MAXIOV`: more ranges no call takes. */
const MOST_RANGES = 1024;
/** A kernel is not built for more memory nodes. */
const MOST_NODES = 1024;
/** Modes of a policy whose mask stands as it is. */
const MPOL_F_STATIC_NODES = 0x8000, MPOL_F_RELATIVE_NODES = 0x4000;
/** `PIDFD_SELF_THREAD` and `PIDFD_SELF_THREAD_GROUP`: the caller, without a descriptor (Linux 6.14). */
const SELF = [-10000, -10001];

/**
 * The fields of the call's record. What cannot be read is left out: the call will find the same.
 *
 * @param caller the process, stopped, and the leader of its threads
 * @param args the call's arguments
 */
export function pointedTo(
  libc: LibcCalls,
  caller: { readonly pid: number; readonly leader: number },
  call: string,
  args: readonly number[],
): Pick<EnterRecord, "name" | "nodes" | "ranges" | "process"> {
  const { pid } = caller;
  const pointers = pointersOf(call, args);
  const argument = (index: number | undefined) => index === undefined ? 0 : args[index] ?? 0;
  const name = argument(pointers.text) === 0
    ? undefined
    : libc.readString(pid, argument(pointers.text));
  const ranges = pointers.ranges === undefined
    ? pointers.pairs && readRanges(libc, pid, argument(pointers.pairs[0]), pointers.pairs[1])
    : readRanges(libc, pid, argument(pointers.ranges[0]), argument(pointers.ranges[1]));
  const nodes = pointers.nodes === undefined || argument(pointers.nodes[0]) === 0
    ? undefined
    : readNodes(libc, pid, argument(pointers.nodes[0]), argument(pointers.nodes[1]), argument(2));
  const process = pointers.process === undefined
    ? undefined
    : processOf(libc, caller, argument(pointers.process) | 0);
  return {
    ...(name !== undefined && { name }),
    ...(nodes !== undefined && { nodes }),
    ...(ranges !== undefined && { ranges }),
    ...(process !== undefined && { process }),
  };
}

/**
 * A mask of memory nodes, of which the kernel reads one bit less than it is told (`get_nodes()`, Linux mm/mempolicy.c).
 */
function readNodes(
  libc: LibcCalls,
  pid: number,
  address: number,
  count: number,
  mode: number,
): string | undefined {
  const bits = count - 1;
  if (bits <= 0 || bits > MOST_NODES) return undefined;
  const words = libc.readWords(pid, address, Math.ceil(bits / 64));
  if (words === undefined) return undefined;
  const named = BigInt.asUintN(bits, words.reduceRight((mask, word) => mask << 64n | word, 0n));
  const isAsGiven = (mode & (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES)) !== 0;
  const allowed = isAsGiven
    ? undefined
    : parseAllowedNodes(libc.readText(`/proc/${pid}/status`) ?? "");
  return `0x${(allowed === undefined ? named : named & allowed).toString(16)}`;
}

/** A vector of `struct iovec`. */
function readRanges(
  libc: LibcCalls,
  pid: number,
  address: number,
  count: number,
): CallRange[] | undefined {
  if (count < 0 || count > MOST_RANGES) return undefined;
  const words = libc.readWords(pid, address, 2 * count);
  if (words === undefined) return undefined;
  const at = (index: number) => numberOfWord(words[index]!);
  return Array.from({ length: count }, (_, i) => ({ address: at(2 * i), length: at(2 * i + 1) }));
}

/** The process that a descriptor stands for; the caller itself if it is one of its own threads. */
function processOf(
  libc: LibcCalls,
  { pid, leader }: { readonly pid: number; readonly leader: number },
  descriptor: number,
): number | undefined {
  if (SELF.includes(descriptor)) return pid;
  const process = parsePidfd(libc.readText(`/proc/${pid}/fdinfo/${descriptor}`) ?? "");
  return process === leader ? pid : process;
}
