/** What a step unmapped and how much it added, against the layouts that the kernel showed before and after it. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { pathOf } from "../../src/command/paths.ts";
import { type AddressRange, programOf } from "../../src/load/lives.ts";
import { compileTrace } from "../../src/replay/compiled.ts";
import { readTrace } from "../../src/trace/read.ts";
import { RecordedLayouts } from "../../src/trace/recorded_layouts.ts";

const PAGE = 4096;

function bytesOf(ranges: readonly AddressRange[]): number {
  return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** Bytes of the ranges that lie in others too; each list ascends without overlap. */
function common(ranges: readonly AddressRange[], others: readonly AddressRange[]): number {
  let bytes = 0;
  for (const { start, end } of ranges) {
    for (const other of others) {
      bytes += Math.max(0, Math.min(end, other.end) - Math.max(start, other.start));
    }
  }
  return bytes;
}

for (const name of ["tests/kernels/7.3/fuzz-1", "traces/cc1-hello"]) {
  Deno.test(`programOf: ${name}, what each call unmapped and added is what the layouts say`, async () => {
    const trace = await compileTrace(readTrace(pathOf(`${name}.jsonl.gz`)));
    const { lives, mostVmas } = programOf(name, trace);
    const told = new Map(lives.flat().map((each) => [each.step, each]));
    const layouts = new RecordedLayouts();
    let most = 0;
    let gone = 0;
    for (const step of trace.steps) {
      const before = [...layouts.of(step.pid) ?? []];
      layouts.apply(step.record);
      const now = layouts.of(step.pid) ?? [];
      most = Math.max(most, now.length);
      const { unmapped = [], growth } = told.get(step) ?? {};
      if (step.type !== "call") {
        assertEquals([unmapped, growth], [[], 0]);
        continue;
      }
      assertEquals(growth, (bytesOf(now) - bytesOf(before)) / PAGE);
      assertEquals(bytesOf(unmapped), bytesOf(before) - common(before, now));
      assertEquals([common(unmapped, now), common(unmapped, before)], [0, bytesOf(unmapped)]);
      gone += bytesOf(unmapped);
    }
    assert(gone > 0);
    assertEquals(mostVmas, most);
  });
}

Deno.test("programOf: calls that work within one VMA name a range that must stay whole", async () => {
  const trace = await compileTrace(readTrace(pathOf("tests/kernels/7.3/fuzz-1.jsonl.gz")));
  const { whole } = programOf("fuzz", trace);
  const calls = trace.steps.flatMap((step) =>
    step.type === "call" && /^(mremap|remap_file_pages)$/.test(step.enter.call) ? [step.enter] : []
  );
  assert(calls.length > 10);
  const [start = 0, length = 0] = calls[0]!.args;
  assertEquals([whole.length, whole[0]], [calls.length, {
    start,
    end: start + Math.ceil(length / PAGE) * PAGE,
  }]);
});

Deno.test("programOf: a number that a process had is another's only once that is introduced", async () => {
  const records = await Array.fromAsync(readTrace(pathOf("traces/gcc-make.jsonl.gz")));
  const trace = await compileTrace(records);
  const exit = trace.steps.find((step) => step.type === "exit")!;
  const call = trace.steps.find((step) => step.type === "call")!;
  const late = { ...trace, steps: [...trace.steps, { ...call, pid: exit.pid }] };
  assertThrows(() => programOf("late", late), TypeError, `Process ${exit.pid} was not introduced`);
  const early = { ...trace, steps: trace.steps.slice(1) };
  assertThrows(() => programOf("early", early), TypeError, "was not introduced");
});
