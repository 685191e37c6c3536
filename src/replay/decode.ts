/**
 * Recorded calls as actions on an address space.
 *
 * @module
 */

import type { AddressSpace } from "../mm/address_space.ts";
import { MAP_32BIT, MAP_ANONYMOUS, MAP_FIXED, PR_SET_VMA_ANON_NAME } from "../abi/mman.ts";
import { type ModelledCall, systemCall, unmodelledBecause } from "../abi/syscalls.ts";
import type { EnterRecord, LeaveRecord } from "../trace/format.ts";
import type { TraceFiles } from "./files.ts";
import { limitsOf } from "./image.ts";
import { ADDRESS_LIMIT } from "../abi/page.ts";

/** What a call does to the address space of its process; gives the call's result. */
export type Action = (space: AddressSpace) => number;

/** What is known of a call once it has returned. */
export interface ReturnedCall {
  readonly enter: EnterRecord;
  readonly leave: LeaveRecord;
  readonly files: TraceFiles;
}

/** Makes the action from what is known, or says why the model does nothing for the call. */
type Decoder = (call: ReturnedCall, args: readonly number[]) => Action | Unmodelled;

/** A call for which the model does nothing. */
export interface Unmodelled {
  /** Why. */
  readonly unmodelled: string;
}

/** A call whose result is 0. */
function plain(act: (space: AddressSpace, args: readonly number[]) => void): Decoder {
  return (_, args) => (space) => {
    act(space, args);
    return 0;
  };
}

/** An address or a length, read as the unsigned number that it is to the kernel. */
function size(value = 0): number {
  return value < 0 ? ADDRESS_LIMIT + value : value;
}

/** A decoder for each call of the table that is modelled: the types see to it that none is missing. */
const DECODERS: { readonly [Name in ModelledCall]: Decoder } = {
  mmap: decodeMmap,
  munmap: plain((space, [address, length]) => space.munmap(size(address), size(length))),
  mprotect: plain((space, [address, length, protection]) =>
    space.mprotect(size(address), size(length), protection!)
  ),
  brk: (_, [address]) => (space) => space.brk(size(address)),
  mremap: (_, [address, oldLength, newLength, flags, target]) => (space) =>
    space.mremap(size(address), size(oldLength), size(newLength), flags!, size(target)),
  madvise: plain((space, [address, length, advice]) =>
    space.madvise(size(address), size(length), advice!)
  ),
  mlock: plain((space, [address, length]) => space.mlock(size(address), size(length))),
  mlock2: plain((space, [address, length, flags]) =>
    space.mlock(size(address), size(length), flags!)
  ),
  munlock: plain((space, [address, length]) => space.munlock(size(address), size(length))),
  mlockall: plain((space, [flags]) => space.mlockall(flags!)),
  munlockall: plain((space) => space.munlockall()),
  mseal: plain((space, [address, length, flags]) =>
    space.mseal(size(address), size(length), flags)
  ),
  msync: plain((space, [address, length, flags]) =>
    space.msync(size(address), size(length), flags!)
  ),
  mincore: plain((space, [address, length, vector]) => {
    space.mincore(size(address), size(length), size(vector));
  }),
  remap_file_pages: plain((space, [address, length, protection, pageOffset, flags]) =>
    space.remapFilePages(size(address), size(length), protection!, size(pageOffset), flags)
  ),
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
 * What a call does to the model, or why it does nothing; undefined if other records tell what it did, as they do of forks
 * and execs.
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
  const file = given & MAP_ANONYMOUS || enter.file === undefined ? null : files.of(enter.file);
  // Where MAP_32BIT places is drawn at random by the kernel: its choice is taken over.
  const drawn = given & MAP_32BIT && !(given & MAP_FIXED) && leave.error === undefined;
  const flags = drawn ? given | MAP_FIXED : given;
  const address = drawn ? leave.result : size(wanted);
  const request = { address, length: size(length), protection, flags, file, offset };
  return (space) => space.mmap(request);
}

/** With the key -1 it is mprotect; what another key does depends on the processor. */
function decodePkeyMprotect(_: ReturnedCall, args: readonly number[]): Action | Unmodelled {
  const [address, length, protection = 0, key = 0] = args;
  if ((key | 0) !== -1) return { unmodelled: "protection keys other than -1 are not modelled" };
  return (space) => {
    space.mprotect(size(address), size(length), protection);
    return 0;
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
  return (space) => space.processMadvise(ranges, advice, flags);
}

/** Which segment an attachment that failed was about, the trace does not say. */
function decodeShmat(
  { leave, files }: ReturnedCall,
  args: readonly number[],
): Action | Unmodelled {
  if (leave.file === undefined) return { unmodelled: "which segment was refused is not recorded" };
  const segment = files.segment(leave.file);
  const [, address, flags] = args;
  return (space) => space.shmat(segment, size(address), flags);
}

/** Naming memory; a kernel that cannot do it answers EINVAL whatever is asked. */
function decodePrctl({ enter, leave }: ReturnedCall, args: readonly number[]): Action | Unmodelled {
  const [, what, address, length, pointer = 0] = args;
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
