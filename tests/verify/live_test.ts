/**
 * Replaying while records come about, in this very process: where it ends, and what is written down.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ReplayError } from "../../src/replay/replay_error.ts";
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

async function* comingAbout(records: readonly TraceRecord[]): AsyncGenerator<TraceRecord> {
  for (const record of records) yield await Promise.resolve(record);
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

Deno.test("verify: compressed or not, as it is asked for", async () => {
  for (
    const [options, first] of [[{}, 0x7b], [{ gzip: false }, 0x7b], [{ gzip: true }, 0x1f]] as const
  ) {
    const bytes: number[] = [];
    const sink = new WritableStream<Uint8Array<ArrayBuffer>>({
      write: (chunk) => void bytes.push(...chunk),
    });
    await verify(comingAbout(RECORDS.slice(0, 20)), sink, options);
    assertEquals(bytes[0], first); // "{", or gzip's first byte
  }
});

Deno.test("verify: what the model throws that no call may throw ends the run, and is told", async () => {
  const broken = new Error("the tree has a hole");
  let steps = 0;
  const onStep = () => {
    if (++steps === 30) throw broken;
  };
  const { report, written, given } = await verified(RECORDS, { onStep });
  assertEquals(report.failure, broken);
  assertEquals(written.at(-1), { type: "end", reason: "interrupted" });
  assertEquals(written.length, given + 1);
  assert(given < RECORDS.length);
  const { report: sound } = await verified(RECORDS);
  assertEquals("failure" in sound, false);
});

Deno.test("verify: what cannot be replayed is an error", async () => {
  const sink = new WritableStream<Uint8Array<ArrayBuffer>>();
  await assertRejects(() => verify(comingAbout(RECORDS.slice(1)), sink), ReplayError);
  const leave = RECORDS.find((record) => record.type === "leave");
  if (leave === undefined) throw new Error("there is no leave");
  const strange = [...RECORDS.slice(0, 30), { ...leave, pid: 999_999 }]; // of no known process
  await assertRejects(
    () => verify(comingAbout(strange), new WritableStream()),
    ReplayError,
    "does not introduce it",
  );
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
  for (const placement of ["5.19", "6.18"] as const) {
    const { written, report } = await verified(RECORDS, { placement });
    const [header] = written;
    if (header?.type !== "header") throw new Error("there is no header");
    assertEquals([header.placement, report.header.placement], [placement, placement]);
    assertEquals(written.slice(1, 20), RECORDS.slice(1, 20));
  }
  const [before] = (await verified(RECORDS)).written;
  assertEquals(before, RECORDS[0]!);
});

Deno.test("verify: a divergence at the end record itself ends the trace once", async () => {
  const { written } = await verified(
    RECORDS.slice(0, 30).concat({ type: "end", reason: "finished" }),
  );
  assertEquals(written.filter(({ type }) => type === "end"), [{ type: "end", reason: "finished" }]);
});
