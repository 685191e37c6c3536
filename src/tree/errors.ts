/**
 * The two errors of the tree.
 *
 * @module
 */

import { CodedError } from "../abi/error.ts";

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
export class MapleError extends CodedError<MapleErrorCode> {
  /** Makes the error `message`, with its errno `code`. */
  constructor(code: MapleErrorCode, message: string) {
    super("MapleError", code, message);
  }
}

/** A tree whose bytes break a rule that every tree keeps; `validate` throws it. */
export class InvariantError extends CodedError<"EINVARIANT"> {
  /** Id of the node that breaks the rule, 0 for the tree's own header. */
  readonly node: number;
  /** The slot in that node, -1 where the rule is about the node as a whole. */
  readonly slot: number;
  /** The rule, in words. */
  readonly rule: string;

  /** Says that `rule` is broken at `slot` of `node`. */
  constructor(node: number, slot: number, rule: string) {
    const place = `node ${node}${slot < 0 ? "" : ` slot ${slot}`}`;
    super("InvariantError", "EINVARIANT", `Invariant broken in ${place}: ${rule}`);
    this.node = node;
    this.slot = slot;
    this.rule = rule;
  }
}
