import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { formatHex, parseHex } from "../../src/trace/codec.ts";
import { readTrace } from "../../src/trace/read.ts";
import type { TraceRecord } from "../../src/trace/format.ts";
import { formatRecord } from "../../src/trace/schema.ts";
import { writeTrace } from "../../src/trace/write.ts";
import { ALL, END, EXEC, HEADER, streamOf, textOf } from "./samples.ts";

/** The bytes that `writeTrace` writes. */
async function written(
  records: Iterable<TraceRecord> | AsyncIterable<TraceRecord>,
  gzip: boolean,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const sink = new WritableStream<Uint8Array<ArrayBuffer>>({
    write: (piece) => void pieces.push(piece),
  });
  await writeTrace(records, sink, { gzip });
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

for (const gzip of [false, true]) {
  Deno.test(`writeTrace: every record type reads back as it was, gzip ${gzip}`, async () => {
    const bytes = await written(ALL, gzip);
    assertEquals(bytes[0] === 0x1f, gzip);
    assertEquals(await Array.fromAsync(readTrace(streamOf(bytes))), [...ALL]);
  });
}

Deno.test("writeTrace: the same records give the same bytes", async () => {
  assertEquals(await written(ALL, true), await written(ALL, true));
});

Deno.test("writeTrace: keys stand in the same order whatever the order in the record", () => {
  const { type, pid, ...rest } = EXEC;
  assertEquals(formatRecord({ ...rest, pid, type }), formatRecord(EXEC));
});

Deno.test("writeTrace: when the records end in an error, what came before is complete lines", async () => {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const sink = new WritableStream<Uint8Array<ArrayBuffer>>({
    write: (piece) => void pieces.push(piece),
  });
  function* failing(): Generator<TraceRecord> {
    yield HEADER;
    yield EXEC;
    throw new Error("the tracer is gone");
  }
  await assertRejects(() => writeTrace(failing(), sink), Error, "the tracer is gone");
  assertEquals(await new Blob(pieces).text(), textOf([HEADER, EXEC]));
});

Deno.test("writeTrace: a sink that fails is an error, not a silent loss", async () => {
  const sink = new WritableStream<Uint8Array<ArrayBuffer>>({
    write: () => Promise.reject(new Error("disk full")),
  });
  await assertRejects(() => writeTrace([HEADER, END], sink), Error, "disk full");
});

Deno.test("writeTrace: a long trace passes through in pieces, none lost", async () => {
  function* many(): Generator<TraceRecord> {
    yield HEADER;
    yield EXEC;
    for (let i = 0; i < 5000; i++) {
      yield { type: "enter", pid: 7, call: "brk", args: [i * 4096] };
      yield { type: "leave", pid: 7, call: "brk", result: i * 4096, removed: [], added: [] };
    }
    yield { type: "exit", pid: 7, status: 0 };
    yield END;
  }
  const records = await Array.fromAsync(readTrace(streamOf(await written(many(), true), 1000)));
  assertEquals(records, [...many()]);
});

Deno.test("formatHex: parseHex gives back every safe integer", () => {
  const safe = fc.maxSafeInteger();
  fc.assert(fc.property(safe, (value) => {
    const text = formatHex(value);
    assert(/^0x[0-9a-f]{1,16}$/.test(text));
    assertEquals(parseHex(text, "it"), value === 0 ? 0 : value);
  }));
});

Deno.test("formatHex: -1 is all ones, as the kernel prints it", () => {
  assertEquals(formatHex(-1), "0xffffffffffffffff");
});

for (const gzip of [false, true]) {
  Deno.test(`writeTrace: what was recorded can be read before the recording ends, gzip ${gzip}`, async () => {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    const sink = new WritableStream<Uint8Array<ArrayBuffer>>({
      write: (piece) => void pieces.push(piece),
    });
    const seen: string[][] = [];
    async function* slow(): AsyncGenerator<TraceRecord> {
      for (const record of [HEADER, EXEC, END]) {
        yield record;
        await new Promise((resolve) => setTimeout(resolve, 150));
        const types: string[] = [];
        try {
          for await (const { type } of readTrace(new Blob(pieces).stream())) types.push(type);
        } catch (error) {
          assert(String(error).includes("cut off"), `${error}`);
        }
        seen.push(types);
      }
    }
    await writeTrace(slow(), sink, { gzip, patienceMs: 20 });
    assertEquals(seen, [["header"], ["header", "exec"], ["header", "exec", "end"]]);
    assertEquals(await Array.fromAsync(readTrace(new Blob(pieces).stream())), [HEADER, EXEC, END]);
  });
}
