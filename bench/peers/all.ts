/** The implementations that the benches compare, the baseline first. */

import { bintrees } from "./bintrees.ts";
import { functionalRedBlackTree } from "./functional_red_black_tree.ts";
import { intervalTree } from "./interval_tree.ts";
import { jsSdsl } from "./js_sdsl.ts";
import { maple } from "./maple.ts";
import type { Peer } from "./range_map.ts";
import { sortedArray } from "./sorted_array.ts";
import { sortedBTree } from "./sorted_btree.ts";
import { sortedFloat64Array } from "./sorted_float64_array.ts";
import { stdRedBlackTree } from "./std_red_black_tree.ts";

/** Compared on every workload they can do in reasonable time. */
export const PEERS: readonly Peer[] = [
  maple,
  sortedArray,
  sortedFloat64Array,
  sortedBTree,
  stdRedBlackTree,
  functionalRedBlackTree,
  bintrees,
  jsSdsl,
  intervalTree,
];

/** Compared on the recorded workload too. */
export const MAIN_PEERS: readonly Peer[] = PEERS.slice(0, 6);
