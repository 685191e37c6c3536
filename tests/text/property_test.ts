/**
 * What must hold of any text: no error but the one documented, time that grows with the length, and that a cut or what
 * pasting does to a text loses nothing that stood there.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { readCalls } from "../../src/text/calls/read_calls.ts";
import { explainLayout } from "../../src/text/explain/layout.ts";
import { importText } from "../../src/text/import.ts";
import { readLayout } from "../../src/text/maps/read_layout.ts";
import { TextError } from "../../src/text/text_error.ts";
import { SequenceCheck } from "../../src/trace/sequence_check.ts";
import { testProperty } from "../property/check.ts";

/** Pieces of which all formats are made, so that random texts come near to them. */
const PIECES = [
  "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f22b0012000",
  "munmap(0x7f22b0012000, 4096) = 0",
  "mprotect(0x7f22b0012000, 4096, PROT_NONE) = -1 ENOMEM (Cannot allocate memory)",
  "mremap(0x7f22b0012000, 4096, 12288, MREMAP_MAYMOVE) = 0x7f22b0100000",
  "brk(NULL) = 0x55d0a0000000",
  "brk(0x55d0a0021000) = 0x55d0a0021000",
  "madvise(0x7f22b0012000, 18446744073709551615, MADV_DONTNEED <unfinished ...>",
  "<... madvise resumed>) = 0",
  "clone3({flags=CLONE_VM|CLONE_THREAD}, 88) = 12",
  "fork() = 13",
  'execve("./f", ["./f"], 0x7ffd /* 3 vars */) = 0',
  "+++ exited with 0 +++",
  "+++ superseded by execve in pid 13 +++",
  "[pid 12] ",
  "13 ",
  "strace: Process 12 attached with 3 threads",
  "shmat(1, NULL, 0) = 0x7f22b0300000",
  'prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, 0x7f22b0012000, 4096, "a") = 0',
  "7f22b0012000-7f22b0013000 rw-p 00000000 00:00 0 [anon:a]",
  "0x7f22b0012000 0x7f22b0013000 0x1000 0x0 rw-p /a",
  "000055d0c8a00000      8K r---- tool",
  "VmFlags: rd wr",
  "[...]",
  "event:`SYSCALL: mmap' (state:EXITING_SYSCALL) tid:3",
  "[   1:   1] prog X mmap(0x0, 0x2000, 0x3, 0x22, 0x3 /a, 0x0) = 1 (0x7f22b0012000)",
  "0.020 ( 0.002 ms): prog/4242 mmap(len: 8192) = 0x7f22b0012000",
  "mmap(",
  "(",
  ")",
  "<",
  ">",
  "{",
  '"',
  "/*",
  "*/",
  "|",
  "->",
  "=",
  " = ",
  ",",
  "0x",
  "-1",
  "?",
  "\\",
  "\t",
  "\r\n",
  "\n",
  "&lt;",
  "…",
  "99999999999999999999",
  "0xffffffffffffffff",
  "1<<",
  "*",
];

/** A property that awaits nothing. */
function holdsFor<T>(
  name: string,
  runs: number,
  arbitrary: fc.Arbitrary<T>,
  holds: (value: T) => void,
): void {
  testProperty(name, arbitrary, (value) => Promise.resolve(holds(value)), runs);
}

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...PIECES) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 2, arbitrary: fc.constant("\n") },
);
const anyText = fc.array(piece, { maxLength: 60, size: "max" }).map((pieces) => pieces.join(""));

holdsFor(
  "importText: any text is imported in an order that holds, or ends in a TextError",
  400,
  anyText,
  (text) => {
    try {
      const { records, answers, memoryCalls } = importText(text);
      const order = new SequenceCheck();
      for (const record of records) order.accept(record);
      assert(order.ended && memoryCalls > 0);
      assertEquals(answers.asked, answers.equal + answers.different + answers.cannotKnow);
    } catch (error) {
      assert(error instanceof TextError, String(error));
    }
  },
);

holdsFor(
  "explainLayout: of any text every VMA belongs to one pattern, or it ends in a TextError",
  400,
  anyText,
  (text) => {
    try {
      const { vmas, patterns, borders } = explainLayout(text);
      assertEquals(patterns.reduce((sum, pattern) => sum + pattern.vmas, 0), vmas);
      assert(borders.reduce((sum, border) => sum + border.count, 0) <= Math.max(0, vmas - 1));
    } catch (error) {
      assert(error instanceof TextError, String(error));
    }
  },
);

holdsFor(
  "readLayout: VMAs ascend without overlap, and every line is read once or passed over once",
  300,
  anyText,
  (text) => {
    const { vmas, lines, passedOver } = readLayout(text);
    for (const [at, vma] of vmas.entries()) {
      assert(vma.start < vma.end);
      assert(at === 0 || vmas[at - 1]!.end <= vma.start);
    }
    const numbers = passedOver.map(({ line }) => line);
    assertEquals(new Set(numbers).size, numbers.length);
    assert(numbers.every((line) => line >= 1 && line <= lines));
  },
);

/** Texts of one line and of many that would take a parser long that goes back. */
const NASTY = [
  "mmap(",
  "mmap(1<",
  "0x7f-",
  "[",
  "((((",
  '"\\',
  "/*",
  "->",
  "1 ",
  "+++ ",
  "<... ",
  "7f22b0012000-",
  "| ",
  "> ",
  "a=1 ",
  "{,",
  "&lt;",
  "-",
  "....",
  "Process 1 attached",
  "munmap(0x1000, 4096) = 0 ",
];

for (const [kind, separator] of [["one line", ""], ["many lines", "\n"]] as const) {
  Deno.test(`readCalls and readLayout: 100,000 letters of ${kind} take no time to speak of, whatever they are`, () => {
    for (const part of NASTY) {
      const text = (part + separator).repeat(Math.ceil(100_000 / (part.length + separator.length)));
      const before = performance.now();
      readCalls(text);
      readLayout(text);
      const ms = performance.now() - before;
      // Going back over such a text once for each of its letters would take minutes.
      assert(ms < 8_000, `${JSON.stringify(part)} in ${kind}: ${ms} ms`);
    }
  });
}

function sample(folder: string, name: string): string {
  return Deno.readTextFileSync(new URL(`${folder}/${name}.txt`, import.meta.url));
}

/** What a text shows of memory: each call with its arguments and result, in order. */
function callsOf(text: string): string[] {
  const calls: string[] = [];
  const entered = new Map<number, string>();
  for (const record of importText(text).records) {
    if (record.type === "enter") entered.set(record.pid, `${record.call}(${record.args})`);
    if (record.type === "leave") {
      calls.push(`${entered.get(record.pid)} = ${record.error ?? record.result}`);
    }
  }
  return calls;
}

for (const name of ["strace-f-file", "strace-raw", "strace-verbose", "strace-wrapped"]) {
  const text = sample("field", name);
  const whole = callsOf(text);
  const cut = fc.integer({ min: 400, max: text.length });
  holdsFor(`importText: ${name} cut anywhere gives what stood before`, 60, cut, (length) => {
    const part = text.slice(0, length);
    const complete = part.slice(0, part.lastIndexOf("\n") + 1);
    const found = callsOf(part);
    assertEquals(found, whole.slice(0, found.length));
    assert(found.length >= callsOf(complete).length);
  });
}

for (
  const [folder, name] of [["field", "maps-arenas"], ["field", "smaps"], ["field", "tombstone"], [
    "own",
    "gdb-old",
  ]] as const
) {
  const text = sample(folder, name);
  const whole = readLayout(text).vmas.map(({ start, end }) => `${start}-${end}`);
  const cut = fc.integer({ min: 0, max: text.length });
  holdsFor(`readLayout: ${name} cut anywhere gives what stood before`, 60, cut, (length) => {
    const part = text.slice(0, length);
    const found = readLayout(part).vmas.map(({ start, end }) => `${start}-${end}`);
    const complete = part.slice(0, part.lastIndexOf("\n") + 1);
    const least = readLayout(complete).vmas.length;
    assertEquals(found.slice(0, least), whole.slice(0, least));
    assert(found.length <= least + 1);
  });
}

/** What pasting does to texts. */
const PASTING: Readonly<Record<string, (text: string) => string>> = {
  quoted: (text) => eachLine(text, (line) => `> ${line}`),
  "quoted twice": (text) => eachLine(text, (line) => `>> ${line}`),
  indented: (text) => eachLine(text, (line) => `    ${line}`),
  "line ends": (text) => text.replaceAll("\n", "\r\n"),
  "byte-order mark": (text) => `\ufeff${text}`,
  entities: (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
  fence: (text) => `Look:\n\n\`\`\`\n${text}\`\`\`\nthanks\n`,
  numbered: (text) =>
    text.split("\n").map((line, at) => `${String(at + 1).padStart(5)}  ${line}`).join("\n"),
  "blank lines": (text) => text.replaceAll("\n", "\n\n"),
  "trailing blanks": (text) => eachLine(text, (line) => `${line}   `),
  colours: (text) => eachLine(text, (line) => `\x1b[1m${line}\x1b[0m`),
  "a log's times": (text) =>
    eachLine(text, (line) => `2026-11-25T10:00:00.123456Z stderr F | ${line}`),
};

function eachLine(text: string, change: (line: string) => string): string {
  return text.replace(/^.+$/gm, change);
}

/** Line numbers come last: an editor puts them before whatever is there. */
const pasting = fc.uniqueArray(fc.constantFrom(...Object.keys(PASTING)), {
  minLength: 1,
  maxLength: 3,
}).map((ways) => ways.sort((a, b) => Number(a === "numbered") - Number(b === "numbered")));
for (
  const name of [
    "strace-f-file",
    "strace-y",
    "strace-tt-T",
    "strace-descriptors",
    "strace-attached",
  ]
) {
  const text = sample("field", name);
  const whole = callsOf(text);
  holdsFor(`importText: ${name} says the same however it was pasted`, 40, pasting, (ways) => {
    let pasted = text;
    for (const way of ways) pasted = PASTING[way]!(pasted);
    assertEquals(callsOf(pasted), whole);
  });
}
for (
  const [folder, name] of [
    ["field", "maps-arenas"],
    ["field", "hs-err"],
    ["field", "gdb-mappings"],
    ["field", "tombstone"],
    ["field", "pmap"],
    ["own", "pmap-x"],
  ] as const
) {
  const text = sample(folder, name);
  const whole = readLayout(text).vmas.map((
    { start, end, permissions },
  ) => [start, end, permissions]);
  holdsFor(`readLayout: ${name} says the same however it was pasted`, 40, pasting, (ways) => {
    let pasted = text;
    for (const way of ways) pasted = PASTING[way]!(pasted);
    const found = readLayout(pasted).vmas.map((
      { start, end, permissions },
    ) => [start, end, permissions]);
    assertEquals(found, whole);
  });
}
