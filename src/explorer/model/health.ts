/**
 * Who would notice that something is wrong: what lookups answer, what a walk meets, and the rules from scratch.
 *
 * @module
 */

import type { AddressSpace } from "../../mm/address_space.ts";
import type { Vma } from "../../mm/vma.ts";
import { walkEntries } from "./vma_row.ts";

/** A broken rule. */
export interface Violation {
  readonly message: string;
  /** The rule in the validator's words. */
  readonly rule: string;
  /** The node and slot that break it; -1 where the rule is not about one. */
  readonly node: number;
  readonly slot: number;
}

/** An entry that stands where it does not belong, and what a lookup answers there. */
export interface Misplaced {
  /** The index at which a walk meets it. */
  readonly at: number;
  /** What it stands for: `[start, end)` of its VMA. */
  readonly start: number;
  readonly end: number;
  /** `[start, end)` of the VMA that a lookup of `at` finds. */
  readonly found: { readonly start: number; readonly end: number } | undefined;
}

/** How one address space is. */
export interface Health {
  readonly mapCount: number;
  /** VMAs that have an entry with room in it, looked up by their first and last byte. */
  readonly lookups: number;
  /** Of those, how many a lookup misses. */
  readonly missed: number;
  /** Entries that a walk meets. */
  readonly walked: number;
  readonly misplaced: readonly Misplaced[];
  readonly violation: Violation | undefined;
  /** Why a walk or a lookup does not come to an end. */
  readonly hang: string | undefined;
}

/** Examines an address space. O(n log n). */
export function healthOf(space: AddressSpace): Health {
  const vmas = new Set<Vma>();
  const misplaced: Misplaced[] = [];
  let walked = 0;
  const hang = walkEntries(space, ({ first, last, vma }) => {
    walked++;
    if (last >= first) vmas.add(vma);
    if (first === vma.start && last === vma.end - 1) return;
    const found = lookUp(space, first);
    misplaced.push({
      at: first,
      start: vma.start,
      end: vma.end,
      found: found && { start: found.start, end: found.end },
    });
  });
  const right = [...vmas].filter((vma) =>
    lookUp(space, vma.start) === vma && lookUp(space, vma.end - 1) === vma
  );
  return {
    mapCount: space.mapCount,
    lookups: vmas.size,
    missed: vmas.size - right.length,
    walked,
    misplaced,
    violation: violationOf(space),
    hang,
  };
}

/** What a lookup finds; nothing where it breaks down. */
export function lookUp(space: AddressSpace, address: number): Vma | undefined {
  try {
    return space.descriptor.tree.load(address);
  } catch {
    return undefined;
  }
}

/** The first rule that the validation finds broken. */
function violationOf(space: AddressSpace): Violation | undefined {
  try {
    space.validate();
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { message } = error;
    const rule = "rule" in error && typeof error.rule === "string" ? error.rule : message;
    const node = "node" in error && typeof error.node === "number" ? error.node : -1;
    const slot = "slot" in error && typeof error.slot === "number" ? error.slot : -1;
    return { message, rule, node, slot };
  }
}
