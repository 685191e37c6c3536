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
  PR_SET_VMA,
  PR_SET_VMA_ANON_NAME,
} from "../abi/mman.ts";
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

/** Makes the action from what is known. */
type Prepare = (call: ReturnedCall, args: readonly number[]) => Action | undefined;

/** A call whose result is 0. */
function plain(act: (space: AddressSpace, args: readonly number[]) => void): Prepare {
  return (_, args) => (space) => {
    act(space, args);
    return 0;
  };
}

/** An address or a length, read as the unsigned number that it is to the kernel. */
function size(value = 0): number {
  return value < 0 ? ADDRESS_LIMIT + value : value;
}

const CALLS: Readonly<Record<string, Prepare>> = {
  mmap: prepareMmap,
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
  pkey_mprotect: preparePkeyMprotect,
  shmat: prepareShmat,
  shmdt: plain((space, [address]) => space.shmdt(size(address))),
  prctl: preparePrctl,
  prlimit64: prepareLimits,
  setrlimit: prepareLimits,
};

/** The action of a call, undefined if the call is not one that changes the model. */
export function actionOf(call: ReturnedCall): Action | undefined {
  return CALLS[call.enter.call]?.(call, call.enter.args);
}

function prepareMmap({ enter, leave, files }: ReturnedCall, args: readonly number[]): Action {
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
function preparePkeyMprotect(_: ReturnedCall, args: readonly number[]): Action | undefined {
  const [address, length, protection = 0, key = 0] = args;
  if ((key | 0) !== -1) return undefined;
  return (space) => {
    space.mprotect(size(address), size(length), protection);
    return 0;
  };
}

/** Which segment an attachment that failed was about, the trace does not say. */
function prepareShmat({ leave, files }: ReturnedCall, args: readonly number[]): Action | undefined {
  if (leave.file === undefined) return undefined;
  const segment = files.segment(leave.file);
  const [, address, flags] = args;
  return (space) => space.shmat(segment, size(address), flags);
}

/** Naming memory; a kernel that cannot do it answers EINVAL whatever is asked. */
function preparePrctl({ enter, leave }: ReturnedCall, args: readonly number[]): Action | undefined {
  const [option, what, address, length] = args;
  if (option !== PR_SET_VMA || what !== PR_SET_VMA_ANON_NAME) return undefined;
  if (leave.error === "EINVAL") return undefined;
  return (space) => {
    space.setAnonName(size(address), size(length), enter.name ?? null);
    return 0;
  };
}

function prepareLimits({ leave }: ReturnedCall): Action {
  const limits = leave.limits === undefined ? {} : limitsOf(leave.limits);
  return (space) => {
    Object.assign(space.descriptor.limits, limits);
    return 0;
  };
}
