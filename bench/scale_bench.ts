/** The tree against other libraries at 65,000 ranges, the kernel's default limit, and at 1,000,000. */

import { maple } from "./peers/maple.ts";
import { PEERS } from "./peers/all.ts";
import { sortedArray } from "./peers/sorted_array.ts";
import { sortedBTree } from "./peers/sorted_btree.ts";
import { sortedFloat64Array } from "./peers/sorted_float64_array.ts";
import { registerTreeBenches } from "./tree_benches.ts";

registerTreeBenches({ ranges: 65_000, peers: PEERS, touchingPeers: PEERS.slice(0, 4) });
registerTreeBenches({
  ranges: 1_000_000,
  peers: [maple, sortedArray, sortedFloat64Array, sortedBTree],
  touchingPeers: [],
});
