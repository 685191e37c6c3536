import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { fileURLToPath as fromFileUrl } from "node:url";
import fc from "fast-check";
import { readTrace } from "../../src/trace/read.ts";
import { TemporaryFolder } from "../../src/command/files.ts";
import { isTrace } from "../../src/trace/is_trace.ts";
import { LineError, TraceError, type TraceErrorCode } from "../../src/trace/trace_error.ts";
import { boundedLines, LONGEST_LINE } from "../../src/trace/lines.ts";
import { ALL, END, EXEC, HEADER, streamOf, textOf, textStream } from "./samples.ts";

async function gzipped(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = textStream(text).pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Asserts that reading ends in this error, and after how many records. */
async function assertFails(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
  code: TraceErrorCode,
  message: string,
): Promise<void> {
  const error = await assertRejects(() => Array.fromAsync(readTrace(source)), TraceError);
  assertEquals([error.message, error.code], [`Cannot read the trace ${message}`, code]);
}

/** The sample trace with one line replaced. */
function withLine(number: number, line: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  const lines = textOf(ALL).split("\n");
  lines[number - 1] = line;
  return textStream(lines.join("\n"));
}

Deno.test("readTrace: reads the same whatever the pieces it comes in", async () => {
  const text = textOf(ALL);
  for (const size of [1, 7, 4096]) {
    assertEquals(await Array.fromAsync(readTrace(textStream(text, size))), [...ALL]);
  }
});

Deno.test("readTrace: gzip is known by its first bytes, even one at a time", async () => {
  const bytes = await gzipped(textOf(ALL));
  assertEquals(await Array.fromAsync(readTrace(streamOf(bytes, 1))), [...ALL]);
});

Deno.test("readTrace: a path, a file URL and a .gz file are read", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const plain = `${folder}/a.jsonl`, packed = `${folder}/a.jsonl.gz`;
    await Deno.writeTextFile(plain, textOf(ALL));
    await Deno.writeFile(packed, await gzipped(textOf(ALL)));
    for (const source of [plain, packed, new URL(`file://${packed}`)]) {
      assertEquals(await Array.fromAsync(readTrace(source)), [...ALL]);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("readTrace: a path through a file says what the system says, not that there is no such file", async () => {
  const path = `${fromFileUrl(import.meta.url)}/below`;
  const error = await assertRejects(() => Array.fromAsync(readTrace(path)), TraceError);
  assertEquals([error.code, /no such file/.test(error.message)], ["EIO", false]);
});

Deno.test("readTrace: an address is fetched; a refusal is an error with its status", async () => {
  const bytes = await gzipped(textOf(ALL));
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/empty") return new Response(null, { status: 200 });
      return pathname === "/trace"
        ? new Response(bytes)
        : new Response("nothing is here", { status: 404 });
    },
  );
  const at = (path: string) => readTrace(`http://127.0.0.1:${server.addr.port}/${path}`);
  assertEquals(await Array.fromAsync(at("trace")), [...ALL]);
  const missing = await assertRejects(() => Array.fromAsync(at("missing")), TraceError);
  assertEquals([missing.code, missing.message.endsWith("status 404")], ["EIO", true]);
  await assertRejects(() => Array.fromAsync(at("empty")), TraceError);
});

Deno.test("readTrace: a file that does not exist", async () => {
  const path = "tests/trace/no_such_file.jsonl";
  const error = await assertRejects(() => Array.fromAsync(readTrace(path)), TraceError);
  assertEquals([error.message, error.code], [`Cannot read ${path}: no such file`, "EIO"]);
});

Deno.test("readTrace: a file named .gz that is not gzip", async () => {
  const path = await Deno.makeTempFile({ suffix: ".jsonl.gz" });
  try {
    for (
      const [text, why, code] of [
        [textOf(ALL), "it is named .gz but is not gzip", "ENOTTRACE"],
        ["x", "it is named .gz but is not gzip", "ENOTTRACE"],
        ["", "it is empty", "ECUT"],
      ] as const
    ) {
      await Deno.writeTextFile(path, text);
      const error = await assertRejects(() => Array.fromAsync(readTrace(path)), TraceError);
      assertEquals([error.message, error.code], [`Cannot read ${path} line 1: ${why}`, code]);
    }
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("readTrace: an empty file", async () => {
  await assertFails(textStream(""), "ECUT", "line 1: it is empty");
});

Deno.test("readTrace: a file without its end record", async () => {
  const text = textOf(ALL.slice(0, -1));
  const line = ALL.length;
  const why = `line ${line}: it was cut off: the end record is missing`;
  await assertFails(textStream(text), "ECUT", why);
});

Deno.test("readTrace: a file cut off inside a line", async () => {
  const text = textOf(ALL.slice(0, 3)).slice(0, -20);
  await assertFails(textStream(text), "ECUT", "line 3: it was cut off in the middle of this line");
});

Deno.test("readTrace: compressed data cut off anywhere is one clear error", async () => {
  const bytes = await gzipped(textOf(ALL));
  await fc.assert(fc.asyncProperty(fc.integer({ min: 2, max: bytes.length - 1 }), async (cut) => {
    const source = streamOf(bytes.slice(0, cut));
    const error = await assertRejects(() => Array.fromAsync(readTrace(source)), TraceError);
    assertEquals(error.code, "ECUT");
    assertEquals(/^Cannot read the trace line \d+: /.test(error.message), true);
  }));
});

Deno.test("readTrace: compressed data with a flipped bit is an error, or the bit meant nothing", async () => {
  const bytes = await gzipped(textOf(ALL));
  // Behind the ten bytes of the gzip header, where a bit may mean nothing.
  const position = fc.integer({ min: 10, max: bytes.length - 1 });
  await fc.assert(fc.asyncProperty(position, fc.integer({ min: 0, max: 7 }), async (at, bit) => {
    const damaged = bytes.slice();
    damaged[at] = damaged[at]! ^ (1 << bit);
    // The last byte of deflated data may end in bits that stand for nothing; then the records are what they were.
    let records;
    try {
      records = await Array.fromAsync(readTrace(streamOf(damaged)));
    } catch (error) {
      assertInstanceOf(error, TraceError);
      return;
    }
    assertEquals(records, ALL);
  }));
});

Deno.test("readTrace: the records before a fault are given", async () => {
  const seen: string[] = [];
  await assertRejects(async () => {
    for await (const record of readTrace(withLine(4, "{"))) seen.push(record.type);
  }, TraceError);
  assertEquals(seen, ["header", "exec", "enter"]);
});

Deno.test("readTrace: a file of another kind", async () => {
  await assertFails(
    textStream("#include <stdio.h>\n"),
    "ENOTTRACE",
    "line 1: it is no trace: it is not JSON",
  );
});

Deno.test("readTrace: JSON of another kind", async () => {
  await assertFails(
    textStream('{"name":"package"}\n'),
    "ENOTTRACE",
    "line 1: it is no trace: type is missing",
  );
});

Deno.test("readTrace: a header of another format", async () => {
  const other = textOf([HEADER]).replace("maple-trace", "other-trace");
  await assertFails(textStream(other), "ENOTTRACE", "line 1: it is no trace");
});

Deno.test("readTrace: a trace whose header is missing", async () => {
  await assertFails(
    textStream(textOf(ALL.slice(1))),
    "ENOTTRACE",
    "line 1: it does not begin with a header",
  );
});

Deno.test("readTrace: a newer version says so before anything else is looked at", async () => {
  await assertFails(
    textStream('{"type":"header","format":"maple-trace","version":2,"novelty":true}\n'),
    "EVERSION",
    "line 1: its format version 2 is newer than 1, the newest known here",
  );
});

Deno.test("readTrace: bad JSON", async () => {
  await assertFails(withLine(3, '{"type":"enter",'), "EVALUE", "line 3: it is not JSON");
});

Deno.test("readTrace: a line that is no object", async () => {
  await assertFails(withLine(3, "[1,2]"), "EVALUE", "line 3: the record is not an object");
});

Deno.test("readTrace: an unknown record type", async () => {
  await assertFails(
    withLine(3, '{"type":"song"}'),
    "EVALUE",
    'line 3: a record of type "song" is not known',
  );
});

Deno.test("readTrace: bad hexadecimal", async () => {
  for (const bad of ["0xg", "12", "0x", "0X1", "0x12345678123456781", "-0x1", ""]) {
    await assertFails(
      withLine(3, `{"type":"enter","pid":7,"call":"brk","args":["${bad}"]}`),
      "EVALUE",
      `line 3: args is not hexadecimal: ${JSON.stringify(bad)}`,
    );
  }
});

Deno.test("readTrace: an address as a number instead of hexadecimal text", async () => {
  await assertFails(
    withLine(9, '{"type":"fault","pid":7,"address":4096}'),
    "EVALUE",
    "line 9: address is not text",
  );
});

Deno.test("readTrace: every field that is taken away or made null is an error", async () => {
  const optional = new Set(
    ["imposedHint", "file", "name", "error", "limits", "layout", "flags", "vmFlags", "written"]
      .concat(["randomized", "overcommitMemory", "memoryBytes", "ipcLock"]),
  );
  const lines = textOf(ALL).trimEnd().split("\n");
  for (const [i, line] of lines.entries()) {
    const fields: Record<string, unknown> = JSON.parse(line);
    for (const name of Object.keys(fields)) {
      const gone = { ...fields };
      delete gone[name];
      const broken = optional.has(name) && name !== "limits" ? [] : [gone];
      if (name === "limits" && fields["type"] === "leave") broken.pop();
      for (const each of [...broken, { ...fields, [name]: null }]) {
        const source = withLine(i + 1, JSON.stringify(each));
        const error = await assertRejects(() => Array.fromAsync(readTrace(source)), TraceError);
        assertEquals(error.line, i + 1, `${name} of ${fields["type"]}: ${error.message}`);
      }
    }
  }
});

Deno.test("readTrace: VMAs that overlap or end before they start", async () => {
  const exec = textOf([EXEC]).trimEnd();
  await assertFails(
    withLine(2, exec.replace('"0x7f0000000000"', '"0x2000"')),
    "EVALUE",
    "line 2: layout is not in ascending order",
  );
  await assertFails(
    withLine(2, exec.replace('"0x5000"', '"0x1000"')),
    "EVALUE",
    "line 2: a VMA ends before it starts",
  );
});

const ORDER: readonly [string, string, number][] = [
  ["a second header", textOf([HEADER]), 3],
  ["something follows the end record", textOf([END, END]), 4],
  ["process 5 is not known", '{"type":"fault","pid":5,"address":"0x1000"}\n', 3],
  ["process 5 is not known", '{"type":"exit","pid":5,"status":0}\n', 3],
  ["process 5 is not known", '{"type":"enter","pid":5,"call":"brk","args":[]}\n', 3],
  ["process 5 is not known", '{"type":"fork","pid":5,"child":6,"sharesMemory":true}\n', 3],
  ["process 7 exists already", '{"type":"fork","pid":7,"child":7,"sharesMemory":true}\n', 3],
  [
    "process 7 leaves brk without having entered it",
    '{"type":"leave","pid":7,"call":"brk","result":"0x0","removed":[],"added":[]}\n',
    3,
  ],
  [
    "process 7 leaves brk without having entered it",
    '{"type":"enter","pid":7,"call":"mmap","args":[]}\n' +
    '{"type":"leave","pid":7,"call":"brk","result":"0x0","removed":[],"added":[]}\n',
    4,
  ],
  [
    "process 7 enters brk but has not left mmap",
    '{"type":"enter","pid":7,"call":"mmap","args":[]}\n{"type":"enter","pid":7,"call":"brk","args":[]}\n',
    4,
  ],
  [
    "process 7 is not known",
    '{"type":"exit","pid":7,"status":0}\n{"type":"grow","pid":7,"start":"0x0"}\n',
    4,
  ],
];

for (const [why, lines, line] of ORDER) {
  const first = lines.slice(0, lines.indexOf("\n", 0)).slice(8, 30);
  Deno.test(`readTrace: a record out of place: ${why} (${first}, line ${line})`, async () => {
    const text = textOf([HEADER, EXEC]) + lines;
    await assertFails(textStream(text), "EORDER", `line ${line}: ${why}`);
  });
}

Deno.test("readTrace: a consumer that stops early closes the file", async () => {
  let cancelled = false;
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode(textOf([HEADER]))),
    cancel: () => void (cancelled = true),
  });
  for await (const _ of readTrace(source)) break;
  assertEquals(cancelled, true);
});

Deno.test("readTrace: the example of its documentation", async () => {
  const types: string[] = [];
  for await (const record of readTrace(textStream(textOf([HEADER, END])))) types.push(record.type);
  assertEquals(types, ["header", "end"]);
});

/** The whole sample as gzip. */
async function packed(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

Deno.test("readTrace: several gzip members are one text, as gzip reads them", async () => {
  const text = textOf(ALL);
  const middle = text.indexOf("\n", text.length / 2) - 7; // within a line
  const parts = [await packed(text.slice(0, middle)), await packed(text.slice(middle))];
  const whole = new Uint8Array(await new Blob(parts).arrayBuffer());
  for (const size of [whole.length, 1, 17]) {
    assertEquals(await Array.fromAsync(readTrace(streamOf(whole, size))), [...ALL]);
  }
});

Deno.test("readTrace: a second gzip member that is cut off is told", async () => {
  const parts = [await packed(textOf(ALL)), (await packed("more\n".repeat(1000))).slice(0, 20)];
  const whole = new Uint8Array(await new Blob(parts).arrayBuffer());
  await assertRejects(() => Array.fromAsync(readTrace(streamOf(whole))), TraceError, "cut off");
});

Deno.test("boundedLines: a line that is too long ends the reading, whatever it is compressed to", async () => {
  async function* zeros(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode("first\n");
    for (;;) yield new Uint8Array(1 << 20);
  }
  const lines = boundedLines(zeros(), 5 << 20);
  assertEquals((await lines.next()).value, { text: "first", complete: true });
  await assertRejects(() => lines.next(), LineError, "longer than 5 MiB");
});

Deno.test("boundedLines: letters that pieces cut in two, and lines of any length, come whole", async () => {
  const text = "ü€😀\n\n" + "x".repeat(1000) + "é\nrest";
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 2, 3, 7, 5000]) {
    const lines = await Array.fromAsync(boundedLines(streamOf(bytes, size)));
    assertEquals(lines.map((line) => line.text), text.split("\n"));
    assertEquals(lines.map((line) => line.complete), [true, true, true, false]);
  }
});

Deno.test("readTrace: time grows with the length of a line, not with its square", async () => {
  const time = async (megabytes: number) => {
    const bytes = new Uint8Array(megabytes << 20).fill(0x20);
    const startMs = performance.now();
    await assertRejects(() => Array.fromAsync(readTrace(streamOf(bytes, 1 << 14))), TraceError);
    return performance.now() - startMs;
  };
  await time(1);
  const [short, long] = [await time(2), await time(32)];
  assert(long < 64 * short + 500, `2 MiB take ${short} ms, 32 MiB ${long} ms`);
});

Deno.test("readTrace: a stream that breaks says why, plain or compressed, whatever was thrown", async () => {
  const bytes = await gzipped(textOf(ALL));
  const text = new TextEncoder().encode(textOf(ALL));
  for (const [whole, isPacked] of [[bytes, true], [text, false]] as const) {
    for (
      const [thrown, code, why] of [
        [new Error("the disk is gone"), "EIO", "the disk is gone"],
        ["the cable is out", "EIO", "the cable is out"],
        [new TypeError("invalid gzip data"), "ECUT", isPacked ? "damaged or cut off" : "cut off"],
      ] as const
    ) {
      const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
        start: (controller) => controller.enqueue(whole.slice(0, whole.length - 20)),
        pull: (controller) => controller.error(thrown),
      });
      const error = await assertRejects(() => Array.fromAsync(readTrace(stream)), TraceError);
      assertEquals([error.code, error.message.includes(why)], [code, true], error.message);
      assertEquals(error.message.includes("Error"), false, error.message);
    }
  }
});

Deno.test("boundedLines: a last line without an end is told, were it one byte long", async () => {
  const bytes = new TextEncoder().encode("one\nx");
  assertEquals(await Array.fromAsync(boundedLines(streamOf(bytes))), [
    { text: "one", complete: true },
    { text: "x", complete: false },
  ]);
});

Deno.test("readTrace: only both of gzip's first bytes make it gzip", async () => {
  for (const [first, second] of [[0x1f, 0x7b], [0x7b, 0x8b]]) {
    const source = streamOf(new Uint8Array([first!, second!, 0x0a]));
    const error = await assertRejects(() => Array.fromAsync(readTrace(source)), TraceError);
    assertEquals(error.code, "ENOTTRACE");
  }
});

Deno.test("boundedLines: a line of just the longest length is read, one byte more is not", async () => {
  const read = (text: string) =>
    Array.fromAsync(boundedLines(textStream(text, 3), 4), (line) => line.text);
  assertEquals(await read("abcd\nabc\n"), ["abcd", "abc"]);
  await assertRejects(() => read("abcde\n"), LineError, "it is longer than");
  await assertRejects(() => read("abc\nabcde"), LineError, "it is longer than");
});

Deno.test("isTrace: by its first record; what begins otherwise is an error", async () => {
  using folder = TemporaryFolder.create("maple-trace-");
  const path = `${folder.path}/t.jsonl`;
  await Deno.writeTextFile(path, textOf(ALL).slice(0, 2000));
  assertEquals(await isTrace(path), true);
  for (const text of ["", "something else\n", textOf([END])]) {
    await Deno.writeTextFile(path, text);
    await assertRejects(() => isTrace(path), TraceError);
  }
});

Deno.test("boundedLines: a line that comes in pieces is whole, up to 64 MiB of it", async () => {
  const read = (...pieces: string[]) =>
    Array.fromAsync(boundedLines(
      (async function* () {
        for (const piece of pieces) yield await Promise.resolve(new TextEncoder().encode(piece));
      })(),
    ));
  const whole = [{ text: "abcde", complete: true }, { text: "fg", complete: false }];
  assertEquals(await read("ab", "cd", "e\nf", "", "g"), whole);
  assertEquals(await read("abcde\nfg"), whole);
  assertEquals(await read("\n", "\n"), [{ text: "", complete: true }, {
    text: "",
    complete: true,
  }]);
  assertEquals(LONGEST_LINE, 67_108_864);
});

Deno.test("TraceError: a reason that quotes a long line is cut", () => {
  const message = (length: number) => new TraceError("EVALUE", "f", 3, "x".repeat(length)).message;
  assertEquals(message(240), `Cannot read f line 3: ${"x".repeat(240)}`);
  assertEquals(message(241), `Cannot read f line 3: ${"x".repeat(240)}…`);
  assertEquals(
    new TraceError("EIO", "f", 0, "no such file").message,
    "Cannot read f: no such file",
  );
});
