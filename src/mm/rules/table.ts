/**
 * What changed in the kernel's rules for address spaces from 5.10 on: one row a rule.
 *
 * Version numbers of changes are those at which kernels were seen to differ, or which their sources show; where only
 * "between two kernels" is known, the row has the older boundary that both agree with. Stable releases carry some
 * changes back (`backports`), distributions others: what a running kernel does, `deno task probe` finds out.
 *
 * @module
 */

/** One rule: what it decides, and its value by version. */
export interface Rule<V extends string | boolean = string | boolean> {
  /** What it decides, as the end of a sentence that begins with the kernel. */
  readonly decides: string;
  /** Where it stands in the kernel's sources. */
  readonly source: string;
  /** The values from each version on, ascending; the first is that of 5.10. */
  readonly values: readonly [from: string, value: V][];
  /** Stable releases that have the newest value before its version. */
  readonly backports?: readonly string[];
  /** Values of kernels that were built in another way: no version tells of them. */
  readonly otherBuilds?: readonly V[];
}

function since(version: string): [from: string, value: boolean][] {
  return version === "5.10" ? [["5.10", true]] : [["5.10", false], [version, true]];
}

function until(version: string): [from: string, value: boolean][] {
  return [["5.10", true], [version, false]];
}

/** A part of the kernel that nearly every build has. */
function part(): Pick<Rule<boolean>, "values" | "otherBuilds"> {
  return { values: [["5.10", true]], otherBuilds: [false] };
}

/** A value for each rule: `true` means that the kernel does what the comment says. */
export type KernelRules = {
  /**
   * Begins anonymous memory without a hint on a huge page: never, from 2 MiB on (large), or if its length is
   * a whole number of 2 MiB (multiples).
   */
  readonly alignAnonymous: "never" | "large" | "multiples";
  /** Lays files from 2 MiB on so that their huge pages fall on the machine's. */
  readonly alignFiles: boolean;
  /** Takes the upper end of the room that it found for an aligned mapping, where its lower end is aligned too. */
  readonly alignTakesUpperEnd: boolean;
  /** Seeks below a stack's guard gap, past room between VMAs that lie in it; before, such room is taken. */
  readonly seeksBelowGuardGap: boolean;
  /**
   * Lets a new mapping that fits both neighbours, which do not fit each other, join the previous or the next
   * one.
   */
  readonly newMapping: "previous" | "next";
  /** Lets a VMA that was never written to grow over one that was. */
  readonly unwrittenTakesWritten: boolean;
  /**
   * Merges a VMA whose file has a close hook (System V shared memory), as long as it is not the one that
   * goes.
   */
  readonly closeHookMerges: boolean;
  /** Gives private file memory a second page offset, of its anonymous pages, which must continue too. */
  readonly anonPageOffset: boolean;
  /** Sets VM_NOHUGEPAGE for MAP_STACK. */
  readonly mapStackNoHugePages: boolean;
  /** Has MAP_DROPPABLE. */
  readonly mapDroppable: boolean;
  /**
   * Maps memory that was sealed against writing shared, if it is to be read only; MADV_REMOVE asks then whether memory
   * may be made writable, before whether it is.
   */
  readonly sealedMapsForReading: boolean;
  /** Marks secret memory (memfd_secret) as locked. */
  readonly secretIsLocked: boolean;
  /** Keeps the ring of io_setup from children (VM_DONTCOPY). */
  readonly ringNotForked: boolean;
  /**
   * Replaces what MAP_FIXED covers with one store, after every check; before, it unmaps first and asks for
   * the commit charge then.
   */
  readonly replaceAtOnce: boolean;
  /** Takes VM_ACCOUNT from anonymous memory that was never written to when it becomes read-only. */
  readonly readOnlyDropsAccount: boolean;
  /** Moves several VMAs with MREMAP_FIXED, and checks the target before it looks for the VMA. */
  readonly moveSeveralVmas: boolean;
  /** Looks at the alignment of mremap's target, and at the reserve of VMAs, before it looks for the VMA. */
  readonly mremapChecksFirst: boolean;
  /** Looks the VMA up even where mremap does not grow it. */
  readonly shrinkLooksUp: boolean;
  /** Leaves file and shared memory behind with MREMAP_DONTUNMAP. */
  readonly dontUnmapFiles: boolean;
  /**
   * Wrongly sets VM_ACCOUNT on the VMA after an accounted one whose middle is left behind by
   * MREMAP_DONTUNMAP.
   */
  readonly dontUnmapAccountsNext: boolean;
  /** Wrongly takes VM_ACCOUNT from the VMA that MREMAP_DONTUNMAP leaves behind, though its pages stay charged. */
  readonly dontUnmapDropsAccount: boolean;
  /** Keeps the copy of MREMAP_DONTUNMAP and what it leaves behind two VMAs. */
  readonly dontUnmapKeepsApart: boolean;
  /** Splits locked memory before MREMAP_DONTUNMAP, so that only the part that moves is unlocked. */
  readonly dontUnmapSplitsLocked: boolean;
  /** Gives what MREMAP_DONTUNMAP leaves behind the page offset of its address, as if never written to. */
  readonly dontUnmapResetsOffset: boolean;
  /**
   * Keeps a reserve of VMAs below max_map_count: for moves to a target only, or for every mremap, by what it
   * may need.
   */
  readonly mremapReserve: "to a target" | "always";
  /** Has MADV_GUARD_INSTALL and MADV_GUARD_REMOVE. */
  readonly adviseGuard: boolean;
  /** Takes guard pages in mappings of files and of shared memory too. */
  readonly guardFiles: boolean;
  /** Has MADV_POPULATE_READ and MADV_POPULATE_WRITE. */
  readonly advisePopulate: boolean;
  /** Has MADV_DONTNEED_LOCKED. */
  readonly adviseDontNeedLocked: boolean;
  /** Has MADV_COLLAPSE. */
  readonly adviseCollapse: boolean;
  /** Answers EAGAIN where advice would pass max_map_count, as where memory runs out; before, ENOMEM. */
  readonly adviseLimitAgain: boolean;
  /** Ends MADV_POPULATE_… at the first hole; before, it goes on and may meet another error. */
  readonly populateStopsAtHole: boolean;
  /** Refuses MADV_DOFORK for all special VMAs, not only those with VM_IO. */
  readonly doForkRefusesSpecial: boolean;
  /** Takes any advice in process_madvise on the caller itself. */
  readonly processAdviseOnSelf: boolean;
  /** Refuses advice that it does not know in process_madvise even where there is nothing to advise on. */
  readonly processAdviseChecksFirst: boolean;
  /** Passes over all that is locked only as it is faulted in; before, memory without access is ENOMEM. */
  readonly lockOnFaultPasses: boolean;
  /** Maps droppable memory (MAP_DROPPABLE) unlocked, though mlockall has all locked that is mapped from now on. */
  readonly mapDroppableUnlocked: boolean;
  /** Names shared memory that no folder holds too: shared anonymous memory, a memfd. */
  readonly namesSharedMemory: boolean;
  /** Has mseal. */
  readonly seal: boolean;
  /** Shows VM_LOCKONFAULT as lf, not as ??. */
  readonly showsLockOnFault: boolean;
  /** Marks a VMA with guard pages (VM_MAYBE_GUARD, gu); before, it gets an anon_vma, that of a file too. */
  readonly showsGuard: boolean;
  /** Calls a VMA that only touches the heap [heap] too. */
  readonly showsHeapBeside: boolean;
  /** Has MADV_HUGEPAGE, MADV_NOHUGEPAGE and MADV_COLLAPSE. */
  readonly adviseHugePages: boolean;
  /** Has MADV_MERGEABLE and MADV_UNMERGEABLE. */
  readonly adviseMergeable: boolean;
  /** Has MAP_HUGETLB. */
  readonly mapHugePages: boolean;
  /** Has pkey_mprotect, whatever the processor. */
  readonly protectWithKeys: boolean;
  /** Makes the heap executable. */
  readonly heapExecutable: boolean;
};

/** All rules by name, in the order in which they are shown. */
export const RULES: { readonly [Name in keyof KernelRules]: Rule<KernelRules[Name]> } = {
  // Where memory is placed.
  alignAnonymous: {
    decides:
      "begins anonymous memory without a hint on a huge page: never, from 2 MiB on (large), " +
      "or if its length is a whole number of 2 MiB (multiples)",
    source: "__get_unmapped_area(), mm/mmap.c",
    values: [["5.10", "never"], ["6.7", "large"], ["6.12", "multiples"]],
  },
  alignFiles: {
    decides: "lays files from 2 MiB on so that their huge pages fall on the machine's",
    source: "thp_get_unmapped_area(), mm/huge_memory.c",
    values: since("5.18"),
  },
  alignTakesUpperEnd: {
    decides:
      "takes the upper end of the room that it found for an aligned mapping, where its lower end " +
      "is aligned too",
    source: "__thp_get_unmapped_area(), mm/huge_memory.c",
    values: since("6.8"),
    backports: ["6.7.6"],
  },
  seeksBelowGuardGap: {
    decides:
      "seeks below a stack's guard gap, past room between VMAs that lie in it; before, such room is " +
      "taken",
    source: "unmapped_area_topdown(), mm/mmap.c",
    values: since("6.1"),
  },

  // What is one VMA.
  newMapping: {
    decides:
      "lets a new mapping that fits both neighbours, which do not fit each other, join the " +
      "previous or the next one",
    source: "mmap_region(), mm/mmap.c; vma_merge_new_range(), mm/vma.c",
    values: [["5.10", "previous"], ["6.1", "next"], ["6.12", "previous"]],
  },
  unwrittenTakesWritten: {
    decides: "lets a VMA that was never written to grow over one that was",
    source: "is_mergeable_anon_vma(), mm/vma.c",
    values: since("6.16"),
  },
  closeHookMerges: {
    decides:
      "merges a VMA whose file has a close hook (System V shared memory), as long as it is not " +
      "the one that goes",
    source: "is_mergeable_vma(), mm/mmap.c",
    values: since("6.4"),
  },
  anonPageOffset: {
    decides: "gives private file memory a second page offset, of its anonymous pages, which must " +
      "continue too",
    source: "needs_adjacent_anon_pgoff(), mm/vma.c",
    values: since("7.3"),
  },

  // mmap.
  mapStackNoHugePages: {
    decides: "sets VM_NOHUGEPAGE for MAP_STACK",
    source: "calc_vm_flag_bits(), include/linux/mman.h",
    values: since("6.7"),
  },
  mapDroppable: {
    decides: "has MAP_DROPPABLE",
    source: "do_mmap(), mm/mmap.c",
    values: since("6.11"),
  },
  sealedMapsForReading: {
    decides:
      "maps memory that was sealed against writing shared, if it is to be read only; MADV_REMOVE " +
      "asks then whether memory may be made writable, before whether it is",
    source: "mmap_region(), mm/mmap.c; memfd_check_seals_mmap(), mm/memfd.c; madvise_remove()",
    values: since("6.7"),
    backports: ["5.10.241", "5.15.190", "6.1.148", "6.6.102"],
  },
  secretIsLocked: {
    decides: "marks secret memory (memfd_secret) as locked",
    source: "secretmem_mmap_prepare(), mm/secretmem.c",
    values: until("7.2"),
    backports: ["6.12.117"],
  },
  ringNotForked: {
    decides: "keeps the ring of io_setup from children (VM_DONTCOPY)",
    source: "aio_ring_mmap_prepare(), fs/aio.c",
    values: since("7.1"),
  },
  replaceAtOnce: {
    decides:
      "replaces what MAP_FIXED covers with one store, after every check; before, it unmaps first " +
      "and asks for the commit charge then",
    source: "mmap_region(), mm/mmap.c; __mmap_region(), mm/vma.c",
    values: since("6.12"),
  },

  // mprotect.
  readOnlyDropsAccount: {
    decides:
      "takes VM_ACCOUNT from anonymous memory that was never written to when it becomes read-only",
    source: "mprotect_fixup(), mm/mprotect.c",
    values: since("6.7"),
  },

  // mremap.
  moveSeveralVmas: {
    decides:
      "moves several VMAs with MREMAP_FIXED, and checks the target before it looks for the VMA",
    source: "remap_move(), check_mremap_params(), mm/mremap.c",
    values: since("6.17"),
  },
  mremapChecksFirst: {
    decides:
      "looks at the alignment of mremap's target, and at the reserve of VMAs, before it looks for " +
      "the VMA",
    source: "check_mremap_params(), mm/mremap.c",
    values: since("6.15"),
  },
  shrinkLooksUp: {
    decides: "looks the VMA up even where mremap does not grow it",
    source: "sys_mremap, mm/mremap.c",
    values: since("5.16"),
  },
  dontUnmapFiles: {
    decides: "leaves file and shared memory behind with MREMAP_DONTUNMAP",
    source: "vma_to_resize(), mm/mremap.c",
    values: since("5.13"),
  },
  dontUnmapAccountsNext: {
    decides:
      "wrongly sets VM_ACCOUNT on the VMA after an accounted one whose middle is left behind by " +
      "MREMAP_DONTUNMAP",
    source: "move_vma(), mm/mremap.c",
    values: until("5.11"),
  },
  dontUnmapDropsAccount: {
    decides:
      "wrongly takes VM_ACCOUNT from the VMA that MREMAP_DONTUNMAP leaves behind, though its pages " +
      "stay charged",
    source: "dontunmap_complete(), mm/mremap.c",
    values: [["5.10", false], ["6.15", true], ["6.18", false]],
    backports: ["6.17.13"],
  },
  dontUnmapKeepsApart: {
    decides: "keeps the copy of MREMAP_DONTUNMAP and what it leaves behind two VMAs",
    source: "copy_vma(), mm/vma.c",
    values: since("7.3"),
    backports: ["6.1.192", "6.12.117", "7.2.12"],
  },
  dontUnmapSplitsLocked: {
    decides:
      "splits locked memory before MREMAP_DONTUNMAP, so that only the part that moves is unlocked",
    source: "needs_pre_split(), mm/mremap.c",
    values: since("7.3"),
    backports: ["6.1.192", "6.12.117", "7.2.12"],
  },
  dontUnmapResetsOffset: {
    decides:
      "gives what MREMAP_DONTUNMAP leaves behind the page offset of its address, as if never " +
      "written to",
    source: "dontunmap_complete(), mm/mremap.c",
    values: since("7.2"),
    backports: ["6.1.192", "6.12.113"],
  },
  mremapReserve: {
    decides:
      "keeps a reserve of VMAs below max_map_count: for moves to a target only, or for every " +
      "mremap, by what it may need",
    source: "check_mremap_params(), mm/mremap.c",
    values: [["5.10", "to a target"], ["7.1", "always"]],
  },

  // madvise, mlock, mseal.
  adviseGuard: {
    decides: "has MADV_GUARD_INSTALL and MADV_GUARD_REMOVE",
    source: "madvise_behavior_valid(), mm/madvise.c",
    values: since("6.13"),
  },
  guardFiles: {
    decides: "takes guard pages in mappings of files and of shared memory too",
    source: "is_valid_guard_vma(), mm/madvise.c",
    values: since("6.15"),
  },
  advisePopulate: {
    decides: "has MADV_POPULATE_READ and MADV_POPULATE_WRITE",
    source: "madvise_behavior_valid(), mm/madvise.c",
    values: since("5.14"),
  },
  adviseDontNeedLocked: {
    decides: "has MADV_DONTNEED_LOCKED",
    source: "madvise_behavior_valid(), mm/madvise.c",
    values: since("5.18"),
  },
  adviseCollapse: {
    decides: "has MADV_COLLAPSE",
    source: "madvise_behavior_valid(), mm/madvise.c",
    values: since("6.1"),
  },
  adviseLimitAgain: {
    decides: "answers EAGAIN where advice would pass max_map_count, as where memory runs out; " +
      "before, ENOMEM",
    source: "madvise_vma_behavior(), mm/madvise.c",
    values: since("5.17"),
  },
  populateStopsAtHole: {
    decides:
      "ends MADV_POPULATE_… at the first hole; before, it goes on and may meet another error",
    source: "madvise_populate(), mm/madvise.c",
    values: since("6.9"),
  },
  doForkRefusesSpecial: {
    decides: "refuses MADV_DOFORK for all special VMAs, not only those with VM_IO",
    source: "madvise_vma_behavior(), mm/madvise.c",
    values: since("7.0"),
  },
  processAdviseOnSelf: {
    decides: "takes any advice in process_madvise on the caller itself",
    source: "process_madvise_remote_valid(), mm/madvise.c",
    values: since("6.13"),
  },
  processAdviseChecksFirst: {
    decides:
      "refuses advice that it does not know in process_madvise even where there is nothing to " +
      "advise on",
    source: "vector_madvise(), mm/madvise.c",
    values: since("7.2"),
  },
  lockOnFaultPasses: {
    decides:
      "passes over all that is locked only as it is faulted in; before, memory without access is " +
      "ENOMEM",
    source: "populate_vma_page_range(), mm/gup.c",
    values: since("5.18"),
  },
  mapDroppableUnlocked: {
    decides:
      "maps droppable memory (MAP_DROPPABLE) unlocked, though mlockall has all locked that is " +
      "mapped from now on",
    source: "vma_supports_mlock(), mm/internal.h",
    values: since("6.19"),
    backports: ["6.12.113", "6.18.44"],
  },
  namesSharedMemory: {
    decides:
      "names shared memory that no folder holds too (PR_SET_VMA_ANON_NAME): shared anonymous " +
      "memory, a memfd",
    source: "madvise_vma_anon_name(), mm/madvise.c",
    values: since("6.2"),
  },
  seal: {
    decides: "has mseal",
    source: "mm/mseal.c",
    values: since("6.10"),
  },

  // What smaps shows.
  showsLockOnFault: {
    decides: "shows VM_LOCKONFAULT as lf, not as ??",
    source: "show_smap_vma_flags(), fs/proc/task_mmu.c",
    values: since("6.2"),
  },
  showsGuard: {
    decides:
      "marks a VMA with guard pages (VM_MAYBE_GUARD, gu); before, it gets an anon_vma, that of a " +
      "file too",
    source: "madvise_guard_install(), mm/madvise.c",
    values: since("6.19"),
    backports: ["6.18.44"],
  },
  showsHeapBeside: {
    decides:
      "calls a VMA [heap] too that only touches the heap, as a program's own data does where " +
      "addresses are not randomized (gdb, setarch -R)",
    source: "vma_is_initial_heap(), include/linux/mm.h",
    values: until("6.11"),
  },

  // How the kernel was built.
  adviseHugePages: {
    decides: "has transparent huge pages: MADV_HUGEPAGE, MADV_NOHUGEPAGE and MADV_COLLAPSE",
    source: "CONFIG_TRANSPARENT_HUGEPAGE, which a real-time kernel (CONFIG_PREEMPT_RT) excludes",
    ...part(),
  },
  adviseMergeable: {
    decides: "has MADV_MERGEABLE and MADV_UNMERGEABLE",
    source: "CONFIG_KSM",
    ...part(),
  },
  mapHugePages: {
    decides: "has MAP_HUGETLB",
    source: "CONFIG_HUGETLBFS",
    ...part(),
  },
  protectWithKeys: {
    decides: "has pkey_mprotect, whatever the processor",
    source: "CONFIG_ARCH_HAS_PKEYS",
    ...part(),
  },
  heapExecutable: {
    decides: "makes the heap executable, as a kernel does that is a process of another (arch/um)",
    source: "VM_DATA_DEFAULT_FLAGS, include/linux/mm.h",
    values: [["5.10", false]],
    otherBuilds: [true],
  },
};
