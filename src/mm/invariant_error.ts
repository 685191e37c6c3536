/**
 * The error of a model that contradicts itself: never the caller's fault.
 *
 * @module
 */

import { hex } from "./errno.ts";

/** An address space breaks one of its rules. */
export class MmInvariantError extends Error {
  /** The rule, in a few words. */
  readonly rule: string;

  /** Names the rule and, if it is about one VMA, that VMA's range. */
  constructor(rule: string, vma?: { readonly start: number; readonly end: number }) {
    const where = vma === undefined ? "" : ` at VMA ${hex(vma.start)}-${hex(vma.end)}`;
    super(`Invariant broken${where}: ${rule}`);
    this.name = "MmInvariantError";
    this.rule = rule;
  }
}
