/**
 * Reading a text from a file: its encoding, gzip whole and damaged, how long it may be, and what is said where it
 * cannot be read.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { gzipSync } from "node:zlib";
import { Unable } from "../../src/command/command.ts";
import { AddressSpace } from "../../src/mm/address_space.ts";
import { TemporaryFolder } from "../../src/command/files.ts";
import { LONGEST_TEXT, ofFile, readText, Texts } from "../../src/text/read_text.ts";
import { openTrace, whyInLayout } from "../../src/text/open_trace.ts";
import { TextError } from "../../src/text/text_error.ts";
import { TraceError } from "../../src/trace/trace_error.ts";
import { ALL, textOf } from "../trace/samples.ts";

/** Runs `act` with a file of these bytes. */
async function withFile<T>(
  bytes: Uint8Array | string,
  act: (path: string) => Promise<T>,
  name = "text",
): Promise<T> {
  using folder = TemporaryFolder.create("maple-text-");
  const path = `${folder.path}/${name}`;
  await Deno.writeFile(path, typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
  return await act(path);
}

const read = (bytes: Uint8Array | string) => withFile(bytes, readText);

/** What is said on standard error while something runs. */
async function heard<T>(act: () => Promise<T>): Promise<{ result: T; said: string[] }> {
  const { error } = console;
  const said: string[] = [];
  console.error = (line: string) => said.push(line);
  try {
    return { result: await act(), said };
  } finally {
    console.error = error;
  }
}

const encode = (text: string, bigEndian: boolean) => {
  const bytes = new Uint8Array(2 + 2 * text.length), view = new DataView(bytes.buffer);
  [0xfeff, ...[...text].map((letter) => letter.charCodeAt(0))].forEach((unit, i) =>
    view.setUint16(2 * i, unit, !bigEndian)
  );
  return bytes;
};

Deno.test("readText: UTF-8 with and without a mark, UTF-16 of both orders, and bytes that are no text", async () => {
  assertEquals([await read("añ\n"), await read("\ufeffa"), await read("")], ["añ\n", "a", ""]);
  assertEquals([await read(encode("añ", false)), await read(encode("añ", true))], ["añ", "añ"]);
  assertEquals(await read(new Uint8Array([0x61, 0xff, 0x62])), "a\ufffdb");
  // Half a mark is none.
  for (const [first, second] of [[0xff, 0x61], [0x61, 0xfe], [0xfe, 0x61], [0x61, 0xff]]) {
    assertEquals((await read(new Uint8Array([first!, second!]))).length, 2);
  }
});

Deno.test("readText: gzip is known by its first bytes, and of several members is one text", async () => {
  const [one, two] = [gzipSync("one\n"), gzipSync("two\n")];
  const { result, said } = await heard(() => read(new Uint8Array([...one, ...two])));
  assertEquals([result, said], ["one\ntwo\n", []]);
  assertEquals((await read(new Uint8Array([0x1f, 0x61]))).length, 2);
  assertEquals((await read(new Uint8Array([0x61, 0x8b]))).length, 2);
});

Deno.test("readText: of damaged gzip it is what stands before the damage, and that is told", async () => {
  const lines = Array.from({ length: 2000 }, (_, i) => `line ${i * 7919 % 2000}\n`).join("");
  const whole = gzipSync(lines);
  const rubbish = new Uint8Array([
    ...gzipSync("one\n".repeat(2000)),
    ...new Uint8Array(100).fill(7),
  ]);
  for (
    const bytes of [whole.subarray(0, whole.length - 200), whole.subarray(0, whole.length / 2)]
  ) {
    const { result, said } = await heard(() => read(bytes));
    assert(result.length > lines.length / 3 && lines.startsWith(result), `${result.length}`);
    assertEquals(said.length, 1);
    assert(
      said[0]!.endsWith("the compressed data is damaged or cut off; what stands before is read"),
    );
  }
  const { result } = await heard(() => read(rubbish));
  assert(result === "" || "one\n".repeat(2000).startsWith(result));
  // Of what stands before rubbish all is read but the last pieces.
  const half = whole.subarray(0, whole.length / 2);
  const broken = new Uint8Array([...half, ...new Uint8Array(400).fill(0xff)]);
  const before = await heard(() => read(broken));
  assert(lines.startsWith(before.result.slice(0, lines.length / 3)));
  assert(before.result.length > lines.length / 3, `${before.result.length}`);
});

Deno.test("readText: a text longer than can be read is refused by name, however small it is compressed", async () => {
  const long = gzipSync(new Uint8Array(LONGEST_TEXT + 1));
  assert(long.length < LONGEST_TEXT / 500);
  await withFile(long, async (path) => {
    await assertRejects(
      () => readText(path),
      Unable,
      `Cannot read ${path}: it is longer than 128 MiB`,
    );
  });
});

Deno.test("Texts: several may be as long together as one alone, compressed or not", async () => {
  const all = async (...files: (Uint8Array | string)[]) => {
    const texts = new Texts(2048), read: string[] = [];
    for (const bytes of files) read.push(await withFile(bytes, (path) => texts.read(path)));
    return read.map(({ length }) => length);
  };
  const packed = gzipSync("x".repeat(1024));
  assertEquals(await all("x".repeat(2047), "y"), [2047, 1]);
  assertEquals(await all(packed, "", packed), [1024, 0, 1024]);
  const alone = /^Cannot read \S+: it is longer than 2 KiB of text$/;
  const together =
    /^Cannot read \S+: together with the texts before it, it is longer than 2 KiB of text$/;
  const refused = async (...files: (Uint8Array | string)[]) =>
    (await assertRejects(() => all(...files), Unable)).message;
  assertMatch(await refused("x".repeat(2049)), alone);
  assertMatch(await refused("x", "y".repeat(2048)), together);
  assertMatch(await refused("x".repeat(1025), packed), together);
  const { result, said } = await heard(() => refused("x".repeat(1025), packed));
  assertMatch(result, together);
  assertEquals(said, []);
  // What damaged gzip still gives is counted as well.
  const numbers = gzipSync(Array.from({ length: 4096 }, (_, i) => i).join("\n"));
  const damaged = numbers.subarray(0, 1500);
  assert(numbers.length > 2 * damaged.length);
  const { result: given } = await heard(() => read(damaged));
  const limited = (bytes: number) =>
    heard(() => withFile(damaged, (path) => new Texts(bytes).read(path)));
  assertEquals((await limited(given.length)).result, given);
  await assertRejects(() => limited(given.length - 1), Unable, "it is longer than");
  const after = await heard(() => refused("x", damaged));
  assertMatch(after.result, together);
  assertEquals(after.said.length, 1);
});

Deno.test("readText: what cannot be read is named, with the reason alone", async () => {
  await withFile("", async (path) => {
    const missing = `${path}x`;
    const error = await assertRejects(() => readText(missing), Unable);
    assertEquals(error.message, `Cannot read ${missing}: No such file or directory`);
    const folder = path.slice(0, path.lastIndexOf("/"));
    await assertRejects(() => readText(folder), Unable, `Cannot read ${folder}: Is a directory`);
  });
  await assertRejects(
    () => readText("/proc/1/nope"),
    Unable,
    "Cannot read /proc/1/nope: No such file",
  );
});

Deno.test("readText: standard input is read under two names", async () => {
  for (const name of ["-", "/dev/stdin"]) {
    const readable = new Blob(["a\n", "b"]).stream();
    Object.defineProperty(Deno.stdin, "readable", { value: readable, configurable: true });
    try {
      assertEquals(await readText(name), "a\nb");
    } finally {
      Reflect.deleteProperty(Deno.stdin, "readable");
    }
  }
});

Deno.test("readText: files of /proc are read too", async () => {
  assert((await readText("/proc/self/status")).startsWith("Name:"));
});

Deno.test("ofFile: that there is nothing in a text names the file, in one line", () => {
  const nothing = () => {
    throw new TextError("Cannot import the text: there is nothing");
  };
  assertThrows(() => ofFile("a\nb", nothing), Unable, "Cannot import a\\u000ab: there is nothing");
  const broken = () => {
    throw new RangeError("broken");
  };
  assertThrows(() => ofFile("a", broken), RangeError);
  assertEquals(ofFile("a", () => 7), 7);
});

const STRACE = "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000\n";
const MAPS = "00400000-00401000 r--p 00000000 00:00 0 \n00402000-00403000 r--p 00000000 00:00 0 \n";

const records = (text: string, name?: string) =>
  withFile(text, (path) => Array.fromAsync(openTrace(path)), name);

Deno.test("openTrace: a trace as it is, or the text of calls that a file is", async () => {
  assertEquals(await records(textOf(ALL)), [...ALL]);
  const [header] = await records(STRACE);
  assert(header?.type === "header" && header.fidelity === "imported");
  await assertRejects(() => records(textOf(ALL.slice(0, 1))), TraceError, "it was cut off");
  await assertRejects(() => records("words\n"), TraceError, "it is no trace");
  // A trace of another version is a trace, and what is not there is no text either.
  const [first = ""] = textOf(ALL).split("\n");
  const newer = first.replace(/"version":\d+/, '"version":999');
  const refused = await assertRejects(() => records(`${newer}\n${STRACE}`), TraceError);
  assert(!refused.message.includes("it is no trace"), refused.message);
  const missing = await assertRejects(() => Array.fromAsync(openTrace("/nowhere/at-all")));
  assert(!(missing instanceof Unable), String(missing));
  await assertRejects(() => records(""), TraceError);
  await assertRejects(() => records(`${STRACE}mmap(?\n`), TraceError, "it is no trace");
  // More that was not understood than calls: then it is none.
  await assertRejects(() => records(`${STRACE}mmap(?\nmmap(?\n`), TraceError, "it is no trace");
});

Deno.test("openTrace: a fault of the model's is no lack of calls", async () => {
  const { exec } = AddressSpace.prototype;
  Object.assign(AddressSpace.prototype, {
    exec() {
      throw new TypeError("broken");
    },
  });
  try {
    await assertRejects(() => records(STRACE), TypeError, "broken");
  } finally {
    Object.assign(AddressSpace.prototype, { exec });
  }
});

Deno.test("openTrace: a layout is told as what it is, if it is mainly one", async () => {
  const words = "shows a layout, and no calls that could be replayed: deno task explain";
  await assertRejects(() => records(MAPS), Unable, words);
  await assertRejects(() => records(`${MAPS}word\nword\n`), Unable, words);
  await assertRejects(() => records(`${MAPS}word\nword\nword\n`), TraceError, "it is no trace");
  const smaps = "00400000-00401000 r--p 00000000 00:00 0 \nSize: 4 kB\nRss: 4 kB\nPss: 4 kB\n";
  await assertRejects(() => records(smaps), Unable, words);
});

Deno.test("whyInLayout: the VMA of a layout with its neighbours; nothing of what is no layout", async () => {
  const why = (text: string, address: number) =>
    withFile(text, async (path) => (await whyInLayout(path, address))?.words.includes("400000"));
  assertEquals(await why(MAPS, 0x400000), true);
  assertEquals([await why(STRACE, 0x400000), await why(textOf(ALL), 0x1000)], [
    undefined,
    undefined,
  ]);
  assertEquals([await why("", 0), await whyInLayout("-", 0)], [undefined, undefined]);
  await assertRejects(() => why(MAPS, 0x500000), Unable, "nothing is mapped at 0x500000 in");
});
