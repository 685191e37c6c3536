import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { compileTrace } from "../../src/replay/compiled.ts";
import { formatWhy, parseAddress, why } from "../../src/replay/debug/why.ts";
import { recordsOf } from "./traces.ts";

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
