/**
 * Two tasks in one address space: a recorded call, and a touch of memory by a second task at one of the call's lock
 * points, or the other way round.
 *
 * Whatever the point, the end must be that of the touch before the call or of the touch after it. A touch that needs a
 * lock which the call holds waits until the call is over.
 *
 * @module
 */

import { hex } from "../abi/hex.ts";
import { PAGE_SIZE } from "../abi/page.ts";
import { amended } from "../mm/calls/access.ts";
import { type LockChecker, WouldBlock } from "../mm/locks/lock_checker.ts";
import { MmError } from "../mm/error.ts";
import { pageIndex } from "../mm/pages/page_offset.ts";
import type { FileMapping, Vma } from "../mm/vma.ts";
import { VM_GROWSDOWN, VM_READ, VM_SHARED, VM_WRITE } from "../mm/vm_flags.ts";
import type { BesideTouch } from "./event.ts";
import { LoadFinding } from "./finding.ts";
import { stampOf } from "./stamps.ts";
import type { RunningLife } from "./running_life.ts";
import type { FileStamps } from "./stamps.ts";

/** The number that the second task has for the checker of locks. */
const SECOND = 1;

/** What came of a touch: the stamp that it read (0 for a write), or why it was refused. */
type Outcome = { readonly stamp: number } | { readonly refused: MmError };

/** A page of a file. */
interface FilePage {
  readonly mapping: FileMapping;
  readonly index: number;
}

/** What pages must hold, as a load keeps it. */
export interface Expectations {
  /** What every file must hold. */
  readonly files: FileStamps<FileMapping>;
  /** What the page at `address` must hold for a process that reads it there. */
  expected(life: RunningLife, vma: Vma, address: number): number;
}

/** A touch by a second task, from before the call to after it. */
export class SecondTask {
  readonly #load: Expectations;
  readonly #life: RunningLife;
  readonly #touch: BesideTouch;
  readonly #value: number;
  readonly #expectedBefore: number | undefined;
  /** What the life itself had written there before the call. */
  readonly #ownBefore: number | undefined;
  /** Where a call that moves memory leaves what the page held; undefined for any other. */
  readonly #movedTo: number | undefined;
  /** The file's page that was shared there before the call. */
  readonly #fileBefore: FilePage | undefined;
  #outcome: Outcome | undefined;

  /**
   * A touch that has not happened yet.
   *
   * @param value what it writes
   */
  constructor(load: Expectations, life: RunningLife, touch: BesideTouch, value: number) {
    this.#load = load;
    this.#life = life;
    this.#touch = touch;
    this.#value = value;
    this.#expectedBefore = this.#expected();
    this.#ownBefore = life.stamps.get(touch.address);
    this.#movedTo = movedTo(life, touch.address);
    this.#fileBefore = this.#sharedPage();
  }

  /**
   * Makes `call` for the first task with the touch beside it. If the call throws, the touch may have happened.
   *
   * @throws {MmError} what the call throws
   * @throws {MmInvariantError} a rule of the locks is broken
   */
  beside(locks: LockChecker, call: () => number): number {
    return this.#touch.point === 0 ? this.#callWithin(locks, call) : this.#touchWithin(locks, call);
  }

  /** Notes a write that was done beside the call as done before it, where that can be: the call's effects follow. */
  noteBefore(): void {
    if (!this.#hasWritten() || this.#expectedBefore === undefined) return;
    this.#note(this.#expectedBefore, this.#fileBefore);
  }

  /**
   * After the call: does the touch if it had to wait, and checks that its end is that of one of the two orders.
   *
   * @param patiently waits for what a fault has to wait for; undefined if the life had to die meanwhile
   * @throws {LoadFinding} it is neither
   */
  finish(patiently: (act: () => number) => number | undefined): void {
    const hadToWait = this.#outcome === undefined;
    if (hadToWait && patiently(() => (this.#run(), 0)) === undefined) return;
    const outcome = this.#outcome;
    if (outcome === undefined) return;
    if ("refused" in outcome) this.#checkRefusal(outcome.refused, hadToWait);
    else this.#checkEnd(outcome.stamp, hadToWait);
  }

  #touchWithin(locks: LockChecker, call: () => number): number {
    let left = this.#touch.point;
    locks.onLockPoint = () => {
      if (--left > 0) return;
      locks.onLockPoint = undefined;
      this.#asSecond(locks, () => this.#run());
    };
    try {
      return call();
    } finally {
      locks.onLockPoint = undefined;
    }
  }

  #callWithin(locks: LockChecker, call: () => number): number {
    let answer: number | undefined;
    let failure: unknown;
    locks.onLockPoint = () => {
      locks.onLockPoint = undefined;
      locks.task = 0;
      try {
        answer = call();
      } catch (error) {
        failure = error;
      } finally {
        locks.task = SECOND;
      }
    };
    try {
      this.#asSecond(locks, () => this.#run());
    } finally {
      locks.onLockPoint = undefined;
    }
    if (failure !== undefined) throw failure;
    return answer ?? call();
  }

  /** Runs the second task, which gives up for now if it has to wait. */
  #asSecond(locks: LockChecker, run: () => void): void {
    locks.task = SECOND;
    try {
      run();
    } catch (error) {
      // Of memory's own errors one alone comes through: the page is under migration.
      if (!(error instanceof MmError) && !(error instanceof WouldBlock)) throw error;
      locks.endCall();
    } finally {
      locks.task = 0;
    }
  }

  /** Touches the page, and notes what came of it; a page that has to be waited for leaves it to be done. */
  #run(): void {
    const { space } = this.#life;
    const { address, writes } = this.#touch;
    try {
      if (writes) space.amendPage(address, this.#value);
      this.#outcome = { stamp: writes ? 0 : space.readPage(address) };
    } catch (error) {
      if (!(error instanceof MmError) || error.code === "EAGAIN") throw error;
      this.#outcome = { refused: error };
    }
  }

  #hasWritten(): boolean {
    return this.#touch.writes && this.#outcome !== undefined && "stamp" in this.#outcome;
  }

  /** A refusal is right if memory is short, or if one of the two orders refuses. */
  #checkRefusal(refused: MmError, hadToWait: boolean): void {
    if (refused.code !== "EFAULT") return;
    const before = hadToWait || this.#expectedBefore !== undefined;
    if (before && this.#expected() !== undefined) {
      throw this.#found(`is refused by a call and a touch of which neither forbids it`);
    }
  }

  /** What was read, and what was written, must be that of the touch before the call or after it. */
  #checkEnd(stamp: number, hadToWait: boolean): void {
    const before = hadToWait ? undefined : this.#expectedBefore;
    const after = this.#expected();
    if (before === undefined && after === undefined) {
      throw this.#found("is done, but neither before the call nor after it it may");
    }
    if (!this.#touch.writes) {
      if (stamp !== before && stamp !== after) {
        throw this.#found(`reads ${stamp}, but it holds ${before} before the call, ${after} after`);
      }
      return;
    }
    if (before !== undefined) {
      if (this.#isAsNoted()) return;
      this.#unnote(before);
    }
    if (after !== undefined) this.#note(after, this.#sharedPage());
    if (!this.#isAsNoted()) throw this.#found("is lost: it was done neither before nor after");
  }

  /** What the page must hold for this life now; undefined if the life may not touch it so. */
  #expected(): number | undefined {
    const { address, writes } = this.#touch;
    const vma = this.#vma();
    if (vma === undefined || (vma.flags & (writes ? VM_WRITE : VM_READ)) === 0) return undefined;
    if (vma.start > address) return vma.flags & VM_GROWSDOWN ? 0 : undefined;
    const { fileMapping } = vma;
    const isBeyond = fileMapping !== null && pageIndex(vma, address) >= fileMapping.length;
    if (isBeyond && this.#life.space.entry(address) === undefined) return undefined;
    return this.#load.expected(this.#life, vma, address);
  }

  /** Notes that the page, the file's or the life's own, holds what it held, and the write. */
  #note(held: number, file: FilePage | undefined) {
    const stamp = amended(held, this.#value);
    if (file === undefined) this.#life.stamps.set(this.#touch.address, stamp);
    else this.#load.files.set(file.mapping, file.index, stamp);
  }

  /**
   * Takes back that the write was noted before the call, where the note is not at the page any more: the call has moved
   * it, or the file is not mapped there now. The write came after.
   */
  #unnote(before: number): void {
    const file = this.#fileBefore;
    if (file !== undefined) return this.#load.files.set(file.mapping, file.index, before);
    const moved = this.#movedTo;
    if (moved === undefined) return;
    const { stamps } = this.#life;
    if (this.#ownBefore === undefined) stamps.clear(moved, moved + PAGE_SIZE);
    else stamps.set(moved, this.#ownBefore);
  }

  #sharedPage(): FilePage | undefined {
    const { address } = this.#touch;
    const vma = this.#vma();
    if (vma === undefined || vma.start > address || !(vma.flags & VM_SHARED)) return undefined;
    return { mapping: vma.fileMapping!, index: pageIndex(vma, address) };
  }

  /** True if the page holds what was noted; where no page is, nothing is noted. */
  #isAsNoted(): boolean {
    const { address } = this.#touch;
    const entry = this.#life.space.entry(address);
    if (entry === undefined) return this.#life.stamps.get(address) === undefined;
    return stampOf(entry, address) === this.#load.expected(this.#life, this.#vma()!, address);
  }

  #vma(): Vma | undefined {
    return this.#life.space.descriptor.tree.findVma(this.#touch.address);
  }

  #found(what: string): LoadFinding {
    const { address, writes, point } = this.#touch;
    const number = this.#life.number;
    return new LoadFinding(
      `life ${number}: a ${writes ? "write" : "read"} of ${
        hex(address)
      } at lock point ${point} ${what}`,
    );
  }
}

/** Where the life's next call moves the page at `address`. */
function movedTo({ next }: RunningLife, address: number): number | undefined {
  if (next?.step.type !== "call" || next.step.enter.call !== "mremap") return undefined;
  const { enter, record } = next.step;
  const [start = 0, length = 0] = enter.args;
  if (record.error !== undefined || record.result === start) return undefined;
  return start <= address && address < start + length
    ? record.result + (address - start)
    : undefined;
}
