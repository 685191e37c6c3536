/**
 * Mutants of `src/mm/` that no test can notice, and why: see `equivalent.ts`.
 *
 * @module
 */

import type { Equivalences } from "./equivalences.ts";

/** By source file. */
export const MM_EQUIVALENT: Equivalences = {
  "src/mm/anon_name.ts": [
    [
      "same",
      "if (length !== 0 && (roundLength(length) === 0 || end < address || end >= ADDRESS_LIMIT)) {",
      ["< ▸ <="],
      "A range that is not empty does not end where it begins.",
    ],
  ],
  "src/mm/brk.ts": [
    ["same", "(newEnd < oldEnd ? shrink(mm, newEnd, oldEnd) : expand(mm, oldEnd, newEnd));", [
      "< ▸ <=",
    ], "Equal ends were dealt with before."],
  ],
  "src/mm/explain.ts": [
    [
      "same",
      "const [lower, upper] = a.start <= b.start ? [a, b] : [b, a];",
      ["<= ▸ <"],
      "Two VMAs never begin at one address.",
    ],
  ],
  "src/mm/interval_tree.ts": [
    ["same", "#age = 0;", ["0 ▸ 1"], "Ages are only compared with one another."],
    [
      "slower",
      "if (node.priority > root.priority) {",
      ["> ▸ >="],
      "Either order makes a tree that holds the same; only its shape differs.",
    ],
    ["slower", "if (low.priority > high.priority) {", [
      "low.priority > high.priority ▸ true",
      "low.priority > high.priority ▸ false",
      "> ▸ >=",
    ], "Either order makes a tree that holds the same; only its shape differs."],
    [
      "same",
      "return a.first < b.first || (a.first === b.first && a.age < b.age);",
      ["< ▸ <= (2)"],
      "No two have the same age, and nothing is compared with itself.",
    ],
    ["same", "node.reach = Math.max(node.last, node.left?.reach ?? -1, node.right?.reach ?? -1);", [
      "1 ▸ 2",
      "1 ▸ 2 (2)",
    ], "No offset is negative."],
    [
      "slower",
      "let hash = value + 1;",
      ["+ ▸ -", "1 ▸ 2"],
      "Another mix of the bits: priorities only shape the tree.",
    ],
    ["slower", "hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);", [
      "hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b); ▸ ;",
      "16 ▸ 17",
    ], "Another mix of the bits: priorities only shape the tree."],
    ["slower", "hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);", [
      "hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35); ▸ ;",
      "13 ▸ 14",
    ], "Another mix of the bits: priorities only shape the tree."],
    [
      "slower",
      "return (hash ^ (hash >>> 16)) >>> 0;",
      ["16 ▸ 17", "0 ▸ 1"],
      "Another mix of the bits: priorities only shape the tree.",
    ],
  ],
  "src/mm/layout.ts": [
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
    ], "What is called throws nothing else; the line passes on what nobody expects."],
  ],
  "src/mm/limits.ts": [
    [
      "same",
      "return roundLength(wrapped < 0 ? length + offset : wrapped);",
      ["< ▸ <="],
      "What ends just at the limit rounds to 0 both ways.",
    ],
  ],
  "src/mm/mincore.ts": [
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
  "src/mm/mlock.ts": [
    ["slower", "let vma = start < end ? mm.layout.findVma(start) : undefined;", [
      "start < end ▸ true",
      "< ▸ <=",
    ], "One search more, whose answer nobody uses."],
    [
      "slower",
      "if (at < end) vma = mm.layout.after(vma.start);",
      ["at < end ▸ true", "< ▸ <="],
      "One search more, whose answer nobody uses.",
    ],
  ],
  "src/mm/mmap.ts": [
    [
      "same",
      "return aligned !== 0 && aligned < mm.mmapMinAddress ? pageAlignUp(mm.mmapMinAddress) : aligned;",
      ["< ▸ <="],
      "The lowest address rounds up to itself.",
    ],
    [
      "same",
      "if (first !== undefined && first.start < start) {",
      ["first !== undefined && first.start < start ▸ true", "< ▸ <="],
      "There is a VMA in the range, or nothing was to be removed; one that begins there is cut at the other end, as the next lines do.",
    ],
  ],
  "src/mm/mprotect.ts": [
    ["slower", "if (start < end) vma = mm.layout.after(vma.start);", [
      "start < end ▸ true",
      "< ▸ <=",
    ], "One search more, whose answer nobody uses."],
  ],
  "src/mm/mremap.ts": [
    [
      "same",
      "if (remap.newLength < remap.oldLength) {",
      ["< ▸ <="],
      "Equal lengths were dealt with before.",
    ],
  ],
  "src/mm/mseal.ts": [
    [
      "same",
      "if (length !== 0 && (roundLength(length) === 0 || end < address || end >= ADDRESS_LIMIT)) {",
      ["< ▸ <="],
      "A range that is not empty does not end where it begins.",
    ],
  ],
  "src/mm/msync.ts": [
    ["same", "if (end < address || end >= ADDRESS_LIMIT) {", [
      "end < address || end >= ADDRESS_LIMIT ▸ false",
      "|| ▸ &&",
      ">= ▸ >",
    ], "Nothing is mapped there, so the hole is ENOMEM too."],
  ],
  "src/mm/munmap.ts": [
    ["same", "#headEnd = 0;", ["0 ▸ 1"], "It is set before it is read."],
    ["same", "#tailStart = 0;", ["0 ▸ 1"], "It is set before it is read."],
    [
      "slower",
      "removal.previous = first.start < start ? undefined : mm.layout.before(first.start);",
      ["first.start < start ▸ false"],
      "Cutting puts the head there in any case.",
    ],
    [
      "slower",
      "if (vma.end >= end) {",
      ["vma.end >= end ▸ false", ">= ▸ >"],
      "The loop ends at the next VMA by itself, and that is the one behind.",
    ],
    ["slower", "vma = vma.end > end ? undefined : mm.layout.after(vma.start);", [
      "vma.end > end ▸ false",
    ], "Cutting puts the tail there in any case."],
  ],
  "src/mm/physical_memory.ts": [
    [
      "same",
      "export const ZERO_PAGE: Page = new Page(null, 0);",
      ["0 ▸ 1"],
      "Nobody asks where the zero page stands.",
    ],
  ],
  "src/mm/placement.ts": [
    [
      "slower",
      "if (length > mm.taskSize) return NOWHERE;",
      ["length > mm.taskSize ▸ false"],
      "The search that follows finds no room either.",
    ],
    ["slower", "if (length > mm.taskSize - mm.mmapMinAddress) return NOWHERE;", [
      "length > mm.taskSize - mm.mmapMinAddress ▸ false",
      "- ▸ +",
    ], "The search that follows finds no room either."],
    ["slower", "if (length > LOW_WINDOW_END) return NOWHERE;", [
      "length > LOW_WINDOW_END ▸ false",
      "> ▸ >=",
    ], "The search that follows finds no room either."],
    [
      "slower",
      "if (high - low < length) return NOWHERE;",
      ["high - low < length ▸ false"],
      "The search that follows finds no room either.",
    ],
  ],
  "src/mm/populate.ts": [
    ["slower", "let vma = start < end ? mm.layout.findVma(start) : undefined;", [
      "start < end ▸ true",
      "< ▸ <=",
    ], "One search more, whose answer nobody uses."],
    ["same", "if (!(error instanceof MmError)) throw error;", [
      "!(error instanceof MmError) ▸ false",
      "throw error; ▸ ;",
    ], "What is called throws nothing else; the line passes on what nobody expects."],
  ],
  "src/mm/remap_file_pages.ts": [
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
  ],
};
