/**
 * The calls that programs make most, answered as the kernel answers them: the result, or the errno below 0.
 *
 * The methods of `AddressSpace` check their arguments, call these and throw an error with a sentence for what is below
 * 0. Who has checked the arguments and wants no sentence, as a replay, calls them directly, and a call that is refused
 * then takes nothing from the JavaScript heap. Arguments are whole numbers, addresses and lengths from 0 to 2^53 − 1.
 *
 * They throw what lies deeper than a call: a split that would pass max_map_count, memory that ran out, what a file's
 * hook throws.
 *
 * @module
 */

import * as brking from "./calls/brk.ts";
import * as advising from "./calls/madvise.ts";
import * as locking from "./calls/mlock.ts";
import * as mapping from "./calls/mmap.ts";
import type { MmapRequest } from "./calls/mmap.ts";
import * as protecting from "./calls/mprotect.ts";
import * as sealing from "./calls/mseal.ts";
import * as synchronising from "./calls/msync.ts";
import * as unmapping from "./calls/munmap.ts";
import * as frames from "./call_frame.ts";
import type { MemoryDescriptor } from "./memory_descriptor.ts";
import * as advice from "./vma/advice.ts";

// The file's own, as V8 looks imported names up at each use.
const { brk } = brking;
const { madvise } = advising;
const { mlock, munlock } = locking;
const { mmap } = mapping;
const { mprotect } = protecting;
const { mseal } = sealing;
const { msync } = synchronising;
const { munmap } = unmapping;
const { beginCall, endCall } = frames;
const { adviceLock } = advice;

/** See `AddressSpace.mmap`. */
export function answerMmap(mm: MemoryDescriptor, request: MmapRequest): number {
  beginCall(mm, "map", request.address ?? 0, request.length, "write");
  try {
    return mmap(mm, request);
  } finally {
    endCall(mm);
  }
}

/** See `AddressSpace.munmap`. */
export function answerMunmap(mm: MemoryDescriptor, address: number, length: number): number {
  beginCall(mm, "unmap", address, length, "write");
  try {
    return munmap(mm, address, length);
  } finally {
    endCall(mm);
  }
}

/** See `AddressSpace.mprotect`. */
export function answerMprotect(
  mm: MemoryDescriptor,
  address: number,
  length: number,
  protection: number,
  key?: number,
): number {
  beginCall(mm, "protect", address, length, "write");
  try {
    return mprotect(mm, address, length, protection, key);
  } finally {
    endCall(mm);
  }
}

/** See `AddressSpace.brk`. */
export function answerBrk(mm: MemoryDescriptor, address: number): number {
  beginCall(mm, "move the heap's end to", address, 0, "write");
  try {
    return brk(mm, address);
  } finally {
    endCall(mm);
  }
}

/** See `AddressSpace.madvise`. */
export function answerMadvise(
  mm: MemoryDescriptor,
  address: number,
  length: number,
  advice: number,
): number {
  const mode = mm.locks === null ? "write" : adviceLock(advice);
  beginCall(mm, "advise on", address, length, mode);
  try {
    return madvise(mm, address, length, advice);
  } finally {
    endCall(mm);
  }
}

/** See `AddressSpace.mlock`. */
export function answerMlock(
  mm: MemoryDescriptor,
  address: number,
  length: number,
  flags: number,
): number {
  beginCall(mm, "lock", address, length, "write");
  try {
    return mlock(mm, address, length, flags);
  } finally {
    endCall(mm);
  }
}

/** See `AddressSpace.munlock`. */
export function answerMunlock(mm: MemoryDescriptor, address: number, length: number): number {
  beginCall(mm, "unlock", address, length, "write");
  try {
    return munlock(mm, address, length);
  } finally {
    endCall(mm);
  }
}

/** See `AddressSpace.mseal`. */
export function answerMseal(
  mm: MemoryDescriptor,
  address: number,
  length: number,
  flags: number,
): number {
  beginCall(mm, "seal", address, length, "write");
  try {
    return mseal(mm, address, length, flags);
  } finally {
    endCall(mm);
  }
}

/** See `AddressSpace.msync`. */
export function answerMsync(
  mm: MemoryDescriptor,
  address: number,
  length: number,
  flags: number,
): number {
  beginCall(mm, "synchronise", address, length, "read");
  try {
    return msync(mm, address, length, flags);
  } finally {
    endCall(mm);
  }
}
