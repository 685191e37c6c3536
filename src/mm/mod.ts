/**
 * The address space of a process by the kernel's rules: `mmap` … `exit`, faults, placement, accounting.
 *
 * @module
 */

export { CodedError } from "../abi/error.ts";
export { ERRNO, type Errno } from "../abi/errno.ts";
export * from "../abi/mman.ts";

export { AddressSpace } from "./address_space.ts";
export {
  DEFAULT_KERNEL,
  type KernelRules,
  kernelRules,
  NEWEST_KERNEL,
  overrideRules,
  RULE_NAMES,
  ruleDifferences,
  type RuleName,
  type RuleValues,
} from "./rules/kernel_rules.ts";
export { type Rule, RULES } from "./rules/table.ts";
export { HugePagePool } from "./vma/huge_pool.ts";
export { FaultInjection } from "./fault_injection.ts";
export { MmError, MmInvariantError } from "./error.ts";
export type { Refusal } from "./refusal.ts";
export type { Image, ImageVma } from "./calls/exec.ts";
export type { ImageStack } from "./calls/exec_stack.ts";
export { explainMerge, type Headroom, type MergeExplanation } from "./vma/explain.ts";
export type { Access } from "./calls/fault.ts";
export type { TreeObserver, TreeOperation, VmaTree } from "./vma_tree.ts";
export type { ResourceLimits } from "./rlimit.ts";
export type {
  AddressSpaceOptions,
  CommitLedger,
  MemoryDescriptor,
  OvercommitMode,
} from "./memory_descriptor.ts";
export {
  type HeldLock,
  LOCK_ORDER,
  LockChecker,
  type LockMode,
  type LockName,
  WouldBlock,
} from "./locks/lock_checker.ts";
export type { MmapRequest } from "./calls/mmap.ts";
export type { MergeObstacle } from "./vma/merge.ts";
export {
  type HugePagePolicy,
  PhysicalMemory,
  type PhysicalMemoryOptions,
} from "./pages/physical_memory.ts";
export type { IntervalTree } from "./pages/interval_tree.ts";
export type { RadixTable } from "./pages/radix_table.ts";
export type {
  AnonVma,
  FileMapping,
  Frames,
  HugeEntry,
  MappedFile,
  MappingHooks,
  Page,
  PageTable,
  PageTableEntry,
  SharedSegment,
  SwapSlot,
  Vma,
} from "./vma.ts";
export * from "./vm_flags.ts";
