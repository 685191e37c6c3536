/**
 * The commands on traces take imported ones, and texts; maps alone answer `--why`.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Unable } from "../../src/command/command.ts";
import { compileTrace } from "../../src/replay/compiled.ts";
import { shrink } from "../../src/replay/debug/shrink.ts";
import { why } from "../../src/replay/debug/why.ts";
import { TraceLayouts } from "../../src/replay/imported/layouts.ts";
import { importText } from "../../src/text/import.ts";
import { openTrace, whyInLayout } from "../../src/text/open_trace.ts";
import { readTrace } from "../../src/trace/read.ts";
import { countMunmaps, summarize } from "../../src/trace/summary.ts";
import { TraceError } from "../../src/trace/trace_error.ts";
import { writeTrace } from "../../src/trace/write.ts";

const CALLS = `
mmap(NULL, 16384, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000
munmap(0x7f0000001000, 4096) = 0
mprotect(0x7f0000003000, 4096, PROT_READ) = 0
`;

function path(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

Deno.test("imported traces: what was written reads back, and replays to the same", async () => {
  const { records } = importText(CALLS);
  const bytes = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
  const written = writeTrace(records, bytes.writable, { gzip: true });
  const read = await Array.fromAsync(readTrace(bytes.readable));
  await written;
  assertEquals(read, [...records]);
});

Deno.test("summarize: of an imported trace its calls make the layouts", async () => {
  const summary = await summarize(importText(CALLS).records, new TraceLayouts());
  assertEquals(summary.mapCount, { min: 1, median: 2, max: 3 });
  assertEquals(countMunmaps(summary, "split"), 1);
});

Deno.test("why: of an imported trace it knows the limit", async () => {
  const trace = await compileTrace(importText(CALLS, { maxMapCount: 100 }).records);
  const [answer] = why(trace, 0x7f0000002000);
  assertEquals([answer?.headroom.used, answer?.headroom.left], [3, 97]);
  assert(answer?.above?.words.includes("wr"));
});

Deno.test("shrink: an imported trace breaks no rule of the model", async () => {
  assertEquals(await shrink(importText(CALLS).records), undefined);
});

Deno.test("openTrace: a text of calls is as good as a trace, a layout is sent to explain", async () => {
  const records = await Array.fromAsync(openTrace(path("field/strace-f-file.txt")));
  assertEquals(records.at(-1)?.type, "end");
  await assertRejects(
    () => Array.fromAsync(openTrace(path("field/maps-alike.txt"))),
    Unable,
    "explain",
  );
  await assertRejects(() => Array.fromAsync(openTrace(path("field/nothing.txt"))), TraceError);
  await assertRejects(() => Array.fromAsync(openTrace(path("tools_test.ts"))), TraceError);
});

Deno.test("whyInLayout: maps alone say what keeps neighbours apart, and what they cannot show", async () => {
  const found = await whyInLayout(path("field/maps-alike.txt"), 0x7f0000000800);
  assertEquals(found?.neighbours.length, 1);
  assert(found?.words.includes("smaps"));
  await assertRejects(
    () => whyInLayout(path("field/maps-alike.txt"), 0x1000),
    Unable,
    "nothing is mapped",
  );
  assertEquals(await whyInLayout(path("field/strace-f-file.txt"), 0x1000), undefined);
});
