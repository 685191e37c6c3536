/**
 * A tree's nodes as one word and as text: depth, kind, range, end and gaps of each, in the order of a walk from the
 * root. The driver's `inspect.h` in TypeScript.
 *
 * @module
 */

import type { MapleTree } from "../../src/tree/maple_tree.ts";
import { shapeOf } from "../tree/shape.ts";
import { mix } from "./content.ts";

const KINDS = ["dense", "leaf64", "range64", "arange64"];
/** The upper word of a gap: indices end at 2^53 - 1 here and at 2^64 - 1 there, and so does the last free range. */
const HIGH_BITS = 0x1fffff;
const NODE = /^node d=(\d+) (\S+) 0x([0-9a-f]+)-0x([0-9a-f]+) end=(\d+)(?: gaps=(\S+))?$/;

/** All nodes in one word. O(nodes). */
export function hashShape(tree: MapleTree<number>): number {
  let hash = 1;
  for (const line of shapeOf(tree)) {
    const match = NODE.exec(line);
    if (match === null) continue;
    const [, depth = "", kind = "", first = "", last = "", end = "", gaps] = match;
    hash = mix(mix(hash, Number(depth)), KINDS.indexOf(kind));
    hash = mix(mixHexadecimal(mixHexadecimal(hash, first), last), Number(end));
    for (const gap of gaps?.split(",") ?? []) hash = mixHexadecimal(hash, gap.slice(2), HIGH_BITS);
  }
  return hash >>> 0;
}

/** The nodes, one a line. */
export function showShape(tree: MapleTree<number>): string {
  return shapeOf(tree).join("\n");
}

function mixHexadecimal(hash: number, digits: string, highBits = -1): number {
  const padded = digits.padStart(16, "0");
  return mix(mix(hash, parseInt(padded.slice(8), 16)), parseInt(padded.slice(0, 8), 16) & highBits);
}
