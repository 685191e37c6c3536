/**
 * The tree: all of it in small, and the nodes on the way to one address slot by slot.
 *
 * @module
 */
/// <reference lib="dom" />

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Store } from "../model/store.ts";
import type { StepView } from "../model/step_view.ts";
import type { NodeChange, TreeChanges } from "../model/tree_changes.ts";
import type { TreeSnapshot } from "../model/tree_snapshot.ts";
import { NodeCard, SLOT_SIGNS } from "./node_card.tsx";
import { TreeOverview } from "./tree_overview.tsx";

/** Nodes shown below each other in one column, beside the one on the path. */
const MOST_BESIDE = 2;

/** The panel. */
export function TreePanel({ store, view }: { store: Store; view: StepView }): JSX.Element {
  const [showsBefore, setShowsBefore] = useState(false);
  const [looked, setLooked] = useState<number>();
  const columns = useRef<HTMLDivElement>(null);
  // Another step or another selection says anew where to look.
  useEffect(() => setLooked(undefined), [view, store.selected]);
  const canShowBefore = view.treeBefore !== undefined && !view.isTornDown;
  const isBefore = showsBefore && canShowBefore;
  const tree = isBefore ? view.treeBefore : view.tree;
  const index = looked ?? focusOf(store, view);
  const path = useMemo(() => tree?.path(index) ?? [], [tree, index]);
  const leaf = path.at(-1)?.node;
  useEffect(() => {
    const { current } = columns;
    if (current !== null) current.scrollLeft = current.scrollWidth;
  }, [leaf, tree]);
  const changes = view.treeChanges;
  const dead = [...changes?.nodes ?? []].filter(([, change]) => change === "dead");
  return (
    <section class="panel tree" aria-labelledby="tree-title" data-tour="tree">
      <header>
        <h2 id="tree-title">Maple tree</h2>
        <p class="count">{tree === undefined ? "no tree" : summary(tree)}</p>
        <div class="buttons switch" role="group" aria-label="Which tree">
          <button
            type="button"
            aria-pressed={isBefore}
            disabled={!canShowBefore}
            onClick={() => setShowsBefore(true)}
          >
            Before
          </button>
          <button type="button" aria-pressed={!isBefore} onClick={() => setShowsBefore(false)}>
            After
          </button>
        </div>
      </header>
      {tree !== undefined && (
        <TreeOverview
          tree={tree}
          changes={changes}
          isBefore={isBefore}
          path={path}
          onLook={setLooked}
        />
      )}
      <div class="columns" ref={columns} tabIndex={0} role="region" aria-label="Nodes on the way">
        {tree !== undefined && path.map(({ node, slot }, at) => (
          <div class="column" key={at}>
            {[node, ...besides(tree, changes, path, at)].map((each) => (
              <NodeCard
                key={each}
                node={tree.node(each)}
                change={changeOf(changes, each, isBefore)}
                slots={(isBefore ? changes?.freed : changes?.slots) ?? new Map()}
                walked={each === node && looked === undefined ? slot : -1}
                opened={each === node ? slot : -1}
                violation={view.health?.violation?.node === each && !isBefore
                  ? view.health.violation
                  : undefined}
                selected={store.selected}
                onLook={setLooked}
                onSelect={(first) => store.select(first)}
              />
            ))}
          </div>
        ))}
      </div>
      <footer class="legend">
        {SLOT_SIGNS.map(([sign, text]) => (
          <span key={sign}>
            <b>{sign}</b> {text}
          </span>
        ))}
        <span>
          <b class="walk">▸</b> the last walk
        </span>
        {dead.length > 0 && (
          <span class="dim">
            {dead.length === 1 ? "node" : "nodes"} {dead.slice(0, 8).map(([id]) => id).join(", ")}
            {dead.length > 8 ? " …" : ""} replaced: see Before
          </span>
        )}
      </footer>
    </section>
  );
}

/** Where to look: at the selected VMA, else where the operation began, else at what a rule is broken by. */
function focusOf(store: Store, view: StepView): number {
  if (store.selected !== undefined) return store.selected;
  const shown = view.operations.find(({ number }) => number === view.operation) ??
    view.operations.findLast(({ isWrite }) => isWrite) ?? view.operations.at(-1);
  const misplaced = view.health?.misplaced[0];
  if (shown === undefined || view.isTornDown) {
    return misplaced?.at ?? view.space?.rows[0]?.first ?? 0;
  }
  return shown.first;
}

/** Other nodes of the same level that the step made or changed. */
function besides(
  tree: TreeSnapshot,
  changes: TreeChanges | undefined,
  path: readonly { readonly node: number }[],
  at: number,
): number[] {
  const level = tree.height - at;
  const onPath = new Set(path.map(({ node }) => node));
  return [...changes?.nodes.keys() ?? []]
    .filter((node) => tree.levelOf.get(node) === level && !onPath.has(node))
    .slice(0, changes !== undefined && changes.nodes.size > 8 ? 0 : MOST_BESIDE);
}

function changeOf(
  changes: TreeChanges | undefined,
  node: number,
  isBefore: boolean,
): NodeChange | undefined {
  const change = changes?.nodes.get(node);
  return isBefore ? change === "dead" ? "dead" : undefined : change === "dead" ? undefined : change;
}

function summary(tree: TreeSnapshot): string {
  const nodes = tree.levelOf.size;
  if (nodes === 0) return "empty";
  return `${nodes} ${nodes === 1 ? "node" : "nodes"}, ${tree.height} ${
    tree.height === 1 ? "level" : "levels"
  }`;
}
