/**
 * Recorded calls as actions on an address space.
 *
 * @module
 */

import type { AddressSpace } from "../mm/address_space.ts";
import {
  MAP_32BIT,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_TYPE,
  PR_SET_MDWE,
  PR_SET_MEMORY_MERGE,
  PR_SET_VMA,
  PR_SET_VMA_ANON_NAME,
  PROT_READ,
  PROT_WRITE,
  READ_IMPLIES_EXEC,
} from "../abi/mman.ts";
import { type ModelledCall, systemCall, unmodelledBecause } from "../abi/syscalls.ts";
import type { EnterRecord, LeaveRecord } from "../trace/format.ts";
import type { TraceFiles } from "./files.ts";
import { limitsOf } from "./image.ts";
import { roundLength, unsigned } from "../abi/page.ts";
import { adoptBase, type DirectCall, directCall, type DirectName } from "./direct_call.ts";
import type { MappedFile } from "../mm/vma.ts";
import {
  readVmFlags,
  VM_DONTCOPY,
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_IO,
  VM_MAYEXEC,
  VM_MAYWRITE,
  VM_MIXEDMAP,
  VM_PFNMAP,
  VM_WRITE,
} from "../mm/vm_flags.ts";

/** What a call does to the address space of its process; gives the call's result. */
export interface Action {
  (space: AddressSpace): number;
  /** The same as data, of the calls that programs make most. */
  direct?: DirectCall | undefined;
}

/** What is known of a call once it has returned. */
export interface ReturnedCall {
  readonly enter: EnterRecord;
  readonly leave: LeaveRecord;
  readonly files: TraceFiles;
  /** Whether the machine has protection keys, if the trace says so. */
  readonly protectionKeys?: boolean;
}

/** Makes the action from what is known, or says why the model does nothing for the call. */
type Decoder = (call: ReturnedCall, args: readonly number[]) => Action | Unmodelled;

/** A call for which the model does nothing. */
export interface Unmodelled {
  /** Why. */
  readonly unmodelled: string;
}

/** A call on a range whose result is 0; its further arguments are numbers. */
function onRange(
  name: DirectName,
  act: (space: AddressSpace, address: number, length: number, third: number) => void,
  third: (value: number | undefined) => number = int,
): Decoder {
  return (_, args) => {
    const address = size(args[0]);
    const length = size(args[1]);
    const more = third(args[2]);
    const action: Action = (space) => {
      act(space, address, length, more);
      return 0;
    };
    action.direct = directCall(name, address, length, more);
    return action;
  };
}

/** A call whose result is 0. */
function plain(act: (space: AddressSpace, args: readonly number[]) => void): Decoder {
  return (_, args) => (space) => {
    act(space, args);
    return 0;
  };
}

/** An address or a length; 0 if it is not given. */
function size(value = 0): number {
  return unsigned(value);
}

/** An argument that the kernel takes as 32 bits, whatever the register holds above them. */
function int(value = 0): number {
  return value | 0;
}

/** An argument that the kernel takes as it is. */
function whole(value = 0): number {
  return value;
}

/** A decoder for each call of the table that is modelled: the types see to it that none is missing. */
const DECODERS: { readonly [Name in ModelledCall]: Decoder } = {
  mmap: decodeMmap,
  io_setup: decodeIoSetup,
  ioctl: decodeUserfault,
  close: decodeClose,
  io_destroy: decodeIoDestroy,
  munmap: onRange("munmap", (space, address, length) => space.munmap(address, length)),
  mprotect: onRange(
    "mprotect",
    (space, address, length, protection) => space.mprotect(address, length, protection),
    whole,
  ),
  brk: (_, args) => {
    const address = size(args[0]);
    const action: Action = (space) => space.brk(address);
    action.direct = directCall("brk", address, 0, 0);
    return action;
  },
  mremap: (_, [address, oldLength, newLength, flags, target]) => (space) => {
    const from = size(address);
    const result = space.mremap(from, size(oldLength), size(newLength), flags!, size(target));
    // What stays where it is may lie above all numbers that the model has.
    return result === from ? address! : result;
  },
  madvise: onRange(
    "madvise",
    (space, address, length, advice) => space.madvise(address, length, advice),
  ),
  mlock: onRange("mlock", (space, address, length) => space.mlock(address, length), () => 0),
  mlock2: onRange("mlock", (space, address, length, flags) => space.mlock(address, length, flags)),
  munlock: onRange("munlock", (space, address, length) => space.munlock(address, length)),
  mlockall: plain((space, [flags]) => space.mlockall(int(flags))),
  munlockall: plain((space) => space.munlockall()),
  mseal: onRange(
    "mseal",
    (space, address, length, flags) => space.mseal(address, length, flags),
    whole,
  ),
  msync: onRange("msync", (space, address, length, flags) => space.msync(address, length, flags)),
  mincore: plain((space, [address, length, vector]) => {
    space.mincore(size(address), size(length), size(vector));
  }),
  remap_file_pages: plain((space, [address, length, protection, pageOffset, flags]) =>
    space.remapFilePages(size(address), size(length), protection!, size(pageOffset), flags)
  ),
  mbind: decodeMbind,
  map_shadow_stack: decodeShadowStack,
  personality: decodePersonality,
  pkey_mprotect: decodePkeyMprotect,
  process_madvise: decodeProcessMadvise,
  shmat: decodeShmat,
  shmdt: plain((space, [address]) => space.shmdt(size(address))),
  prctl: decodePrctl,
  prlimit64: decodeLimits,
  setrlimit: decodeLimits,
};

/** What a call does to the model; undefined if nothing. */
export function actionOf(call: ReturnedCall): Action | undefined {
  const decoded = decode(call);
  return typeof decoded === "function" ? decoded : undefined;
}

const BY_NAME: ReadonlyMap<string, Decoder> = new Map(Object.entries(DECODERS));

/**
 * What a call does to the model, or why it does nothing; undefined if other records tell what it did, as they do of
 * forks and execs.
 */
export function decode(call: ReturnedCall): Action | Unmodelled | undefined {
  const { enter } = call;
  const model = systemCall(enter.call)?.model;
  if (model === "fork" || model === "exec") return undefined;
  if (call.leave.error?.startsWith("ERESTART")) {
    return { unmodelled: "a signal interrupted it, and it is made again" };
  }
  const why = unmodelledBecause(enter.call, enter.args);
  if (why !== undefined) return { unmodelled: why };
  return BY_NAME.get(enter.call)?.(call, allArguments(enter));
}

/** The arguments of a call; a text may leave out the last ones, as strace does those of mremap. */
function allArguments({ call, args }: EnterRecord): readonly number[] {
  const missing = (systemCall(call)?.arity ?? 0) - args.length;
  return missing <= 0 ? args : [...args, ...Array<number>(missing).fill(0)];
}

function decodeMmap({ enter, leave, files }: ReturnedCall, args: readonly number[]): Action {
  const [wanted = 0, length = 0, protection = 0, given = 0, , offset = 0] = args;
  const isMemory = given & MAP_ANONYMOUS || isSharedZero(enter, given, leave);
  const opened = isMemory || enter.file === undefined ? null : files.of(enter.file);
  const file = opened === null ? null : asAnswered(opened, enter, leave);
  // Where MAP_32BIT places is drawn at random by the kernel: its choice is taken over.
  const drawn = given & MAP_32BIT && !(given & MAP_FIXED) && leave.error === undefined;
  const flags = given | (drawn ? MAP_FIXED : 0) | (isMemory ? MAP_ANONYMOUS : 0);
  const address = drawn ? leave.result : size(wanted);
  const request = { address, length: size(length), protection, flags, file, offset: size(offset) };
  const isPlaced = leave.error === undefined && address === 0 && !(flags & (MAP_FIXED | MAP_32BIT));
  const end = isPlaced ? leave.result + roundLength(request.length) : 0;
  const action: Action = (space) => {
    adoptBase(space.descriptor, end);
    return space.mmap(request);
  };
  action.direct = directCall("mmap", request.address, request.length, 0, { request, end });
  return action;
}

/**
 * A ring is a file of its own that the kernel maps for the caller: how long it is depends on the machine's processors,
 * so that is taken from what was mapped. Mirrors `aio_setup_ring()` (Linux fs/aio.c).
 */
function decodeIoSetup({ leave }: ReturnedCall): Action | Unmodelled {
  const line = leave.added.find(({ name }) => /^\[aio\]/.test(name));
  if (line === undefined) return { unmodelled: "what it mapped is not shown, or it was refused" };
  const { name, device, inode, start, end } = line;
  const length = end - start;
  const file: MappedFile = {
    ...{ name, device, inode, readable: true, writable: true, hugeAligned: false },
    ...{ executable: false, unsynced: true, ringBytes: length },
  };
  const request = { length, protection: PROT_READ | PROT_WRITE, flags: MAP_SHARED };
  return (space) => {
    space.mmap({ ...request, file: { ...file, ringOwner: space.descriptor } });
    return 0;
  };
}

/** A context is known by where its ring lies. Mirrors `kill_ioctx()`. */
function decodeIoDestroy(
  { leave }: ReturnedCall,
  [context]: readonly number[],
): Action | Unmodelled {
  if (leave.error !== undefined) return { unmodelled: "there is no such context" };
  const start = size(context);
  return (space) => {
    const length = space.findVma(start)?.file?.ringBytes;
    if (length !== undefined) space.munmap(start, length);
    return 0;
  };
}

/**
 * The answer tells that there are shadow stacks. Where one is placed depends on gaps that the model does not keep: that
 * is taken over.
 */
function decodeShadowStack(
  { leave }: ReturnedCall,
  [address, length, flags]: readonly number[],
): Action | Unmodelled {
  if (leave.error === "EOPNOTSUPP" || leave.error === "ENOSYS") {
    return { unmodelled: "the processor or the kernel has no shadow stacks" };
  }
  const start = leave.error === undefined ? leave.result : size(address);
  return (space) => {
    space.descriptor.shadowStacks = true;
    return space.mapShadowStack(start, size(length), flags!);
  };
}

/** True for a shared mapping of /dev/zero: it is shared anonymous memory, with a file of its own each time. */
function isSharedZero({ file }: EnterRecord, flags: number, leave: LeaveRecord): boolean {
  return file?.kind === "device" && file.name === "zero" && (flags & MAP_TYPE) === MAP_SHARED &&
    leave.error === undefined;
}

/** Flags that a driver may set or clear on a new mapping. */
const DRIVER_FLAGS = VM_IO | VM_PFNMAP | VM_MIXEDMAP | VM_DONTEXPAND | VM_DONTCOPY | VM_DONTDUMP |
  VM_MAYEXEC;

/**
 * The file with what only the kernel's answer tells of it: that it cannot be mapped, or was sealed; and, of one that is
 * neither on a disk nor in shared memory, which flags its driver sets.
 */
function asAnswered(
  file: MappedFile,
  enter: EnterRecord,
  leave: LeaveRecord,
): MappedFile {
  const { file: opened } = enter;
  if (leave.error === "ENODEV") return { ...file, mappable: false };
  if (leave.error === "EPERM") return { ...file, sealed: true };
  if (file.below !== undefined) showBelow(file.below, leave);
  if (opened?.kind === "shmem") return asSealed(file, enter, leave);
  const isDriver = opened?.kind === "device" || opened?.kind === "other";
  const line = isDriver && leave.error === undefined && file.addedFlags === undefined
    ? leave.added.find(({ start }) => start === leave.result)
    : undefined;
  if (line?.vmFlags === undefined) return file;
  const addedFlags = readVmFlags(line.vmFlags).flags & DRIVER_FLAGS;
  return Object.assign(file, { addedFlags, clearedFlags: DRIVER_FLAGS & ~addedFlags });
}

/** Some kernels show device and inode of the file below, others those of the file itself: the answer says which. */
function showBelow(below: MappedFile, leave: LeaveRecord): void {
  const line = leave.added.find(({ start, end }) => start <= leave.result && leave.result < end);
  if (leave.error !== undefined || line === undefined) return;
  Object.assign(below, { device: line.device, inode: line.inode });
}

/**
 * Shared memory that was sealed against writing may be mapped to be read, and never written to then: that it was, the
 * trace does not say, but the flags of what is mapped do.
 */
function asSealed(file: MappedFile, { args }: EnterRecord, leave: LeaveRecord): MappedFile {
  const isShared = ((args[3] ?? 0) & MAP_TYPE) !== MAP_PRIVATE;
  const line = leave.added.find(({ start }) => leave.error === undefined && start === leave.result);
  const flags = line?.vmFlags === undefined ? undefined : readVmFlags(line.vmFlags).flags;
  if (!isShared || flags === undefined || flags & (VM_WRITE | VM_MAYWRITE)) return file;
  const known = SEALED.get(file) ?? { ...file, sealed: true };
  SEALED.set(file, known);
  return known;
}

/** Files as they are once they are sealed: what was mapped before differs in flags, so the two never merge. */
const SEALED = new WeakMap<MappedFile, MappedFile>();

/** Whether a key was given to the process, the trace does not say: that none was is taken from the answer. */
function decodePkeyMprotect(
  { leave, protectionKeys }: ReturnedCall,
  args: readonly number[],
): Action | Unmodelled {
  const [address, length, protection = 0, key = 0] = args;
  const given = int(key);
  if (given !== -1 && leave.error === "EINVAL" && protectionKeys !== false) {
    return { unmodelled: "the protection key was refused, or the range" };
  }
  return (space) => {
    space.mprotect(size(address), size(length), protection, given);
    return 0;
  };
}

/** `_IOWR(0xAA, 0, struct uffdio_register)`. */
const UFFDIO_REGISTER = 0xc020_aa00;

/** Modes of mbind: the process's own policy, nodes in order of preference, and the node that the processor is of. */
const MPOL_DEFAULT = 0, MPOL_PREFERRED = 1, MPOL_LOCAL = 4;

/**
 * A policy as a text that is equal for equal policies; null for the process's own. Of preferred nodes the first counts;
 * to prefer none is to prefer the processor's own. Mirrors `mpol_new()` and `__mpol_equal()`, Linux mm/mempolicy.c.
 */
function policyOf(mode: number, mask: string | undefined): string | null {
  const nodes = BigInt(mask ?? 0);
  if (mode === MPOL_DEFAULT) return null;
  if (mode === MPOL_LOCAL || (mode === MPOL_PREFERRED && nodes === 0n)) return "local";
  const counted = mode === MPOL_PREFERRED ? nodes & -nodes : nodes;
  return `mode ${mode}, nodes 0x${counted.toString(16)}`;
}

function decodeMbind({ enter, leave }: ReturnedCall, args: readonly number[]): Action | Unmodelled {
  const [address, length, mode = 0] = args;
  if (leave.error !== undefined && /^(EINVAL|EPERM|EIO|ENOSYS)$/.test(leave.error)) {
    return { unmodelled: "which nodes there are is not recorded" };
  }
  const policy = policyOf(int(mode), enter.nodes);
  return (space) => {
    space.mbind(size(address), size(length), policy);
    return 0;
  };
}

/** Which ranges a descriptor takes, its kind decides: what is refused is not followed. */
function decodeUserfault(
  { enter, leave }: ReturnedCall,
  [, request = 0]: readonly number[],
): Action | Unmodelled {
  const [range, mode] = enter.ranges ?? [];
  if (leave.error !== undefined || range === undefined) {
    return { unmodelled: "the descriptor refused the range" };
  }
  const modes = request >>> 0 === UFFDIO_REGISTER ? mode?.address ?? 0 : 0;
  return (space) => {
    space.setUserfault(size(range.address), size(range.length), modes);
    return 0;
  };
}

/**
 * With its last descriptor a userfaultfd ends: what it served is served no longer. Whether it was the last, and what it
 * served, the kernel shows; what that joins, the model says. Mirrors `userfaultfd_release()`, Linux fs/userfaultfd.c.
 */
function decodeClose({ leave }: ReturnedCall): Action {
  const left = leave.added.map(({ start, end }) => ({ start, end }));
  return (space) => {
    for (const { start, end } of left) space.setUserfault(start, end - start, 0);
    return 0;
  };
}

/** The answer is what was in force before. */
function decodePersonality({ leave }: ReturnedCall, [wanted = 0]: readonly number[]): Action {
  return (space) => {
    space.setReadImpliesExec((wanted & READ_IMPLIES_EXEC) !== 0);
    return leave.result;
  };
}

/** Advice on another process's memory is not followed; nor is a list that the kernel could not read. */
function decodeProcessMadvise(
  { enter, leave }: ReturnedCall,
  args: readonly number[],
): Action | Unmodelled {
  const [, , , advice = 0, flags] = args;
  if (enter.process !== enter.pid) return { unmodelled: "it advises on another process's memory" };
  if (leave.error === "EBADF") return { unmodelled: "its pidfd was refused" };
  if (enter.ranges === undefined) return { unmodelled: "its list of ranges could not be read" };
  const ranges = enter.ranges.map(({ address, length }) => ({
    address: size(address),
    length: size(length),
  }));
  return (space) => space.processMadvise(ranges, int(advice), int(flags));
}

/** Which segment an attachment that failed was about, the trace does not say. */
function decodeShmat(
  { leave, files }: ReturnedCall,
  args: readonly number[],
): Action | Unmodelled {
  if (leave.file === undefined) return { unmodelled: "which segment was refused is not recorded" };
  const segment = files.segment(leave.file);
  const [, address, flags] = args;
  return (space) => space.shmat(segment, size(address), int(flags));
}

/** Naming memory; a kernel that cannot do it answers EINVAL whatever is asked. */
function decodePrctl(call: ReturnedCall, args: readonly number[]): Action | Unmodelled {
  const { enter, leave } = call;
  if (args[0] === PR_SET_MDWE) return decodeDenyWriteExec(call, args);
  if (args[0] === PR_SET_MEMORY_MERGE) {
    if (leave.error !== undefined) return { unmodelled: "the kernel cannot do it, or refused" };
    return (space) => {
      space.setMemoryMerge(args[1] !== 0);
      return 0;
    };
  }
  const [option, what, address, length, pointer = 0] = args;
  if (option !== PR_SET_VMA) return { unmodelled: "the option does not concern memory" };
  if (what !== PR_SET_VMA_ANON_NAME) {
    return { unmodelled: "what PR_SET_VMA was to set is not known" };
  }
  if (leave.error === "EINVAL") return { unmodelled: "the kernel cannot name memory, or refused" };
  if (pointer !== 0 && enter.name === undefined) {
    return { unmodelled: "the name could not be read" };
  }
  const name = pointer === 0 ? null : enter.name ?? null;
  return (space) => {
    space.setAnonName(size(address), size(length), name);
    return 0;
  };
}

/** A kernel that cannot do it answers EINVAL whatever is asked. */
function decodeDenyWriteExec(
  { leave }: ReturnedCall,
  args: readonly number[],
): Action | Unmodelled {
  if (leave.error === "EINVAL") return { unmodelled: "the kernel cannot do it, or refused" };
  return (space) => {
    space.setDenyWriteExec(args[1] ?? 0);
    return 0;
  };
}

function decodeLimits({ leave }: ReturnedCall): Action | Unmodelled {
  if (leave.error !== undefined) {
    return { unmodelled: "by what hard limits are bound is not recorded" };
  }
  const limits = leave.limits === undefined ? {} : limitsOf(leave.limits);
  return (space) => {
    space.setrlimit(limits);
    return 0;
  };
}
