/**
 * Finding and reducing a fault of the model, on a model with faults that a trace can call up.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { MAP_ANONYMOUS, MAP_PRIVATE } from "../../../src/abi/mman.ts";
import { bisect, formatFault } from "../../../src/replay/debug/bisect.ts";
import { attempt, inspect, modelFailureOf } from "../../../src/replay/debug/failure.ts";
import { reduce, reduceAsync } from "../../../src/replay/debug/reduce.ts";
import { formatTest } from "../../../src/replay/debug/reproducer.ts";
import { shrink, type Shrunk } from "../../../src/replay/debug/shrink.ts";
import { ReplayError } from "../../../src/replay/replay_error.ts";
import { StepReader } from "../../../src/replay/step.ts";
import { System } from "../../../src/replay/system.ts";
import { AddressSpace } from "../../../src/mm/address_space.ts";
import type { ExecRecord, ForkRecord, MapLine, TraceRecord } from "../../../src/trace/format.ts";
import { present } from "../../present.ts";
import { FORGOTTEN, NEEDED, withLosingTree, withLostCount } from "../faulty_model.ts";
import { call, mapped, memory, PID, program, RW, start, TOP } from "../records.ts";

/** Steps, one call each. */
const LOSE = call("munlockall", []), MEND = call("mlockall", [1]);
const BREAK = call("msync", [0x1000, 4096, 4]), NOTHING = call("mlock", [0x1000, 0]);
/** Maps where the fault needs it. */
const MAP = mapped(memory(NEEDED));

const lost = "committedPages is …, but the VMAs have …";

Deno.test("attempt: a refused call has done what it should; what no call may throw is a failure", async () => {
  const system = new System();
  const read = (records: TraceRecord[]) => {
    const reader = new StepReader();
    return records.flatMap((record) => reader.read(record) ?? []);
  };
  const [exec, refused] = read([...start(), ...call("munmap", [1, 4096])]);
  const [, broken] = read([...start(), ...BREAK]);
  assertEquals([attempt(system, exec!), attempt(system, refused!)], [undefined, undefined]);
  await withLostCount(() => {
    assertEquals(attempt(system, broken!), {
      ...{ kind: "Error", rule: "No leaf holds index …", message: "No leaf holds index 4096" },
    });
  });
  const [, stranger] = read([...start(), ...call("munmap", [0, 1], {}, { pid: 9 })]);
  try {
    attempt(system, stranger!);
    assert(false, "a trace that is at fault was taken for a fault of the model");
  } catch (error) {
    assert(error instanceof ReplayError);
  }
});

Deno.test("inspect: any address space that breaks a rule is a failure", async () => {
  await withLostCount(() => {
    const system = new System(), reader = new StepReader();
    const records: TraceRecord[] = [
      ...[...start(), ...MAP, { type: "fork", pid: PID, child: 8, sharesMemory: false } as const],
      ...call("munlockall", [], {}, { pid: 8 }),
    ];
    const found = records.flatMap((record) => {
      const step = reader.read(record);
      if (step === undefined) return [];
      attempt(system, step);
      return [inspect(system)?.rule];
    });
    assertEquals(found, [undefined, undefined, undefined, lost]);
  });
});

Deno.test("modelFailureOf: the rule is the same whatever the numbers in it", () => {
  assertEquals(modelFailureOf("7"), { kind: "thrown", rule: "7", message: "" });
  assertEquals(modelFailureOf(new RangeError("at 0x1f and 12")), {
    ...{ kind: "RangeError", rule: "at … and …", message: "at 0x1f and 12" },
  });
  const ruled = Object.assign(new Error("slot 3: pivots rise"), { rule: "pivots rise" });
  assertEquals(modelFailureOf(ruled).rule, "pivots rise");
  const odd = Object.assign(new Error("what it says"), { rule: 3 });
  assertEquals(modelFailureOf(odd).rule, "what it says");
});

/** Steps 1 (exec), 2 (map), then those given. */
function run(...steps: TraceRecord[][]): TraceRecord[] {
  return [...start(), ...MAP, ...steps.flat()];
}

async function firstFault(records: TraceRecord[], every?: number) {
  return await withLostCount(() => bisect(records, every));
}

Deno.test("bisect: the first step after which a rule is broken, whatever the distance of the checkpoints", async () => {
  const idle = (count: number) => Array.from({ length: count }, () => NOTHING);
  for (const before of [0, 1, 2, 5, 6]) {
    const records = run(...idle(before), LOSE, ...idle(7));
    for (const every of [1, 2, 3, 4, 8, 9, 256]) {
      const fault = await firstFault(records, every);
      assertEquals([fault?.step, fault?.surfaced], [before + 3, before + 10], `every ${every}`);
    }
    assertEquals((await firstFault(records))?.step, before + 3);
  }
  assertEquals(await firstFault(run(NOTHING, NOTHING)), undefined);
});

Deno.test("bisect: a fault that was mended before its checkpoint is found all the same", async () => {
  for (const every of [1, 2, 3, 4, 5, 256]) {
    assertEquals((await firstFault(run(NOTHING, LOSE, MEND, NOTHING), every))?.step, 4);
  }
  // Steps 3 and 7 break the rule: the first is seen by a checkpoint at 3, or where none lies between.
  const twice = run(LOSE, MEND, NOTHING, NOTHING, LOSE, NOTHING);
  for (const [every, step] of [[1, 3], [2, 7], [3, 3], [4, 7], [5, 7], [256, 3]] as const) {
    assertEquals((await firstFault(twice, every))?.step, step, `every ${every}`);
  }
});

Deno.test("bisect: where the run breaks down, nothing after it is looked at", async () => {
  const fault = present(await firstFault(run(NOTHING, LOSE, NOTHING, BREAK, MEND, LOSE), 2));
  assertEquals([fault.step, fault.surfaced], [4, 6]);
  assertStringIncludes(formatFault(fault), "; without validation the run went on to step 6");
  const atOnce = present(await firstFault(run(NOTHING, BREAK), 1));
  assertEquals([atOnce.step, atOnce.surfaced, atOnce.message], [4, 4, "No leaf holds index 4096"]);
  assert(!formatFault(atOnce).includes("went on"));
});

Deno.test("bisect: a run may break down in its first step", async () => {
  const fault = await withLosingTree("exec", () => false, () => bisect(run(NOTHING)));
  assertEquals([fault?.step, fault?.surfaced, fault?.message], [1, 1, FORGOTTEN]);
});

Deno.test("bisect: a program may begin with a fault, mended later or not", async () => {
  const { exec } = AddressSpace.prototype;
  const losing = function (this: AddressSpace, ...args: Parameters<typeof exec>) {
    Reflect.apply(exec, this, args);
    this.descriptor.committedPages++;
  };
  Object.assign(AddressSpace.prototype, { exec: losing });
  const { munlockall } = AddressSpace.prototype;
  const mending = function (this: AddressSpace) {
    this.descriptor.committedPages--;
  };
  Object.assign(AddressSpace.prototype, { munlockall: mending });
  try {
    for (const every of [1, 2, 3, 256]) {
      assertEquals((await bisect(run(NOTHING, NOTHING), every))?.step, 1, `every ${every}`);
      assertEquals((await bisect([...start(), ...LOSE, ...NOTHING, ...NOTHING], every))?.step, 1);
    }
  } finally {
    Object.assign(AddressSpace.prototype, { exec, munlockall });
  }
});

Deno.test("bisect: tells the process, the step in words, and its tree before and after", async () => {
  const records = [...start(), ...LOSE, ...MAP, ...LOSE, ...mapped(memory(NEEDED + 0x10000))];
  const fault = present(await firstFault(records));
  assertEquals([fault.step, fault.pid, fault.call], [4, PID, "munlockall() = 0x0"]);
  assertStringIncludes(fault.message, "committedPages is 2, but the VMAs have 1");
  assertEquals(fault.before, fault.after);
  assertStringIncludes(fault.before, "400000");
  assert(!fault.before.includes("410000"));
  // A program's first step has no tree before it.
  const [, exec] = start({}, [memory(NEEDED)]);
  const early = await withLostCount(() => bisect([...start(), exec!, ...LOSE, ...NOTHING]));
  assertEquals([early?.step, early?.before === ""], [3, false]);
});

Deno.test("reduce: halves are tried first, and no more trials than needed", async () => {
  const trials: string[] = [];
  const fails = (items: readonly string[]) => {
    trials.push(items.join(""));
    return items.includes("c");
  };
  assertEquals(reduce([..."abcdefgh"], fails), ["c"]);
  assertEquals(trials.slice(0, 4), ["abcd", "", "ab", "cd"]);
  assert(trials.length <= 8, trials.join());
  trials.length = 0;
  assertEquals(await reduceAsync([..."abcdefgh"], (items) => Promise.resolve(fails(items))), ["c"]);
  assertEquals(trials.slice(0, 4), ["abcd", "", "ab", "cd"]);
  assertEquals(reduce([], () => true), []);
  assertEquals(reduce(["a"], () => true), []);
});

/** What is left of a run on the faulty model. */
async function shrunk(
  records: readonly TraceRecord[],
  shows?: (space: AddressSpace) => boolean,
): Promise<Shrunk> {
  return present(await withLostCount(() => shrink(records), shows));
}

/** The records between header and end, in a word each. */
function words({ records }: Shrunk): string[] {
  assertEquals([records[0]?.type, records.at(-1)], ["header", {
    ...{ type: "end", reason: "interrupted" },
  }]);
  return records.slice(1, -1).map((record) =>
    record.type === "enter" || record.type === "leave"
      ? `${record.type} ${record.call} ${record.pid}`
      : "pid" in record
      ? `${record.type} ${record.pid}`
      : record.type
  );
}

Deno.test("shrink: of a call goes what it brought about, of a run all that the fault does not need", async () => {
  const other = memory(0x1000_0000, 4);
  const left = await shrunk([
    ...start({}, [memory(0x10000), memory(0x20000)]),
    ...mapped(other),
    { type: "fault", pid: PID, address: other.start },
    { type: "fork", pid: PID, child: 8, sharesMemory: false, layout: [other] },
    ...call("munmap", [0x10000, 4096], { removed: [0x10000] }),
    { type: "exit", pid: 8, status: 0 },
    ...MAP,
    ...call("mlock", [0, 0]),
    ...LOSE,
    ...NOTHING,
    { type: "exit", pid: PID, status: 0 },
    { type: "end", reason: "finished" },
  ]);
  assertEquals(words(left), [
    ...["exec 7", "enter mmap 7", "leave mmap 7", "enter munlockall 7", "leave munlockall 7"],
  ]);
  assertEquals([left.failure.rule, left.steps, left.writes], [
    lost,
    { before: 11, after: 3 },
    undefined,
  ]);
  const [header, exec] = left.records;
  assert(header?.type === "header" && header.fidelity === "approximate");
  assert(exec?.type === "exec" && exec.layout.length === 0);
  const leaves = left.records.filter((record) => record.type === "leave");
  assertEquals(leaves.map(({ added, removed }) => [added, removed]), [[[], []], [[], []]]);
});

Deno.test("shrink: a VMA of a program's first layout stays if the fault needs it, its others go", async () => {
  const layout = [memory(0x10000), memory(NEEDED - 0x1000, 4), memory(0x7000_0000)];
  const left = await shrunk([...start({}, layout), ...LOSE]);
  assertEquals(words(left), ["exec 7", "enter munlockall 7", "leave munlockall 7"]);
  const [, exec] = left.records;
  assertEquals(exec?.type === "exec" && exec.layout, [layout[1]!]);
});

Deno.test("shrink: a fork stays if the fault shows in its child, without the layout that it showed", async () => {
  const fork: ForkRecord = { type: "fork", pid: PID, child: 8, sharesMemory: false };
  const left = await shrunk([
    ...[...start(), ...MAP],
    { type: "fork", pid: PID, child: 6, sharesMemory: false },
    { type: "enter", pid: PID, call: "clone", args: [0x11] },
    { ...fork, layout: [memory(NEEDED)] },
    { type: "leave", pid: PID, call: "clone", result: 8, removed: [], added: [] },
    ...call("munmap", [NEEDED, 4096], { removed: [NEEDED] }),
    ...call("munlockall", [], {}, { pid: 6 }).slice(0, 1), // the other child is in a call that does not return
    ...call("munlockall", [], {}, { pid: 8 }),
  ]);
  assertEquals(words(left), [
    ...["exec 7", "enter mmap 7", "leave mmap 7", "fork 7"],
    ...["enter munlockall 8", "leave munlockall 8"],
  ]);
  assertEquals(left.records[4], fork);
});

Deno.test("shrink: calls that overlap are each removed with their own return", async () => {
  const [enter, leave] = mapped(memory(0x1000_0000)),
    [inside, out] = MAP.map((record) => {
      assert(record.type === "enter" || record.type === "leave");
      return { ...record, pid: 8 };
    });
  const left = await shrunk([
    ...start(),
    { type: "fork", pid: PID, child: 8, sharesMemory: true },
    ...[enter!, inside!, leave!, out!],
    ...LOSE,
  ]);
  assertEquals(words(left), [
    ...["exec 7", "fork 7", "enter mmap 8", "leave mmap 8", "enter munlockall 7"],
    "leave munlockall 7",
  ]);
});

Deno.test("shrink: what a text's trace showed stays the text's", async () => {
  const left = await shrunk([...start({ fidelity: "imported" }), ...MAP, ...LOSE]);
  assert(left.records[0]?.type === "header" && left.records[0].fidelity === "imported");
});

Deno.test("shrink: a part that makes no sense does not fail, whatever it lacks", async () => {
  // Without its exec, or the fork that made it, a process cannot be replayed.
  const left = await shrunk([
    ...[...start(), ...MAP, program([memory(NEEDED)], { pid: 9 })],
    ...call("munlockall", [], {}, { pid: 9 }),
  ]);
  assertEquals(words(left), ["exec 9", "enter munlockall 9", "leave munlockall 9"]);
});

Deno.test("shrink: a sound trace is not reduced", async () => {
  assertEquals(await shrink(run(NOTHING)), undefined);
});

Deno.test("shrink: nothing that came after the fault is kept, the trace's own end neither", async () => {
  const left = await shrunk([...run(LOSE), { type: "end", reason: "finished" }]);
  assertEquals(left.records.filter(({ type }) => type === "end").length, 1);
  assertEquals("writes" in left, false);
});

/** The arguments of the calls that are left, each as hexadecimal numbers. */
function argumentsOf({ records }: Shrunk): string[] {
  return records.flatMap((record) =>
    record.type === "enter" && record.args.length > 0
      ? [`${record.call} ${record.args.map((each) => each.toString(16)).join(" ")}`]
      : []
  );
}

/** Maps so many pages where the kernel likes, which put them at `at`. */
function placed(pages: number, at: number, protection = RW, pid = PID): TraceRecord[] {
  const args = [0, pages * 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0];
  return call("mmap", args, { result: at }, { pid });
}

/** Whether there is memory to be written and memory to be read. */
function hasBoth(space: AddressSpace): boolean {
  const all = new Set([...space.vmas()].map(({ flags }) => flags & 3));
  return all.has(1) && all.has(3);
}

Deno.test("shrink: mappings are fixed where they were placed, then addresses are moved together", async () => {
  const left = await shrunk([
    ...start(),
    ...placed(3, TOP - 0x3000),
    ...mapped(memory(0x1000_0000, 9)),
    ...call("munmap", [0x1000_0000, 9 * 4096]),
    ...placed(4, TOP - 0x7000, 1),
    ...call("mmap", [0, 0, 3, 0x22, -1, 0], { result: -22, error: "EINVAL" }),
    ...LOSE,
  ], hasBoth);
  assertEquals(argumentsOf(left), [
    "mmap 12000 1000 3 32 -1 0",
    "mmap 11000 1000 1 32 -1 0",
  ]);
  const results = left.records.flatMap((record) =>
    record.type === "leave" && record.call === "mmap" ? [record.result] : []
  );
  assertEquals(results, [0x12000, 0x11000]);
});

Deno.test("shrink: a mapping is fixed to its own result though another call overlaps it, and others stay", async () => {
  const [enter, leave] = placed(1, TOP - 0x1000), [inside, out] = placed(1, TOP - 0x2000, 1, 8);
  const left = await shrunk([
    ...start({}, [memory(0x10000, 3)]),
    { type: "fork", pid: PID, child: 8, sharesMemory: true },
    ...[enter!, inside!, leave!, out!],
    ...call("munmap", [0x11000, 4096]),
    ...LOSE,
  ], ({ mapCount }) => mapCount >= 4);
  assertEquals(argumentsOf(left), [
    ...["mmap 16000 1000 3 32 -1 0", "mmap 15000 1000 1 32 -1 0", "munmap 11000 1000"],
  ]);
});

Deno.test("shrink: what a mapping was only needed for to place another goes once that is fixed", async () => {
  const at = TOP - 0x2000;
  const left = await shrunk(
    [...start(), ...placed(1, TOP - 0x1000), ...placed(1, at, 1), ...LOSE],
    (space) => space.descriptor.tree.load(at) !== undefined,
  );
  assertEquals(argumentsOf(left), [`mmap ${at.toString(16)} 1000 1 32 -1 0`]);
});

/**
 * What a run on a layout, above a heap's beginning at 0x500000, comes to where the fault shows as `shows` says:
 * layout, and what else is left.
 */
async function moved(
  layout: MapLine[],
  records: TraceRecord[],
  shows: (space: AddressSpace) => boolean,
  exec: Partial<ExecRecord> = {},
): Promise<{ layout: string[]; left: Shrunk; exec: ExecRecord }> {
  const left = await shrunk([...start({}, layout, exec), ...records, ...LOSE], shows);
  const [, first] = left.records;
  if (first?.type !== "exec") throw new TypeError("It does not begin with an exec");
  const range = ({ start, end }: MapLine) => `${start.toString(16)}-${end.toString(16)}`;
  return { layout: first.layout.map(range), left, exec: first };
}

Deno.test("shrink: a layout, and the call that splits it, are moved to the lowest pages", async () => {
  const { layout, left } = await moved(
    [memory(0x4000_0000, 9)],
    call("mprotect", [0x4000_3000, 2 * 4096 - 5, 1]),
    ({ mapCount }) => mapCount >= 3,
  );
  assertEquals([layout, argumentsOf(left)], [["11000-14000"], ["mprotect 12000 1000 1"]]);
});

Deno.test("shrink: a first write is moved with the memory that it is to", async () => {
  const { layout, left } = await moved(
    [memory(0x4000_0000, 9)],
    [{ type: "fault", pid: PID, address: 0x4000_3000 }],
    (space) => [...space.vmas()].some(({ anonVma }) => anonVma !== null),
  );
  assertEquals(layout, ["11000-13000"]);
  const [fault] = left.records.filter(({ type }) => type === "fault");
  assertEquals(fault, { type: "fault", pid: PID, address: 0x12000 });
});

Deno.test("shrink: a stack that grows is moved with what it grows to", async () => {
  const stack = memory(0x7ffd_0000_0000, 4, {
    ...{ name: "[stack]", vmFlags: "rd wr mr mw me gd ac" },
  });
  const { layout, left } = await moved(
    [stack],
    [{ type: "grow", pid: PID, start: stack.start - 0x2000 }],
    (space) =>
      [...space.vmas()].some(({ flags, start, end }) => end - start > 4096 && flags !== 0) &&
      space.descriptor.totalPages !== 4,
    { stack: stack.end - 0x10 },
  );
  assertEquals(layout, ["12000-13000"]);
  const [grow] = left.records.filter(({ type }) => type === "grow");
  assertEquals(grow, { type: "grow", pid: PID, start: 0x11000 });
});

Deno.test("shrink: a heap is moved with where it begins", async () => {
  const { left, exec } = await moved(
    [],
    call("brk", [0x50_2345]),
    ({ mapCount }) => mapCount === 1,
    {
      brk: 0x50_0000,
    },
  );
  assertEquals([exec.brk, argumentsOf(left)], [0x10000, ["brk 11000"]]);
});

Deno.test("shrink: a call whose arguments are no range keeps its addresses, and with it all", async () => {
  const { layout, left } = await moved(
    [memory(0x4000_0000, 2)],
    call("prctl", [0x53564d41, 0, 0x4000_0000, 8192, 1], {}, { name: "arena" }),
    (space) => [...space.vmas()].some(({ anonName }) => anonName === "arena"),
  );
  assertEquals(layout, ["40000000-40002000"]);
  assertEquals(argumentsOf(left), ["prctl 53564d41 0 40000000 2000 1"]);
});

Deno.test("shrink: if the tree alone shows the fault, its own writes are reduced too", async () => {
  const records = [...start({}, [memory(0x10000)]), ...mapped(memory(0x2000_0000, 1)), ...LOSE];
  const lost = (first: number) => first >= 0x2000_0000;
  const left = await withLosingTree("munlockall", lost, () => shrink(records));
  assertEquals(left?.failure.rule, FORGOTTEN);
  // Where it must lie is part of the fault: it is not renumbered.
  assertEquals(left?.writes?.map(({ first, value }) => [first, value]), [[0x2000_0000, 2]]);
  const sound = await withLosingTree("munlockall", () => false, () => shrink(records));
  assertEquals([sound?.failure.rule, sound && "writes" in sound], [FORGOTTEN, false]);
});

Deno.test("shrink: what a munmap clears is a write of nothing; a search is none", async () => {
  const unmap = call("munmap", [0x11000, 4096]);
  const records = [...start({}, [memory(0x10000, 4)]), ...unmap, ...LOSE];
  const erasing = (_first: number, _last: number, value: unknown) => value === undefined;
  const left = await withLosingTree("munlockall", erasing, () => shrink(records));
  assertEquals(left?.writes, [
    { first: 0, last: 0xf, value: 1 },
    { first: 0, last: 0xf, value: 0 },
  ]);
});

Deno.test("formatTest: a list of writes that fails is a test of a tree", () => {
  const failure = { kind: "InvariantError", rule: "pivots rise", message: "" };
  const writes = [{ first: 0, last: 0x1f, value: 1 }, { first: 16, last: 31, value: 0 }];
  const text = formatTest({ failure, steps: { before: 9, after: 2 }, records: [], writes }, "x");
  assertStringIncludes(text, 'Deno.test("pivots rise (reduced from x)", () => {');
  assertStringIncludes(text, "  tree.store(0x0, 0x1f, 1);\n  tree.store(0x10, 0x1f, undefined);\n");
});

Deno.test("formatTest: a trace that fails is a test that replays it, validated", async () => {
  const left = await shrunk(run(LOSE));
  const text = formatTest(left, "x.jsonl");
  assertStringIncludes(text, `Deno.test("${lost} (reduced from x.jsonl)", async () => {`);
  assertStringIncludes(text, '"{\\"type\\":\\"end\\"');
  assertEquals(text.match(/^ {2}"\{/gm)?.length, left.records.length);
});
