/**
 * Mutants of what makes, changes and places VMAs (`src/mm/`) that no test can notice, and why: see `equivalent.ts`.
 *
 * @module
 */

import type { Equivalences } from "./equivalences.ts";

/** By source file. */
export const MM_RANGES: Equivalences = {
  "src/mm/calls/brk.ts": [
    ["same", "(newEnd < oldEnd ? shrink(mm, newEnd, oldEnd) : expand(mm, address));", [
      "< ▸ <=",
    ], "Equal ends were dealt with before."],
  ],
  "src/mm/calls/exec_stack.ts": [
    [
      "same",
      "const lowest = pageAlignDown(mm.mapWindow - Math.max(1, stack.bytes));",
      ["1 ▸ 2"],
      "The last two bytes lie in one page.",
    ],
    ["same", "if (shift > 0) mm.faultInjection.withReserve(2, () => shiftDown(mm, vma, shift));", [
      "0 ▸ 1",
    ], "The shift is whole pages."],
    [
      "same",
      "if (mm.pageTable !== null) moveRange(mm.pageTable, start, end - start, start - shift);",
      ["- ▸ +"],
      "Above the place where it was built there is no page.",
    ],
  ],
  "src/mm/vma/explain.ts": [
    [
      "same",
      "const [lower, upper] = a.start <= b.start ? [a, b] : [b, a];",
      ["<= ▸ <"],
      "Two VMAs never begin at one address.",
    ],
  ],
  "src/mm/locks/locking.ts": [
    [
      "same",
      "if (locks === null) return;",
      ["locks === null ▸ false"],
      "A call gives back locks only where they are checked; the check is for the type checker.",
      2,
    ],
    [
      "slower",
      "if (locks === null || mapping === null) return act();",
      ["locks === null || mapping === null ▸ false"],
      "What takes the locks does without them where there are none, and a page that moves has a mapping.",
    ],
  ],
  "src/mm/address_space.ts": [
    [
      "same",
      'checkAddress("move the heap\'s end to", address);',
      ['checkAddress("move the heap\'s end to", address); ▸ ;'],
      "The check of the range that follows refuses it too, in other words.",
    ],
    [
      "same",
      "const { address = 0, length, protection, flags, offset = 0 } = request;",
      ["0 ▸ 1", "0 ▸ 1 (2)"],
      "It is only asked whether it is a number; the call itself reads the request.",
    ],
    [
      "same",
      "shmat(segment: SharedSegment, address = 0, flags = 0): number {",
      ["0 ▸ 1 (2)"],
      "1 is none of the SHM_ flags, and unknown ones are ignored.",
    ],
  ],
  "src/mm/call_frame.ts": [
    [
      "same",
      "mm.isCalling = true;",
      ["true ▸ false"],
      "A fault calls no hook, from which another call could come.",
      2,
    ],
  ],
  "src/mm/vma_tree.ts": [
    ["same", "#reserved = 0;", ["0 ▸ 1"], "What is prepared sets it before it is read."],
    [
      "same",
      "this.#cursor = new Cursor(this.#pool, 0, 0, undefined);",
      ["0 ▸ 1", "0 ▸ 1 (2)"],
      "Every search moves the cursor before it walks.",
    ],
    [
      "same",
      "return this.#pool.decode(find(this.#at(0), MAX_INDEX));",
      ["0 ▸ 1"],
      "A VMA that holds address 0 holds its whole page.",
    ],
    [
      "slower",
      "if (this.#reserved > 0) this.#reserve(start, end);",
      ["this.#reserved > 0 ▸ true", "> ▸ >="],
      "No node more is then had in hand for certain.",
    ],
    [
      "same",
      "return this.#pool.decode(word >= 0 ? word : previous(this.#at(address), 0));",
      ["0 ▸ 1"],
      "A VMA that holds address 0 holds its whole page.",
    ],
    [
      "same",
      "this.#pending = undefined;",
      ["this.#pending = undefined; ▸ ;"],
      "Nobody reads it before it is set again.",
    ],
    [
      "same",
      "if (address > MAX_INDEX) return undefined;",
      ["> ▸ >="],
      "No VMA reaches the last index: user addresses end far below.",
    ],
    [
      "same",
      "if (start > MAX_INDEX) return undefined;",
      ["> ▸ >="],
      "No VMA reaches the last index: user addresses end far below.",
    ],
    ["same", 'if (!(error instanceof MapleError) || error.code !== "ENOMEM") throw error;', [
      '!(error instanceof MapleError) || error.code !== "ENOMEM" ▸ false',
      "|| ▸ &&",
      "throw error; ▸ ;",
    ], "What is called throws nothing else; the line passes on what is not expected."],
  ],
  "src/abi/page.ts": [
    [
      "same",
      "return roundLength(wrapped < 0 ? length + offset : wrapped);",
      ["0 ▸ 1"],
      "What ends just at the limit rounds to 0 both ways.",
    ],
    [
      "same",
      "return roundLength(wrapped < 0 ? length + offset : wrapped);",
      ["< ▸ <="],
      "What ends just at the limit rounds to 0 both ways.",
    ],
  ],
  "src/mm/vma/merge.ts": [
    [
      "same",
      "const sticky = (range.flags | (upper?.flags ?? 0)) & VM_STICKY;",
      ["0 ▸ 1"],
      "Of a missing neighbour 1 says no more than 0: it is no sticky flag.",
    ],
    ["slower", "if (wish.flags & VM_SPECIAL || !(wholeHead || wholeTail)) return undefined;", [
      "wish.flags & VM_SPECIAL || !(wholeHead || wholeTail) ▸ false",
      "|| ▸ &&",
    ], "A special range has no neighbour that may grow, and one inside a VMA touches none."],
    ["slower", "const previous = wholeHead ? mm.tree.before(start) : undefined;", [
      "wholeHead ▸ true",
    ], "The VMA below the whole does not touch a range that begins further up."],
    [
      "slower",
      "const next = wholeTail ? mm.tree.after(start) : undefined;",
      ["wholeTail ▸ true"],
      "The VMA above the whole does not touch a range that ends further down.",
    ],
    [
      "same",
      "const sticky = (wish.flags | (upper?.flags ?? 0)) & VM_STICKY;",
      ["0 ▸ 1"],
      "Of a missing neighbour 1 says no more than 0: it is no sticky flag.",
    ],
    [
      "same",
      "return grower !== undefined && lower !== undefined && upper !== undefined &&",
      ["&& ▸ ||"],
      "The one that grows is one of the two, and the other is always there; the line is for the type checker.",
    ],
  ],
  "src/mm/vma/huge_pool.ts": [
    [
      "same",
      "return size !== undefined && vma.start < address && address < vma.end &&",
      ["< ▸ <=", "< ▸ <= (2)"],
      "A VMA of huge pages begins and ends on a border of one.",
    ],
  ],
  "src/mm/calls/mmap.ts": [
    [
      "same",
      "const length = roundLength(isHuge ? Math.ceil(request.length / huge) * huge : request.length);",
      ["isHuge ▸ true"],
      "Without huge pages it rounds to pages, as is done next in any case.",
    ],
    [
      "same",
      "const known = LEGACY_FLAGS | (file.hugeAligned ? MAP_SYNC : 0);",
      ["0 ▸ 1"],
      "Flag 1 is MAP_SHARED, which is known in any case.",
    ],
    [
      "same",
      "readable: true,",
      ["true ▸ false"],
      "How a file was opened is asked when a program maps it, and this one no program has opened.",
    ],
    [
      "same",
      "writable: true,",
      ["true ▸ false"],
      "How a file was opened is asked when a program maps it, and this one no program has opened.",
    ],
    [
      "same",
      "return aligned !== 0 && aligned < mm.hintMinAddress ? pageAlignUp(mm.hintMinAddress) : aligned;",
      ["< ▸ <="],
      "The lowest address rounds up to itself.",
    ],
  ],
  "src/mm/vma/map_region.ts": [
    [
      "slower",
      "return next === undefined || next.start >= end ? mapFree(mm, next) : mapOver(mm, next);",
      [">= ▸ >"],
      "What begins where the range ends is not replaced: nothing is removed then, at more expense.",
    ],
    [
      "slower",
      "for (; vma !== undefined && vma.start < end; vma = mm.tree.after(vma.start)) {",
      ["< ▸ <="],
      "Of a VMA that begins where the range ends no page is within.",
    ],
    [
      "same",
      "if (first !== undefined && first.start < start) {",
      ["first !== undefined && first.start < start ▸ true", "&& ▸ ||", "< ▸ <="],
      "There is a VMA in the range, or nothing was to be removed; one that begins there is cut at the other end, as the next lines do.",
    ],
  ],
  "src/mm/vma/move.ts": [
    ["slower", "else if (oldLength > 0) unmapRange(mm, address, address + oldLength);", [
      "oldLength > 0 ▸ true",
      "> ▸ >=",
      "0 ▸ 1",
    ], "Lengths are whole pages, and in an empty range there is nothing to unmap."],
  ],
  "src/mm/vma/unmap.ts": [
    [
      "slower",
      "if (vma.file?.hooks === undefined) return;",
      ["vma.file?.hooks === undefined ▸ false"],
      "Without hooks nobody is told of the part that is made then.",
    ],
    ["slower", "if (vma.end >= end) break;", [
      "vma.end >= end ▸ false",
      ">= ▸ >",
    ], "The loop ends at the next VMA by itself, and that is the one after."],
    ["slower", "if (first.start === start && first.end === end) return unmapWhole(mm, first);", [
      "first.start === start && first.end === end ▸ false",
    ], "Removing several VMAs removes one, too."],
  ],
  "src/mm/vma/placement.ts": [
    [
      "same",
      "return vma.flags & VM_GROWSDOWN ? Math.max(0, vma.start - STACK_GUARD_GAP) : vma.start;",
      ["0 ▸ 1"],
      "No whole page ends at byte 0 or 1, so nothing fits below either.",
    ],
    [
      "same",
      "const shift = (offset - roomy) & (HUGE_PAGE_SIZE - 1);",
      ["1 ▸ 2"],
      "Offset and address are whole pages: their lowest bits are 0.",
    ],
    [
      "slower",
      "if (length > LOW_WINDOW_END) return NOWHERE;",
      ["> ▸ >="],
      "The search that follows finds no room either.",
    ],
  ],
  "src/mm/calls/remap_file_pages.ts": [
    [
      "same",
      "if (!(size > 0) || start < 0 || end >= ADDRESS_LIMIT) {",
      [
        "!(size > 0) || start < 0 || end >= ADDRESS_LIMIT ▸ false",
        "|| ▸ && (2)",
        "|| ▸ &&",
        "> ▸ >=",
        "0 ▸ 1",
        "< ▸ <=",
        "0 ▸ 1 (2)",
        ">= ▸ >",
      ],
      "An empty range, or one where nothing can be mapped, is refused with EINVAL by what follows too.",
    ],
    [
      "same",
      'throw cannot("remap", start, end, "EINVAL", "it is empty");',
      ['throw cannot("remap", start, end, "EINVAL", "it is empty"); ▸ ;'],
      "An empty range, or one where nothing can be mapped, is refused with EINVAL by what follows too.",
    ],
    ["same", "flags = 0,", ["0 ▸ 1"], "Only MAP_NONBLOCK is looked at, and 1 is not it."],
    ["same", "const kept = (flags & MAP_NONBLOCK) | (vma.flags & VM_LOCKED ? MAP_LOCKED : 0);", [
      "0 ▸ 1",
    ], "1 is MAP_SHARED, which is asked for anyway."],
  ],
  "src/mm/calls/shm.ts": [
    ["same", "flags = 0,", ["0 ▸ 1"], "1 is none of the SHM_ flags, and unknown ones are ignored."],
    [
      "same",
      "protection: PROT_READ | (writable ? PROT_WRITE : 0) | (flags & SHM_EXEC ? PROT_EXEC : 0),",
      ["0 ▸ 1", "0 ▸ 1 (2)"],
      "1 is PROT_READ, which is asked for anyway.",
    ],
    [
      "same",
      "flags: MAP_SHARED | (address === 0 ? 0 : MAP_FIXED),",
      ["0 ▸ 1 (2)"],
      "1 is MAP_SHARED, which is asked for anyway.",
    ],
  ],
};
