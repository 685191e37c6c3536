/**
 * The two errors of the tree, and the one way their ranges are written.
 *
 * @module
 */

/** Why a tree refused: the kernel's errno names. */
export type MapleErrorCode = "EEXIST" | "EBUSY" | "EINVAL" | "ENOMEM";

/**
 * A call that the tree refused before it changed anything.
 *
 * @example Telling an occupied range from a bad one
 * ```ts
 * import { MapleError, MapleTree } from "@maple/mm";
 * import { assertEquals } from "@std/assert";
 *
 * const tree = new MapleTree<string>();
 * tree.insert(0x1000, 0x1fff, "text");
 * try {
 *   tree.insert(0x1800, 0x27ff, "data");
 * } catch (error) {
 *   assertEquals(error instanceof MapleError && error.code, "EEXIST");
 * }
 * ```
 */
export class MapleError extends Error {
  /** The errno's name. */
  readonly code: MapleErrorCode;
  /** The class's name. */
  override readonly name = "MapleError";

  /** Makes the error `message`, with its errno `code`. */
  constructor(code: MapleErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** A tree whose bytes break a rule that every tree keeps; `validate` throws it. */
export class InvariantError extends Error {
  /** The class's name. */
  override readonly name = "InvariantError";
  /** Id of the node that breaks the rule, 0 for the tree's own header. */
  readonly node: number;
  /** The slot in that node, -1 where the rule is about the node as a whole. */
  readonly slot: number;
  /** The rule, in words. */
  readonly rule: string;

  /** Says that `rule` is broken at `slot` of `node`. */
  constructor(node: number, slot: number, rule: string) {
    super(`Invariant broken in node ${node}${slot < 0 ? "" : ` slot ${slot}`}: ${rule}`);
    this.node = node;
    this.slot = slot;
    this.rule = rule;
  }
}

/** An index in hexadecimal, as every message prints it. */
export function hex(index: number): string {
  return `0x${index.toString(16)}`;
}

/** An inclusive range in hexadecimal. */
export function hexRange(first: number, last: number): string {
  return `${hex(first)}-${hex(last)}`;
}
