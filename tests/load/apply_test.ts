/** What each event does to one life, and when it does nothing. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE } from "../../src/abi/mman.ts";
import { pathOf } from "../../src/command/paths.ts";
import {
  besideArgument,
  type EventKind,
  forkedLife,
  lifeNumber,
  type LoadEvent,
} from "../../src/load/event.ts";
import { LoadFinding } from "../../src/load/finding.ts";
import { Load, type LoadOptions } from "../../src/load/load.ts";
import { checkMachine } from "../../src/load/machine_check.ts";
import { readPrograms } from "../../src/load/programs.ts";
import type { RunningLife } from "../../src/load/running_life.ts";
import { VM_DONTDUMP } from "../../src/mm/vm_flags.ts";
import { present } from "../present.ts";

const [PROGRAM] = await readPrograms([pathOf("traces/cc1-hello.jsonl.gz")]);
const PAGE = 4096, AT = 0x10_0000_0000, PAGES = 8;
const LIFE = lifeNumber(1, 1);

interface Scene {
  readonly load: Load;
  readonly life: RunningLife;
  /** Lets an event of the life happen. */
  readonly apply: (kind: EventKind, argument?: number) => boolean;
}

/** A machine with one life, which has eight pages of memory of its own where nothing else lies. */
function scene(options: Partial<LoadOptions> = {}): Scene {
  const load = new Load({
    programs: [present(PROGRAM)],
    memoryPages: 2_000,
    swapPages: 1_000,
    hugePages: "never",
    ...options,
  });
  assert(load.apply({ kind: "start", life: 1, argument: 0 }));
  const life = present(load.lives[0]);
  assertEquals(life.number, LIFE);
  map(life, 0, PAGES, 3);
  const apply = (kind: EventKind, argument = 0) =>
    load.apply({ kind, life: kind === "settle" ? 0 : LIFE, argument });
  return { load, life, apply };
}

function map(life: RunningLife, page: number, count: number, protection: number): void {
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  life.space.mmap({ address: at(page), length: count * PAGE, protection, flags });
}

function at(page: number): number {
  return AT + page * PAGE;
}

Deno.test("apply: an event of a life that is not there does nothing", () => {
  const { load } = scene();
  for (const kind of ["step", "fork", "exit", "starve", "truncate", "read", "write"] as const) {
    const event: LoadEvent = { kind, life: lifeNumber(2, 1), argument: at(0) };
    assertEquals(load.apply(event), false, kind);
  }
  assertEquals(load.lives.length, 1);
});

Deno.test("apply: what is read is what was written last, where it may be read and written", () => {
  const { load, life, apply } = scene();
  assertEquals([apply("read", at(0)), life.stamps.get(at(0))], [true, undefined]);
  assertEquals([apply("write", at(0)), apply("read", at(0))], [true, true]);
  const first = life.stamps.get(at(0));
  assert(apply("write", at(0)));
  assert(first !== life.stamps.get(at(0)));
  life.space.mprotect(at(1), PAGE, 1);
  life.space.mprotect(at(2), PAGE, 0);
  assertEquals([apply("read", at(1)), apply("write", at(1))], [true, false]);
  assertEquals([apply("read", at(2)), apply("write", at(2))], [false, false]);
  assertEquals([apply("read", at(20)), apply("write", at(20))], [false, false]);
  life.stamps.set(at(0), 7);
  const { message } = assertThrows(() => apply("read", at(0)), LoadFinding);
  assert(/^life \d+ reads \d+ at 0x1000000000, where 7 was written$/.test(message), message);
  life.stamps.clear(at(0), at(1));
  life.space.munmap(at(0), PAGE);
  checkMachine(load);
});

Deno.test("apply: evict and migrate take a page that is in memory, once; settle ends the oldest", () => {
  const { load, life, apply } = scene();
  assertEquals([apply("evict", at(0)), apply("migrate", at(0)), apply("settle")], [
    ...[false, false, false],
  ]);
  for (const page of [0, 1, 2]) apply("write", at(page));
  assertEquals([apply("evict", at(0)), life.space.entry(at(0))?.kind], [true, "swap"]);
  assertEquals([apply("evict", at(0)), apply("migrate", at(0))], [false, false]);
  assertEquals([apply("migrate", at(1)), apply("migrate", at(2))], [true, true]);
  assertEquals([apply("migrate", at(1)), apply("evict", at(1))], [false, false]);
  const kinds = () => [1, 2].map((page) => life.space.entry(at(page))?.kind);
  assertEquals(kinds(), ["migration", "migration"]);
  assert(apply("settle"));
  assertEquals(kinds(), ["present", "migration"]);
  assert(apply("read", at(2))); // waits until the migration is over
  assertEquals([kinds(), apply("settle")], [["present", "present"], false]);
  checkMachine(load);
});

Deno.test("apply: a border comes and goes, in memory without a file where no call works on the whole", () => {
  const { load, life, apply } = scene();
  const dumped = () => (present(life.space.findVma(at(1))).flags & VM_DONTDUMP) === 0;
  const count = life.space.mapCount;
  assertEquals([apply("border", at(1)), dumped(), life.space.mapCount], [true, false, count + 2]);
  assertEquals([apply("border", at(1)), dumped(), life.space.mapCount], [true, true, count]);
  const file = present([...life.space.vmas()].find((vma) => vma.file !== null));
  assertEquals([apply("border", file.start), apply("border", at(30))], [false, false]);
  checkMachine(load);
  const whole = scene({
    programs: [{ ...present(PROGRAM), whole: [{ start: at(0), end: at(2) }] }],
  });
  assertEquals([whole.apply("border", at(1)), whole.apply("border", at(2))], [false, true]);
  assertEquals([whole.apply("write", at(1)), whole.apply("write", at(0))], [false, false]);
});

Deno.test("apply: a child that no recording knows has what its parent had, has no steps, and ends when told", () => {
  const { load, life, apply } = scene();
  apply("write", at(0));
  assertEquals([apply("exit"), load.lives.length], [false, 1]); // it has steps left
  assertEquals([apply("fork", 5), load.lives.length, load.children], [true, 2, 1]);
  const child = present(load.lives[1]);
  assertEquals(child.number, lifeNumber(1, forkedLife(5)));
  assertEquals(child.stamps.get(at(0)), life.stamps.get(at(0)));
  const apart = (kind: EventKind, argument = 0) =>
    load.apply({ kind, life: child.number, argument });
  assert(apart("write", at(0)) && apart("read", at(0)) && apply("read", at(0)));
  assert(child.stamps.get(at(0)) !== life.stamps.get(at(0)));
  checkMachine(load);
  assertEquals([apart("step", 1), apart("fork", 6), apart("starve", 1)], [false, false, false]);
  assertEquals([apart("exit"), load.lives.length, load.children], [true, 1, 0]);
  assertEquals(load.lives[0], life);
  checkMachine(load);
});

Deno.test("apply: steps are done as many as asked, to the life's end and no further", () => {
  const { load, life, apply } = scene();
  const [, own] = present(PROGRAM).lives;
  assertEquals([apply("step", 0), life.steps], [false, 0]);
  assertEquals([apply("step", 3), life.steps], [true, 3]);
  life.space.munmap(AT, PAGES * PAGE);
  assertEquals([apply("step", 10_000), load.lives.length], [true, 0]);
  assertEquals(life.steps, present(own).length);
  assertEquals(apply("step", 1), false);
});

Deno.test("apply: a result that is cut holds nothing from there on, and what came before", () => {
  const { load, life, apply } = scene();
  const start = present(life.resultMapping()).start;
  for (const page of [0, 1, 2]) assert(apply("write", start + page * PAGE));
  assertEquals([apply("truncate", at(0)), apply("truncate", at(100))], [false, false]);
  assert(apply("truncate", start + PAGE));
  const shown = () => [0, 1, 2].map((page) => life.space.entry(start + page * PAGE) !== undefined);
  assertEquals(shown(), [true, false, false]);
  checkMachine(load);
  for (const page of [0, 1, 2]) assert(apply("read", start + page * PAGE));
  assertEquals(shown(), [true, true, true]);
  checkMachine(load);
});

Deno.test("apply: a touch beside a call needs a machine that checks locks, and a page that may be touched", () => {
  const argument = (address: number) => besideArgument({ address, writes: true, point: 1 });
  const without = scene();
  assertEquals(without.apply("beside", argument(at(0))), false);
  const { load, life, apply } = scene({ locks: true });
  while (present(life.next).step.type !== "call") apply("step", 1);
  const done = life.steps;
  assertEquals(apply("beside", argument(0x7fff_ffff_e000)), false);
  assertEquals([apply("beside", argument(at(0))), life.steps], [true, done + 1]);
  assert(life.stamps.get(at(0)) !== undefined);
  assert(apply("read", at(0)));
  checkMachine(load);
});

Deno.test("apply: where memory and swap are full the largest life dies, and a page of its own waits for it", () => {
  const load = new Load({
    programs: [present(PROGRAM)],
    memoryPages: 64,
    swapPages: 4,
    hugePages: "never",
  });
  for (const run of [1, 2, 3]) load.apply({ kind: "start", life: run, argument: 0 });
  const large = present(load.lives[1]), small = present(load.lives[2]);
  map(large, 0, 64, 3);
  map(small, 0, 64, 3);
  const write = (life: RunningLife, page: number) =>
    load.apply({ kind: "write", life: life.number, argument: at(page) });
  for (let page = 0; page < 40; page++) assert(write(large, page));
  for (let page = 0; load.killed === 0; page++) {
    assert(page < 64, "nobody was killed");
    assert(write(small, page));
    checkMachine(load);
  }
  assertEquals([load.killed, load.lives.includes(large), load.lives.includes(small)], [
    ...[1, false, true],
  ]);
  assertEquals(write(large, 0), false);
});
