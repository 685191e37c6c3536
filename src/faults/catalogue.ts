/**
 * The catalogue of faults that can be planted.
 *
 * @module
 */

import type { Canary } from "./canary.ts";
import { LOAD_CANARIES } from "./load_canaries.ts";
import { MM_CANARIES } from "./mm_canaries.ts";
import { TREE_CANARIES } from "./tree_canaries.ts";

/** Every fault, by row of the catalogue of regressions. */
export const CANARIES: readonly Canary[] = [...TREE_CANARIES, ...MM_CANARIES, ...LOAD_CANARIES]
  .sort((a, b) => a.row - b.row);
