/** What an observer tells of a process is what the kernel shows of it, and it asks for no more than it must. */
import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Effect } from "../../src/capture/effects.ts";
import { FakeProcess, PAGE } from "./fake_process.ts";
import { ALONE, plain, RO, RW, Scene, SHARER, STACK, THREAD } from "./observing.ts";

const BASE = 0x10_0000, PAGES = 40, STACK_END = 0x40_0000;
const page = (number: number) => BASE + number * PAGE;
const ANONYMOUS = 0x22, FIXED = 0x10;

/** A process with a stack, and nothing else. */
function bare(): FakeProcess {
  const process = new FakeProcess();
  process.map(STACK_END - 2 * PAGE, STACK_END, STACK);
  process.write(STACK_END - PAGE);
  return process;
}

/** A step of a random program. */
type Step =
  | {
    readonly call: "mmap" | "mprotect";
    readonly at: number;
    readonly count: number;
    readonly prot: 1 | 3;
  }
  | { readonly call: "munmap"; readonly at: number; readonly count: number }
  | {
    readonly call: "madvise";
    readonly at: number;
    readonly count: number;
    readonly advice: 4 | 10 | 11;
  }
  | {
    readonly call: "mremap";
    readonly at: number;
    readonly count: number;
    readonly target: number;
  }
  | { readonly call: "write"; readonly at: number }
  | { readonly call: "grow"; readonly count: number }
  | { readonly call: "elsewhere"; readonly at: number };

const at = fc.nat(PAGES - 1), count = fc.integer({ min: 1, max: 6 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      call: fc.constant("mmap" as const),
      at,
      count,
      prot: fc.constantFrom(1 as const, 3 as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      call: fc.constant("mprotect" as const),
      at,
      count,
      prot: fc.constantFrom(1 as const, 3 as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ call: fc.constant("munmap" as const), at, count }) },
  {
    weight: 2,
    arbitrary: fc.record({
      call: fc.constant("madvise" as const),
      at,
      count,
      advice: fc.constantFrom(4 as const, 10 as const, 11 as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      call: fc.constant("mremap" as const),
      at,
      count,
      target: fc.nat(PAGES - 1),
    }),
  },
  { weight: 5, arbitrary: fc.record({ call: fc.constant("write" as const), at }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant("grow" as const), count }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant("elsewhere" as const), at }) },
);

/** What a call that goes from page to page does up to the first hole; whether it met one. */
function everyPage(
  process: FakeProcess,
  start: number,
  length: number,
  change: (at: number) => void,
) {
  for (let at = start; at < start + length; at += PAGE) {
    if (!process.pages.has(at)) return true;
    change(at);
  }
  return false;
}

/** Makes a step, looking before and after each call as the recorder does. */
function perform(scene: Scene, step: Step): void {
  const { process } = scene;
  if (step.call === "write") {
    if (process.pages.get(page(step.at))?.permissions[1] === "w") process.write(page(step.at));
    return;
  }
  if (step.call === "grow") {
    const stack = process.lines().at(-1)!;
    process.map(stack.start - step.count * PAGE, stack.start, STACK);
    process.write(stack.start - step.count * PAGE);
    return;
  }
  scene.between();
  const start = page(step.at);
  if (step.call === "elsewhere") { // a driver maps or unmaps something
    scene.observer.isUncertain = true;
    if (process.pages.has(start)) process.unmap(start, start + PAGE);
    else process.map(start, start + PAGE, { permissions: "r--s", vmFlags: "rd mr pf io dd" });
    scene.after("prctl", [35, 0, 0, 0, 0]);
    return;
  }
  const length = step.count * PAGE;
  switch (step.call) {
    case "mmap":
      process.map(start, start + length, protection(step.prot));
      scene.after("mmap", [start, length, step.prot, ANONYMOUS | FIXED, -1, 0], { result: start });
      return;
    case "munmap":
      process.unmap(start, start + length);
      scene.after("munmap", [start, length]);
      return;
    case "mprotect": {
      const failed = everyPage(process, start, length, (each) => {
        const flags = process.pages.get(each)!.vmFlags;
        const change = protection(step.prot);
        const kept = flags.includes("dc") ? change.vmFlags.replace("ac", "dc ac") : change.vmFlags;
        if (!flags.includes("io")) process.change(each, each + PAGE, { ...change, vmFlags: kept });
      });
      scene.after("mprotect", [start, length, step.prot], outcome(failed));
      return;
    }
    case "madvise":
      scene.after("madvise", [start, length, step.advice], outcome(advised(process, step)));
      return;
    case "mremap": {
      const target = page(step.target);
      if (Math.abs(target - start) < length || !isOneVma(process, start, length)) return;
      process.move(start, start + length, target);
      scene.after("mremap", [start, length, length, 3, target], { result: target });
    }
  }
}

function protection(prot: 1 | 3) {
  return prot === 3 ? { permissions: "rw-p", vmFlags: RW } : { permissions: "r--p", vmFlags: RO };
}

function outcome(failed: boolean) {
  return failed ? { failed, result: -12 } : {};
}

/** MADV_DONTFORK and MADV_DOFORK are flags, MADV_DONTNEED takes pages away; holes are passed over. */
function advised(process: FakeProcess, { at, count, advice }: Step & { call: "madvise" }): boolean {
  let hasHole = false;
  for (let each = page(at); each < page(at + count); each += PAGE) {
    const old = process.pages.get(each);
    if (old === undefined) hasHole = true;
    else if (advice === 4) process.change(each, each + PAGE, { content: "nothing" });
    else if (!old.vmFlags.includes("io")) {
      const flags = old.vmFlags.replace("dc ", "");
      const vmFlags = advice === 10 ? flags.replace("ac", "dc ac") : flags;
      process.change(each, each + PAGE, { vmFlags });
    }
  }
  return hasHole;
}

function isOneVma(process: FakeProcess, start: number, length: number): boolean {
  const line = process.lines().find(({ end }) => end > start);
  return line !== undefined && line.start <= start && start + length <= line.end;
}

for (const means of [undefined, "text", "smaps", "checked", "checked text"]) {
  Deno.test(`Observer, ${means ?? "query"}: after any calls what was told is what the kernel shows`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const scene = new Scene(bare(), means);
        scene.tickMs = 0; // the whole is not read because it is time
        for (const each of steps) {
          perform(scene, each);
          if (each.call === "write" || each.call === "grow") continue;
          assertEquals(plain(scene.told), scene.expected());
          assertEquals(plain(scene.observer.layout.lines), scene.expected());
        }
        scene.between();
        assertEquals(plain(scene.told), scene.expected());
        assertEquals(scene.observer.late, 0);
      }),
      { numRuns: means === undefined ? 60 : 15 },
    );
  });
}

/** A scene in which the first call was looked at as a whole, which is not due again for long. */
function settled(process = bare(), means?: string): Scene {
  const scene = new Scene(process, means);
  process.map(page(30), page(31), { permissions: "r--p", vmFlags: RO });
  scene.after("mmap", [page(30), PAGE, 1, ANONYMOUS | FIXED, -1, 0], { result: page(30) });
  scene.between();
  scene.forget();
  return scene;
}

/** Maps pages for reading and writing, and tells the observer. */
function map(scene: Scene, first: number, end: number, looker = ALONE): void {
  const [start, length] = [page(first), (end - first) * PAGE];
  scene.process.map(start, start + length);
  scene.after("mmap", [start, length, 3, ANONYMOUS | FIXED, -1, 0], { result: start, looker });
}

Deno.test("Observer: smaps is read after the first call, and again when 30 times what it took has gone by", () => {
  const scene = new Scene(bare());
  const { asked } = scene.process;
  const unmap = () => scene.after("munmap", [page(5), PAGE]);
  const readings = () => {
    const before = asked.smaps;
    unmap();
    return asked.smaps - before;
  };
  assertEquals([scene.between().written.length, asked.smaps], [0, 0]); // nothing is uncertain yet
  assertEquals(readings(), 1); // begun at 1, ended at 2: due after 32
  scene.nowMs = 32;
  assertEquals(readings(), 0);
  scene.nowMs = 33;
  assertEquals(readings(), 1);
});

Deno.test("Observer: what a call does to flags is read once, and known the next time", () => {
  const scene = settled();
  map(scene, 0, 8);
  assertEquals(scene.process.asked.smaps, 1); // the flags of such a mapping are not known yet
  map(scene, 10, 18);
  assertEquals(scene.process.asked.smaps, 1);
  for (const at of [0, 10]) scene.process.write(page(at));
  scene.between();
  const protect = (at: number) => {
    const vmFlags = RW.replace("wr", "wr ex");
    scene.process.change(page(at), page(at + 1), { permissions: "rwxp", vmFlags });
    scene.after("mprotect", [page(at), PAGE, 7]);
  };
  protect(2);
  assertEquals(scene.process.asked.smaps, 2);
  for (const at of [5, 12, 16]) protect(at);
  assertEquals(scene.process.asked.smaps, 2);
  assertEquals(plain(scene.told), scene.expected());
});

Deno.test("Observer: whether memory that nobody wrote to stays charged as it becomes read-only is read each time", () => {
  const scene = settled();
  map(scene, 0, 8);
  for (const [at, smaps] of [[2, 2], [5, 3]] as const) {
    scene.process.change(page(at), page(at + 1), { permissions: "r--p", vmFlags: RO });
    scene.after("mprotect", [page(at), PAGE, 1]);
    assertEquals(scene.process.asked.smaps, smaps);
  }
  assertEquals(plain(scene.told), scene.expected());
});

Deno.test("Observer: flags that change all of a VMA are told, though maps shows the same of it", () => {
  const scene = settled();
  const vmFlags = RW.replace("ac", "dc ac");
  for (const first of [0, 10]) map(scene, first, first + 2);
  for (const [first, smaps] of [[0, 1], [10, 0]] as const) {
    scene.forget();
    scene.process.change(page(first), page(first + 2), { vmFlags });
    const { added } = scene.after("madvise", [page(first), 2 * PAGE, 10]);
    assertEquals(added.map((line) => [line.start, line.vmFlags]), [[page(first), vmFlags]]);
    assertEquals(scene.process.asked.smaps, smaps);
  }
});

Deno.test("Observer: without a fault nothing is asked for between two calls but where the stack begins", () => {
  const scene = settled();
  map(scene, 0, 8);
  scene.between();
  scene.forget();
  scene.between();
  const { asked } = scene.process;
  assertEquals(asked, { smaps: 0, questions: 1, scans: 0, pages: 0, maps: 0, stats: 1 });
  const text = settled(bare(), "text");
  map(text, 0, 8);
  text.between();
  text.forget();
  text.between();
  // The size of the address space has not changed.
  assertEquals(text.process.asked, {
    smaps: 0,
    questions: 0,
    scans: 0,
    pages: 0,
    maps: 0,
    stats: 1,
  });
  text.forget();
  text.after("setrlimit", [3, 0]); // it changes nothing in the layout
  assertEquals([text.process.asked.maps, text.process.asked.smaps], [0, 0]);
  const without = new FakeProcess();
  without.map(page(0), page(8));
  const nothingGrows = settled(without);
  nothingGrows.between();
  assertEquals(nothingGrows.process.asked.questions, 0);
});

/** Maps far VMAs that nobody has written to: to look at them all takes so many scans more. */
function unwritten(scene: Scene, count: number): void {
  for (let i = 0; i < count; i++) {
    const at = 0x4000_0000 + i * 0x100_0000;
    scene.process.map(at, at + PAGE, { vmFlags: `${RW} dd` });
  }
  scene.after("prctl", [35, 0, 0, 0, 0]);
  scene.forget();
}

Deno.test("Observer: a write to what the last call left is found by looking there alone", () => {
  for (const isRead of [false, true]) {
    const scene = settled();
    map(scene, 0, 2);
    unwritten(scene, 5);
    if (isRead) scene.observer.isUncertain = true; // the next call is looked at as a whole
    map(scene, 20, 22);
    scene.forget();
    scene.process.write(page(20));
    assertEquals(scene.between().written.map(({ start }) => start), [page(20)]);
    assertEquals(scene.process.asked.scans, 1);
    scene.process.write(0x4000_0000); // elsewhere: all are looked at
    assertEquals(scene.between().written.map(({ start }) => start), [0x4000_0000]);
    assertEquals([scene.process.asked.scans, scene.process.asked.smaps], [1 + 6, 0]);
  }
});

Deno.test("Observer: of several tasks what the last call left is not looked at by itself", () => {
  const scene = settled();
  map(scene, 20, 22);
  map(scene, 0, 2);
  scene.process.write(page(0));
  scene.process.change(page(20), page(21), { content: "anonymous" }); // its fault is not counted yet
  assertEquals(scene.between(THREAD).written.map(({ start }) => start), [page(0), page(20)]);
});

Deno.test("Observer: more faults than VMAs that were written to may be writes elsewhere", () => {
  const scene = settled();
  map(scene, 0, 2);
  map(scene, 10, 12);
  scene.process.write(page(10));
  scene.process.write(page(0));
  assertEquals(scene.between().written.map(({ start }) => start), [page(0), page(10)]);
});

const POPULATE = 0x8000;

/** Maps pages that are filled at once. */
function populate(scene: Scene, first: number, end: number, looker = ALONE) {
  const [start, length] = [page(first), (end - first) * PAGE];
  scene.process.map(start, start + length);
  scene.process.write(start);
  const args = [start, length, 3, ANONYMOUS | FIXED | POPULATE, -1, 0];
  return scene.after("mmap", args, { result: start, looker });
}

Deno.test("Observer: a call that fills pages is told with the writes that it made, there and elsewhere", () => {
  const scene = settled();
  populate(scene, 20, 22);
  map(scene, 0, 2);
  scene.between();
  unwritten(scene, 5);
  const found = populate(scene, 24, 26);
  assertEquals(found.written.map(({ start }) => start), [page(24)]);
  assertEquals([scene.process.asked.scans, scene.process.asked.smaps], [1, 0]);
  scene.process.write(page(0)); // by the kernel, into a buffer
  const both = populate(scene, 28, 29);
  assertEquals(both.written.map(({ start }) => start), [page(0), page(28)]);
  assertEquals(plain(scene.told), scene.expected());
  scene.between();
  scene.forget();
  scene.after("madvise", [page(24), PAGE, 4]); // of no such call anything is known
  scene.forget();
  scene.after("madvise", [page(24), PAGE, 4]);
  assertEquals([scene.process.asked.scans, scene.process.asked.stats], [0, 1]);
});

Deno.test("Observer: what was written to before is not told again with a call beside it", () => {
  const scene = settled();
  populate(scene, 20, 22);
  scene.process.map(page(0), page(2), { permissions: "r--p", vmFlags: RO, content: "anonymous" });
  scene.after("prctl", [35, 0, 0, 0, 0]);
  scene.forget();
  assertEquals(populate(scene, 2, 4).written.map(({ start }) => start), [page(2)]);
  assertEquals([scene.process.asked.smaps, scene.process.asked.scans], [0, 1]);
});

Deno.test("Observer: of several threads one fault that is counted does not say that there was no other", () => {
  const scene = settled();
  populate(scene, 20, 22);
  map(scene, 0, 2);
  scene.between();
  scene.process.change(page(0), page(1), { content: "anonymous" });
  const found = populate(scene, 24, 26, THREAD);
  assertEquals(found.written.map(({ start }) => start), [page(0), page(24)]);
});

Deno.test("Observer: quiet calls of one task ask for no faults; those of locked memory, or of several tasks, do", () => {
  const scene = settled();
  map(scene, 0, 8);
  map(scene, 10, 12);
  scene.between();
  const LOCKED = { vmFlags: RW.replace("ac", "lo ac") };
  /** Faults and pages that are asked for after unmapping so much. */
  const unmap = (first: number, looker = ALONE) => {
    scene.forget();
    scene.process.unmap(page(first), page(first + 1));
    scene.after("munmap", [page(first), PAGE], { looker });
    assertEquals(scene.process.asked.smaps, 0);
    return [scene.process.asked.stats, scene.process.asked.scans];
  };
  scene.forget();
  const quiet = unmap(5);
  assertEquals([quiet, scene.process.asked.questions], [[0, 0], 2]); // of the stack nothing is asked
  assertEquals(unmap(10, THREAD)[0], 1);
  scene.process.map(page(20), page(22), LOCKED);
  scene.after("mlock", [page(20), 2 * PAGE], { effect: { reach: "anywhere" } });
  scene.between();
  assertEquals([unmap(18), unmap(23), unmap(2)], [[0, 0], [0, 0], [0, 0]]); // it lies elsewhere
  assertEquals([unmap(19)[0], unmap(22)[0], unmap(21)[0]], [1, 1, 1]); // or beside it
  assertEquals(unmap(1_000), [0, 0]); // after all there is
});

Deno.test("Observer: where faults are counted apart, or others write meanwhile, every VMA is looked at", () => {
  for (const looker of [THREAD, SHARER]) {
    const scene = settled();
    map(scene, 0, 2);
    scene.between();
    scene.process.write(page(0));
    scene.process.faults = 1; // that of another process
    assertEquals(scene.between(looker).written.map(({ start }) => start), [page(0)]);
  }
  const thread = settled();
  map(thread, 0, 2);
  thread.between();
  const scans = thread.process.asked.scans;
  thread.between(THREAD); // of threads of one process all faults are counted: there is none
  assertEquals(thread.process.asked.scans, scans);
  thread.between(SHARER);
  assertEquals(thread.process.asked.scans, scans + 1);
});

Deno.test("Observer: a stack that has grown is told between calls and after them", () => {
  for (const means of [undefined, "text"]) {
    const scene = settled(bare(), means);
    const grow = (pages: number) => {
      const { start } = scene.process.lines().at(-1)!;
      scene.process.map(start - pages * PAGE, start, STACK);
    };
    grow(3);
    assertEquals(scene.between().grown.map(({ start }) => start), [STACK_END - 5 * PAGE]);
    assertEquals(scene.between().grown, []);
    map(scene, 0, 2);
    grow(1);
    scene.process.faults++;
    scene.process.change(page(0), page(1), { content: "nothing" });
    const found = scene.after("madvise", [page(0), PAGE, 4]);
    assertEquals(found.grown.map(({ start }) => start), [STACK_END - 6 * PAGE]);
    assertEquals(plain(scene.told), scene.expected());
  }
});

Deno.test("Observer: what was mapped next to a stack, and joined it, has not grown", () => {
  for (const flags of [0, POPULATE]) {
    const scene = settled();
    const { start } = scene.process.lines().at(-1)!;
    for (const at of [start - PAGE, start - 2 * PAGE]) { // the second is no news
      scene.process.map(at, at + PAGE, STACK);
      const args = [at, PAGE, 3, 0x100 | ANONYMOUS | FIXED | flags, -1, 0];
      const found = scene.after("mmap", args, { result: at });
      assertEquals([found.grown, found.removed, found.added.map((line) => line.start)], [
        ...[[], [at + PAGE], [at]],
      ]);
    }
    assertEquals(plain(scene.told), scene.expected());
  }
});

Deno.test("Observer: a VMA that ends elsewhere, or lies over what was there, is no stack that has grown", () => {
  const start = STACK_END - 2 * PAGE;
  const told = (lower: number, upper: number, ...others: [number, number][]) => {
    const process = bare();
    for (const [from, to] of others) {
      process.map(from, to, { permissions: "r--p", vmFlags: RO });
      process.map(from - 4 * PAGE, from - 3 * PAGE, { permissions: "r--p", vmFlags: RO });
    }
    const scene = settled(process);
    process.map(lower, upper, STACK);
    return scene.between().grown.map((line) => line.start);
  };
  assertEquals(told(start - PAGE, STACK_END), [start - PAGE]);
  assertEquals(told(start - PAGE, STACK_END + PAGE), []);
  assertEquals(told(start + PAGE, STACK_END), []);
  assertEquals(told(start - PAGE, STACK_END, [start - 2 * PAGE, start - PAGE]), [start - PAGE]);
  assertEquals(told(start - 2 * PAGE, STACK_END, [start - 2 * PAGE, start - PAGE]), []);
  const gone = settled();
  gone.process.unmap(start, STACK_END);
  assertEquals(gone.between().grown, []);
});

Deno.test("Observer: the huge zero page is seen when all is read", () => {
  const HUGE = 512 * PAGE;
  const process = bare();
  process.huge = "[always] madvise never";
  const scene = settled(process);
  for (const at of [8 * HUGE, 12 * HUGE]) process.map(at, at + HUGE, { vmFlags: `${RW} dd` });
  process.change(8 * HUGE, 8 * HUGE + PAGE, { content: "huge zero" });
  const found = scene.after("prctl", [35, 0, 0, 0, 0]);
  assertEquals(found.written.map(({ start }) => start), [8 * HUGE]);
  assertEquals(found.added.map(({ start, written }) => [start, written ?? false]), [
    ...[[8 * HUGE, true], [12 * HUGE, false]],
  ]);
});

Deno.test("Observer: where no descriptor is left all is read", () => {
  for (const file of ["maps", "pagemap"]) {
    const scene = new Scene(bare());
    scene.process.refused.add(file);
    map(scene, 0, 2);
    scene.process.write(page(0));
    assertEquals(scene.between().written.map(({ start }) => start), [page(0)]);
    map(scene, 4, 6);
    assertEquals(scene.process.asked.smaps, 3);
    assertEquals(plain(scene.told), scene.expected());
  }
});

Deno.test("Observer: where only smaps can be read, a quiet time between two calls is not looked at", () => {
  const scene = settled(bare(), "smaps");
  scene.between(ALONE, false);
  const { smaps } = scene.process.asked;
  scene.between(ALONE, false);
  assertEquals(scene.process.asked.smaps, smaps);
  scene.between(ALONE, true);
  assertEquals(scene.process.asked.smaps, smaps + 1);
  scene.process.write(STACK_END - 2 * PAGE);
  scene.between(ALONE, false);
  assertEquals(scene.process.asked.smaps, smaps + 2);
  scene.observer.isUncertain = true;
  scene.between(ALONE, false);
  assertEquals(scene.process.asked.smaps, smaps + 3);
});

Deno.test("Observer: after a call that is not recorded all is read, until a recorded one has been", () => {
  const scene = settled();
  map(scene, 0, 2);
  const { smaps } = scene.process.asked;
  scene.observer.isUncertain = true;
  scene.process.map(page(9), page(10), { vmFlags: "rd wr pf io", permissions: "rw-s" });
  scene.process.write(page(0));
  assertEquals(scene.between().written.map(({ start }) => start), [page(0)]);
  assertEquals(scene.process.asked.smaps, smaps + 1);
  assertEquals(plain(scene.observer.layout.lines), plain(scene.told));
  const found = scene.after("munmap", [page(12), PAGE]);
  assertEquals(found.added.map(({ start }) => start), [page(9)]);
  assertEquals([scene.process.asked.smaps, scene.observer.isUncertain], [smaps + 2, false]);
  scene.after("munmap", [page(12), PAGE]);
  assertEquals([scene.process.asked.smaps, scene.observer.late], [smaps + 2, 0]);
});

Deno.test("Observer: what changed out of a call's reach is told when all is read, and counted as late", () => {
  const scene = settled();
  map(scene, 0, 2);
  scene.process.map(page(9), page(11));
  scene.after("munmap", [page(20), PAGE]); // it is not looked for
  assertEquals([scene.told.some(({ start }) => start === page(9)), scene.observer.late], [
    false,
    0,
  ]);
  scene.nowMs += 10_000;
  const found = scene.after("munmap", [page(20), PAGE]);
  assertEquals([found.added.map(({ start }) => start), scene.observer.late], [[page(9)], 1]);
});

Deno.test("Observer: at the end of a process what no look has told is counted", () => {
  const scene = settled();
  map(scene, 0, 2);
  scene.process.write(page(1));
  const found = scene.observer.atEnd(ALONE);
  assertEquals(found?.written.map(({ start }) => start), [page(0)]);
  assertEquals([found?.grown, scene.observer.late], [[], 0]);
  assertEquals(scene.observer.layout.lines.find(({ start }) => start === page(0))?.written, true);
  for (const [isUncertain, late] of [[true, 0], [false, 2]] as const) {
    const other = settled();
    other.observer.isUncertain = isUncertain;
    other.process.map(page(9), page(10));
    other.process.change(page(30), page(31), { vmFlags: `${RO} dd` });
    other.observer.atEnd(ALONE);
    assertEquals(other.observer.late, late);
  }
  const whole = settled(bare(), "smaps");
  whole.process.map(page(9), page(10));
  whole.observer.atEnd(ALONE);
  assertEquals(whole.observer.late, 0); // every look was at the whole
});

Deno.test("Observer: a look at a process that is gone tells nothing", () => {
  const unmap: Effect = { reach: "ranges", ranges: [{ start: page(0), end: page(1) }], shift: 0 };
  const deed = { moves: { fresh: [] }, mayGrow: true, isQuiet: false };
  for (const means of [undefined, "text", "smaps"]) {
    for (const effect of [unmap, { reach: "anywhere" } as const]) {
      const scene = settled(bare(), means);
      map(scene, 0, 2);
      scene.process.isGone = true;
      assertEquals(scene.observer.between(ALONE, true), undefined);
      assertEquals(scene.observer.after(ALONE, { effect, ...deed }), undefined);
      assertEquals(scene.observer.atEnd(ALONE), undefined);
    }
  }
  const meanwhile = settled(); // it is there when it is asked for VMAs, and not any more for its pages
  populate(meanwhile, 20, 22);
  meanwhile.process.endsAtScan = true;
  assertThrows(() => populate(meanwhile, 24, 26), Error, "The process is gone");
  const killed = settled();
  killed.process.state = "X"; // smaps may have ended anywhere
  assertEquals(killed.observer.atEnd(ALONE), undefined);
});

Deno.test("Observer: VMAs of peculiar kinds are read, not guessed at", () => {
  for (const flag of ["um", "ht", "gu", "io"]) {
    const scene = settled();
    scene.process.map(page(0), page(3), { vmFlags: `${RW} ${flag}` });
    scene.after("prctl", [35, 0, 0, 0, 0]);
    const smaps = () => {
      const before = scene.process.asked.smaps;
      scene.process.unmap(page(1), page(2));
      scene.after("munmap", [page(1), PAGE]);
      return scene.process.asked.smaps - before;
    };
    assertEquals(smaps(), 1, flag);
    if (flag === "ht") continue; // pages of hugetlbfs are not anonymous ones
    scene.process.write(page(0));
    const before = scene.process.asked.smaps;
    scene.between();
    assertEquals(scene.process.asked.smaps, before + 1, flag);
    assertEquals(plain(scene.told), scene.expected());
  }
});

Deno.test("Observer: a peculiar VMA beside a call that has not reached it does not matter", () => {
  const scene = settled();
  for (const [at, flags] of [[0, "io"], [2, "um"]] as const) {
    scene.process.map(page(at), page(at + 1), { vmFlags: `${RW} ${flags}`, permissions: "rw-s" });
  }
  scene.process.map(page(1), page(2));
  scene.after("prctl", [35, 0, 0, 0, 0]);
  scene.forget();
  scene.process.unmap(page(1), page(2));
  scene.after("munmap", [page(1), PAGE]);
  assertEquals(scene.process.asked.smaps, 0);
  assertEquals(plain(scene.told), scene.expected());
});

Deno.test("Observer: beyond 4,096 VMAs in a call's reach the whole is read", () => {
  const far = 0x1000_0000;
  for (const [vmas, readings] of [[4_096, 0], [4_097, 1]] as const) {
    const process = bare();
    for (let i = 0; i < vmas; i++) {
      const isRead = i % 2 === 0, at = far + i * PAGE;
      process.map(at, at + PAGE, {
        ...{ permissions: isRead ? "r--p" : "rw-p", vmFlags: isRead ? RO : RW },
      });
    }
    const scene = settled(process, "text");
    scene.after("msync", [far + PAGE, (vmas - 2) * PAGE, 1]); // it has VMAs beside it on both sides
    assertEquals(process.asked.smaps, readings);
  }
});

Deno.test("Observer: where looks are checked, one that misses something is an error", () => {
  for (const means of ["checked", "checked text"]) {
    const scene = settled(bare(), means);
    map(scene, 0, 2);
    scene.process.map(page(9), page(11)); // behind its back
    assertThrows(() => scene.after("munmap", [page(20), PAGE]), Error, "the whole layout says");
    const removing = settled(bare(), means);
    map(removing, 0, 2);
    removing.process.unmap(page(0), page(2));
    assertThrows(() => removing.after("munmap", [page(20), PAGE]), Error, "the whole layout says");
    const between = settled(bare(), means);
    map(between, 0, 2);
    between.process.change(page(0), page(1), { content: "anonymous" }); // no fault is counted
    assertThrows(() => between.between(), Error, "the whole layout says");
  }
  const thread = settled(bare(), "checked");
  map(thread, 0, 2);
  thread.process.map(page(9), page(11)); // another thread may have, since
  thread.after("munmap", [page(20), PAGE], { looker: THREAD });
  thread.process.change(page(0), page(1), { content: "anonymous" });
  thread.between(THREAD);
});

Deno.test("Observer: what it has opened is closed, and opened again if it is asked once more", () => {
  for (
    const [means, files] of [[undefined, ["maps", "pagemap", "stat"]], ["smaps", ["stat"]]] as const
  ) {
    const scene = settled(bare(), means);
    scene.process.closed.length = 0;
    scene.observer.close();
    assertEquals(scene.process.closed, files);
    scene.between();
    scene.observer.close();
    assertEquals(scene.process.closed, [...files, ...files]);
  }
});
