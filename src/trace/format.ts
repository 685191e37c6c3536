/**
 * The trace format: what one line of a trace says, as a type.
 *
 * A trace is JSON lines, plain or gzip. The first line is the {@linkcode HeaderRecord}, the last the
 * {@linkcode EndRecord}; between them stands what happened, in the order in which the recorder saw it.
 *
 * On disk every address, length, argument and file offset is a hexadecimal string (`"0x7f12…"`), because
 * that is how the kernel prints them and how a reader compares them; in memory they are numbers of bytes.
 * A 64-bit argument above 2^53 is read as its signed value (`0xffffffffffffffff` is -1) and, where even
 * that is not a safe integer, as 2^52 and its last twelve bits: no user address is near.
 *
 * A trace carries no directory of the machine it came from: files appear under their base names.
 *
 * # Order
 *
 * An `exec` introduces the first process; every other one is introduced by the `fork` that made it. A
 * thread is a process that shares its memory: it has a `pid` of its own (the kernel's thread id) and its
 * own `exit`. Within a process an `enter` is followed by its `leave`; between the two may stand what the
 * call brought about (`fork`, `exec`, with a `pid` of the new thread leader), what other processes did,
 * and, where threads share memory, `fault` and `grow`. An `exit` closes an open `enter`.
 * An optional field that an older trace of the same version lacks means: not known.
 *
 * @module
 */

/** The version this code writes, and the newest it reads. */
export const TRACE_VERSION = 1;

/** The rule by which the kernel chose addresses for `mmap(NULL, …)`; see `src/mm/vma/placement.ts`. */
export type PlacementPolicy = "6.18" | "6.7" | "5.19";

/** First line: what was recorded, where and why. */
export interface HeaderRecord {
  /** Tells the records apart. */
  readonly type: "header";
  /** Always `"maple-trace"`. */
  readonly format: "maple-trace";
  /** {@linkcode TRACE_VERSION} of the writer. */
  readonly version: number;
  /** The command, its program as a base name. */
  readonly command: readonly string[];
  /** Why this trace exists, one sentence; empty if it was not given. */
  readonly purpose: string;
  /** Compiler release (`gcc 12.2.0`), or what else the workload depends on; empty if unknown. */
  readonly compiler: string;
  /** Kernel release, as `uname -r` prints it. */
  readonly kernel: string;
  /** Machine, as `uname -m` prints it: `x86_64` or `aarch64`. */
  readonly machine: string;
  /** Placement in force: the running kernel's own, or the older one the recorder imposed. */
  readonly placement: PlacementPolicy;
  /**
   * The kernel's rules by name, as the recorder found them by probing; one that it could not decide is missing. Without
   * the field the kernel's version decides. See `src/mm/rules/table.ts`.
   */
  readonly rules?: Readonly<Record<string, string | boolean>>;
  /** `/sys/kernel/mm/transparent_hugepage/enabled`. */
  readonly hugePages?: "never" | "madvise" | "always";
  /** True if the command ran with CAP_SYS_RAWIO: MAP_FIXED may go below `mmapMinAddress`. */
  readonly rawIo?: boolean;
  /** Bytes a page. */
  readonly pageSize: number;
  /** `vm.max_map_count`. */
  readonly maxMapCount: number;
  /** `vm.mmap_min_addr`, bytes. */
  readonly mmapMinAddress: number;
  /**
   * Lowest address to which hints go, as a probe found it, bytes: a security module may hold it above
   * `mmapMinAddress`, which it is unless given.
   */
  readonly hintMinAddress?: number;
  /** Where the user's addresses end (`TASK_SIZE`), bytes; absent: where they usually do on such a machine. */
  readonly taskSize?: number;
  /** Levels of the machine's page tables: with 5, addresses reach to 2^56. */
  readonly pageTableLevels?: 4 | 5;
  /** True if the machine has protection keys, and the kernel uses them. */
  readonly protectionKeys?: boolean;
  /**
   * `approximate`: a part of a recording, without the layouts to compare with. `imported`: made of a text that shows
   * calls and their results and little else: each call then does what its result says it did.
   */
  readonly fidelity: "exact" | "approximate" | "imported";
  /** `vm.overcommit_memory`: 0 heuristic, 1 always, 2 never. */
  readonly overcommitMemory?: number;
  /** Memory and swap together, bytes (`MemTotal` + `SwapTotal`): the heuristic's limit for one call. */
  readonly memoryBytes?: number;
  /** True if the command ran with CAP_IPC_LOCK: RLIMIT_MEMLOCK then binds nothing. */
  readonly ipcLock?: boolean;
}

/** One VMA as `/proc/PID/smaps` shows it. */
export interface MapLine {
  /** First byte. */
  readonly start: number;
  /** First byte after the last: exclusive, as the kernel prints it. */
  readonly end: number;
  /** Four letters, `rwxp` or `rwxs`, `-` where absent. */
  readonly permissions: string;
  /** File offset, bytes; 0 for anonymous memory. */
  readonly offset: number;
  /** `major:minor` in hexadecimal, `00:00` for none. */
  readonly device: string;
  /** Inode number, 0 for none. */
  readonly inode: number;
  /** Base name of the file, a name in brackets (`[heap]`), or empty. */
  readonly name: string;
  /** VmFlags, two letters each, separated by blanks (`rd wr mr mw me ac`), without the soft-dirty bit
   * `sd`; absent where only `/proc/PID/maps` was read. */
  readonly vmFlags?: string;
  /** True if smaps counted anonymous pages in it: it has been written to, so it has an anon_vma. */
  readonly written?: boolean;
}

/**
 * What an open file is, where that decides about mapping: `regular` lies on a disk file system, which
 * may align large maps to huge pages; `shmem` is a tmpfs file, a memfd or System V shared memory; `secretmem` is
 * memory that the kernel itself does not see, `memfd_secret`.
 */
export type FileKind = "regular" | "shmem" | "hugetlb" | "secretmem" | "device" | "other";

/** An open file, as one `open()` made it: two opens of one path are two identities. */
export interface OpenFile {
  /** Number of this open file within the trace. Two descriptors share it only if one was duplicated
   * from, inherited or passed on as the other. */
  readonly id: number;
  /** `major:minor` in hexadecimal, as in {@linkcode MapLine}. */
  readonly device: string;
  /** Inode number, 0 for none. */
  readonly inode: number;
  /** Base name. */
  readonly name: string;
  /** Bytes, when it was mapped. */
  readonly size: number;
  /** How it was opened. */
  readonly access: "read" | "write" | "read-write";
  /** What it is. */
  readonly kind: FileKind;
  /** True if its file system is mounted such that nothing on it can be executed. */
  readonly noexec?: boolean;
  /** True if it lies on a stacked file system (overlayfs), which maps a file of the one below in its place. */
  readonly stacked?: boolean;
}

/** A successful exec: the address space is new, and this is all of it. */
export interface ExecRecord {
  /** Tells the records apart. */
  readonly type: "exec";
  /** The process, by the kernel's thread id. */
  readonly pid: number;
  /** Base name of the program. */
  readonly program: string;
  /** Every VMA, ascending; without `[vsyscall]`. */
  readonly layout: readonly MapLine[];
  /** Where the heap starts (`start_brk`), bytes. */
  readonly brk: number;
  /** `start_stack`, the initial stack pointer, bytes. */
  readonly stack: number;
  /** Top of the area where `mmap(NULL)` places, exclusive: `mmap_base`, bytes. */
  readonly mmapBase: number;
  /** True if the process could not be asked for `mmapBase`: it is taken from what lies there. */
  readonly mmapBaseGuessed?: boolean;
  /** True if placement is bottom-up from `mmapBase` (legacy layout). */
  readonly legacyLayout: boolean;
  /** False if addresses are not randomized (`ADDR_NO_RANDOMIZE`, or the whole system's setting). */
  readonly randomized?: boolean;
  /** True if the program begins with the personality READ_IMPLIES_EXEC: what may be read may be executed. */
  readonly readImpliesExec?: boolean;
  /** Whether the program has CAP_IPC_LOCK; absent: as the header says. */
  readonly ipcLock?: boolean;
  /** Soft limits in bytes; absent means unlimited. */
  readonly limits: ResourceLimits;
  /**
   * What the layout leaves out, in an imported trace: of a `new` program only what exec itself maps, of a `running` one
   * anything. Absent where the layout is whole.
   */
  readonly unknown?: "new" | "running";
}

/** Soft resource limits in bytes; an absent one is unlimited. */
export interface ResourceLimits {
  /** RLIMIT_STACK. */
  readonly stack?: number;
  /** RLIMIT_AS. */
  readonly addressSpace?: number;
  /** RLIMIT_DATA. */
  readonly data?: number;
  /** RLIMIT_MEMLOCK. */
  readonly lockedMemory?: number;
}

/** A call enters the kernel. */
export interface EnterRecord {
  /** Tells the records apart. */
  readonly type: "enter";
  /** The process, by the kernel's thread id. */
  readonly pid: number;
  /** The call's name, `mmap`, `munmap`, `brk` … */
  readonly call: string;
  /** Its arguments in the kernel's order, as the program gave them. */
  readonly args: readonly number[];
  /** `mmap`: the open file that its descriptor stands for. */
  readonly file?: OpenFile;
  /** `mmap`: the hint that the recorder put in place of NULL to impose an older placement. */
  readonly imposedHint?: number;
  /** `prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, …)`: the name that its pointer leads to; absent for NULL. */
  readonly name?: string;
  /** True in an imported trace if calls are missing before this one. */
  readonly afterGap?: boolean;
  /**
   * `mbind`: the memory nodes that it names, a bit each in hexadecimal (`"0x3"`), without those that the process may
   * not use unless the mode says that the mask stands as it is; absent if there is no mask, or it could not be read.
   */
  readonly nodes?: string;
  /**
   * `process_madvise`: the ranges that its vector lists; absent if they could not be read. `ioctl`: the range, and
   * after it the two words that follow it.
   */
  readonly ranges?: readonly CallRange[];
  /** `process_madvise`: the process that its pidfd stands for, `pid` if the caller itself; absent if it is none. */
  readonly process?: number;
}

/** A range of memory that a call was given in a list. */
export interface CallRange {
  /** First byte. */
  readonly address: number;
  /** Bytes. */
  readonly length: number;
}

/** The call returns, and this is what the kernel then showed. */
export interface LeaveRecord {
  /** Tells the records apart. */
  readonly type: "leave";
  /** The process, by the kernel's thread id. */
  readonly pid: number;
  /** The call's name, as on entry. */
  readonly call: string;
  /** The result; 0 when `error` is present. */
  readonly result: number;
  /** The errno's name, `ENOMEM`. */
  readonly error?: string;
  /** Starts of the VMAs shown before that are gone or changed since the layout last shown. */
  readonly removed: readonly number[];
  /** The VMAs that are new or changed. A changed one is in both lists. */
  readonly added: readonly MapLine[];
  /** `shmat`: the shared memory segment, one identity a segment. */
  readonly file?: OpenFile;
  /** `setrlimit`, `prlimit64`: the soft limits now in force. */
  readonly limits?: ResourceLimits;
}

/**
 * First write fault of a VMA: it has an anon_vma from here on. The recorder sees the pages only when a
 * call stops the process; of several VMAs first written between two stops, the lowest comes first.
 */
export interface FaultRecord {
  /** Tells the records apart. */
  readonly type: "fault";
  /** The process, by the kernel's thread id. */
  readonly pid: number;
  /** An address in the VMA: its start, as only the VMA is known. */
  readonly address: number;
}

/** The stack grew down between calls. */
export interface GrowRecord {
  /** Tells the records apart. */
  readonly type: "grow";
  /** The process, by the kernel's thread id. */
  readonly pid: number;
  /** The new start of the VMA that grew. */
  readonly start: number;
}

/** A process was made. */
export interface ForkRecord {
  /** Tells the records apart. */
  readonly type: "fork";
  /** The process, by the kernel's thread id. */
  readonly pid: number;
  /** The new process. */
  readonly child: number;
  /** `true`: parent and child share one address space (vfork, CLONE_VM). */
  readonly sharesMemory: boolean;
  /** The clone flags, without the exit signal; absent for `fork` and `vfork`. */
  readonly flags?: number;
  /** The child's layout as first shown; absent when shared. */
  readonly layout?: readonly MapLine[];
}

/** A process ended; its address space is torn down if it was the last user. */
export interface ExitRecord {
  /** Tells the records apart. */
  readonly type: "exit";
  /** The process, by the kernel's thread id. */
  readonly pid: number;
  /** Exit status, or 128 + signal. */
  readonly status: number;
}

/** Last line. A file without it was cut off. */
export interface EndRecord {
  /** Tells the records apart. */
  readonly type: "end";
  /** `interrupted`: the recording was stopped; what stands before is complete. */
  readonly reason: "finished" | "interrupted";
}

/** One line of a trace. */
export type TraceRecord =
  | HeaderRecord
  | ExecRecord
  | EnterRecord
  | LeaveRecord
  | FaultRecord
  | GrowRecord
  | ForkRecord
  | ExitRecord
  | EndRecord;
