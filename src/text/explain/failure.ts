/**
 * Why a call on memory failed: what it needed by the kernel's rules, with the limits in force, and a call that would
 * have served.
 *
 * Rules: Linux mm/vma.c, mm/mmap.c, mm/mprotect.c, mm/mremap.c, mm/madvise.c, as `src/mm/calls/` has them; mmap(2),
 * mprotect(2), mremap(2), madvise(2), mlock(2).
 *
 * @module
 */

import {
  MADV,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_HUGETLB,
  MAP_NORESERVE,
  MAP_PRIVATE,
  MREMAP_MAYMOVE,
  PROT_WRITE,
} from "../../abi/mman.ts";
import { hex, hexRange } from "../../abi/hex.ts";
import { isPageAligned, PAGE_SIZE, pageAlignUp } from "../../abi/page.ts";
import type { AddressSpace } from "../../mm/address_space.ts";
import type { Vma } from "../../mm/vma.ts";
import type { CallStep } from "../../replay/step.ts";
import type { ResourceLimits } from "../../trace/format.ts";
import { inBytes } from "./amounts.ts";
import { ownValue } from "../own_value.ts";
import { vmaIn } from "../../replay/imported/vma_in.ts";

/** A call that failed. */
export interface Failure {
  /** Number of its line. */
  readonly line: number;
  /** Its name in a trace: `mmap` also for `mmap2`. */
  readonly call: string;
  /** The errno's name; for brk, which returns none, the one it stands for. */
  readonly error: string;
  /** What it needed, what was in the way, and what would have served. */
  readonly words: string;
}

/** What is known of the process beside its VMAs. */
export interface FailureContext {
  /** `vm.max_map_count`. */
  readonly maxMapCount: number;
  /** VMAs it had, if somebody counted them. */
  readonly count?: number | undefined;
  /** Soft limits that the text shows. */
  readonly limits: ResourceLimits;
}

/** A failed call, taken apart. */
interface Failed {
  readonly space: AddressSpace;
  readonly step: CallStep;
  readonly context: FailureContext;
  readonly start: number;
  readonly end: number;
}

/** Explains a call, before it is applied; undefined if it did not fail. */
export function explainFailure(
  space: AddressSpace,
  step: CallStep,
  line: number,
  context: FailureContext,
): Failure | undefined {
  const { call, args } = step.enter;
  const error = step.record.error ?? refusedBreak(step);
  if (error === undefined) return undefined;
  const { address, length } = PLACES.get(call) ?? MEMORY_FIRST;
  const start = args[address] ?? 0;
  const failed = { space, step, context, start, end: start + pageAlignUp(args[length] ?? 0) };
  return { line, call, error, words: wordsOf(failed, call, error) };
}

/** Which arguments are the first address and the length. */
interface Places {
  readonly address: number;
  readonly length: number;
}

const MEMORY_FIRST: Places = { address: 0, length: 1 };
/** The place of what a call does not have. */
const NONE = NaN;
const NO_MEMORY: Places = { address: NONE, length: NONE };
/** The calls whose memory is not their first two arguments. */
const PLACES: ReadonlyMap<string, Places> = new Map([
  ["prctl", { address: 2, length: 3 }],
  ["shmat", { address: 1, length: NONE }],
  ["shmdt", { address: 0, length: NONE }],
  ["brk", { address: 0, length: NONE }],
  ...["io_setup", "mlockall", "munlockall", "prlimit64", "setrlimit"]
    .map((call): [string, Places] => [call, NO_MEMORY]),
]);

/** brk returns where the heap ends: short of what was asked, it has failed. */
function refusedBreak({ enter, record }: CallStep): string | undefined {
  const [wanted = 0] = enter.args;
  return enter.call === "brk" && wanted > record.result ? "ENOMEM" : undefined;
}

function wordsOf(failed: Failed, call: string, error: string): string {
  switch (error) {
    case "ENOMEM":
      return noMemory(failed, call);
    case "EEXIST":
      return exists(failed);
    case "EINVAL":
      return invalid(failed, call);
    case "EFAULT":
      return call === "mremap"
        ? `${
          hexRange(failed.start, failed.end)
        } is not all mapped, or is more than one VMA: mremap resizes one VMA. ` +
          "One call for each VMA would have served"
        : `An address that ${call} was given is not mapped`;
    case "EACCES":
      return "The file was not opened for this: a shared mapping to be written needs O_RDWR, every mapping needs " +
        "reading. MAP_PRIVATE, or opening the file with O_RDWR, would have served";
    case "EAGAIN":
      return `RLIMIT_MEMLOCK forbids to lock so much${
        limitText(failed.context.limits.lockedMemory)
      }. ` +
        "A higher limit (ulimit -l), or fewer locked pages, would have served";
    default:
      return ownValue(OTHERS, error) ?? `The kernel answered ${error}`;
  }
}

const OTHERS: Readonly<Record<string, string>> = {
  EPERM:
    "It is forbidden: the address is below vm.mmap_min_addr, the mapping is sealed (mseal), the file " +
    "lies on a filesystem mounted noexec, or locking needs CAP_IPC_LOCK. Another address, or no PROT_EXEC, would have served",
  EBADF: "The descriptor is not open, and MAP_ANONYMOUS is not given: with it no file is needed",
  ENODEV:
    "The file cannot be mapped: a pipe, a socket, a directory, or a filesystem without mmap. Reading it would have served",
  EOVERFLOW: "Offset and length together pass what a file can have",
  ETXTBSY: "The file is being written to, or executed, and MAP_DENYWRITE was asked for",
  ENFILE: "The system's limit of open files is reached (fs.file-max)",
  EOPNOTSUPP:
    "The file does not support a flag, and MAP_SHARED_VALIDATE asks for all of them: MAP_SHARED ignores what it does not know",
  ESRCH: "There is no such process",
  EBUSY: "Pages are in use or locked: unlocking first (munlock) would have served",
  EIO: "Reading the file failed",
  ENOSYS: "The kernel does not have this call",
};

function noMemory(failed: Failed, call: string): string {
  switch (call) {
    case "munmap":
      return noMemoryToUnmap(failed);
    case "mmap":
      return noMemoryToMap(failed);
    case "mprotect":
    case "pkey_mprotect":
    case "madvise":
      return noMemoryToChange(failed, call);
    case "mremap":
      return noMemoryToResize(failed);
    case "brk":
      return "The heap could not grow: something is mapped in its way, RLIMIT_DATA" +
        `${limitText(failed.context.limits.data)} or RLIMIT_AS${
          limitText(failed.context.limits.addressSpace)
        } ` +
        "forbids it, so much cannot be promised (vm.overcommit_memory), or it would begin a VMA beyond the limit. " +
        "mmap of anonymous memory would have served, which is what malloc does then";
    case "shmat":
    case "io_setup":
      return `${call} makes a mapping, which is one VMA more, refused once more VMAs than the limit are in use: ` +
        `${used(failed)}. Or: RLIMIT_AS${
          limitText(failed.context.limits.addressSpace)
        } forbids it, or the kernel has too little memory`;
    case "mlockall":
      return `All that is mapped together, or what will be, may not be locked: RLIMIT_MEMLOCK${
        limitText(failed.context.limits.lockedMemory)
      } is less. A higher limit (ulimit -l), or mlock of the part that matters, would have served`;
    default:
      return `Not all of ${
        hexRange(failed.start, failed.end)
      } is mapped, a VMA would have to be split beyond the limit ` +
        `(${used(failed)}), or RLIMIT_MEMLOCK${
          limitText(failed.context.limits.lockedMemory)
        } is reached`;
  }
}

function noMemoryToUnmap(failed: Failed): string {
  const { space, start, end } = failed;
  const vma = vmaIn(space, start, end);
  const isHole = vma !== undefined && vma.start < start && end < vma.end;
  const where = isHole
    ? `A hole ${hexRange(start, end)} in the VMA ${
      rangeOf(vma)
    } leaves two VMAs: it needs one VMA more`
    : `munmap runs out only where it cuts a hole into a VMA, which needs one VMA more; the VMA around ` +
      `${hexRange(start, end)} is not shown`;
  return `${where}, which the limit forbids: ${used(failed)}. ` +
    `${
      dontNeed(start, end)
    } would have served: it gives the memory back and needs no VMA; so would unmapping from ` +
    "an end of the VMA, or a higher vm.max_map_count";
}

function noMemoryToMap(failed: Failed): string {
  const { space, step, context, start, end } = failed;
  const [, length = 0, protection = 0, flags = 0] = step.enter.args;
  if (flags & MAP_HUGETLB) {
    return "The pool of huge pages has too few free pages (vm.nr_hugepages). A larger pool, or no MAP_HUGETLB with " +
      "madvise(MADV_HUGEPAGE), would have served";
  }
  const reasons: string[] = [];
  const vma = flags & MAP_FIXED ? vmaIn(space, start, end) : undefined;
  const cuts = cutsOf(vma, vma, start, end);
  const isFull = context.count !== undefined && context.count >= context.maxMapCount;
  if (vma !== undefined && cuts > 0) {
    reasons.push(
      `Mapping over ${hexRange(start, end)} cuts the VMA ${
        rangeOf(vma)
      } and adds its own: it needs ` +
        `${cuts === 2 ? "two VMAs" : "one VMA"} more, which the limit may forbid: ${used(failed)}`,
    );
  } else {
    reasons.push(
      `A new mapping is one VMA more, refused once more VMAs than the limit are in use: ${
        used(failed)
      }`,
    );
  }
  if (!isFull) {
    const isPromised = (flags & MAP_PRIVATE) !== 0 && (protection & PROT_WRITE) !== 0 &&
      !(flags & MAP_NORESERVE);
    reasons.push(...otherReasons(failed, length, isPromised));
  }
  return `${reasons.join(". Or: ")}. ${instead(failed, vma, protection, flags)}`;
}

/** How many ends of a range cut a VMA: the first and the last one in it. */
function cutsOf(first: Vma | undefined, last: Vma | undefined, start: number, end: number): number {
  return Number((first?.start ?? start) < start) + Number(end < (last?.end ?? end));
}

/** What else may have refused a mapping, where the count of VMAs does not decide. */
function otherReasons({ space, context }: Failed, length: number, isPromised: boolean): string[] {
  const reasons: string[] = [];
  const { addressSpace } = context.limits;
  const mapped = space.totalPages * PAGE_SIZE;
  if (addressSpace !== undefined) {
    const isPassed = mapped + length > addressSpace;
    reasons.push(
      `RLIMIT_AS is ${inBytes(addressSpace)}, of which the text shows ${inBytes(mapped)} in use` +
        (isPassed ? `, so that ${inBytes(length)} more pass it` : ""),
    );
  } else reasons.push("RLIMIT_AS (ulimit -v), which the text does not show");
  if (isPromised) {
    reasons.push(
      `so much memory (${
        inBytes(length)
      }) may not be promised: with vm.overcommit_memory 0 no request may pass RAM ` +
        "and swap together, with 2 all together may not pass the commit limit",
    );
  }
  reasons.push(`no gap of ${inBytes(length)} is left among its addresses`);
  return reasons;
}

function instead(failed: Failed, vma: Vma | undefined, protection: number, flags: number): string {
  const { start, end } = failed;
  const givesBack = vma !== undefined && protection === 0 && (flags & MAP_ANONYMOUS) !== 0;
  if (givesBack) {
    return `${dontNeed(start, end)} would have served: it gives the memory back and makes no VMA`;
  }
  if (vma !== undefined) {
    return "Mapping over whole VMAs, or beside one with the same protection and flags, so that they merge, " +
      "would have served";
  }
  const isPromised = (protection & PROT_WRITE) !== 0 && (flags & MAP_ANONYMOUS) !== 0;
  return isPromised
    ? "A smaller mapping, MAP_NORESERVE, or PROT_NONE now and mprotect piece by piece, serve against limits of memory; " +
      "fewer VMAs, or a higher vm.max_map_count, against the limit of VMAs"
    : "Fewer VMAs, a higher vm.max_map_count, or a smaller mapping, would have served";
}

function noMemoryToChange(failed: Failed, call: string): string {
  const { space, step, start, end } = failed;
  const hole = firstHole(space, start, end);
  if (hole !== undefined) {
    const at = `as far as the text shows, nothing is mapped at ${hex(hole)}`;
    return `${call} needs all of ${
      hexRange(start, end)
    } mapped: ${at}. What stands before it was changed all the same. ` +
      `Only the part that is mapped, one call each, would have served; if it is mapped, the limit of VMAs: ${
        used(failed)
      }`;
  }
  const first = vmaIn(space, start, end);
  const cuts = cutsOf(first, vmaIn(space, end - PAGE_SIZE, end), start, end);
  const parts = cuts === 2 ? "two VMAs" : "one VMA";
  const split = cuts === 0
    ? "No VMA has to be split for it"
    : `Changing part of ${
      first === undefined ? "a VMA" : rangeOf(first)
    } splits it: it needs ${parts} more, ` +
      `which the limit may forbid: ${used(failed)}`;
  const write = call === "mprotect" && ((step.enter.args[2] ?? 0) & PROT_WRITE) !== 0
    ? ". Or: memory that becomes writable must be promised, and so much may not be (vm.overcommit_memory)"
    : "";
  return `${split}${write}. Changing whole VMAs, or all of a neighbourhood alike so that it merges, would have served`;
}

function noMemoryToResize(failed: Failed): string {
  const [, , newLength = 0, flags = 0] = failed.step.enter.args;
  if (!(flags & MREMAP_MAYMOVE)) {
    return `There is no room to grow to ${
      inBytes(newLength)
    } in place. MREMAP_MAYMOVE would have served`;
  }
  return `Moving needs up to three VMAs more and stops short of the limit: ${used(failed)}. Or: ` +
    otherReasons(failed, newLength, false).join("; or: ") +
    ". A new mapping and a copy need one VMA more, not three";
}

function exists({ space, start, end }: Failed): string {
  const vma = vmaIn(space, start, end);
  const what = vma === undefined
    ? "what is mapped there the text does not show"
    : `${rangeOf(vma)} is mapped there`;
  return `MAP_FIXED_NOREPLACE does not replace: ${what}. Without it the address is a hint, and the kernel takes ` +
    "another if it must; MAP_FIXED replaces what is there";
}

function invalid(failed: Failed, call: string): string {
  const { step, start } = failed;
  const [, length = 0, third = 0, flags = 0, , offset = 0] = step.enter.args;
  if (call === "mmap") {
    if (length === 0) return "The length is 0: a mapping has at least one byte";
    if (!isPageAligned(offset)) {
      return `The offset ${hex(offset)} is no multiple of the page size. ${
        hex(offset - offset % PAGE_SIZE)
      }, and a ` +
        "longer mapping, would have served";
    }
    if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE) && !isPageAligned(start)) {
      return `The address ${hex(start)} is no multiple of the page size, which MAP_FIXED needs`;
    }
    if (flags & MAP_HUGETLB) {
      return "There are no huge pages of that size (MAP_HUGE_2MB, MAP_HUGE_1GB), the kernel was built without any " +
        "(CONFIG_HUGETLBFS), or the descriptor is no file of them. madvise(MADV_HUGEPAGE) on usual pages would have served";
    }
    return "The flags contradict one another: exactly one of MAP_SHARED, MAP_PRIVATE and MAP_SHARED_VALIDATE is needed, " +
      "and what grows down can neither be shared nor have a file";
  }
  if (!isPageAligned(start)) {
    return `The address ${hex(start)} is no multiple of the page size. ${
      hex(start - start % PAGE_SIZE)
    } would have served`;
  }
  if (call === "madvise") {
    const advice = Object.entries(MADV).find(([, value]) => value === third)?.[0] ?? String(third);
    return `The kernel does not know the advice ${advice}, being older or built without it, or not for this kind of ` +
      "memory (locked, shared, of a file, special)";
  }
  if (call === "munmap" && length === 0) return "The length is 0: munmap needs at least one byte";
  return `An argument of ${call} is not one that the kernel takes: flags, alignment, or a special mapping such as [vdso]`;
}

function used({ space, context }: Failed): string {
  const { count, maxMapCount } = context;
  const limit = `the limit (vm.max_map_count) is ${maxMapCount}`;
  return count === undefined
    ? `${limit}, and of its VMAs the text shows ${space.mapCount}`
    : `it has ${count} VMAs, and ${limit}`;
}

function dontNeed(start: number, end: number): string {
  return `madvise(${hex(start)}, ${hex(end - start)}, MADV_DONTNEED)`;
}

function rangeOf({ start, end }: Vma): string {
  return hexRange(start, end);
}

function limitText(bytes: number | undefined): string {
  return bytes === undefined ? "" : ` (${inBytes(bytes)})`;
}

/** The first address of a range at which nothing is known to be mapped. */
function firstHole(space: AddressSpace, start: number, end: number): number | undefined {
  for (let at = start; at < end;) {
    const vma = vmaIn(space, at, end);
    if (vma === undefined || vma.start > at) return at;
    at = vma.end;
  }
  return undefined;
}
