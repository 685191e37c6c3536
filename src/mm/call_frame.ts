/**
 * Beginning and ending a call on an address space: its lock, and what a file's hook threw meanwhile.
 *
 * @module
 */

import { cannot } from "./error.ts";
import type { LockMode } from "./locks/lock_checker.ts";
import * as locking from "./locks/locking.ts";
import type { MemoryDescriptor } from "./memory_descriptor.ts";

// The file's own, as V8 looks imported names up at each use.
const { lockForCall, lockForFault, unlockAfterCall } = locking;

/**
 * Begins a call on `[address, address + length)`.
 *
 * @throws {MmError} EBUSY a hook of a file is running
 */
export function beginCall(
  mm: MemoryDescriptor,
  verb: string,
  address: number,
  length: number,
  mode: LockMode,
): void {
  if (isBusy(mm)) throw busy(verb, address, length);
  if (mm.locks !== null) lockForCall(mm, mode);
  mm.isCalling = true;
}

/**
 * Begins a fault.
 *
 * @throws {MmError} EBUSY a hook of a file is running
 */
export function beginFault(
  mm: MemoryDescriptor,
  verb: string,
  address: number,
  writes: boolean,
): void {
  if (isBusy(mm)) throw busy(verb, address, 0);
  if (mm.locks !== null) lockForFault(mm, address, writes);
  mm.isCalling = true;
}

/** Ends a call, and throws what a hook threw meanwhile. */
export function endCall(mm: MemoryDescriptor): void {
  const { hookError } = mm;
  mm.isCalling = false;
  if (mm.locks !== null) unlockAfterCall(mm);
  mm.hookError = undefined;
  if (hookError !== undefined) throw hookError.error;
}

function isBusy(mm: MemoryDescriptor): boolean {
  return mm.locks === null ? mm.isCalling : mm.locks.holds("mmap_lock", mm.pageTable!);
}

function busy(verb: string, address: number, length: number): Error {
  return cannot(verb, address, address + length, "EBUSY", "a hook of a file is running");
}
