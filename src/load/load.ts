/**
 * Many recorded programs side by side in one machine whose memory is finite: what happens at each event.
 *
 * Every life replays its own records in order; between any two of its steps pages are read, written, evicted,
 * migrated, collapsed and cut off by truncation, as events say. Events carry all that they need, so that the same
 * list gives the same run: chance is the scheduler's alone.
 *
 * What holds after every event, and is checked:
 * - each call answers as it was recorded;
 * - what is read is what was written last (`stamps.ts`);
 * - tree and VMAs that the event touched are whole, and the reverse map of a page that it touched leads back to it.
 *
 * What holds of the whole machine, `machine_check.ts` shows.
 *
 * @module
 */

import { MADV } from "../abi/mman.ts";
import { ERRNO } from "../abi/errno.ts";
import { hex } from "../abi/hex.ts";
import { PAGE_SIZE } from "../abi/page.ts";
import type { AddressSpace } from "../mm/address_space.ts";
import { amended } from "../mm/calls/access.ts";
import { validateEntry } from "../mm/checks/validate_pages.ts";
import { LockChecker } from "../mm/locks/lock_checker.ts";
import { MmError } from "../mm/error.ts";
import { CommitLedger } from "../mm/memory_descriptor.ts";
import { beginMigration, finishMigration, type Migration } from "../mm/pages/migrate.ts";
import { type HugePagePolicy, PhysicalMemory } from "../mm/pages/physical_memory.ts";
import { evict, reclaim } from "../mm/pages/reclaim.ts";
import { collapse, HUGE_PAGES, hugeNumber, splitHugePage } from "../mm/pages/huge_page.ts";
import { pageIndex } from "../mm/pages/page_offset.ts";
import { truncate } from "../mm/pages/truncate.ts";
import type { FileMapping, HugeEntry, Vma } from "../mm/vma.ts";
import {
  VM_DONTCOPY,
  VM_DONTDUMP,
  VM_READ,
  VM_SHARED,
  VM_WIPEONFORK,
  VM_WRITE,
} from "../mm/vm_flags.ts";
import type { Step } from "../replay/step.ts";
import { System } from "../replay/system.ts";
import { besideOf, forkedLife, type LoadEvent } from "./event.ts";
import { noteCopies, noteFile } from "./copies.ts";
import { LoadFinding } from "./finding.ts";
import type { Program } from "./lives.ts";
import { amendAt, isPastEnd, readAt, stateOf, takeStep } from "./acts.ts";
import { checkAnswer, hasParted, isRefused } from "./answer.ts";
import { mayCut, mayWrite } from "./border.ts";
import { type Before, lookBefore, mirror, mirrorRefused } from "./mirror.ts";
import { type Job, RunningLife, TMPFS_FILE_PAGES } from "./running_life.ts";
import { SecondTask } from "./second_task.ts";
import { FileStamps } from "./stamps.ts";

/** How large the machine is, and what runs on it. */
export interface LoadOptions {
  /** The programs that may be started, by number. */
  readonly programs: readonly Program[];
  /** Page frames. */
  readonly memoryPages: number;
  /** Slots of the swap device. */
  readonly swapPages: number;
  /** Which memory gets huge pages. */
  readonly hugePages: HugePagePolicy;
  /** Check the order of locks, and that each change is made under its lock; not unless given. */
  readonly locks?: boolean;
  /**
   * The programs run under another kernel's rules than they were recorded under: one whose call is answered otherwise
   * ends there, as what it would have done next is not known.
   */
  readonly mayPart?: boolean;
}

/** Page frames of a machine on which programs can run: a write to a page of a file needs its page and a copy. */
export const FEWEST_PAGES = 2;

/** Numbers of processes that no recording knows begin here: the kernel gives none so high. */
const FIRST_FORKED_PID = 2 ** 30;

/** So many tries for want of a frame, and reclaim counts as without progress: the largest life is killed. */
const MOST_TRIES = 200;

/** Frames that are kept free: below a 64th of memory reclaim begins, and it ends at a 32nd. */
const LOW_WATERMARK = 1 / 64;
const HIGH_WATERMARK = 1 / 32;

/** A machine under load. */
export class Load {
  /** Its pages. */
  readonly memory: PhysicalMemory;
  /** What its processes were promised. */
  readonly commit: CommitLedger = new CommitLedger();
  /** The lives that have begun and not ended, in no order. */
  readonly lives: RunningLife[] = [];
  /** How many of them are children that no recording knows. */
  children = 0;
  /** What every file must hold. */
  readonly files: FileStamps<FileMapping> = new FileStamps();
  /** Migrations under way, oldest first. */
  readonly migrations: Migration[] = [];
  /** Address spaces that were killed because memory and swap were full. */
  killed = 0;
  /** Calls that were answered otherwise than recorded, under another kernel's rules. */
  parted = 0;
  readonly #mayPart: boolean;
  readonly #programs: readonly Program[];
  readonly #byNumber = new Map<number, RunningLife>();
  #writes = 0;

  /** A machine on which nothing runs yet. */
  constructor({ programs, memoryPages, swapPages, hugePages, locks, mayPart }: LoadOptions) {
    this.#programs = programs;
    this.#mayPart = mayPart ?? false;
    this.memory = new PhysicalMemory({
      pages: memoryPages,
      swapSlots: swapPages,
      hugePages,
      ...(locks && { locks: new LockChecker() }),
    });
  }

  /**
   * Lets an event happen, and checks what it touched.
   *
   * @returns false if it did nothing: its life is over, or its page is not there
   * @throws {LoadFinding} a call answered otherwise than recorded, or a page does not hold what was written
   * @throws {InvariantError} a rule of the tree is broken
   * @throws {MmInvariantError} a rule of the address space is broken
   */
  apply({ kind, life: number, argument }: LoadEvent): boolean {
    this.#keepFree();
    if (kind === "start") return this.#start(number, this.#programs[argument]!);
    if (kind === "settle") return this.#settle();
    const life = this.#byNumber.get(number);
    if (life === undefined) return false;
    if (kind === "step") return this.#steps(life, argument);
    if (kind === "beside") return this.#beside(life, argument);
    if (kind === "fork") return this.#fork(life, argument);
    if (kind === "exit") return this.#exit(life);
    if (kind === "starve") return this.#starve(life, argument);
    if (kind === "truncate") return this.#truncate(life, argument);
    return this.#page(kind, life, argument);
  }

  /** Ends all lives; what must be zero then, `checkIdle` in `machine_check.ts` says. */
  end(): void {
    while (this.migrations.length > 0) this.#settle();
    for (const life of [...this.lives]) this.#end(life);
  }

  /** What the page at `address` must hold for a process that reads it there. */
  expected(life: RunningLife, vma: Vma, address: number): number {
    const own = vma.flags & VM_SHARED ? undefined : life.stamps.get(address);
    if (own !== undefined) return own;
    return vma.fileMapping === null ? 0 : this.files.get(vma.fileMapping, pageIndex(vma, address));
  }

  #start(run: number, program: Program): boolean {
    const options = { memory: this.memory, commit: this.commit };
    const job: Job = {
      run,
      program,
      system: new System(undefined, options),
      memoryFiles: new Set(),
    };
    const { step, begins } = program.lives[0]![0]!;
    job.system.apply(step);
    this.#begin(job, begins!, job.system.space(step.pid)!, undefined);
    return true;
  }

  #begin(
    job: Job,
    number: number,
    space: AddressSpace,
    parent: RunningLife | undefined,
  ): RunningLife {
    const life = new RunningLife(job, number, space, parent);
    life.place = this.lives.push(life) - 1;
    if (life.isChild) this.children++;
    this.#byNumber.set(life.number, life);
    return life;
  }

  #steps(life: RunningLife, count: number): boolean {
    if (life.next === undefined) return false;
    for (let done = 0; done < count && this.#byNumber.has(life.number); done++) this.#step(life);
    return count > 0;
  }

  /** The life's next recorded step, and the life that begins with it. */
  #step(life: RunningLife): void {
    const before = lookBefore(life.space, life.next!.step);
    const answer = this.#patiently(life, takeStep);
    if (answer === undefined) return; // it was killed to make room
    this.#done(life, answer, before);
  }

  /** Tries the life's next call with too little memory for structures. */
  #starve(life: RunningLife, left: number): boolean {
    const step = life.next?.step;
    if (step?.type !== "call" || step.action === undefined) return false;
    const { faultInjection } = life.space.descriptor;
    const before = lookBefore(life.space, step);
    if (before.source.length > 1) return false; // what has moved would not be there the next time
    faultInjection.left = left;
    const answer = this.#patiently(life, takeStep);
    faultInjection.left = Infinity;
    if (answer === undefined) return true;
    if (!isRefused(step, answer, before.brk)) this.#done(life, answer, before);
    else {
      mirrorRefused(life);
      life.validator.check();
    }
    return true;
  }

  /** The life's next call, and a touch of memory by a second task of the process beside it. */
  #beside(life: RunningLife, argument: number): boolean {
    const step = life.next?.step;
    const { locks } = this.memory;
    if (locks === null || step?.type !== "call" || step.action === undefined) return false;
    const touch = besideOf(argument);
    const before = lookBefore(life.space, step);
    const vma = life.space.findVma(touch.address);
    if (vma === undefined || vma.special !== null || !mayWrite(life, vma)) return false;
    const second = new SecondTask(this, life, touch, ++this.#writes);
    const call = () => life.job.system.apply(step);
    let first: (() => number) | undefined = () => second.beside(locks, call);
    const answer = this.#patiently(life, () => {
      const act = first ?? call; // the touch comes once, however often the call is tried
      first = undefined;
      return act();
    });
    if (answer === undefined) return true;
    second.noteBefore();
    this.#done(life, answer, before, true);
    if (!this.#byNumber.has(life.number)) return true;
    second.finish((act) => this.#patiently(life, act));
    if (!this.#byNumber.has(life.number)) return true;
    validateEntry(life.space.descriptor, touch.address / PAGE_SIZE);
    life.validator.check();
    return true;
  }

  /** Goes on to the step after one that answered. */
  #done(life: RunningLife, answer: number, before: Before, isBeside = false): void {
    const done = life.next!;
    const { step, begins } = done;
    life.advance();
    if (step.type === "call") {
      const pages = isBeside ? undefined : before.totalPages;
      if (this.#mayPart && hasParted(life.space, step, done, pages, answer)) {
        this.parted++;
        return this.#end(life);
      }
      checkAnswer(step, answer);
      mirror(life.stamps, step, before, life.space);
      for (const { start, end } of done.unmapped) life.stamps.clear(start, end);
      noteFile(life, step);
      noteCopies(life, step, isBeside ? undefined : (vma, page) => this.expected(life, vma, page));
    } else if (step.type === "touch") this.#touched(life, step.address);
    if (begins !== undefined) this.#bear(life, step, begins);
    if (life.next === undefined) this.#end(life);
    else life.validator.check();
  }

  /** A child that no recording knows. */
  #fork(life: RunningLife, number: number): boolean {
    if (life.next === undefined) return false;
    const { pid } = life.next.step;
    const child = FIRST_FORKED_PID + number;
    const record = { type: "fork", pid, child, sharesMemory: false } as const;
    const step: Step = { type: "fork", record, pid };
    if (this.#patiently(life, () => life.job.system.apply(step)) !== 0) return false;
    this.#bear(life, step, forkedLife(number));
    life.validator.check();
    return true;
  }

  #exit(life: RunningLife): boolean {
    if (life.next !== undefined) return false;
    this.#end(life);
    return true;
  }

  /** Cuts a page out of its VMA by a flag that changes nothing else, or joins it again. */
  #border(life: RunningLife, vma: Vma, address: number): boolean {
    if (!mayCut(life, address)) return false;
    const advice = vma.flags & VM_DONTDUMP ? MADV.DODUMP : MADV.DONTDUMP;
    const act = () => (life.space.madvise(address, PAGE_SIZE, advice), 0);
    if (vma.file !== null || this.#patiently(life, act) !== 0) return false;
    life.validator.check();
    return true;
  }

  /** A write that changes nothing: a private page holds from now on what it shows. */
  #touched(life: RunningLife, address: number): void {
    const vma = life.space.findVma(address);
    if (vma === undefined || vma.flags & VM_SHARED) return;
    const page = address - address % PAGE_SIZE;
    life.stamps.set(page, this.expected(life, vma, page));
  }

  #bear(parent: RunningLife, step: Step, number: number): void {
    const pid = step.type === "fork" ? step.record.child : step.pid;
    const space = parent.job.system.space(pid)!;
    const child = this.#begin(parent.job, number, space, step.type === "fork" ? parent : undefined);
    if (step.type !== "fork") return;
    for (const { start, end, flags } of parent.space.vmas()) {
      if (flags & (VM_DONTCOPY | VM_WIPEONFORK | VM_SHARED)) continue;
      parent.stamps.copyTo(child.stamps, start, end);
    }
  }

  /** A life without steps left: whatever the recording did not show the end of ends here. */
  #end(life: RunningLife): void {
    this.#forget(life);
    life.job.system.kill(life.space);
    const isLast = this.lives.every(({ job }) => job !== life.job);
    for (const file of [...life.files, ...isLast ? life.job.memoryFiles : []]) {
      const mapping = this.memory.mappingOf(file);
      if (mapping.byOffset.size > 0) continue; // a child maps it still
      this.#cut(mapping, 0);
      this.memory.forget(file);
    }
  }

  #forget(life: RunningLife): void {
    this.#byNumber.delete(life.number);
    if (life.isChild) this.children--;
    const last = this.lives.pop()!;
    if (last === life) return;
    this.lives[life.place] = last;
    last.place = life.place;
  }

  #page(kind: LoadEvent["kind"], life: RunningLife, address: number): boolean {
    const vma = life.space.descriptor.tree.load(address);
    if (vma === undefined || vma.special !== null) return false;
    switch (kind) {
      case "read":
        if (this.memory.hugePages !== "never" && !mayWrite(life, vma)) return false;
        return (vma.flags & VM_READ) !== 0 && this.#read(life, vma, address);
      case "write":
        return (vma.flags & VM_WRITE) !== 0 && mayWrite(life, vma) &&
          this.#write(life, vma, address);
      case "border":
        return this.#border(life, vma, address);
      case "collapse":
        return this.#collapse(life, vma, address);
      default:
        return this.#move(kind, life, address);
    }
  }

  #read(life: RunningLife, vma: Vma, address: number): boolean {
    const before = stateOf(life, address);
    const stamp = this.#patiently(life, readAt, address);
    if (stamp === undefined || isPastEnd(vma, address) && stamp === -ERRNO.EFAULT) return false;
    const expected = this.expected(life, vma, address);
    if (stamp !== expected) {
      throw new LoadFinding(
        `life ${life.number} reads ${stamp} at ${hex(address)}, where ${expected} was written`,
      );
    }
    return this.#checkPage(life, address, before);
  }

  #write(life: RunningLife, vma: Vma, address: number): boolean {
    const before = stateOf(life, address);
    const value = ++this.#writes;
    const stamp = amended(this.expected(life, vma, address), value);
    if (this.#patiently(life, amendAt, address, value) !== 0) return false;
    if (vma.flags & VM_SHARED) this.files.set(vma.fileMapping!, pageIndex(vma, address), stamp);
    else life.stamps.set(address, stamp);
    return this.#checkPage(life, address, before);
  }

  /** Checks the entry that a fault has made, if it has made one, and what it has done to VMAs. */
  #checkPage(life: RunningLife, address: number, before: number | HugeEntry): boolean {
    if (stateOf(life, address) === before) return true;
    validateEntry(life.space.descriptor, address / PAGE_SIZE);
    life.validator.check();
    return true;
  }

  /** Takes the page there out of memory, or to another frame. */
  #move(kind: LoadEvent["kind"], life: RunningLife, address: number): boolean {
    const { huge } = life.space.descriptor.pageTable!;
    const whole = huge.get(hugeNumber(address));
    if (whole !== undefined) splitHugePage(this.memory, whole.page);
    const entry = life.space.entry(address);
    if (entry?.kind !== "present" || entry.page.frame < 0 || entry.page.locked) return false;
    if (kind === "migrate") this.migrations.push(beginMigration(entry.page));
    else if (!evict(this.memory, entry.page)) return false;
    validateEntry(life.space.descriptor, address / PAGE_SIZE);
    return true;
  }

  #collapse(life: RunningLife, vma: Vma, address: number): boolean {
    return collapse(life.space.descriptor, vma, address);
  }

  #settle(): boolean {
    const migration = this.migrations.shift();
    if (migration === undefined) return false;
    finishMigration(this.memory, migration);
    return true;
  }

  /** Cuts the life's result so that the page at `address` is the first that is gone; it grows again when written. */
  #truncate(life: RunningLife, address: number): boolean {
    const { result } = life;
    const vma = life.space.findVma(address);
    if (result === undefined || vma?.file !== result || vma.start > address) return false;
    const mapping = this.memory.mappingOf(result);
    this.#cut(mapping, pageIndex(vma, address));
    mapping.length = Infinity;
    return true;
  }

  #cut(mapping: FileMapping, length: number): void {
    while ([...mapping.pages.values()].some((page) => page.locked)) this.#settle();
    truncate(this.memory, mapping, length, TMPFS_FILE_PAGES - 1);
    this.files.truncate(mapping, length);
  }

  /**
   * Does what may have to wait: for a page under migration until that is over, for a free frame until reclaim, or
   * the death of the largest life, has made one.
   *
   * @param act gets the life and the two numbers: what every event does needs no function object of its own
   * @returns undefined if it was this life that had to die
   */
  #patiently(
    life: RunningLife,
    act: (life: RunningLife, address: number, value: number) => number,
    address = 0,
    value = 0,
  ): number | undefined {
    for (let tries = 1;; tries++) {
      try {
        return act(life, address, value);
      } catch (error) {
        if (!(error instanceof MmError)) throw error;
        if (error.code === "EAGAIN" && this.#settle()) continue;
        if (error.code !== "ENOMEM" || this.memory.free > 1) return -error.errno;
      }
      // A call that populates more than fits finds its first pages gone whenever it begins again.
      if (tries % MOST_TRIES === 0) this.#killLargest();
      else this.#makeRoom();
      if (!this.#byNumber.has(life.number)) return undefined;
    }
  }

  /** Wakes reclaim when few frames are free, as kswapd does. */
  #keepFree(): void {
    const { memory } = this;
    if (memory.free >= memory.pages * LOW_WATERMARK) return;
    if (reclaim(memory, memory.pages * HIGH_WATERMARK) === 0) this.#makeRoom();
  }

  /** Frees a frame or more: by reclaim, else by what migrations hold, else by killing. */
  #makeRoom(): void {
    while (reclaim(this.memory, 2) === 0 && this.memory.free < 2) {
      if (this.#settle()) continue;
      this.#killLargest();
    }
  }

  #killLargest(): void {
    const largest = this.#largest();
    if (largest === undefined) {
      throw new LoadFinding("memory is full, and nobody is left who uses it");
    }
    this.killed++;
    this.#end(largest);
  }

  #largest(): RunningLife | undefined {
    let largest: RunningLife | undefined;
    let most = -1;
    for (const life of this.lives) {
      const table = life.space.descriptor.pageTable!;
      const size = table.size + table.huge.size * HUGE_PAGES;
      if (size > most) [largest, most] = [life, size];
    }
    return largest;
  }
}
