/**
 * From addresses to page offsets, by which pages are found from below.
 *
 * @module
 */

import { pages } from "../../abi/page.ts";
import type { Vma } from "../vma.ts";

/** The offset of the page at `address`. Mirrors `linear_page_index()`. */
export function pageIndex(vma: Vma, address: number): number {
  return vma.pageOffset + pages(address - vma.start);
}

/** The offset of a VMA's last page. */
export function lastOffset(vma: Vma): number {
  return vma.pageOffset + pages(vma.end - vma.start) - 1;
}
