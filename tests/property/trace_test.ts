/**
 * The trace reader: what was written is read, and whatever else it is given ends in one clear error.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { readTrace } from "../../src/trace/read.ts";
import type { MapLine, TraceRecord } from "../../src/trace/format.ts";
import { TraceError } from "../../src/trace/trace_error.ts";
import { formatRecord } from "../../src/trace/schema.ts";
import { writeTrace } from "../../src/trace/write.ts";
import { testProperty } from "./check.ts";

const address = fc.integer({ min: 0, max: 0x7fff_ffff }).map((page) => page * 0x1000);
const argument = fc.oneof(address, fc.integer({ min: -5, max: 100 }), fc.maxSafeInteger());
const name = fc.constantFrom("", "cc1", "libc.so.6", "[heap]", "a b", 'ü"\\');

const line: fc.Arbitrary<MapLine> = fc.record({
  start: address,
  end: address,
  permissions: fc.constantFrom("rw-p", "r-xp", "---p", "rw-s"),
  offset: address,
  device: fc.constantFrom("00:00", "fe:01"),
  inode: fc.nat(),
  name,
  vmFlags: fc.constantFrom("rd wr mr mw me ac", ""),
  written: fc.constant(true),
}, { requiredKeys: ["start", "end", "permissions", "offset", "device", "inode", "name"] })
  .map((found) => ({ ...found, end: found.start + 0x1000 }));

/** Some lines in ascending order, as a layout and a difference have them. */
function lines(maxLength: number): fc.Arbitrary<MapLine[]> {
  return fc.uniqueArray(line, { maxLength, selector: ({ start }) => start })
    .map((list) => list.sort((a, b) => a.start - b.start));
}

/** Some addresses, ascending, none twice. */
function addresses(maxLength: number): fc.Arbitrary<number[]> {
  return fc.uniqueArray(address, { maxLength }).map((list) => list.sort((a, b) => a - b));
}

const header: fc.Arbitrary<TraceRecord> = fc.record({
  type: fc.constant("header"),
  format: fc.constant("maple-trace"),
  version: fc.constant(1),
  command: fc.array(name, { maxLength: 3 }),
  purpose: name,
  compiler: name,
  kernel: fc.constant("6.18.0"),
  machine: fc.constantFrom("x86_64", "aarch64"),
  placement: fc.constantFrom("6.18", "6.7", "5.19"),
  pageSize: fc.constant(4096),
  maxMapCount: fc.nat(),
  mmapMinAddress: address,
  fidelity: fc.constantFrom("exact", "approximate"),
});

const PID = 7;

const exec: fc.Arbitrary<TraceRecord> = fc.record({
  type: fc.constant("exec"),
  pid: fc.constant(PID),
  program: name,
  layout: lines(4),
  brk: address,
  stack: address,
  mmapBase: address,
  legacyLayout: fc.boolean(),
  limits: fc.record({ stack: address, data: address }, { requiredKeys: [] }),
});

const call: fc.Arbitrary<TraceRecord[]> = fc.tuple(
  fc.constantFrom("mmap", "munmap", "brk", "mprotect"),
  fc.array(argument, { maxLength: 6 }),
  address,
  addresses(3),
  lines(3),
).map(([called, args, result, removed, added]): TraceRecord[] => [
  { type: "enter", pid: PID, call: called, args },
  { type: "leave", pid: PID, call: called, result, removed, added },
]);

const touch: fc.Arbitrary<TraceRecord[]> = address.map((at) => [
  { type: "fault", pid: PID, address: at },
  { type: "grow", pid: PID, start: at },
]);

const trace: fc.Arbitrary<TraceRecord[]> = fc.tuple(
  header,
  exec,
  fc.array(fc.oneof(call, touch), { maxLength: 12 }),
  fc.constantFrom("finished", "interrupted"),
).map(([first, start, body, reason]): TraceRecord[] => [
  first,
  start,
  ...body.flat(),
  { type: "end", reason },
]);

/** Writes and reads a trace. */
async function throughAFile(
  records: readonly TraceRecord[],
  gzip: boolean,
): Promise<TraceRecord[]> {
  const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>>();
  const [read] = await Promise.all([
    Array.fromAsync(readTrace(readable)),
    writeTrace(records, writable, { gzip }),
  ]);
  return read;
}

testProperty(
  "property: a trace that was written is read as it was, plain and gzip",
  fc.tuple(trace, fc.boolean()),
  async ([records, gzip]) => {
    const plain: unknown = JSON.parse(JSON.stringify(records));
    assertEquals(JSON.parse(JSON.stringify(await throughAFile(records, gzip))), plain);
  },
  150,
);

/** The text of a trace with one piece replaced. */
const damaged = fc.tuple(trace, fc.nat(), fc.nat({ max: 40 }), fc.string({ maxLength: 5 }))
  .map(([records, at, length, piece]) => {
    const text = records.map((record) => formatRecord(record) + "\n").join("");
    const from = at % (text.length + 1);
    return text.slice(0, from) + piece + text.slice(from + length);
  });

testProperty(
  "property: a damaged trace is read, or refused with the line of the fault",
  damaged,
  async (text) => {
    const lines = text.split("\n").length;
    try {
      await Array.fromAsync(readTrace(new Blob([text]).stream()));
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      assert(error.line >= 1 && error.line <= lines + 1, error.message);
      assert(error.message.startsWith("Cannot "), error.message);
    }
  },
  300,
);

testProperty(
  "property: bytes that are no trace are refused with a clear error",
  fc.uint8Array({ maxLength: 200 }),
  async (bytes) => {
    let refused = false;
    try {
      await Array.fromAsync(readTrace(new Blob([new Uint8Array(bytes)]).stream()));
    } catch (error) {
      if (!(error instanceof TraceError)) throw error;
      refused = true;
    }
    assert(refused, "it was read");
  },
  150,
);
