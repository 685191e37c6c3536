/** One touch beside one call: which ends are right, and what is found. */

import { assertEquals, assertThrows } from "@std/assert";
import { LoadFinding } from "../../src/load/finding.ts";
import { amended } from "../../src/mm/calls/access.ts";
import { MmError } from "../../src/mm/error.ts";
import { present } from "../present.ts";
import {
  AT,
  at,
  atOnce,
  late,
  map,
  mapFile,
  PAGE,
  type Scene,
  scene,
  second,
  VALUE,
  whole,
} from "./second_task_scene.ts";

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
