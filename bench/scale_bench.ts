/** The tree against other libraries at 65,000 ranges, the kernel's default limit, and at 1,000,000. */

import { PEERS, peersOf } from "./peers/all.ts";
import { registerTreeBenches } from "./tree_benches.ts";

registerTreeBenches({ ranges: 65_000, peers: PEERS });
registerTreeBenches({ ranges: 1_000_000, peers: peersOf("million") });
