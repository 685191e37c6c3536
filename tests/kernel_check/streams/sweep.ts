/**
 * The boundary sweep: stores and clears that begin and end at, one before and one after the ends of the kernel's own
 * nodes.
 *
 * @module
 */

import * as maple from "../../../mod.ts";
import {
  kindsOf,
  type SweepBase,
  sweepBase,
  type SweepWrite,
  sweepWrites,
  type TreeKind,
} from "../../sweep/sweep.ts";
import { type Operation, operation, Verb } from "../../../src/kernel/operation.ts";
import type { Case } from "./case.ts";

/** Heights, and of how many boundaries one is a start: the higher the tree, the more there are. */
const STRIDES = [[1, 1], [2, 1], [3, 5], [4, 61]] as const;

/** One case for every kind of tree whose name is wanted. */
export function* sweepCases(
  isWanted: (it: Pick<Case, "group" | "name">) => boolean,
): Generator<Case> {
  for (const [height, stride] of STRIDES) {
    for (const kind of kindsOf([height])) {
      const spacing = kind.touching ? "touching" : "with free space";
      const gaps = kind.gaps ? "gaps" : "no gaps";
      const named = {
        group: "boundary sweep",
        name: `height ${kind.height}, ${gaps}, ${spacing}, ${kind.order}`,
      };
      if (isWanted(named)) yield { ...named, ...sweepCase(kind, stride) };
    }
  }
}

function sweepCase(kind: TreeKind, stride: number): Omit<Case, "group" | "name"> {
  const made = sweepBase(maple, kind);
  const base = made.writes.map(storeOf);
  return {
    options: { gaps: kind.gaps, readers: false },
    base,
    operations: (_, shape) => sweepOperations(made, base, { shape, stride, gaps: kind.gaps }),
  };
}

function* sweepOperations(
  made: SweepBase,
  base: readonly Operation[],
  { shape, stride, gaps }: { shape: string; stride: number; gaps: boolean },
): Generator<Operation> {
  // The kernel's own boundaries: other releases than 6.12 split elsewhere.
  const ends = endsOf(shape);
  yield operation(Verb.NEW_TREE, gaps ? 1 : 0, 1);
  yield* base;
  yield operation(Verb.MARK);
  for (const write of sweepWrites({ ...made, ends }, stride, maple.MAX_INDEX)) {
    yield storeOf(write);
    yield operation(Verb.REWIND);
  }
}

function storeOf({ first, last, value }: SweepWrite): Operation {
  return operation(Verb.STORE, first, last, value ?? 0);
}

/** Last indices of the nodes by level, the leaves first. */
function endsOf(shape: string): number[][] {
  const levels: number[][] = [];
  for (const [, depth, last] of shape.matchAll(/^node d=(\d+) \S+ 0x[0-9a-f]+-0x([0-9a-f]+)/gm)) {
    const end = last === "f".repeat(16) ? maple.MAX_INDEX : parseInt(last!, 16);
    (levels[Number(depth)] ??= []).push(end);
  }
  return levels.reverse();
}
