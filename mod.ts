/**
 * Maple: the Linux maple tree and the kernel's address-space model.
 *
 * @module
 */

export { InvariantError, MapleError, type MapleErrorCode } from "./src/tree/errors.ts";
export type { CursorStatus } from "./src/tree/cursor.ts";
export { MapleState } from "./src/tree/maple_state.ts";
export {
  type Entry,
  MapleTree,
  type MapleTreeOptions,
  type TreeReader,
} from "./src/tree/maple_tree.ts";
export { MAX_INDEX } from "./src/tree/node_layout.ts";
export type { TreeStatistics, WorkCounts } from "./src/tree/statistics.ts";
