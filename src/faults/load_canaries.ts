/**
 * Faults in pages, their reverse map, huge pages and locks: what a load with too little memory meets.
 *
 * @module
 */

import type { Canary } from "./canary.ts";

/** Rows 35 to 44. */
export const LOAD_CANARIES: readonly Canary[] = [
  {
    row: 35,
    name: "page unlocked under migration",
    story: "The page is not locked while its migration entries stand.",
    patches: [{
      file: "src/mm/pages/migrate.ts",
      text: "  page.locked = true;\n",
      replacement: "  acted();\n",
    }],
  },
  {
    row: 36,
    name: "heap left out of the reverse map",
    story:
      "A VMA whose bounds move leaves the interval tree of its anon_vmas: a migration that is under way does not find " +
      "it again, and the next call that unmaps the heap meets an entry whose page is not locked, as in 2022.",
    patches: [{
      file: "src/mm/pages/anon_vma.ts",
      text: "anonVma.byOffset?.move(vma, vma.pageOffset, last);",
      replacement: "if (anonVma.byOffset?.delete(vma)) acted();",
    }],
  },
  {
    row: 37,
    name: "huge page not split at a border",
    story: "The bounds of a VMA move into a huge page, which stays whole.",
    patches: [{
      file: "src/mm/pages/anon_vma.ts",
      text: "  splitAt(vma.pageTable!, start);\n  splitAt(vma.pageTable!, end);\n  changeBounds",
      replacement: "  const { huge } = vma.pageTable!;\n" +
        "  for (const at of [start, end]) if (at % 0x200000 && huge.has(Math.floor(at / 0x200000))) acted();\n" +
        "  changeBounds",
    }, {
      file: "src/mm/pages/anon_vma.ts",
      text: "  splitAt(vma.pageTable, start);\n  splitAt(vma.pageTable, end);\n  unlockReverseMap",
      replacement: "  unlockReverseMap",
    }],
  },
  {
    row: 38,
    name: "huge page split before the reverse map is locked",
    story: "vma_adjust_trans_huge() is called before the locks of the reverse map are taken.",
    patches: [{
      file: "src/mm/pages/anon_vma.ts",
      text:
        "  const locks = lockReverseMap(vma);\n  splitAt(vma.pageTable, start);\n  splitAt(vma.pageTable, end);\n",
      replacement: "  const { huge } = vma.pageTable;\n" +
        "  for (const at of [start, end]) if (at % 0x200000 && huge.has(Math.floor(at / 0x200000))) acted();\n" +
        "  splitAt(vma.pageTable, start);\n  splitAt(vma.pageTable, end);\n  const locks = lockReverseMap(vma);\n",
    }],
  },
  {
    row: 39,
    name: "anon_vma locked before the file",
    story:
      "Of a private file mapping that was written to, the anon_vma is locked first, the file second.",
    patches: [{
      file: "src/mm/locks/locking.ts",
      text: "  const { fileMapping } = vma;\n",
      replacement:
        "  const { fileMapping } = vma;\n  if (fileMapping !== null && vma.anonVma !== null) {\n" +
        '    acted();\n    locks.acquire("anon_vma_lock", vma.anonVma.root, "write");\n  }\n',
    }],
  },
  {
    row: 40,
    name: "swap slot freed twice",
    story:
      "A page that comes back from the swap device frees its slot, and the last entry does so again.",
    patches: [{
      file: "src/mm/pages/pte_fault.ts",
      text: "  dropSlot(memory, slot);\n  return page;",
      replacement: "  dropSlot(memory, slot);\n  if (slot.references === 0) {\n    acted();\n" +
        "    memory.swapSlots--;\n  }\n  return page;",
    }],
  },
  {
    row: 41,
    name: "content lost in copy on write",
    story: "A page that a forked child writes to begins empty instead of as a copy.",
    patches: [{
      file: "src/mm/pages/pte_fault.ts",
      text: "  copy.stamp = page.stamp;\n",
      replacement: "  if (page.stamp !== 0) acted();\n",
    }],
  },
  {
    row: 42,
    name: "teardown leaves a charge",
    story:
      "A process that is torn down gives back what it was promised for all VMAs but its last ones.",
    patches: [{
      file: "src/mm/calls/exit.ts",
      text: "    chargeCommit(mm, -accountedPages(vma.flags, size));\n",
      replacement:
        "    if (walked < mapCount - 2) chargeCommit(mm, -accountedPages(vma.flags, size));\n" +
        "    else if (accountedPages(vma.flags, size) > 0) acted();\n",
    }],
  },
  {
    row: 43,
    name: "undo under load drops an anon_vma",
    story:
      "Row 5 where other processes' pages hang on the anon_vma: the merge that fails unlinks its survivor.",
    patches: [{
      file: "src/mm/vma/merge.ts",
      text: "  mm.tree.prepare(start, end, survivor);\n  if (adopts) clone",
      replacement: "  try {\n    mm.tree.prepare(start, end, survivor);\n  } catch (error) {\n" +
        "    if (survivor.anonVma !== null) acted();\n    unlink(survivor);\n    throw error;\n  }\n" +
        "  if (adopts) clone",
    }],
  },
  {
    row: 44,
    name: "fault under the lock of a VMA that is gone",
    story:
      "A writer replaces the VMA between a fault's look-up and its lock, and the fault goes on with the old one's lock.",
    patches: [{
      file: "src/mm/locks/locking.ts",
      text: "    const isSame = mm.tree.load(address) === vma;\n",
      replacement: "    const now = mm.tree.load(address);\n" +
        '    const isGone = name === "vma_lock" && now !== undefined && now !== vma;\n' +
        "    if (isGone && !(vma.flags & ~now.flags)) acted();\n" +
        "    const isSame = isGone || now === vma;\n",
    }],
  },
];
