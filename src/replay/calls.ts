/**
 * Recorded calls as actions on an address space.
 *
 * @module
 */

import type { AddressSpace } from "../mm/address_space.ts";
import { MAP_32BIT, MAP_ANONYMOUS, MAP_FIXED, MAP_FIXED_NOREPLACE } from "../mm/flags.ts";
import type { EnterRecord, LeaveRecord } from "../trace/record.ts";
import type { TraceFiles } from "./files.ts";
import { limitsOf } from "./image.ts";

/** What a call does to the address space of its process; gives the call's result. */
export type Action = (space: AddressSpace) => number;

/** What is known of a call once it has returned. */
export interface ReturnedCall {
  readonly enter: EnterRecord;
  readonly leave: LeaveRecord;
  readonly files: TraceFiles;
}

/** Makes the action from what is known. */
type Prepare = (call: ReturnedCall, args: readonly number[]) => Action;

/** A call whose result is 0. */
function plain(act: (space: AddressSpace, args: readonly number[]) => void): Prepare {
  return (_, args) => (space) => {
    act(space, args);
    return 0;
  };
}

const CALLS: Readonly<Record<string, Prepare>> = {
  mmap: prepareMmap,
  munmap: plain((space, [address, length]) => space.munmap(address!, length!)),
  mprotect: plain((space, [address, length, protection]) =>
    space.mprotect(address!, length!, protection!)
  ),
  brk: (_, [address]) => (space) => space.brk(address!),
  mremap: (_, [address, oldLength, newLength, flags, target]) => (space) =>
    space.mremap(address!, oldLength!, newLength!, flags!, target!),
  madvise: plain((space, [address, length, advice]) => space.madvise(address!, length!, advice!)),
  mlock: plain((space, [address, length]) => space.mlock(address!, length!)),
  mlock2: plain((space, [address, length, flags]) => space.mlock(address!, length!, flags!)),
  munlock: plain((space, [address, length]) => space.munlock(address!, length!)),
  mlockall: plain((space, [flags]) => space.mlockall(flags!)),
  munlockall: plain((space) => space.munlockall()),
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
  const flags = drawn ? given | MAP_FIXED_NOREPLACE : given;
  const address = drawn ? leave.result : wanted;
  const request = { address, length, protection, flags, file, offset };
  return (space) => space.mmap(request);
}

function prepareLimits({ leave }: ReturnedCall): Action {
  const limits = leave.limits === undefined ? {} : limitsOf(leave.limits);
  return (space) => {
    Object.assign(space.descriptor.limits, limits);
    return 0;
  };
}
