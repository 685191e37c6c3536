/**
 * mmap: a new mapping. Mirrors `do_mmap()` (Linux mm/mmap.c); `vma/map_region.ts` puts the VMA in its place.
 *
 * @module
 */

import * as accounting from "../vma/accounting.ts";
import * as mman from "../../abi/mman.ts";
import * as page from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import * as advising from "../vma/advice.ts";
import * as refusing from "../refusal.ts";
import * as hugePool from "../vma/huge_pool.ts";
import * as regions from "../vma/map_region.ts";
import * as placing from "../vma/placement.ts";
import * as populating from "./populate.ts";
import type { KernelRules } from "../rules/kernel_rules.ts";
import type { MappedFile } from "../vma.ts";
import * as vmFlags from "../vm_flags.ts";
import type { VmFlags } from "../vm_flags.ts";

// The file's own, as V8 looks imported names up at each use.
const {
  deniesWriteExec,
  mayLock,
  mayLockAtAll,
} = accounting;
const {
  MAP_32BIT,
  MAP_ANONYMOUS,
  MAP_DENYWRITE,
  MAP_DROPPABLE,
  MAP_EXECUTABLE,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_HUGE_1GB,
  MAP_HUGE_2MB,
  MAP_HUGETLB,
  MAP_LOCKED,
  MAP_NONBLOCK,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_STACK,
  MAP_SYNC,
  MAP_TYPE,
  MAP_UNINITIALIZED,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} = mman;
const {
  ADDRESS_LIMIT,
  isAligned,
  isPageAligned,
  PAGE_SIZE,
  pageAlignDown,
  pageAlignUp,
  pages,
  roundLength,
} = page;
const { refuse, refuseCount } = refusing;
const { mayMergePages } = advising;
const { hugeFile, hugePageSize } = hugePool;
const { mapRegion } = regions;
const { NOWHERE, place } = placing;
const { tryPopulate } = populating;
const {
  VM_DONTCOPY,
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_DROPPABLE,
  VM_EXEC,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_MERGEABLE,
  VM_NOHUGEPAGE,
  VM_NORESERVE,
  VM_READ,
  VM_SHARED,
  VM_SYNC,
  VM_WIPEONFORK,
  VM_WRITE,
} = vmFlags;

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

/** What MAP_SHARED_VALIDATE permits without asking the file. Mirrors `LEGACY_MAP_MASK`. */
const LEGACY_FLAGS = MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_32BIT |
  MAP_GROWSDOWN | MAP_DENYWRITE | MAP_EXECUTABLE | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE |
  MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | MAP_HUGE_2MB | MAP_HUGE_1GB | MAP_UNINITIALIZED;

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
 * @returns the first byte; with MAP_FIXED the address asked for, even where the VMA begins lower. Or the errno below 0:
 * EINVAL empty, unaligned offset or MAP_FIXED address, no or an unknown kind of
 * mapping, a file that would grow down, part of a special mapping replaced · EBADF neither file nor MAP_ANONYMOUS ·
 * ENOMEM too long, no gap, max_map_count, a resource limit, or memory ran out · EOVERFLOW the offset passes what a file
 * can have · EACCES the file was not opened for this · EEXIST MAP_FIXED_NOREPLACE over something ·
 * EAGAIN more than may be locked · EPERM a VMA replaced is sealed, the address is below
 * mmap_min_addr, MAP_LOCKED under a limit of 0, or the filesystem forbids executing · ENODEV the file
 * cannot be mapped · EOPNOTSUPP a flag the file does not support
 * @throws {MmError} where what lies there cannot be cut or unmapped, where memory ran out, and what the file's hook
 * throws
 */
export function mmap(mm: MemoryDescriptor, request: MmapRequest): number {
  const { file = null, offset = 0 } = request;
  const protection = impliedProtection(mm, request);
  const flags = request.flags & MAP_FIXED_NOREPLACE ? request.flags | MAP_FIXED : request.flags;
  const fixed = (flags & MAP_FIXED) !== 0;
  const wanted = request.address ?? 0;
  if (!isPageAligned(offset)) {
    return refuse(mm, "EINVAL", "the file offset is not page-aligned");
  }
  if (file === null && !(flags & MAP_ANONYMOUS)) return refuse(mm, "EBADF", "there is no file");
  if (flags & MAP_HUGETLB && !(flags & MAP_ANONYMOUS)) {
    return refuse(mm, "EINVAL", "the file has no huge pages");
  }
  if (!(request.length > 0)) return refuse(mm, "EINVAL", "it is empty");
  const hint = fixed ? wanted : roundHint(mm, wanted);
  const isHuge = (flags & MAP_HUGETLB) !== 0;
  const huge = isHuge ? hugePageSize(flags) : PAGE_SIZE;
  if (huge === undefined || (isHuge && !mm.rules.mapHugePages)) {
    return refuse(mm, "EINVAL", "there are no pages of that size");
  }
  const length = roundLength(isHuge ? Math.ceil(request.length / huge) * huge : request.length);
  if (length === 0) return refuse(mm, "ENOMEM", "it is longer than all addresses");
  if (mm.tree.mapCount > mm.maxMapCount) {
    return refuseCount(mm, mm.tree.mapCount);
  }

  const mapped = isHuge ? hugeFile(mm.hugePool, huge) : flags & MAP_ANONYMOUS ? null : file;
  const address = place(mm, hint, length, flags, mapped, offset);
  // The last address, as a result, is -EPERM.
  if (fixed && wanted === ADDRESS_LIMIT - 1 && length <= mm.taskSize) {
    return refuse(mm, "EPERM", "the address reads as an error");
  }
  if (address === NOWHERE) return refuse(mm, "ENOMEM", "no gap is large enough");
  if (!isAligned(address, huge)) {
    return refuse(mm, "EINVAL", "the address is not page-aligned");
  }
  if (address < mm.mmapMinAddress && !mm.capSysRawio) {
    return refuse(mm, "EPERM", "it begins below mmap_min_addr");
  }
  if (
    flags & MAP_FIXED_NOREPLACE && mm.tree.findIntersection(address, address + length)
  ) return refuse(mm, "EEXIST", "something is mapped there");

  let vmFlags = protectionFlags(protection) | placementFlags(flags, mm.rules) | mm.defaultFlags |
    VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
  if (flags & MAP_LOCKED && !mayLockAtAll(mm)) {
    return refuse(mm, "EPERM", "RLIMIT_MEMLOCK is 0");
  }
  if (!mayLock(mm, vmFlags, pages(length))) {
    return refuse(mm, "EAGAIN", "RLIMIT_MEMLOCK forbids it");
  }
  if (mapped !== null && offset + length > (mapped.maxBytes ?? MAX_OFFSET)) {
    return refuse(mm, "EOVERFLOW", "its offset passes the largest");
  }
  vmFlags = mapped === null
    ? anonymousFlags(mm, flags, vmFlags)
    : fileFlags(mm, mapped, flags, protection, vmFlags);
  if (vmFlags < 0) return vmFlags;
  if ((mapped?.secret || mapped?.addedFlags) && !mayLock(mm, vmFlags, pages(length))) {
    return refuse(mm, "EAGAIN", "RLIMIT_MEMLOCK forbids it");
  }
  if (flags & MAP_NORESERVE && (isHuge || mm.commit.mode !== "never")) vmFlags |= VM_NORESERVE;

  if (deniesWriteExec(mm, vmFlags, vmFlags)) {
    return refuse(mm, "EACCES", "PR_SET_MDWE refuses memory that may be written and executed");
  }
  if (mm.mergesAny && mayMergePages(vmFlags)) vmFlags |= VM_MERGEABLE;

  const shared = (vmFlags & VM_MAYSHARE) !== 0;
  const mapping = mapped ?? (shared ? sharedMemory(pages(length)) : null);
  const pageOffset = mapped !== null ? pages(offset) : shared ? 0 : pages(address);
  mm.wish.renew(address, address + length, vmFlags, pageOffset, mapping);
  const answer = mapRegion(mm);
  if (answer < 0) return answer;
  const populates = vmFlags & VM_LOCKED ||
    (flags & (MAP_POPULATE | MAP_NONBLOCK)) === MAP_POPULATE;
  if (populates) tryPopulate(mm, address, address + length);
  return address;
}

/** With READ_IMPLIES_EXEC what may be read may be executed, unless its filesystem forbids it. */
function impliedProtection(mm: MemoryDescriptor, { protection, file }: MmapRequest): number {
  const implies = mm.readImpliesExec && protection & PROT_READ && file?.executable !== false;
  return implies ? protection | PROT_EXEC : protection;
}

/** VM_READ, VM_WRITE and VM_EXEC as PROT_… bits ask for. Mirrors `calc_vm_prot_bits()`. */
export function protectionFlags(protection: number): VmFlags {
  return (protection & PROT_READ ? VM_READ : 0) | (protection & PROT_WRITE ? VM_WRITE : 0) |
    (protection & PROT_EXEC ? VM_EXEC : 0);
}

/** The flags that MAP_… bits stand for; obeys the rule `mapStackNoHugePages`. Mirrors `calc_vm_flag_bits()`. */
function placementFlags(flags: number, rules: KernelRules): VmFlags {
  return (flags & MAP_GROWSDOWN ? VM_GROWSDOWN : 0) | (flags & MAP_LOCKED ? VM_LOCKED : 0) |
    (flags & MAP_STACK && rules.mapStackNoHugePages ? VM_NOHUGEPAGE : 0) |
    (flags & MAP_SYNC ? VM_SYNC : 0);
}

/**
 * Page-aligned, and not below the lowest address that may be mapped. Mirrors `round_hint_to_min()`.
 */
function roundHint(mm: MemoryDescriptor, hint: number): number {
  const aligned = pageAlignDown(hint);
  return aligned !== 0 && aligned < mm.hintMinAddress ? pageAlignUp(mm.hintMinAddress) : aligned;
}

/** The flags of anonymous memory, or the errno below 0. */
function anonymousFlags(mm: MemoryDescriptor, flags: number, vmFlags: VmFlags): VmFlags | number {
  const growsDown = (vmFlags & VM_GROWSDOWN) !== 0;
  switch (flags & MAP_TYPE) {
    case MAP_SHARED:
      if (growsDown) return refuse(mm, "EINVAL", "shared memory cannot grow down");
      return vmFlags | VM_SHARED | VM_MAYSHARE;
    case MAP_PRIVATE:
      return vmFlags;
    case MAP_DROPPABLE:
      if (!mm.rules.mapDroppable) return refuse(mm, "EINVAL", "it is neither shared nor private");
      if (growsDown || flags & MAP_LOCKED) {
        return refuse(mm, "EINVAL", "droppable memory can be neither locked nor a stack");
      }
      return vmFlags | VM_DROPPABLE | VM_NORESERVE | VM_WIPEONFORK | VM_DONTDUMP;
    default:
      return refuse(mm, "EINVAL", "it is neither shared nor private");
  }
}

/** The flags of a mapping of a file, or the errno below 0. */
function fileFlags(
  mm: MemoryDescriptor,
  file: MappedFile,
  flags: number,
  protection: number,
  vmFlags: VmFlags,
): VmFlags | number {
  const kind = flags & MAP_TYPE;
  if (kind !== MAP_SHARED && kind !== MAP_SHARED_VALIDATE && kind !== MAP_PRIVATE) {
    return refuse(mm, "EINVAL", "it is neither shared nor private");
  }
  if (kind !== MAP_PRIVATE) {
    const known = LEGACY_FLAGS | (file.hugeAligned ? MAP_SYNC : 0);
    if (kind === MAP_SHARED_VALIDATE && flags & ~known) {
      return refuse(mm, "EOPNOTSUPP", "MAP_SHARED_VALIDATE refuses the flags");
    }
    if (protection & PROT_WRITE && !file.writable) {
      return refuse(mm, "EACCES", "the file is not open for writing");
    }
    if (file.appendOnly && file.writable) {
      return refuse(mm, "EACCES", "the file is append-only");
    }
    vmFlags |= VM_SHARED | VM_MAYSHARE;
    if (!file.writable) vmFlags &= ~(VM_MAYWRITE | VM_SHARED);
  }
  if (!file.readable) return refuse(mm, "EACCES", "the file is not open for reading");
  if (file.executable === false) {
    if (vmFlags & VM_EXEC) return refuse(mm, "EPERM", "its filesystem forbids executing");
    vmFlags &= ~VM_MAYEXEC;
  }
  if (file.mappable === false) return refuse(mm, "ENODEV", "the file cannot be mapped");
  if (file.sealed && vmFlags & VM_SHARED) {
    if (protection & PROT_WRITE || !mm.rules.sealedMapsForReading) {
      return refuse(mm, "EPERM", "the file is sealed against writing");
    }
    vmFlags &= ~VM_MAYWRITE;
  }
  if (vmFlags & VM_GROWSDOWN) return refuse(mm, "EINVAL", "a file cannot grow down");
  if (file.secret) vmFlags |= mm.rules.secretIsLocked ? VM_LOCKED | VM_DONTDUMP : VM_DONTDUMP;
  if (file.ringBytes !== undefined) {
    vmFlags |= mm.rules.ringNotForked ? VM_DONTEXPAND | VM_DONTCOPY : VM_DONTEXPAND;
  }
  return (vmFlags & ~(file.clearedFlags ?? 0)) | (file.addedFlags ?? 0);
}

/**
 * The file that backs shared anonymous memory: a new one for each mapping, as long as it in
 * pages. Mirrors `shmem_zero_setup()`.
 */
function sharedMemory(size: number): MappedFile {
  return {
    name: "/dev/zero (deleted)",
    device: "00:01",
    inode: 0,
    readable: true,
    writable: true,
    hugeAligned: false,
    anonymous: true,
    unlinked: true,
    pages: size,
  };
}
