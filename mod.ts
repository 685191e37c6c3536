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
export type { Grace, ReadSection } from "./src/tree/rcu.ts";
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
export type { WorkCounts } from "./src/tree/counters.ts";

// What all of it shares.
export { CodedError } from "./src/abi/error.ts";
export { ERRNO, type Errno } from "./src/abi/errno.ts";
export * from "./src/abi/mman.ts";

// The address space.
export { AddressSpace } from "./src/mm/address_space.ts";
export { FaultInjection } from "./src/mm/fault_injection.ts";
export { MmError, MmInvariantError } from "./src/mm/error.ts";
export type { Image, ImageVma } from "./src/mm/calls/exec.ts";
export type { ImageStack } from "./src/mm/calls/exec_stack.ts";
export { explainMerge, type Headroom, type MergeExplanation } from "./src/mm/vma/explain.ts";
export type { Access } from "./src/mm/calls/fault.ts";
export type { TreeObserver, TreeOperation, VmaTree } from "./src/mm/vma_tree.ts";
export type { ResourceLimits } from "./src/mm/rlimit.ts";
export type {
  AddressSpaceOptions,
  CommitLedger,
  MemoryDescriptor,
  OvercommitMode,
  PlacementPolicy,
} from "./src/mm/memory_descriptor.ts";
export type { MmapRequest } from "./src/mm/calls/mmap.ts";
export type { MergeObstacle } from "./src/mm/vma/merge.ts";
export { PhysicalMemory } from "./src/mm/pages/physical_memory.ts";
export type { IntervalTree } from "./src/mm/pages/interval_tree.ts";
export type {
  AnonVma,
  FileMapping,
  MappedFile,
  MappingHooks,
  Page,
  PageTable,
  PageTableEntry,
  SharedSegment,
  SwapSlot,
  Vma,
} from "./src/mm/vma.ts";
export * from "./src/mm/vm_flags.ts";

// Traces and their replay.
export { readTrace, type TraceSource } from "./src/trace/read.ts";
export { TraceError, type TraceErrorCode } from "./src/trace/trace_error.ts";
export {
  type CallRange,
  type EndRecord,
  type EnterRecord,
  type ExecRecord,
  type ExitRecord,
  type FaultRecord,
  type FileKind,
  type ForkRecord,
  type GrowRecord,
  type HeaderRecord,
  type LeaveRecord,
  type MapLine,
  type OpenFile,
  type PlacementPolicy as TracePlacement,
  type ResourceLimits as TraceLimits,
  TRACE_VERSION,
  type TraceRecord,
} from "./src/trace/format.ts";
export { type Divergence, formatDivergence } from "./src/replay/divergence.ts";
export type { Action } from "./src/replay/decode.ts";
export type { AnswerCounts } from "./src/replay/imported/answers.ts";
export { System } from "./src/replay/system.ts";
export {
  type CompiledTrace,
  compileTrace,
  replayUnchecked,
  type UncheckedOptions,
} from "./src/replay/compiled.ts";
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
export type { UnmodelledCalls } from "./src/replay/unmodelled.ts";
export { type LoggedOperation, treeOperations } from "./src/replay/tree_log.ts";
