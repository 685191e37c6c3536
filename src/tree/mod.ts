/**
 * The maple tree: ordered ranges of indices by the kernel's names, with cursors, search for free space, readers beside
 * a writer, and readers in other threads.
 *
 * @module
 */

export type { CursorStatus } from "./cursor.ts";
export { InvariantError, MapleError, type MapleErrorCode } from "./errors.ts";
export { MapleState } from "./maple_state.ts";
export { type Entry, MapleTree, type MapleTreeOptions, type TreeReader } from "./maple_tree.ts";
export { MAX_INDEX } from "./node_layout.ts";
export { NodeBudget } from "./node_pool.ts";
export { type SharedEntry, SharedReader, type SharedTree } from "./shared_reader.ts";
export type { TreeStatistics } from "./statistics.ts";
export type { Counters } from "./counters.ts";
