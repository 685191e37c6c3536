/** One touch beside one call: which ends are right, what is noted of a write, and what is found. */

import { assertEquals, assertThrows } from "@std/assert";
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, MAP_SHARED } from "../../src/abi/mman.ts";
import { pathOf } from "../../src/command/paths.ts";
import type { LifeStep, Program } from "../../src/load/lives.ts";
import { LoadFinding } from "../../src/load/finding.ts";
import { Load } from "../../src/load/load.ts";
import { readPrograms } from "../../src/load/programs.ts";
import type { RunningLife } from "../../src/load/running_life.ts";
import { SecondTask } from "../../src/load/second_task.ts";
import { amended } from "../../src/mm/calls/access.ts";
import { MmError } from "../../src/mm/error.ts";
import type { LockChecker } from "../../src/mm/locks/lock_checker.ts";
import type { MappedFile } from "../../src/mm/vma.ts";
import type { CallStep } from "../../src/replay/step.ts";
import { present } from "../present.ts";

const [PROGRAM] = await readPrograms([pathOf("traces/cc1-hello.jsonl.gz")]);
const PAGE = 4096, AT = 0x10_0000_0000, VALUE = 77;
const FILE: MappedFile = {
  ...{ name: "data", device: "fe:00", inode: 7 },
  ...{ readable: true, writable: true, hugeAligned: false },
};

interface Scene {
  readonly load: Load;
  readonly life: RunningLife;
  readonly locks: LockChecker;
  /** Writes as the load does. */
  readonly write: (page: number) => void;
  readonly stamp: (page: number) => number | undefined;
}

function at(page: number): number {
  return AT + page * PAGE;
}

/** A life that is about to make a call, with pages 0 to 3 of its own. */
function scene(
  next?: Pick<CallStep["enter"], "call" | "args"> & { result: number; error?: string },
) {
  const program: Program = present(PROGRAM);
  const step = next === undefined ? [] : [lifeStep(next)];
  const load = new Load({
    programs: [{ ...program, lives: [present(program.lives[0]), step] }],
    ...{ memoryPages: 2_000, swapPages: 100, hugePages: "never", locks: true },
  });
  load.apply({ kind: "start", life: 1, argument: 0 });
  const life = present(load.lives[0]);
  map(life, 0, 4);
  const write = (page: number) => {
    load.apply({ kind: "write", life: life.number, argument: at(page) });
  };
  const stamp = (page: number) => life.stamps.get(at(page));
  return { load, life, locks: present(load.memory.locks), write, stamp } satisfies Scene;
}

function lifeStep(
  { call, args, result, error }: {
    readonly call: string;
    readonly args: readonly number[];
    readonly result: number;
    readonly error?: string;
  },
): LifeStep {
  const step: CallStep = {
    ...{ type: "call", pid: 7, action: undefined, unmodelled: undefined },
    enter: { type: "enter", pid: 7, call, args },
    record: {
      ...{ type: "leave", pid: 7, call, result, removed: [], added: [] },
      ...(error !== undefined && { error }),
    },
  };
  return { step, unmapped: [], growth: 0, begins: undefined };
}

function map(life: RunningLife, page: number, count: number, protection = 3): void {
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  life.space.mmap({ address: at(page), length: count * PAGE, protection, flags });
}

function mapFile(life: RunningLife, page: number, count: number, length: number): void {
  const flags = MAP_SHARED | MAP_FIXED;
  const request = { address: at(page), length: count * PAGE, protection: 3, flags, file: FILE };
  life.space.mmap(request);
  present(life.space.findVma(at(page))?.fileMapping).length = length;
}

interface Beside {
  readonly page: number;
  readonly writes?: boolean;
  readonly point?: number;
}

function second({ load, life }: Scene, { page, writes = true, point = 1 }: Beside): SecondTask {
  return new SecondTask(load, life, { address: at(page), writes, point }, VALUE);
}

/** Runs what has to wait at once. */
const atOnce = (act: () => number) => act();

/** The whole of a touch: beside the call, noted, finished. */
function whole(scene: Scene, touch: Beside, call: () => void, effects = () => {}): void {
  const task = second(scene, touch);
  task.beside(scene.locks, () => (call(), 0));
  task.noteBefore();
  effects();
  task.finish(atOnce);
}

Deno.test("SecondTask: at point 1 and after the touch comes when so many locks were asked for; never twice", () => {
  const points = (point: number) => {
    const one = scene();
    const { locks, life } = one;
    const task = second(one, { page: 0, point });
    const seen: string[] = [];
    const { amendPage } = life.space;
    life.space.amendPage = function (...touch) {
      seen.push(`touch by ${locks.task}`);
      amendPage.apply(this, touch);
    };
    const answer = task.beside(locks, () => {
      for (const lock of ["one", "two", "three"]) {
        locks.onLockPoint?.();
        seen.push(`${lock} by ${locks.task}`);
      }
      return 5;
    });
    assertEquals([answer, locks.task, locks.onLockPoint], [5, 0, undefined]);
    return seen;
  };
  const [first, second_, third] = ["one by 0", "two by 0", "three by 0"];
  const touch = "touch by 1";
  assertEquals(points(1), [touch, first, second_, third]);
  assertEquals(points(2), [first, touch, second_, third]);
  assertEquals(points(3), [first, second_, touch, third]);
  assertEquals(points(4), [first, second_, third]);
});

Deno.test("SecondTask: at point 0 the call is made once, at the first lock point of the touch, by the first task", () => {
  const one = scene();
  const { locks, stamp } = one;
  const calls: number[] = [];
  const task = second(one, { page: 0, point: 0 });
  const call = () => {
    calls.push(locks.task);
    assertEquals([locks.onLockPoint, one.life.space.entry(at(0))], [undefined, undefined]);
    return 6;
  };
  assertEquals(task.beside(locks, call), 6);
  assertEquals(one.life.space.entry(at(0))?.kind, "present"); // the touch has not waited
  assertEquals([calls, locks.task, locks.held.length], [[0], 0, 0]);
  task.noteBefore();
  task.finish(atOnce);
  assertEquals(stamp(0), amended(0, VALUE));
  const going = scene();
  const tasks: number[] = [];
  going.life.space.amendPage = () => {
    going.locks.onLockPoint?.();
    tasks.push(going.locks.task);
  };
  assertEquals(second(going, { page: 0, point: 0 }).beside(going.locks, () => 8), 8);
  assertEquals(tasks, [1]); // it goes on as the second task
  // A touch that comes to no lock point: the call is made after it.
  const silent = scene();
  silent.life.space.amendPage = () => {};
  assertEquals(second(silent, { page: 0, point: 0 }).beside(silent.locks, () => 7), 7);
  assertEquals(silent.locks.onLockPoint, undefined);
});

Deno.test("SecondTask: what the call throws comes through, at each point, and the locks are left as they were", () => {
  for (const point of [0, 1, 9]) {
    const one = scene();
    const task = second(one, { page: 0, point });
    const failure = new MmError("EINVAL", "the call");
    let calls = 0;
    const thrown = assertThrows(() =>
      task.beside(one.locks, () => {
        calls++;
        one.locks.onLockPoint?.();
        throw failure;
      })
    );
    assertEquals(calls, 1);
    assertEquals([thrown, one.locks.task, one.locks.onLockPoint], [failure, 0, undefined]);
  }
});

Deno.test("SecondTask: what waits for a lock of the call is done after it; any other error of the touch is thrown", () => {
  for (const name of ["vma_lock", "page_table_lock"] as const) {
    const one = scene();
    const { locks, life } = one;
    one.write(1); // so that the fault has nothing to do but under the VMA's lock
    const task = second(one, { page: 0, point: 2 });
    const of = name === "vma_lock" ? life.space.findVma(at(0)) : life.space.descriptor.pageTable;
    task.beside(locks, () => {
      locks.acquire(name, present(of), "write");
      locks.onLockPoint?.(); // here the touch gives up, and whatever it held
      assertEquals([life.space.entry(at(0)), locks.held.length], [undefined, 1]);
      locks.release(name, present(of));
      return 0;
    });
    task.noteBefore();
    assertEquals(one.stamp(0), undefined);
    task.finish(atOnce);
    assertEquals([one.stamp(0), locks.held.length], [amended(0, VALUE), 0]);
  }
  const moving = scene();
  const { space } = moving.life;
  const { amendPage } = space;
  space.amendPage = () => {
    space.amendPage = amendPage;
    throw new MmError("EAGAIN", "the page is under migration");
  };
  const waiting = second(moving, { page: 0 });
  waiting.beside(moving.locks, () => (moving.locks.onLockPoint?.(), 0));
  assertEquals([space.entry(at(0)), moving.locks.task], [undefined, 0]);
  waiting.finish(atOnce);
  assertEquals(moving.stamp(0), amended(0, VALUE));
  const dead = scene();
  const task = second(dead, { page: 0, point: 9 });
  task.beside(dead.locks, () => 0);
  task.finish(() => undefined); // its life had to die meanwhile
  assertEquals(dead.stamp(0), undefined);
  const wrong = scene();
  wrong.life.space.amendPage = () => {
    throw new RangeError("not of memory");
  };
  const call = () => (wrong.locks.onLockPoint?.(), 0);
  assertThrows(() => second(wrong, { page: 0 }).beside(wrong.locks, call), RangeError);
  assertEquals(wrong.locks.task, 0);
});

Deno.test("SecondTask: a write is noted before the call, on what the page held, in the file where that is shared", () => {
  const one = scene();
  one.write(0);
  const held = present(one.stamp(0));
  whole(one, { page: 0 }, () => one.locks.onLockPoint?.());
  assertEquals(one.stamp(0), amended(held, VALUE));
  mapFile(one.life, 8, 4, Infinity);
  whole(one, { page: 9 }, () => one.locks.onLockPoint?.());
  const mapping = present(one.life.space.findVma(at(9))?.fileMapping);
  assertEquals([one.stamp(9), one.load.files.get(mapping, 1)], [undefined, amended(0, VALUE)]);
  const reading = scene();
  reading.write(0);
  const before = reading.stamp(0);
  whole(reading, { page: 0, writes: false }, () => reading.locks.onLockPoint?.());
  assertEquals(reading.stamp(0), before);
});

Deno.test("SecondTask: a write that waited is noted after the call, on what the page holds then", () => {
  const one = scene();
  one.write(0);
  whole(one, { page: 0, point: 1_000 }, () => {
    map(one.life, 0, 1);
    one.life.stamps.clear(at(0), at(1));
  });
  assertEquals(one.stamp(0), amended(0, VALUE));
});

/** A read that gave what another had written, or nobody. */
function readsOther(one: Scene, point: number, stamp: number): LoadFinding {
  one.life.space.readPage = () => stamp;
  return assertThrows(
    () => whole(one, { page: 0, writes: false, point }, () => one.locks.onLockPoint?.()),
    LoadFinding,
  );
}

Deno.test("SecondTask: a read gives what the page held before the call or after it, and nothing else", () => {
  const one = scene();
  one.write(0);
  const held = present(one.stamp(0));
  const { message } = readsOther(one, 1, 5);
  assertEquals(
    message,
    `life ${one.life.number}: a read of 0x1000000000 at lock point 1 reads 5, but it holds ` +
      `${held} before the call, ${held} after`,
  );
  // The call takes the page away: 0 is right after it, and what it held before it; had it to wait, only 0.
  for (
    const [point, stamp, isRight] of [[1, 0, 1], [1, held, 1], [9, 0, 1], [9, held, 0]] as const
  ) {
    const two = scene();
    two.life.stamps.set(at(0), held);
    two.life.space.readPage = () => stamp;
    const act = () =>
      whole(
        two,
        { page: 0, writes: false, point },
        () => two.locks.onLockPoint?.(),
        () => two.life.stamps.clear(at(0), at(1)),
      );
    if (isRight) act();
    else assertThrows(act, LoadFinding, "undefined before the call, 0 after");
  }
});

Deno.test("SecondTask: a refusal is right if one of the two orders refuses, or if memory is short", () => {
  const refusal = (code: "EFAULT" | "ENOMEM") => () => {
    throw new MmError(code, "the touch");
  };
  const outcome = (one: Scene, point: number, writes: boolean, effects: () => void) => {
    const act = () =>
      whole(one, { page: 0, writes, point }, () => one.locks.onLockPoint?.(), effects);
    const text = "is refused by a call and a touch of which neither forbids it";
    try {
      act();
      return "right";
    } catch (error) {
      return error instanceof LoadFinding && error.message.endsWith(text) ? "found" : String(error);
    }
  };
  const cases = [
    { point: 1, code: "EFAULT", first: 3, then: 3, expected: "found" },
    { point: 1, code: "ENOMEM", first: 3, then: 3, expected: "right" },
    { point: 1, code: "EFAULT", first: 0, then: 3, expected: "right" },
    { point: 1, code: "EFAULT", first: 3, then: 0, expected: "right" },
    // It had to wait: what was forbidden before the call counts no more.
    { point: 9, code: "EFAULT", first: 0, then: 3, expected: "found" },
    { point: 9, code: "EFAULT", first: 3, then: 0, expected: "right" },
  ] as const;
  for (const { point, code, first, then, expected } of cases) {
    for (const writes of [false, true]) {
      const one = scene();
      map(one.life, 0, 1, first);
      const { space } = one.life;
      space.readPage = refusal(code);
      space.amendPage = refusal(code);
      const came = outcome(one, point, writes, () => map(one.life, 0, 1, then));
      assertEquals(came, expected, JSON.stringify({ point, code, first, then, writes }));
    }
  }
});

Deno.test("SecondTask: a touch that neither order allows, and a write that is lost, are found", () => {
  for (const writes of [false, true]) {
    const one = scene();
    map(one.life, 0, 1, 0);
    one.life.space.amendPage = () => {};
    one.life.space.readPage = () => 0;
    const act = () => whole(one, { page: 0, writes }, () => one.locks.onLockPoint?.());
    assertThrows(act, LoadFinding, "is done, but neither before the call nor after it it may");
  }
  const lost = scene();
  lost.write(0);
  lost.life.space.amendPage = () => {};
  const act = () => whole(lost, { page: 0 }, () => lost.locks.onLockPoint?.());
  assertThrows(
    act,
    LoadFinding,
    "a write of 0x1000000000 at lock point 1 is lost: it was done neither",
  );
});

Deno.test("SecondTask: a write to a page that the call then took away needs no trace, one that left a note does", () => {
  const one = scene();
  whole(one, { page: 0 }, () => one.locks.onLockPoint?.(), () => {
    one.life.space.munmap(at(0), PAGE);
    one.life.stamps.clear(at(0), at(1));
  });
  assertEquals(one.stamp(0), undefined);
  // The same of a page that is mapped anew: no entry stands, and nothing is noted.
  const anew = scene();
  whole(anew, { page: 0 }, () => anew.locks.onLockPoint?.(), () => {
    map(anew.life, 0, 1);
    anew.life.stamps.clear(at(0), at(1));
  });
  assertEquals(anew.stamp(0), undefined);
  const noted = scene();
  const act = () =>
    whole(noted, { page: 0 }, () => noted.locks.onLockPoint?.(), () => {
      noted.life.space.munmap(at(0), PAGE);
    });
  assertThrows(act, LoadFinding, "is lost");
  // Of a shared file the note is the file's, whether an entry stands or not.
  const shared = scene();
  mapFile(shared.life, 8, 4, Infinity);
  whole(shared, { page: 9 }, () => shared.locks.onLockPoint?.(), () => {
    shared.life.space.madvise(at(8), 4 * PAGE, 4);
  });
});

Deno.test("SecondTask: beyond a file's end nothing may be touched, but for a page that is there", () => {
  for (const [length, isRight] of [[2, true], [1, false]] as const) {
    const one = scene();
    mapFile(one.life, 8, 4, length);
    one.life.space.readPage = () => 0;
    const act = () => whole(one, { page: 9, writes: false }, () => one.locks.onLockPoint?.());
    if (isRight) act();
    else assertThrows(act, LoadFinding, "is done, but neither");
  }
});

Deno.test("SecondTask: below a stack that may grow nothing was written; below any other memory nothing is", () => {
  const one = scene();
  const { startStack } = one.life.space.descriptor;
  const stack = present(one.life.space.findVma(startStack));
  const page = (stack.start - AT) / PAGE - 1;
  const read = () => whole(one, { page, writes: false }, () => one.locks.onLockPoint?.());
  one.life.space.readPage = () => 0;
  read();
  one.life.space.readPage = () => 3;
  assertThrows(read, LoadFinding, "reads 3, but it holds 0 before the call, 0 after");
  const other = scene();
  map(other.life, 20, 1);
  other.life.space.readPage = () => 0;
  const below = () => whole(other, { page: 19, writes: false }, () => other.locks.onLockPoint?.());
  assertThrows(below, LoadFinding, "is done, but neither");
});

Deno.test("SecondTask: a read takes memory that may be read, a write memory that may be written to", () => {
  for (
    const [protection, writes, isRight] of [[1, false, true], [1, true, false], [2, false, false], [
      2,
      true,
      true,
    ]] as const
  ) {
    const one = scene();
    map(one.life, 0, 1, protection);
    one.life.space.readPage = () => 0;
    if (!isRight) one.life.space.amendPage = () => {};
    const touch = { page: 0, writes };
    const act = () => whole(one, touch, () => one.locks.onLockPoint?.());
    if (isRight) act();
    else assertThrows(act, LoadFinding, "is done, but neither");
  }
});

Deno.test("SecondTask: above all memory nothing may be touched", () => {
  const one = scene();
  const page = (0x7fff_ffff_e000 - AT) / PAGE;
  whole(one, { page }, () => one.locks.onLockPoint?.()); // is refused, as it must be
  one.life.space.amendPage = () => {};
  const act = () => whole(one, { page }, () => one.locks.onLockPoint?.());
  assertThrows(act, LoadFinding, "is done, but neither");
});

Deno.test("SecondTask: a write in the midst of a call, to memory that is there neither before nor after, is found", () => {
  const one = scene();
  one.write(0);
  const act = () =>
    whole(one, { page: 0 }, () => {
      late(one, () => map(one.life, 0, 1));
      one.life.space.mprotect(at(0), PAGE, 0);
    }, () => one.life.stamps.clear(at(0), at(1)));
  assertThrows(act, LoadFinding, "is lost");
});

Deno.test("SecondTask: a touch that never came to an end leaves no note", () => {
  const one = scene();
  const task = second(one, { page: 0, point: 9 });
  task.beside(one.locks, () => 0);
  task.noteBefore();
  task.finish(() => -11);
  assertEquals(one.stamp(0), undefined);
});

/** Does the touch when the call has changed everything, but has not yet returned. */
function late({ locks }: Scene, call: () => void): void {
  const touch = present(locks.onLockPoint);
  locks.onLockPoint = undefined;
  call();
  touch();
}

const [MAYMOVE, FIXED, DONTUNMAP] = [1, 2, 4];

Deno.test("SecondTask: a write to where mremap had moved the page from came after it: the note goes, what was there stays", () => {
  const args = [at(0), 2 * PAGE, 2 * PAGE, MAYMOVE | FIXED | DONTUNMAP, at(10)];
  for (const page of [0, 1]) {
    for (const own of [true, false]) {
      const one = scene({ call: "mremap", args, result: at(10) });
      const { life } = one;
      for (const number of own ? [0, 1] : [1 - page]) one.write(number);
      for (const number of [9, 12]) life.stamps.set(at(number), number);
      const held = [one.stamp(0), one.stamp(1)];
      whole(one, { page }, () =>
        late(one, () => {
          life.space.mremap(at(0), 2 * PAGE, 2 * PAGE, MAYMOVE | FIXED | DONTUNMAP, at(10));
        }), () => life.stamps.move(at(0), 2 * PAGE, at(10)));
      const now = [9, 10, 11, 12].map((number) => one.stamp(number));
      assertEquals(now, [9, ...held, 12], `page ${page}, ${own ? "written before" : "empty"}`);
      assertEquals([one.stamp(page), one.stamp(1 - page)], [amended(0, VALUE), undefined]);
    }
  }
});

Deno.test("SecondTask: a write after a call that has moved nothing there changes no other page", () => {
  const mremap = { call: "mremap", args: [at(0), 2 * PAGE, 2 * PAGE, 3, at(10)], result: at(10) };
  const cases = [
    { page: 0, next: { ...mremap, call: "mmap" } },
    { page: 0, next: { ...mremap, error: "ENOMEM" } },
    { page: 2, next: mremap }, // after what is moved
    { page: 0, next: { ...mremap, args: [at(1), ...mremap.args.slice(1)] } }, // before it
    { page: 0, next: undefined },
  ] as const;
  for (const { page, next } of cases) {
    for (const own of [true, false]) {
      const one = scene(next);
      const { life } = one;
      if (own) one.write(page);
      const others = [-1, 7, 8, 9, 10, 11, 12, 13];
      for (const number of others) life.stamps.set(at(number), 100 + number);
      whole(one, { page }, () => late(one, () => map(life, page, 1)), () => {
        life.stamps.clear(at(page), at(page + 1));
      });
      assertEquals(one.stamp(page), amended(0, VALUE));
      assertEquals([...life.stamps.entries()].length, others.length + 1);
      assertEquals(others.map((number) => one.stamp(number)), others.map((n) => 100 + n));
    }
  }
});

Deno.test("SecondTask: a write after memory was mapped over a file's page is not the file's", () => {
  const one = scene();
  const { life, load } = one;
  mapFile(life, 8, 4, Infinity);
  one.write(9);
  const mapping = present(life.space.findVma(at(9))?.fileMapping);
  const held = load.files.get(mapping, 1);
  whole(one, { page: 9 }, () => late(one, () => map(life, 9, 1)));
  assertEquals([load.files.get(mapping, 1), one.stamp(9)], [held, amended(0, VALUE)]);
  // Private memory, and then a file over it: the write is the file's.
  whole(one, { page: 0 }, () => late(one, () => mapFile(life, 0, 1, Infinity)), () => {
    life.stamps.clear(at(0), at(1));
  });
  assertEquals([load.files.get(mapping, 0), one.stamp(0)], [amended(0, VALUE), undefined]);
});
