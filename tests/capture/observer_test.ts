/** What an observer tells of a process is what the kernel shows of it, and it asks for no more than it must. */
import { assert, assertEquals, assertThrows } from "@std/assert";
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
      { numRuns: means === undefined ? 150 : 50 },
    );
  });
}

/** A scene in which the first call was looked at as a whole, which is not due again for long. */
function settled(process = bare(), means?: string): Scene {
  const scene = new Scene(process, means);
  process.map(page(30), page(31), { permissions: "r--p", vmFlags: RO });
  scene.after("mmap", [page(30), PAGE, 1, ANONYMOUS | FIXED, -1, 0], { result: page(30) });
  scene.between();
  for (const key of ["smaps", "questions", "scans", "stats"] as const) process.asked[key] = 0;
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
  scene.nowMs = 1000;
  assertEquals(readings(), 1); // begun at 1001, ended at 1002: due after 1032
  scene.nowMs = 1032;
  assertEquals(readings(), 0);
  scene.nowMs = 1033;
  assertEquals(readings(), 1);
});

Deno.test("Observer: what a call does to flags is read once, and known the next time", () => {
  const scene = settled();
  map(scene, 0, 8);
  assertEquals(scene.process.asked.smaps, 1); // the flags of such a mapping are not known yet
  map(scene, 10, 18);
  const protect = (at: number) => {
    scene.process.change(page(at), page(at + 1), { permissions: "r--p", vmFlags: RO });
    scene.after("mprotect", [page(at), PAGE, 1]);
  };
  assertEquals(scene.process.asked.smaps, 1);
  protect(2);
  assertEquals(scene.process.asked.smaps, 2);
  for (const at of [5, 12, 16]) protect(at);
  assertEquals(scene.process.asked.smaps, 2);
  assertEquals(plain(scene.told), scene.expected());
});

Deno.test("Observer: without a fault nothing is asked for between two calls but where the stack begins", () => {
  const scene = settled();
  map(scene, 0, 8);
  scene.between();
  const before = { ...scene.process.asked };
  scene.between();
  assertEquals(scene.process.asked, {
    ...{ smaps: before.smaps, questions: before.questions + 1, scans: before.scans },
    stats: before.stats + 1,
  });
});

Deno.test("Observer: a write to what the last call left is found by looking there alone", () => {
  const scene = settled();
  map(scene, 0, 2);
  for (const first of [4, 8, 12]) {
    scene.process.map(page(first), page(first + 2), { vmFlags: `${RW} dd` });
    scene.after("prctl", [35, 0, 0, 0, 0]); // read as a whole: four VMAs that nobody has written to
  }
  map(scene, 20, 22);
  const scans = scene.process.asked.scans;
  scene.process.write(page(20));
  assertEquals(scene.between().written.map(({ start }) => start), [page(20)]);
  assertEquals(scene.process.asked.scans, scans + 1);
  scene.process.write(page(8)); // elsewhere: the rest is looked at too
  assertEquals(scene.between().written.map(({ start }) => start), [page(8)]);
  scene.process.write(page(0)); // what the last call left was written to before: nothing is left there to look at
  const later = scene.process.asked.scans;
  assertEquals(scene.between().written.map(({ start }) => start), [page(0)]);
  assertEquals(scene.process.asked.scans, later + 1);
});

Deno.test("Observer: more faults than VMAs that were written to may be writes elsewhere", () => {
  const scene = settled();
  map(scene, 0, 2);
  map(scene, 10, 12);
  scene.process.write(page(10));
  scene.process.write(page(0));
  assertEquals(scene.between().written.map(({ start }) => start), [page(0), page(10)]);
});

Deno.test("Observer: a call that fills pages is told with the writes that it made, there and elsewhere", () => {
  const scene = settled();
  map(scene, 0, 2);
  map(scene, 10, 12);
  scene.between();
  const populate = [page(20), 2 * PAGE, 3, ANONYMOUS | FIXED | 0x8000, -1, 0];
  scene.process.map(page(20), page(22));
  scene.process.write(page(20));
  scene.after("mmap", populate, { result: page(20) }); // the first is read as a whole
  scene.process.map(page(24), page(26));
  scene.process.write(page(25));
  const found = scene.after("mmap", populate.with(0, page(24)), { result: page(24) });
  assertEquals(found.written.map(({ start }) => start), [page(24)]);
  scene.process.map(page(27), page(28));
  scene.process.write(page(27));
  scene.process.write(page(0)); // by the kernel, into a buffer
  const both = scene.after("mmap", [page(27), PAGE, ...populate.slice(2)], { result: page(27) });
  assertEquals(both.written.map(({ start }) => start), [page(0), page(27)]);
  assertEquals(plain(scene.told), scene.expected());
});

Deno.test("Observer: quiet calls of one task ask for no faults; those of locked memory, or of several tasks, do", () => {
  const scene = settled();
  map(scene, 0, 8);
  map(scene, 10, 12);
  const stats = () => {
    const before = scene.process.asked.stats;
    scene.process.unmap(page(7), page(8));
    scene.after("munmap", [page(7), PAGE]);
    return scene.process.asked.stats - before;
  };
  assertEquals(stats(), 0);
  scene.process.change(page(0), page(2), { vmFlags: RW.replace("ac", "lo ac") });
  scene.observer.isUncertain = true;
  scene.after("mlock", [page(0), 2 * PAGE], { effect: { reach: "anywhere" } });
  const unmap = (first: number, looker = ALONE) => {
    const before = scene.process.asked.stats;
    scene.process.unmap(page(first), page(first + 1));
    scene.after("munmap", [page(first), PAGE], { looker });
    return scene.process.asked.stats - before;
  };
  assertEquals(unmap(11), 0);
  assertEquals(unmap(1), 1);
  assertEquals(unmap(10, THREAD), 1);
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
  const scene = settled();
  const { start } = scene.process.lines().at(-1)!;
  scene.process.map(start - PAGE, start, STACK);
  const args = [start - PAGE, PAGE, 3, 0x100 | ANONYMOUS | FIXED, -1, 0];
  const found = scene.after("mmap", args, { result: start - PAGE });
  assertEquals([found.grown, found.removed, found.added.map((line) => line.start)], [
    ...[[], [start], [start - PAGE]],
  ]);
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
  scene.between();
  assertEquals(scene.process.asked.smaps, smaps + 1);
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

Deno.test("Observer: beyond 4,096 VMAs in a call's reach the whole is read", () => {
  for (const [vmas, smaps] of [[4_094, 0], [4_200, 1]] as const) {
    const process = bare();
    const far = 0x1000_0000;
    for (let i = 0; i < vmas; i++) {
      const permissions = i % 2 === 0 ? "r--p" : "rw-p", at = far + i * PAGE;
      process.map(at, at + PAGE, { permissions, vmFlags: i % 2 === 0 ? RO : RW });
    }
    const scene = settled(process, "text");
    process.pages.clear();
    process.map(STACK_END - 2 * PAGE, STACK_END, { ...STACK, content: "anonymous" });
    scene.after("munmap", [far, vmas * PAGE]);
    assertEquals(process.asked.smaps, 0); // nothing is there to be asked for
    const many = bare();
    const other = settled(many, "text");
    for (let i = 0; i < vmas; i++) {
      const permissions = i % 2 === 0 ? "r--p" : "rw-p", at = far + i * PAGE;
      many.map(at, at + PAGE, { permissions, vmFlags: i % 2 === 0 ? RO : RW });
    }
    const effect: Effect = {
      ...{ reach: "ranges", ranges: [{ start: far, end: far + vmas * PAGE }], shift: 0 },
    };
    const before = other.observer.after(ALONE, {
      ...{ effect, moves: { fresh: [] }, mayGrow: true, isQuiet: true },
    });
    assert(before !== undefined);
    assertEquals([many.asked.smaps > 0, smaps], [true, smaps]); // their flags are not known
  }
});

Deno.test("Observer: where looks are checked, one that misses something is an error", () => {
  for (const means of ["checked", "checked text"]) {
    const scene = settled(bare(), means);
    map(scene, 0, 2);
    scene.process.map(page(9), page(11)); // behind its back
    assertThrows(() => scene.after("munmap", [page(20), PAGE]), Error, "the whole layout says");
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
