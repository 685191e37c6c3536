/**
 * The address space: every memory call as a method. Each is in the file of its name.
 *
 * @module
 */

import * as answers from "./answers.ts";
import * as checking from "./arguments.ts";
import * as frames from "./call_frame.ts";
import { amendPage, readPage, writePage } from "./calls/access.ts";
import { exec, type Image } from "./calls/exec.ts";
import { exit } from "./calls/exit.ts";
import { type Access, fault, isWrite } from "./calls/fault.ts";
import { fork } from "./calls/fork.ts";
import { mbind } from "./calls/mbind.ts";
import { mincore } from "./calls/mincore.ts";
import { mlockall, munlockall } from "./calls/mlock.ts";
import type { MmapRequest } from "./calls/mmap.ts";
import { mremap } from "./calls/mremap.ts";
import { processMadvise } from "./calls/process_madvise.ts";
import { setAnonName, setDenyWriteExec, setMemoryMerge } from "./calls/prctl.ts";
import { setUserfault } from "./calls/userfault.ts";
import { remapFilePages } from "./calls/remap_file_pages.ts";
import { mapShadowStack } from "./calls/shadow_stack.ts";
import { shmat, shmdt } from "./calls/shm.ts";
import { adviceLock } from "./vma/advice.ts";
import { validate } from "./checks/validate.ts";
import { cannot } from "./error.ts";
import { type AddressSpaceOptions, MemoryDescriptor } from "./memory_descriptor.ts";
import type { ResourceLimits } from "./rlimit.ts";
import type { LockMode } from "./locks/lock_checker.ts";
import { hugeNumber } from "./pages/huge_page.ts";
import { type Headroom, headroom } from "./vma/explain.ts";
import { maps, mapsLine } from "./vma/proc_maps.ts";
import type { PageTableEntry, SharedSegment, Vma } from "./vma.ts";
import type { TreeObserver } from "./vma_tree.ts";
import * as page from "../abi/page.ts";

// The file's own, as V8 looks imported names up at each use.
const {
  answerBrk,
  answerMadvise,
  answerMlock,
  answerMmap,
  answerMprotect,
  answerMseal,
  answerMsync,
  answerMunlock,
  answerMunmap,
} = answers;
const { checkAddress, checkInteger, checkLimit, checkRange } = checking;
const { beginCall, beginFault, endCall } = frames;
const { PAGE_SIZE, pageAlignDown, pageAlignUp, roundLength, roundOut } = page;

/** Lines of the layout that `console.log` shows. */
const LINES_SHOWN = 8;

/**
 * A process's address space, as Linux would lay it out. Mirrors `struct mm_struct`.
 *
 * | method | complexity |
 * |---|---|
 * | `findVma`, `findVmaIntersection`, `fault`, `brk` | O(log n) |
 * | every other call on a range: `mmap`, `munmap`, `mprotect` … | O(log n + VMAs in the range) |
 * | `fork`, `exec`, `exit`, `maps`, `mlockall`, `munlockall`, `headroom` | O(n) |
 * | `validate` | O(n log n) |
 *
 * Lengths and addresses are bytes, ranges `[start, end)`; each is a whole number from 0 to 2^53 − 1. A call that fails
 * throws an {@linkcode MmError} with the code that errno would have, and has changed nothing unless its description
 * says otherwise. EINVAL is thrown, too, for an argument that is no such number, before anything else happens.
 *
 * While a call runs, the hooks of a file ({@linkcode MappingHooks}) may look at the VMA that they are given, and no
 * more: a call on the same address space from within a hook is refused with EBUSY. What `open` and `close` throw, the
 * call throws after it has done its work.
 *
 * @example A hole in the middle makes two VMAs
 * ```ts
 * import { AddressSpace } from "@maple/mm";
 * import { assertEquals } from "@std/assert";
 *
 * const mm = new AddressSpace({ mmapBase: 0x7fff_0000_0000 });
 * const start = mm.mmap({ length: 0x3000, protection: 3, flags: 0x22 });
 * mm.munmap(start + 0x1000, 0x1000);
 * assertEquals(mm.mapCount, 2);
 * ```
 */
export class AddressSpace {
  #mm: MemoryDescriptor;

  /** An empty address space; {@linkcode AddressSpaceOptions} says what each option is unless given. */
  constructor(options: AddressSpaceOptions = {}) {
    this.#mm = new MemoryDescriptor(options);
  }

  /**
   * Maps memory. Mirrors `do_mmap()`. O(log n + VMAs replaced).
   *
   * Whatever lay in the range (MAP_FIXED) is gone; the new VMA may have merged with its neighbours. At a limit, or
   * before a sealed VMA, a call with MAP_FIXED that fails may have split what it was to replace.
   *
   * @param request length and file offset in bytes; address, file and offset may be left out
   * @returns the first byte
   * @throws {MmError} EINVAL empty, unaligned, or of no known kind · EBADF neither file nor MAP_ANONYMOUS · ENOMEM no
   * gap, a limit, or memory ran out · EOVERFLOW the offset is too large · EACCES the file was not opened for this ·
   * EEXIST MAP_FIXED_NOREPLACE over something · EAGAIN more than may be locked · EPERM a VMA replaced is sealed, the
   * address is below mmap_min_addr, or the filesystem forbids executing · ENODEV the file cannot be mapped ·
   * EOPNOTSUPP a flag the file does not support
   */
  mmap(request: MmapRequest): number {
    const { address = 0, length, protection, flags, offset = 0 } = request;
    checkInteger("map", "protection", protection);
    checkInteger("map", "flags", flags);
    checkAddress("map from file offset", offset);
    checkRange("map", address, length);
    const answer = answerMmap(this.#mm, request);
    if (answer < 0) throw this.#mm.refusal.error("map", address, address + length);
    return answer;
  }

  /**
   * Unmaps `[address, address + length)`, trimming or splitting the VMAs at its ends. Mirrors `do_vmi_munmap()`.
   * O(log n + VMAs unmapped).
   *
   * A call that fails unmaps nothing; where a later VMA may not go, the first one has been split at `address`.
   *
   * @param address first byte, page-aligned
   * @param length bytes, rounded up to whole pages
   * @throws {MmError} EINVAL unaligned, empty, beyond the user's addresses, or part of a special mapping · ENOMEM a
   * split would pass max_map_count, or memory ran out · EPERM a VMA in the range is sealed
   */
  munmap(address: number, length: number): void {
    checkRange("unmap", address, length);
    const answer = answerMunmap(this.#mm, address, length);
    if (answer < 0) {
      throw this.#mm.refusal.error("unmap", address, address + pageAlignUp(length));
    }
  }

  /**
   * Gives `[address, address + length)` another protection. Mirrors `do_mprotect_pkey()`. O(log n + VMAs in the range).
   *
   * At a hole, or at a VMA that may not have the protection, all before it has it and the call fails.
   *
   * @param address first byte, page-aligned
   * @param length bytes, rounded up to whole pages; 0 does nothing
   * @param protection PROT_… bits
   * @param key protection key, as for pkey_mprotect, where -1 leaves the VMA's own; none, as for mprotect, does too
   * @throws {MmError} EINVAL unaligned, unknown protection, part of a special mapping · ENOMEM a hole, a split would
   * pass max_map_count, a limit, or memory ran out · EACCES the file was not opened for this · EPERM a VMA is sealed ·
   * ENOSYS a key, and a kernel without pkey_mprotect
   */
  mprotect(address: number, length: number, protection: number, key?: number): void {
    checkInteger("protect", "protection", protection);
    if (key !== undefined) checkInteger("protect", "key", key);
    checkRange("protect", address, length);
    const answer = answerMprotect(this.#mm, address, length, protection, key);
    if (answer < 0) {
      throw this.#mm.refusal.error("protect", address, address + pageAlignUp(length));
    }
  }

  /**
   * Moves the end of the heap. Mirrors `sys_brk`. O(log n).
   *
   * @param address the new end in bytes, of any alignment; one below the start of the heap changes nothing
   * @returns the end of the heap as it is now: the old one where the kernel refuses
   * @throws {MmError} EINVAL it is no address
   */
  brk(address: number): number {
    checkAddress("move the heap's end to", address);
    return answerBrk(this.#mm, address);
  }

  /**
   * Resizes or moves a mapping. Mirrors `do_mremap()`. O(log n + VMAs moved).
   *
   * @param address first byte, page-aligned
   * @param oldLength bytes; 0 makes a second mapping of shared memory
   * @param newLength bytes
   * @param flags MREMAP_… bits; 0 unless given: it may grow and shrink where it is
   * @param newAddress first byte of the target with MREMAP_FIXED, a hint with MREMAP_DONTUNMAP; 0 unless given
   * @returns the first byte
   * @throws {MmError} EINVAL unaligned, unknown flags, a range that overlaps its target · EFAULT nothing is mapped, or
   * the range leaves its VMA · ENOMEM no room, a limit, or memory ran out · EAGAIN more than may be locked · EPERM it
   * is sealed
   */
  mremap(
    address: number,
    oldLength: number,
    newLength: number,
    flags = 0,
    newAddress = 0,
  ): number {
    checkRange("remap to a new length", address, newLength);
    checkInteger("remap", "flags", flags);
    checkAddress("remap to", newAddress);
    const mm = this.#begin("remap", address, oldLength);
    try {
      return mremap(mm, address, oldLength, newLength, flags, newAddress);
    } finally {
      endCall(mm);
    }
  }

  /**
   * Advises on `[address, address + length)`. Mirrors `do_madvise()`. O(log n + VMAs in the range).
   *
   * Goes on past holes, and fails then; where a VMA refuses, those before it have heeded the advice.
   *
   * @param address first byte, page-aligned
   * @param length bytes, rounded up to whole pages; 0 does nothing
   * @param advice one of {@linkcode MADV}
   * @throws {MmError} EINVAL unaligned, unknown advice, or a VMA it does not suit · ENOMEM a hole · EACCES
   * MADV_REMOVE on what cannot be written · EPERM it would empty a sealed read-only VMA · EAGAIN memory ran out, or a
   * split would pass max_map_count · EFAULT MADV_POPULATE_… past the end of a file
   */
  madvise(address: number, length: number, advice: number): void {
    checkInteger("advise", "advice", advice);
    checkRange("advise on", address, length);
    const answer = answerMadvise(this.#mm, address, length, advice);
    if (answer < 0) {
      throw this.#mm.refusal.error("advise on", address, address + pageAlignUp(length));
    }
  }

  /**
   * Advises on each range of a list, in turn. Mirrors `process_madvise()` on the caller itself. O(the ranges' VMAs).
   *
   * @param ranges at most 1024, in bytes; beyond 2 GiB in all they are cut off
   * @param advice one of {@linkcode MADV}
   * @param flags 0, as it is unless given
   * @returns bytes of the ranges that heed the advice: it ends at the first that is refused
   * @throws {MmError} EINVAL flags, or too many ranges · EFAULT a range leaves the user's addresses · what `madvise`
   * throws for the first range
   */
  processMadvise(
    ranges: readonly { readonly address: number; readonly length: number }[],
    advice: number,
    flags = 0,
  ): number {
    for (const { address, length } of ranges) checkRange("advise on", address, length);
    checkInteger("advise", "advice", advice);
    checkInteger("advise", "flags", flags);
    const mm = this.#begin("advise on", 0, 0, adviceLock(advice));
    try {
      return processMadvise(mm, ranges, advice, flags);
    } finally {
      endCall(mm);
    }
  }

  /**
   * Locks all pages that `[address, address + length)` touches. Mirrors `do_mlock()`. O(log n + VMAs in the range).
   *
   * At a hole all before it is locked and the call fails; what may not be accessed is locked, and then fails.
   *
   * @param address bytes, of any alignment
   * @param length bytes; 0 locks nothing
   * @param flags MLOCK_ONFAULT, as for mlock2, or 0; 0 unless given
   * @throws {MmError} EINVAL unknown flags or a range that wraps · ENOMEM a hole, RLIMIT_MEMLOCK, max_map_count, or
   * memory ran out · EPERM RLIMIT_MEMLOCK is 0
   */
  mlock(address: number, length: number, flags = 0): void {
    checkInteger("lock", "flags", flags);
    checkRange("lock", address, length);
    this.#demandLocked("lock", answerMlock(this.#mm, address, length, flags), address, length);
  }

  /**
   * Unlocks all pages that `[address, address + length)` touches. Mirrors `sys_munlock`. O(log n + VMAs in the range).
   *
   * @param address bytes, of any alignment
   * @param length bytes; 0 unlocks nothing
   * @throws {MmError} EINVAL a range that wraps · ENOMEM a hole, after all before it is unlocked; max_map_count, or
   * memory ran out
   */
  munlock(address: number, length: number): void {
    checkRange("unlock", address, length);
    this.#demandLocked("unlock", answerMunlock(this.#mm, address, length), address, length);
  }

  /**
   * Locks everything that is mapped, that will be, or both. Mirrors `sys_mlockall`. O(n).
   *
   * A VMA that cannot be changed is passed over.
   *
   * @param flags MCL_… bits
   * @throws {MmError} EINVAL flags unknown, none, or MCL_ONFAULT alone · EPERM RLIMIT_MEMLOCK is 0 · ENOMEM more than
   * may be locked
   */
  mlockall(flags: number): void {
    checkInteger("lock everything", "flags", flags);
    const mm = this.#begin("lock everything in", 0, 0);
    try {
      mlockall(mm, flags);
    } finally {
      endCall(mm);
    }
  }

  /**
   * Unlocks everything, and what will be mapped. Mirrors `sys_munlockall`. O(n).
   *
   * @throws {MmError} EBUSY from within a hook
   */
  munlockall(): void {
    const mm = this.#begin("unlock everything in", 0, 0);
    try {
      munlockall(mm);
    } finally {
      endCall(mm);
    }
  }

  /**
   * Seals `[address, address + length)`: it can be neither unmapped, moved, replaced nor protected otherwise any more.
   * Mirrors `do_mseal()`. O(log n + VMAs in the range).
   *
   * @param address first byte, page-aligned
   * @param length bytes, rounded up to whole pages; 0 does nothing
   * @param flags 0, as it is unless given
   * @throws {MmError} EINVAL unaligned, flags, a range that wraps, or part of a special mapping · ENOMEM a hole, which
   * changes nothing; a split would pass max_map_count, or memory ran out, where the VMAs before are sealed
   */
  mseal(address: number, length: number, flags = 0): void {
    checkInteger("seal", "flags", flags);
    checkRange("seal", address, length);
    const answer = answerMseal(this.#mm, address, length, flags);
    if (answer < 0) throw this.#mm.refusal.error("seal", address, address + pageAlignUp(length));
  }

  /**
   * Checks `[address, address + length)` as a synchronisation with its files would, and changes nothing. Mirrors
   * `sys_msync`. O(log n + VMAs in the range).
   *
   * @param address first byte, page-aligned
   * @param length bytes, rounded up to whole pages; 0 does nothing
   * @param flags MS_… bits
   * @throws {MmError} EINVAL unaligned, unknown flags, MS_ASYNC and MS_SYNC together, MS_SYNC on shared memory of a
   * file without `fsync` · ENOMEM a hole, or a range that wraps · EBUSY MS_INVALIDATE on a locked VMA
   */
  msync(address: number, length: number, flags: number): void {
    checkInteger("synchronise", "flags", flags);
    checkRange("synchronise", address, length);
    const answer = answerMsync(this.#mm, address, length, flags);
    if (answer < 0) {
      throw this.#mm.refusal.error("synchronise", address, address + roundLength(length));
    }
  }

  /**
   * Says which pages of `[address, address + length)` are in memory, and changes nothing. Mirrors `sys_mincore`.
   * O(log n + VMAs in the range + pages).
   *
   * @param address first byte, page-aligned
   * @param length bytes, rounded up to whole pages
   * @param vector where the program wants the answer, one byte a page: must be writable; not looked at unless given
   * @returns a byte a page: 1 in memory, 0 not; all 0 where pages are not modelled
   * @throws {MmError} EINVAL unaligned · ENOMEM part of it is not mapped, is no user's address, or has more pages
   * than an answer can hold · EFAULT the answer cannot be written to `vector`
   */
  mincore(address: number, length: number, vector?: number): Uint8Array {
    if (vector !== undefined) checkAddress("write to", vector);
    const mm = this.#begin("look at", address, length, "read");
    try {
      return mincore(mm, address, length, vector);
    } finally {
      endCall(mm);
    }
  }

  /**
   * Shows another part of the file in a shared mapping. Mirrors `sys_remap_file_pages`. O(log n + VMAs in the range).
   *
   * @param address bytes, rounded down to a whole page
   * @param length bytes, rounded down to whole pages
   * @param protection 0: it stays as it is
   * @param pageOffset where in the file, pages
   * @param flags MAP_NONBLOCK or 0; 0 unless given
   * @throws {MmError} EINVAL a protection, an empty range, or one that is not shared memory of one file without a
   * hole · and what `mmap` throws
   */
  remapFilePages(
    address: number,
    length: number,
    protection: number,
    pageOffset: number,
    flags = 0,
  ): void {
    checkInteger("remap file pages", "protection", protection);
    checkInteger("remap file pages", "flags", flags);
    checkAddress("remap file pages from", pageOffset);
    const mm = this.#begin("remap", address, length);
    try {
      remapFilePages(mm, address, length, protection, pageOffset, flags);
    } finally {
      endCall(mm);
    }
  }

  /**
   * Maps a shadow stack, where the processor has them (`shadowStacks`). Mirrors `sys_map_shadow_stack()`. O(log n).
   *
   * @param address first byte; 0 for anywhere above 4 GiB
   * @param length bytes, rounded up to whole pages
   * @param flags 1 writes a token at its end; 0 unless given
   * @returns the first byte
   * @throws {MmError} EOPNOTSUPP the processor has none · EINVAL unknown flags, an unaligned address, no length ·
   * ENOSPC no room for a token · ERANGE below 4 GiB · EOVERFLOW too long · EEXIST something is mapped there · ENOMEM no
   * gap, a limit, or memory ran out · EAGAIN more than may be locked
   */
  mapShadowStack(address: number, length: number, flags = 0): number {
    checkInteger("map a shadow stack", "flags", flags);
    const mm = this.#begin("map a shadow stack at", address, length);
    try {
      const answer = mapShadowStack(mm, address, length, flags);
      if (answer < 0) throw mm.refusal.error("map a shadow stack at", address, address + length);
      return answer;
    } finally {
      endCall(mm);
    }
  }

  /**
   * Attaches a System V segment. Mirrors `do_shmat()`. O(log n + VMAs replaced).
   *
   * @param segment what to attach
   * @param address first byte; 0, as it is unless given, for anywhere
   * @param flags SHM_… bits; 0 unless given
   * @returns the first byte
   * @throws {MmError} EINVAL unaligned without SHM_RND, something is mapped there without SHM_REMAP, or SHM_REMAP
   * without an address · and what `mmap` throws
   */
  shmat(segment: SharedSegment, address = 0, flags = 0): number {
    checkInteger("attach", "flags", flags);
    const mm = this.#begin("attach", address, segment.bytes);
    try {
      return shmat(mm, segment, address, flags);
    } finally {
      endCall(mm);
    }
  }

  /**
   * Detaches the System V segment that is attached at an address. Mirrors `ksys_shmdt()`. O(log n + VMAs of the
   * segment).
   *
   * @param address first byte of the segment, page-aligned
   * @throws {MmError} EINVAL unaligned, or nothing is attached there · ENOMEM memory ran out · EPERM a VMA is sealed;
   * those before it are gone
   */
  shmdt(address: number): void {
    const mm = this.#begin("detach", address, 0);
    try {
      shmdt(mm, address);
    } finally {
      endCall(mm);
    }
  }

  /**
   * Names anonymous memory. Mirrors `prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME)`. O(log n + VMAs in the range).
   *
   * @param address first byte, page-aligned
   * @param length bytes, rounded up to whole pages; 0 does nothing
   * @param name at most 79 plain printable characters; null takes the name away
   * @throws {MmError} EINVAL unaligned, a range that wraps, part of a special mapping, or another name · EBADF a file
   * is mapped there · ENOMEM a hole, after all of the range is named · EAGAIN memory ran out, or a split would pass
   * max_map_count
   */
  setAnonName(address: number, length: number, name: string | null): void {
    const mm = this.#begin("name", address, length);
    try {
      setAnonName(mm, address, length, name);
    } finally {
      endCall(mm);
    }
  }

  /**
   * Gives `[address, address + length)` a NUMA policy: VMAs with different ones stay apart. Mirrors `do_mbind()`.
   * O(log n + VMAs in the range).
   *
   * @param address first byte, page-aligned
   * @param length bytes, rounded up to whole pages; 0 does nothing
   * @param policy a text that is equal for equal policies; null for the process's own
   * @throws {MmError} EINVAL unaligned, or a range that wraps · EFAULT a hole · ENOMEM a split would pass
   * max_map_count, or memory ran out
   */
  mbind(address: number, length: number, policy: string | null): void {
    const mm = this.#begin("bind", address, length);
    try {
      mbind(mm, address, length, policy);
    } finally {
      endCall(mm);
    }
  }

  /**
   * Has faults on `[address, address + length)` served by another thread, or no longer: VMAs that are watched otherwise
   * stay apart. Mirrors `userfaultfd_register()`. O(log n + VMAs in the range).
   *
   * @param address first byte, page-aligned
   * @param length bytes, whole pages
   * @param modes UFFDIO_REGISTER_MODE_… bits, 0 to end it
   * @throws {MmError} EINVAL not whole pages, or nothing is mapped there · ENOMEM a split would pass max_map_count, or
   * memory ran out
   */
  setUserfault(address: number, length: number, modes: number): void {
    checkInteger("watch", "modes", modes);
    const mm = this.#begin("watch", address, length);
    try {
      setUserfault(mm, address, length, modes);
    } finally {
      endCall(mm);
    }
  }

  /**
   * Refuses memory that may be written and executed from now on. Mirrors `prctl(PR_SET_MDWE)`. O(1).
   *
   * @param bits PR_MDWE_… bits
   * @throws {MmError} EINVAL unknown bits, or PR_MDWE_NO_INHERIT alone · EPERM other bits were set before
   */
  setDenyWriteExec(bits: number): void {
    checkInteger("deny executable memory", "bits", bits);
    setDenyWriteExec(this.#mm, bits);
  }

  /** Marks all memory, and what will be mapped, for same-page merging. Mirrors `prctl(PR_SET_MEMORY_MERGE)`. O(n). */
  setMemoryMerge(merges: boolean): void {
    setMemoryMerge(this.#mm, merges);
  }

  /** What may be read may be executed from now on, or no longer. Mirrors `personality(READ_IMPLIES_EXEC)`. O(1). */
  setReadImpliesExec(implies: boolean): void {
    this.#mm.readImpliesExec = implies;
  }

  /**
   * Sets soft resource limits. Mirrors `do_prlimit()`. What is over a new limit already stays. O(1).
   *
   * @param limits bytes, or `Infinity` for none; those not given stay
   * @throws {MmError} EINVAL a limit is neither
   */
  setrlimit(limits: Partial<ResourceLimits>): void {
    for (const [name, value] of Object.entries(limits)) checkLimit(name, value);
    Object.assign(this.#mm.limits, limits);
  }

  /**
   * Touches a page. Mirrors `handle_mm_fault()` and `expand_stack()`. O(log n).
   *
   * The first write gives a private VMA its anon_vma; a touch below a stack makes it grow.
   *
   * @param address bytes, of any alignment
   * @param access `"force"` is a debugger's write, which private memory cannot refuse
   * @throws {MmError} EFAULT nothing is mapped there, or the protection forbids it · ENOMEM a stack may not grow so
   * far, or memory ran out · EPERM a stack would grow below mmap_min_addr · EAGAIN the page is under migration
   */
  fault(address: number, access: Access): void {
    const mm = this.#beginFault("fault in", address, isWrite(access));
    try {
      fault(mm, address, access);
    } finally {
      endCall(mm);
    }
  }

  /**
   * Reads the page at `address` and says what it holds, where pages are modelled. O(log n).
   *
   * @param address bytes, of any alignment
   * @returns the number written last, 0 if none was
   * @throws {MmError} as {@linkcode fault}
   */
  readPage(address: number): number {
    const mm = this.#beginFault("read", address, false);
    try {
      return readPage(mm, address);
    } finally {
      endCall(mm);
    }
  }

  /**
   * Writes a number to the page at `address`, where pages are modelled: it is what the page holds from then on. O(log
   * n).
   *
   * @param address bytes, of any alignment
   * @param stamp any whole number
   * @throws {MmError} as {@linkcode fault}
   */
  writePage(address: number, stamp: number): void {
    checkInteger("write", "stamp", stamp);
    const mm = this.#beginFault("write", address, true);
    try {
      writePage(mm, address, stamp);
    } finally {
      endCall(mm);
    }
  }

  /**
   * Writes to a part of the page at `address`, where pages are modelled: it holds then a mix of what it held and the
   * value. O(log n).
   *
   * @throws {MmError} as {@linkcode fault}
   */
  amendPage(address: number, value: number): void {
    checkInteger("write", "value", value);
    const mm = this.#beginFault("write", address, true);
    try {
      amendPage(mm, address, value);
    } finally {
      endCall(mm);
    }
  }

  /**
   * Copies the address space, as for a child. Mirrors `dup_mmap()`. O(n).
   *
   * @returns the child's: every VMA but those with VM_DONTCOPY, none locked
   * @throws {MmError} ENOMEM so much memory cannot be promised, or memory ran out; nothing is left behind then
   */
  fork(): AddressSpace {
    const mm = this.#begin("copy", 0, 0);
    const child = new AddressSpace();
    try {
      child.#mm = fork(mm);
      if (mm.hookError !== undefined) child.exit();
    } finally {
      endCall(mm);
    }
    return child;
  }

  /**
   * Replaces everything by a program's first layout. Mirrors `begin_new_exec()` and `setup_arg_pages()`. O(n).
   *
   * @param image what the program finds; addresses in bytes
   * @throws {MmError} EINVAL the image's ranges are not whole pages in ascending order, before anything changes ·
   * ENOMEM and EFAULT the stack cannot be built; the old program is gone then
   */
  exec(image: Image): void {
    const mm = this.#begin("exec in", 0, 0);
    try {
      exec(mm, image);
    } finally {
      endCall(mm);
    }
  }

  /**
   * Tears everything down. Mirrors `exit_mmap()`. O(n). A second time there is nothing left to do.
   *
   * @throws {MmInvariantError} the walk does not meet as many VMAs as `mapCount` says
   */
  exit(): void {
    const mm = this.#begin("tear down", 0, 0);
    try {
      exit(mm);
    } finally {
      endCall(mm);
    }
  }

  /**
   * The first VMA that ends after `address`; it may start above it. Mirrors `find_vma()`. O(log n).
   *
   * @param address bytes, of any alignment
   * @throws {MmError} EINVAL it is no address
   */
  findVma(address: number): Readonly<Vma> | undefined {
    checkAddress("find a VMA at", address);
    return this.#mm.tree.findVma(address);
  }

  /**
   * The first VMA that shares a byte with `[start, end)`. Mirrors `find_vma_intersection()`. O(log n).
   *
   * @param start bytes, of any alignment
   * @param end first byte after the range
   * @throws {MmError} EINVAL they are no addresses, or the range is empty
   */
  findVmaIntersection(start: number, end: number): Readonly<Vma> | undefined {
    checkAddress("find a VMA from", start);
    checkAddress("find a VMA up to", end);
    if (start >= end) throw cannot("find a VMA in", start, end, "EINVAL", "it is empty");
    return this.#mm.tree.findIntersection(start, end);
  }

  /** All VMAs in the order of their addresses; the address space must not change meanwhile. O(n). */
  vmas(): Iterable<Readonly<Vma>> {
    return this.#mm.tree.vmas();
  }

  /** VMAs in use: what `vm.max_map_count` limits. O(1). */
  get mapCount(): number {
    return this.#mm.tree.mapCount;
  }

  /** How many VMAs may still be made, and what keeps the present ones apart. O(n). */
  headroom(): Headroom {
    return headroom(this.#mm);
  }

  /** What the page table holds for the page at an address; undefined also where pages are not modelled. O(1). */
  entry(address: number): PageTableEntry | undefined {
    checkAddress("look up", address);
    const table = this.#mm.pageTable;
    return table?.get(Math.floor(address / PAGE_SIZE)) ?? table?.huge.get(hugeNumber(address));
  }

  /** Pages mapped. Mirrors `total_vm`. O(1). */
  get totalPages(): number {
    return this.#mm.totalPages;
  }

  /** All VMAs as `/proc/PID/maps` shows them. O(n). */
  maps(): string {
    return maps(this.#mm);
  }

  /**
   * Checks everything from scratch: tree, VMAs, anon_vmas, counts, pages. O(n log n).
   *
   * @throws {MmInvariantError} a rule of the address space is broken
   * @throws {InvariantError} a rule of the tree is broken
   */
  validate(): void {
    validate(this.#mm);
  }

  /** The tree as text, in the kernel's `mt_dump` layout. O(n). */
  dumpTree(): string {
    return this.#mm.tree.dumpTree();
  }

  /**
   * Is told of every tree operation; for recording them. It must neither throw nor change anything: it is called in
   * the middle of calls.
   */
  set treeObserver(observer: TreeObserver | undefined) {
    this.#mm.tree.observer = observer;
  }

  /** The state that the system calls work on; for tools that look inside. */
  get descriptor(): MemoryDescriptor {
    return this.#mm;
  }

  /** What `console.log` shows in Deno: how much is mapped, and the first lines of it. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.#summary();
  }

  /** What `console.log` shows in Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.#summary();
  }

  #summary(): string {
    const lines = [];
    for (const vma of this.#mm.tree.vmas()) {
      if (lines.push(`  ${mapsLine(this.#mm, vma).trimEnd()}`) === LINES_SHOWN) break;
    }
    const { mapCount, totalPages } = this;
    const more = mapCount - lines.length;
    if (more > 0) lines.push(`  … ${more} more`);
    const head = `AddressSpace: ${mapCount} VMAs, ${totalPages} pages`;
    return [head, ...lines].join("\n");
  }

  /** Throws the refusal of a call on all pages that a range touches. */
  #demandLocked(verb: string, answer: number, address: number, length: number): void {
    if (answer >= 0) return;
    const start = pageAlignDown(address);
    throw this.#mm.refusal.error(verb, start, start + roundOut(address, length));
  }

  /** Checks the range of a call and begins it. */
  #begin(
    verb: string,
    address: number,
    length: number,
    mode: LockMode = "write",
  ): MemoryDescriptor {
    checkRange(verb, address, length);
    beginCall(this.#mm, verb, address, length, mode);
    return this.#mm;
  }

  /** Checks the address of a fault and begins it. */
  #beginFault(verb: string, address: number, writes: boolean): MemoryDescriptor {
    checkRange(verb, address, 0);
    beginFault(this.#mm, verb, address, writes);
    return this.#mm;
  }
}
