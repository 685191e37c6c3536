/**
 * What events do to a life, as functions of their own: one that is made at each event would cost more than what it
 * does.
 *
 * @module
 */

import { hugeNumber } from "../mm/pages/huge_page.ts";
import { pageIndex } from "../mm/pages/page_offset.ts";
import type { HugeEntry, Vma } from "../mm/vma.ts";
import type { RunningLife } from "./running_life.ts";

/** The life's next step. */
export function takeStep({ job, next }: RunningLife): number {
  return job.system.apply(next!.step);
}

/** Reads the page there; its stamp. */
export function readAt({ space }: RunningLife, address: number): number {
  return space.readPage(address);
}

/** Writes to a part of the page there; 0. */
export function amendAt({ space }: RunningLife, address: number, value: number): number {
  space.amendPage(address, value);
  return 0;
}

/** What differs after a fault that has changed the page table: how often that was written, or the huge entry. */
export function stateOf(life: RunningLife, address: number): number | HugeEntry {
  const table = life.space.descriptor.pageTable!;
  const huge = table.huge.size === 0 ? undefined : table.huge.get(hugeNumber(address));
  return huge ?? table.changes;
}

/** True if the VMA's file ends before the page that it shows there. */
export function isPastEnd(vma: Vma, address: number): boolean {
  return pageIndex(vma, address) >= (vma.fileMapping?.length ?? Infinity);
}
