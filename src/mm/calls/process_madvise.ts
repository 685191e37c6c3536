/**
 * process_madvise on the caller's own memory: advice about several ranges at once. Mirrors `process_madvise()` and
 * `vector_madvise()` (Linux mm/madvise.c), and what `import_iovec()` (lib/iov_iter.c) checks before. Obeys the
 * rules `processAdviseOnSelf` and `processAdviseChecksFirst`.
 *
 * @module
 */

import { MADV } from "../../abi/mman.ts";
import { ADDRESS_LIMIT, pageAlignUp } from "../../abi/page.ts";
import { cannot, MmError } from "../error.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { isKnownAdvice, madvise } from "./madvise.ts";

/** More ranges are refused: UIO_MAXIOV. */
const MOST_RANGES = 1024;
/** What lies beyond this many bytes in all is passed over: MAX_RW_COUNT. */
const MOST_BYTES = 0x7fff_f000;

/** Advice that may be given to another process. Mirrors `process_madvise_remote_valid()`. */
const REMOTE: ReadonlySet<number> = new Set([
  MADV.COLD,
  MADV.PAGEOUT,
  MADV.WILLNEED,
  MADV.COLLAPSE,
]);

/** One range of the list. */
interface Range {
  readonly address: number;
  readonly length: number;
}

/**
 * Advises on each range of a list in turn.
 *
 * Precondition: as {@linkcode madvise}, for each range. Postcondition: the ranges before the first that is refused heed
 * the advice. If that is the first of all the call fails, else it tells how far it came.
 *
 * @param ranges at most 1024; beyond 2 GiB in all they are cut off
 * @param flags 0
 * @returns bytes of the ranges that heed the advice
 * @throws {MmError} EINVAL flags, too many ranges, or a length below 0 · EFAULT a range leaves the user's addresses ·
 * what `madvise` answers for the first range
 */
export function processMadvise(
  mm: MemoryDescriptor,
  ranges: readonly Range[],
  advice: number,
  flags = 0,
): number {
  if (flags !== 0) throw refused("EINVAL", "the flags are not 0");
  if (ranges.length > MOST_RANGES) throw refused("EINVAL", "there are more than 1024 ranges");
  const accepted = cut(mm, ranges);
  if (!mm.rules.processAdviseOnSelf && !REMOTE.has(advice)) {
    throw refused("EINVAL", "this kernel takes no such advice here");
  }
  const total = accepted.reduce((sum, { length }) => sum + length, 0);
  if (total === 0 && mm.rules.processAdviseChecksFirst && !isKnownAdvice(mm, advice)) {
    throw refused("EINVAL", "the advice is unknown");
  }
  let done = 0;
  for (const { address, length } of accepted) {
    if (done === total) break;
    let answer;
    try {
      answer = madvise(mm, address, length, advice);
    } catch (error) {
      if (done > 0 && error instanceof MmError) return done;
      throw error;
    }
    if (answer < 0) {
      if (done > 0) return done;
      throw mm.refusal.error("advise on", address, address + pageAlignUp(length));
    }
    done += length;
  }
  return done;
}

/** The ranges up to as many bytes as one call handles; all are checked, a single one after it was cut. */
function cut(mm: MemoryDescriptor, ranges: readonly Range[]): Range[] {
  for (const { address, length } of ranges) {
    if (length < 0 || length > ADDRESS_LIMIT / 2) {
      throw cannot("advise on", address, address + length, "EINVAL", "its length is below 0");
    }
  }
  let left = MOST_BYTES;
  return ranges.map(({ address, length: given }) => {
    const length = Math.min(given, left);
    const end = address + (ranges.length === 1 ? length : given);
    if (address < 0 || end > mm.taskSize) {
      throw cannot("advise on", address, end, "EFAULT", "it ends beyond the user's addresses");
    }
    left -= length;
    return { address, length };
  });
}

function refused(code: "EINVAL", why: string): MmError {
  return new MmError(code, `Cannot advise on a list of ranges: ${why}`);
}
