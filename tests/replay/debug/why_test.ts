import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { compileTrace } from "../../../src/replay/compiled.ts";
import { formatWhy, nothingMapped, parseAddress, why } from "../../../src/replay/debug/why.ts";
import { call, mapped, memory, PID, start } from "../records.ts";
import { recordsOf } from "../traces.ts";

Deno.test("why: names, at the end of the run, the rule between text and data of the program", async () => {
  const trace = await compileTrace(await recordsOf("cc1-hello"));
  const [exec] = trace.steps;
  assert(exec?.type === "exec");
  const start = exec?.type === "exec" ? exec.image.vmas[0]!.start : 0;
  const [answer, ...others] = why(trace, start);
  assertEquals(others, []);
  assertEquals(answer!.above?.obstacle, "flags");
  assertStringIncludes(answer!.above!.words, "They differ in flags");
  assert(answer!.headroom.used > 10 && answer!.headroom.left < answer!.headroom.limit);
  const text = formatWhy([answer!]);
  assertStringIncludes(text, `process ${answer!.pid}, after step`);
  assertStringIncludes(text, "VMAs in use");
});

Deno.test("why: with a step, the layout is the one after that step", async () => {
  const trace = await compileTrace(await recordsOf("cc1-hello"));
  const position = trace.steps.findIndex((step) =>
    step.type === "call" && step.enter.call === "mmap" && step.record.error === undefined
  );
  const step = trace.steps[position];
  const address = step?.type === "call" ? step.record.result : 0;
  assertEquals(why(trace, address, position), []);
  const [answer] = why(trace, address, position + 1);
  assertEquals(answer?.step, position + 1);
});

Deno.test("why: a process that is still alive at the end is asked too", async () => {
  const { steps } = await compileTrace(await recordsOf("cc1-hello"));
  const alive = { steps: steps.filter((step) => step.type !== "exit") };
  const [exec] = alive.steps;
  const last = exec?.type === "exec" ? exec.image.vmas.at(-1)!.start : 0;
  const [answer] = why(alive, last);
  assertEquals(answer?.step, alive.steps.length);
  assertEquals(answer?.above, undefined);
  assertStringIncludes(formatWhy([answer!]), "nothing above");
});

Deno.test("why: addresses are hexadecimal, with or without 0x", () => {
  assertEquals(parseAddress("0x7f00"), 0x7f00);
  assertEquals(parseAddress("7F00"), 0x7f00);
  assertEquals(parseAddress("7g"), undefined);
  assertEquals(parseAddress("f".repeat(16)), undefined);
});

Deno.test("why: after the last step nothing can be asked; one that has ended is asked as it was then, once", async () => {
  const trace = await compileTrace(await recordsOf("cc1-hello"));
  const [exec] = trace.steps;
  const start = exec?.type === "exec" ? exec.image.vmas[0]!.start : 0;
  assertEquals(why(trace, start, trace.steps.length + 1), []);
  assertEquals(why(trace, start).length, 1);
  assertEquals(nothingMapped(0x1000, 7), "nothing is mapped at 0x1000 after step 7");
  assertEquals(
    nothingMapped(0x1000, undefined),
    "nothing is mapped at 0x1000 at the end of any process",
  );
});

Deno.test("why: each process is asked at its end, a child too that did nothing; one that goes on, not after the last step", async () => {
  const trace = await compileTrace([
    ...[...start(), ...mapped(memory(0x10000))],
    { type: "fork", pid: PID, child: 8, sharesMemory: false },
    { type: "fork", pid: PID, child: 9, sharesMemory: false },
    { type: "exit", pid: 9, status: 0 },
  ]);
  const asked = (step?: number) => why(trace, 0x10000, step).map(({ pid, step }) => [pid, step]);
  assertEquals(asked(), [[9, 4], [PID, 5], [8, 5]]);
  assertEquals([asked(4), asked(5), asked(6)], [[[PID, 4]], [], []]);
});

Deno.test("formatWhy: the VMA, its neighbours, and how many borders each rule makes", async () => {
  const records = [
    ...start(),
    ...[...mapped(memory(0x10000)), ...mapped(memory(0x12000)), ...mapped(memory(0x14000))],
  ];
  const trace = await compileTrace(records);
  const text = (address: number) => formatWhy(why(trace, address)).split("\n");
  assertEquals(text(0x10000).slice(1, 2), ["  nothing below"]);
  const middle = text(0x12000);
  assert(middle[1]?.startsWith("  below  00010000-00011000 rw-p"));
  assert(middle[3]?.startsWith("  above  00014000-00015000 rw-p"));
  assert(text(0x14000).includes("  nothing above"));
  // Nothing that touches is kept apart here: no rule is named.
  assertEquals(middle.at(-1), "  3 of 65530 VMAs in use, 65527 left");
  const split = await compileTrace([...records, ...call("mprotect", [0x10000, 4096, 1])]);
  const touching = await compileTrace([
    ...start(),
    ...mapped(memory(0x10000)),
    ...call("mmap", [0x11000, 4096, 1, 0x32, -1, 0], { result: 0x11000 }),
  ]);
  assertEquals(formatWhy(why(split, 0x10000)).includes("apart by rule"), false);
  assert(formatWhy(why(touching, 0x10000)).endsWith("; neighbours apart by rule: 1 flags"));
});
