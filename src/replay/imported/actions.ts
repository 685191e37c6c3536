/**
 * Calls of an imported trace as actions: each does what its result says that it did.
 *
 * Addresses are the text's own: `mmap`, `mremap`, `shmat` and `brk` take the result that stands there, and a call that
 * failed does nothing. What a call shows to be mapped, though no earlier line mapped it, is mapped first: the program
 * itself, its libraries or whatever was there before the text began.
 *
 * @module
 */

import {
  MAP_32BIT,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_HUGETLB,
  MAP_LOCKED,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED_VALIDATE,
  MAP_SYNC,
  MAP_TYPE,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_READ,
  PROT_WRITE,
  SHM_RDONLY,
} from "../../abi/mman.ts";
import { ADDRESS_LIMIT, PAGE_SIZE, pageAlignDown, pageAlignUp } from "../../abi/page.ts";
import type { AddressSpace } from "../../mm/address_space.ts";
import { MmError } from "../../mm/error.ts";
import type { MappedFile } from "../../mm/vma.ts";
import type { Action, ReturnedCall } from "../decode.ts";

/** Name of memory of which a text shows that it is mapped, but not what it is. */
export const NOT_SHOWN = "(not shown)";

/** Calls that only work on a range that is mapped: where in their arguments address and length stand. */
export const ON_MAPPED: ReadonlySet<string> = new Set([
  "mprotect",
  "pkey_mprotect",
  "madvise",
  "mlock",
  "mlock2",
  "msync",
  "mseal",
]);

const UNKNOWN_FILE: MappedFile = {
  name: NOT_SHOWN,
  device: "00:00",
  inode: 0,
  readable: true,
  writable: true,
  hugeAligned: false,
};

/**
 * The action of an imported call that succeeded.
 *
 * @param modelled what the call does in the model, undefined if nothing
 */
export function importedAction(
  call: ReturnedCall,
  modelled: Action | undefined,
): Action | undefined {
  const { enter, leave } = call;
  if (leave.error !== undefined) return undefined;
  switch (enter.call) {
    case "mmap":
      return (space) => map(space, call);
    case "brk":
      return (space) => moveBreak(space, leave.result);
    case "mremap":
      return (space) => remap(space, call);
    case "shmat":
      return (space) => attach(space, call);
    case "prlimit64":
    case "setrlimit":
      return undefined; // they bind the program, but not what it is known to have got
    default:
      return modelled && ((space) => follow(space, call, modelled));
  }
}

/** Does a call as the model has it; where the model refuses what the text shows done, leaves it at that. */
function follow(space: AddressSpace, { enter, leave }: ReturnedCall, modelled: Action): number {
  const [address = 0, length = 0] = enter.args;
  if (ON_MAPPED.has(enter.call)) reveal(space, address, address + length);
  attempt(() => modelled(space));
  return leave.result;
}

function map(space: AddressSpace, { enter, leave, files }: ReturnedCall): number {
  const [, length = 0, protection = 0, given = 0, , offset = 0] = enter.args;
  const left = MAP_FIXED_NOREPLACE | MAP_HUGETLB | MAP_32BIT | MAP_LOCKED | MAP_POPULATE |
    MAP_SYNC | (given & MAP_ANONYMOUS ? 0 : MAP_GROWSDOWN);
  const kind = (given & MAP_TYPE) === MAP_SHARED_VALIDATE ? ~2 : ~0;
  const flags = (given & ~left & kind) | MAP_FIXED;
  const file = given & MAP_ANONYMOUS || enter.file === undefined ? null : files.of(enter.file);
  const request = { address: leave.result, length, protection, flags, file, offset };
  const done = attempt(() => space.mmap(request));
  if (!done) mapUnknown(space, leave.result, leave.result + pageAlignUp(length));
  return leave.result;
}

/** The text gives the break only by what brk returns: the first time it says where the heap begins. */
function moveBreak(space: AddressSpace, result: number): number {
  const mm = space.descriptor;
  if (mm.brk === 0) {
    mm.startBrk = mm.brk = result;
    return result;
  }
  if (result < mm.startBrk) mm.startBrk = result;
  attempt(() => space.brk(result));
  return mm.brk = result;
}

function remap(space: AddressSpace, { enter, leave }: ReturnedCall): number {
  const [address = 0, oldLength = 0, newLength = 0, given = 0] = enter.args;
  const { result } = leave;
  const oldEnd = address + pageAlignUp(oldLength), newEnd = result + pageAlignUp(newLength);
  reveal(space, address, oldLength === 0 ? address + PAGE_SIZE : oldEnd);
  const stays = result === address;
  if (stays && newEnd > oldEnd) attempt(() => space.munmap(oldEnd, newEnd - oldEnd));
  const flags = stays
    ? given & ~(MREMAP_FIXED | MREMAP_DONTUNMAP)
    : MREMAP_MAYMOVE | MREMAP_FIXED | (given & MREMAP_DONTUNMAP);
  const done = attempt(() =>
    space.mremap(address, oldLength, newLength, flags, stays ? 0 : result)
  );
  if (done) return result;
  if (!(given & MREMAP_DONTUNMAP)) {
    attempt(() => space.munmap(address, oldEnd - address));
  }
  mapUnknown(space, result, newEnd);
  return result;
}

function attach(space: AddressSpace, { enter, leave, files }: ReturnedCall): number {
  const flags = (enter.args[2] ?? 0) & SHM_RDONLY;
  if (leave.file === undefined || leave.file.size === 0) {
    mapUnknown(space, leave.result, leave.result + PAGE_SIZE);
    return leave.result;
  }
  const segment = files.segment(leave.file);
  attempt(() => space.munmap(leave.result, pageAlignUp(segment.bytes)));
  attempt(() => space.shmat(segment, leave.result, flags));
  return leave.result;
}

/** Maps what a call shows to be mapped in `[start, end)`, where nothing is known to be. */
function reveal(space: AddressSpace, start: number, end: number): void {
  let at = pageAlignDown(start);
  const stop = pageAlignUp(end);
  if (at < 0 || stop > ADDRESS_LIMIT) return; // no address: nothing can be mapped there
  while (at < stop) {
    const vma = space.findVma(at);
    const free = Math.min(stop, vma?.start ?? stop);
    if (free > at) mapUnknown(space, at, free);
    at = Math.max(free, vma?.end ?? free);
  }
}

function mapUnknown(space: AddressSpace, start: number, end: number): void {
  const flags = MAP_PRIVATE | MAP_FIXED;
  const protection = PROT_READ | PROT_WRITE;
  const length = end - start, offset = start;
  attempt(() =>
    space.mmap({ address: start, length, protection, flags, file: UNKNOWN_FILE, offset })
  );
}

/** Does it; false if the model refuses. */
function attempt(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (!(error instanceof MmError)) throw error;
    return false;
  }
}
