/**
 * The workloads of the tree benches. Each makes a list of operations for a layout; the list leaves the map as it found
 * it, so that it can be repeated for as long as the bench likes.
 *
 * @module
 */

import { MAX_INDEX } from "../mod.ts";
import { Random } from "../src/random.ts";
import type { Layout } from "./layout.ts";
import { OperationList } from "./operations.ts";
import type { Operations } from "./peers/range_map.ts";

const PAGE = 0x1000;

/** Makes about `count` operations for a map filled with `layout`. */
export type Workload = (layout: Layout, count: number) => Operations;

/** Loads of indices that are in some range. */
export function load({ firsts, lasts }: Layout, count: number): Operations {
  const random = new Random(0x100c);
  const list = new OperationList();
  for (let i = 0; i < count; i++) {
    const k = random.below(firsts.length);
    list.load(firsts[k]! + random.below(lasts[k]! - firsts[k]! + 1));
  }
  return list.build();
}

/** The first range that ends at or after an address, which is free half of the time. */
export function find({ firsts, lasts }: Layout, count: number): Operations {
  const random = new Random(0xf19d);
  const list = new OperationList();
  const span = lasts.at(-1)! - firsts[0]!;
  for (let i = 0; i < count; i++) {
    list.find(firsts[0]! + Math.floor(random.below(0xffffffff) / 0xffffffff * span), MAX_INDEX);
  }
  return list.build();
}

/** A page stored into a gap, and cleared again. */
export function store({ lasts }: Layout, count: number): Operations {
  const random = new Random(0xc402);
  const list = new OperationList();
  for (let i = 0; i < count / 2; i++) {
    const page = lasts[random.below(lasts.length - 1)]! + 1 + PAGE;
    list.store(page, page + PAGE - 1, 7);
    list.clear(page, page + PAGE - 1);
  }
  return list.build();
}

/** A page cleared in the middle of a range, and the whole range stored back. */
export function hole({ firsts, lasts }: Layout, count: number): Operations {
  const random = new Random(0x401e);
  const list = new OperationList();
  for (let i = 0; i < count / 2; i++) {
    const k = random.below(firsts.length);
    list.clear(firsts[k]! + PAGE, firsts[k]! + 2 * PAGE - 1);
    list.store(firsts[k]!, lasts[k]!, k + 1);
  }
  return list.build();
}

/** Three loads, then one change: a page stored into a gap or, the next time, cleared. */
export function mixed({ firsts, lasts }: Layout, count: number): Operations {
  const random = new Random(0x313d);
  const list = new OperationList();
  for (let i = 0; i < count / 8; i++) {
    const page = lasts[random.below(lasts.length - 1)]! + 1 + PAGE;
    for (const change of ["store", "clear"]) {
      for (let j = 0; j < 3; j++) {
        const k = random.below(firsts.length);
        list.load(firsts[k]! + random.below(lasts[k]! - firsts[k]! + 1));
      }
      if (change === "store") list.store(page, page + PAGE - 1, 7);
      else list.clear(page, page + PAGE - 1);
    }
  }
  return list.build();
}

/** The highest free page below a range: there is one just there. */
export function gapNear({ firsts }: Layout, count: number): Operations {
  const random = new Random(0x6a90);
  const list = new OperationList();
  for (let i = 0; i < count; i++) {
    list.highestGap(PAGE, 0, firsts[1 + random.below(firsts.length - 1)]! - 1);
  }
  return list.build();
}

/** The highest 32 free pages below a range: more than any gap between ranges, so it lies below them all. */
export function gap({ firsts }: Layout, count: number): Operations {
  const random = new Random(0x6a9f);
  const list = new OperationList();
  for (let i = 0; i < count; i++) {
    list.highestGap(32 * PAGE, 0, firsts[1 + random.below(firsts.length - 1)]! - 1);
  }
  return list.build();
}

/** Every range, ascending, as often as `count` says. */
export function iterate(_: Layout, count: number): Operations {
  const list = new OperationList();
  for (let i = 0; i < count; i++) list.iterate();
  return list.build();
}

/** Every range stored into an empty map, in random order. */
export function build({ firsts, lasts }: Layout): Operations {
  const random = new Random(0xb11d);
  const order = Uint32Array.from(firsts, (_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const list = new OperationList();
  for (const k of order) list.store(firsts[k]!, lasts[k]!, k + 1);
  return list.build();
}
