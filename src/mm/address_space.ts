/**
 * The address space: every memory call as a method. Each is in the file of its name.
 *
 * @module
 */

import { setAnonName } from "./calls/prctl.ts";
import { readPage, writePage } from "./calls/access.ts";
import { brk } from "./calls/brk.ts";
import { exec, type Image } from "./calls/exec.ts";
import { exit } from "./calls/exit.ts";
import { type Headroom, headroom } from "./vma/explain.ts";
import { type Access, fault } from "./calls/fault.ts";
import { fork } from "./calls/fork.ts";
import type { TreeObserver } from "./vma_tree.ts";
import { PAGE_SIZE } from "../abi/page.ts";
import { madvise } from "./calls/madvise.ts";
import { maps } from "./vma/proc_maps.ts";
import { type AddressSpaceOptions, MemoryDescriptor } from "./memory_descriptor.ts";
import { mincore } from "./calls/mincore.ts";
import { mlock, mlockall, munlock, munlockall } from "./calls/mlock.ts";
import { mmap, type MmapRequest } from "./calls/mmap.ts";
import { mprotect } from "./calls/mprotect.ts";
import { mremap } from "./calls/mremap.ts";
import { mseal } from "./calls/mseal.ts";
import { msync } from "./calls/msync.ts";
import { munmap } from "./calls/munmap.ts";
import { processMadvise } from "./calls/process_madvise.ts";
import { remapFilePages } from "./calls/remap_file_pages.ts";
import { shmat, shmdt } from "./calls/shm.ts";
import { hugeNumber } from "./pages/huge_page.ts";
import { validate } from "./checks/validate.ts";
import type { PageTableEntry, SharedSegment, Vma } from "./vma.ts";

/**
 * A process's address space, as Linux 6.18 would lay it out. Mirrors `struct mm_struct`.
 *
 * | method | complexity |
 * |---|---|
 * | `findVma`, `findVmaIntersection`, `fault`, `brk` | O(log n) |
 * | every other call on a range: `mmap`, `munmap`, `mprotect` … | O(log n + VMAs in the range) |
 * | `fork`, `exec`, `exit`, `maps`, `mlockall`, `munlockall`, `headroom` | O(n) |
 * | `validate` | O(n log n) |
 *
 * Lengths and addresses are bytes, ranges `[start, end)`. A call that fails throws an {@linkcode
 * MmError} with the code that errno would have, and has changed nothing unless its own file says
 * otherwise.
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

  /** An empty address space. */
  constructor(options: AddressSpaceOptions = {}) {
    this.#mm = new MemoryDescriptor(options);
  }

  /** Maps `length` bytes and says where. See `mmap.ts`. */
  mmap(request: MmapRequest): number {
    return mmap(this.#mm, request);
  }

  /** Unmaps a range. See `munmap.ts`. */
  munmap(address: number, length: number): void {
    munmap(this.#mm, address, length);
  }

  /** Changes the protection of a range. See `mprotect.ts`. */
  mprotect(address: number, length: number, protection: number): void {
    mprotect(this.#mm, address, length, protection);
  }

  /** Moves the end of the heap and says where it is. See `brk.ts`. */
  brk(address: number): number {
    return brk(this.#mm, address);
  }

  /** Resizes or moves a mapping and says where it is. See `mremap.ts`. */
  mremap(
    address: number,
    oldLength: number,
    newLength: number,
    flags?: number,
    newAddress?: number,
  ): number {
    return mremap(this.#mm, address, oldLength, newLength, flags, newAddress);
  }

  /** Advises on a range. See `madvise.ts`. */
  madvise(address: number, length: number, advice: number): void {
    madvise(this.#mm, address, length, advice);
  }

  /** Advises on each range of a list and says how many bytes heed it. See `process_madvise.ts`. */
  processMadvise(
    ranges: readonly { readonly address: number; readonly length: number }[],
    advice: number,
    flags?: number,
  ): number {
    return processMadvise(this.#mm, ranges, advice, flags);
  }

  /** Locks a range; `flags` as for mlock2. See `mlock.ts`. */
  mlock(address: number, length: number, flags?: number): void {
    mlock(this.#mm, address, length, flags);
  }

  /** Unlocks a range. See `mlock.ts`. */
  munlock(address: number, length: number): void {
    munlock(this.#mm, address, length);
  }

  /** Locks everything, now or from now on. See `mlock.ts`. */
  mlockall(flags: number): void {
    mlockall(this.#mm, flags);
  }

  /** Unlocks everything. See `mlock.ts`. */
  munlockall(): void {
    munlockall(this.#mm);
  }

  /** Seals a range against changes. See `mseal.ts`. */
  mseal(address: number, length: number, flags?: number): void {
    mseal(this.#mm, address, length, flags);
  }

  /** Checks a range for synchronisation with its files. See `msync.ts`. */
  msync(address: number, length: number, flags: number): void {
    msync(this.#mm, address, length, flags);
  }

  /** Says which pages of a range are in memory. See `mincore.ts`. */
  mincore(address: number, length: number, vector?: number): Uint8Array {
    return mincore(this.#mm, address, length, vector);
  }

  /** Shows another part of the file in a shared mapping. See `remap_file_pages.ts`. */
  remapFilePages(
    address: number,
    length: number,
    protection: number,
    pageOffset: number,
    flags?: number,
  ): void {
    remapFilePages(this.#mm, address, length, protection, pageOffset, flags);
  }

  /** Attaches a System V segment and says where. See `shm.ts`. */
  shmat(segment: SharedSegment, address?: number, flags?: number): number {
    return shmat(this.#mm, segment, address, flags);
  }

  /** Detaches the System V segment at an address. See `shm.ts`. */
  shmdt(address: number): void {
    shmdt(this.#mm, address);
  }

  /** Names anonymous memory, or with null takes its name. See `anon_name.ts`. */
  setAnonName(address: number, length: number, name: string | null): void {
    setAnonName(this.#mm, address, length, name);
  }

  /** Touches a page. See `fault.ts`. */
  fault(address: number, access: Access): void {
    fault(this.#mm, address, access);
  }

  /**
   * Reads the page at `address` and says what it holds, where pages are modelled: the number written last, 0 if none
   * was. O(log n).
   *
   * @throws {MmError} as {@linkcode fault}
   */
  readPage(address: number): number {
    return readPage(this.#mm, address);
  }

  /**
   * Writes a number to the page at `address`, where pages are modelled: it is what the page holds from then on. O(log n).
   *
   * @throws {MmError} as {@linkcode fault}
   */
  writePage(address: number, stamp: number): void {
    writePage(this.#mm, address, stamp);
  }

  /** Copies the address space. See `fork.ts`. */
  fork(): AddressSpace {
    const child = new AddressSpace();
    child.#mm = fork(this.#mm);
    return child;
  }

  /** Replaces everything by a program's first layout. See `exec.ts`. */
  exec(image: Image): void {
    exec(this.#mm, image);
  }

  /** Tears everything down. See `exit.ts`. */
  exit(): void {
    exit(this.#mm);
  }

  /** The first VMA that ends after `address`; it may start above it. Mirrors `find_vma()`. */
  findVma(address: number): Vma | undefined {
    return this.#mm.tree.findVma(address);
  }

  /** The first VMA that shares a byte with `[start, end)`. Mirrors `find_vma_intersection()`. */
  findVmaIntersection(start: number, end: number): Vma | undefined {
    return this.#mm.tree.findIntersection(start, end);
  }

  /** All VMAs in the order of their addresses; the address space must not change meanwhile. */
  vmas(): Iterable<Vma> {
    return this.#mm.tree.vmas();
  }

  /** VMAs in use. */
  get mapCount(): number {
    return this.#mm.tree.mapCount;
  }

  /** How many VMAs may still be made, and what keeps the present ones apart. */
  headroom(): Headroom {
    return headroom(this.#mm);
  }

  /** What the page table holds for a page; undefined also where pages are not modelled. */
  entry(address: number): PageTableEntry | undefined {
    const table = this.#mm.pageTable;
    return table?.get(Math.floor(address / PAGE_SIZE)) ?? table?.huge.get(hugeNumber(address));
  }

  /** Pages mapped. */
  get totalPages(): number {
    return this.#mm.totalPages;
  }

  /** All VMAs as `/proc/PID/maps` shows them. */
  maps(): string {
    return maps(this.#mm);
  }

  /** Checks everything from scratch. See `validate.ts`. */
  validate(): void {
    validate(this.#mm);
  }

  /** The tree as text, in the kernel's `mt_dump` layout. */
  dumpTree(): string {
    return this.#mm.tree.dumpTree();
  }

  /** Is told of every tree operation; for recording them. */
  set treeObserver(observer: TreeObserver | undefined) {
    this.#mm.tree.observer = observer;
  }

  /** The state that the verbs work on; for tools that look inside. */
  get descriptor(): MemoryDescriptor {
    return this.#mm;
  }
}
