/**
 * The whole tree in small: a row for each level, a box for each node, a cell for each used slot.
 *
 * @module
 */
/// <reference lib="dom" />

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { TreeChanges } from "../model/tree_changes.ts";
import type { TreeSnapshot } from "../model/tree_snapshot.ts";
import { color, prepareCanvas, useScheme, useWidth } from "./hooks.ts";

const LEVEL = 20;
const BOX = 15;

/** What is drawn. */
export interface OverviewProps {
  readonly tree: TreeSnapshot;
  readonly changes: TreeChanges | undefined;
  readonly isBefore: boolean;
  readonly path: readonly { readonly node: number; readonly slot: number }[];
  /** Shows the nodes around an index. */
  onLook(index: number): void;
}

/** The small tree. The cards below it can do all that it can. */
export function TreeOverview(props: OverviewProps): JSX.Element {
  const { tree, changes, isBefore, path, onLook } = props;
  const [box, width] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useScheme();
  const height = Math.max(1, tree.height) * LEVEL;
  useEffect(() => {
    if (canvas.current === null || width === 0) return;
    const context = prepareCanvas(canvas.current, width, height);
    context.clearRect(0, 0, width, height);
    draw(context, props, width);
  }, [tree, changes, isBefore, path, width, scheme]);
  return (
    <div
      ref={box}
      class="overview"
      style={{ height: `${height}px` }}
      role="img"
      aria-label={`All ${tree.levelOf.size} nodes on ${tree.height} levels`}
      onClick={(event) => {
        const leaves = tree.levels.at(-1) ?? [];
        const leaf = leaves[Math.floor(event.offsetX / width * leaves.length)];
        if (leaf !== undefined) onLook(tree.node(leaf).min);
      }}
    >
      <canvas ref={canvas} style={{ width: `${width}px`, height: `${height}px` }} />
    </div>
  );
}

/** Leaves share the width; every other node is as wide as what is below it. */
function draw(
  context: CanvasRenderingContext2D,
  { tree, changes, isBefore, path }: OverviewProps,
  width: number,
): void {
  const leaves = tree.levels.at(-1) ?? [];
  const each = width / Math.max(1, leaves.length);
  const spans = new Map(leaves.map((leaf, at) => [leaf, [at * each, (at + 1) * each] as const]));
  const onPath = new Set(path.map(({ node }) => node));
  for (let depth = tree.levels.length - 1; depth >= 0; depth--) {
    for (const id of tree.levels[depth]!) {
      const node = tree.node(id);
      if (node.level > 1) spans.set(id, spanOf(node.slots.map(({ word }) => spans.get(word))));
      const span = spans.get(id);
      if (span === undefined) continue;
      const change = changes?.nodes.get(id);
      const isMarked = isBefore ? change === "dead" : change !== undefined && change !== "dead";
      const paint = isMarked ? change === "new" ? "new" : isBefore ? "bad" : "changed" : "node";
      drawNode(context, span, depth, node.end, node.slots.length, color(paint), onPath.has(id));
    }
  }
}

function spanOf(
  spans: readonly (readonly [number, number] | undefined)[],
): readonly [number, number] {
  const known = spans.filter((span) => span !== undefined);
  return [Math.min(...known.map(([from]) => from)), Math.max(...known.map(([, to]) => to))];
}

/** A box, filled as far as its slots are used. */
function drawNode(
  context: CanvasRenderingContext2D,
  [from, to]: readonly [number, number],
  depth: number,
  end: number,
  capacity: number,
  paint: string,
  isOnPath: boolean,
): void {
  const top = depth * LEVEL + 2;
  const room = Math.max(to - from - (to - from > 6 ? 3 : 0.5), 0.5);
  context.fillStyle = color("void");
  context.fillRect(from, top, room, BOX);
  context.fillStyle = paint;
  const cell = room / capacity;
  if (cell < 3) context.fillRect(from, top, cell * (end + 1), BOX);
  else {
    for (let slot = 0; slot <= end; slot++) {
      context.fillRect(from + slot * cell, top, cell - 1, BOX);
    }
  }
  if (!isOnPath) return;
  context.strokeStyle = color("ink");
  context.lineWidth = 1.5;
  context.strokeRect(from + 0.25, top - 0.75, Math.max(room, 2), BOX + 1.5);
}
