/**
 * What an address space is made of: VMAs, the files they map, the anon_vmas they belong to; and, where
 * pages are modelled, those too. Data only.
 *
 * What always holds of a VMA in a layout:
 * - `start < end`, both page-aligned;
 * - `pageOffset` is the offset, in pages, of its first page: in its file, or for private
 *   anonymous memory the page number it had when its pages were first placed (which a move may
 *   leave behind); `anonPageOffset` is that of its anonymous pages;
 * - `anonVma` is null until the first write fault, and is then one of `links`;
 * - a VMA is in `anonVma.vmas` for each anon_vma in its `links`, and in no other.
 *
 * @module
 */

import type { IntervalTree } from "./pages/interval_tree.ts";
import type { LockChecker } from "./locks/lock_checker.ts";
import { RadixTable } from "./pages/radix_table.ts";
import { pages } from "../abi/page.ts";
import { hex, hexRange } from "../abi/hex.ts";
import { formatPermissions, formatVmFlags, type VmFlags } from "./vm_flags.ts";

/**
 * What a file does when its mappings change. Mirrors `vm_operations_struct`.
 *
 * A hook is called in the middle of a system call: it may look at the VMA it is given, and no more. A call on the same
 * address space from within a hook is refused with EBUSY. What `map` throws refuses the mapping; what `open` and
 * `close` throw, the call throws after it has done its work.
 */
export interface MappingHooks {
  /** A VMA of the file was made by a split, a fork or a move. */
  open?(vma: Vma): void;
  /** A VMA of the file is gone. A VMA whose file has this hook is never merged away. */
  close?(vma: Vma): void;
  /** A mapping of the file is about to be made; may throw to refuse it. */
  map?(vma: Vma): void;
}

/** One open file. Its identity as an object decides: a path opened twice is two open files. */
export interface MappedFile {
  /** Name as `/proc/PID/maps` shows it. */
  readonly name: string;
  /** `major:minor` in hexadecimal. */
  readonly device: string;
  /** Inode number. */
  readonly inode: number;
  /** Opened for reading. */
  readonly readable: boolean;
  /** Bytes of the pages that it consists of, where they are huge pages of the pool; it is mapped by whole ones. */
  readonly hugePageSize?: number;
  /** Flags that its driver clears on a new mapping. */
  readonly clearedFlags?: VmFlags;
  /** True if it may not be written any more (F_SEAL_WRITE): no shared mapping for writing. */
  readonly sealed?: boolean;
  /** Opened for writing. */
  readonly writable: boolean;
  /** True if its filesystem aligns big mappings to huge pages. */
  readonly hugeAligned: boolean;
  /**
   * The file below, where it lies on a stacked filesystem (overlayfs): a new VMA gets that one, so that no later
   * mapping of this one joins it. Mirrors `backing_file_mmap()` (Linux fs/backing-file.c).
   */
  readonly below?: MappedFile;
  /** Backs MAP_SHARED | MAP_ANONYMOUS memory. */
  readonly anonymous?: boolean;
  /**
   * Shared memory that no folder held when it was mapped, as a memfd or MAP_SHARED | MAP_ANONYMOUS memory: it may have
   * a name of the program's choice. Mirrors `vma_is_anon_shmem()`.
   */
  readonly unlinked?: boolean;
  /** False for a directory, a pipe and the like, which cannot be mapped; true unless given. */
  readonly mappable?: boolean;
  /** False on a filesystem mounted `noexec`; true unless given. */
  readonly executable?: boolean;
  /** Flags that every mapping of it gets. */
  readonly addedFlags?: VmFlags;
  /** True if the kernel itself cannot reach its pages (memfd_secret): none is faulted in ahead of its use. */
  readonly secret?: boolean;
  /** Bytes of the ring of asynchronous input and output that it is (`io_setup`). */
  readonly ringBytes?: number;
  /** The memory descriptor whose context that ring belongs to: in a child, which has none, it cannot be moved. */
  readonly ringOwner?: object;
  /** True if it cannot be written back to anything: its driver has no `fsync`. */
  readonly unsynced?: boolean;
  /** True if it may only be appended to (`chattr +a`). */
  readonly appendOnly?: boolean;
  /** Bytes that its filesystem lets a mapping reach at most; 2^53 unless given. */
  readonly maxBytes?: number;
  /** The System V segment that it is an attachment of. */
  readonly segment?: SharedSegment;
  /** Lies on a tmpfs: reclaim writes its pages to the swap device. Always so without an inode number. */
  readonly onTmpfs?: boolean;
  /** Pages it holds, where that never changes; what is mapped after them cannot be faulted in. */
  readonly pages?: number;
  /** Called when its mappings change. */
  readonly hooks?: MappingHooks;
}

/** A segment of System V shared memory. Mirrors `struct shmid_kernel`. */
export interface SharedSegment {
  /** The file it consists of; every attachment is an open file of its own. */
  readonly file: MappedFile;
  /** Bytes. */
  readonly bytes: number;
  /** VMAs that map it. Mirrors `shm_nattch`. */
  attached: number;
}

/**
 * The root from which the reverse map finds every VMA that may hold a page. Mirrors `struct
 * anon_vma`.
 *
 * Forks make a tree of them: the child's pages may be found from the child's own, the shared ones
 * from the parent's.
 */
export class AnonVma {
  /** The first of its tree. */
  readonly root: AnonVma;
  /** The one of the parent's VMA; itself for a root. */
  readonly parent: AnonVma;
  /** anon_vmas whose parent this is; a root counts itself. */
  children = 0;
  /** VMAs whose `anonVma` this is. */
  activeVmas = 0;
  /** VMAs that may hold pages of this one. */
  readonly vmas: Set<Vma> = new Set();
  /** `vmas` by page offset; made when a page is first looked up, and kept up to date from then on. */
  byOffset: IntervalTree<Vma> | null = null;
  /** The number of the last check that met it; nothing else looks at it. */
  check = 0;

  /** Makes a root, or a child of `parent`. */
  constructor(parent?: AnonVma) {
    this.parent = parent ?? this;
    this.root = parent?.root ?? this;
    this.parent.children++;
  }
}

/**
 * The chain of what nothing was written to: one for all, never added to. It held an object once, so that to V8 it is of
 * the same kind as the other chains.
 */
export const NO_ANON_VMAS: AnonVma[] = [new AnonVma()];
NO_ANON_VMAS.pop();

/**
 * A virtual memory area: the range `[start, end)` with one protection, one file, one set of flags.
 */
export class Vma {
  /** First byte. */
  start: number;
  /** First byte after the last. */
  end: number;
  /** Protection, sharing and the rest. */
  flags: VmFlags;
  /** Offset of the first page, pages. */
  pageOffset: number;
  /**
   * Offset of the first page among the VMA's anonymous pages, pages: for anonymous memory the same as `pageOffset`, for
   * a file the page number that it had when it was mapped. Only kernels that have the rule `anonPageOffset` use it.
   */
  anonPageOffset: number;
  /** The open file, null for private anonymous memory. */
  file: MappedFile | null;
  /** Where its own anonymous pages hang; null until the first write fault. */
  anonVma: AnonVma | null = null;
  /** Every anon_vma that may hold pages of it, oldest first. Mirrors `anon_vma_chain`. */
  anonVmaChain: AnonVma[] = NO_ANON_VMAS;
  /** Name of a mapping that the kernel itself made (`[vdso]`), null for the rest. */
  special: string | null = null;
  /** Name given with PR_SET_VMA_ANON_NAME. */
  anonName: string | null = null;
  /** Protection key (pkey_mprotect), 0 for the one that every mapping has. */
  protectionKey = 0;
  /** Memory policy given with mbind, as a text that is equal for equal policies; null for the process's own. */
  policy: string | null = null;
  /**
   * Flags that the model carries along and never acts upon, two letters each, separated by blanks and in the kernel's
   * order: `dw` of old kernels, `um` and `uw` of userfaultfd, and those that it does not know.
   */
  otherFlags = "";
  /** The page table that its pages are entered in; null where pages are not modelled. */
  pageTable: PageTable | null = null;
  /** Where its file's pages are found; null without a file, and where pages are not modelled. */
  fileMapping: FileMapping | null = null;

  /** Makes a VMA that nothing was written to. */
  constructor(
    start: number,
    end: number,
    flags: VmFlags,
    pageOffset: number,
    file: MappedFile | null,
  ) {
    this.start = start;
    this.end = end;
    this.flags = flags;
    this.pageOffset = pageOffset;
    this.anonPageOffset = file === null ? pageOffset : pages(start);
    this.file = file;
  }

  /** What `console.log` shows in Deno: one line. */
  [Symbol.for("Deno.customInspect")](): string {
    return summaryOf(this);
  }

  /** What `console.log` shows in Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return summaryOf(this);
  }

  /** Becomes a VMA that nothing was written to; of what it was nothing stays. */
  renew(
    start: number,
    end: number,
    flags: VmFlags,
    pageOffset: number,
    file: MappedFile | null,
  ): void {
    this.start = start;
    this.end = end;
    this.flags = flags;
    this.pageOffset = pageOffset;
    this.anonPageOffset = file === null ? pageOffset : pages(start);
    this.file = file;
    this.anonVma = null;
    this.anonVmaChain = NO_ANON_VMAS;
    this.special = null;
    this.anonName = null;
    this.protectionKey = 0;
    this.policy = null;
    this.otherFlags = "";
  }

  /** Becomes like `[start, end)` of another VMA, with its anon_vmas, which do not know of it. */
  imitate(vma: Vma, start: number, end: number): void {
    const before = pages(start - vma.start);
    this.start = start;
    this.end = end;
    this.flags = vma.flags;
    this.pageOffset = vma.pageOffset + before;
    this.anonPageOffset = vma.anonPageOffset + before;
    this.file = vma.file;
    this.anonVma = vma.anonVma;
    this.anonVmaChain = vma.anonVmaChain;
    this.special = vma.special;
    this.anonName = vma.anonName;
    this.protectionKey = vma.protectionKey;
    this.policy = vma.policy;
    this.otherFlags = vma.otherFlags;
  }

  /** A VMA over `[start, end)` of this one, alike but for its anonVmaChain: it has none yet. */
  part(start: number, end: number): Vma {
    const offset = this.pageOffset + pages(start - this.start);
    const part = new Vma(start, end, this.flags, offset, this.file);
    part.anonPageOffset = this.anonPageOffset + pages(start - this.start);
    part.special = this.special;
    part.anonName = this.anonName;
    part.pageTable = this.pageTable;
    part.protectionKey = this.protectionKey;
    part.policy = this.policy;
    part.otherFlags = this.otherFlags;
    return part;
  }
}

/**
 * A page of memory, where pages are modelled. Mirrors `struct folio`.
 *
 * What it holds is modelled by one number, its stamp: enough to see that two entries show the same page, or no
 * longer do, and that what was written is read back.
 */
export class Page {
  /** Where the search for its mappings begins; null for the zero page and for a page given back. */
  mapping: AnonVma | FileMapping | null;
  /** Its page offset: in its file, or that of the VMA it was made for. */
  readonly index: number;
  /** Under migration. */
  locked = false;
  /** Entries that show it, over all page tables. */
  mapped = 0;
  /** Migration entries that stand for it, over all page tables. */
  migrating = 0;
  /**
   * VMAs through which it was entered, where a walk looks first; null if none is known. They may have changed since,
   * and others may show it too: a walk takes those only that the reverse map leads to and whose page table shows it.
   */
  shownBy: Vma[] | null = null;
  /** Where it came back from, while other entries still point there. */
  slot: SwapSlot | null = null;
  /** What it holds: the number that was written last, 0 if none was. */
  stamp = 0;
  /** Read or written since reclaim last looked at it. Mirrors `PG_referenced`. */
  referenced = false;
  /** Its place among the frames of the machine, -1 while it has none. */
  frame: number = -1;
  /** Frames that it takes: 1, or 512 for a huge page. */
  readonly size: number;
  /** What the parts of a huge page hold, by their number in it; null for any other page. */
  readonly stamps: Map<number, number> | null;

  /** Makes a page that no entry shows yet. */
  constructor(mapping: AnonVma | FileMapping | null, index: number, size = 1) {
    this.mapping = mapping;
    this.index = index;
    this.size = size;
    this.stamps = size === 1 ? null : new Map();
  }
}

/** A file's pages, and the VMAs that map it, of all address spaces. Mirrors `struct address_space`. */
export interface FileMapping {
  /** The page cache: pages by their index in the file. */
  readonly pages: Map<number, Page>;
  /** The VMAs by page offset. Mirrors `i_mmap`. */
  readonly byOffset: IntervalTree<Vma>;
  /** What the pages hold that reclaim has written out, on the disk or, for a tmpfs, in swap slots. */
  readonly stored: Map<number, number>;
  /** True for a tmpfs and shared anonymous memory: there is no disk, so pages go to the swap device. */
  readonly isSwapBacked: boolean;
  /** Pages that the file has, Infinity where it is not known: beyond it a fault ends in SIGBUS. */
  length: number;
}

/** A place on the swap device. */
export interface SwapSlot {
  /** Where the page hung that was written there. */
  readonly mapping: AnonVma;
  /** Its page offset. */
  readonly index: number;
  /** Entries that point here, over all page tables. */
  references: number;
  /** The page, once one of them was brought back: the others are to show the same one. */
  page: Page | null;
  /** What the page held when it was written out. */
  readonly stamp: number;
}

/**
 * What a page table holds for one page: the page itself; a page on its way to another frame; or the
 * place on the swap device where it is. Entries are never changed but replaced.
 */
export type PageTableEntry =
  | { readonly kind: "present"; readonly page: Page; readonly writable: boolean }
  | { readonly kind: "migration"; readonly page: Page; readonly writable: boolean }
  | { readonly kind: "swap"; readonly slot: SwapSlot };

/** An entry for an aligned 2 MiB: it shows one huge page. */
export interface HugeEntry {
  /** A huge page is never migrated or swapped out as one. */
  readonly kind: "present";
  /** The huge page. */
  readonly page: Page;
  /** True if it may be written through this entry. */
  readonly writable: boolean;
}

/** Page frames: what a page table needs of the machine whose pages it shows, which is a `PhysicalMemory`. */
export interface Frames {
  /** Checks locks; null where they are not checked. */
  readonly locks: LockChecker | null;
  /** Gives a page a frame. */
  place(page: Page): void;
  /** Takes a page's frame away. */
  displace(page: Page): void;
}

/** One address space's entries, by page number (address / page size). */
export class PageTable extends RadixTable<PageTableEntry> {
  /** Entries for huge pages, by address / 2 MiB. */
  readonly huge: Map<number, HugeEntry> = new Map();
  /** The machine whose pages it shows. */
  readonly memory: Frames;

  /** An empty page table. */
  constructor(memory: Frames) {
    super();
    this.memory = memory;
  }
}

/** A VMA in one line. */
function summaryOf(vma: Vma): string {
  const { start, end, flags, pageOffset, file, special, anonName, anonVma } = vma;
  const head = `Vma ${hexRange(start, end)} ${formatPermissions(flags)} page ${hex(pageOffset)}`;
  const name = file?.name ?? special ?? anonName ?? "";
  return `${head} {${formatVmFlags(flags)}}${anonVma === null ? "" : " written"} ${name}`.trimEnd();
}
