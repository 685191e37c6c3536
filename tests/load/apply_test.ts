/** What each event does to one life, and when it does nothing. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { MADV, MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE } from "../../src/abi/mman.ts";
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
import { checkIdle, checkMachine } from "../../src/load/machine_check.ts";
import { readPrograms } from "../../src/load/programs.ts";
import type { RunningLife } from "../../src/load/running_life.ts";
import { SpaceValidator } from "../../src/mm/checks/incremental.ts";
import { AddressSpace } from "../../src/mm/address_space.ts";
import type { LifeStep } from "../../src/load/lives.ts";
import { VM_DONTDUMP } from "../../src/mm/vm_flags.ts";
import { present } from "../present.ts";
import { countCalls } from "./count_calls.ts";

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

/** How often what events touched is checked meanwhile. */
function checks(act: () => boolean): number {
  return countCalls(SpaceValidator.prototype, "check", () => assert(act()));
}

Deno.test("apply: what an event has changed of an address space is checked at once", () => {
  const { life, apply } = scene({ locks: true });
  assertEquals(checks(() => apply("read", at(0))), 1); // a fault
  assertEquals(checks(() => apply("read", at(0))), 0); // the page is there: nothing has changed
  assertEquals(checks(() => apply("write", at(1))), 1);
  assertEquals(checks(() => apply("write", at(1))), 0);
  assertEquals(checks(() => apply("border", at(2))), 1);
  assertEquals(checks(() => apply("fork", 1)), 1);
  assertEquals(checks(() => apply("step", 1)), 1);
  while (present(life.next).step.type !== "call") apply("step", 1);
  const argument = besideArgument({ address: at(3), writes: true, point: 1 });
  assertEquals(checks(() => apply("beside", argument)), 2); // after the call, and after the touch
  for (let refused = false; !refused;) {
    const { steps } = life;
    const { step } = present(life.next);
    assertEquals(checks(() => step.type === "call" ? apply("starve", 0) : apply("step", 1)), 1);
    refused = step.type === "call" && life.steps === steps;
  }
});

Deno.test("apply: an error that is not of memory is no answer", () => {
  const { life, apply } = scene();
  life.space.readPage = () => {
    throw new RangeError("not of memory");
  };
  assertThrows(() => apply("read", at(0)), RangeError, "not of memory");
});

Deno.test("end: all lives end, migrations under way first", () => {
  const { load, apply } = scene();
  for (const page of [0, 1, 2]) apply("write", at(page));
  assert(apply("fork", 1));
  for (const page of [0, 1]) assert(apply("migrate", at(page)));
  assertEquals([load.migrations.length, load.lives.length, load.children], [2, 2, 1]);
  load.end();
  assertEquals([load.migrations.length, load.lives.length, load.children], [0, 0, 0]);
  checkIdle(load);
});

Deno.test("expected: what the life wrote itself, then what the file holds; of shared memory the file's alone", () => {
  const { load, life } = scene();
  const result = present(life.resultMapping());
  const mapping = present(result.fileMapping);
  load.files.set(mapping, 0, 41);
  life.stamps.set(result.start, 42);
  assertEquals(load.expected(life, result, result.start), 41);
  const own = present(life.space.findVma(at(0)));
  assertEquals(load.expected(life, own, at(0)), 0);
  life.stamps.set(at(0), 43);
  assertEquals(load.expected(life, own, at(0)), 43);
  const source = present(life.space.findVma(result.start - PAGE));
  assertEquals(source.file, life.source);
  load.files.set(present(source.fileMapping), 1, 44);
  assertEquals(load.expected(life, source, source.start + PAGE), 44);
});

Deno.test("apply: a child holds what its parent had written, but for what is shared, wiped or not copied", () => {
  const { load, life, apply } = scene();
  for (const page of [0, 2, 4]) assert(apply("write", at(page)));
  life.space.madvise(at(2), PAGE, MADV.WIPEONFORK);
  life.space.madvise(at(4), PAGE, MADV.DONTFORK);
  assert(apply("fork", 1));
  const child = present(load.lives.find(({ isChild }) => isChild));
  assertEquals(child.number, lifeNumber(1, forkedLife(1)));
  const held = [0, 2, 4].map((page) => child.stamps.get(at(page)));
  assertEquals(held, [life.stamps.get(at(0)), undefined, undefined]);
  checkMachine(load);
});

Deno.test("apply: a full machine that no life uses is found", () => {
  const load = new Load({
    programs: [present(PROGRAM)],
    ...{ memoryPages: 128, swapPages: 0, hugePages: "never" },
  });
  const other = new AddressSpace({ memory: load.memory });
  const start = other.mmap({ length: 127 * PAGE, protection: 3, flags: 0x22 });
  const settle = () => load.apply({ kind: "settle", life: 0, argument: 0 });
  for (let page = 0; page < 127; page++) other.amendPage(start + page * PAGE, 1);
  assertThrows(settle, LoadFinding, "memory is full, and nobody is left who uses it");
  other.munmap(start, 127 * PAGE);
  assertEquals(settle(), false);
});

Deno.test("apply: a recorded touch makes a private page the life's own, as it is, and no shared one", () => {
  const program = present(PROGRAM);
  const { pid } = present(program.lives[0]?.[0]).step;
  const result = present(scene().life.resultMapping()).start;
  const touch = (address: number): LifeStep => {
    const record = { type: "fault", pid, address } as const;
    const step = { type: "touch", pid, address, record } as const;
    return { step, unmapped: [], growth: 0, begins: undefined };
  };
  const steps = [at(1) + 5, result, at(0)].map(touch);
  const { load, life, apply } = scene({
    programs: [{ ...program, lives: [present(program.lives[0]), steps] }],
  });
  for (let step = 0; step < 2; step++) {
    assert(apply("step", 1));
    assertEquals([...life.stamps.entries()], [[at(1), 0]]);
  }
  checkMachine(load);
});
