/**
 * A tree's nodes as the golden answers print them, read from its `dump()`: one line a node with depth, kind,
 * range, end and, where gaps are tracked, the gaps.
 *
 * The kernel also notes in a node which slot has the largest gap, and of equal gaps keeps the one noted first. Our
 * nodes hold no such note, so shapes are compared without it.
 *
 * @module
 */

import type { MapleTree } from "../../mod.ts";
import { showNumber } from "../golden.ts";

/** The kinds of node by their number in a dump. */
const KINDS = ["dense", "leaf64", "range64", "arange64"];

/** What one line of a dump says about a node. */
interface DumpedNode {
  readonly depth: number;
  readonly kind: string;
  readonly first: number;
  readonly last: number;
  /** The numbers before the slots; empty without gaps. */
  readonly gaps: readonly number[];
}

const NODE_LINE =
  /^ *([0-9a-f]+)(?:-([0-9a-f]+))?: node \S+ depth (\d+) type (\d) parent \S+ contents: (.*)$/;
const GAP_PART = /^((?:[0-9a-f]+ )+)\| *[0-9A-F]+ [0-9A-F]+ *\|/i;

function parseNode(line: string): DumpedNode | undefined {
  const match = NODE_LINE.exec(line);
  if (match === null) return undefined;
  const [, first = "", last = first, depth = "", kind = "", contents = ""] = match;
  const gapPart = GAP_PART.exec(contents);
  return {
    depth: Number(depth),
    kind: KINDS[Number(kind)] ?? kind,
    first: parseInt(first, 16),
    last: parseInt(last, 16),
    gaps: gapPart === null ? [] : gapPart[1]!.trim().split(" ").map((gap) => parseInt(gap, 16)),
  };
}

function showNode(node: DumpedNode, end: number): string {
  const { depth, kind, first, last, gaps } = node;
  const head = `node d=${depth} ${kind} ${showNumber(first)}-${showNumber(last)} end=${end}`;
  if (kind !== "arange64") return head;
  const used = gaps.slice(0, end + 1).map((gap) => gap === 0 ? "0x0" : showNumber(gap));
  return `${head} gaps=${used.join(",")}`;
}

/** A line of a golden shape in the form of {@linkcode shapeOf}. */
export function withoutGapSlot(line: string): string {
  return line.replace(/ gapslot=\d+/, "");
}

/** The shape of `tree`, in the order of a walk from the root. */
export function shapeOf(tree: MapleTree<number>): string[] {
  const lines = tree.dump().split("\n").filter((line) => line !== "");
  const depthOf = (line: string) => /^ */.exec(line)![0].length / 2;
  const shape: string[] = [];
  lines.forEach((line, at) => {
    const node = parseNode(line);
    if (node === undefined) return;
    let slots = 0;
    for (let i = at + 1; i < lines.length && depthOf(lines[i]!) > depthOf(line); i++) {
      if (depthOf(lines[i]!) === depthOf(line) + 1) slots++;
    }
    shape.push(showNode(node, slots - 1));
  });
  if (shape.length > 0) return shape;
  const value = tree.load(0);
  return [value === undefined ? "root -" : `root ${showNumber(value)}`];
}
