/**
 * What a process may still make, and by which calls, before the limit on VMAs stops it.
 *
 * Rules: `map_count` against `sysctl_max_map_count` in Linux mm/vma.c, mm/mmap.c and mm/mremap.c: a new mapping is
 * refused once *more* than the limit are in use, a split at the limit, a move three below it.
 *
 * @module
 */

import { counted } from "./amounts.ts";

/** VMAs against the limit. */
export interface VmaBudget {
  /** VMAs in use. */
  readonly used: number;
  /** `vm.max_map_count`. */
  readonly limit: number;
  /** VMAs that may still be made: the limit less those in use. */
  readonly left: number;
  /** What each kind of call may still do. */
  readonly calls: readonly CallBudget[];
}

/** What a kind of call may still do. */
export interface CallBudget {
  /** The calls. */
  readonly call: string;
  /** True if it may be made now. */
  readonly possible: boolean;
  /** How often, and what it needs. */
  readonly words: string;
}

/** The budget of a process. */
export function budgetOf(used: number, limit: number): VmaBudget {
  const left = Math.max(0, limit - used);
  const maps = Math.max(0, limit - used + 1);
  return {
    used,
    limit,
    left,
    calls: [
      {
        call: "mmap, brk, shmat",
        possible: maps > 0,
        words: maps > 0
          ? `may make ${
            counted(maps, "VMA")
          } more, the last of them at the limit; what merges with a neighbour needs none`
          : "are refused with ENOMEM (brk by returning the old break), even where the mapping would merge",
      },
      {
        call: "munmap of a hole, mprotect, madvise or mlock of a part",
        possible: left > 0,
        words: left > 1
          ? `split a VMA: one VMA more for each end that is cut, ${
            counted(left, "cut")
          } may be made`
          : left === 1
          ? "split a VMA: one more end may be cut, not two"
          : "would split a VMA and are refused with ENOMEM; whole VMAs, and ends for munmap, still go",
      },
      {
        call: "mremap that moves",
        possible: used < limit - 3,
        words: used < limit - 3
          ? "is possible while the count is more than three below the limit"
          : "is refused with ENOMEM from three below the limit on",
      },
    ],
  };
}
