/**
 * In a layout of many VMAs, what a step names is compared at that step: each way in which it names a place, with a
 * difference there and nowhere else. What no step names is found when the whole is compared.
 *
 * @module
 */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import type { TreeOperation } from "../../src/mm/vma_tree.ts";
import { Replay, replay } from "../../src/replay/replay.ts";
import type { CallStep, Step } from "../../src/replay/step.ts";
import { StepComparison } from "../../src/replay/step_comparison.ts";
import type { LeaveRecord, MapLine, TraceRecord } from "../../src/trace/format.ts";
import { map, space } from "../mm/scene.ts";
import { withLostCount } from "./faulty_model.ts";
import { call, mapped, memory, PID, program, start } from "./records.ts";

/** Where VMA number i begins: each is one page, with one page free after it. */
const at = (i: number) => 0x100000 + i * 0x2000;

function layout(count: number): { mm: AddressSpace; lines: MapLine[] } {
  const mm = space();
  for (let i = 0; i < count; i++) map(mm, at(i), at(i) + 0x1000);
  return { mm, lines: Array.from({ length: count }, (_, i) => memory(at(i))) };
}

function callStep(
  name: string,
  args: readonly number[],
  leave: Partial<LeaveRecord> = {},
): CallStep {
  return {
    ...{ type: "call", pid: PID, action: undefined, unmodelled: undefined },
    enter: { type: "enter", pid: PID, call: name, args },
    record: { type: "leave", pid: PID, call: name, result: 0, removed: [], added: [], ...leave },
  };
}

/** A step that names nothing: it mapped something elsewhere. */
const NOTHING = callStep("mmap", [0, 0x1000]);

/** A comparison that has just compared the whole, and the lines with VMA number `i` otherwise. */
function begun(count = 200) {
  const { mm, lines } = layout(count);
  const comparison = new StepComparison();
  assertEquals(comparison.after(NOTHING, mm, lines), undefined);
  const wrong = (i: number) => lines.with(i, { ...lines[i]!, permissions: "r--p" });
  return { mm, lines, comparison, wrong };
}

/** Whether a difference at each of some VMAs is found at a step, which may write to the tree. */
function found(
  step: Step,
  where: readonly number[],
  write?: [TreeOperation, number, number],
): boolean[] {
  return where.map((i) => {
    const { mm, comparison, wrong } = begun();
    comparison.begin();
    if (write !== undefined) comparison.observe()(...write, undefined);
    const difference = comparison.after(step, mm, wrong(i));
    if (difference !== undefined) {
      assertEquals(difference, { position: i, what: "the permissions differ" });
    }
    return difference !== undefined;
  });
}

const NEAR: readonly [what: string, step: Step, where: readonly number[], expected: boolean[]][] = [
  [
    "a write fault",
    {
      type: "touch",
      pid: PID,
      address: at(7) + 5,
      record: { type: "fault", pid: PID, address: at(7) + 5 },
    },
    [6, 7, 8],
    [false, true, false],
  ],
  ["a VMA that the record adds", callStep("mmap", [], { added: [memory(at(7))] }), [6, 7, 8], [
    false,
    true,
    false,
  ]],
  ["one that it removes", callStep("mmap", [], { removed: [at(7)] }), [6, 7, 8], [
    false,
    true,
    false,
  ]],
  ["mprotect of three", callStep("mprotect", [at(7), 0x4001]), [6, 7, 8, 9, 10], [
    false,
    true,
    true,
    true,
    false,
  ]],
  ["munmap", callStep("munmap", [at(7), 0x1000]), [6, 7, 8], [false, true, false]],
  ["munmap of nothing", callStep("munmap", [at(7), 0]), [6, 7, 8], [false, true, false]],
  ["madvise from 0 on", callStep("madvise", [0, at(2)]), [0, 1, 2, 3], [true, true, true, false]],
  ["a call that names no range", callStep("prctl", [at(7), 0x1000]), [0, 7, 199], [
    true,
    true,
    true,
  ]],
  ["a range that is none", callStep("munmap", [at(7), -1]), [0, 7, 199], [true, true, true]],
  ["a range that is left out", callStep("munmap", []), [0, 7, 199], [true, true, true]],
  ["a length that is left out", callStep("munmap", [at(7)]), [0, 7, 199], [true, true, true]],
  ["an address that is none", callStep("munmap", [-1, 0x1000]), [0, 7, 199], [true, true, true]],
  ["an exec", { type: "exit", pid: PID, record: { type: "exit", pid: PID, status: 0 } }, [0, 199], [
    true,
    true,
  ]],
  ["a mapping elsewhere", NOTHING, [0, 7, 199], [false, false, false]],
];

for (const [what, step, where, expected] of NEAR) {
  Deno.test(`StepComparison: ${what}`, () => assertEquals(found(step, where), expected));
}

Deno.test("StepComparison: what the model wrote in the step, and not what it only looked for", () => {
  const range = [at(7), at(8)] as const;
  assertEquals(found(NOTHING, [6, 7, 8, 9], ["store", ...range]), [false, true, true, false]);
  assertEquals(found(NOTHING, [6, 7, 8, 9], ["clear", ...range]), [false, true, true, false]);
  assertEquals(found(NOTHING, [7, 8], ["find", ...range]), [false, false]);
  // Each of several ranges that it wrote.
  const several = begun();
  several.comparison.begin();
  for (const i of [40, 30, 20]) several.comparison.observe()("store", at(i), at(i), undefined);
  assertEquals(several.comparison.after(NOTHING, several.mm, several.wrong(30))?.position, 30);
  // What an earlier step wrote is forgotten.
  const { mm, comparison, wrong } = begun();
  comparison.observe()("store", ...range, undefined);
  comparison.begin();
  assertEquals(comparison.after(NOTHING, mm, wrong(7)), undefined);
});

Deno.test("StepComparison: what touches a VMA that the record adds, on either side", () => {
  // Pages side by side, every other one read-only.
  const mm = space();
  const page = (i: number) => 0x100000 + i * 0x1000;
  const lines = Array.from({ length: 200 }, (_, i) => {
    map(mm, page(i), page(i + 1), i % 2 === 0 ? 3 : 1);
    const readOnly = { permissions: "r--p", vmFlags: "rd mr mw me" };
    return memory(page(i), 1, i % 2 === 0 ? {} : readOnly);
  });
  const where = [5, 6, 7, 8, 9].map((i) => {
    const comparison = new StepComparison();
    assertEquals(comparison.after(NOTHING, mm, lines), undefined);
    const wrong = lines.with(i, { ...lines[i]!, permissions: "--xp" });
    return comparison.after(callStep("mmap", [], { added: [lines[7]!] }), mm, wrong) !== undefined;
  });
  assertEquals(where, [false, true, true, true, false]);
});

Deno.test("StepComparison: brk is about the heap", () => {
  const step = callStep("brk", [at(9)]);
  for (const [i, expected] of [[6, false], [7, true], [9, true], [11, false]] as const) {
    const { mm, comparison, wrong } = begun();
    Object.assign(mm.descriptor, { startBrk: at(7), brk: at(9) + 1 });
    comparison.begin();
    const lines = wrong(i).map((line, j) => j >= 7 && j <= 9 ? { ...line, name: "[heap]" } : line);
    assertEquals(comparison.after(step, mm, lines) !== undefined, expected, `VMA ${i}`);
  }
});

Deno.test("StepComparison: up to 128 VMAs the whole is compared after each step", () => {
  for (const [count, expected] of [[128, true], [129, false]] as const) {
    const { mm, comparison, wrong } = begun(count);
    assertEquals(comparison.after(NOTHING, mm, wrong(3)) !== undefined, expected, `${count} VMAs`);
  }
});

Deno.test("StepComparison: where the numbers of VMAs differ, that is found at once", () => {
  const { mm, lines, comparison } = begun();
  assertEquals(comparison.after(NOTHING, mm, lines.toSpliced(150, 1))?.position, 150);
});

Deno.test("StepComparison: the whole is compared when as many steps as VMAs have gone by, and told with them", () => {
  const { mm, comparison, wrong } = begun(200);
  const lines = wrong(3);
  for (let step = 1; step < 200; step++) {
    assertEquals(comparison.after(NOTHING, mm, lines), undefined, `step ${step}`);
  }
  const what = "the permissions differ (in one of the last 200 steps)";
  assertEquals(comparison.after(NOTHING, mm, lines), { position: 3, what });
  // Then it begins anew.
  assertEquals(comparison.after(NOTHING, mm, lines), undefined);
});

Deno.test("StepComparison: a comparison of the whole in between begins the count anew", () => {
  const { mm, lines, comparison, wrong } = begun(200);
  for (let step = 0; step < 150; step++) comparison.after(NOTHING, mm, lines);
  assertEquals(comparison.after(callStep("prctl", []), mm, lines), undefined);
  for (let step = 1; step < 200; step++) {
    assertEquals(comparison.after(NOTHING, mm, wrong(3)), undefined, `step ${step}`);
  }
  assert(comparison.after(NOTHING, mm, wrong(3))?.what.endsWith("(in one of the last 200 steps)"));
});

Deno.test("StepComparison: asked for the whole, it compares unless the last step did", () => {
  const { mm, comparison, wrong } = begun();
  // Where no step was compared, as in a text, there is nothing to make up for.
  assertEquals(new StepComparison().whole(mm, wrong(3)), undefined);
  assertEquals(comparison.whole(mm, wrong(3)), undefined);
  assertEquals(comparison.after(NOTHING, mm, wrong(3)), undefined);
  const found = comparison.whole(mm, wrong(3));
  assertEquals(found, { position: 3, what: "the permissions differ (in one of the last 1 steps)" });
  assertEquals(comparison.whole(mm, wrong(3)), undefined);
});

const divergenceOf = async (records: readonly TraceRecord[]) => (await replay(records)).divergence;

Deno.test("replay: a result that is another is told with both, and the model's reason if it refused", async () => {
  const map = (result: number) =>
    call("mmap", [0x10000, 4096, 3, 0x32, -1, 0], { result, added: [memory(0x10000)] });
  const other = await divergenceOf([...start(), ...map(0x20000)]);
  assertEquals(other?.what, "the kernel answered 0x20000, the model 0x10000");
  const refused = await divergenceOf([...start(), ...call("munmap", [1, 4096])]);
  assertEquals(
    refused?.what.startsWith("the kernel answered 0x0, the model EINVAL (Cannot unmap"),
    true,
  );
  const done = await divergenceOf([
    ...start(),
    ...call("munmap", [0, 4096], { result: -12, error: "ENOMEM" }),
  ]);
  assertEquals(done?.what, "the kernel answered ENOMEM, the model 0x0");
});

Deno.test("replay: a result that is another is shown where the layouts part, not at their beginning", async () => {
  const lines = Array.from({ length: 20 }, (_, i) => memory(at(i)));
  const moved = call("mprotect", [at(15), 4096, 1], { result: -12, error: "ENOMEM" });
  const divergence = await divergenceOf([...start({}, lines), ...moved]);
  const shown = divergence?.rows.map(({ differs }) => differs);
  assertEquals(shown, [false, false, false, true, false, false, false]);
});

Deno.test("replay: a fork is compared in its child", async () => {
  const fork = (layout: MapLine[]): TraceRecord => ({
    ...{ type: "fork", pid: PID, child: 8, sharesMemory: false, layout },
  });
  const lines = [memory(0x10000)];
  assertEquals(await divergenceOf([...start({}, lines), fork(lines)]), undefined);
  const divergence = await divergenceOf([...start({}, lines), fork([memory(0x10000, 2)])]);
  assertEquals([divergence?.what, divergence?.step], ["the range differs", 2]);
});

Deno.test("replay: what a text's trace calls and the model does not know is counted", async () => {
  const records = [...start({ fidelity: "imported" }), ...call("no_such_call", [])];
  const { unmodelled } = await replay([...records, ...mapped(memory(0x10000))]);
  assertEquals(unmodelled.map(({ call, steps }) => [call, steps]), [["no_such_call", 1]]);
});

Deno.test("replay: flags that a program begins with and the model only carries along are told", async () => {
  const line = memory(0x10000, 1, { vmFlags: "rd wr mr mw me ac zz" });
  const { otherFlags, divergence } = await replay(start({}, [line]));
  assertEquals([otherFlags, divergence], [["zz"], undefined]);
});

Deno.test("replay: what no call may throw ends it", async () => {
  const records = [...start(), ...call("msync", [0x1000, 4096, 4])];
  await withLostCount(() => assertRejects(() => replay(records), Error, "No leaf holds index"));
});

Deno.test("replay: each process tells which program it runs, children those of their parents", async () => {
  const wrong = (pid: number) => call("munmap", [1, 1], {}, { pid });
  const fork: TraceRecord = { type: "fork", pid: PID, child: 8, sharesMemory: false };
  const of = async (...records: TraceRecord[]) =>
    (await divergenceOf([...start(), ...records]))?.program;
  assertEquals(await of(fork, ...wrong(8)), "cc1");
  assertEquals(await of(fork, program([], { pid: 8, program: "as" }), ...wrong(8)), "as");
  const run = new Replay();
  assertThrows(() => run.take(fork), Error, "does not begin with a header");
  assert(run.header === undefined && run.divergence === undefined);
});
