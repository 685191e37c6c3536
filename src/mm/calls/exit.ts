/**
 * exit: the end of an address space. Mirrors `exit_mmap()` (Linux mm/mmap.c).
 *
 * @module
 */

import * as accounting from "../vma/accounting.ts";
import * as anonVmas from "../pages/anon_vma.ts";
import { MmInvariantError } from "../error.ts";
import * as page from "../../abi/page.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import * as hooks from "../vma/hooks.ts";
import * as pageTables from "../pages/page_table.ts";
import * as reverseMap from "../pages/reverse_map.ts";

// The file's own, as V8 looks imported names up at each use.
const { account, accountedPages, chargeCommit } = accounting;
const { unlink } = anonVmas;
const { pages } = page;
const { tellClosed } = hooks;
const { zapRange } = pageTables;
const { unlinkReverseMap } = reverseMap;

/**
 * Tears everything down.
 *
 * Postcondition: nothing is mapped, nothing charged, no anon_vma knows a VMA of this address space.
 *
 * @throws {MmInvariantError} if the walk does not meet as many VMAs as `mapCount` says
 */
export function exit(mm: MemoryDescriptor): void {
  const { tree } = mm;
  const { mapCount } = tree;
  let walked = 0;
  if (mm.pageTable !== null) zapRange(mm.memory!, mm.pageTable, 0, mm.taskSize);
  for (let vma = tree.first(); vma !== undefined; vma = tree.following()) {
    walked++;
    const size = pages(vma.end - vma.start);
    account(mm, vma.flags, -size);
    chargeCommit(mm, -accountedPages(vma.flags, size));
    unlink(vma);
    unlinkReverseMap(vma);
    tellClosed(mm, vma);
  }
  tree.clear();
  if (walked !== mapCount) {
    throw new MmInvariantError(`mapCount is ${mapCount}, but the walk at exit met ${walked} VMAs`);
  }
}
