/**
 * The system calls that Maple knows, one row each: recorder, reader, replay, fuzzer, shrinker and the error tests
 * draw on it.
 *
 * Numbers: Linux arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h, which arm64 uses as it
 * is. Options of prctl: include/uapi/linux/prctl.h.
 *
 * @module
 */

import type { Errno } from "./errno.ts";

/** Machines whose calls are known, by their names in `uname -m`. */
export type Architecture = "x86_64" | "aarch64";

/** An option of a call that is several calls in one. */
export interface CallOption {
  /** Its name in the kernel's headers. */
  readonly name: string;
  /** The method of `AddressSpace` that does what the kernel does. */
  readonly model?: string;
  /** Errors by which the method may refuse. */
  readonly errors?: readonly Errno[];
  /** Why the model does nothing for it. An option has this or {@linkcode model}. */
  readonly unmodelled?: string;
  /** What stands where its arguments point. */
  readonly reads?: Pointers;
}

/** What stands where a call's arguments point: read when the call enters, and recorded with it. */
export interface Pointers {
  /** A text: its argument. */
  readonly text?: number;
  /** A list of `struct iovec`: the arguments with its address and with its length. */
  readonly ranges?: readonly [address: number, count: number];
  /** A structure of pairs of words, the first an address and a length: its argument, and how many pairs it has. */
  readonly pairs?: readonly [address: number, count: number];
  /** A mask of memory nodes: the arguments with its address and with one more than its bits. */
  readonly nodes?: readonly [address: number, bits: number];
  /** A pidfd, which is no pointer but stands for a process as one: its argument. */
  readonly process?: number;
}

/** What is known of a call. */
export interface SystemCall {
  /** Arguments it takes; registers beyond are left over from before. */
  readonly arity: number;
  /** Its number on x86-64 and on arm64; absent where that machine has no such call. */
  readonly numbers: { readonly [A in Architecture]?: number };
  /**
   * Whether a trace records it: every call, none, or none that only asks (`unless` the argument has the value). A call
   * with {@linkcode options} is recorded for these only.
   */
  readonly recorded: boolean | { readonly unless: readonly [argument: number, value: number] };
  /** The values of one of its arguments that concern memory. */
  readonly options?: ReadonlyMap<number, CallOption>;
  /** Which argument that is; the first unless given. */
  readonly optionArgument?: number;
  /** True if its first two arguments are an address and a length. */
  readonly range?: boolean;
  /** What stands where its arguments point. */
  readonly reads?: Pointers;
  /**
   * What its replay does: the method of `AddressSpace`; `"fork"` and `"exec"`: what records of that type tell;
   * `"limits"`: what the record of its return tells; `"options"`: each option says it for itself.
   */
  readonly model?: string;
  /** Errors by which the model may refuse it. */
  readonly errors?: readonly Errno[];
  /** Why the model does nothing for it. A recorded call has this or {@linkcode model}. */
  readonly unmodelled?: string;
}

const POLICIES = "NUMA policies are not modelled, and neighbours with different ones stay apart";

/** Of prctl's options those that concern memory. */
const PRCTL_OPTIONS: ReadonlyMap<number, CallOption> = new Map([
  [35, { name: "PR_SET_MM", unmodelled: "the bounds that it moves are taken from exec alone" }],
  [41, { name: "PR_SET_THP_DISABLE", unmodelled: "whether pages are huge is not modelled" }],
  [65, { name: "PR_SET_MDWE", model: "setDenyWriteExec", errors: ["EINVAL", "EPERM"] }],
  [67, { name: "PR_SET_MEMORY_MERGE", model: "setMemoryMerge" }],
  [0x53564d41, {
    name: "PR_SET_VMA",
    reads: { text: 4 },
    model: "setAnonName",
    errors: ["EAGAIN", "EBADF", "EINVAL", "ENOMEM"],
  }],
]);

/** Of ioctl's requests those that concern memory: include/uapi/linux/userfaultfd.h. */
const IOCTL_REQUESTS: ReadonlyMap<number, CallOption> = new Map([
  [0xc020_aa00, {
    name: "UFFDIO_REGISTER",
    reads: { pairs: [2, 2] },
    model: "setUserfault",
    errors: ["EINVAL", "ENOMEM"],
  }],
  [0x8010_aa01, {
    name: "UFFDIO_UNREGISTER",
    reads: { pairs: [2, 1] },
    model: "setUserfault",
    errors: ["EINVAL", "ENOMEM"],
  }],
]);

/** The rows. `Object.entries` of it, or {@linkcode systemCall} for a name that a file or program gave. */
export const SYSTEM_CALLS = {
  arch_prctl: row([158], 2),
  brk: row([12, 214], 1, { recorded: true, model: "brk" }),
  clone: row([56, 220], 5, { recorded: true, model: "fork" }),
  clone3: row([435, 435], 2, { recorded: true, model: "fork" }),
  close: row([3, 57], 1, { recorded: true, model: "setUserfault" }), // of userfaultfd's descriptors
  close_range: row([436, 436], 3),
  dup: row([32, 23], 1),
  execve: row([59, 221], 3, { recorded: true, model: "exec", errors: ["EFAULT", "ENOMEM"] }),
  execveat: row([322, 281], 5, { recorded: true, model: "exec" }),
  exit: row([60, 93], 1),
  exit_group: row([231, 94], 1),
  faccessat: row([269, 48], 3),
  fcntl: row([72, 25], 3),
  fork: row([57], 0, { recorded: true, model: "fork", errors: ["ENOMEM"] }),
  ftruncate: row([77, 46], 2),
  getpid: row([39, 172], 0),
  ioctl: row([16, 29], 3, {
    recorded: true,
    options: IOCTL_REQUESTS,
    optionArgument: 1,
    model: "options",
  }),
  io_destroy: row([207, 1], 1, { recorded: true, model: "munmap" }),
  io_setup: row([206, 0], 2, { recorded: true, model: "mmap" }),
  kcmp: row([312, 272], 5),
  kill: row([62, 129], 2),
  lseek: row([8, 62], 3),
  madvise: row([28, 233], 3, {
    recorded: true,
    model: "madvise",
    range: true,
    errors: ["EACCES", "EAGAIN", "EFAULT", "EINVAL", "ENOMEM", "EPERM"],
  }),
  map_shadow_stack: row([453, 453], 3, {
    recorded: true,
    model: "mapShadowStack",
    errors: [
      ...["EAGAIN", "EEXIST", "EINVAL", "ENOMEM", "ENOSPC", "EOPNOTSUPP", "EOVERFLOW"] as const,
      "ERANGE",
    ],
  }),
  mbind: row([237, 235], 6, {
    recorded: true,
    reads: { nodes: [3, 4] },
    model: "mbind",
    range: true,
    errors: ["EFAULT", "EINVAL", "ENOMEM"],
  }),
  memfd_create: row([319, 279], 2),
  memfd_secret: row([447, 447], 1),
  mincore: row([27, 232], 3, {
    recorded: true,
    model: "mincore",
    range: true,
    errors: ["EFAULT", "EINVAL", "ENOMEM"],
  }),
  mlock: row([149, 228], 2, {
    recorded: true,
    model: "mlock",
    range: true,
    errors: ["EINVAL", "ENOMEM", "EPERM"],
  }),
  mlock2: row([325, 284], 3, { recorded: true, model: "mlock", range: true }),
  mlockall: row([151, 230], 1, {
    recorded: true,
    model: "mlockall",
    errors: ["EINVAL", "ENOMEM", "EPERM"],
  }),
  mmap: row([9, 222], 6, {
    recorded: true,
    model: "mmap",
    range: true,
    errors: [
      "EACCES",
      "EAGAIN",
      "EBADF",
      "EEXIST",
      "EINVAL",
      "ENODEV",
      "ENOMEM",
      "EOPNOTSUPP",
      "EOVERFLOW",
      "EPERM",
    ],
  }),
  mount: row([165, 40], 5),
  mount_setattr: row([442, 442], 5),
  mprotect: row([10, 226], 3, {
    recorded: true,
    model: "mprotect",
    range: true,
    errors: ["EACCES", "EINVAL", "ENOMEM", "EPERM"],
  }),
  mremap: row([25, 216], 5, {
    recorded: true,
    model: "mremap",
    errors: ["EAGAIN", "EFAULT", "EINVAL", "ENOMEM", "EPERM"],
  }),
  mseal: row([462, 462], 3, {
    recorded: true,
    model: "mseal",
    range: true,
    errors: ["EINVAL", "ENOMEM"],
  }),
  msync: row([26, 227], 3, {
    recorded: true,
    model: "msync",
    range: true,
    errors: ["EBUSY", "EINVAL", "ENOMEM"],
  }),
  munlock: row([150, 229], 2, {
    recorded: true,
    model: "munlock",
    range: true,
    errors: ["EINVAL", "ENOMEM"],
  }),
  munlockall: row([152, 231], 0, { recorded: true, model: "munlockall" }),
  munmap: row([11, 215], 2, {
    recorded: true,
    model: "munmap",
    range: true,
    errors: ["EINVAL", "ENOMEM", "EPERM"],
  }),
  openat: row([257, 56], 4),
  personality: row([135, 92], 1, {
    recorded: { unless: [0, 0xffff_ffff] },
    model: "setReadImpliesExec",
  }),
  pidfd_getfd: row([438, 438], 3),
  pidfd_open: row([434, 434], 2),
  pipe2: row([293, 59], 2),
  pkey_mprotect: row([329, 288], 4, { recorded: true, model: "mprotect", range: true }),
  prctl: row([157, 167], 5, {
    recorded: true,
    options: PRCTL_OPTIONS,
    model: "options",
  }),
  prlimit64: row([302, 261], 4, { recorded: { unless: [2, 0] }, model: "limits" }),
  process_madvise: row([440, 440], 5, {
    recorded: true,
    reads: { process: 0, ranges: [1, 2] },
    model: "processMadvise",
    errors: ["EACCES", "EAGAIN", "EFAULT", "EINVAL", "ENOMEM", "EPERM"],
  }),
  process_vm_writev: row([311, 271], 6),
  ptrace: row([101, 117], 4),
  read: row([0, 63], 3),
  remap_file_pages: row([216, 234], 5, {
    recorded: true,
    model: "remapFilePages",
    range: true,
    errors: ["EINVAL", "EOVERFLOW", "EPERM"],
  }),
  set_mempolicy_home_node: row([450, 450], 4, {
    recorded: true,
    range: true,
    unmodelled: POLICIES,
  }),
  setrlimit: row([160, 164], 2, { recorded: true, model: "limits" }),
  shmat: row([30, 196], 3, {
    recorded: true,
    model: "shmat",
    errors: ["EACCES", "EINVAL", "ENOMEM", "EPERM"],
  }),
  shmctl: row([31, 195], 3),
  shmdt: row([67, 197], 1, { recorded: true, model: "shmdt", errors: ["EINVAL", "EPERM"] }),
  shmget: row([29, 194], 3),
  vfork: row([58], 0, { recorded: true, model: "fork" }),
  userfaultfd: row([323, 282], 1),
  wait4: row([61, 260], 4),
  write: row([1, 64], 3),
} satisfies Readonly<Record<string, SystemCall>>;

/** A row; a call is not recorded unless it says so. */
function row<const Row extends Partial<SystemCall>>(
  [x86_64, aarch64]: readonly [x86_64: number, aarch64?: number],
  arity: number,
  more?: Row,
): SystemCall & Row;
function row(
  [x86_64, aarch64]: readonly [x86_64: number, aarch64?: number],
  arity: number,
  more: Partial<SystemCall> = {},
): SystemCall {
  return {
    numbers: { x86_64, ...(aarch64 !== undefined && { aarch64 }) },
    arity,
    recorded: false,
    ...more,
  };
}

/** A call that stands in the table. */
export type SystemCallName = keyof typeof SYSTEM_CALLS;

/** A call for which a replay does something by itself. */
export type ModelledCall = {
  [Name in SystemCallName]: (typeof SYSTEM_CALLS)[Name] extends { readonly model: infer Model }
    ? Model extends "fork" | "exec" ? never : Name
    : never;
}[SystemCallName];

const BY_NAME: ReadonlyMap<string, SystemCall> = new Map(Object.entries(SYSTEM_CALLS));

/** The row of a call, undefined if it is not known. */
export function systemCall(name: string): SystemCall | undefined {
  return BY_NAME.get(name);
}

/** The number of a call on a machine. */
export function numberOf(name: SystemCallName, machine: Architecture): number | undefined {
  return BY_NAME.get(name)?.numbers[machine];
}

/** The calls of a machine that a trace may record, by their numbers. */
export function recordedCalls(machine: Architecture): ReadonlyMap<number, string> {
  const calls = new Map<number, string>();
  for (const [name, { numbers, recorded }] of BY_NAME) {
    const number = numbers[machine];
    if (recorded !== false && number !== undefined) calls.set(number, name);
  }
  return calls;
}

/**
 * True for the calls on memory and processes, unless a call by its arguments has nothing to do with memory or only asks
 * for something.
 */
export function isRecorded(name: string, args: readonly number[]): boolean {
  const call = BY_NAME.get(name);
  if (call === undefined || call.recorded === false) return false;
  if (call.options !== undefined) return optionOf(call, args) !== undefined;
  if (call.recorded === true) return true;
  const [argument, value] = call.recorded.unless;
  return (args[argument] ?? 0) !== value;
}

/** The option that the arguments of a call name; the kernel takes it as 32 bits. */
function optionOf(call: SystemCall | undefined, args: readonly number[]): CallOption | undefined {
  return call?.options?.get((args[call.optionArgument ?? 0] ?? 0) >>> 0);
}

/**
 * The arguments of a call, of all that registers or a text hold: what is beyond those it takes is left over from
 * before.
 */
export function argumentsOf(name: string, values: readonly number[]): readonly number[] {
  return values.slice(0, BY_NAME.get(name)?.arity);
}

/** The name of a call, with its option where it has some: `prctl(PR_SET_VMA)`. */
export function callName(name: string, args: readonly number[]): string {
  const option = optionOf(BY_NAME.get(name), args);
  return option === undefined ? name : `${name}(${option.name})`;
}

/** What stands where the arguments of a call point. */
export function pointersOf(name: string, args: readonly number[]): Pointers {
  const call = BY_NAME.get(name);
  return optionOf(call, args)?.reads ?? call?.reads ?? {};
}

/** Why the model does nothing for a call with these arguments; undefined if it does what the kernel does. */
export function unmodelledBecause(name: string, args: readonly number[]): string | undefined {
  const call = BY_NAME.get(name);
  if (call === undefined) return "the call is not known here";
  const option = optionOf(call, args);
  if (option !== undefined) return option.unmodelled;
  return call.unmodelled;
}

/** The errors of each model: of the methods of `AddressSpace`, and of `fork` and `exec`. */
export function errorsByModel(): ReadonlyMap<string, readonly Errno[]> {
  const errors = new Map<string, readonly Errno[]>();
  for (const row of BY_NAME.values()) {
    for (const each of [row, ...row.options?.values() ?? []]) {
      if (each.model !== undefined && each.errors !== undefined) {
        errors.set(each.model, each.errors);
      }
    }
  }
  return errors;
}
