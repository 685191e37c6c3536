/**
 * Mutants of what keeps the pages of VMAs (`src/mm/`) that no test can notice, and why: see `equivalent.ts`.
 *
 * @module
 */

import type { Equivalence, Equivalences } from "./equivalences.ts";

/** By source file. */
export const MM_PAGES: Equivalences = {
  "src/mm/pages/anon_vma.ts": [
    ["slower", "if (vma.anonVmaChain.length === 0) return;", [
      "vma.anonVmaChain.length === 0 ▸ false",
    ], "Without links there is nothing to take it off, and no anon_vma of its own."],
    [
      "same",
      "if (vma.anonVma !== null) vma.anonVma.activeVmas--;",
      ["vma.anonVma !== null ▸ true"],
      "A VMA with links has an anon_vma; the check is for the type checker.",
    ],
    ["slower", "if (vma.anonVmaChain.length > 0 || vma.fileMapping !== null) reindex(vma);", [
      "vma.anonVmaChain.length > 0 || vma.fileMapping !== null ▸ true",
      "> ▸ >=",
    ], "A VMA that no tree holds is moved in none."],
  ],
  "src/mm/calls/fault.ts": [
    ["slower", "const reused = vma.anonVma === null ? reusableAnonVma(mm, vma) : null;", [
      "vma.anonVma === null ▸ true",
    ], "It looks for an anon_vma that is not used."],
  ],
  "src/mm/calls/exec.ts": [
    [
      "same",
      "for (const { start, end, flags, pageOffset = 0 } of image.vmas) {",
      ["0 ▸ 1"],
      "It is only asked whether it is a page offset, as both are.",
    ],
    [
      "same",
      'checkRange("exec with", start, end - start);',
      ["- ▸ +"],
      "A range that ends before it begins is refused next, with EINVAL too.",
    ],
  ],
  "src/mm/calls/mincore.ts": [
    [
      "same",
      "if (mm.pageTable === null) return false;",
      ["mm.pageTable === null ▸ false"],
      "Nobody asks where pages are not modelled; the check is for the type checker.",
    ],
    [
      "same",
      "if (length < 0 || address + length > mm.taskSize) {",
      ["+ ▸ -"],
      "Nothing is mapped there, which fails alike.",
    ],
    ["same", "if (vector !== undefined && (vector < 0 || vector + count > mm.taskSize)) {", [
      "+ ▸ -",
    ], "Nothing is mapped there, which fails alike."],
  ],
  "src/mm/calls/mlock.ts": [
    ["slower", "if (!mm.capIpcLock && pages(end - start) + mm.lockedPages > limit) {", [
      "> ▸ >=",
      "- ▸ +",
    ], "The exact count follows, and it decides."],
    ["same", "tryPopulate(mm, 0, mm.taskSize);", ["0 ▸ 1"], "Byte 1 lies in the first page."],
    ["same", "let vma = mm.tree.findVma(0);", ["0 ▸ 1"], "Byte 1 lies in the first page."],
    ["slower", "for (; vma !== undefined && vma.start < end; vma = mm.tree.after(vma.start)) {", [
      "< ▸ <=",
    ], "Of a VMA that begins where the range ends no page is within."],
  ],
  "src/mm/calls/msync.ts": [
    [
      "same",
      "if (end < address || end >= ADDRESS_LIMIT) {",
      [">= ▸ >"],
      "Nothing is mapped there, so the hole is ENOMEM too.",
    ],
    [
      "slower",
      "if (hole && flags === MS_ASYNC) break;",
      ["hole && flags === MS_ASYNC ▸ false"],
      "MS_ASYNC alone meets nothing else that could fail: the hole decides.",
    ],
  ],
  "src/mm/pages/radix_table.ts": [
    ["same", "changes = 0;", ["0 ▸ 1"], "All that is asked is whether it has changed."],
    ["same", "#lastNumber = -1;", ["1 ▸ 2"], "No number is negative, and that is all it says."],
    [
      "slower",
      "leaf.used--;",
      ["leaf.used--; ▸ ;"],
      "A leaf without values stays then, and every search finds nothing in it.",
    ],
    [
      "slower",
      "if (leaf.used > 0) return true;",
      ["leaf.used > 0 ▸ true", "> ▸ >="],
      "A leaf without values stays then, and every search finds nothing in it.",
    ],
    [
      "slower",
      "this.#leaves.delete(number);",
      ["this.#leaves.delete(number); ▸ ;"],
      "A leaf without values stays then, and every search finds nothing in it.",
    ],
    [
      "slower",
      "if (to - from < this.#leaves.size) {",
      ["to - from < this.#leaves.size ▸ false", "- ▸ +", "< ▸ <="],
      "Both ways give the same keys.",
    ],
    [
      "slower",
      "if (from <= number && number <= to) {",
      ["from <= number && number <= to ▸ true", "&& ▸ ||"],
      "Of a leaf outside the range no key is taken.",
    ],
    [
      "slower",
      "if (number === this.#lastNumber) return this.#last;",
      ["number === this.#lastNumber ▸ false"],
      "The leaf is looked up again.",
    ],
    [
      "slower",
      "this.#lastNumber = number;",
      ["this.#lastNumber = number; ▸ ;"],
      "The leaf is looked up again.",
    ],
  ],
  "src/mm/pages/interval_tree.ts": [
    [
      "same",
      "while (at > 0 && firsts[at - 1]! > first) at--;",
      ["> ▸ >="],
      "Nothing stands before the first, and nothing is not greater.",
    ],
    [
      "slower",
      "if (items.length > CAPACITY) this.#split(number);",
      ["items.length > CAPACITY ▸ true", "> ▸ >="],
      "How long blocks are makes no difference but to time.",
    ],
    [
      "slower",
      "const half = items.length >> 1;",
      ["1 ▸ 2"],
      "How long blocks are makes no difference but to time.",
    ],
    [
      "slower",
      "const middle = (low + high + 1) >> 1;",
      ["1 ▸ 2"],
      "Any position after the lowest, up to the highest, halves the search more or less well.",
    ],
    [
      "slower",
      "else block.reach = greatest(block.lasts);",
      ["block.reach = greatest(block.lasts); ▸ ;"],
      "A reach that is too great only keeps a search from leaving a block out.",
    ],
    [
      "slower",
      "lower.reach = greatest(lasts);",
      ["lower.reach = greatest(lasts); ▸ ;"],
      "A reach that is too great only keeps a search from leaving a block out.",
    ],
    [
      "slower",
      "if (this.#blocks.length < 2) this.#blockOf = null;",
      ["this.#blocks.length < 2 ▸ false", "this.#blockOf = null; ▸ ;"],
      "The map of one block says what the block says.",
    ],
    [
      "slower",
      "} else if (block.lasts[at] !== last) {",
      ["block.lasts[at] !== last ▸ true"],
      "What is set already is set again.",
    ],
    ...[
      ["if (firsts[0]! > point) return false;", "firsts[0]! > point ▸ false"],
      ["if (firsts[0]! > last) break;", "firsts[0]! > last ▸ false"],
      ["if (reach < point) continue;", "reach < point ▸ false"],
      ["if (reach < point) continue;", "continue; ▸ ;"],
      ["if (reach < first) continue;", "reach < first ▸ false"],
      ["if (reach < first) continue;", "continue; ▸ ;"],
    ].map(([line, change]): Equivalence => [
      "slower",
      line!,
      [change!],
      "In a block that could be left out the search finds nothing.",
    ]),
    ...["point", "last"].map((end): Equivalence => [
      "same",
      `for (let at = 0; at < items.length && firsts[at]! <= ${end}; at++) {`,
      ["< ▸ <="],
      "After the last one there is no first point that could be small enough.",
    ]),
    [
      "same",
      "for (let to = list.length - 1; to > at; to--) list[to] = list[to - 1]!;",
      ["> ▸ >="],
      "What is moved to the position itself is overwritten next.",
    ],
    [
      "same",
      "for (let to = at; to < list.length - 1; to++) list[to] = list[to + 1]!;",
      ["< ▸ <="],
      "The last one is taken off next.",
    ],
    [
      "slower",
      "let most = numbers[0]!;",
      ["0 ▸ 1"],
      "Of one number nothing is known then, and a search leaves out no block of unknown reach.",
    ],
  ],
  "src/mm/pages/pte_fault.ts": [
    [
      "slower",
      "if (table.huge.size > 0 && isHugeEnough(memory, table, vma, address, writes)) return;",
      ["> ▸ >="],
      "Without huge pages none is found at the address.",
    ],
    ["same", 'return entry.kind === "swap" ? entry.slot : undefined;', [
      'entry.kind === "swap" ▸ true',
    ], "Other entries have no slot; the check is for the type checker."],
  ],
  "src/mm/pages/huge_page.ts": [
    [
      "slower",
      "if (table.huge.size === 0) return;",
      ["table.huge.size === 0 ▸ false"],
      "Of no huge pages none is gone through.",
    ],
  ],
  "src/mm/pages/page_table.ts": [
    [
      "slower",
      "if (table.huge.size === 0) return [];",
      ["table.huge.size === 0 ▸ false"],
      "Of no huge pages none is split, and none is in the range.",
    ],
    [
      "same",
      'if (entry.kind === "swap" || !entry.writable) return entry;',
      ["|| ▸ &&"],
      "A copy of an entry that may not be written says the same, and a swap entry has no such right.",
    ],
  ],
  "src/mm/pages/physical_memory.ts": [
    [
      "same",
      "export const ZERO_PAGE: Page = new Page(null, 0);",
      ["0 ▸ 1"],
      "Nobody asks where the zero page stands.",
    ],
  ],
  "src/mm/calls/populate.ts": [
    ["same", "if (!(error instanceof MmError)) throw error;", [
      "!(error instanceof MmError) ▸ false",
      "throw error; ▸ ;",
    ], "What is called throws nothing else; the line passes on what is not expected."],
  ],
  "src/mm/pages/reclaim.ts": [
    ["same", "if (page.size > 1) {", ["1 ▸ 2"], "A page takes 1 frame or 512."],
  ],
  "src/mm/pages/reverse_map.ts": [
    [
      "slower",
      "if (shownBy !== null && shownBy.length >= count) {",
      ["shownBy !== null && shownBy.length >= count ▸ false", ">= ▸ >"],
      "A walk that looks nowhere first looks everywhere.",
    ],
    [
      "slower",
      "page.shownBy = places.map(({ vma }) => vma);",
      ["page.shownBy = places.map(({ vma }) => vma); ▸ ;"],
      "A walk that is told nowhere to look first looks everywhere.",
    ],
    [
      "slower",
      "else if (!shownBy.includes(vma)) shownBy.push(vma);",
      ["shownBy.push(vma); ▸ ;"],
      "A walk that is told of too few VMAs looks everywhere.",
    ],
    [
      "slower",
      "if (shownBy === null) page.shownBy = [vma];",
      ["page.shownBy = [vma]; ▸ ;"],
      "A walk that is told nowhere to look first looks everywhere.",
    ],
    [
      "same",
      "if (isFileMapping(mapping)) return mapping.byOffset;",
      ["isFileMapping(mapping) ▸ false"],
      "A file's tree is always there, and the next line returns it; the check is for the type checker.",
    ],
  ],
};
