/** Answers beside those that were recorded. */

import { assertEquals, assertThrows } from "@std/assert";
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE } from "../../src/abi/mman.ts";
import { agrees, checkAnswer, hasParted, isRefused } from "../../src/load/answer.ts";
import { LoadFinding } from "../../src/load/finding.ts";
import type { LifeStep } from "../../src/load/lives.ts";
import { AddressSpace } from "../../src/mm/address_space.ts";
import type { CallStep } from "../../src/replay/step.ts";
import type { LeaveRecord } from "../../src/trace/format.ts";
import { HEAP } from "../trace/samples.ts";

const ENOMEM = 12, EAGAIN = 11, EINVAL = 22;
const PAGE = 4096, AT = 0x10000;

function step(record: Partial<LeaveRecord>, isModelled = true): CallStep {
  const call = record.call ?? "munmap";
  return {
    type: "call",
    pid: 7,
    enter: { type: "enter", pid: 7, call, args: [] },
    record: { type: "leave", pid: 7, call, result: 0, removed: [], added: [], ...record },
    action: isModelled ? () => 0 : undefined,
    unmodelled: undefined,
  };
}

Deno.test("agrees: the recorded result, or the recorded error and no other", () => {
  const ok = step({ result: AT }), refused = step({ error: "EINVAL" });
  assertEquals([AT, 0, -EINVAL].map((answer) => agrees(ok, answer)), [true, false, false]);
  assertEquals([-EINVAL, -ENOMEM, 0, EINVAL].map((answer) => agrees(refused, answer)), [
    ...[true, false, false, false],
  ]);
});

Deno.test("checkAnswer: says both answers; what is not modelled is not compared", () => {
  const ok = step({ result: AT, call: "mmap" });
  checkAnswer(ok, AT);
  checkAnswer(step({ result: AT }, false), -EINVAL);
  const said = (of: CallStep, answer: number) =>
    assertThrows(() => checkAnswer(of, answer), LoadFinding).message;
  assertEquals(said(ok, 0), "mmap answers 0x0, recorded was 0x10000");
  assertEquals(said(ok, -ENOMEM), "mmap answers ENOMEM, recorded was 0x10000");
  assertEquals(said(step({ error: "EINVAL" }), 0), "munmap answers 0x0, recorded was EINVAL");
});

Deno.test("isRefused: ENOMEM and EAGAIN, and a heap that stays where it was though it should move", () => {
  const plain = step({});
  assertEquals([-ENOMEM, -EAGAIN, -EINVAL, 0].map((answer) => isRefused(plain, answer, AT)), [
    ...[true, true, false, false],
  ]);
  const brk = step({ call: "brk", result: AT + PAGE });
  assertEquals([AT, AT + PAGE, AT + 2 * PAGE].map((answer) => isRefused(brk, answer, AT)), [
    ...[true, false, false],
  ]);
  assertEquals(isRefused(step({ call: "brk", result: AT }), AT, AT), false);
  assertEquals(isRefused(brk, -ENOMEM, AT), false);
});

/** What a step left behind in the kernel; nothing unless given. */
function left(more: Partial<LifeStep>): LifeStep {
  return { step: step({}), unmapped: [], growth: 0, begins: undefined, ...more };
}

/** Maps pages 0 to 2, and 4 to 6, of the place. */
function spaceWithHole(): AddressSpace {
  const space = new AddressSpace();
  for (const [page, protection] of [[0, 3], [4, 3], [5, 1]] as const) {
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    const length = page === 0 ? 2 * PAGE : PAGE;
    space.mmap({ address: AT + page * PAGE, length, protection, flags });
  }
  return space;
}

function range(first: number, end: number) {
  return { ...HEAP, start: AT + first * PAGE, end: AT + end * PAGE };
}

Deno.test("hasParted: by its answer, by what is mapped that was unmapped, or not mapped that was added", () => {
  const space = spaceWithHole();
  const parted = (record: Partial<LeaveRecord>, more: Partial<LifeStep> = {}, answer = 0) =>
    hasParted(space, step(record), left(more), space.descriptor.totalPages, answer);
  assertEquals([parted({}), parted({}, {}, 1)], [false, true]);
  assertEquals(hasParted(space, step({}, false), left({}), 0, 5), false);
  assertEquals(parted({}, { unmapped: [range(2, 4)] }), false);
  assertEquals(parted({}, { unmapped: [range(2, 5)] }), true);
  assertEquals(parted({}, { unmapped: [range(2, 4), range(1, 2)] }), true);
  assertEquals(parted({ added: [range(0, 2), range(4, 6)] }), false);
  assertEquals(parted({ added: [range(1, 2)] }), false);
  assertEquals(parted({ added: [range(0, 3)] }), true);
  assertEquals(parted({ added: [range(0, 2), range(2, 3)] }), true);
  assertEquals(parted({ added: [range(5, 7)] }), true);
});

Deno.test("hasParted: a call that failed added as many pages as recorded, if that can be told", () => {
  const space = spaceWithHole();
  const { totalPages } = space.descriptor;
  const parted = (growth: number, before: number | undefined, error?: string) =>
    hasParted(
      space,
      step(error === undefined ? {} : { error }),
      left({ growth }),
      before,
      error === undefined ? 0 : -EINVAL,
    );
  assertEquals(parted(0, totalPages, "EINVAL"), false);
  assertEquals(parted(-2, totalPages + 2, "EINVAL"), false);
  assertEquals(parted(0, totalPages + 2, "EINVAL"), true);
  assertEquals(parted(0, undefined, "EINVAL"), false); // a second task may have added some
  assertEquals(parted(0, totalPages + 2), false); // it succeeded
});
