import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { formatHex, parseHex } from "../../src/trace/codec.ts";
import { readTrace } from "../../src/trace/read.ts";
import type { TraceRecord } from "../../src/trace/format.ts";
import { formatRecord } from "../../src/trace/schema.ts";
import { writeTrace } from "../../src/trace/write.ts";
import { ALL, END, EXEC, HEADER, streamOf, textOf } from "./samples.ts";

/** A sink that keeps what it gets, and whether it was closed. */
function keeping() {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const kept = { pieces, isClosed: false };
  const sink = new WritableStream<Uint8Array<ArrayBuffer>>({
    write: (piece) => void pieces.push(piece),
    close: () => void (kept.isClosed = true),
  });
  return { kept, sink };
}

/** Records that end in an error. */
function* failing(): Generator<TraceRecord> {
  yield HEADER;
  yield EXEC;
  throw new Error("the tracer is gone");
}

/** The bytes that `writeTrace` writes. */
async function written(
  records: Iterable<TraceRecord> | AsyncIterable<TraceRecord>,
  gzip: boolean,
): Promise<Uint8Array<ArrayBuffer>> {
  const { kept, sink } = keeping();
  await writeTrace(records, sink, { gzip });
  return new Uint8Array(await new Blob(kept.pieces).arrayBuffer());
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
  const { kept, sink } = keeping();
  await assertRejects(() => writeTrace(failing(), sink), Error, "the tracer is gone");
  assertEquals(await new Blob(kept.pieces).text(), textOf([HEADER, EXEC]));
  assert(kept.isClosed);
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

/** Longest time until something that must happen has happened, on however busy a machine, ms. */
const WAIT_MS = 20_000;

for (const gzip of [false, true]) {
  Deno.test(`writeTrace: what was recorded can be read before the recording ends, gzip ${gzip}`, async () => {
    const { kept: { pieces }, sink } = keeping();
    const seen: string[][] = [];
    /** What can be read so far. */
    const readable = async () => {
      const types: string[] = [];
      if (pieces.length === 0) return types;
      try {
        for await (const { type } of readTrace(new Blob(pieces).stream())) types.push(type);
      } catch (error) {
        assert(String(error).includes("cut off"), `${error}`);
      }
      return types;
    };
    async function* slow(): AsyncGenerator<TraceRecord> {
      for (const record of [HEADER, EXEC, END]) {
        yield record;
        let types = await readable();
        for (const end = performance.now() + WAIT_MS; types.at(-1) !== record.type;) {
          if (performance.now() > end) break;
          await new Promise((resolve) => setTimeout(resolve, 5));
          types = await readable();
        }
        seen.push(types);
      }
    }
    await writeTrace(slow(), sink, { gzip, patienceMs: 20 });
    assertEquals(seen, [["header"], ["header", "exec"], ["header", "exec", "end"]]);
    assertEquals(await Array.fromAsync(readTrace(new Blob(pieces).stream())), [HEADER, EXEC, END]);
  });
}

/** A header whose line has so many characters, with its end. */
function headerOf(length: number): TraceRecord {
  const padded = (purpose: string): TraceRecord => ({ ...HEADER, purpose });
  return padded("x".repeat(length - textOf([padded("")]).length));
}

Deno.test("writeTrace: text goes out as soon as 64 KiB wait, and not before", async () => {
  /** How much is out before the second record, after a first one of so many characters. */
  const outAfter = async (length: number) => {
    const { kept, sink } = keeping();
    const records = [headerOf(length), END];
    let out: number | undefined;
    await writeTrace(
      (function* () {
        yield records[0]!;
        out = kept.pieces[0]?.length;
        yield records[1]!;
      })(),
      sink,
    );
    assertEquals(await new Blob(kept.pieces).text(), textOf(records));
    return out;
  };
  assertEquals([await outAfter(65_535), await outAfter(65_536)], [undefined, 65_536]);
});

for (const gzip of [false, true]) {
  Deno.test(`writeTrace: while nothing is recorded nothing is written, then the sink is closed, gzip ${gzip}`, async () => {
    const { kept, sink } = keeping();
    const counts: number[] = [];
    /** Whether the header is out with all that belongs to it: a member that lacks its end cannot be read whole. */
    const isOut = async () => {
      const bytes = new Blob(kept.pieces).stream();
      const text = gzip ? bytes.pipeThrough(new DecompressionStream("gzip")) : bytes;
      return await new Response(text).text().catch(() => "") === textOf([HEADER]);
    };
    async function* idle(): AsyncGenerator<TraceRecord> {
      yield HEADER;
      for (const end = performance.now() + WAIT_MS; !await isOut();) {
        if (performance.now() > end) break;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      for (let i = 0; i < 2; i++) {
        counts.push(kept.pieces.length);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assertEquals([counts[1], kept.isClosed], [counts[0], false]);
      yield END;
    }
    await writeTrace(idle(), sink, { gzip, patienceMs: 5 });
    assert(counts[0]! > 0 && kept.isClosed);
  });
}

Deno.test("writeTrace: no timer runs on when all is written, nor after an error", async () => {
  const { setInterval, clearInterval } = globalThis;
  const running = new Set<unknown>();
  Object.assign(globalThis, {
    setInterval: (act: () => void, ms: number) => {
      const timer = setInterval(act, ms);
      running.add(timer);
      return timer;
    },
    clearInterval: (timer: number) => {
      running.delete(timer);
      clearInterval(timer);
    },
  });
  try {
    await writeTrace([HEADER, END], keeping().sink);
    const { sink } = keeping();
    await assertRejects(() => writeTrace(failing(), sink), Error, "the tracer is gone");
    assertEquals(running.size, 0);
  } finally {
    Object.assign(globalThis, { setInterval, clearInterval });
  }
});
