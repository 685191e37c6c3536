/** An observer asks a process for no more than it must, and misses nothing by it. */
import { assertEquals } from "@std/assert";
import { FakeProcess, PAGE } from "../fake_process.ts";
import {
  ALONE,
  bare,
  map,
  page,
  plain,
  populate,
  RO,
  RW,
  Scene,
  settled,
  SHARER,
  THREAD,
  unwritten,
} from "./observing.ts";

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
    scene.process.change(page(at), page(at + 1), { permissions: "r--p", vmFlags: RO });
    scene.after("mprotect", [page(at), PAGE, 1]);
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
