/** The implementations that the benches compare, the baseline first. */

import { bintrees } from "./bintrees.ts";
import { functionalRedBlackTree } from "./functional_red_black_tree.ts";
import { intervalTree } from "./interval_tree.ts";
import { jsSdsl } from "./js_sdsl.ts";
import { maple } from "./maple.ts";
import { mapleRangeMap } from "./maple_range_map.ts";
import type { Peer, PeerGroup } from "./range_map.ts";
import { sortedArray } from "./sorted_array.ts";
import { sortedBTree } from "./sorted_btree.ts";
import { sortedFloat64Array } from "./sorted_float64_array.ts";
import { stdRedBlackTree } from "./std_red_black_tree.ts";

/** All of them. Which groups each takes part in, its own file says. */
export const PEERS: readonly Peer[] = [
  maple,
  mapleRangeMap,
  sortedArray,
  sortedFloat64Array,
  sortedBTree,
  stdRedBlackTree,
  functionalRedBlackTree,
  bintrees,
  jsSdsl,
  intervalTree,
];

/** Those that take part in a group. */
export function peersOf(group: PeerGroup): Peer[] {
  return PEERS.filter((peer) => peer.alsoIn.includes(group));
}
