/**
 * Records as steps, steps applied to processes, and what a run without comparison gives.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE } from "../../src/abi/mman.ts";
import { MmInvariantError } from "../../src/mm/error.ts";
import { kernelRules } from "../../src/mm/rules/kernel_rules.ts";
import { compileTrace, replayUnchecked } from "../../src/replay/compiled.ts";
import { replay } from "../../src/replay/replay.ts";
import { ReplayError } from "../../src/replay/replay_error.ts";
import { type ExecStep, type Step, StepReader } from "../../src/replay/step.ts";
import { System } from "../../src/replay/system.ts";
import { treeOperations } from "../../src/replay/tree_log.ts";
import { formatUnmodelled, UnmodelledCount } from "../../src/replay/unmodelled.ts";
import type { HeaderRecord, MapLine, TraceRecord } from "../../src/trace/format.ts";
import { present } from "../present.ts";
import { NEEDED, withLostCount } from "./faulty_model.ts";
import { EXEC, HEADER } from "../trace/samples.ts";

const LAYOUT: readonly MapLine[] = [{
  ...{ start: 0x400000, end: 0x402000, permissions: "r-xp", offset: 0, device: "fe:00", inode: 7 },
  ...{ name: "cc1", vmFlags: "rd ex mr mw me" },
}];
const START: readonly TraceRecord[] = [HEADER, { ...EXEC, layout: LAYOUT, brk: 0x500000 }];

/** The records of a call. */
function call(pid: number, name: string, args: readonly number[], result: number): TraceRecord[] {
  return [
    { type: "enter", pid, call: name, args },
    { type: "leave", pid, call: name, result, removed: [], added: [] },
  ];
}

const FIXED = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

function map(pid: number, start: number, pages = 1): TraceRecord[] {
  return call(pid, "mmap", [start, pages * 4096, 3, FIXED, -1, 0], start);
}

function stepsOf(records: readonly TraceRecord[]): Step[] {
  const reader = new StepReader();
  return records.flatMap((record) => reader.read(record) ?? []);
}

function applied(records: readonly TraceRecord[]): System {
  const system = new System();
  for (const step of stepsOf(records)) system.apply(step);
  return system;
}

Deno.test("StepReader: records that change an address space are steps, the others are none", () => {
  const steps = stepsOf([
    ...START,
    ...map(7, 0x10000),
    { type: "fault", pid: 7, address: 0x10000 },
    { type: "grow", pid: 7, start: 0x20000 },
    { type: "fork", pid: 7, child: 8, sharesMemory: false },
    { type: "exit", pid: 8, status: 0 },
    { type: "end", reason: "finished" },
  ]);
  assertEquals(steps.map(({ type, pid }) => [type, pid]), [
    ...[["exec", 7], ["call", 7], ["touch", 7], ["touch", 7], ["fork", 7], ["exit", 8]],
  ]);
  assertEquals(steps.flatMap((step) => step.type === "touch" ? [step.address] : []), [
    0x10000,
    0x20000,
  ]);
});

Deno.test("StepReader: a call that is modelled has an action, one that is not a reason, a fork's neither", () => {
  const stepOf = (name: string, header: Partial<HeaderRecord> = {}, error?: string) => {
    const leave = { type: "leave", pid: 7, call: name, removed: [], added: [] } as const;
    const [step] = stepsOf([
      { ...HEADER, ...header },
      { type: "enter", pid: 7, call: name, args: [0x1000, 4096, 1, 2] },
      { ...leave, result: 0, ...(error !== undefined && { error }) },
    ]);
    if (step?.type !== "call") throw new Error("no call");
    return [step.action === undefined, step.unmodelled];
  };
  assertEquals(stepOf("munmap"), [false, undefined]);
  assertEquals(stepOf("no_such_call"), [true, "the call is not known here"]);
  assertEquals(stepOf("clone"), [true, undefined]);
  // What is known of protection keys is the header's.
  const key = "the protection key was refused, or the range";
  assertEquals(stepOf("pkey_mprotect", {}, "EINVAL"), [true, key]);
  assertEquals(stepOf("pkey_mprotect", { protectionKeys: true }, "EINVAL"), [true, key]);
  assertEquals(stepOf("pkey_mprotect", { protectionKeys: false }, "EINVAL"), [false, undefined]);
  // Of a text, a call that failed does nothing, and limits bind nothing.
  const text = { fidelity: "imported" } as const;
  assertEquals(stepOf("munmap", text), [false, undefined]);
  assertEquals(stepOf("munmap", text, "EINVAL"), [true, undefined]);
  assertEquals([stepOf("setrlimit"), stepOf("setrlimit", text)], [
    [false, undefined],
    [true, undefined],
  ]);
});

Deno.test("StepReader: a text's program may have any address, as limits are not known", () => {
  const { commit, rules, ...rest } = optionsWith({ fidelity: "imported", rawIo: true });
  assertEquals(rest, {
    ...{ maxMapCount: 65530, mmapMinAddress: 0, taskSize: 2 ** 52, capIpcLock: true },
  });
  assert(commit !== undefined && rules !== undefined);
});

/** What a program's address space is made with, by the header. */
function optionsWith(
  header: Partial<HeaderRecord>,
  exec: Partial<typeof EXEC> = {},
): ExecStep["options"] {
  const [step] = stepsOf([{ ...HEADER, ...header }, { ...EXEC, layout: LAYOUT, ...exec }]);
  if (step?.type !== "exec") throw new Error("no exec");
  return step.options;
}

Deno.test("StepReader: the header's bounds are those of every address space", () => {
  const { commit, rules, ...rest } = optionsWith({});
  assertEquals(rest, {
    ...{ capSysRawio: false, maxMapCount: 65530, mmapMinAddress: 0x10000, capIpcLock: true },
    taskSize: 0x7fff_ffff_f000,
  });
  assertEquals([commit?.mode, commit?.memoryPages], ["heuristic", Math.floor(0x5e298d000 / 4096)]);
  assertEquals(rules, { ...kernelRules(HEADER.kernel), alignAnonymous: "never" });
  assertEquals(optionsWith({ rawIo: true }).capSysRawio, true);
  assertEquals(optionsWith({ hugePages: "always" }).hugePages, "always");
  assertEquals(optionsWith({ hintMinAddress: 0x20000 }).hintMinAddress, 0x20000);
  assertEquals(optionsWith({ protectionKeys: false }).protectionKeys, false);
  assertEquals("protectionKeys" in optionsWith({}), false);
  for (const [mode, name] of [[0, "heuristic"], [1, "always"], [2, "never"]] as const) {
    assertEquals(optionsWith({ overcommitMemory: mode }).commit?.mode, name);
  }
  const { memoryBytes: _, overcommitMemory: __, ...bare } = HEADER;
  const [step] = stepsOf([bare, { ...EXEC, layout: LAYOUT }]);
  if (step?.type !== "exec") throw new Error("no exec");
  assertEquals([step.options.commit?.memoryPages, step.options.commit?.mode], [
    Infinity,
    "heuristic",
  ]);
});

Deno.test("StepReader: where the user's addresses end, the machine and its page tables tell", () => {
  const { taskSize: arm, mapWindow: none } = optionsWith({ machine: "aarch64" });
  assertEquals([arm, none], [2 ** 48, undefined]);
  const five = optionsWith({ pageTableLevels: 5 });
  assert((five.taskSize ?? 0) > 2 ** 50);
  assertEquals(five.mapWindow, 0x7fff_ffff_f000);
  const four = optionsWith({ pageTableLevels: 4 });
  assertEquals([four.taskSize, four.mapWindow], [0x7fff_ffff_f000, undefined]);
});

Deno.test("StepReader: where a header says that addresses end elsewhere, there they end", () => {
  const small = optionsWith({ taskSize: 0x7fc0_0000_0000 });
  assertEquals([small.taskSize, small.mapWindow], [0x7fc0_0000_0000, undefined]);
  const large = optionsWith({ machine: "aarch64", taskSize: 2 ** 52 });
  assertEquals([large.taskSize, large.mapWindow], [2 ** 52, 2 ** 48]);
});

Deno.test("StepReader: the program's own privilege goes before the header's, an unknown one is the default", () => {
  assertEquals(optionsWith({ ipcLock: true }, { ipcLock: false }).capIpcLock, false);
  assertEquals(optionsWith({ ipcLock: false }).capIpcLock, false);
  const { ipcLock: _, ...bare } = HEADER;
  const [step] = stepsOf([bare, { ...EXEC, layout: LAYOUT }]);
  assert(step?.type === "exec" && !("capIpcLock" in step.options));
});

Deno.test("System: processes that share memory have one address space until one execs or the last exits", () => {
  const records = [
    ...START,
    { type: "fork", pid: 7, child: 8, sharesMemory: true },
    { type: "fork", pid: 7, child: 9, sharesMemory: false },
    ...map(8, 0x10000),
  ] as const;
  const system = applied(records);
  const [parent, child, copy] = [
    present(system.space(7)),
    system.space(8),
    present(system.space(9)),
  ];
  assert(parent === child && copy !== parent);
  assertEquals([parent.mapCount, copy.mapCount, [...system.spaces()].length], [2, 1, 2]);
  const [, exec] = stepsOf([HEADER, { ...EXEC, layout: LAYOUT }, {
    ...EXEC,
    pid: 8,
    layout: LAYOUT,
  }]);
  system.apply(exec!);
  assert(system.space(8) !== parent && system.space(7) === parent);
  assertEquals([system.space(8)?.mapCount, parent.mapCount, [...system.spaces()].length], [
    1,
    2,
    3,
  ]);
  const exit = (pid: number) =>
    system.apply({ type: "exit", pid, record: { type: "exit", pid, status: 0 } });
  exit(7);
  assertEquals([system.space(7), parent.mapCount], [undefined, 0]);
  system.kill(copy);
  assertEquals([system.space(9), copy.mapCount, [...system.spaces()].length], [undefined, 0, 1]);
});

Deno.test("System: only a call has a result, other steps give 0", () => {
  const system = new System();
  const records: TraceRecord[] = [
    ...[...START, ...map(7, 0x10000), { type: "fault", pid: 7, address: 0x10000 } as const],
    { type: "fork", pid: 7, child: 8, sharesMemory: false },
    { type: "exit", pid: 8, status: 3 },
  ];
  const results = stepsOf(records).map((step) => system.apply(step));
  assertEquals(results, [0, 0x10000, 0, 0, 0]);
});

Deno.test("System: a call after an exec is made in the new program's address space", () => {
  const records = [...START, ...map(7, 0x10000)];
  const system = applied(records);
  const old = present(system.space(7));
  const [, exec, , second] = stepsOf([
    ...START,
    { ...EXEC, layout: LAYOUT },
    ...map(7, 0),
    ...map(7, 0x30000),
  ]);
  for (const step of [exec!, second!]) system.apply(step);
  const mm = present(system.space(7));
  assert(mm !== old && mm.findVma(0x30000)?.start === 0x30000);
  assertEquals(old.mapCount, 0);
});

Deno.test("System: a program inherits what prctl set, its first one nothing", () => {
  const merge = call(7, "prctl", [67, 1, 0, 0, 0], 0);
  const deny = call(7, "prctl", [65, 1, 0, 0, 0], 0);
  const system = applied([...START, ...merge, ...deny, { ...EXEC, layout: LAYOUT }]);
  const { mergesAny, denyWriteExec } = present(system.space(7)).descriptor;
  assertEquals([mergesAny, denyWriteExec], [true, 1]);
  const { descriptor } = present(applied(START).space(7));
  assertEquals([descriptor.mergesAny, descriptor.denyWriteExec], [false, 0]);
});

Deno.test("System: options of its own go before the trace's", () => {
  const system = new System(undefined, { maxMapCount: 2 });
  // mmap is refused once there are more VMAs than that.
  const records = [...START, ...map(7, 0x10000), ...map(7, 0x20000)];
  for (const step of stepsOf(records)) system.apply(step);
  const [, refused] = stepsOf([...START, ...map(7, 0x30000)]);
  assertEquals([system.space(7)?.descriptor.maxMapCount, system.perform(refused!)], [2, -12]);
});

Deno.test("System: a process that the trace does not introduce is an error", () => {
  const [, step] = stepsOf([...START, ...map(99, 0x10000)]);
  assertThrows(() => new System().apply(step!), ReplayError, "process 99");
});

Deno.test("System: a refused call is its errno below 0, what is no refusal is thrown", () => {
  const system = applied(START);
  const [, refused] = stepsOf([...START, ...call(7, "munmap", [0x1001, 4096], 0)]);
  assertEquals(system.perform(refused!), -22);
  const [, strange] = stepsOf([...START, ...map(99, 0x10000)]);
  assertThrows(() => system.perform(strange!), ReplayError);
});

Deno.test("System: a call that is refused as data, as an action, or deep in the model, is its errno", () => {
  const system = new System(undefined, { maxMapCount: 2 });
  for (const step of stepsOf([...START, ...map(7, 0x10000, 3)])) system.apply(step);
  const refused = (name: string, ...args: number[]) => {
    const [, step] = stepsOf([...START, ...call(7, name, args, 0)]);
    return [step?.type === "call" && step.direct !== undefined, system.perform(step!)];
  };
  assertEquals(refused("munmap", 0x11000, 4096), [true, -12]); // it would split, with two VMAs in use
  assertEquals(refused("mremap", 0x10001, 4096, 4096, 0), [false, -22]);
});

/** What the action of a call says of the privilege to map low, and whether it may be done as data. */
function grants(
  header: Partial<HeaderRecord>,
  name: string,
  args: readonly number[],
  { result = 0, error }: { result?: number; error?: string },
): [granted: boolean, isDirect: boolean] {
  const leave = { type: "leave", pid: 7, call: name, result, removed: [], added: [] } as const;
  const [exec, step] = stepsOf([
    { ...HEADER, mmapMinAddress: 0x10000, ...header },
    { ...EXEC, layout: LAYOUT },
    { type: "enter", pid: 7, call: name, args },
    { ...leave, ...(error !== undefined && { error }) },
  ]);
  const system = new System();
  system.apply(exec!);
  system.perform(step!);
  const { capSysRawio } = present(system.space(7)).descriptor;
  return [capSysRawio, step?.type === "call" && step.direct !== undefined];
}

Deno.test("StepReader: of who may map low an old header says nothing, the answers of calls that place do", () => {
  const fixed = [0x8000, 4096, 3, FIXED, -1, 0];
  assertEquals(grants({}, "mmap", fixed, { result: 0x8000 }), [true, false]);
  assertEquals(grants({}, "mmap", [0, ...fixed.slice(1)], { result: 0 }), [true, false]);
  const remap = [0x400000, 4096, 4096, 3, 0x8000];
  assertEquals(grants({}, "mremap", remap, { result: 0x8000 })[0], true);
  assertEquals(grants({}, "shmat", [1, 0x8000, 0], { error: "EINVAL" })[0], false); // no segment is known
  // A refusal for another reason comes after the privilege was looked at.
  assertEquals(grants({}, "mmap", fixed, { error: "ENOMEM" })[0], true);
  assertEquals(grants({}, "mmap", fixed, { error: "EPERM" })[0], false);
  // What lies at mmap_min_addr or above tells nothing, nor does a call that places nothing.
  const high = [0x10000, ...fixed.slice(1)];
  assertEquals(grants({}, "mmap", high, { result: 0x10000 }), [false, true]);
  assertEquals(grants({}, "munmap", [0x400000, 4096], { result: 0 }), [false, true]);
  // Where the header says it, it is so.
  for (const rawIo of [true, false]) {
    assertEquals(grants({ rawIo }, "mmap", fixed, { result: 0x8000 }), [rawIo, true]);
    assertEquals(grants({ rawIo }, "mmap", fixed, { error: "EPERM" })[0], rawIo);
  }
});

Deno.test("System: the observer of a tree is asked for once for each address space, of copies too", () => {
  const records: TraceRecord[] = [
    ...[...START, { type: "fork", pid: 7, child: 8, sharesMemory: false } as const],
    ...[{ type: "fork", pid: 7, child: 9, sharesMemory: true } as const, ...map(9, 0x10000)],
  ];
  const seen: unknown[] = [];
  let operations = 0;
  const observe = (space: unknown) => {
    seen.push(space);
    return () => void operations++;
  };
  const system = new System(observe);
  for (const step of stepsOf(records)) system.apply(step);
  assertEquals([new Set(seen).size, seen.length, operations > 0], [2, 2, true]);
  const twin = system.copy((space) => space.fork(), observe);
  assertEquals([seen.length, twin.space(7) === twin.space(9), twin.space(7) === twin.space(8)], [
    4,
    true,
    false,
  ]);
});

Deno.test("replayUnchecked: every step's result and every layout that ends is in the hash", async () => {
  const end: TraceRecord[] = [{ type: "exit", pid: 7, status: 0 }];
  const hash = async (...records: TraceRecord[]) =>
    replayUnchecked(await compileTrace([...START, ...records]));
  const base = await hash(...map(7, 0x10000), ...end);
  assertEquals(await hash(...map(7, 0x10000), ...end), base);
  assertNotEquals(await hash(...map(7, 0x20000), ...end), base);
  assertNotEquals(await hash(...map(7, 0x10000, 2), ...end), base);
  assertNotEquals(await hash(...map(7, 0x10000)), base);
  const exec = { ...EXEC, layout: LAYOUT };
  const before = await hash(...map(7, 0x10000), exec);
  assertNotEquals(await hash(...map(7, 0x10000, 2), exec), before);
  assert(Number.isInteger(base) && base >= 0 && base < 2 ** 32);
});

Deno.test("replayUnchecked: a layout that was there only in between is not in the hash", async () => {
  const protect = (page: number) => call(7, "mprotect", [0x10000 + page * 4096, 4096, 1], 0);
  const end: TraceRecord = { type: "exit", pid: 7, status: 0 };
  const hash = async (...pages: number[]) =>
    replayUnchecked(
      await compileTrace([...START, ...map(7, 0x10000, 2), ...pages.flatMap(protect), end]),
    );
  assertEquals(await hash(0, 1), await hash(1, 0));
  assertNotEquals(await hash(0, 1), await hash(1, 1));
});

Deno.test("replayUnchecked: the hash tells results and flags apart by their lowest bit, and uses all 32", async () => {
  const hash = async (...records: TraceRecord[]) =>
    replayUnchecked(await compileTrace([...START, ...records]));
  const write = (protection: number) =>
    call(7, "mmap", [0x10000, 4096, protection, FIXED, -1, 0], 0x10000);
  const end: TraceRecord = { type: "exit", pid: 7, status: 0 };
  assertNotEquals(await hash(...write(2), end), await hash(...write(3), end));
  assertNotEquals(
    await hash(...call(7, "personality", [0], 0)),
    await hash(...call(7, "personality", [0], 1)),
  );
  const all = await Promise.all(
    Array.from({ length: 16 }, (_, i) => hash(...map(7, 0x10000 * (i + 1)), end)),
  );
  assert(all.some((each) => each >= 2 ** 31) && all.some((each) => each < 2 ** 31));
});

Deno.test("replayUnchecked: the model is validated after each step if that is asked for", async () => {
  const trace = await compileTrace([...START, ...map(7, NEEDED), ...call(7, "munlockall", [], 0)]);
  await withLostCount(() => {
    assertEquals(typeof replayUnchecked(trace), "number");
    assertThrows(() => replayUnchecked(trace, { validate: "full" }), MmInvariantError);
  });
});

Deno.test("treeOperations: what stores no VMA has the value 0, a search for a gap its size", async () => {
  const [log = []] = treeOperations(
    await compileTrace([
      ...[...START, ...map(7, 0x10000), ...call(7, "munmap", [0x10000, 4096], 0)],
      ...call(7, "mmap", [0, 8192, 3, 0x22, -1, 0], 0),
    ]),
  );
  const values = (name: string) =>
    log.flatMap(({ operation, value }) => operation === name ? [value] : []);
  assertEquals([values("clear"), values("emptyAreaReverse")], [[0], [8192]]);
  assertEquals(new Set(values("find")).size <= 1, true);
});

Deno.test("treeOperations: a log for each address space, values numbered from 1, a fork's begins with what it inherits", async () => {
  const logs = treeOperations(
    await compileTrace([
      ...[
        ...START,
        ...map(7, 0x10000),
        { type: "fork", pid: 7, child: 8, sharesMemory: false } as const,
      ],
    ]),
  );
  assertEquals(logs.length, 2);
  const stores = (log = logs[0]!) => log.filter(({ operation }) => operation === "store");
  assertEquals(stores().map(({ first, last, value }) => [first, last, value]), [
    ...[[0x400000, 0x401fff, 1], [0x10000, 0x10fff, 2]],
  ]);
  const inherited = stores(logs[1]);
  assertEquals(inherited.map(({ first, last }) => [first, last]), [[0x10000, 0x10fff], [
    0x400000,
    0x401fff,
  ]]);
  assert(inherited.every(({ value }) => value > 2));
});

Deno.test("replay: a recording that was interrupted says so, and with which status the first program ended", async () => {
  const ended = async (...records: TraceRecord[]) => {
    const { interrupted, status } = await replay([...START, ...records]);
    return [interrupted, status];
  };
  assertEquals(await ended({ type: "end", reason: "interrupted" }), [true, undefined]);
  assertEquals(
    await ended({ type: "exit", pid: 7, status: 3 }, { type: "end", reason: "finished" }),
    [false, 3],
  );
  const child: TraceRecord[] = [
    { type: "fork", pid: 7, child: 8, sharesMemory: true },
    { type: "exit", pid: 8, status: 5 },
  ];
  assertEquals(await ended(...child, { type: "end", reason: "finished" }), [false, undefined]);
});

Deno.test("UnmodelledCount: calls of one name and reason are counted together, modelled ones not at all", () => {
  const count = new UnmodelledCount();
  const take = (name: string, args: readonly number[], unmodelled: string | undefined) =>
    count.count({
      ...{ type: "call", pid: 7, action: undefined, unmodelled },
      enter: { type: "enter", pid: 7, call: name, args },
      record: { type: "leave", pid: 7, call: name, result: 0, removed: [], added: [] },
    });
  take("mmap", [], undefined);
  take("mbind", [], "one");
  take("prctl", [35], "two");
  take("mbind", [], "one");
  take("mbind", [], "another");
  assertEquals(count.calls(), [
    { call: "mbind", steps: 2, why: "one" },
    { call: "prctl(PR_SET_MM)", steps: 1, why: "two" },
    { call: "mbind", steps: 1, why: "another" },
  ]);
  assertEquals(formatUnmodelled([]), "");
});
