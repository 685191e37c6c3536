/**
 * mmap: a new mapping. Mirrors `do_mmap()` and `mmap_region()` (Linux mm/mmap.c, mm/vma.c).
 *
 * @module
 */

import {
  account,
  accountedPages,
  commit,
  isAccountable,
  mayCommit,
  mayExpand,
  mayLock,
} from "./accounting.ts";
import { cannot, type Errno, type MmError } from "./errno.ts";
import {
  MAP_ANONYMOUS,
  MAP_DROPPABLE,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_HUGETLB,
  MAP_LOCKED,
  MAP_NORESERVE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_STACK,
  MAP_SYNC,
  MAP_TYPE,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from "./flags.ts";
import { isPageAligned, pageAlignDown, pageAlignUp, pages } from "./limits.ts";
import type { MemoryDescriptor } from "./memory_descriptor.ts";
import { mergeNew } from "./merge.ts";
import { gatherRemoval, type Removal } from "./munmap.ts";
import { NOWHERE, place } from "./placement.ts";
import { type MappedFile, Vma } from "./vma.ts";
import {
  VM_ACCOUNT,
  VM_DONTDUMP,
  VM_DROPPABLE,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_LOCKED_MASK,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_NOHUGEPAGE,
  VM_NORESERVE,
  VM_READ,
  VM_SHARED,
  VM_SPECIAL,
  VM_WIPEONFORK,
  VM_WRITE,
  type VmFlags,
} from "./vm_flags.ts";

/** What `mmap` is asked for. */
export interface MmapRequest {
  /** Where, bytes: a hint, or with MAP_FIXED an order; 0 unless given. */
  readonly address?: number;
  /** Bytes; rounded up to whole pages. */
  readonly length: number;
  /** PROT_… bits. */
  readonly protection: number;
  /** MAP_… bits. */
  readonly flags: number;
  /** The open file; none with MAP_ANONYMOUS. */
  readonly file?: MappedFile | null;
  /** Offset in the file, bytes, page-aligned; 0 unless given. */
  readonly offset?: number;
}

/** Largest file offset in bytes that a mapping may end at: the model's, below the kernel's 2^63. */
const MAX_OFFSET = Number.MAX_SAFE_INTEGER;

/**
 * Maps `length` bytes and says where.
 *
 * Precondition: as the errors tell.
 * Postcondition: one VMA covers the range with the flags asked for, perhaps merged with its
 * neighbours; whatever lay there before (MAP_FIXED) is gone. A failed call changes nothing.
 *
 * O(log n) and the VMAs replaced.
 *
 * @returns the first byte; with MAP_FIXED the address asked for, even where the VMA begins lower
 * @throws {MmError} EINVAL empty, unaligned offset or MAP_FIXED address, no or an unknown kind of
 * mapping, a file that would grow down · EBADF neither file nor MAP_ANONYMOUS · ENOMEM too long, no
 * gap, max_map_count, a resource limit, or memory ran out · EOVERFLOW the offset passes what a file
 * can have · EACCES the file was not opened for this · EEXIST MAP_FIXED_NOREPLACE over something ·
 * EAGAIN more than may be locked · EPERM a VMA replaced is sealed, or the address is below
 * mmap_min_addr · EOPNOTSUPP a flag the file does not support
 */
export function mmap(mm: MemoryDescriptor, request: MmapRequest): number {
  const { protection, file = null, offset = 0 } = request;
  const flags = request.flags & MAP_FIXED_NOREPLACE ? request.flags | MAP_FIXED : request.flags;
  const fixed = (flags & MAP_FIXED) !== 0;
  const wanted = request.address ?? 0;
  const refuse = (code: Errno, why: string): MmError =>
    cannot("map", wanted, wanted + request.length, code, why);

  if (!isPageAligned(offset)) throw refuse("EINVAL", "the file offset is not page-aligned");
  if (file === null && !(flags & MAP_ANONYMOUS)) throw refuse("EBADF", "there is no file");
  if (flags & MAP_HUGETLB) throw refuse("EINVAL", "the model has no pool of huge pages");
  if (!(request.length > 0)) throw refuse("EINVAL", "it is empty");
  const hint = fixed ? wanted : roundHint(mm, wanted);
  const length = pageAlignUp(request.length);
  if (offset + length > MAX_OFFSET) throw refuse("EOVERFLOW", "its offset passes the largest");
  if (mm.layout.mapCount > mm.maxMapCount) {
    throw refuse("ENOMEM", `${mm.layout.mapCount} VMAs are in use`);
  }

  const mapped = flags & MAP_ANONYMOUS ? null : file;
  const address = place(mm, { hint, length, flags, file: mapped, offset });
  if (address === NOWHERE) throw refuse("ENOMEM", "no gap is large enough");
  if (!isPageAligned(address)) throw refuse("EINVAL", "the address is not page-aligned");
  if (address < mm.mmapMinAddress) throw refuse("EPERM", "it begins below mmap_min_addr");
  if (
    flags & MAP_FIXED_NOREPLACE && mm.layout.findIntersection(address, address + length)
  ) throw refuse("EEXIST", "something is mapped there");

  let vmFlags = protectionFlags(protection) | placementFlags(flags) | mm.defaultFlags |
    VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
  if (!mayLock(mm, vmFlags, pages(length))) throw refuse("EAGAIN", "RLIMIT_MEMLOCK forbids it");
  vmFlags = mapped === null
    ? anonymousFlags(flags, vmFlags, refuse)
    : fileFlags(mapped, flags, protection, vmFlags, refuse);
  if (flags & MAP_NORESERVE && mm.commit.mode !== "never") vmFlags |= VM_NORESERVE;

  const shared = (vmFlags & VM_MAYSHARE) !== 0;
  const mapping = mapped ?? (shared ? sharedMemory() : null);
  const pageOffset = mapped !== null ? pages(offset) : shared ? 0 : pages(address);
  mapRegion(mm, address, address + length, vmFlags, pageOffset, mapping);
  return address;
}

/** VM_READ, VM_WRITE and VM_EXEC as PROT_… bits ask for. Mirrors `calc_vm_prot_bits()`. */
export function protectionFlags(protection: number): VmFlags {
  return (protection & PROT_READ ? VM_READ : 0) | (protection & PROT_WRITE ? VM_WRITE : 0) |
    (protection & PROT_EXEC ? VM_EXEC : 0);
}

/** The flags that MAP_… bits stand for. Mirrors `calc_vm_flag_bits()`. */
function placementFlags(flags: number): VmFlags {
  return (flags & MAP_GROWSDOWN ? VM_GROWSDOWN : 0) | (flags & MAP_LOCKED ? VM_LOCKED : 0) |
    (flags & MAP_STACK ? VM_NOHUGEPAGE : 0);
}

/**
 * Page-aligned, and not below the lowest address that may be mapped. Mirrors `round_hint_to_min()`.
 */
function roundHint(mm: MemoryDescriptor, hint: number): number {
  const aligned = pageAlignDown(hint);
  return aligned !== 0 && aligned < mm.mmapMinAddress ? pageAlignUp(mm.mmapMinAddress) : aligned;
}

type Refuse = (code: Errno, why: string) => MmError;

function anonymousFlags(flags: number, vmFlags: VmFlags, refuse: Refuse): VmFlags {
  const growsDown = (vmFlags & VM_GROWSDOWN) !== 0;
  switch (flags & MAP_TYPE) {
    case MAP_SHARED:
      if (growsDown) throw refuse("EINVAL", "shared memory cannot grow down");
      return vmFlags | VM_SHARED | VM_MAYSHARE;
    case MAP_PRIVATE:
      return vmFlags;
    case MAP_DROPPABLE:
      if (growsDown || flags & MAP_LOCKED) {
        throw refuse("EINVAL", "droppable memory can be neither locked nor a stack");
      }
      return vmFlags | VM_DROPPABLE | VM_NORESERVE | VM_WIPEONFORK | VM_DONTDUMP;
    default:
      throw refuse("EINVAL", "it is neither shared nor private");
  }
}

function fileFlags(
  file: MappedFile,
  flags: number,
  protection: number,
  vmFlags: VmFlags,
  refuse: Refuse,
): VmFlags {
  const kind = flags & MAP_TYPE;
  if (kind !== MAP_SHARED && kind !== MAP_SHARED_VALIDATE && kind !== MAP_PRIVATE) {
    throw refuse("EINVAL", "it is neither shared nor private");
  }
  if (kind !== MAP_PRIVATE) {
    if (kind === MAP_SHARED_VALIDATE && flags & MAP_SYNC) {
      throw refuse("EOPNOTSUPP", "the file does not support MAP_SYNC");
    }
    if (protection & PROT_WRITE && !file.writable) {
      throw refuse("EACCES", "the file is not open for writing");
    }
    vmFlags |= VM_SHARED | VM_MAYSHARE;
    if (!file.writable) vmFlags &= ~(VM_MAYWRITE | VM_SHARED);
  }
  if (!file.readable) throw refuse("EACCES", "the file is not open for reading");
  if (vmFlags & VM_GROWSDOWN) throw refuse("EINVAL", "a file cannot grow down");
  return vmFlags;
}

/**
 * The file that stands behind shared anonymous memory: a new one for each mapping. Mirrors
 * `shmem_zero_setup()`.
 */
function sharedMemory(): MappedFile {
  return {
    name: "/dev/zero (deleted)",
    device: "00:01",
    inode: 0,
    readable: true,
    writable: true,
    hugeAligned: false,
  };
}

/**
 * Puts a VMA over `[start, end)`, in the place of what lies there.
 *
 * Postcondition: a VMA covers the range, alone or merged with its neighbours. A failed call changes
 * nothing.
 *
 * @throws {MmError} ENOMEM a resource limit, the commit limit, max_map_count, or memory ran out ·
 * EPERM a VMA replaced is sealed
 */
function mapRegion(
  mm: MemoryDescriptor,
  start: number,
  end: number,
  flags: VmFlags,
  pageOffset: number,
  file: MappedFile | null,
): void {
  const first = mm.layout.findIntersection(start, end);
  const removal = first === undefined ? undefined : gatherRemoval(mm, first, start, end);
  const size = pages(end - start);
  let vma;
  try {
    if (!mayExpand(mm, flags, size - (removal?.pages ?? 0))) {
      throw cannot("map", start, end, "ENOMEM", "a resource limit forbids it");
    }
    if (isAccountable(file, flags)) {
      flags |= VM_ACCOUNT;
      if (!mayCommit(mm, size - (removal?.accountedPages ?? 0))) {
        throw cannot("map", start, end, "ENOMEM", "so much memory cannot be promised");
      }
    }
    if (flags & VM_SPECIAL) flags &= ~VM_LOCKED_MASK;
    vma = putVma(mm, new Vma(start, end, flags, pageOffset, file), removal);
  } catch (error) {
    removal?.abort();
    throw error;
  }
  if (removal?.hole && vma.end === end) mm.layout.replace(removal.tail!);
  removal?.complete();
  account(mm, flags, size);
  commit(mm, accountedPages(flags, size));
}

/** Merges the new VMA into a neighbour, or stores it. */
function putVma(mm: MemoryDescriptor, vma: Vma, removal: Removal | undefined): Vma {
  const previous = removal ? removal.previous : mm.layout.before(vma.start);
  const next = removal ? removal.next : mm.layout.findVma(vma.start);
  const merged = mergeNew(mm, vma, previous, next);
  if (merged !== undefined) return merged;
  mm.budget.take("a VMA");
  vma.file?.hooks?.map?.(vma);
  mm.layout.prepare(vma.start, vma.end, vma);
  mm.layout.commit();
  mm.layout.mapCount++;
  return vma;
}
