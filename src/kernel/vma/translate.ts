/**
 * A trace's steps as operations on address spaces: what each step asks of `mm/vma.c`, and what the model has after it.
 *
 * Where a call maps, and which flags it gives, is taken from the model: that is decided in files that do not build in
 * user space. Which VMAs are split, joined and removed thereby, `mm/vma.c` decides.
 *
 * @module
 */

import { PAGE_SIZE, roundLength } from "../../abi/page.ts";
import { MREMAP_DONTUNMAP } from "../../abi/mman.ts";
import type { AddressSpace } from "../../mm/address_space.ts";
import { MmError } from "../../mm/error.ts";
import type { Vma } from "../../mm/vma.ts";
import { VM_LOCKED, VM_SHARED } from "../../mm/vm_flags.ts";
import type { CallStep, Step, TouchStep } from "../../replay/step.ts";
import type { System } from "../../replay/system.ts";
import { type Operation, operation, Verb } from "../operation.ts";
import { FILE_NUMBERS, MapFlag, RemapFlag, SPACE_NUMBERS, WriteKind } from "./operands.ts";
import { Numbers, spaceLine } from "./space_line.ts";

/** One step as the driver is to perform it. */
export interface TranslatedStep {
  readonly operations: readonly Operation[];
  /** What the driver must print after the last one. */
  readonly expected: string;
}

/** Why a trace cannot be followed further. */
export class Undrivable extends Error {
  override readonly name = "Undrivable";
}

/** Where the user's addresses end in the kernel's tools, bytes. */
const TASK_SIZE = 2 ** 47 - PAGE_SIZE;

/** What of a VMA calls change. */
type Part = Pick<
  Vma,
  "start" | "end" | "flags" | "protectionKey" | "policy" | "otherFlags" | "anonVma"
>;
type Layout = readonly Part[];

/** Translates the steps of one trace, in order, performing them on the model. */
export class Translator {
  readonly #system: System;
  readonly #named = new Numbers();
  readonly #numbers = new Map<AddressSpace, number>();
  #count = 0;
  #selected = 0;
  #list: Operation[] = [];
  /** The call makes the file of the shared memory that it maps. */
  #isNew = false;

  constructor(system: System) {
    this.#system = system;
  }

  /**
   * Performs a step on the model and says what it asks of `mm/vma.c`; undefined if nothing.
   *
   * @throws {Undrivable} the tools' stand-ins cannot express it
   * @throws {ReplayError} the trace does not introduce the process
   */
  take(step: Step): TranslatedStep | undefined {
    this.#list = [];
    switch (step.type) {
      case "exec":
        this.#system.perform(step);
        this.#drop();
        this.#load(this.#system.spaceOf(step.pid));
        break;
      case "fork":
        this.#fork(
          this.#system.spaceOf(step.pid),
          () => this.#system.perform(step),
          () => this.#system.space(step.record.child),
        );
        break;
      case "exit":
        this.#system.perform(step);
        this.#drop();
        break;
      case "touch":
        this.#touch(step);
        break;
      case "call":
        this.#call(step);
    }
    const space = this.#system.space(step.pid);
    if (this.#list.length === 0 || space === undefined) return this.#unshown();
    this.#refuse(space);
    return { operations: this.#list, expected: spaceLine(space, 0, this.#named) };
  }

  /** Operations after which the process is gone: nothing to compare, but the driver must follow. */
  #unshown(): TranslatedStep | undefined {
    return this.#list.length === 0 ? undefined : { operations: this.#list, expected: "" };
  }

  #add(verb: Verb, a = 0, b = 0, c = 0, d = 0): void {
    const isHigh = Math.max(a, b) > TASK_SIZE ||
      (verb === Verb.VMA_REMAP && Math.max(c, d) > TASK_SIZE);
    if (isHigh) throw new Undrivable("addresses are higher than 2^47");
    this.#list.push(operation(verb, a, b, c, d));
  }

  #numberOf(space: AddressSpace): number {
    const known = this.#numbers.get(space);
    if (known !== undefined) return known;
    this.#count++;
    if (this.#count === SPACE_NUMBERS) throw new Undrivable("there are too many address spaces");
    this.#numbers.set(space, this.#count);
    return this.#count;
  }

  #select(space: AddressSpace): void {
    const number = this.#numberOf(space);
    if (number === this.#selected) return;
    this.#add(Verb.VMA_SPACE, number);
    this.#selected = number;
  }

  /** Ends the address spaces that no process is in any more. */
  #drop(): void {
    const used = new Set(this.#system.spaces());
    for (const [space, number] of this.#numbers) {
      if (used.has(space)) continue;
      this.#add(Verb.VMA_EXIT, number);
      this.#numbers.delete(space);
    }
  }

  /** A program's first layout: every VMA by itself. */
  #load(space: AddressSpace): void {
    this.#select(space);
    this.#add(Verb.VMA_HEAP, space.descriptor.startBrk, space.descriptor.brk);
    for (const vma of space.vmas()) {
      this.#add(Verb.VMA_PLACE, vma.start, vma.end, this.#named.flags(vma), this.#placeOf(vma));
      if (vma.anonVma !== null) this.#add(Verb.VMA_WRITE, vma.start, WriteKind.APART);
    }
  }

  #fork(parent: AddressSpace, perform: () => void, child: () => AddressSpace | undefined): void {
    const before = this.#numbers.size;
    perform();
    const made = child();
    if (made === undefined || made === parent || this.#numbers.has(made)) return;
    this.#select(parent);
    this.#add(Verb.VMA_FORK, this.#numberOf(made));
    if (this.#numbers.size === before) throw new Undrivable("a fork that makes nothing");
  }

  #touch(step: TouchStep): void {
    const space = this.#system.spaceOf(step.pid);
    const vma = space.findVma(step.address);
    const grows = vma !== undefined && vma.start > step.address;
    if (this.#system.perform(step) < 0) return;
    this.#select(space);
    if (grows) this.#add(Verb.VMA_GROW, step.address);
    this.#add(Verb.VMA_WRITE, step.address, WriteKind.FORCED);
  }

  #call(step: CallStep): void {
    if (step.action === undefined) return;
    const space = this.#system.spaceOf(step.pid);
    const before = layoutOf(space);
    const brk = space.descriptor.brk;
    let result: number;
    try {
      result = this.#system.apply(step);
    } catch (error) {
      if (!(error instanceof MmError)) throw error;
      result = -1;
    }
    const selected = this.#selected;
    this.#select(space);
    const { length } = this.#list;
    this.#follow(step, space, before, result, brk);
    if (this.#list.length > length) return;
    // Selecting alone is nothing that the driver need do.
    this.#list = [];
    this.#selected = selected;
  }

  #follow(step: CallStep, space: AddressSpace, before: Layout, result: number, brk: number): void {
    const { call, args } = step.enter;
    this.#isNew = false;
    const [address = 0, size = 0, third = 0] = args;
    if (result < 0) return this.#fail(call, space, before);
    switch (call) {
      case "mmap":
        this.#isNew = true;
        return this.#map(space, result, roundLength(size));
      case "remap_file_pages":
        return this.#map(space, address, roundLength(size));
      case "shmat":
        return this.#map(space, result, space.findVma(result)?.file?.segment?.bytes ?? 0);
      case "munmap":
        return this.#add(Verb.VMA_UNMAP, address, address + roundLength(size));
      case "brk":
        return this.#brk(space, brk);
      case "mremap":
        return this.#remap(space, before, [address, roundLength(size), roundLength(third)], {
          target: result,
          keeps: ((args[3] ?? 0) & MREMAP_DONTUNMAP) !== 0,
        });
      default:
        return this.#change(space, before);
    }
  }

  #map(space: AddressSpace, start: number, length: number): void {
    const vma = space.findVma(start);
    if (vma === undefined || vma.start > start) throw new Undrivable("a mapping that is not there");
    // A file of huge pages is mapped by whole ones.
    const bytes = vma.file?.hugePageSize ?? PAGE_SIZE;
    const end = start + Math.ceil(length / bytes) * bytes;
    this.#addMap(vma, start, end);
    this.#fill(space, start, end, true);
  }

  /**
   * The pages of memory that is locked are written to by the call itself, those of new memory perhaps: where that has
   * its neighbour's anon_vma, writing to it changes nothing.
   */
  #fill(space: AddressSpace, start: number, end: number, isNew = false): void {
    for (const [{ flags, anonVma }, from] of overlaps(space, start, end)) {
      if (anonVma === null || !(isNew || flags & VM_LOCKED)) continue;
      this.#add(Verb.VMA_WRITE, from, WriteKind.FORCED);
    }
  }

  #addMap(vma: Readonly<Vma>, start: number, end: number): void {
    const isMemory = this.#isNew && vma.file?.anonymous === true && (vma.flags & VM_SHARED) !== 0;
    const shared = isMemory ? MapFlag.SHARED_MEMORY : 0;
    const closes = vma.file?.segment !== undefined || vma.file?.hooks?.close !== undefined;
    const flag = shared + (closes ? MapFlag.CLOSE_HOOK : 0);
    this.#add(Verb.VMA_MAP, start + flag, end, this.#named.flags(vma), this.#placeOf(vma, start));
  }

  /** Page offset and file of what lies at an address. */
  #placeOf(vma: Readonly<Vma>, start = vma.start): number {
    const offset = vma.pageOffset + (start - vma.start) / PAGE_SIZE;
    const number = this.#named.file(vma.file);
    if (number >= FILE_NUMBERS) throw new Undrivable("there are too many files");
    const place = offset * FILE_NUMBERS + number;
    if (!Number.isSafeInteger(place)) throw new Undrivable("a page offset is too large");
    return place;
  }

  #brk(space: AddressSpace, former: number): void {
    const { brk, startBrk } = space.descriptor;
    if (brk === former) return;
    const heap = space.findVma(roundLength(brk) - 1);
    const isGrown = roundLength(brk) > roundLength(former) && heap !== undefined;
    if (brk < startBrk) throw new Undrivable("a heap below its beginning");
    this.#add(Verb.VMA_BRK, brk, isGrown ? this.#named.flags(heap) : 0);
    if (isGrown) this.#fill(space, roundLength(former), roundLength(brk));
  }

  #remap(
    space: AddressSpace,
    before: Layout,
    [start, length, newLength]: readonly [number, number, number],
    { target, keeps }: { readonly target: number; readonly keeps: boolean },
  ): void {
    const end = start + length;
    if (target === start && newLength <= length) {
      if (newLength < length) this.#add(Verb.VMA_UNMAP, start + newLength, end);
    } else {
      // What is cut off goes first, after whatever lies at the target.
      if (newLength < length) {
        this.#add(Verb.VMA_UNMAP, target, target + newLength);
        this.#add(Verb.VMA_UNMAP, start + newLength, end);
      }
      this.#move(space, before, [start, Math.min(end, start + newLength)], {
        target,
        newLength,
        keeps,
      });
    }
    this.#fill(space, target, target + newLength);
  }

  /** VMA by VMA; one that is the whole range, or is to be mapped a second time, may grow. */
  #move(
    space: AddressSpace,
    before: Layout,
    [start, end]: readonly [number, number],
    { target, newLength, keeps }: {
      readonly target: number;
      readonly newLength: number;
      readonly keeps: boolean;
    },
  ): void {
    const parts = before.filter((vma) => vma.start < Math.max(end, start + 1) && vma.end > start);
    const flags = keeps ? this.#keeping(space, parts) : 0;
    for (const part of parts) {
      const from = Math.max(part.start, start);
      const to = Math.min(part.end, end);
      const moved = target + (from - start);
      const isWhole = from === start && to === end;
      const newEnd = isWhole ? target + newLength : moved + (to - from);
      this.#add(Verb.VMA_REMAP, from, to, moved, newEnd + flags);
    }
  }

  #keeping(space: AddressSpace, parts: Layout): number {
    const { dontUnmapResetsOffset, dontUnmapSplitsLocked } = space.descriptor.rules;
    const isLocked = parts.some(({ flags }) => flags & VM_LOCKED);
    return RemapFlag.KEEPS + (dontUnmapResetsOffset ? RemapFlag.RESETS_OFFSET : 0) +
      (dontUnmapSplitsLocked && isLocked ? RemapFlag.SPLITS : 0);
  }

  /** What a call that failed has done by then. */
  #fail(call: string, space: AddressSpace, before: Layout): void {
    const after = layoutOf(space);
    if (call === "mremap" && missing(after, before).length > 0) {
      throw new Undrivable("an mremap that failed had moved some of its VMAs");
    }
    const { length } = this.#list;
    this.#change(space, before);
    if (this.#list.length > length) return;
    const known = new Set(before.map(({ start }) => start));
    for (const { start } of after) if (!known.has(start)) this.#add(Verb.VMA_SPLIT, start);
  }

  /** What a call left that only changes flags, unmaps or maps somewhere: as the layouts before and after it tell. */
  #change(space: AddressSpace, before: Layout): void {
    const after = layoutOf(space);
    if (isSame(before, after)) return;
    for (const { start, end } of missing(before, after)) this.#add(Verb.VMA_UNMAP, start, end);
    for (const { start, end } of missing(after, before)) {
      for (const [vma, from, to] of overlaps(space, start, end)) this.#addMap(vma, from, to);
    }
    for (const old of before) {
      for (const [vma, from, to] of overlaps(space, old.start, old.end)) {
        if (isAlike(vma, old)) continue;
        this.#add(Verb.VMA_FLAGS, from, to, this.#named.flags(vma));
      }
    }
    this.#populate(space, before, 0, Infinity);
  }

  /** First writes that the call made itself, of memory that it locked or was to fill. */
  #populate(space: AddressSpace, before: Layout, start: number, end: number): void {
    const written = before.filter(({ anonVma }) => anonVma !== null);
    const had = (from: number, to: number) =>
      written.some((old) => old.start < to && old.end > from);
    for (const [vma, from] of overlaps(space, start, end)) {
      if (vma.anonVma === null || had(vma.start, vma.end)) continue;
      this.#add(Verb.VMA_WRITE, from, WriteKind.FORCED);
    }
  }

  /** Where the tools' stand-ins say that all is equal, nothing can be compared. */
  #refuse(space: AddressSpace): void {
    for (const { anonName } of space.vmas()) {
      if (anonName !== null) throw new Undrivable("memory has a name (PR_SET_VMA_ANON_NAME)");
    }
  }
}

function layoutOf(space: AddressSpace): Layout {
  return Array.from(space.vmas(), (vma) => {
    const { start, end, flags, protectionKey, policy, otherFlags, anonVma } = vma;
    return { start, end, flags, protectionKey, policy, otherFlags, anonVma };
  });
}

/** True if every VMA is as it was. O(VMAs). */
function isSame(before: Layout, after: Layout): boolean {
  return before.length === after.length && before.every((old, at) => {
    const { start, end, anonVma } = after[at]!;
    return old.start === start && old.end === end && old.anonVma === anonVma &&
      isAlike(old, after[at]!);
  });
}

/** True if two VMAs have the same flags, and all that counts as such. */
function isAlike(one: Omit<Part, "start">, other: Omit<Part, "start">): boolean {
  return one.flags === other.flags && one.protectionKey === other.protectionKey &&
    one.policy === other.policy && one.otherFlags === other.otherFlags;
}

/** The VMAs that meet a range, with the part of each that is in it. O(log VMAs + those). */
function* overlaps(
  space: AddressSpace,
  start: number,
  end: number,
): Generator<[vma: Readonly<Vma>, from: number, to: number]> {
  let from = start;
  while (from < end) {
    const vma = space.findVma(from);
    if (vma === undefined || vma.start >= end) return;
    yield [vma, Math.max(start, vma.start), Math.min(end, vma.end)];
    from = vma.end;
  }
}

/** The ranges of one layout that another has not, in order. O(VMAs of both). */
function missing(one: Layout, other: Layout): { start: number; end: number }[] {
  const ranges: { start: number; end: number }[] = [];
  let at = 0;
  const add = (start: number, end: number) => {
    const last = ranges.at(-1);
    if (last?.end === start) last.end = end;
    else ranges.push({ start, end });
  };
  for (const { start, end } of one) {
    let from = start;
    while (at < other.length && other[at]!.end <= from) at++;
    for (let i = at; i < other.length && other[i]!.start < end; i++) {
      if (other[i]!.start > from) add(from, other[i]!.start);
      from = Math.max(from, other[i]!.end);
    }
    if (from < end) add(from, end);
  }
  return ranges;
}
