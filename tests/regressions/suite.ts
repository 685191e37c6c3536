/**
 * All scenarios, the catalogue's rows in families.
 *
 * @module
 */

import { CURSOR } from "./cursor.ts";
import { GAP_SEARCH } from "./gap_search.ts";
import { LOAD } from "./load.ts";
import { MAPPING } from "./mapping.ts";
import { MERGING } from "./merging.ts";
import { NODE_REWRITE } from "./node_rewrite.ts";
import { READERS } from "./readers.ts";
import { RESERVE } from "./reserve.ts";
import type { Scenario } from "./scenario.ts";
import { SPANNING } from "./spanning.ts";
import { UNMAPPING } from "./unmapping.ts";

/** Every scenario. */
export const SUITE: readonly Scenario[] = [
  ...NODE_REWRITE,
  ...SPANNING,
  ...RESERVE,
  ...GAP_SEARCH,
  ...CURSOR,
  ...READERS,
  ...MERGING,
  ...UNMAPPING,
  ...MAPPING,
  ...LOAD,
];
