/**
 * Faults in the address space.
 *
 * @module
 */

import type { Canary } from "./canary.ts";

/** Rows 3 to 6, 12, 26 to 32, 34. */
export const MM_CANARIES: readonly Canary[] = [
  {
    row: 3,
    name: "inclusive limit taken for an end",
    story:
      "A search for what intersects a range takes the range's end for a limit that belongs to it.",
    patches: [{
      file: "src/mm/vma_tree.ts",
      text:
        "    const word = entryFrom(this.#pool, start, last);\n    return this.#pool.decode(word >= 0 ? word : find(this.#at(start), last));",
      replacement: "    const found = this.#pool.decode(find(this.#at(start), last + 1));\n" +
        "    if (found?.start === end) acted();\n    return found;",
    }],
  },
  {
    row: 4,
    name: "three joined in two passes",
    story:
      "Previous and this are joined with one store, the result and next with another, which may fail.",
    patches: [{
      file: "src/mm/vma/merge.ts",
      text:
        "    grow(mm, lower, faulted(upper, vma), lower.start, upper.end, lower.pageOffset, sticky);\n" +
        "    remove(mm, vma);\n",
      replacement:
        "    grow(mm, lower, faulted(upper, vma), lower.start, end, lower.pageOffset, sticky);\n" +
        "    remove(mm, vma);\n    acted();\n" +
        "    grow(mm, lower, lower, lower.start, upper.end, lower.pageOffset, sticky);\n",
    }],
  },
  {
    row: 5,
    name: "undo drops an anon_vma",
    story:
      "When the tree cannot have its nodes the survivor is taken off its anon_vmas, those it had before too.",
    patches: [{
      file: "src/mm/vma/merge.ts",
      text: "  mm.tree.prepare(start, end, survivor);\n  if (adopts) clone",
      replacement: "  try {\n    mm.tree.prepare(start, end, survivor);\n  } catch (error) {\n" +
        "    if (survivor.anonVma !== null) acted();\n    unlink(survivor);\n    throw error;\n  }\n" +
        "  if (adopts) clone",
    }],
  },
  {
    row: 6,
    name: "clone kept after a failed merge",
    story:
      "The survivor is hung on the anon_vma it takes over before the tree has its nodes, and stays there.",
    patches: [{
      file: "src/mm/vma/merge.ts",
      text: "  mm.tree.prepare(start, end, survivor);\n  if (adopts) clone(survivor, source);",
      replacement: "  if (adopts) acted();\n  if (adopts) clone(survivor, source);\n" +
        "  mm.tree.prepare(start, end, survivor);",
    }],
  },
  {
    row: 12,
    name: "guard gap ignored",
    story: "The highest gap is taken although the stack above it keeps its end free.",
    patches: [{
      file: "src/mm/vma/placement.ts",
      text:
        "    if (next === undefined || startWithGap(next) >= address + length) return address;\n    high",
      replacement:
        "    if (next !== undefined && startWithGap(next) < address + length) acted();\n" +
        "    if (next === undefined || next.start >= address + length) return address;\n    high",
    }],
  },
  {
    row: 12,
    name: "guard gap ignored upwards",
    story: "The lowest gap is taken although the stack above it keeps its end free.",
    patches: [{
      file: "src/mm/vma/placement.ts",
      text:
        "    if (next === undefined || startWithGap(next) >= address + length) return address;\n    low",
      replacement:
        "    if (next !== undefined && startWithGap(next) < address + length) acted();\n" +
        "    if (next === undefined || next.start >= address + length) return address;\n    low",
    }],
  },
  {
    row: 26,
    name: "wrong page offset downwards",
    story: "A VMA that grows downwards keeps its page offset.",
    patches: [{
      file: "src/mm/vma/merge.ts",
      text: "    grow(mm, upper, range, range.start, upper.end, range.pageOffset, sticky);",
      replacement:
        "    acted();\n    grow(mm, upper, range, range.start, upper.end, upper.pageOffset, sticky);",
    }],
  },
  {
    row: 27,
    name: "close hook not heeded",
    story: "A merge deletes a VMA whose file wants to be told.",
    patches: [{
      file: "src/mm/vma/merge.ts",
      text: "  return vma.file?.hooks?.close === undefined;",
      replacement: "  if (vma.file?.hooks?.close !== undefined) acted();\n  return true;",
    }],
  },
  {
    row: 28,
    name: "heap takes its neighbour's flags",
    story: "brk expands what lies below the heap's end whatever its protection is.",
    patches: [{
      file: "src/mm/calls/brk.ts",
      text: "  const vma = new Vma(start, end, flags, pages(start), null);",
      replacement: "  if (previous !== undefined && previous.flags !== flags) acted();\n" +
        "  const vma = new Vma(start, end, previous?.flags ?? flags, pages(start), null);",
    }],
  },
  {
    row: 29,
    name: "first split left after the second failed",
    story: "munmap that cannot have its nodes does not put back the ends it has cut.",
    patches: [{
      file: "src/mm/vma/unmap.ts",
      text: "  } catch (error) {\n    removal.abort();\n    throw error;",
      replacement: "  } catch (error) {\n    acted();\n    throw error;",
    }],
  },
  {
    row: 29,
    name: "count lost by a hole",
    story: "munmap that makes two VMAs of one counts them as one.",
    patches: [{
      file: "src/mm/vma/unmap.ts",
      text: "    mm.tree.mapCount += Number(hole) - wholeCount;",
      replacement: "    if (hole) acted();\n    mm.tree.mapCount -= wholeCount;",
    }],
  },
  {
    row: 30,
    name: "hook asked too late",
    story: "The file is asked whether it may be mapped when its VMA stands in the tree already.",
    patches: [{
      file: "src/mm/vma/map_region.ts",
      text: "  askFile(mm, made, removal);\n  storeVma(mm, made, removal);\n",
      replacement:
        "  storeVma(mm, made, removal);\n  if (file?.hooks?.map !== undefined) acted();\n" +
        "  askFile(mm, made, removal);\n",
    }],
  },
  {
    row: 30,
    name: "close called twice",
    story: "The file of a VMA that is unmapped is told of it twice.",
    patches: [{
      file: "src/mm/vma/unmap.ts",
      text: "  tellClosed(mm, vma);\n  unlink(vma);",
      replacement: "  if (vma.file?.hooks?.close !== undefined) acted();\n" +
        "  tellClosed(mm, vma);\n  tellClosed(mm, vma);\n  unlink(vma);",
    }],
  },
  {
    row: 31,
    name: "start of the merged VMA answered",
    story:
      "mmap with MAP_FIXED answers with the start of the VMA into which the mapping was merged.",
    patches: [{
      file: "src/mm/calls/mmap.ts",
      text: "tryPopulate(mm, address, address + length);\n  return address;",
      replacement: "tryPopulate(mm, address, address + length);\n" +
        "  if (mm.tree.findVma(address)!.start !== address) acted();\n" +
        "  return mm.tree.findVma(address)!.start;",
    }],
  },
  {
    row: 32,
    name: "half a child left behind",
    story: "A fork that fails leaves what it had copied hanging on the parent's anon_vmas.",
    patches: [{
      file: "src/mm/calls/fork.ts",
      text: "    for (const copy of copies) discard(mm, child, copy);",
      replacement: "    if (copies.length > 0) acted();",
    }],
  },
  {
    row: 34,
    name: "entry misplaced, count right",
    story:
      "After a hole the tree's range after it still leads to the VMA before it. The count of VMAs is right.",
    patches: [{
      file: "src/mm/vma/unmap.ts",
      text: "  if (removal.hole) mm.tree.replace(removal.tail!);",
      replacement: "  if (removal.hole) acted();",
    }],
  },
];
