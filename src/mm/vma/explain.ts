/**
 * Why neighbours are two VMAs and not one, and how many VMAs a process may still have: what one asks
 * who has met `vm.max_map_count`.
 *
 * @module
 */

import { hex } from "../../abi/hex.ts";
import type { MemoryDescriptor } from "../memory_descriptor.ts";
import { type KernelRules, kernelRules } from "../rules/kernel_rules.ts";
import { type MergeObstacle, mergeObstacle } from "./merge.ts";
import { pages } from "../../abi/page.ts";
import type { MappedFile, Vma } from "../vma.ts";
import { formatVmFlags, VM_SPECIAL, VM_STICKY, type VmFlags } from "../vm_flags.ts";

/** Why two VMAs are two. */
export interface MergeExplanation {
  /** The rule that failed; null if every rule holds. */
  readonly obstacle: MergeObstacle | null;
  /** The same in a sentence, with what the two VMAs have. */
  readonly words: string;
}

/**
 * Says which rule keeps two VMAs apart, in words. Their order does not matter.
 *
 * @param rules the kernel's; those of the default kernel unless given
 *
 * Where no rule does, they are two because nothing has happened since they became alike: the kernel
 * only merges what a call changes. O(1).
 *
 * @example Why two neighbours stay two
 * ```ts
 * import { AddressSpace, explainMerge, MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ } from "@maple/mm";
 * import { assertEquals } from "@std/assert";
 *
 * const mm = new AddressSpace({ mmapBase: 0x7fff_0000_0000 });
 * const flags = MAP_PRIVATE | MAP_ANONYMOUS;
 * const start = mm.mmap({ length: 0x2000, protection: PROT_READ, flags });
 * mm.mlock(start, 0x1000);
 * const [lower, upper] = [...mm.vmas()];
 * assertEquals(explainMerge(lower!, upper!).obstacle, "flags");
 * ```
 */
export function explainMerge(
  a: Vma,
  b: Vma,
  rules: KernelRules = kernelRules(),
): MergeExplanation {
  const [lower, upper] = a.start <= b.start ? [a, b] : [b, a];
  const whenLowerGrows = mergeObstacle(lower, upper, lower, rules);
  if (whenLowerGrows !== null) {
    return { obstacle: whenLowerGrows, words: sentence(whenLowerGrows, lower, upper) };
  }
  if (upper.file?.hooks?.close !== undefined) {
    return { obstacle: "close hook", words: sentence("close hook", lower, upper) };
  }
  const words = "No rule keeps them apart: they become one when a call next changes one of them";
  return { obstacle: null, words };
}

function sentence(obstacle: MergeObstacle, lower: Vma, upper: Vma): string {
  switch (obstacle) {
    case "not adjacent": {
      const gap = `${hex(lower.end)}-${hex(upper.start)}`;
      return `They do not touch: ${gap} between them is free or another's`;
    }
    case "special": {
      const which = lower.flags & VM_SPECIAL ? lower : upper;
      const flags = formatVmFlags(which.flags & VM_SPECIAL);
      return `${range(which)} is special (${flags}): such VMAs never merge`;
    }
    case "flags":
      return `They differ in flags: ${flagDifference(lower, upper)}`;
    case "file":
      return fileDifference(lower.file, upper.file);
    case "name":
      return `They differ in name: ${nameOf(lower)} below, ${nameOf(upper)} above`;
    case "protection key":
      return `They differ in protection key: ${lower.protectionKey} below, ` +
        `${upper.protectionKey} above`;
    case "memory policy":
      return `They differ in memory policy: ${lower.policy ?? "the process's own"} below, ` +
        `${upper.policy ?? "the process's own"} above`;
    case "close hook":
      return `Their file ${fileName(upper.file!)} has a close hook: neither may be merged away`;
    case "page offset": {
      const expected = lower.pageOffset + pages(lower.end - lower.start);
      return `Their page offsets do not continue: the lower one ends at page ${hex(expected)}, ` +
        `the upper one begins at page ${hex(upper.pageOffset)}` +
        (lower.file === null ? "; one of them was moved after it was written to" : "");
    }
    case "anonymous page offset": {
      const expected = lower.anonPageOffset + pages(lower.end - lower.start);
      return "They continue in the file, but their anonymous pages do not: the lower one ends at " +
        `page ${hex(expected)}, the upper one begins at page ${
          hex(upper.anonPageOffset)
        }; one of ` +
        "them was moved after it was written to";
    }
    case "unwritten":
      return `${range(lower)} was never written to, so on this kernel it cannot take in ` +
        `${range(upper)}, which was; a change of ${range(lower)} would make them one`;
    case "anon_vma":
      return "Each was written to before they became alike: they have two anon_vmas, " +
        "and pages never change theirs";
    case "forked": {
      const which = lower.anonVma === null ? upper : lower;
      const count = which.anonVmaChain.length;
      return `${range(which)} has ${count} anon_vmas from a fork, so it cannot merge with a VMA ` +
        "that has none";
    }
  }
}

function flagDifference(lower: Vma, upper: Vma): string {
  const only = (vma: Vma, flags: VmFlags, others: string, known: string): string[] => {
    const more = others.split(" ").filter((letters) => !known.split(" ").includes(letters));
    const words = [formatVmFlags(flags), ...more].filter((text) => text !== "");
    return words.length === 0 ? [] : [`only ${range(vma)} has ${words.join(" ")}`];
  };
  return [
    ...only(lower, lower.flags & ~upper.flags & ~VM_STICKY, lower.otherFlags, upper.otherFlags),
    ...only(upper, upper.flags & ~lower.flags & ~VM_STICKY, upper.otherFlags, lower.otherFlags),
  ].join(", ");
}

function fileDifference(lower: MappedFile | null, upper: MappedFile | null): string {
  if (lower === null) return `Only the upper one maps a file: ${fileName(upper!)}`;
  if (upper === null) return `Only the lower one maps a file: ${fileName(lower)}`;
  const same = lower.device === upper.device && lower.inode === upper.inode;
  return same && lower.inode !== 0
    ? `Both map ${fileName(lower)}, but through two open files: it was opened twice`
    : `They map two files: ${fileName(lower)} below, ${fileName(upper)} above`;
}

function nameOf(vma: Vma): string {
  return vma.special ?? vma.anonName ?? "no name";
}

function fileName(file: MappedFile): string {
  return file.name === "" ? "a file without name" : file.name;
}

function range(vma: Vma): string {
  return `${hex(vma.start)}-${hex(vma.end)}`;
}

/** How near a process is to `vm.max_map_count`, and what fills it. */
export interface Headroom {
  /** VMAs in use. */
  readonly used: number;
  /** VMAs allowed: `vm.max_map_count`. */
  readonly limit: number;
  /** VMAs that may still be made. */
  readonly left: number;
  /** Neighbours that touch but are two, by the rule that keeps them apart; most frequent first. */
  readonly borders: readonly {
    readonly obstacle: MergeExplanation["obstacle"];
    readonly count: number;
  }[];
}

/** How many VMAs are left, and why there are as many as there are. O(n). */
export function headroom(mm: MemoryDescriptor): Headroom {
  const counts = new Map<MergeExplanation["obstacle"], number>();
  let below: Vma | undefined;
  for (const vma of mm.tree.vmas()) {
    if (below?.end === vma.start) {
      const { obstacle } = explainMerge(below, vma, mm.rules);
      counts.set(obstacle, (counts.get(obstacle) ?? 0) + 1);
    }
    below = vma;
  }
  const used = mm.tree.mapCount;
  const limit = mm.maxMapCount;
  const borders = [...counts].map(([obstacle, count]) => ({ obstacle, count }))
    .sort((a, b) => b.count - a.count);
  return { used, limit, left: Math.max(0, limit - used), borders };
}
