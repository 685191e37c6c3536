/**
 * The state of the page and everything that changes it.
 *
 * @module
 */

import type { Pack, PackedFault } from "../pack.ts";
import { faultKey } from "../pack.ts";
import type { LibraryEntry, Readers } from "./library.ts";
import { linkEngine } from "./link.ts";
import { formatPlace, parsePlace, type Place } from "./place.ts";
import { Run } from "./run.ts";
import type { Border, StepView } from "./step_view.ts";
import { textOf } from "./text.ts";
import { type Station, TOUR_FAULT, TOUR_RUN, tourFacts, tourOf } from "./tour.ts";

/** Milliseconds of a frame that the index may have while the user does something else. */
const SLICE_MS = 8;
/** The fragment changes at most so often: browsers refuse more than a few times a second. */
const LINK_MS = 400;

/** The state of the page. */
export class Store {
  readonly pack: Pack;
  /** What reads the files of runs. */
  readonly readers: Readers;
  /** The runs that can be opened. */
  entries: readonly LibraryEntry[] = [];
  /** The name of the run that is open or being opened. */
  runName = "";
  /** The run, once it was read. */
  run: Run | undefined;
  /** What is shown of it. */
  view: StepView | undefined;
  step = 1;
  operation: number | undefined;
  /** First index of the selected VMA. */
  selected: number | undefined;
  /** The process whose steps are gone through; all unless set. */
  pid: number | undefined;
  isPlaying = false;
  /** Steps a second while playing. */
  speed = 4;
  /** The border that was asked about. */
  border: Border | undefined;
  /** The stations of the tour, once it was asked for, and at which one is, from 0. */
  tour: { readonly stations: readonly Station[]; readonly at: number } | undefined;
  /** What the page has to say: an error, or that something was done. */
  message = "";

  /** Told where the page stands, now and then. */
  onPlace: ((place: Place) => void) | undefined;

  readonly #listeners = new Set<() => void>();
  readonly #runs = new Map<string, Run>();
  #wanted: Place = {};
  #opening = 0;
  #linkTimer: ReturnType<typeof setTimeout> | undefined;
  #playTimer: ReturnType<typeof setTimeout> | undefined;
  #isIndexing = false;

  /** A page without runs. */
  constructor(pack: Pack) {
    this.pack = pack;
    this.readers = linkEngine(pack).engine;
  }

  /** Has a function called after every change. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Adds a run to choose from; one of the same name goes. */
  add(entry: LibraryEntry): void {
    this.entries = [...this.entries.filter(({ name }) => name !== entry.name), entry];
    for (const key of this.#runs.keys()) {
      if (key.startsWith(`${entry.name} `)) this.#runs.delete(key);
    }
    this.#changed();
  }

  /** The fault that is planted. */
  get fault(): PackedFault | undefined {
    return this.pack.faults.find(({ name }) => faultKey(name) === this.#wanted.fault);
  }

  /** Goes to a place; what it does not name stays as it is. */
  async go(place: Place): Promise<void> {
    const next = { ...this.#wanted, ...place };
    const entry = this.entries.find(({ name }) => name === next.run) ?? this.entries[0];
    if (entry === undefined) return;
    const turn = ++this.#opening;
    this.runName = entry.name;
    this.#wanted = { ...next, run: entry.name };
    try {
      const run = await this.#open(entry, this.fault);
      if (turn !== this.#opening) return;
      this.run = run;
      this.pid = next.pid;
      this.selected = next.vma;
      this.#show(next.step ?? 1, next.operation);
      this.#indexInSlices();
    } catch (error) {
      this.message = error instanceof Error ? error.message : String(error);
      this.#changed();
    }
  }

  /** Goes where a link points. */
  async follow(fragment: string): Promise<void> {
    const place = parsePlace(fragment);
    if (formatPlace(place) === formatPlace(this.place)) return;
    await this.go(place);
  }

  /** Where the page stands. */
  get place(): Place {
    const { runName: run, step, operation, selected: vma, pid } = this;
    return { run, step, operation, vma, fault: this.#wanted.fault, pid };
  }

  /** Shows a step, or one operation of it. */
  seek(step: number, operation?: number): void {
    if (this.run !== undefined) this.#show(step, operation);
  }

  /** Goes some steps on or back, among those of the process that was chosen. */
  move(steps: number): void {
    let step = this.step;
    const direction = Math.sign(steps);
    for (let left = Math.abs(steps); left > 0; left--) {
      const next = this.#nextStep(step, direction, () => true);
      if (next === undefined) break;
      step = next;
    }
    this.seek(step);
  }

  /** Goes to the next step, or the one before, that has all of the given marks; false if there is none. */
  jump(marks: number, direction: 1 | -1 = 1): boolean {
    const index = this.run?.index;
    if (index === undefined) return false;
    if (!index.isComplete) index.advance();
    const step = this.#nextStep(this.step, direction, (at) => (index.marks[at]! & marks) === marks);
    if (step === undefined) return false;
    this.seek(step);
    return true;
  }

  /** Selects a VMA, by the index at which a walk meets it; again to let it be. */
  select(first: number | undefined): void {
    this.selected = first;
    this.border = undefined;
    this.#link();
    this.#changed();
  }

  /** Asks why a VMA is not one with the VMA below it. */
  askBorder(first: number): void {
    this.border = this.run?.explain(this.step, this.operation, first);
    this.#changed();
  }

  /** Plays or stops. */
  play(isPlaying: boolean): void {
    this.isPlaying = isPlaying;
    clearTimeout(this.#playTimer);
    if (isPlaying) {
      if (this.step >= this.lastStep) this.seek(1);
      this.#schedule();
    }
    this.#changed();
  }

  /** The last step that can be shown. */
  get lastStep(): number {
    return this.run?.index.reachable ?? 1;
  }

  /** Goes through the steps of one process only, or of all; shows one of its steps. */
  choose(pid: number | undefined): void {
    const { run } = this;
    this.pid = pid;
    this.#wanted = { ...this.#wanted, pid };
    const isOther = run !== undefined && pid !== undefined && run.steps[this.step - 1]?.pid !== pid;
    const step = isOther ? run.steps.findIndex((each) => each.pid === pid) + 1 : this.step;
    this.seek(step, isOther ? undefined : this.operation);
  }

  /** Sets a field and tells those who show it. */
  set(change: Partial<Pick<Store, "speed" | "tour" | "message">>): void {
    Object.assign(this, change);
    this.#changed();
  }

  /** Begins the tour: in its own run, else in the first in which the story happens. */
  async startTour(): Promise<void> {
    const fault = this.pack.faults.find(({ name }) => faultKey(name) === TOUR_FAULT);
    const own = this.entries.filter(({ name }) => name === TOUR_RUN);
    for (const entry of [...own, ...this.entries]) {
      const facts = fault && tourFacts(entry.name, await this.#open(entry, fault));
      if (facts === undefined) continue;
      this.tour = { stations: tourOf(facts), at: 0 };
      return await this.visit(0);
    }
    this.set({
      message: "The tour needs a run in which the mistake of 2022 happens: cc1-2022 is one",
    });
  }

  /** Goes to a station of the tour. */
  async visit(at: number): Promise<void> {
    const station = this.tour?.stations[at];
    if (this.tour === undefined || station === undefined) return;
    this.play(false);
    this.tour = { ...this.tour, at };
    await this.go(station.place);
  }

  /** The step as text for a mail. */
  copyText(link: string): string {
    const { run, view } = this;
    return run === undefined || view === undefined ? "" : textOf(run, view, this.runName, link);
  }

  async #open(entry: LibraryEntry, fault: PackedFault | undefined): Promise<Run> {
    const key = `${entry.name} ${fault?.name ?? ""}`;
    const known = this.#runs.get(key);
    if (known !== undefined) return known;
    const run = new Run(this.pack, await entry.records(), fault);
    if (run.steps.length === 0) throw new TypeError("Nothing happens in this run");
    this.#runs.set(key, run);
    return run;
  }

  #show(step: number, operation?: number): void {
    const run = this.run!;
    // How far a run with a fault goes is known once it was there.
    if (run.fault !== undefined) run.index.advanceTo(step);
    const wanted = Math.min(Math.max(1, step), run.index.reachable);
    this.step = wanted;
    let view = run.view(wanted, operation);
    if (operation !== undefined && operation > view.operations.length) view = run.view(wanted);
    this.operation = view.operation;
    this.view = view;
    this.border = undefined;
    this.message = "";
    this.#link();
    this.#changed();
  }

  #nextStep(
    from: number,
    direction: number,
    fits: (at: number) => boolean,
  ): number | undefined {
    const { run, pid } = this;
    if (run === undefined) return undefined;
    for (let step = from + direction; step >= 1 && step <= this.lastStep; step += direction) {
      if (pid !== undefined && run.steps[step - 1]!.pid !== pid) continue;
      if (fits(step - 1)) return step;
    }
    return undefined;
  }

  #schedule(): void {
    this.#playTimer = setTimeout(() => {
      const before = this.step;
      this.move(1);
      if (this.step === before) this.play(false);
      else if (this.isPlaying) this.#schedule();
    }, 1000 / this.speed);
  }

  /** Goes on with the index whenever a frame has time for it. */
  #indexInSlices(): void {
    if (this.#isIndexing) return;
    this.#isIndexing = true;
    let drawn = 0;
    const slice = () => {
      const index = this.run?.index;
      if (index === undefined || index.isComplete) {
        this.#isIndexing = false;
        this.#changed();
        return;
      }
      index.advance(SLICE_MS);
      // Drawing the time line anew costs more than a slice.
      if (performance.now() - drawn > 250) {
        drawn = performance.now();
        this.#changed();
      }
      setTimeout(slice);
    };
    setTimeout(slice);
  }

  #link(): void {
    this.#linkTimer ??= setTimeout(() => {
      this.#linkTimer = undefined;
      this.onPlace?.(this.place);
    }, LINK_MS);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
