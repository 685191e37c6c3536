/** What an observer tells of a process: stacks, first writes, what changed late, and nothing of one that is gone. */
import { assertEquals, assertThrows } from "@std/assert";
import type { Effect } from "../../../src/capture/effects.ts";
import { PAGE } from "../fake_process.ts";
import {
  ALONE,
  ANONYMOUS,
  bare,
  FIXED,
  map,
  page,
  plain,
  POPULATE,
  populate,
  RO,
  RW,
  Scene,
  settled,
  STACK,
  STACK_END,
  THREAD,
} from "./observing.ts";

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
