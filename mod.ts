/**
 * Maple: the Linux maple tree and the kernel's address-space model.
 *
 * {@linkcode MapleTree} maps ranges of indices to values; {@linkcode AddressSpace} is a process's VMAs, kept in
 * such a tree by the kernel's rules; {@linkcode readTrace} and {@linkcode replay} run a recorded program
 * through it and compare with what the kernel showed.
 *
 * @module
 */

// The tree.
export type { Cursor, CursorStatus, Standing } from "./src/tree/cursor.ts";
export { InvariantError, MapleError, type MapleErrorCode } from "./src/tree/errors.ts";
export type { Grace, ReadSection } from "./src/tree/grace.ts";
export { MapleState } from "./src/tree/maple_state.ts";
export {
  type Entry,
  MapleTree,
  type MapleTreeOptions,
  type TreeReader,
} from "./src/tree/maple_tree.ts";
export { MAX_INDEX } from "./src/tree/node_layout.ts";
export { NodeBudget, type NodePool, type PoolOptions } from "./src/tree/node_pool.ts";
export { type SharedEntry, SharedReader, type SharedTree } from "./src/tree/shared_reader.ts";
export type { TreeStatistics } from "./src/tree/statistics.ts";
export type { WorkCounts } from "./src/tree/work_counts.ts";

// The address space.
export { AddressSpace } from "./src/mm/address_space.ts";
export { AllocationBudget } from "./src/mm/allocation.ts";
export { ERRNO, type Errno, MmError } from "./src/mm/errno.ts";
export type { Image, ImageVma } from "./src/mm/exec.ts";
export type { ImageStack } from "./src/mm/exec_stack.ts";
export { explainMerge, type Headroom, type MergeExplanation } from "./src/mm/explain.ts";
export type { Access } from "./src/mm/fault.ts";
export * from "./src/mm/flags.ts";
export { MmInvariantError } from "./src/mm/invariant_error.ts";
export type { Layout, TreeObserver, TreeOperation } from "./src/mm/layout.ts";
export type { ResourceLimits } from "./src/mm/limits.ts";
export type {
  AddressSpaceOptions,
  CommitLedger,
  MemoryDescriptor,
  OvercommitMode,
  PlacementPolicy,
} from "./src/mm/memory_descriptor.ts";
export type { MmapRequest } from "./src/mm/mmap.ts";
export type { MergeObstacle } from "./src/mm/merge.ts";
export { PhysicalMemory } from "./src/mm/physical_memory.ts";
export type { IntervalTree } from "./src/mm/interval_tree.ts";
export type {
  AnonVma,
  Entry as PageEntry,
  FileMapping,
  MappedFile,
  MappingHooks,
  Page,
  PageTable,
  SharedSegment,
  SwapSlot,
  Vma,
} from "./src/mm/vma.ts";
export * from "./src/mm/vm_flags.ts";

// Traces and their replay.
export { readTrace, type TraceSource } from "./src/trace/read.ts";
export { TraceError, type TraceErrorCode } from "./src/trace/trace_error.ts";
export type {
  EndRecord,
  EnterRecord,
  ExecRecord,
  ExitRecord,
  FaultRecord,
  FileKind,
  ForkRecord,
  GrowRecord,
  HeaderRecord,
  LeaveRecord,
  MapLine,
  OpenFile,
  PlacementPolicy as TracePlacement,
  ResourceLimits as TraceLimits,
  TraceRecord,
} from "./src/trace/record.ts";
export { TRACE_VERSION } from "./src/trace/record.ts";
export { type Divergence, formatDivergence } from "./src/replay/divergence.ts";
export type { Action } from "./src/replay/calls.ts";
export { Machine } from "./src/replay/machine.ts";
export { prepare, type PreparedTrace, run, type RunOptions } from "./src/replay/prepare.ts";
export {
  type MapCountRange,
  Replay,
  replay,
  ReplayError,
  type ReplayOptions,
  type ReplayReport,
} from "./src/replay/replay.ts";
export type { Validation } from "./src/replay/step_validator.ts";
export type { CallStep, ExecStep, ExitStep, ForkStep, Step, TouchStep } from "./src/replay/step.ts";
export { type LoggedOperation, treeOperations } from "./src/replay/tree_log.ts";
