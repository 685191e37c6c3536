/**
 * Asks the model, of each call in an imported trace, what it would have answered given what is known, and compares with
 * what the text says. Where too little is known for an answer, it says why.
 *
 * Too little is known of: a place in memory of which the text does not show what was there; a failure by a limit that
 * the text does not show; a call that other threads' calls overlap, as their order in the kernel is not known; whatever
 * follows a place where lines are missing.
 *
 * @module
 */

import {
  MAP_32BIT,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_HUGETLB,
  MAP_SHARED,
  MAP_TYPE,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from "../../abi/mman.ts";
import { hex } from "../../abi/hex.ts";
import { HUGE_PAGE_SIZE, PAGE_SIZE, pageAlignDown, pageAlignUp } from "../../abi/page.ts";
import { AddressSpace } from "../../mm/address_space.ts";
import type { ImageVma } from "../../mm/calls/exec.ts";
import { MmError } from "../../mm/error.ts";
import type { PlacementPolicy } from "../../trace/format.ts";
import type { Vma } from "../../mm/vma.ts";
import { VM_LOCKED, VM_SEALED } from "../../mm/vm_flags.ts";
import type { EnterRecord, TraceRecord } from "../../trace/format.ts";
import { actionOf } from "../decode.ts";
import { TraceFiles } from "../files.ts";
import type { CallStep, Step } from "../step.ts";
import type { System } from "../system.ts";
import { NOT_SHOWN, ON_MAPPED } from "./actions.ts";
import { Alignment } from "./alignment.ts";
import { HIGHEST_ADDRESS, Occupied } from "./occupied.ts";
import { vmaAt, vmaIn } from "./vma_in.ts";

/** How the model's answers compare with the text's. */
export interface AnswerCounts {
  /** Calls on memory whose result the text shows. */
  readonly asked: number;
  /** The model answers the same. */
  readonly equal: number;
  /** The model answers something else. */
  readonly different: number;
  /** Too little is known for an answer. */
  readonly cannotKnow: number;
}

/** What the model says of one call. */
export type Answer =
  | { readonly kind: "equal" }
  | { readonly kind: "different"; readonly model: string }
  | { readonly kind: "cannot know"; readonly why: string };

/** An answer in the form of a result: an address, or an errno's name. */
type Foretold = { readonly result: number | string } | { readonly why: string };

const CHANGING = new Set(["mmap", "munmap", "mremap", "brk", "shmat", "shmdt"]);
/** What one must know to foretell a place is counted for these. */
const PLACED_AT_WILL = new Set(["mmap", "mremap", "shmat"]);

/** Compares call by call. */
export class Answers {
  readonly #system: System;
  readonly #alignment: Alignment;
  readonly #occupied = new WeakMap<AddressSpace, Occupied>();
  /** Those whose heap the text shows from its beginning. */
  readonly #knowsHeap = new WeakSet<AddressSpace>();
  /** Calls that processes are in, and whether another one's overlaps. */
  readonly #inside = new Map<number, { readonly space: AddressSpace; overlapped: boolean }>();
  #asked = 0;
  #equal = 0;
  #different = 0;

  /**
   * Nothing asked yet.
   *
   * @param system the processes; a step is applied to it between {@linkcode before} and {@linkcode after}
   * @param placement how the kernel places; every way that the text does not contradict unless given
   */
  constructor(system: System, placement?: PlacementPolicy) {
    this.#system = system;
    this.#alignment = new Alignment(placement);
  }

  /** What was found so far. */
  get counts(): AnswerCounts {
    const [asked, equal, different] = [this.#asked, this.#equal, this.#different];
    return { asked, equal, different, cannotKnow: asked - equal - different };
  }

  /** Takes every record, before the step that it completes. */
  take(record: TraceRecord): void {
    if (record.type !== "enter") return;
    if (record.afterGap) { for (const space of this.#system.spaces()) this.#of(space).forget(); }
    const space = this.#system.space(record.pid);
    if (space === undefined || !CHANGING.has(record.call)) return;
    const call = { space, overlapped: false };
    for (const other of this.#inside.values()) {
      if (other.space === space) other.overlapped = call.overlapped = true;
    }
    this.#inside.set(record.pid, call);
  }

  /** The model's answer to a call that is about to be applied; undefined for other steps. */
  before(step: Step): Answer | undefined {
    if (step.type !== "call") return undefined;
    const space = this.#system.space(step.pid);
    if (space === undefined || !isOnMemory(step.enter.call)) return undefined;
    this.#asked++;
    const answer = this.#answer(space, step);
    if (answer.kind === "equal") this.#equal++;
    if (answer.kind === "different") this.#different++;
    this.#learn(space, step);
    this.#inside.delete(step.pid);
    return answer;
  }

  /** Follows what other steps do to address spaces, once they were applied. */
  after(step: Step): void {
    const space = this.#system.space(step.type === "fork" ? step.record.child : step.pid);
    if (space === undefined) return;
    if (step.type === "exec") {
      const { layout, unknown } = step.record;
      const occupied = unknown === undefined
        ? Occupied.ofLayout(layout)
        : Occupied.unknown(unknown === "new");
      this.#occupied.set(space, occupied);
      if (unknown === "new") this.#knowsHeap.add(space);
    }
    if (step.type === "fork" && !step.record.sharesMemory) {
      const parent = this.#system.space(step.pid);
      if (parent !== undefined) {
        this.#occupied.set(space, this.#of(parent).fork());
        if (this.#knowsHeap.has(parent)) this.#knowsHeap.add(space);
      }
    }
  }

  #of(space: AddressSpace): Occupied {
    return this.#occupied.get(space) ?? Occupied.unknown(false);
  }

  #answer(space: AddressSpace, step: CallStep): Answer {
    const { enter, record } = step;
    const told = record.error ?? record.result;
    const overlapped = this.#inside.get(step.pid)?.overlapped ?? false;
    if (overlapped && PLACED_AT_WILL.has(enter.call)) {
      return { kind: "cannot know", why: "another thread's call on the same memory overlaps it" };
    }
    const foretold = record.error === undefined
      ? this.#success(space, step)
      : this.#failure(space, step);
    if ("why" in foretold) return { kind: "cannot know", why: foretold.why };
    if (foretold.result === told) return { kind: "equal" };
    const { result } = foretold;
    return { kind: "different", model: typeof result === "number" ? hex(result) : result };
  }

  /** The answer to a call of which the text says that it succeeded. */
  #success(space: AddressSpace, step: CallStep): Foretold {
    const { enter, record } = step;
    const [address = 0, length = 0, , flags = 0] = enter.args;
    switch (enter.call) {
      case "mmap":
        return this.#mmap(space, enter, record.result);
      case "mremap":
        return this.#mremap(space, enter, record.result);
      case "brk":
        return this.#brk(space, address);
      case "shmat":
        if (length !== 0) return { result: length }; // its second argument is the address
        return { why: "how long the segment is decides about its place" };
      default:
        if (flags !== 0 && enter.call === "pkey_mprotect") return { why: "keys are not modelled" };
        if (!ON_MAPPED.has(enter.call)) return { result: 0 };
        return this.#trial(space, step, address, length);
    }
  }

  #mmap(space: AddressSpace, enter: EnterRecord, told: number): Foretold {
    const [hint = 0, asked = 0, , flags = 0, , offset = 0] = enter.args;
    const length = pageAlignUp(asked), start = pageAlignDown(hint);
    if (length <= 0) return { why: "no kernel maps nothing: the text is damaged there" };
    if (flags & MAP_FIXED_NOREPLACE) {
      if (vmaIn(space, start, start + length)) return { result: "EEXIST" };
      return this.#of(space).isFree(start, start + length)
        ? { result: hint }
        : { why: "what was mapped there before is not shown" };
    }
    if (flags & MAP_FIXED) return { result: hint };
    if (flags & MAP_32BIT) return { why: "MAP_32BIT is placed at random" };
    if (flags & MAP_HUGETLB) return { why: "where the pool's huge pages go is not modelled" };
    if (enter.file?.kind === "device") return { why: "a device may place its mappings itself" };
    if (start !== 0) {
      if (this.#of(space).isFree(start, start + length)) return { result: start };
      if (!vmaIn(space, start, start + length)) {
        return { why: "whether the place it hints at was free is not shown" };
      }
    }
    const isShared = (flags & MAP_ANONYMOUS) !== 0 && (flags & MAP_TYPE) === MAP_SHARED;
    const file = flags & MAP_ANONYMOUS ? undefined : enter.file?.name ?? "";
    return this.#place(space, { length, offset, hinted: start !== 0, isShared, file }, told);
  }

  /** Where a mapping goes; how it is aligned depends on the kernel and the filesystem. */
  #place(
    space: AddressSpace,
    wanted: {
      readonly length: number;
      readonly offset: number;
      readonly hinted: boolean;
      readonly isShared: boolean;
      readonly file: string | undefined;
    },
    told: number,
  ): Foretold {
    const occupied = this.#of(space);
    // The kernel places nothing over a mapping: it has gone, and with it what else was known of gaps.
    if (vmaIn(space, told, told + wanted.length) !== undefined) {
      occupied.forget();
      return { why: "what was mapped there was unmapped by a call that is not shown" };
    }
    const isMapped = (address: number) => vmaAt(space, address) !== undefined;
    const { length, offset } = wanted;
    const plain = occupied.foretell({ length, offset, aligned: false }, isMapped);
    const unknown = { why: "what else is mapped there is not shown" };
    if (length < HUGE_PAGE_SIZE || wanted.isShared) {
      return plain === undefined ? unknown : { result: plain };
    }
    const aligned = occupied.foretell({ length, offset, aligned: true }, isMapped);
    const ways = this.#alignment.ways(wanted);
    if (plain !== undefined && aligned !== undefined) {
      this.#alignment.learn(wanted, { plain, aligned, told });
    }
    const results = new Set([...ways].map((way) => way === "aligned" ? aligned : plain));
    if (results.has(undefined)) return unknown;
    const [result] = results;
    return results.size === 1 && result !== undefined
      ? { result }
      : { why: "kernels differ in how they align mappings this large" };
  }

  #mremap(space: AddressSpace, enter: EnterRecord, told: number): Foretold {
    const [address = 0, oldAsked = 0, newAsked = 0, flags = 0, target = 0] = enter.args;
    const length = pageAlignUp(newAsked), end = address + pageAlignUp(oldAsked);
    if (flags & MREMAP_FIXED) return { result: target };
    if (address + length <= end && !(flags & MREMAP_DONTUNMAP)) return { result: address };
    const vma = vmaAt(space, address);
    if (vma === undefined || vma.file?.name === NOT_SHOWN) {
      return { why: "what it moves is not shown" };
    }
    if (!(flags & MREMAP_DONTUNMAP) && vma.end === end) {
      if (this.#of(space).isFree(end, address + length)) return { result: address };
      const isBlocked = vmaIn(space, end, address + length) !== undefined;
      if (!isBlocked) return { why: "whether there was room to grow is not shown" };
    }
    if (!(flags & MREMAP_MAYMOVE)) return { result: "ENOMEM" };
    const isShared = vma.file?.anonymous ?? false;
    const file = vma.file === null ? undefined : vma.file.name;
    const offset = vma.file === null ? 0 : vma.pageOffset * PAGE_SIZE + address - vma.start;
    return this.#place(space, { length, offset, hinted: false, isShared, file }, told);
  }

  #brk(space: AddressSpace, wanted: number): Foretold {
    const { brk, startBrk } = space.descriptor;
    if (brk === 0) return { why: "where the heap ends is not shown before this call" };
    if (wanted < startBrk) {
      return this.#knowsHeap.has(space)
        ? { result: brk }
        : { why: "where the heap begins is not shown" };
    }
    const from = pageAlignUp(brk), to = pageAlignUp(wanted);
    if (vmaIn(space, from, to)) return { result: brk };
    return { result: wanted };
  }

  /** The answer to a call that failed. */
  #failure(space: AddressSpace, step: CallStep): Foretold {
    const { enter, record } = step;
    const [address = 0, asked = 0, , flags = 0] = enter.args;
    const error = record.error ?? "";
    const length = Math.max(asked, leastOf(enter, error));
    if (enter.call === "mmap" && error === "EEXIST" && flags & MAP_FIXED_NOREPLACE) {
      if (vmaIn(space, address, address + length)) return { result: error };
      return this.#of(space).isFree(address, address + length)
        ? { result: address }
        : { why: "what is mapped there is not shown" };
    }
    const tried = this.#trial(space, step, address, length);
    if ("result" in tried && tried.result === error) return tried;
    if (error === "EINVAL" || "why" in tried) {
      return { why: "the text shows too little to say why" };
    }
    return { why: "limits and files decide about it, which the text does not show" };
  }

  /** Does the call to a copy of what is mapped in its range. */
  #trial(space: AddressSpace, step: CallStep, address: number, length: number): Foretold {
    const start = pageAlignDown(address), end = pageAlignUp(address + length);
    if (end > HIGHEST_ADDRESS) return { why: "its range ends beyond all addresses" };
    const isKnown = this.#isKnown(space, start, end);
    if (!isKnown) return { why: "what is mapped there is not shown" };
    if (isPlainChange(space, step, start, end)) return { result: 0 };
    return { result: tryCall(space, step, start, end) };
  }

  /** True if each page of the range is mapped for certain, or free for certain. */
  #isKnown(space: AddressSpace, start: number, end: number): boolean {
    if (start < 0 || end > HIGHEST_ADDRESS) return false;
    let at = start;
    while (at < end) {
      const vma = space.findVma(at);
      const free = Math.min(end, vma?.start ?? end);
      if (!this.#of(space).isFree(at, free)) return false;
      if (vma !== undefined && vma.start < end && vma.file?.name === NOT_SHOWN) return false;
      at = Math.max(free, vma?.end ?? free);
    }
    return true;
  }

  /** What the call shows of the memory around it. */
  #learn(space: AddressSpace, { enter, record }: CallStep): void {
    if (record.error !== undefined) return;
    const occupied = this.#of(space);
    const [address = 0, asked = 0, third = 0, flags = 0, , offset = 0] = enter.args;
    const { result } = record;
    const length = pageAlignUp(asked);
    switch (enter.call) {
      case "mmap":
        if (
          length > 0 && !(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_32BIT | MAP_HUGETLB)) &&
          result !== pageAlignDown(address)
        ) {
          occupied.learn(result, {
            length,
            offset,
            aligned: length >= HUGE_PAGE_SIZE && (result - offset) % HUGE_PAGE_SIZE === 0,
          });
        }
        return occupied.map(result, result + length);
      case "munmap":
        if (!this.#isKnown(space, address, address + length)) occupied.disturb();
        return occupied.unmap(address, address + length);
      case "mremap": {
        const end = address + length, newEnd = result + pageAlignUp(third);
        const moves = result !== address;
        if (!this.#isKnown(space, address, end)) occupied.disturb();
        if (moves && !(flags & MREMAP_DONTUNMAP)) occupied.unmap(address, end);
        if (!moves) occupied.unmap(newEnd, end);
        return occupied.map(result, newEnd);
      }
      case "brk": {
        const { brk } = space.descriptor;
        if (brk === 0) return; // the first one only tells where the heap ends
        occupied.unmap(pageAlignUp(result), pageAlignUp(brk));
        return occupied.map(pageAlignUp(brk), pageAlignUp(result));
      }
      case "shmat":
        return occupied.map(result, result + pageAlignUp(record.file?.size ?? PAGE_SIZE));
      case "io_setup":
        return occupied.forget(); // it maps its ring without saying where
    }
  }
}

function isOnMemory(call: string): boolean {
  return CHANGING.has(call) || ON_MAPPED.has(call);
}

/** What a call that failed was about at least, though its length says less, bytes. */
function leastOf({ call, args }: EnterRecord, error: string): number {
  const [, , newLength = 0, flags = 0] = args;
  if (call === "shmdt") return PAGE_SIZE; // it has no length
  if (call !== "mremap") return 0;
  // What may not move finds something in the room above.
  const wantsRoom = error === "ENOMEM" && !(flags & MREMAP_MAYMOVE);
  return wantsRoom ? Math.max(newLength, PAGE_SIZE) : PAGE_SIZE;
}

/** True for what no rule refuses: other protection for private memory that is all mapped. */
function isPlainChange(
  space: AddressSpace,
  { enter }: CallStep,
  start: number,
  end: number,
): boolean {
  const [address, , protection = 0] = enter.args;
  if (enter.call !== "mprotect" || start !== address) return false;
  if (protection & ~(PROT_READ | PROT_WRITE | PROT_EXEC)) return false;
  for (let at = start; at < end;) {
    const vma = space.findVma(at);
    if (vma === undefined || vma.start > at || vma.file !== null || vma.special !== null) {
      return false;
    }
    if (vma.flags & (VM_SEALED | VM_LOCKED)) return false;
    at = vma.end;
  }
  return true;
}

/** What a call answers on a copy of the VMAs in `[start, end)`. */
function tryCall(space: AddressSpace, step: CallStep, start: number, end: number): number | string {
  const vmas: ImageVma[] = [];
  for (let vma = vmaIn(space, start, end); vma; vma = vmaIn(space, vma.end, end)) {
    vmas.push(partOf(vma));
  }
  const { rules } = space.descriptor;
  // How many VMAs it may have is one of the limits that the text does not show.
  const limits = { maxMapCount: Number.MAX_SAFE_INTEGER, mmapMinAddress: 0 };
  const copy = new AddressSpace({ rules, taskSize: HIGHEST_ADDRESS, ...limits });
  copy.exec({ vmas, startBrk: 0, startStack: 0, mmapBase: HIGHEST_ADDRESS });
  const { enter, record: leave } = step;
  try {
    return actionOf({ enter, leave, files: new TraceFiles() })?.(copy) ?? 0;
  } catch (error) {
    if (!(error instanceof MmError)) throw error;
    return error.code;
  }
}

function partOf({ start, end, flags, pageOffset, file, special }: Vma): ImageVma {
  return { start, end, flags, pageOffset, file, special };
}
