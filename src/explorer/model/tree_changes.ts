/**
 * What happened to the nodes of a tree between two moments, slot by slot.
 *
 * @module
 */

import type { NodeView, SlotView, TreeSnapshot } from "./tree_snapshot.ts";

/** What happened to a slot: it holds something new, something that stood elsewhere, or the same over another range. */
export type SlotChange = "written" | "moved" | "resized" | "gap" | "freed";

/** What happened to a node. */
export type NodeChange = "new" | "changed" | "dead";

/** What happened to a tree. */
export interface TreeChanges {
  /** Nodes that are not as they were; of those that are dead the bytes before. */
  readonly nodes: ReadonlyMap<number, NodeChange>;
  /** By `node * 16 + slot`, in the tree after; `freed` in the tree before. */
  readonly slots: ReadonlyMap<number, SlotChange>;
  readonly freed: ReadonlyMap<number, SlotChange>;
}

/** The key of a slot. */
export function slotKey(node: number, slot: number): number {
  return node * 16 + slot;
}

/**
 * Compares two snapshots. O(nodes).
 *
 * @param made nodes that were taken from the pool in between: one may have died and been taken again
 */
export function changesBetween(
  before: TreeSnapshot | undefined,
  after: TreeSnapshot,
  made: ReadonlySet<number> = new Set(),
): TreeChanges {
  const nodes = new Map<number, NodeChange>();
  for (const node of after.levelOf.keys()) {
    const wasThere = before !== undefined && !made.has(node) &&
      before.levelOf.get(node) === after.levelOf.get(node);
    if (!wasThere) nodes.set(node, "new");
    else if (!before.isSame(after, node)) nodes.set(node, "changed");
  }
  for (const node of before?.levelOf.keys() ?? []) {
    if (!after.has(node)) nodes.set(node, "dead");
  }
  const touched = [...nodes.keys()];
  const was = places(before, touched);
  const is = places(after, touched);
  const slots = new Map<number, SlotChange>();
  for (const [key, places] of is) {
    const old = was.get(key);
    for (const place of places) {
      const change = changeOf(place, old);
      if (change !== undefined) slots.set(slotKey(place.node, place.slot.index), change);
    }
  }
  const freed = new Map<number, SlotChange>();
  for (const [key, places] of was) {
    if (is.has(key)) continue;
    for (const { node, slot } of places) {
      if (slot.word !== 0) freed.set(slotKey(node, slot.index), "freed");
    }
  }
  return { nodes, slots, freed };
}

interface Place {
  readonly node: number;
  readonly slot: SlotView;
}

/** The used slots of some nodes, by what they hold. */
function places(tree: TreeSnapshot | undefined, nodes: readonly number[]): Map<string, Place[]> {
  const found = new Map<string, Place[]>();
  for (const node of nodes) {
    if (tree === undefined || !tree.has(node)) continue;
    const view = tree.node(node);
    for (const slot of view.slots) {
      if (slot.isPastEnd && slot.word === 0) continue;
      const key = contentKey(view, slot);
      const known = found.get(key);
      if (known === undefined) found.set(key, [{ node, slot }]);
      else known.push({ node, slot });
    }
  }
  return found;
}

/** Free space is told apart by where it is, entries by what they are: a handle may be used again for another VMA. */
function contentKey(node: NodeView, slot: SlotView): string {
  if (node.level > 1) return `child ${slot.word}`;
  if (slot.word === 0) return `free ${slot.last}`;
  return `entry ${slot.word} ${slot.vma?.identity}`;
}

function changeOf(
  { node, slot }: Place,
  old: readonly Place[] | undefined,
): SlotChange | undefined {
  if (old === undefined) return "written";
  const same = old.find((place) => place.node === node && place.slot.index === slot.index);
  if (same === undefined) return "moved";
  if (same.slot.first !== slot.first || same.slot.last !== slot.last) return "resized";
  return same.slot.gap === slot.gap ? undefined : "gap";
}
