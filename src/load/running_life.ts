/**
 * One address space of a load while it lives: how far its recorded steps are, what its memory must hold, and what
 * it maps of the tmpfs.
 *
 * @module
 */

import {
  MAP_FIXED_NOREPLACE,
  MAP_PRIVATE,
  MAP_SHARED,
  PROT_READ,
  PROT_WRITE,
} from "../abi/mman.ts";
import { PAGE_SIZE } from "../abi/page.ts";
import type { AddressSpace } from "../mm/address_space.ts";
import { SpaceValidator } from "../mm/checks/incremental.ts";
import type { MappedFile, Vma } from "../mm/vma.ts";
import type { System } from "../replay/system.ts";
import { lifeNumber } from "./event.ts";
import type { Life, LifeStep, Program } from "./lives.ts";
import { PrivateStamps } from "./stamps.ts";

/** Where the files on the tmpfs are mapped: an address where no recorded program maps anything by itself. */
const TMPFS_START = 0x1000_0000_0000;

/** Pages of a source and of a result. */
export const TMPFS_FILE_PAGES = 64;

/** One run of a program: its processes, which know each other by the numbers of the trace. */
export interface Job {
  /** Its number. */
  readonly run: number;
  /** What it runs. */
  readonly program: Program;
  /** Its processes. */
  readonly system: System;
  /** Memory files that it has mapped: they are there until its last process ends, mapped or not. */
  readonly memoryFiles: Set<MappedFile>;
}

/** One address space and what is left of its life. */
export class RunningLife {
  /** Its number in the load: see `lifeNumber`. */
  readonly number: number;
  /** The run that it is part of. */
  readonly job: Job;
  /** Its address space. */
  readonly space: AddressSpace;
  /** What its private memory must hold. */
  readonly stamps: PrivateStamps = new PrivateStamps();
  /** The file that it writes its result to, on the tmpfs; undefined for a forked child before its exec. */
  readonly result: MappedFile | undefined;
  /** The file that it compiles. */
  readonly source: MappedFile | undefined;
  /** The files on the tmpfs that it maps, its parent's among them: they go with the last life that maps them. */
  readonly files: readonly MappedFile[];
  /** Checks what each event touched. */
  readonly validator: SpaceValidator;
  /** Pages that it used lately: where it is likely to use memory again. */
  readonly recent: number[] = [];
  /** Where the last VMA ends to which it strayed from them. */
  strayed = 0;
  /** Its place among the lives of the load. */
  place = 0;
  /** It waits until another life may begin: see `scheduler.ts`. */
  waits = false;
  readonly #steps: Life;
  #at = 0;

  /** A life about to begin in `space`, which has just been made by an exec, or by a fork of `parent`. */
  constructor(job: Job, life: number, space: AddressSpace, parent: RunningLife | undefined) {
    this.number = lifeNumber(job.run, life);
    this.job = job;
    this.space = space;
    this.#steps = job.program.lives[life] ?? [];
    if (parent === undefined) {
      this.source = mapTmpfs(space, `source-${this.number}`, 0, MAP_PRIVATE, PROT_READ);
      this.result = mapTmpfs(space, `result-${this.number}`, 1, MAP_SHARED, PROT_READ | PROT_WRITE);
      this.files = [this.source, this.result];
    } else this.files = parent.files;
    this.validator = new SpaceValidator(space.descriptor);
  }

  /** The step that it does next; undefined at its end. */
  get next(): LifeStep | undefined {
    return this.#steps[this.#at];
  }

  /** True for a child that no recording knows: it has no steps. */
  get isChild(): boolean {
    return this.#steps.length === 0;
  }

  /** True if its next step begins a life, and this one goes on. */
  get isAboutToBear(): boolean {
    const step = this.#steps[this.#at];
    return step?.begins !== undefined && this.#at + 1 < this.#steps.length;
  }

  /** Steps that it has done. */
  get steps(): number {
    return this.#at;
  }

  /** Goes on to the step after. */
  advance(): void {
    this.#at++;
  }

  /** The VMA that maps its result. */
  resultMapping(): Vma | undefined {
    if (this.result === undefined) return undefined;
    const vma = this.space.descriptor.tree.load(TMPFS_START + TMPFS_FILE_PAGES * PAGE_SIZE);
    return vma?.file === this.result ? vma : undefined;
  }
}

/** Maps a new file of the tmpfs in place `place` of its area. */
function mapTmpfs(
  space: AddressSpace,
  name: string,
  place: number,
  sharing: number,
  protection: number,
): MappedFile {
  const length = TMPFS_FILE_PAGES * PAGE_SIZE;
  const file: MappedFile = {
    name,
    device: "00:1d",
    inode: 0,
    readable: true,
    writable: true,
    hugeAligned: false,
  };
  const address = TMPFS_START + place * length;
  space.mmap({ address, length, protection, flags: sharing | MAP_FIXED_NOREPLACE, file });
  return file;
}
