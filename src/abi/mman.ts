/**
 * The arguments of the memory calls by name (Linux asm-generic/mman*.h; the numbers are the
 * user-space ABI and the same on x86-64 and arm64, MAP_32BIT aside).
 *
 * @module
 */

/** No access. */
export const PROT_NONE = 0;
/** Pages may be read. */
export const PROT_READ = 1;
/** Pages may be written. */
export const PROT_WRITE = 2;
/** Pages may be executed. */
export const PROT_EXEC = 4;
/** Pages may be used for atomic operations; without effect on VMAs. */
export const PROT_SEM = 8;
/** mprotect: begin at the start of a VMA that grows down. */
export const PROT_GROWSDOWN = 0x0100_0000;
/** mprotect: go on to the end of a VMA that grows up. */
export const PROT_GROWSUP = 0x0200_0000;

/** Writes reach the file and the other processes. */
export const MAP_SHARED = 0x01;
/** Writes stay with the process. */
export const MAP_PRIVATE = 0x02;
/** MAP_SHARED that refuses flags it does not know. */
export const MAP_SHARED_VALIDATE = 0x03;
/** Private memory that the kernel may drop. */
export const MAP_DROPPABLE = 0x08;
/** The bits that hold one of the four kinds above. */
export const MAP_TYPE = 0x0f;
/** Exactly at the address given, in place of what is there. */
export const MAP_FIXED = 0x10;
/** No file. */
export const MAP_ANONYMOUS = 0x20;
/** In the first 2 GiB (x86-64 only). */
export const MAP_32BIT = 0x40;
/** The VMA grows down, as a stack. */
export const MAP_GROWSDOWN = 0x100;
/** Ignored by Linux. */
export const MAP_DENYWRITE = 0x800;
/** Ignored by Linux. */
export const MAP_EXECUTABLE = 0x1000;
/** The pages are locked in memory. */
export const MAP_LOCKED = 0x2000;
/** Not counted against the commit limit. */
export const MAP_NORESERVE = 0x4000;
/** Fault the pages in at once. */
export const MAP_POPULATE = 0x8000;
/** With MAP_POPULATE: only what needs no waiting. */
export const MAP_NONBLOCK = 0x1_0000;
/** For a thread's stack: no huge pages. */
export const MAP_STACK = 0x2_0000;
/** From the pool of huge pages. */
export const MAP_HUGETLB = 0x4_0000;
/** With MAP_HUGETLB: pages of 2 MiB. */
export const MAP_HUGE_2MB: number = 21 << 26;
/** With MAP_HUGETLB: pages of 1 GiB. */
export const MAP_HUGE_1GB: number = 30 << 26;
/** A persistent-memory mapping; needs a file that supports it. */
export const MAP_SYNC = 0x8_0000;
/** MAP_FIXED, but EEXIST where something is mapped already. */
export const MAP_FIXED_NOREPLACE = 0x10_0000;
/** Left uninitialised; without effect where there is an MMU. */
export const MAP_UNINITIALIZED = 0x400_0000;

/** mremap: the mapping may move. */
export const MREMAP_MAYMOVE = 1;
/** mremap: to exactly the address given. */
export const MREMAP_FIXED = 2;
/** mremap: the old mapping stays, empty. */
export const MREMAP_DONTUNMAP = 4;

/** mlock2: lock pages as they are faulted in. */
export const MLOCK_ONFAULT = 1;

/** mlockall: lock what is mapped. */
export const MCL_CURRENT = 1;
/** mlockall: lock what will be mapped. */
export const MCL_FUTURE = 2;
/** mlockall: lock pages as they are faulted in. */
export const MCL_ONFAULT = 4;

/** msync: start writing, do not wait. */
export const MS_ASYNC = 1;
/** msync: drop cached pages. */
export const MS_INVALIDATE = 2;
/** msync: write and wait. */
export const MS_SYNC = 4;

/** Advice for `madvise`, by the name after `MADV_`. */
export const MADV = {
  NORMAL: 0,
  RANDOM: 1,
  SEQUENTIAL: 2,
  WILLNEED: 3,
  DONTNEED: 4,
  FREE: 8,
  REMOVE: 9,
  DONTFORK: 10,
  DOFORK: 11,
  MERGEABLE: 12,
  UNMERGEABLE: 13,
  HUGEPAGE: 14,
  NOHUGEPAGE: 15,
  DONTDUMP: 16,
  DODUMP: 17,
  WIPEONFORK: 18,
  KEEPONFORK: 19,
  COLD: 20,
  PAGEOUT: 21,
  POPULATE_READ: 22,
  POPULATE_WRITE: 23,
  DONTNEED_LOCKED: 24,
  COLLAPSE: 25,
  HWPOISON: 100,
  SOFT_OFFLINE: 101,
  GUARD_INSTALL: 102,
  GUARD_REMOVE: 103,
} as const;

/** shmat: attach for reading only. */
export const SHM_RDONLY = 0x1000;
/** shmat: round the address down to a page. */
export const SHM_RND = 0x2000;
/** shmat: in place of what is mapped there. */
export const SHM_REMAP = 0x4000;
/** shmat: the segment may be executed. */
export const SHM_EXEC = 0x8000;

/** prctl: refuse memory that may be written and executed, now or later. */
export const PR_SET_MDWE = 65;
/** PR_SET_MDWE: refuse it. */
export const PR_MDWE_REFUSE_EXEC_GAIN = 1;
/** PR_SET_MDWE: but not in children. */
export const PR_MDWE_NO_INHERIT = 2;
/** prctl: all memory may be merged with the same pages elsewhere. */
export const PR_SET_MEMORY_MERGE = 67;
/** personality: what may be read may be executed. */
export const READ_IMPLIES_EXEC = 0x40_0000;

/** prctl: the option that is about VMAs. */
export const PR_SET_VMA = 0x5356_4d41;
/** prctl(PR_SET_VMA): name anonymous memory. */
export const PR_SET_VMA_ANON_NAME = 0;
