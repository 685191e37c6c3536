/**
 * The state of one address space: what the system calls work on. Mirrors `struct mm_struct`.
 *
 * Invariants, which `validate` checks: each `…Pages` figure is the sum over the VMAs it is about;
 * only the system calls change any of them.
 *
 * @module
 */

import { type KernelRules, kernelRules } from "./rules/kernel_rules.ts";
import { FaultInjection } from "./fault_injection.ts";
import { Refusal } from "./refusal.ts";
import { HugePagePool } from "./vma/huge_pool.ts";
import { VmaTree } from "./vma_tree.ts";
import type { LockChecker } from "./locks/lock_checker.ts";
import type { HugePagePolicy, PhysicalMemory } from "./pages/physical_memory.ts";
import { PageTable, Vma } from "./vma.ts";
import {
  DEFAULT_MAX_MAP_COUNT,
  DEFAULT_MMAP_MIN_ADDRESS,
  type ResourceLimits,
  TASK_SIZE_X86_64,
  UNLIMITED,
} from "./rlimit.ts";
import type { VmFlags } from "./vm_flags.ts";

/**
 * How much memory may be promised (`vm.overcommit_memory`): refuse the absurd, promise all, or keep
 * to the limit.
 */
export type OvercommitMode = "heuristic" | "always" | "never";

/** What all address spaces of one machine share: memory that was promised to them, in pages. */
export class CommitLedger {
  /** Pages promised. Mirrors `vm_committed_as`. */
  pages = 0;
  /** Of those, pages that no VMA will give back: what kernels with the rule `dontUnmapDropsAccount` lose. */
  leakedPages = 0;
  /** The rule by which a promise is refused. */
  mode: OvercommitMode = "heuristic";
  /** RAM and swap together, pages: what one request may not pass under `heuristic`. */
  memoryPages: number = Infinity;
  /** What all promises together may not pass under `never`, pages. */
  limitPages: number = Infinity;
  /** Of those, kept from all but the administrator, pages: `vm.admin_reserve_kbytes`. */
  adminReservePages = 0;
  /** Of those, kept from a big process at most, pages: `vm.user_reserve_kbytes`. */
  userReservePages = 0;
}

/**
 * What all promises together may come to under `never`, pages. Mirrors `vm_commit_limit()`.
 *
 * @param ratio percent of RAM that may be promised: `vm.overcommit_ratio`
 */
export function commitLimit(ramPages: number, swapPages: number, ratio = 50): number {
  return Math.floor(ramPages * ratio / 100) + swapPages;
}

/** What may be said of an address space when it is made. */
export interface AddressSpaceOptions {
  /** The kernel's rules; those of {@linkcode kernelRules} without an argument unless given. */
  rules?: KernelRules;
  /** Limit on VMAs; 65530 unless given. */
  maxMapCount?: number;
  /** Lowest address that may be mapped without CAP_SYS_RAWIO, bytes; 0x1000 unless given. */
  mmapMinAddress?: number;
  /**
   * Lowest address that hints, placement and stacks come to, bytes: a security module may hold it above
   * `mmapMinAddress`, which it is unless given.
   */
  hintMinAddress?: number;
  /** First address that is not the user's, bytes; that of x86-64 unless given. */
  taskSize?: number;
  /**
   * Where addresses end that the kernel gives without being asked for more, bytes; `taskSize` unless given. With five
   * page-table levels it is the end of four: a hint above asks for more.
   */
  mapWindow?: number;
  /** The machine has protection keys; true unless given. */
  protectionKeys?: boolean;
  /** The processor has shadow stacks, and the kernel lets programs use them; false unless given. */
  shadowStacks?: boolean;
  /** Top (or, legacy, bottom) of the area where `mmap` places, bytes. */
  mmapBase?: number;
  /** Place from `mmapBase` upwards. */
  legacyLayout?: boolean;
  /** Soft resource limits, bytes; those not given are unlimited. */
  limits?: Partial<ResourceLimits>;
  /** RLIMIT_MEMLOCK does not bind (CAP_IPC_LOCK); true unless given. */
  capIpcLock?: boolean;
  /** May map below mmap_min_addr (CAP_SYS_RAWIO); false unless given. */
  capSysRawio?: boolean;
  /** The machine's pool of huge pages (MAP_HUGETLB); an empty one unless given. */
  hugePool?: HugePagePool;
  /** Memory promised by the machine; a ledger of its own unless given. */
  commit?: CommitLedger;
  /**
   * Where the machine uses transparent huge pages (`/sys/kernel/mm/transparent_hugepage/enabled`); unless given, what
   * `memory` says, else for memory that was advised so.
   */
  hugePages?: HugePagePolicy;
  /** The machine's pages; without it no page is modelled, and none costs anything. */
  memory?: PhysicalMemory | null;
}

/** The rules unless others are given: the same for all, and derived from their table once. */
const DEFAULT_RULES: KernelRules = kernelRules();

/** State of one address space. */
export class MemoryDescriptor {
  /** Memory for VMAs, anon_vmas, links and tree nodes. */
  readonly faultInjection: FaultInjection = new FaultInjection();
  /** Why the last call that was refused was. */
  readonly refusal: Refusal = new Refusal();
  /** The VMAs. */
  tree: VmaTree = new VmaTree(this.faultInjection);
  /**
   * What the running call wants a range to be, before any VMA is that. There is one for all calls, as most merge it
   * into a VMA that is there. Mirrors `struct vma_merge_struct`.
   */
  readonly wish: Vma = new Vma(NaN, NaN, 0, NaN, null);
  /** The rules of the kernel that it follows. */
  readonly rules: KernelRules;
  /** VMAs at most: `vm.max_map_count`. */
  readonly maxMapCount: number;
  /** The lowest address that may be mapped without CAP_SYS_RAWIO, bytes: `vm.mmap_min_addr`. */
  readonly mmapMinAddress: number;
  /**
   * The lowest address that hints, placement and stacks come to, bytes: the kernel's variable `mmap_min_addr`, the
   * larger of the setting and of what a security module was built with.
   */
  readonly hintMinAddress: number;
  /** First byte that is not the user's. */
  readonly taskSize: number;
  /** Where addresses end that the kernel gives without being asked for more. Mirrors `DEFAULT_MAP_WINDOW`. */
  readonly mapWindow: number;
  /** The machine has protection keys. */
  readonly protectionKeys: boolean;
  /** The processor has shadow stacks, and the kernel lets programs use them. */
  shadowStacks: boolean;
  /** Has CAP_IPC_LOCK: RLIMIT_MEMLOCK does not bind. */
  readonly capIpcLock: boolean;
  /** Has CAP_SYS_RAWIO: mmap_min_addr does not bind MAP_FIXED. */
  capSysRawio: boolean;
  /** Soft resource limits, bytes. */
  readonly limits: ResourceLimits;
  /** The machine's pool of huge pages. */
  readonly hugePool: HugePagePool;
  /** What all address spaces of the machine were promised. */
  readonly commit: CommitLedger;
  /** Where transparent huge pages are used. */
  readonly hugePages: HugePagePolicy;
  /** The machine's pages; null where pages are not modelled. */
  readonly memory: PhysicalMemory | null;
  /** Where its own pages are; null where pages are not modelled. */
  readonly pageTable: PageTable | null;
  /** Checks the machine's locks; null where they are not checked. */
  readonly locks: LockChecker | null;
  /** Where placement begins, bytes. */
  mmapBase: number;
  /** Placement goes upwards. */
  legacyLayout: boolean;
  /** First byte of the heap. */
  startBrk = 0;
  /** First byte after the heap; not page-aligned. */
  brk = 0;
  /** The stack pointer with which the program began. */
  startStack = 0;
  /** Flags that every new mapping gets (mlockall, prctl). */
  defaultFlags: VmFlags = 0;
  /** Refuses memory that may be written and executed: PR_MDWE_… bits. */
  denyWriteExec = 0;
  /** What is mapped from now on may be merged with the same pages elsewhere (PR_SET_MEMORY_MERGE). */
  mergesAny = false;
  /** What may be read may be executed too (personality). */
  readImpliesExec = false;
  /** Pages mapped. Mirrors `total_vm`. */
  totalPages = 0;
  /** Pages in locked VMAs. Mirrors `locked_vm`. */
  lockedPages = 0;
  /** Pages of private writable VMAs, stacks aside. Mirrors `data_vm`. */
  dataPages = 0;
  /** Pages of executable, unwritable VMAs. Mirrors `exec_vm`. */
  executablePages = 0;
  /** Pages of VMAs that grow. Mirrors `stack_vm`. */
  stackPages = 0;
  /** Pages charged to the commit ledger. */
  committedPages = 0;
  /** A call is running: none may begin before it has ended. (Where locks are checked, mmap_lock says so.) */
  isCalling = false;
  /** The first error that a hook threw during the call that is running. */
  hookError: { readonly error: unknown } | undefined;

  /** An empty address space. */
  constructor(options: AddressSpaceOptions = {}) {
    this.rules = options.rules ?? DEFAULT_RULES;
    this.maxMapCount = options.maxMapCount ?? DEFAULT_MAX_MAP_COUNT;
    this.mmapMinAddress = options.mmapMinAddress ?? DEFAULT_MMAP_MIN_ADDRESS;
    this.hintMinAddress = options.hintMinAddress ?? this.mmapMinAddress;
    this.taskSize = options.taskSize ?? TASK_SIZE_X86_64;
    this.mapWindow = options.mapWindow ?? this.taskSize;
    this.protectionKeys = options.protectionKeys ?? true;
    this.shadowStacks = options.shadowStacks ?? false;
    this.capIpcLock = options.capIpcLock ?? true;
    this.capSysRawio = options.capSysRawio ?? false;
    this.limits = { ...UNLIMITED, ...options.limits };
    this.commit = options.commit ?? new CommitLedger();
    this.hugePool = options.hugePool ?? new HugePagePool();
    this.memory = options.memory ?? null;
    this.hugePages = options.hugePages ?? this.memory?.hugePages ?? "madvise";
    this.pageTable = this.memory === null ? null : new PageTable(this.memory);
    this.locks = this.memory?.locks ?? null;
    if (this.locks !== null) this.tree.guard = this.pageTable;
    this.mmapBase = options.mmapBase ?? this.mapWindow;
    this.legacyLayout = options.legacyLayout ?? false;
  }

  /** An empty address space under the same rules, for a fork. */
  sibling(): MemoryDescriptor {
    const { tree: _, ...options } = this;
    return new MemoryDescriptor(options);
  }
}
