/**
 * Read-copy-update: what a writer replaced stays as it was until no reader can hold it any more.
 *
 * A reader opens a section before its first step in the tree and closes it after its last. What is retired
 * while sections are open waits until every one of them has closed. The kernel's `call_rcu()` promises the
 * same (Linux `Documentation/RCU/whatisRCU.rst`). Sections of this thread are objects; a reader in another
 * thread announces in a word of shared memory which period had begun when it began to read. Periods can
 * be counted.
 *
 * Invariants: batches are in order of age, one a store; what is put into a batch can no longer be reached from
 * the root; a batch is waited for by exactly the sections that were open when its period began.
 *
 * @module
 */

import { MapleError } from "./errors.ts";
import * as layout from "./node_layout.ts";

const { MAX_READERS, PERIOD, READERS } = layout;

/** An open read section: nothing that it may have met is reused before it is closed. */
export interface ReadSection {
  /** Grace periods that had begun when the section was opened. */
  readonly since: number;
  /** Whether it is still open. */
  open: boolean;
}

interface Batch {
  readonly period: number;
  readonly nodes: number[];
  readonly handles: number[];
}

/**
 * Refuses to read in a section that was closed: what it met may have been reused.
 *
 * @throws {MapleError} EINVAL
 */
export function checkOpen(section: ReadSection): void {
  if (!section.open) throw new MapleError("EINVAL", "Cannot read: this reader was closed");
}

/** Open read sections, and what waits for them to close. */
export class RcuDomain {
  /** Grace periods that have begun. */
  begun = 0;
  /** Grace periods that have ended. */
  ended = 0;
  #sections = new Set<ReadSection>();
  #batches: Batch[] = [];
  readonly #shared: Int32Array | undefined;
  /** The period whose batch still takes things in. */
  #open = 0;

  /**
   * A domain without readers.
   *
   * @param shared the words of a tree in shared memory, whose header tells of readers in other threads
   */
  constructor(shared?: Int32Array) {
    this.#shared = shared;
  }

  /** Opens a read section. Mirrors `rcu_read_lock()`. */
  readLock(): ReadSection {
    const section = { since: this.begun, open: true };
    this.#sections.add(section);
    return section;
  }

  /** Closes a read section; closing one twice does nothing. Mirrors `rcu_read_unlock()`. */
  readUnlock(section: ReadSection): void {
    section.open = false;
    this.#sections.delete(section);
  }

  /** Sections that are open. */
  get readers(): number {
    return this.#sections.size;
  }

  /** Puts a replaced node into the batch that waits for the sections open now. */
  retireNode(node: number): void {
    this.#batch().nodes.push(node);
  }

  /** Puts the handle of a value that is no longer in the tree into that batch. */
  retireHandle(handle: number): void {
    this.#batch().handles.push(handle);
  }

  /** A store is over: what is retired next belongs to another grace period. */
  seal(): void {
    this.#open = 0;
  }

  /** Takes out the oldest batch for which no section is left; `undefined` if every batch is waited for. */
  expire(): { readonly nodes: readonly number[]; readonly handles: readonly number[] } | undefined {
    const oldest = this.#batches[0];
    if (oldest === undefined) return undefined;
    for (const section of this.#sections) if (section.since < oldest.period) return undefined;
    if (this.#shared !== undefined && announcedBefore(this.#shared, oldest.period)) {
      return undefined;
    }
    this.#batches.shift();
    this.ended++;
    return oldest;
  }

  /** Retired nodes that still wait. */
  nodes(): number[] {
    return this.#batches.flatMap((batch) => batch.nodes);
  }

  /** Retired handles that still wait. */
  handles(): number[] {
    return this.#batches.flatMap((batch) => batch.handles);
  }

  /** The batch of this store; it begins a grace period with the first thing that it retires. */
  #batch(): Batch {
    const newest = this.#batches.at(-1);
    if (newest !== undefined && newest.period === this.#open) return newest;
    this.#open = ++this.begun;
    const batch = { period: this.begun, nodes: [], handles: [] };
    this.#batches.push(batch);
    if (this.#shared !== undefined) Atomics.store(this.#shared, PERIOD, this.begun);
    return batch;
  }
}

/** Whether a reader in another thread began to read before `period` did. A reader announces the period and then
 * loads the root; here the root was stored before the announcements are loaded. Both in one order for all
 * threads, so a reader that is not seen here sees that root. */
function announcedBefore(words: Int32Array, period: number): boolean {
  for (let i = 0; i < MAX_READERS; i++) {
    const announced = Atomics.load(words, READERS + i);
    if (announced > 0 && announced - 1 < period) return true;
  }
  return false;
}
