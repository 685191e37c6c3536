/**
 * What kernels' trees are timed with: the lists of the benches, and moves to both sides.
 *
 * @module
 */

import { type Layout, layout } from "../../../bench/layout.ts";
import { OperationList } from "../../../bench/operations.ts";
import type { Operations } from "../../../bench/peers/range_map.ts";
import { traceOf, treeWorkload } from "../../../bench/traces.ts";
import * as lists from "../../../bench/workloads.ts";
import { MAX_INDEX } from "../../tree/node_layout.ts";
import { Random } from "../../random.ts";

/** A list of operations on a tree that holds a layout. */
export interface RaceWorkload {
  readonly name: string;
  readonly operations: Operations;
  /** Stores that fill the tree before the list begins. */
  readonly filling: Operations;
}

/** Sizes in ranges. */
const SIZES = [60, 1_000, 65_000] as const;

/** Steps in the lists. */
const STEPS = 20_000;

const NOTHING: Operations = new OperationList().build();

const LISTS: Readonly<Record<string, (layout: Layout, size: number) => Operations>> = {
  load: (it) => lists.load(it, STEPS),
  find: (it) => lists.find(it, STEPS),
  next: (it) => moves(it, "next"),
  previous: (it) => moves(it, "previous"),
  store: (it) => lists.store(it, STEPS),
  hole: (it) => lists.hole(it, STEPS),
  gap: (it, size) => lists.gapNear(it, size > 1_000 ? STEPS / 4 : STEPS),
  iterate: (it, size) => lists.iterate(it, Math.max(4, Math.floor(60_000 / size))),
};

/** The names of all workloads. */
export const RACE_WORKLOADS: readonly string[] = [
  "cc1-2022",
  "cc1-ggc",
  ...SIZES.flatMap((
    size,
  ) => [...Object.keys(LISTS).map((list) => `${list}/${size}`), `build/${size}`]),
];

/** Makes the list of a name. */
export async function raceWorkload(name: string): Promise<RaceWorkload> {
  const [list = "", text] = name.split("/");
  if (text === undefined) {
    return { name, operations: treeWorkload(await traceOf(list)), filling: NOTHING };
  }
  const size = Number(text);
  const ranges = layout(size, false);
  if (list === "build") return { name, operations: lists.build(ranges), filling: NOTHING };
  return { name, operations: LISTS[list]!(ranges, size), filling: fillingOf(ranges) };
}

function moves({ firsts, lasts }: Layout, direction: "next" | "previous"): Operations {
  const random = new Random(0x3e87);
  const list = new OperationList();
  const span = lasts.at(-1)! - firsts[0]!;
  for (let i = 0; i < STEPS; i++) {
    const index = firsts[0]! + Math.floor(random.below(0xffffffff) / 0xffffffff * span);
    if (direction === "next") list.next(index, MAX_INDEX);
    else list.previous(index, 0);
  }
  return list.build();
}

function fillingOf({ firsts, lasts }: Layout): Operations {
  const list = new OperationList();
  firsts.forEach((first, i) => list.store(first, lasts[i]!, i + 1));
  return list.build();
}
