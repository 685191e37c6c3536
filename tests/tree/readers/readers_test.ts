/**
 * Readers beside a writer, explored deterministically.
 *
 * The words and doubles of a tree are put behind a proxy that counts accesses. A *pause* at access k is then made in
 * the middle of production code: the other side runs right there, on the same memory, and the paused side goes on
 * afterwards as if nothing had happened.
 *
 * - *Reader paused*: at each access of a read in turn, whole stores run.
 * - *Writer paused*: at each access of a store in turn, whole reads run.
 *
 * Every answer must be one that was true between the read's beginning and its end, index by index. Freed nodes are
 * poisoned, so a reader that meets one answers with what was never stored, or not at all.
 *
 * @module
 */

import { assert } from "@std/assert";
import * as maple from "../../../mod.ts";
import * as tree from "../../../src/tree/maple_tree.ts";
import { exploreReaders, exploreWriters, randomInterleavings } from "./interleaving.ts";

const BUILD = { maple, tree };

Deno.test("read: stores at every access of a reader leave each index as before or as after", () => {
  const cases = exploreReaders(BUILD);
  console.log(`${cases} interleavings of a paused reader`);
  assert(cases > 7_000);
});

Deno.test("read: reads at every access of a store see each index as before or as after", () => {
  const cases = exploreWriters(BUILD);
  console.log(`${cases} interleavings of a paused writer`);
  assert(cases > 7_000);
});

Deno.test("read: a thousand random interleavings with large trees", () => {
  const cases = randomInterleavings(BUILD, 0x2022, 1000);
  console.log(`${cases} random interleavings`);
});
