/**
 * Grace periods: what a writer replaced stays as it was until no reader can hold it any more.
 *
 * A reader opens a section before its first step in the tree and closes it after its last. What is retired
 * while sections are open waits until every one of them has closed. The kernel's `call_rcu()` promises the
 * same (Linux `Documentation/RCU/whatisRCU.rst`); here one thread does both sides, so a period ends the
 * moment its last section closes, and can be counted.
 *
 * Invariants: batches are in order of age; a batch is waited for by exactly the sections that were open when
 * something was first put into it.
 *
 * @module
 */

/** An open read section: nothing that it may have met is reused before it is closed. */
export interface ReadSection {
  /** Grace periods that had begun when the section was opened. */
  readonly since: number;
}

interface Batch {
  readonly period: number;
  readonly nodes: number[];
  readonly handles: number[];
}

/** Open read sections, and what waits for them. */
export class Grace {
  /** Grace periods that have begun. */
  begun = 0;
  /** Grace periods that have ended. */
  ended = 0;
  #sections = new Set<ReadSection>();
  #batches: Batch[] = [];

  /** Opens a read section. */
  enter(): ReadSection {
    const section = { since: this.begun };
    this.#sections.add(section);
    return section;
  }

  /** Closes a read section; closing one twice does nothing. */
  leave(section: ReadSection): void {
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

  /** Takes out the oldest batch for which no section is left; `undefined` if every batch is waited for. */
  expire(): { readonly nodes: readonly number[]; readonly handles: readonly number[] } | undefined {
    const oldest = this.#batches[0];
    if (oldest === undefined) return undefined;
    for (const section of this.#sections) if (section.since < oldest.period) return undefined;
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

  /** The newest batch, unless a section was opened since it began: that one need not be waited for by what
   * was retired before, but must be by what is retired now. */
  #batch(): Batch {
    const newest = this.#batches.at(-1);
    if (newest !== undefined && !this.#openedSince(newest.period)) return newest;
    const batch = { period: ++this.begun, nodes: [], handles: [] };
    this.#batches.push(batch);
    return batch;
  }

  #openedSince(period: number): boolean {
    for (const section of this.#sections) if (section.since >= period) return true;
    return false;
  }
}
