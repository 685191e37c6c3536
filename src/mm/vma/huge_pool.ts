/**
 * Memory from the pool of huge pages (MAP_HUGETLB). Mirrors `hugetlb_file_setup()`, `hugetlbfs_file_mmap()` (Linux
 * fs/hugetlbfs/inode.c) and `hugetlb_reserve_pages()` (mm/hugetlb.c).
 *
 * Simpler than the kernel: parent and child of a fork share the reservation of what both have mapped, and the first to
 * unmap it gives it back.
 *
 * A mapping reserves its pages from the pool at once, unless MAP_NORESERVE says that it takes its chance; without
 * enough of them it is refused, by then after what it was to replace is gone.
 *
 * @module
 */

import { HUGE_PAGE_SIZE, isAligned, PAGE_SIZE } from "../../abi/page.ts";
import { cannot } from "../error.ts";
import type { MappedFile, Vma } from "../vma.ts";
import { VM_DONTEXPAND, VM_HUGETLB, VM_NORESERVE } from "../vm_flags.ts";

/** The huge pages of a machine that mappings may reserve. */
export class HugePagePool {
  /** Pages of 2 MiB that no mapping has reserved: `vm.nr_hugepages` less what is in use. */
  free: number;

  /** A pool of so many pages of 2 MiB; empty unless given. */
  constructor(pages = 0) {
    this.free = pages;
  }
}

/** Bit at which the flags of mmap hold the size, as its binary logarithm. Mirrors `MAP_HUGE_SHIFT`. */
const SIZE_SHIFT = 26;
const SIZE_MASK = 0x3f;
const GIGANTIC_PAGE_SIZE = 0x4000_0000;

/** Bytes of the huge pages that mmap's flags ask for; undefined if x86-64, or arm64 with 4 KiB pages, has none such. */
export function hugePageSize(flags: number): number | undefined {
  const asked = (flags >>> SIZE_SHIFT) & SIZE_MASK;
  if (asked === 0 || 2 ** asked === HUGE_PAGE_SIZE) return HUGE_PAGE_SIZE;
  return 2 ** asked === GIGANTIC_PAGE_SIZE ? GIGANTIC_PAGE_SIZE : undefined;
}

/** The file that backs a new mapping of huge pages. Pages of 1 GiB have no pool. */
export function hugeFile(pool: HugePagePool, size: number): MappedFile {
  let reserved = 0;
  const pagesOf = (vma: Vma): number => (vma.end - vma.start) / size;
  return {
    name: "/anon_hugepage (deleted)",
    device: "00:10",
    inode: 0,
    readable: true,
    writable: true,
    hugeAligned: false,
    hugePageSize: size,
    addedFlags: VM_HUGETLB | VM_DONTEXPAND,
    hooks: {
      map(vma) {
        if (!isAligned(vma.pageOffset * PAGE_SIZE, size)) {
          throw cannot("map", vma.start, vma.end, "EINVAL", "its offset lies inside a huge page");
        }
        if (vma.flags & VM_NORESERVE) return;
        const free = size === HUGE_PAGE_SIZE ? pool.free : 0;
        if (pagesOf(vma) > free) {
          throw cannot("map", vma.start, vma.end, "ENOMEM", `${free} huge pages are free`);
        }
        reserved += pagesOf(vma);
        pool.free -= pagesOf(vma);
      },
      close(vma) {
        const back = Math.min(pagesOf(vma), reserved);
        reserved -= back;
        pool.free += back;
      },
    },
  };
}

/** True for memory that reserved no huge pages (MAP_NORESERVE), of which none is left: nothing can be faulted in. */
export function lacksHugePages(pool: HugePagePool, { flags }: Vma): boolean {
  return (flags & VM_HUGETLB) !== 0 && (flags & VM_NORESERVE) !== 0 && pool.free === 0;
}

/** True if the VMA consists of huge pages and `address` lies inside one of them. */
export function splitsHugePage(vma: Vma, address: number): boolean {
  const size = vma.file?.hugePageSize;
  return size !== undefined && vma.start < address && address < vma.end &&
    !isAligned(address, size);
}
