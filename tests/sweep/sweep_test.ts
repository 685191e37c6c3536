/**
 * The part of the boundary sweep that every run does; `deno task sweep` does all of it.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import * as maple from "../../mod.ts";
import { withPlanted } from "../canaries/planted.ts";
import { formatSweep, sweep, SweepError } from "./sweep.ts";

/** Boundaries left out between two starts, by height: the higher the tree, the more there are. */
const STRIDES = [1, 1, 2, 23];

Deno.test("sweep: stores at node boundaries of trees of height 1 to 4", () => {
  const trees = STRIDES.flatMap((stride, i) => sweep(maple, { heights: [i + 1], stride }));
  console.log(formatSweep(trees).split("\n").at(-1));
  assertEquals(new Set(trees.map((tree) => tree.height)).size, 4);
  const kinds = new Set(trees.flatMap((tree) => Object.keys(tree.kinds)));
  assertEquals([...kinds].sort(), ["one leaf", "rebalance", "spanning", "split", "whole tree"]);
  assert(trees.reduce((sum, tree) => sum + tree.cases, 0) > 20_000);
});

Deno.test("sweep: finds what ended with its parent in 2024", async () => {
  await withPlanted("right side at last, not last + 1", ({ maple }) => {
    assertThrows(() => sweep(maple, { heights: [3], stride: 3 }), SweepError);
    return Promise.resolve();
  });
});
