/**
 * What an address space is made of: VMAs, the files they map, and the anon_vmas they hang on. Data
 * only.
 *
 * What always holds of a VMA in a layout:
 * - `start < end`, both page-aligned;
 * - `pageOffset` is the offset, in pages, of its first page: in its file, or for private
 *   anonymous memory the page number it had when its pages were first placed (which a move may
 *   leave behind);
 * - `anonVma` is null until the first write fault, and is then one of `links`;
 * - a VMA is in `anonVma.vmas` for each anon_vma in its `links`, and in no other.
 *
 * @module
 */

import { pages } from "./limits.ts";
import type { VmFlags } from "./vm_flags.ts";

/** What a file does when its mappings change. Mirrors `vm_operations_struct`. */
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
  readonly inode: number;
  readonly readable: boolean;
  readonly writable: boolean;
  /** True if its filesystem aligns big mappings to huge pages. */
  readonly hugeAligned: boolean;
  readonly hooks?: MappingHooks;
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

  /** Makes a root, or a child of `parent`. */
  constructor(parent?: AnonVma) {
    this.parent = parent ?? this;
    this.root = parent?.root ?? this;
    this.parent.children++;
  }
}

/**
 * A virtual memory area: the range `[start, end)` with one protection, one file, one set of flags.
 */
export class Vma {
  /** First byte. */
  start: number;
  /** First byte after the last. */
  end: number;
  flags: VmFlags;
  /** Offset of the first page, pages. */
  pageOffset: number;
  /** The open file, null for private anonymous memory. */
  file: MappedFile | null;
  /** Where its own anonymous pages hang; null until the first write fault. */
  anonVma: AnonVma | null = null;
  /** Every anon_vma that may hold pages of it, oldest first. Mirrors `anon_vma_chain`. */
  links: AnonVma[] = [];
  /** Name of a mapping that the kernel itself made (`[vdso]`), null for the rest. */
  special: string | null = null;
  /** Name given with PR_SET_VMA_ANON_NAME. */
  anonName: string | null = null;

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
    this.file = file;
  }

  /** A VMA over `[start, end)` of this one, alike but for its links: it has none yet. */
  part(start: number, end: number): Vma {
    const offset = this.pageOffset + pages(start - this.start);
    const part = new Vma(start, end, this.flags, offset, this.file);
    part.special = this.special;
    part.anonName = this.anonName;
    return part;
  }
}
