/**
 * What a call answered in the load, beside what it answered when it was recorded.
 *
 * @module
 */

import { ERRNO, errnoName } from "../abi/errno.ts";
import { hex } from "../abi/hex.ts";
import type { AddressSpace } from "../mm/address_space.ts";
import type { CallStep } from "../replay/step.ts";
import { LoadFinding } from "./finding.ts";
import type { LifeStep } from "./lives.ts";

/** True if a call answered as it did when it was recorded. */
export function agrees({ record }: CallStep, answer: number): boolean {
  return record.error === undefined
    ? answer === record.result
    : answer < 0 && errnoName(-answer) === record.error;
}

/**
 * Checks that a call answers in the load what it answered when it was recorded.
 *
 * @throws {LoadFinding} it does not
 */
export function checkAnswer(step: CallStep, answer: number): void {
  const { record } = step;
  if (step.action === undefined || agrees(step, answer)) return;
  throw new LoadFinding(
    `${record.call} answers ${answer < 0 ? errnoName(-answer) : hex(answer)}, recorded was ` +
      (record.error ?? hex(record.result)),
  );
}

/**
 * True if a call answered as one does that gets no memory: ENOMEM, which `madvise` and `mlock` tell as EAGAIN
 * (`sys_madvise()`, `__mlock_posix_error_return()`), and `brk` by where the heap ends still. A call that was refused
 * when it was recorded may have come less far this time, so it is still to come.
 *
 * @param brk the end of the heap before the call
 */
export function isRefused({ record }: CallStep, answer: number, brk: number): boolean {
  if (record.call === "brk") return answer === brk && answer !== record.result;
  return answer === -ERRNO.ENOMEM || answer === -ERRNO.EAGAIN;
}

/**
 * Under another kernel's rules: true if a call answered otherwise than recorded, or left other addresses mapped. What
 * the program would have done then is not known. A call that failed may have unmapped something before it did; one that
 * succeeded says what it added, and may have begun when it was refused memory before.
 *
 * @param totalPages the pages mapped before; undefined if a second task may have added some, by making a stack grow
 */
export function hasParted(
  space: AddressSpace,
  step: CallStep,
  { unmapped, growth }: LifeStep,
  totalPages: number | undefined,
  answer: number,
): boolean {
  if (step.action === undefined) return false;
  if (!agrees(step, answer)) return true;
  if (step.record.error !== undefined && totalPages !== undefined) {
    if (space.descriptor.totalPages - totalPages !== growth) return true;
  }
  const { tree } = space.descriptor;
  return unmapped.some(({ start, end }) => tree.findIntersection(start, end) !== undefined) ||
    step.record.added.some(({ start, end }) => !isMappedThrough(space, start, end));
}

/** True if all of `[start, end)` is mapped. */
function isMappedThrough(space: AddressSpace, start: number, end: number): boolean {
  for (let at = start; at < end;) {
    const vma = space.findVma(at);
    if (vma === undefined || vma.start > at) return false;
    at = vma.end;
  }
  return true;
}
