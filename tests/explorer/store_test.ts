/** The state of the page without a page: where it stands, where it goes, and what it says. */

import { assertEquals } from "@std/assert";
import type { LibraryEntry } from "../../src/explorer/model/library.ts";
import { Mark } from "../../src/explorer/model/step_index.ts";
import type { Place } from "../../src/explorer/model/place.ts";
import { Store } from "../../src/explorer/model/store.ts";
import type { TraceRecord } from "../../src/trace/format.ts";
import { PID } from "../replay/records.ts";
import { BREAKS, CHILD, LATE, NOTHING, PLAIN_PACK, SMALL } from "./small_run.ts";

/** Timers that run when they are told to. */
class Clock implements Disposable {
  #nowMs = 0;
  readonly #timers = new Map<number, { readonly at: number; readonly run: () => void }>();
  #made = 0;
  readonly #real = [globalThis.setTimeout, globalThis.clearTimeout] as const;

  constructor() {
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms = 0) => {
        this.#timers.set(++this.#made, { at: this.#nowMs + ms, run });
        return this.#made;
      },
      clearTimeout: (timer: number) => this.#timers.delete(timer),
    });
  }

  get waiting(): number {
    return this.#timers.size;
  }

  /** Lets some time pass. */
  pass(ms: number): void {
    const until = this.#nowMs + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(([, { at }]) => at <= until)
        .sort(([, a], [, b]) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next[0]);
      this.#nowMs = next[1].at;
      next[1].run();
    }
    this.#nowMs = until;
  }

  [Symbol.dispose](): void {
    const [setTimeout, clearTimeout] = this.#real;
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
}

function entry(name: string, records: readonly TraceRecord[] = SMALL): LibraryEntry {
  return { name, records: () => Promise.resolve(records) };
}

/** A page with a run that is open. */
async function opened(place: Place = {}): Promise<Store> {
  const store = new Store(PLAIN_PACK);
  store.add(entry("small"));
  await store.go(place);
  return store;
}

const NOWHERE = { operation: undefined, vma: undefined, fault: undefined, pid: undefined };

Deno.test("store: a page without runs goes nowhere", async () => {
  const store = new Store(PLAIN_PACK);
  await store.go({ step: 3 });
  store.seek(3);
  store.move(2);
  store.choose(undefined);
  assertEquals([store.run, store.view, store.step, store.lastStep], [undefined, undefined, 1, 1]);
  assertEquals(store.jump(Mark.FORK), false);
  assertEquals(store.copyText("x"), "");
});

Deno.test("store: goes to a place, and what the next one does not name stays", async () => {
  using _clock = new Clock();
  const store = await opened();
  assertEquals(store.place, { ...NOWHERE, run: "small", step: 1 });
  await store.go({ step: 4, operation: 2, vma: 0x10_0000 });
  assertEquals(store.place, { ...NOWHERE, run: "small", step: 4, operation: 2, vma: 0x10_0000 });
  assertEquals([store.view?.step, store.view?.operation], [4, 2]);
  await store.go({ operation: undefined });
  assertEquals([store.step, store.operation, store.selected], [4, undefined, 0x10_0000]);
  // An operation that the step does not have is none.
  await store.go({ operation: 3 });
  assertEquals(store.operation, 3);
  await store.go({ operation: 4 });
  assertEquals([store.operation, store.view?.operation], [undefined, undefined]);
  await store.go({ run: "unknown", step: 99 });
  assertEquals([store.runName, store.step, store.lastStep], ["small", 10, 10]);
  store.seek(0);
  assertEquals(store.step, 1);
});

Deno.test("store: follows a link, but not to where it stands", async () => {
  using _clock = new Clock();
  const store = await opened({ step: 2 });
  let changes = 0;
  const end = store.subscribe(() => changes++);
  await store.follow("#run=small&step=2");
  assertEquals(changes, 0);
  await store.follow("#run=small&step=7");
  assertEquals([store.step, changes], [7, 1]);
  end();
  store.select(5);
  assertEquals(changes, 1);
});

Deno.test("store: moves among the steps, of all processes or of one", async () => {
  using _clock = new Clock();
  const store = await opened();
  const after = (steps: number) => (store.move(steps), store.step);
  assertEquals([after(1), after(2), after(-1), after(100), after(-3), after(-100), after(0)], [
    ...[2, 4, 3, 10, 7, 1, 1],
  ]);
  store.choose(CHILD);
  assertEquals([store.step, store.pid], [9, CHILD]);
  assertEquals([after(-1), after(1), after(1), after(-5)], [9, 10, 10, 9]);
  assertEquals(store.place.pid, CHILD);
  // A step of the process stays, and the operation that is shown.
  store.seek(9, 1);
  store.choose(CHILD);
  assertEquals([store.step, store.operation], [9, 1]);
  store.choose(PID);
  assertEquals([store.step, store.operation], [1, undefined]);
  store.seek(4);
  store.choose(undefined);
  assertEquals([store.step, store.pid], [4, undefined]);
  store.choose(12345);
  assertEquals(store.step, 1);
});

Deno.test("store: jumps to the next step with all of some marks, or the one before", async () => {
  using _clock = new Clock();
  const store = await opened();
  const to = (marks: number, direction?: 1 | -1) => [store.jump(marks, direction), store.step];
  assertEquals(to(Mark.MUNMAP), [true, 4]);
  assertEquals(store.run?.index.isComplete, true);
  assertEquals(to(Mark.MUNMAP), [true, 9]);
  assertEquals(to(Mark.MUNMAP), [false, 9]);
  assertEquals(to(Mark.SPLIT, -1), [true, 7]);
  assertEquals(to(Mark.MUNMAP | Mark.SPLIT, -1), [true, 4]);
  assertEquals(to(Mark.MUNMAP | Mark.SPLIT), [false, 4]);
  store.choose(PID);
  assertEquals(to(Mark.EXIT), [false, 4]);
});

Deno.test("store: plays step by step to the end, and from there anew", async () => {
  using clock = new Clock();
  const store = await opened({ step: 8 });
  clock.pass(5_000);
  assertEquals(clock.waiting, 0);
  store.play(true);
  clock.pass(249);
  assertEquals([store.step, store.isPlaying], [8, true]);
  clock.pass(1);
  assertEquals(store.step, 9);
  store.set({ speed: 10 });
  clock.pass(250); // the step that was waited for already
  assertEquals(store.step, 10);
  clock.pass(100);
  assertEquals([store.step, store.isPlaying], [10, false]);
  store.play(true);
  assertEquals([store.step, store.isPlaying], [1, true]);
  clock.pass(300);
  assertEquals(store.step, 4);
  store.play(false);
  clock.pass(1_000);
  assertEquals([store.step, store.isPlaying, clock.waiting], [4, false, 0]);
});

Deno.test("store: tells where it stands now and then, not at every change", async () => {
  using clock = new Clock();
  const store = await opened();
  const places: Place[] = [];
  store.onPlace = (place) => places.push(place);
  clock.pass(1_000);
  places.length = 0;
  for (const step of [2, 3, 4]) store.seek(step);
  store.select(0x20_0000);
  clock.pass(399);
  assertEquals(places, []);
  clock.pass(1);
  assertEquals(places, [{ ...NOWHERE, run: "small", step: 4, vma: 0x20_0000 }]);
  store.seek(5);
  clock.pass(400);
  assertEquals(places.map(({ step }) => step), [4, 5]);
});

Deno.test("store: the index is made while nothing else happens, and told of at its end", async () => {
  using clock = new Clock();
  const store = await opened();
  assertEquals(store.run!.index.isComplete, false);
  let changes = 0;
  store.subscribe(() => changes++);
  clock.pass(1);
  assertEquals(store.run!.index.isComplete, true);
  assertEquals(changes > 0, true);
  // It begins anew for another run.
  store.add(entry("other"));
  await store.go({ run: "other" });
  assertEquals(store.run!.index.isComplete, false);
  clock.pass(1);
  assertEquals(store.run!.index.isComplete, true);
});

Deno.test("store: asks why two are not one; what is selected changes that", async () => {
  using _clock = new Clock();
  const store = await opened({ step: 7 });
  store.askBorder(0x10_1000);
  assertEquals(store.border?.obstacle, "flags");
  store.select(0x10_1000);
  assertEquals([store.border, store.selected], [undefined, 0x10_1000]);
  store.askBorder(0x10_1000);
  store.seek(6);
  assertEquals(store.border, undefined);
  assertEquals(store.copyText("link").split("\n")[0], "small, step 6 of 10, process 7");
});

Deno.test("store: a run that cannot be read is told of, the one that is shown stays", async () => {
  using _clock = new Clock();
  const store = await opened({ step: 3 });
  store.add({ name: "broken", records: () => Promise.reject(new Error("it is damaged")) });
  await store.go({ run: "broken" });
  assertEquals([store.message, store.step, store.view?.step], ["it is damaged", 3, 3]);
  store.add({ name: "odd", records: () => Promise.reject("no error") });
  await store.go({ run: "odd" });
  assertEquals(store.message, "no error");
  store.add(entry("empty", [SMALL[0]!, SMALL.at(-1)!]));
  await store.go({ run: "empty" });
  assertEquals(store.message, "Nothing happens in this run");
  await store.go({ run: "small" });
  assertEquals(store.message, "");
});

Deno.test("store: one run of a name, which is read once until another takes the name", async () => {
  using _clock = new Clock();
  const store = await opened();
  const first = store.run;
  store.add(entry("small-2"));
  await store.go({ run: "small-2" });
  const second = store.run;
  await store.go({ run: "small" });
  assertEquals(store.run === first, true);
  store.add(entry("small"));
  assertEquals(store.entries.map(({ name }) => name), ["small-2", "small"]);
  await store.go({ run: "small" });
  assertEquals(store.run === first, false);
  await store.go({ run: "small-2" });
  assertEquals(store.run === second, true);
});

Deno.test("store: of two runs asked for at once, the later one is shown", async () => {
  using _clock = new Clock();
  const store = await opened();
  let give: (records: readonly TraceRecord[]) => void = () => {};
  const late = new Promise<readonly TraceRecord[]>((resolve) => give = resolve);
  store.add({ name: "late", records: () => late });
  const going = store.go({ run: "late", step: 5 });
  await store.go({ run: "small", step: 2 });
  give(SMALL);
  await going;
  assertEquals([store.runName, store.step], ["small", 2]);
});

Deno.test("store: a tour needs the mistake and a run in which it happens", async () => {
  using _clock = new Clock();
  const store = await opened();
  await store.startTour();
  assertEquals([store.tour, store.message.slice(0, 8)], [undefined, "The tour"]);
  await store.visit(0);
  assertEquals(store.step, 1);
  store.set({
    tour: {
      at: 0,
      stations: [4, 6].map((step) => ({
        ...{ title: "", paragraphs: [], target: "tree" as const },
        place: { step },
      })),
    },
  });
  store.play(true);
  await store.visit(1);
  assertEquals([store.tour!.at, store.step, store.isPlaying], [1, 6, false]);
  await store.visit(2);
  assertEquals([store.tour!.at, store.step], [1, 6]);
});

Deno.test("store: who shows it is told of every change", async () => {
  using _clock = new Clock();
  const store = await opened({ step: 7 });
  let changes = 0;
  store.subscribe(() => changes++);
  const told = (act: () => void) => {
    const before = changes;
    act();
    return changes - before;
  };
  assertEquals(told(() => store.select(5)), 1);
  assertEquals(told(() => store.askBorder(0x10_1000)), 1);
  assertEquals(told(() => store.set({ message: "done" })), 1);
  assertEquals(store.message, "done");
  assertEquals(told(() => store.seek(3)), 1);
  assertEquals(told(() => store.choose(CHILD)), 1);
  assertEquals(told(() => store.add(entry("other"))), 1);
  assertEquals(told(() => store.play(true)), 1);
  assertEquals(told(() => store.play(false)), 1);
  const before = changes;
  store.add({ name: "broken", records: () => Promise.reject(new Error("no")) });
  await store.go({ run: "broken" });
  assertEquals(changes - before, 2);
});

Deno.test("store: the process of a place is chosen, and one that was chosen stays", async () => {
  using clock = new Clock();
  const store = await opened({ pid: CHILD, step: 9 });
  assertEquals([store.pid, store.step], [CHILD, 9]);
  store.choose(PID);
  await store.go({ step: 3 });
  assertEquals([store.pid, store.step], [PID, 3]);
  assertEquals([store.isPlaying, typeof store.readers.readTrace], [false, "function"]);
  // A selection alone is told of too.
  clock.pass(1_000);
  const places: Place[] = [];
  store.onPlace = (place) => places.push(place);
  store.select(0x20_0000);
  clock.pass(400);
  assertEquals(places.map(({ vma, pid }) => [vma, pid]), [[0x20_0000, PID]]);
});

Deno.test("store: of a run with a fault, no step is shown after the one where it breaks down", async () => {
  using _clock = new Clock();
  const store = new Store({ ...PLAIN_PACK, faults: [NOTHING, BREAKS] });
  store.add(entry("small"));
  await store.go({ fault: "it-breaks", step: 10 });
  assertEquals([store.fault, store.run?.fault], [BREAKS, BREAKS]);
  assertEquals([store.step, store.lastStep, store.view?.breakdown], [7, 7, "it broke"]);
  assertEquals(store.place.fault, "it-breaks");
  store.move(1);
  assertEquals(store.step, 7);
  await store.go({ fault: undefined, step: 10 });
  assertEquals([store.fault, store.step, store.lastStep], [undefined, 10, 10]);
  await store.go({ fault: "nothing" });
  assertEquals([store.fault, store.step], [NOTHING, 10]);
});

Deno.test("store: the tour goes from where the mistake is made to where it shows", async () => {
  using _clock = new Clock();
  const store = new Store({ ...PLAIN_PACK, faults: [NOTHING, LATE] });
  store.add(entry("empty", SMALL.slice(0, 4)));
  store.add(entry("small"));
  await store.go({});
  await store.startTour();
  const { stations, at } = store.tour!;
  assertEquals([at, store.runName, store.step, store.fault], [0, "small", 3, undefined]);
  assertEquals(stations.map(({ place }) => [place.step, place.fault]), [
    [3, undefined],
    [3, undefined],
    [4, undefined],
    [4, "stale-slot-kept"],
    [7, "stale-slot-kept"],
    [10, "stale-slot-kept"],
  ]);
  for (const { title, paragraphs } of stations) {
    for (const paragraph of paragraphs) {
      // Whole sentences, each number in place.
      assertEquals(/^[A-Z0-9“][^]{60,}[.)]$/.test(paragraph), true, `${title}: ${paragraph}`);
      assertEquals(/NaN|undefined/.test(paragraph), false, paragraph);
    }
  }
  const words = stations.map(({ paragraphs }) => paragraphs.join("\n"));
  assertEquals(words[0]!.includes("Here are 2 of them"), true);
  assertEquals(words[2]!.startsWith("Step 4: "), true);
  assertEquals(words[4]!.startsWith("3 steps later. "), true);
  assertEquals(words[4]!.includes("still finds all 3 ranges"), true);
  assertEquals(words[5]!.includes("did it was 6 steps ago"), true);
  await store.visit(3);
  assertEquals([store.tour!.at, store.step, store.fault], [3, 4, LATE]);
});
