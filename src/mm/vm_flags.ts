/**
 * VmFlags: what a VMA is and may become, as a set of bits.
 *
 * The names are the kernel's (Linux mm.h), the two letters those of `/proc/PID/smaps`
 * (fs/proc/task_mmu.c). The bit numbers are ours: the kernel needs 43 bits, a fast JavaScript
 * integer has 31, which suffice. Their order is the kernel's, so that a set prints as the
 * kernel prints it. The soft-dirty bit is left out: the kernel ignores it when it merges, and this
 * model tracks no writes by it.
 *
 * @module
 */

/** A set of VM_… bits. */
export type VmFlags = number;

/** May be read. */
export const VM_READ: VmFlags = 1 << 0;
/** May be written. */
export const VM_WRITE: VmFlags = 1 << 1;
/** May be executed. */
export const VM_EXEC: VmFlags = 1 << 2;
/** Writes are shared. */
export const VM_SHARED: VmFlags = 1 << 3;
/** mprotect may add VM_READ. */
export const VM_MAYREAD: VmFlags = 1 << 4;
/** mprotect may add VM_WRITE. */
export const VM_MAYWRITE: VmFlags = 1 << 5;
/** mprotect may add VM_EXEC. */
export const VM_MAYEXEC: VmFlags = 1 << 6;
/** Mapped with MAP_SHARED, if perhaps only for reading. */
export const VM_MAYSHARE: VmFlags = 1 << 7;
/** Grows down on a fault below it. */
export const VM_GROWSDOWN: VmFlags = 1 << 8;
/** Page frames without `struct page`, managed by a driver. */
export const VM_PFNMAP: VmFlags = 1 << 9;
/** May hold guard pages, which madvise(MADV_GUARD_INSTALL) puts in. */
export const VM_MAYBE_GUARD: VmFlags = 1 << 10;
/** Locked in memory. */
export const VM_LOCKED: VmFlags = 1 << 11;
/** A device's registers. */
export const VM_IO: VmFlags = 1 << 12;
/** Will be read in order. */
export const VM_SEQ_READ: VmFlags = 1 << 13;
/** Will be read at random. */
export const VM_RAND_READ: VmFlags = 1 << 14;
/** Not copied by a fork. */
export const VM_DONTCOPY: VmFlags = 1 << 15;
/** mremap may not expand it. */
export const VM_DONTEXPAND: VmFlags = 1 << 16;
/** Locked as pages are faulted in. */
export const VM_LOCKONFAULT: VmFlags = 1 << 17;
/** Counted against the commit limit. */
export const VM_ACCOUNT: VmFlags = 1 << 18;
/** Never counted against the commit limit. */
export const VM_NORESERVE: VmFlags = 1 << 19;
/** Huge pages of the pool. */
export const VM_HUGETLB: VmFlags = 1 << 20;
/** Synchronous page faults (MAP_SYNC). */
export const VM_SYNC: VmFlags = 1 << 21;
/** The architecture's own (branch protection on arm64). */
export const VM_ARCH_1: VmFlags = 1 << 22;
/** Empty in the child after a fork. */
export const VM_WIPEONFORK: VmFlags = 1 << 23;
/** Not in a core dump. */
export const VM_DONTDUMP: VmFlags = 1 << 24;
/** Page frames with and without `struct page`. */
export const VM_MIXEDMAP: VmFlags = 1 << 25;
/** madvise(MADV_HUGEPAGE) was given. */
export const VM_HUGEPAGE: VmFlags = 1 << 26;
/** madvise(MADV_NOHUGEPAGE) was given, or MAP_STACK. */
export const VM_NOHUGEPAGE: VmFlags = 1 << 27;
/** Same-page merging was asked for. */
export const VM_MERGEABLE: VmFlags = 1 << 28;
/** The kernel may drop the pages. */
export const VM_DROPPABLE: VmFlags = 1 << 29;
/** mseal forbids changes. */
export const VM_SEALED: VmFlags = 1 << 30;

/** What does not keep two VMAs from merging: the survivor has it if either had. */
export const VM_STICKY: VmFlags = VM_MAYBE_GUARD;
/** What mprotect changes. */
export const VM_ACCESS_FLAGS: VmFlags = VM_READ | VM_WRITE | VM_EXEC;
/** What mlock changes. */
export const VM_LOCKED_MASK: VmFlags = VM_LOCKED | VM_LOCKONFAULT;
/** A VMA with one of these never merges and is never locked. */
export const VM_SPECIAL: VmFlags = VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP;

/** Two letters for each bit, in bit order. */
const LETTERS =
  "rd wr ex sh mr mw me ms gd pf gu lo io sr rr dc de lf ac nr ht sf bt wf dd mm hg nh mg dp sl"
    .split(" ");

const BY_LETTERS = new Map(LETTERS.map((letters, bit) => [letters, 1 << bit]));

/** A set in the kernel's text: two letters each, separated by blanks. */
export function formatVmFlags(flags: VmFlags): string {
  return LETTERS.filter((_, bit) => (flags & (1 << bit)) !== 0).join(" ");
}

/**
 * The set that a text names. Soft-dirty (`sd`) is ignored.
 *
 * @throws {TypeError} if two letters are not known
 */
export function parseVmFlags(text: string): VmFlags {
  const { flags, others } = readVmFlags(text);
  if (others === "") return flags;
  const [unknown] = others.split(" ");
  throw new TypeError(`Cannot read VmFlags "${text}": "${unknown}" is not known`);
}

/** What a text of VmFlags names. */
export interface ReadVmFlags {
  /** The flags that the model acts upon. */
  readonly flags: VmFlags;
  /** The others, in the text's order, separated by blanks. */
  readonly others: string;
}

/** Reads a text of VmFlags, whatever is in it. Soft-dirty (`sd`) is ignored. */
export function readVmFlags(text: string): ReadVmFlags {
  let flags = 0;
  const others: string[] = [];
  for (const letters of text.split(" ")) {
    const bit = BY_LETTERS.get(letters);
    if (bit !== undefined) flags |= bit;
    else if (letters !== "" && letters !== "sd") others.push(letters);
  }
  return { flags, others: others.join(" ") };
}

/** `rwxp` or `rwxs`, with `-` for what is absent, as `/proc/PID/maps` shows it. */
export function formatPermissions(flags: VmFlags): string {
  return (flags & VM_READ ? "r" : "-") + (flags & VM_WRITE ? "w" : "-") +
    (flags & VM_EXEC ? "x" : "-") + (flags & VM_MAYSHARE ? "s" : "p");
}
