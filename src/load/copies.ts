/**
 * What calls do that the naive memory has to be told from the VMAs: private copies of a file's pages that are made
 * ahead of the first write, by locking or populating, which show from then on what the file held at that moment; and
 * which memory files a program has.
 *
 * @module
 */

import { MADV, MAP_POPULATE } from "../abi/mman.ts";
import { hex } from "../abi/hex.ts";
import { PAGE_SIZE, pageAlignUp } from "../abi/page.ts";
import { isFileMapping } from "../mm/pages/physical_memory.ts";
import { vpnsIn } from "../mm/pages/page_table.ts";
import type { PageTableEntry, Vma } from "../mm/vma.ts";
import { VM_LOCKED, VM_SHARED, VM_WRITE } from "../mm/vm_flags.ts";
import type { CallStep } from "../replay/step.ts";
import { LoadFinding } from "./finding.ts";
import type { RunningLife } from "./running_life.ts";

/** What the naive memory is told: what the page at an address holds that was not written to. */
type Shown = (vma: Vma, address: number) => number;

/**
 * Notes the copies that a call has made. O(pages in the range of a call that populates private file memory).
 *
 * @param shown what each copy must hold; undefined where that is not known, as the file was written beside the call
 * @throws {LoadFinding} a copy holds something else
 */
export function noteCopies(life: RunningLife, step: CallStep, shown: Shown | undefined): void {
  const range = populatedRange(step);
  if (range === undefined) return;
  const { tree } = life.space.descriptor;
  let vma = tree.findVma(range.start);
  for (; vma !== undefined && vma.start < range.end; vma = tree.after(vma.start)) {
    const isPrivate = (vma.flags & (VM_WRITE | VM_SHARED)) === VM_WRITE;
    if (!isPrivate || vma.fileMapping === null) continue;
    if (!range.isAsked && !(vma.flags & VM_LOCKED)) continue;
    noteIn(life, vma, Math.max(range.start, vma.start), Math.min(range.end, vma.end), shown);
  }
}

/** Notes the memory file that a call has mapped: shared anonymous memory, a segment, a memfd. */
export function noteFile({ space, job }: RunningLife, { enter, record }: CallStep): void {
  if (record.error !== undefined || (enter.call !== "mmap" && enter.call !== "shmat")) return;
  const vma = space.findVma(record.result);
  if (vma?.fileMapping?.isSwapBacked && vma.file !== null) job.memoryFiles.add(vma.file);
}

/** What a call may populate; `isAsked` if it does even where memory is not locked. */
function populatedRange({ enter, record }: CallStep):
  | { readonly start: number; readonly end: number; readonly isAsked: boolean }
  | undefined {
  const [address = 0, length = 0, third = 0, flags = 0] = enter.args;
  const within = (start: number, bytes: number, isAsked = false) => ({
    start,
    end: start + pageAlignUp(bytes),
    isAsked,
  });
  switch (enter.call) {
    case "mmap":
      return record.error === undefined
        ? within(record.result, length, (flags & MAP_POPULATE) !== 0)
        : undefined;
    case "mremap":
      return record.error === undefined ? within(record.result, third) : undefined;
    case "madvise":
      return third === MADV.POPULATE_WRITE ? within(address, length, true) : undefined;
    case "mlock":
    case "mlock2":
    case "mprotect":
    case "pkey_mprotect":
      return within(address - address % PAGE_SIZE, length + address % PAGE_SIZE);
    case "mlockall":
      return { start: 0, end: Infinity, isAsked: false };
    default:
      return undefined;
  }
}

function noteIn(
  life: RunningLife,
  vma: Vma,
  start: number,
  end: number,
  shown: Shown | undefined,
): void {
  const table = life.space.descriptor.pageTable!;
  for (const vpn of vpnsIn(table, start, end)) {
    const address = vpn * PAGE_SIZE;
    const held = copied(table.get(vpn));
    if (held === undefined || life.stamps.get(address) !== undefined) continue;
    const expected = shown?.(vma, address) ?? held;
    if (held !== expected) {
      throw new LoadFinding(
        `life ${life.number} copies ${held} at ${hex(address)}, where its file holds ${expected}`,
      );
    }
    life.stamps.set(address, held);
  }
}

/** What a page holds that is the process's own; undefined for a page of a file. */
function copied(entry: PageTableEntry | undefined): number | undefined {
  if (entry === undefined) return undefined;
  if (entry.kind === "swap") return entry.slot.stamp;
  const { mapping, stamp } = entry.page;
  return mapping !== null && !isFileMapping(mapping) ? stamp : undefined;
}
