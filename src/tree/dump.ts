/**
 * A tree as text, in the layout of the kernel's `mt_dump()` with hexadecimal numbers (Linux
 * lib/maple_tree.c), so that a dump of ours and one from a kernel log can be laid side by side.
 *
 * Node addresses are byte offsets in the pool; the tree's own is 0, so the parent of the root is `0x1` as the
 * kernel marks it. An entry that is an integer is shown as the kernel shows a
 * value entry; any other is shown by its entry word alone.
 *
 * @module
 */

import * as layout from "./node_layout.ts";
import type { NodePool } from "./node_pool.ts";

const {
  BOUND,
  END,
  GAP_CAPACITY,
  GAP_SLOTS,
  GAPS,
  HEIGHT_BITS,
  HEIGHT_MASK,
  MAX_INDEX,
  NODE_BYTES,
  PARENT,
  PIVOTS,
  DOUBLE_SHIFT,
  ROOT,
  ROOT_ENTRY,
  SLOTS,
  WIDE_CAPACITY,
  WORD_SHIFT,
} = layout;

/** The kernel's numbers for the node types. */
const LEAF_64 = 1;
const RANGE_64 = 2;
const ARANGE_64 = 3;

/** The whole tree, a line each for the tree, every node and every slot of a leaf. */
export function dump(pool: NodePool): string {
  const root = pool.words[ROOT]!;
  const height = root & HEIGHT_MASK;
  // MT_FLAGS_ALLOC_RANGE is 1, MT_FLAGS_USE_RCU 2; the height stands from bit 2 on.
  const flags = (pool.gaps ? 1 : 0) | (pool.rcu ? 2 : 0) | height << 2;
  const rootText = root === 0 ? pointer(pool.words[ROOT_ENTRY]!) : address(root >> HEIGHT_BITS);
  const lines = [
    `maple_tree(0x0) flags ${upper(flags)}, height ${height} root ${rootText}`,
  ];
  if (root === 0) lines.push(range(0, 0, 0) + entry(pool.words[ROOT_ENTRY]!));
  else dumpNode(pool, root >> HEIGHT_BITS, height, 0, MAX_INDEX, lines);
  return lines.join("\n") + "\n";
}

function dumpNode(
  pool: NodePool,
  node: number,
  level: number,
  depth: number,
  max: number,
  lines: string[],
): void {
  const { words, doubles } = pool;
  const word = node << WORD_SHIFT;
  const pivots = (node << DOUBLE_SHIFT) + PIVOTS;
  const end = words[word + END]!;
  const isLeaf = level === 1;
  const type = isLeaf ? LEAF_64 : pool.gaps ? ARANGE_64 : RANGE_64;
  const min = doubles[(node << DOUBLE_SHIFT) + BOUND]! + 1;
  const contents = type === ARANGE_64
    ? gapContents(pool, node, end)
    : wideContents(pool, node, end, isLeaf);
  const parent = words[word + PARENT]! >> 4;
  lines.push(
    `${range(min, max, depth)}node ${address(node)} depth ${depth} type ${type} ` +
      `parent ${parent === 0 ? "0x1" : address(parent)} contents: ${contents}`,
  );
  let first = min;
  for (let slot = 0; slot <= end; slot++) {
    const last = doubles[pivots + slot]!;
    if (isLeaf) lines.push(range(first, last, depth + 1) + entry(words[word + SLOTS + slot]!));
    else {
      const child = words[word + pool.innerSlots + slot]!;
      dumpNode(pool, child, level - 1, depth + 1, last, lines);
    }
    first = last + 1;
  }
}

/** 15 slots with their pivots and the 16th slot, where a node that is not full keeps its end. */
function wideContents(pool: NodePool, node: number, end: number, isLeaf: boolean): string {
  const parts: string[] = [];
  const held = isLeaf ? pointer : address;
  const slots = slotsOf(pool, node, SLOTS);
  for (let slot = 0; slot < WIDE_CAPACITY - 1; slot++) {
    parts.push(held(slots[slot]!), pivotText(pool, node, slot, end));
  }
  const last = WIDE_CAPACITY - 1;
  parts.push(end < last ? `0x${end.toString(16)}` : held(slots[last]!));
  return parts.join(" ");
}

/** 10 gaps, the end and the slot of the largest gap, then the slots with their pivots. */
function gapContents(pool: NodePool, node: number, end: number): string {
  const gaps = [...pool.doubles.subarray((node << DOUBLE_SHIFT) + GAPS).subarray(0, GAP_CAPACITY)];
  const slots = slotsOf(pool, node, GAP_SLOTS);
  const largest = gaps.indexOf(Math.max(...gaps));
  const parts = gaps.map((gap) => gap.toString(16));
  parts.push(`| ${byte(end)} ${byte(largest)}|`);
  for (let slot = 0; slot < GAP_CAPACITY - 1; slot++) {
    parts.push(address(slots[slot]!), pivotText(pool, node, slot, end));
  }
  parts.push(address(slots[GAP_CAPACITY - 1]!));
  return parts.join(" ");
}

function slotsOf(pool: NodePool, node: number, first: number): Int32Array {
  return pool.words.subarray((node << WORD_SHIFT) + first);
}

function pivotText(pool: NodePool, node: number, slot: number, end: number): string {
  return slot > end ? "0" : upper(pool.doubles[(node << DOUBLE_SHIFT) + PIVOTS + slot]!);
}

function entry(word: number): string {
  if ((word & 1) === 0) return pointer(word);
  const value = word >> 1;
  return `value ${value} (0x${(value >>> 0).toString(16)}) [${pointer(word)}]`;
}

function range(first: number, last: number, depth: number): string {
  const text = first === last ? first.toString(16) : `${first.toString(16)}-${last.toString(16)}`;
  return `${"  ".repeat(depth)}${text}: `;
}

function pointer(word: number): string {
  return word === 0 ? "(nil)" : `0x${(word >>> 0).toString(16)}`;
}

function address(node: number): string {
  return node === 0 ? "(nil)" : `0x${(node * NODE_BYTES).toString(16)}`;
}

function upper(value: number): string {
  return value.toString(16).toUpperCase();
}

function byte(value: number): string {
  return upper(value).padStart(2, "0");
}
