/**
 * The tree against other libraries at the sizes of everyday address spaces: 60 and 1,000 ranges.
 *
 * Each call performs as many operations as its bench's group does for every peer, so that times in a group compare;
 * `bench/README.md` says how many.
 */

import { registerTreeBenches } from "./tree_benches.ts";
import { PEERS } from "./peers/all.ts";

registerTreeBenches({ ranges: 60, peers: PEERS });
registerTreeBenches({ ranges: 1_000, peers: PEERS });
