/**
 * Looks at the layout of one address space: after a call where the call can have changed it, between calls where pages
 * were faulted in, and as a whole at intervals and at the end.
 *
 * # What holds
 *
 * - What a look tells was shown by the kernel at that look, VmFlags excepted: those of a VMA that a call made or
 *   changed are taken from what smaps showed after the same call on the same VMA (see `flag_memory.ts`).
 * - Where that is not certain, after calls that may change anything and after calls that are not recorded but may
 *   change a layout, the whole smaps is read, as it is read at intervals. What it shows that no look has told goes into
 *   the record of that time: it is late, not lost, and counted.
 *
 * @module
 */
import type { MapLine } from "../trace/format.ts";
import type { Effect } from "./effects.ts";
import { FaultCount } from "./fault_count.ts";
import type { FlagMemory } from "./flag_memory.ts";
import { carriedWrites, difference, hasFlag, isSame, overlaps, type Range } from "./layout.ts";
import type { LibcCalls } from "./libc.ts";
import { indexFrom, LiveLayout } from "./live_layout.ts";
import type { PageScan } from "./page_scan.ts";
import { readSmaps } from "./proc.ts";
import { openPages, openVmas, type Sources } from "./sources.ts";
import type { BareLine, VmaSource } from "./vma_query.ts";
import {
  type After,
  afterOf,
  type Between,
  betweenOf,
  countBeyond,
  countDifferent,
  type Deed,
  type Told,
} from "./whole.ts";
import { shownAround, type Window } from "./window.ts";

/** Whom a look is for: a stopped process or thread. */
export interface Looker {
  /** Its id. */
  readonly pid: number;
  /** The leader of its threads. */
  readonly leader: number;
  /** True if no other process or thread uses the address space. */
  readonly isAlone: boolean;
  /** True if only threads of its own do. */
  readonly isOneProcess: boolean;
}

/** The time from one reading of the whole to the next is at least so many times what the reading took. */
const INTERVAL = 30;
/** VMAs asked for one by one, at most; beyond, smaps tells more in less time. */
const MOST_ASKED = 4096;
const NOTHING: Between = { grown: [], written: [] };

/** Looks at one address space. */
export class Observer {
  /** The layout as the looks so far have told it. */
  readonly layout: LiveLayout;
  /** True from a call that may change the layout and is not recorded to the next whole reading after a call. */
  isUncertain = false;
  /** What calls do to VmFlags. */
  memory: FlagMemory;
  /** VMAs that only a whole reading has shown to differ from what was told. */
  late = 0;
  readonly #libc: LibcCalls;
  readonly #sources: Sources;
  readonly #faults: FaultCount;
  #vmas: VmaSource | undefined;
  #pages: PageScan | undefined;
  /** VMAs that the last call left: what is written to next is mostly among them. */
  #recent: readonly MapLine[] = [];
  #dueMs = -Infinity;
  readonly #clock: () => number;

  /**
   * Looks at nothing yet.
   *
   * @param layout what smaps has just shown
   * @param clock tells the time, ms
   */
  constructor(
    libc: LibcCalls,
    sources: Sources,
    memory: FlagMemory,
    layout: readonly MapLine[],
    clock: () => number = () => performance.now(),
  ) {
    this.#clock = clock;
    this.#libc = libc;
    this.#sources = sources;
    this.memory = memory;
    this.#faults = new FaultCount(libc);
    this.layout = new LiveLayout(layout);
  }

  /**
   * Looks at what happened since the last look; nothing if the process is gone.
   *
   * @param isThorough look even if no page was faulted in, where that is dear
   */
  between(looker: Looker, isThorough: boolean): Between | undefined {
    const faults = this.#faultsOf(looker);
    const isQuiet = faults === 0 && !this.isUncertain && !isThorough;
    if (isQuiet && this.#sources.means === "smaps") return NOTHING;
    if (this.isUncertain || this.#readsAll(looker)) return this.#betweenWhole(looker);
    const expected = this.#expected(looker, (shown) => betweenOf(this.layout.lines, shown));
    const grown = this.#grow();
    const written = faults === 0 ? [] : grown && this.#firstWrites(looker, faults);
    if (grown === undefined || written === undefined) {
      const whole = this.#betweenWhole(looker);
      return whole && { ...whole, grown: [...grown ?? [], ...whole.grown] };
    }
    const found = { grown, written: this.#mark(written) };
    if (expected !== undefined && looker.isAlone) compare(found, expected);
    return found;
  }

  /** Looks at what a call did; nothing if the process is gone. */
  after(looker: Looker, deed: Deed): After | undefined {
    const { effect } = deed;
    // Faults that are not asked for now count when the process stops next.
    const isQuiet = deed.isQuiet && looker.isAlone && !this.#reachesLocked(effect);
    const faults = isQuiet ? 0 : this.#faultsOf(looker);
    const isDue = this.#clock() > this.#dueMs;
    if (isDue || this.isUncertain || effect.reach === "anywhere" || this.#readsAll(looker)) {
      return this.#afterWhole(looker, deed);
    }
    const expected = this.#expected(looker, (shown) => afterOf(this.layout.lines, shown, deed));
    const grown = deed.mayGrow && !isQuiet ? this.#grow() : [];
    const change = grown && this.#change(deed, faults);
    if (grown === undefined || change === undefined) {
      const whole = this.#afterWhole(looker, deed);
      return whole && { ...whole, grown: [...grown ?? [], ...whole.grown] };
    }
    const elsewhere = change.written.length < faults
      ? this.#pages!.written(this.layout.unwritten) ?? []
      : [];
    const written = [...change.written, ...this.#mark(elsewhere)];
    written.sort((a, b) => a.start - b.start);
    const found = { ...change, grown, written };
    if (expected !== undefined && looker.isAlone) compare(found, expected, effect);
    return found;
  }

  /** Reads the whole at the end of a process: what happened since the last look, and how much no look has told. */
  atEnd(looker: Looker): Between | undefined {
    const shown = this.#whole(looker.pid);
    if (shown === undefined) return undefined;
    const { lines, ...found } = betweenOf(this.layout.lines, shown);
    if (!this.isUncertain && this.#sources.means !== "smaps") {
      this.late += countDifferent(lines, shown);
    }
    this.layout.replaceAll(lines);
    return found;
  }

  /** Closes what is open. */
  close(): void {
    this.#vmas?.close();
    this.#pages?.close();
    this.#faults.close();
    this.#vmas = this.#pages = undefined;
  }

  /**
   * How many first writes there can have been since the last look. Infinity where processes share the memory that are
   * counted apart, or where threads write to it while it is looked at.
   */
  #faultsOf(looker: Looker): number {
    const faults = this.#faults.since(looker.leader);
    if (!looker.isOneProcess) return Infinity;
    return looker.isAlone || faults === 0 ? faults : Infinity;
  }

  /** True if a call reaches memory that is locked: what is locked is filled at once. */
  #reachesLocked(effect: Effect): boolean {
    const { layout } = this;
    return effect.reach !== "anywhere" && effect.ranges.some(({ start, end }) => {
      for (let i = layout.indexFrom(start - 1); i < layout.lines.length; i++) {
        if (layout.lines[i]!.start > end) return false;
        if (hasFlag(layout.lines[i]!, "lo")) return true;
      }
      return false;
    });
  }

  /** True if there is no way to ask for less than the whole. */
  #readsAll({ pid }: Looker): boolean {
    if (this.#sources.means === "smaps") return true;
    this.#vmas ??= openVmas(this.#libc, pid, this.#sources);
    this.#pages ??= openPages(this.#libc, pid, this.#sources);
    return this.#vmas === undefined || this.#pages === undefined;
  }

  /** The whole layout, and with it what only the page tables show; nothing if the process is gone. */
  #whole(pid: number): MapLine[] | undefined {
    const shown = readSmaps(this.#libc, pid);
    const unwritten = shown?.filter((line) => !line.written) ?? [];
    const zeros = new Set(this.#pages?.hugeZeros(unwritten));
    return zeros.size === 0
      ? shown
      : shown?.map((line) => zeros.has(line) ? { ...line, written: true } : line);
  }

  #betweenWhole({ pid }: Looker): Between | undefined {
    const shown = this.#whole(pid);
    if (shown === undefined) return undefined;
    const { lines, ...found } = betweenOf(this.layout.lines, shown);
    this.layout.replaceAll(lines);
    return found;
  }

  #afterWhole({ pid }: Looker, deed: Deed): After | undefined {
    const startMs = this.#clock();
    const shown = this.#whole(pid);
    if (shown === undefined) return undefined;
    const before = this.layout.lines;
    const { lines, ...found } = afterOf(before, shown, deed);
    if (!this.isUncertain && this.#sources.means !== "smaps") {
      this.late += countBeyond(found, before, deed.effect);
      this.memory.learn(shown, before, deed.effect);
    }
    this.layout.replaceAll(lines);
    this.#recent = found.added;
    this.isUncertain = false;
    const endMs = this.#clock();
    this.#dueMs = endMs + INTERVAL * (endMs - startMs);
    return found;
  }

  /** Stacks that have grown; the layout has them in their new size. Nothing if the process is gone. */
  #grow(): MapLine[] | undefined {
    const { layout } = this;
    // Without a fault too: a stack that grows for one that then fails is none that counts.
    if (layout.stacks.length === 0 || !this.#vmas!.mayHaveGrown()) return [];
    if (!this.#vmas!.refresh()) return undefined;
    const grown: MapLine[] = [];
    for (const stack of [...layout.stacks]) {
      const now = this.#vmas!.at(stack.end - 1);
      if (now === "gone") return undefined;
      if (now === "none" || now.end !== stack.end || now.start >= stack.start) continue;
      const below = layout.lines[layout.indexFrom(stack.start) - 1];
      if ((below?.end ?? 0) > now.start) continue;
      const line = { ...stack, start: now.start };
      layout.update(stack, line);
      grown.push(line);
    }
    return grown;
  }

  /** What a call changed where it can have; nothing if the whole has to be read. */
  #change({ effect, moves }: Deed, faults: number): Omit<After, "grown"> | undefined {
    const { ranges } = effect.reach === "anywhere" ? { ranges: [] } : effect;
    const windows = this.#windows(ranges);
    const flagged = windows?.map(({ shown }) => this.#withFlags(shown, windows, effect));
    if (windows === undefined || flagged === undefined || !isComplete(flagged)) return undefined;
    const before = this.#under(windows);
    const shown = flagged.flat();
    const carried = carriedWrites(before, shown, moves);
    const unknown = shown.filter((line, i) => !carried[i] && line.permissions[3] === "p");
    const found = faults === 0 ? [] : this.#pages!.written(unknown);
    if (found === undefined) return undefined;
    const written = new Set(found);
    const now = new Map(shown.map((line, i) => [
      line,
      carried[i] || written.has(line) ? { ...line, written: true } : line,
    ]));
    // From the last on, as replacing moves what comes after.
    for (let i = windows.length - 1; i >= 0; i--) {
      const { first, end } = windows[i]!;
      this.layout.replace(first, end, flagged[i]!.map((line) => now.get(line)!));
    }
    const lines = [...now.values()];
    this.#recent = lines;
    return { ...difference(before, lines), written: found.map((line) => now.get(line)!) };
  }

  #windows(ranges: readonly Range[]): Window[] | undefined {
    if (ranges.length === 0) return [];
    if (!this.#vmas!.refresh()) return undefined;
    return shownAround(this.layout, this.#vmas!, ranges, MOST_ASKED);
  }

  /** What a window shows, with VmFlags; nothing if some have to be read. */
  #withFlags(
    shown: Window["shown"],
    windows: readonly Window[],
    effect: Effect,
  ): MapLine[] | undefined {
    const before = this.#under(windows);
    const lines: MapLine[] = [];
    for (const line of shown) {
      const old = before[indexFrom(before, line.start)];
      if (old !== undefined && isUntouched(old, line, effect)) {
        lines.push(old);
        continue;
      }
      const vmFlags = this.memory.flagsOf(line, before, effect);
      if (vmFlags === undefined) return undefined;
      lines.push({ ...line, vmFlags });
    }
    return lines;
  }

  /** What the layout has in the windows. */
  #under(windows: readonly Window[]): MapLine[] {
    return windows.flatMap(({ first, end }) => this.layout.lines.slice(first, end));
  }

  /** VMAs that have been written to since the last look; nothing if the whole has to be read. */
  #firstWrites(looker: Looker, faults: number): MapLine[] | undefined {
    const { unwritten } = this.layout;
    const recent = this.#recent.filter((line) =>
      unwritten[indexFrom(unwritten, line.start)] === line
    );
    if (looker.isAlone && recent.length > 0) {
      // A fault fills pages of one VMA: if as many have been written to there is no other.
      const found = this.#pages!.written(recent);
      if (
        found === undefined ||
        (found.length === faults && found.every((line) => this.memory.isOrdinary(line)))
      ) return found;
    }
    const found = this.#pages!.written(unwritten);
    return found?.every((line) => this.memory.isOrdinary(line)) ? found : undefined;
  }

  /** Marks VMAs of the layout as written to. */
  #mark(lines: readonly MapLine[]): MapLine[] {
    return lines.map((line) => {
      const marked = { ...line, written: true };
      this.layout.update(line, marked);
      return marked;
    });
  }

  /** What the whole says, where that is asked for beside what a look finds. */
  #expected<T>({ pid }: Looker, tell: (shown: MapLine[]) => Told<T>): Told<T> | undefined {
    if (!this.#sources.isChecked) return undefined;
    const shown = this.#whole(pid);
    return shown && tell(shown);
  }
}

/** True if a VMA is as it was, and the call has not reached it. */
function isUntouched(old: MapLine, now: BareLine, effect: Effect): boolean {
  return effect.reach !== "anywhere" && !effect.ranges.some((range) => overlaps(range, old)) &&
    isSame(old, { ...now, ...(old.vmFlags !== undefined && { vmFlags: old.vmFlags }) });
}

function isComplete<T>(parts: readonly (T | undefined)[]): parts is readonly T[] {
  return parts.every((part) => part !== undefined);
}

/** For {@linkcode Sources.isChecked}. */
function compare<T extends Between>(
  found: T,
  { lines: _, ...expected }: Told<T>,
  effect?: Effect,
): void {
  const canonical = (value: Between) =>
    JSON.stringify({
      grown: value.grown.map(({ start }) => start),
      written: value.written.map(({ start }) => start),
      ...("removed" in value && { removed: value.removed }),
      ...("added" in value && { added: value.added }),
    });
  const [one, other] = [canonical(found), canonical(expected)];
  if (one === other) return;
  throw new Error(
    `A look found ${one}, and the whole layout says ${other}: ${JSON.stringify(effect)}`,
  );
}
