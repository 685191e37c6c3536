/**
 * What happens in a load, one event at a time. An event names all that it is about, so that a list of events is a
 * run of its own: the same list gives the same run, and a shorter one still means something. An event whose life
 * is over, or whose page is not mapped any more, does nothing.
 *
 * @module
 */

/** What an event does. */
export type EventKind =
  /** Begins run number `life` of a program: `argument` is the program's number. */
  | "start"
  /** The life does its next `argument` recorded steps; the scheduler draws one at a time. */
  | "step"
  /**
   * The life's next recorded call is tried with memory for `argument` structures only (VMAs, links, tree nodes): it
   * must do nothing then, or be done. The recorded step is still to come if it was not.
   */
  | "starve"
  /**
   * The life's next recorded call is done while a second task of the process touches a page: `argument` is the page's
   * first byte and what `besideOf` makes of the rest. Only on a machine that checks locks: there are no lock points
   * elsewhere.
   */
  | "beside"
  /** The process forks; the child, number `argument` of all such, has no recorded steps: it only uses its memory. */
  | "fork"
  /** A life without recorded steps ends. */
  | "exit"
  /** The process marks the page at address `argument` as not to be dumped, or no longer so: a VMA is cut, or joined. */
  | "border"
  /** The process reads the page at address `argument`. */
  | "read"
  /** The process writes to the page there. */
  | "write"
  /** The page there is written out to the swap device, or dropped from the page cache. */
  | "evict"
  /** Compaction begins to move the page there: its entries become migration entries. */
  | "migrate"
  /** The oldest migration is over: its entries show the page in its new frame. */
  | "settle"
  /** The life's result on the tmpfs is cut to the page that is shown there; what shows more is unmapped. */
  | "truncate"
  /** khugepaged looks at the 2 MiB around it and collapses its pages into a huge one, if it may. */
  | "collapse";

/** All kinds; the position of a kind is its number in packed lists. */
export const EVENT_KINDS: readonly EventKind[] = [
  "start",
  "step",
  "starve",
  "fork",
  "exit",
  "border",
  "read",
  "write",
  "evict",
  "migrate",
  "settle",
  "truncate",
  "collapse",
  "beside",
];

/** One event. */
export interface LoadEvent {
  /** What happens. */
  readonly kind: EventKind;
  /** The life it happens to: see {@linkcode lifeNumber}. The run's number for `start`, 0 for `settle`. */
  readonly life: number;
  /** What the kind says; mostly the page's first byte. */
  readonly argument: number;
}

/** A touch by a second task. */
export interface BesideTouch {
  /** First byte of the page. */
  readonly address: number;
  /** Whether it writes there, or reads. */
  readonly writes: boolean;
  /**
   * The lock point of the call at which it does; after the call if that has not so many. 0: the touch comes first, and
   * the call is done between its look-up of the VMA and its lock.
   */
  readonly point: number;
}

/** Lock points that an event can tell apart. */
export const LOCK_POINTS = 2 ** 11;

/** What the argument of an event `beside` says: page, lock point and access in one number. */
export function besideOf(argument: number): BesideTouch {
  const rest = argument % (2 * LOCK_POINTS);
  return { address: argument - rest, writes: rest % 2 === 1, point: rest >> 1 };
}

/** The argument that says so. */
export function besideArgument({ address, writes, point }: BesideTouch): number {
  return address + 2 * point + Number(writes);
}

/** Lives of one run at most. */
const LIVES = 2 ** 20;

/** The number of a life: that of the run, and that of the life in its program. It does not depend on other runs. */
export function lifeNumber(run: number, life: number): number {
  return run * LIVES + life;
}

/** The number of a life that an event forked, in its run: beyond those of any program. */
export function forkedLife(child: number): number {
  return LIVES / 2 + child;
}

/** The run that a life is part of. */
export function runOf(life: number): number {
  return Math.floor(life / LIVES);
}

/** Events in order, 17 bytes each: a run of ten million is kept in 170 MB. */
export class EventList {
  #kinds = new Uint8Array(1024);
  #lives = new Float64Array(1024);
  #arguments = new Float64Array(1024);
  #length = 0;

  /** Events in the list. */
  get length(): number {
    return this.#length;
  }

  /** Puts an event at the end. O(1) amortised. */
  push({ kind, life, argument }: LoadEvent): void {
    if (this.#length === this.#kinds.length) this.#grow();
    const at = this.#length++;
    this.#kinds[at] = EVENT_KINDS.indexOf(kind);
    this.#lives[at] = life;
    this.#arguments[at] = argument;
  }

  /** The event at a position in `[0, length)`. O(1). */
  at(position: number): LoadEvent {
    return {
      kind: EVENT_KINDS[this.#kinds[position]!]!,
      life: this.#lives[position]!,
      argument: this.#arguments[position]!,
    };
  }

  /** All events in order. */
  *[Symbol.iterator](): IterableIterator<LoadEvent> {
    for (let at = 0; at < this.#length; at++) yield this.at(at);
  }

  #grow(): void {
    const size = this.#length * 2;
    const kinds = new Uint8Array(size);
    const lives = new Float64Array(size);
    const args = new Float64Array(size);
    kinds.set(this.#kinds);
    lives.set(this.#lives);
    args.set(this.#arguments);
    [this.#kinds, this.#lives, this.#arguments] = [kinds, lives, args];
  }
}
