/**
 * exit: the end of an address space. Mirrors `exit_mmap()` (Linux mm/mmap.c).
 *
 * @module
 */

import { account, accountedPages, chargeCommit } from "../vma/accounting.ts";
import { unlink } from "../pages/anon_vma.ts";
import { MmInvariantError } from "../error.ts";
import { pages } from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { tellClosed } from "../vma/hooks.ts";
import { zapRange } from "../pages/page_table.ts";
import { unlinkReverseMap } from "../pages/reverse_map.ts";

/**
 * Tears everything down.
 *
 * Postcondition: nothing is mapped, nothing charged, no anon_vma knows a VMA of this address space.
 *
 * @throws {MmInvariantError} if the walk does not meet as many VMAs as `mapCount` says
 */
export function exit(mm: MemoryDescriptor): void {
  const { mapCount } = mm.tree;
  let walked = 0;
  if (mm.pageTable !== null) zapRange(mm.memory!, mm.pageTable, 0, mm.taskSize);
  for (const vma of mm.tree.vmas()) {
    walked++;
    const size = pages(vma.end - vma.start);
    account(mm, vma.flags, -size);
    chargeCommit(mm, -accountedPages(vma.flags, size));
    unlink(vma);
    unlinkReverseMap(vma);
    tellClosed(mm, vma);
  }
  mm.tree.clear();
  if (walked !== mapCount) {
    throw new MmInvariantError(`mapCount is ${mapCount}, but the walk at exit met ${walked} VMAs`);
  }
}
