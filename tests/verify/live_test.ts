/**
 * Replaying while records come about, in this very process: where it ends, and what is written down.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { readTrace } from "../../src/trace/read.ts";
import type { TraceRecord } from "../../src/trace/format.ts";
import { verify, type VerifyOptions } from "../../src/verify/verify.ts";
import { recordsOf } from "../replay/traces.ts";

/** Verifies records as if they came about now; what is left of them, and what was written. */
async function verified(records: readonly TraceRecord[], options: VerifyOptions = {}) {
  let given = 0;
  async function* recording(): AsyncGenerator<TraceRecord> {
    for (const record of records) {
      given++;
      yield await Promise.resolve(record);
    }
  }
  const { readable, writable } = new TransformStream<
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>
  >();
  const written = Array.fromAsync(readTrace(readable));
  const report = await verify(recording(), writable, options);
  return { report, written: await written, given };
}

const RECORDS = await recordsOf("cc1-hello");

Deno.test("verify: what agrees to its end is written as it came", async () => {
  const { report, written, given } = await verified(RECORDS);
  assertEquals([report.matched, report.divergence, report.failure], [
    report.steps,
    undefined,
    undefined,
  ]);
  assertEquals([written, given], [[...RECORDS], RECORDS.length]);
});

Deno.test("verify: compressed it is the same", async () => {
  const { written } = await verified(RECORDS, { gzip: true });
  assertEquals(written, [...RECORDS]);
});

Deno.test("verify: the first divergence ends the run, and the trace with it", async () => {
  const at = RECORDS.findIndex((record, i) =>
    i > 40 && record.type === "leave" && record.call === "mmap"
  );
  const record = RECORDS[at];
  if (record?.type !== "leave") throw new Error("there is no mmap");
  const wrong = RECORDS.with(at, { ...record, result: record.result + 0x1000 });
  const { report, written, given } = await verified(wrong);
  assert(report.divergence !== undefined && report.failure === undefined);
  assertEquals(written, [...wrong.slice(0, at + 1), { type: "end", reason: "interrupted" }]);
  assertEquals(given, at + 1);
});

Deno.test("verify: another kernel's placement goes into the header, and the run by it", async () => {
  const { written, report } = await verified(RECORDS, { placement: "6.18" });
  const [header] = written;
  if (header?.type !== "header") throw new Error("there is no header");
  assertEquals([header.placement, report.header.placement], ["6.18", "6.18"]);
  const [before] = (await verified(RECORDS)).written;
  assertEquals(before, RECORDS[0]!);
});

Deno.test("verify: a divergence at the end record itself ends the trace once", async () => {
  const { written } = await verified(
    RECORDS.slice(0, 30).concat({ type: "end", reason: "finished" }),
  );
  assertEquals(written.filter(({ type }) => type === "end"), [{ type: "end", reason: "finished" }]);
});
