/**
 * Mutants of following texts that show calls only, that no test can notice, and why: see `equivalent.ts`.
 *
 * @module
 */

import type { Equivalences } from "./equivalences.ts";

/** By source file. */
export const IMPORTED: Equivalences = {
  "src/replay/imported/actions.ts": [
    [
      "same",
      "const [address = 0, oldLength = 0, newLength = 0, given = 0] = enter.args;",
      ["0 ▸ 1 (4)"],
      "1 is MREMAP_MAYMOVE: what stays has had room made for it, and what moves has the flag in any case.",
    ],
    [
      "same",
      "const flags = (enter.args[2] ?? 0) & SHM_RDONLY;",
      ["0 ▸ 1"],
      "Neither has the flag.",
    ],
    [
      "same",
      "const [address = 0, length = 0] = enter.args;",
      ["0 ▸ 1", "0 ▸ 1 (2)"],
      "A call on a range has both, or the text is passed over there.",
    ],
    [
      "same",
      "const [, length = 0, protection = 0, given = 0, , offset = 0] = enter.args;",
      ["0 ▸ 1", "0 ▸ 1 (2)", "0 ▸ 1 (3)"],
      "A mapping has them, or the text is passed over there.",
    ],
    [
      "same",
      "const [address = 0, oldLength = 0, newLength = 0, given = 0] = enter.args;",
      ["0 ▸ 1", "0 ▸ 1 (2)", "0 ▸ 1 (3)"],
      "mremap has its first three arguments, or the text is passed over there.",
    ],
    [
      "same",
      "if (stays && newEnd > oldEnd) attempt(() => space.munmap(oldEnd, newEnd - oldEnd));",
      ["> ▸ >="],
      "Nothing can be unmapped of no length.",
    ],
    [
      "same",
      "space.mremap(address, oldLength, newLength, flags, stays ? 0 : result)",
      ["stays ▸ false", "0 ▸ 1"],
      "Without MREMAP_FIXED and MREMAP_DONTUNMAP the target is not looked at.",
    ],
    [
      "same",
      "if (at < 0 || stop > ADDRESS_LIMIT) return; // no address: nothing can be mapped there",
      ["> ▸ >="],
      "The model's addresses end long before that limit.",
    ],
    [
      "same",
      "if (free > at) mapUnknown(space, at, free);",
      ["free > at ▸ true", "> ▸ >="],
      "Nothing can be mapped of no length.",
    ],
  ],
  "src/replay/imported/occupied.ts": [
    [
      "same",
      "readable: true,",
      ["true ▸ false"],
      "Placement asks a file only how it is aligned.",
    ],
    [
      "same",
      "writable: true,",
      ["true ▸ false"],
      "Placement asks a file only how it is aligned.",
    ],
    [
      "same",
      "const top = lines.findLast(({ name }) => !/^\\[(stack|vdso|vvar|vsyscall)/.test(name))?.end ?? 0;",
      ["0 ▸ 1"],
      "Either is below where any program places.",
    ],
    [
      "slower",
      "if (this.#isForgotten) return;",
      ["this.#isForgotten ▸ false"],
      "What was forgotten is forgotten once more.",
    ],
    [
      "slower",
      "this.#isForgotten = true;",
      ["this.#isForgotten = true; ▸ ;", "true ▸ false"],
      "What was forgotten is forgotten once more.",
    ],
    [
      "same",
      "const needed = wanted.length + (wanted.aligned ? HUGE_PAGE_SIZE : 0);",
      ["0 ▸ 1"],
      "It is compared with whole pages, as which a byte more is no more.",
    ],
    [
      "same",
      "return place(this.#space.descriptor, 0, length, 0, file, offset);",
      ["0 ▸ 1 (2)"],
      "Of a file's mapping the flag of shared memory decides nothing about the place.",
    ],
    [
      "same",
      "return this.#place({ length: PAGE_SIZE, aligned: false, offset: 0 }) < end;",
      ["false ▸ true", "< ▸ <="],
      "A page holds no huge page to align, and at a gap's end there is no room.",
    ],
  ],
  "src/replay/imported/answers.ts": [
    [
      "same",
      "if (space === undefined) return;",
      ["space === undefined ▸ false"],
      "After an exit nothing else is looked at; every other step's process is there.",
    ],
    [
      "same",
      "if (parent !== undefined) {",
      ["parent !== undefined ▸ true"],
      "A fork's parent is there; the check is for the type checker.",
    ],
    [
      "same",
      "const [address = 0, length = 0, , flags = 0] = enter.args;",
      ["0 ▸ 1", "0 ▸ 1 (2)"],
      "A call on a range has both, or the text is passed over there.",
    ],
    [
      "same",
      "const [hint = 0, asked = 0, , flags = 0, , offset = 0] = enter.args;",
      ["0 ▸ 1", "0 ▸ 1 (3)"],
      "A mapping has them, or the text is passed over there.",
    ],
    [
      "same",
      "const [address = 0, oldAsked = 0, newAsked = 0, flags = 0, target = 0] = enter.args;",
      ["0 ▸ 1", "0 ▸ 1 (2)", "0 ▸ 1 (3)"],
      "mremap has its first three arguments, or the text is passed over there.",
    ],
    [
      "same",
      "const [address = 0, asked = 0, , flags = 0] = enter.args;",
      ["0 ▸ 1", "0 ▸ 1 (2)"],
      "A call on a range has both, or the text is passed over there.",
    ],
    [
      "same",
      "const [address = 0, asked = 0, , flags = 0] = enter.args;",
      ["0 ▸ 1 (3)"],
      "Neither is MAP_FIXED_NOREPLACE, the only flag that is looked for.",
    ],
    [
      "same",
      "const [address = 0, asked = 0, third = 0, flags = 0, , offset = 0] = enter.args;",
      ["0 ▸ 1", "0 ▸ 1 (2)", "0 ▸ 1 (3)"],
      "They are there, or not looked at.",
    ],
    [
      "same",
      "const [address = 0, asked = 0, third = 0, flags = 0, , offset = 0] = enter.args;",
      ["0 ▸ 1 (4)"],
      "1 is MAP_SHARED or MREMAP_MAYMOVE, which are not among the flags that are looked for.",
    ],
    [
      "slower",
      'if (step.type === "fork" && !step.record.sharesMemory) {',
      ['step.type === "fork" && !step.record.sharesMemory ▸ true', "&& ▸ ||"],
      "Where no address space is new, what is known of it is copied in its own place.",
    ],
    [
      "same",
      "return this.#occupied.get(space) ?? Occupied.unknown(false);",
      ["false ▸ true"],
      "Of each address space something was noted when it was made; the check is for the type checker.",
    ],
    [
      "same",
      'return { kind: "different", model: typeof result === "number" ? hex(result) : result };',
      ['typeof result === "number" ▸ true'],
      "What is no number prints as it is.",
    ],
    [
      "same",
      'if (length <= 0) return { why: "no kernel maps nothing: the text is damaged there" };',
      ["0 ▸ 1"],
      "It is a number of whole pages.",
    ],
    [
      "same",
      "length > 0 && !(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_32BIT | MAP_HUGETLB)) &&",
      ["0 ▸ 1"],
      "It is a number of whole pages.",
    ],
    [
      "same",
      "const [, , newLength = 0, flags = 0] = args;",
      ["0 ▸ 1"],
      "It is a page at least.",
    ],
    [
      "same",
      "const [address, , protection = 0] = enter.args;",
      ["0 ▸ 1"],
      "Neither is a protection that a rule refuses.",
    ],
    [
      "slower",
      'if (enter.call !== "mprotect" || start !== address) return false;',
      ['enter.call !== "mprotect" || start !== address ▸ true'],
      "The call is tried on a copy, and succeeds there.",
    ],
    [
      "slower",
      "if (protection & ~(PROT_READ | PROT_WRITE | PROT_EXEC)) return false;",
      [
        "protection & ~(PROT_READ | PROT_WRITE | PROT_EXEC) ▸ true",
        ...["& ▸ |", "| ▸ &", "| ▸ & (2)"],
      ],
      "The call is tried on a copy, and succeeds there.",
    ],
    [
      "slower",
      "for (let at = start; at < end;) {",
      ["< ▸ <="],
      "One VMA more is looked at: if it is no plain one, the call is tried on a copy, and succeeds there.",
    ],
    [
      "slower",
      "if (vma === undefined || vma.start > at || vma.file !== null || vma.special !== null) {",
      [
        "vma === undefined || vma.start > at || vma.file !== null … ▸ true",
        ...["> ▸ >=", "!== ▸ === (2)"],
      ],
      "The call is tried on a copy, and succeeds there.",
    ],
    [
      "slower",
      "if (vma.flags & (VM_SEALED | VM_LOCKED)) return false;",
      ["vma.flags & (VM_SEALED | VM_LOCKED) ▸ true", "& ▸ |"],
      "The call is tried on a copy, and succeeds there.",
    ],
    [
      "slower",
      "return true;",
      ["true ▸ false"],
      "The call is tried on a copy, and succeeds there.",
      2,
    ],
    [
      "same",
      "return actionOf({ enter, leave, files: new TraceFiles() })?.(copy) ?? 0;",
      ["0 ▸ 1"],
      "Only of calls that failed the model may have none to do, and neither number is an error's name.",
    ],
    [
      "slower",
      "if (isPlainChange(space, step, start, end)) return { result: 0 };",
      ["isPlainChange(space, step, start, end) ▸ false"],
      "The call is tried on a copy, and succeeds there.",
    ],
    [
      "same",
      "if (!(error instanceof MmError)) throw error;",
      ["!(error instanceof MmError) ▸ false", "throw error; ▸ ;"],
      "The model refuses with nothing else; the check lets its faults through.",
    ],
  ],
  "src/replay/imported/layouts.ts": [
    [
      "same",
      "#isImported = false;",
      ["false ▸ true"],
      "The header says which it is before anything is asked.",
    ],
  ],
};
