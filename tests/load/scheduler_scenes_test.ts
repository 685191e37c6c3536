/**
 * What the scheduler draws in scenes that recorded programs come to seldom: made-up calls, stacks, lives that ended.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, PROT_READ } from "../../src/abi/mman.ts";
import { pathOf } from "../../src/command/paths.ts";
import { besideOf, type BesideTouch, type LoadEvent } from "../../src/load/event.ts";
import type { LifeStep, Program } from "../../src/load/lives.ts";
import { Load } from "../../src/load/load.ts";
import { readPrograms } from "../../src/load/programs.ts";
import type { RunningLife } from "../../src/load/running_life.ts";
import { Scheduler } from "../../src/load/scheduler.ts";
import type { CallStep } from "../../src/replay/step.ts";
import { present } from "../present.ts";
import { Random } from "../random.ts";

const PROGRAMS = await readPrograms(
  ["cc1-hello", "gcc-make"].map((name) => pathOf(`traces/${name}.jsonl.gz`)),
);
const PAGE = 4096, AT = 0x10_0000_0000;

function machine(programs: readonly Program[]): Load {
  return new Load({
    programs,
    memoryPages: 2_000,
    swapPages: 1_000,
    hugePages: "never",
    locks: true,
  });
}

/** A life of a program that does nothing but a call with these arguments. */
function lifeBefore(args: readonly number[]): { readonly load: Load; readonly life: RunningLife } {
  const [program] = PROGRAMS;
  const { lives } = present(program);
  const step: CallStep = {
    ...{ type: "call", pid: 7, action: undefined, unmodelled: undefined },
    enter: { type: "enter", pid: 7, call: "mprotect", args },
    record: { type: "leave", pid: 7, call: "mprotect", result: 0, removed: [], added: [] },
  };
  const only: LifeStep = { step, unmapped: [], growth: 0, begins: undefined };
  const load = machine([{ ...present(program), lives: [present(lives[0]), [only]] }]);
  load.apply({ kind: "start", life: 1, argument: 0 });
  return { load, life: present(load.lives[0]) };
}

/** What second tasks would touch, none of which happens. */
function touches(load: Load, count: number): BesideTouch[] {
  const options = { programs: 1, processes: 1, weights: [[1, "beside"]] } as const;
  const scheduler = new Scheduler(load, new Random(3), options);
  return Array.from({ length: count }, () => {
    const { kind, argument } = scheduler.next();
    assertEquals(kind, "beside");
    return besideOf(argument);
  });
}

function isMapped({ space }: RunningLife, address: number): boolean {
  return space.descriptor.tree.load(address) !== undefined;
}

Deno.test("Scheduler: second tasks touch what the next call is about, a page before and one after it", () => {
  const pagesOf = (start: number, length: number | undefined) => {
    const { load, life } = lifeBefore(length === undefined ? [start] : [start, length]);
    const stack = life.space.descriptor.startStack;
    const near = touches(load, 600).map(({ address }) => address)
      .filter((address) => !isMapped(life, address) && Math.abs(address - stack) > 2 ** 30);
    return [...new Set(near)].sort((a, b) => a - b).map((address) => (address - AT) / PAGE);
  };
  assertEquals(pagesOf(AT, 3 * PAGE), [-1, 0, 1, 2, 3]);
  assertEquals(pagesOf(AT + 5, 2 * PAGE - 1), [-1, 0, 1, 2]);
  assertEquals(pagesOf(AT, undefined), [-1, 0]);
  assertEquals(pagesOf(PAGE, PAGE).map((page) => page + AT / PAGE), [0, 1, 2]);
  // Ranges that no memory can have: the call names none.
  for (const length of [2 ** 53 - PAGE, -(2 ** 54), NaN]) assertEquals(pagesOf(AT, length), []);
  assertEquals(pagesOf(PAGE - 1, PAGE), []);
});

Deno.test("Scheduler: second tasks touch up to four pages below a stack that may grow, and below no other", () => {
  const below = (life: RunningLife, load: Load) => {
    const { start } = present(life.space.findVma(life.space.descriptor.startStack));
    const near = touches(load, 400).map(({ address }) => (start - address) / PAGE)
      .filter((pages) => pages > 0 && pages < 64);
    return [...new Set(near)].sort((a, b) => a - b);
  };
  const { load, life } = lifeBefore([]);
  assertEquals(below(life, load), [1, 2, 3, 4]);
  const other = lifeBefore([]);
  const { startStack } = other.life.space.descriptor;
  const stack = present(other.life.space.findVma(startStack));
  other.life.space.mmap({
    address: stack.start,
    length: stack.end - stack.start,
    protection: PROT_READ,
    flags: MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
  });
  assertEquals(below(other.life, other.load), []);
});

Deno.test("Scheduler: second tasks come before the call and at each of its lock points, to write twice as often", () => {
  const { load } = lifeBefore([AT, PAGE]);
  const drawn = touches(load, 3_000);
  const points = drawn.map(({ point }) => point);
  assertEquals(new Set(points), new Set(Array.from({ length: 15 }, (_, point) => point)));
  const before = points.filter((point) => point === 0).length;
  assert(before > 900 && before < 1_100, `${before} before the call`);
  const writes = drawn.filter((touch) => touch.writes).length;
  assert(writes > 1_900 && writes < 2_100, `${writes} writes`);
});

Deno.test("Scheduler: of a life without memory page 0 is drawn, and nothing happens to it", () => {
  const { load, life } = lifeBefore([]);
  life.space.munmap(0, 0x7fff_ffff_f000);
  const kinds = ["read", "write", "evict", "truncate"] as const;
  const weights = kinds.map((kind) => [1, kind] as const);
  const scheduler = new Scheduler(load, new Random(1), { programs: 1, processes: 1, weights });
  const seen = new Set<string>();
  for (let at = 0; at < 100; at++) {
    const event = scheduler.next();
    seen.add(event.kind);
    assertEquals([event.argument, load.apply(event)], [0, false]);
  }
  assertEquals(seen, new Set(kinds));
});

/** Does all steps of a life, and of those that it begins, until it alone is left. */
function endAllBut(load: Load, survivor: RunningLife): void {
  for (let life = other(); life !== undefined; life = other()) {
    load.apply({ kind: "step", life: life.number, argument: 1 });
  }

  function other(): RunningLife | undefined {
    return load.lives.find((life) => life !== survivor);
  }
}

Deno.test("Scheduler: a life that ended while it waited for room is not let go on", () => {
  for (const survivor of [0, 1]) {
    const load = machine(PROGRAMS);
    const options = { programs: PROGRAMS.length, processes: 1, weights: [[1, "step"]] } as const;
    const scheduler = new Scheduler(load, new Random(2), options);
    // Three makes, where there is room for one.
    for (const run of [101, 102, 103]) load.apply({ kind: "start", life: run, argument: 1 });
    const next = (): LoadEvent => {
      const event = scheduler.next();
      assert(load.lives.some(({ number }) => number === event.life), "it is over");
      return event;
    };
    const waiting = () => load.lives.filter(({ waits }) => waits);
    for (let at = 0; waiting().length < 2; at++) {
      assert(at < 10_000, "no two ever wait");
      load.apply(next());
    }
    endAllBut(load, present(waiting()[survivor]));
    for (let at = 0; at < 20 && load.lives.length > 0; at++) load.apply(next());
  }
});
