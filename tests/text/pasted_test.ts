/**
 * What pasting does to lines, and what lines say that no format knows.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { cleanLines } from "../../src/text/lines/clean.ts";
import { markOf, passOver } from "../../src/text/lines/marks.ts";
import { layoutForTrace } from "../../src/text/maps/for_trace.ts";
import { readStraceLine } from "../../src/text/calls/strace.ts";
import { readCalls } from "../../src/text/calls/read_calls.ts";
import { numberOf, readValue } from "../../src/text/calls/values.ts";
import { readPrefix } from "../../src/text/calls/prefix.ts";
import { joinParts } from "../../src/text/strace_parts.ts";
import { TextError } from "../../src/text/text_error.ts";

const cleaned = (text: string) => cleanLines(text).map((line) => line.text);
/** One line, cleaned. */
const one = (text: string) => cleaned(text)[0];

const PASTED: readonly [what: string, text: string, cleaned: string][] = [
  ["a mark of its encoding", "\ufeffmmap(", "mmap("],
  ["colours of a terminal", "\x1b[1;31mmmap\x1b[0m(", "mmap("],
  ["a terminal's title", "\x1b]0;title\x07mmap(", "mmap("],
  ["entities of HTML", "&lt;a&gt;&amp;&quot;&#39;&#124;&hellip;", "<a>&\"'|..."],
  ["an entity that is none", "a &nothing; b & c", "a &nothing; b & c"],
  ["quotes of a word processor", "\u201ca\u201d \u2018b\u2019 \u00abc\u00bb", '"a" \'b\' "c"'],
  ["dashes and an ellipsis", "\u22121 \u2013 \u2026", "-1 - ..."],
  ["blanks of the web", "a\u00a0b\u3000c\u200bd", "a b cd"],
  ["a times sign", "0\u00d77f", "0x7f"],
  ["a quote", "> mmap(", "mmap("],
  ["a quote in a quote", "> > mmap(", "mmap("],
  ["a table's border", "| mmap(", "mmap("],
  ["a break of a line", "mmap(<br />", "mmap("],
  ["blanks at its end", "mmap( \t ", "mmap("],
];

for (const [what, text, plain] of PASTED) {
  Deno.test(`cleanLines: without ${what}`, () => assertEquals(one(text), plain));
}

Deno.test("cleanLines: any end of a line, numbers from 1, the last empty line is none", () => {
  assertEquals(cleanLines("a\nb\r\nc\rd\r\r\n"), [
    ...["a", "b", "c", "d"].map((text, i) => ({ number: i + 1, text })),
  ]);
  assertEquals(cleaned("a\n\nb"), ["a", "", "b"]);
});

Deno.test("cleanLines: numbers of lines go where most lines have one that follows on the one before", () => {
  const lines = ["brk(0)", "brk(1)", "brk(2)", "brk(3)", "brk(4)"];
  const forms: ((line: string, number: number) => string)[] = [
    (line, number) => `${number} ${line}`,
    (line, number) => `  ${number}: ${line}`,
    (line, number) => `${number}| ${line}`,
    (line, number) => `${number} - ${line}`,
    (line, number) => `${number}. ${line}`,
  ];
  for (const form of forms) {
    const text = lines.map((line, i) => form(line, i + 7));
    assertEquals(cleaned(text.join("\n")), lines, text[0]);
    // Three are enough, two are not.
    assertEquals(cleaned(text.slice(0, 3).join("\n")), lines.slice(0, 3));
    assertEquals(
      cleaned(text.slice(0, 2).join("\n")),
      text.slice(0, 2).map((line) => line.trimEnd()),
    );
  }
  const numbered = (numbers: readonly (number | string)[]) =>
    cleaned(numbers.map((number, i) => `${number} call${i}`).join("\n"));
  const bare = (count: number) => Array.from({ length: count }, (_, i) => `call${i}`);
  // Of five lines one may lack its number, of four none.
  assertEquals(numbered([1, 2, 3, 4, "x"])[0], "call0");
  assertEquals(numbered([1, 2, 3, "x"])[0], "1 call0");
  // As many must follow on one another: process numbers do not.
  assertEquals(numbered([1, 1, 1, 1, 1])[0], "1 call0");
  assertEquals(numbered([3, 1, 2, 9, 5])[0], "3 call0");
  assertEquals(numbered([1, 2, 3, 4, 5, 9]), bare(6));
  assertEquals(numbered([5, 4, 3, 2, 1])[0], "5 call0");
  // Lines of nothing do not count, a number alone is a line's of nothing.
  assertEquals(cleaned("1 a\n\n\n2 b\n\n3 c"), ["a", "", "", "b", "", "c"]);
  assertEquals(cleaned("1 a\n2\n3 c"), ["a", "", "c"]);
});

const MARKS: readonly [line: string, mark: ReturnType<typeof markOf>][] = [
  ["", "nothing"],
  ["   ", "nothing"],
  ["```c", "nothing"],
  ["~~~", "nothing"],
  ["<pre>", "nothing"],
  ["[code]", "nothing"],
  ["{noformat}", "nothing"],
  ["$ strace -f ls", "command"],
  ["root@host:~# cat /proc/1/maps", "command"],
  ["❯ perf trace ls", "command"],
  ["--", "gap"],
  ["LOST 12 events!", "gap"],
  ["LOST 1 events!", "gap"],
  ["...", "gap"],
  ["[...]", "gap"],
  ["[snip]", "gap"],
  ["(20 lines omitted)", "gap"],
  ["/* many more */", "gap"],
  ["# ... and on", "gap"],
  ["20 lines omitted", "words"],
  ["and then ... nothing", "words"],
  ["--- a", "words"],
  ["hello", "words"],
  [`[${"snip ".repeat(30)}]`, "words"],
  [`[snip${" ".repeat(94)}]`, "gap"],
];

for (const [line, mark] of MARKS) {
  Deno.test(`markOf: ${line.slice(0, 30) || "an empty line"}: ${mark}`, () => {
    assertEquals(markOf(line), mark);
  });
}

Deno.test("passOver: a line is cut to 200 letters", () => {
  const [short, long] = ["a".repeat(200), "b".repeat(201)];
  assertEquals(passOver(3, short, "why"), { line: 3, text: short, why: "why" });
  assertEquals(passOver(3, long, "why").text, "b".repeat(200));
});

Deno.test("layoutForTrace: each VMA as a trace has it, what the text does not say taken for what is most common", () => {
  const smaps = [
    "00400000-00401000 r-xp 00001000 fe:01 77 /usr/bin/a b",
    "Anonymous: 4 kB",
    "VmFlags: rd ex mr mw me sd  ac ",
    "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 ",
    "Anonymous: 0 kB",
    "VmFlags: rd wr mr mw me ac",
  ].join("\n");
  const [first, second] = layoutForTrace(smaps);
  assertEquals(first?.vmFlags, "rd ex mr mw me ac");
  assertEquals([first?.offset, first?.device, first?.inode], [0x1000, "fe:01", 77]);
  assertEquals([second?.vmFlags, second?.inode, second?.device, second?.name], [
    ...["rd wr mr mw me ac", 0, "00:00", ""],
  ]);
  const plain = layoutForTrace("00400000-00401000 rw-p 00000000 00:00 0\n");
  assertEquals(plain, [{
    ...{ start: 0x400000, end: 0x401000, permissions: "rw-p", offset: 0, device: "00:00" },
    ...{ inode: 0, name: "" },
  }]);
  // The vsyscall page lies beyond what the model holds.
  const line = (end: string) =>
    `${(BigInt(`0x${end}`) - 4096n).toString(16)}-${end} r-xp 00000000 00:00 0\n`;
  assertEquals(layoutForTrace(line("10000000000000")).length, 1);
  assertEquals(layoutForTrace(`${line("401000")}${line("10000000001000")}`).length, 1);
  // A debugger's table says less, a damaged line says what cannot be.
  assertEquals(layoutForTrace("0x1000 0x3000 0x2000 /lib/a.so\n"), [{
    ...{ start: 0x1000, end: 0x3000, permissions: "r--p", offset: 0, device: "00:00", inode: 0 },
    name: "a.so",
  }]);
  assertEquals(
    layoutForTrace("00400000-00401000 rw-p 00000000 00:00 0 [anon:dalvik-/data/a]\n")[0]?.name,
    "[anon:dalvik-/data/a]",
  );
  const damaged = ["00400800-00402000", "00402000-00403800", "00404000-00405000"];
  assertEquals(
    layoutForTrace(damaged.map((range) => `${range} rw-p 00000000 00:00 0\n`).join("")).map((
      { start },
    ) => start),
    [0x404000],
  );
  assertThrows(() => layoutForTrace("words\n"), TextError, "no line of it shows a VMA");
  assertEquals(layoutForTrace("00400000-00401000 rw-p 00000000 00:00 0").length, 1);
});

/** The events of a line, in a word each. */
function events(line: string): string[] {
  return readStraceLine(line, 1).events.map((event) => {
    const pid = event.pid === undefined ? "" : `${event.pid} `;
    switch (event.kind) {
      case "call":
      case "enter":
      case "leave": {
        const { value, error } = event.result ?? {};
        const result = error ?? (value === undefined ? "" : value.toString(16));
        return `${pid}${event.kind} ${event.call}(${event.args.join("; ")})${
          result && ` ${result}`
        }`;
      }
      case "exit":
        return `${pid}exit ${event.status}`;
      case "superseded":
        return `${pid}by ${event.by}`;
      case "attached":
        return `${pid}attached ${event.threads}`;
      default:
        return `${pid}${event.kind}`;
    }
  });
}

const STRACE: readonly [line: string, events: string[]][] = [
  ["brk(NULL) = 0x5000", ["call brk(NULL) 5000"]],
  ["[pid  12] brk(NULL) = 0x5000", ["12 call brk(NULL) 5000"]],
  ["12 brk(NULL) = 0x5000", ["12 call brk(NULL) 5000"]],
  ["12<cat> 10:00:00.123 brk(NULL) = 0x5000", ["12 call brk(NULL) 5000"]],
  ["brk(NULL) = 0x5000 brk(0x6000) = 0x6000", ["call brk(NULL) 5000", "call brk(0x6000) 6000"]],
  ["[pid 12] munmap(0x1000, 4096 <unfinished ...>", ["12 enter munmap(0x1000; 4096)"]],
  ["[pid 12] <... munmap resumed>) = 0", ["12 leave munmap() 0"]],
  ["[pid 12] <... munmap resumed> ) = 0", ["12 leave munmap() 0"]],
  ["<... mmap resumed>, -1, 0) = 0x7000", ["leave mmap(-1; 0) 7000"]],
  ["<... mmap resumed> <unfinished ...>) = ?", ["leave mmap()"]],
  ["SYS_brk(0) = 0x5000", ["call brk(0) 5000"]],
  ["brk@SYS(0) = 0x5000", ["call brk(0) 5000"]],
  ["SYS_435(0) = 7", ["call clone3(0) 7"]],
  ["SYS_500(0) = 7", ["call syscall_500(0) 7"]],
  ["[pid 12] +++ exited with 3 +++", ["12 exit 3"]],
  ["+++ exited (status 3) +++", ["exit 3"]],
  ["12 +++ killed by SIGKILL (core dumped) +++", ["12 exit 137"]],
  ["12 +++ killed by SIGRT_3 +++", ["12 exit 128"]],
  ["12 +++ superseded by execve in pid 13 +++", ["12 by 13"]],
  ["strace: Process 12 attached", ["12 attached 1"]],
  ["Process 12 attached with 3 threads", ["12 attached 3"]],
  ["[ Process PID=12 runs in 32 bit mode. ]", ["12 32 bits"]],
  ["[ Process PID=12 runs in 64 bit mode. ]", []],
  ["--- SIGCHLD {si_signo=SIGCHLD} ---", []],
  ["[pid 12] --- SIGSEGV {si_signo=SIGSEGV} ---", []],
  ["strace: exec: No such file", []],
  ["+++ a program's own +++", []],
  ['read(3, "brk(0) = 0", 10) = 10', ['call read(3; "brk(0) = 0"; 10) a']],
  ["12<cat> read(3) = 0", ["12 call read(3) 0"]],
  ["it calls read(3) = 0", []],
  ["main.c: f(1): brk(NULL) = 0x5000", ["call brk(NULL) 5000"]],
  ["read(3) words brk(NULL) = 0x5000", []],
  ["brk(0) = 0x5000 fork() words brk(1) = 0x6000", ["call brk(0) 5000", "call brk(1) 6000"]],
  ["brk(0) = 0x5000 and f(1) brk(1) = 0x6000", ["call brk(0) 5000", "call brk(1) 6000"]],
  ["brk(NULL) = 0x5000 +++ exited with 0 +++", ["call brk(NULL) 5000"]],
  ["brk(NULL) = 0x5000 <... read resumed>) = 0", ["call brk(NULL) 5000"]],
  ["munmap(0x1000, 4096strace: Process 12 attached", []],
  ["munmap(0x1000, 4096) = 0 Process 12 attached", ["call munmap(0x1000; 4096) 0"]],
];

for (const [line, told] of STRACE) {
  Deno.test(`readStraceLine: ${line}`, () => assertEquals(events(line), told));
}

Deno.test("readStraceLine: whether a line is read, goes on in the next one, or is none of strace's", () => {
  const state = (line: string) => {
    const { state, unread } = readStraceLine(line, 1);
    return unread === undefined ? state : `${state}: ${unread}`;
  };
  assertEquals(state("brk(NULL) = 0x5000"), "read");
  assertEquals(state("hello"), "unknown");
  assertEquals(state("--- SIGCHLD ---"), "read");
  assertEquals(state("mmap(NULL, 4096"), "open: the line is cut within mmap");
  assertEquals(state("mmap(NULL, 4096)"), "open: the line is cut before the result of mmap");
  assertEquals(state("mmap(NULL, 4096) = "), "open: the line is cut before the result of mmap");
  assertEquals(state("mmap(NULL, 4096) = -"), "open: the line is cut before the result of mmap");
  assertEquals(state("mmap(NULL, 4096) words"), "unknown: no result stands after mmap");
  assertEquals(state('read(3, "a'), "open");
  assertEquals(state("read(3) words"), "unknown");
  assertEquals(state("brk(NULL) = 0x5000 mmap(NULL, 4096"), "open: the line is cut within mmap");
  assertEquals(state("mmap(NULL) words brk(NULL) = 0x5000"), "read: no result stands after mmap");
  assertEquals(state("[pid 12] --- SIGSEGV {si_signo=SIGSEGV} ---"), "read");
  assertEquals(state("it says --- SIGSEGV ---"), "unknown");
  assertEquals(state("12 ????( <detached ...>"), "read");
  assertEquals(state("read(3) words brk(NULL) = 0x5000"), "unknown");
  assertEquals(state("it calls read(3) = 0"), "unknown");
  // 300 letters before a call may be the tracer's.
  const after = (letters: number) => state(`${"1 ".repeat(letters / 2)}read(3) = 0`);
  assertEquals([after(300), after(302)], ["read", "unknown"]);
  const many = readStraceLine("brk(0) = 0x1000 ".repeat(10_001), 1);
  assertEquals([many.events.length, many.state], [10_000, "read"]);
  assertEquals(state("<... mmap resumed>, -1"), "open");
  assertEquals(state("<... mmap resumed>)"), "open");
});

/** What a text of calls comes to: its calls, and what was passed over. */
function text(...lines: string[]): { calls: string[]; why: string[] } {
  const { events, passedOver } = readCalls(lines.join("\n"));
  return {
    calls: events.map((event) =>
      "call" in event ? `${event.call} ${event.args.length}` : event.kind
    ),
    why: passedOver.map(({ line, why }) => `${line}: ${why}`),
  };
}

Deno.test("readCalls: a call that was broken into lines is one, with a blank between or none", () => {
  assertEquals(text("mmap(NULL, 4096,", "PROT_READ, MAP_PRIVATE, 3, 0) = 0x7000"), {
    ...{ calls: ["mmap 6"], why: [] },
  });
  assertEquals(text("mmap(NULL, 40", "96, PROT_READ, MAP_PRI", "VATE, 3, 0) = 0x7000"), {
    ...{ calls: ["mmap 6"], why: [] },
  });
  assertEquals(text("mmap(NULL, 4096, \\", "1, 2, 3, 0) = 0x7000").calls, ["mmap 6"]);
  assertEquals(text("mmap(NULL, 4096, 1, 2, 3, 0", "Process 12 attached", ") = 0x7000").calls, [
    "mmap 6",
  ]);
  // Where a number was cut in two it is one again, where a blank was, a blank.
  const whole = (...lines: string[]) =>
    readCalls(lines.join("\n")).events.map((event) => "args" in event ? event.args.join(" ") : "");
  assertEquals(whole("mmap(NULL, 40", "96, PROT_READ, MAP_PRI", "VATE, -", "1, 0) = 0x7000"), [
    "NULL 4096 PROT_READ MAP_PRIVATE -1 0",
  ]);
  assertEquals(whole("munmap(0x1000,", "4096) = 0"), ["0x1000 4096"]);
  assertEquals(whole("madvise(0x1000, 4096, 0x8 /*", "MADV_FREE */) = 0"), [
    "0x1000 4096 0x8 /* MADV_FREE */",
  ]);
  // A line that asks for the next one gets it, whatever that looks like; without it, what another event is stays it.
  assertEquals(whole("mmap(NULL, 4096, 1, 2, \\", "3 </lib/a.so>, 0) = 0x7000"), [
    "NULL 4096 1 2 3 </lib/a.so> 0",
  ]);
  assertEquals(whole("mmap(NULL, 4096, 1, 2, 3\\", "4, 0) = 0x7000"), ["NULL 4096 1 2 3 4 0"]);
  assertEquals(text("[pid 1] mmap(NULL, 4096,", "[pid 2] <... munmap resumed>) = 0"), {
    ...{ calls: ["munmap 0"], why: ["1: the line is cut within mmap"] },
  });
  assertEquals(text("mmap(NULL,", "0) words brk(NULL) = 0x5000"), {
    ...{ calls: ["brk 1"], why: ["1: the line is cut within mmap"] },
  });
  // What begins an event of its own goes on with nothing.
  const cut = text("mmap(NULL, 4096,", "brk(NULL) = 0x5000");
  assertEquals(cut, { calls: ["brk 1"], why: ["1: the line is cut within mmap"] });
  assertEquals(text("mmap(NULL, 4096,", "", "1, 2, 3, 0) = 0x7000").calls, []);
  // Eight lines more are looked at, not nine.
  const pieces = (count: number) =>
    text("mmap(NULL,", ...Array(count - 1).fill("0,"), "0) = 0x7000").calls;
  assertEquals([pieces(8), pieces(9)], [["mmap 9"], []]);
});

Deno.test("readCalls: three lines of one tool's kind decide which tool it was", () => {
  const perf = "     1.234 ( 0.005 ms): cat/12 munmap(addr: 0x1000, len: 4096) = 0";
  const ltrace = "SYS_munmap(0x1000, 4096) = 0";
  const format = (perfs: number, ltraces: number) =>
    readCalls([...Array(perfs).fill(perf), ...Array(ltraces).fill(ltrace)].join("\n")).format;
  assertEquals([format(3, 5), format(2, 5), format(2, 1)], ["perf", "ltrace", "perf"]);
  // gVisor's lines that are cut are told, calls on memory alone.
  const gvisor = "[   1:   1] prog X munmap(0x1000, 0x1000) = 0 (0x0) (1us)";
  assertEquals(
    text(gvisor, gvisor.slice(0, 35), gvisor.slice(0, 30).replace("munmap", "stat")).why,
    [
      "2: the line is cut within munmap",
      "3: it is no line of the tracer: the program's own output, or words around the text",
    ],
  );
  const mapped =
    "[   1:   1] prog X mmap(0x0, 0x1000, 0x1, 0x22, 0xffffffffffffffff (bad FD), 0x0) " +
    "= 139637976727552 (0x7f0000000000) (1us)";
  const [event] = readCalls(mapped).events;
  assertEquals(event && "args" in event && event.args[4], "0xffffffffffffffff");
});

Deno.test("readStraceLine: what ltrace marks as a system's call is one, at its beginning and at its end", () => {
  const marked = (line: string) => {
    const [event] = readStraceLine(line, 1).events;
    return event !== undefined && "isSystem" in event && event.isSystem;
  };
  for (const line of ["brk@SYS(0) = 0x5000", "SYS_brk(0) = 0x5000"]) {
    assertEquals(marked(line), true, line);
  }
  for (const line of ["<... brk@SYS resumed> ) = 0x5000", "<... SYS_brk resumed> ) = 0x5000"]) {
    assertEquals(marked(line), true, line);
  }
  const [event] = readStraceLine("<... brk resumed> ) = 0x5000", 1).events;
  assertEquals(event, {
    ...{ line: 1, kind: "leave", call: "brk", args: [], result: { value: 0x5000 } },
  });
});

Deno.test("readCalls: where lines were left out, and what was passed over", () => {
  const brk = "brk(NULL) = 0x5000";
  assertEquals(text(brk, "[...]", brk), {
    ...{ calls: ["brk 1", "gap", "brk 1"], why: ['2: lines were left out here ("[...]")'] },
  });
  const words = "it is no line of the tracer: the program's own output, or words around the text";
  assertEquals(text(brk, "hello", brk), { calls: ["brk 1", "brk 1"], why: [`2: ${words}`] });
  assertEquals(text("$ strace ls", brk, "```"), { calls: ["brk 1"], why: [] });
  // What strace resumes looks like such a mark, and is none.
  assertEquals(text("<... mmap resumed>, -1", "", brk), {
    ...{ calls: ["brk 1"], why: ["1: the line is cut within a call"] },
  });
  assertEquals(text(brk, 'read(3, "a').why, ["2: the text is cut within this line"]);
  assertEquals(text('read(3, "a', "", brk).why, ["1: the line is cut within a call"]);
});

Deno.test("readPrefix: process, time and program, in any of strace's ways", () => {
  const read = (left: string) => {
    const { pid, time } = readPrefix(left);
    return [pid, time];
  };
  assertEquals(read("[pid 12] "), [12, undefined]);
  assertEquals(read("12 "), [12, undefined]);
  assertEquals(read("12 1700000000.5 "), [12, 1700000000.5]);
  assertEquals(read("1700000000.5 "), [undefined, 1700000000.5]);
  assertEquals(read("12 01:02:03 "), [12, 3723]);
  assertEquals(read("12 01:02:03.25 "), [12, 3723.25]);
  assertEquals(read("12     0.000123 "), [12, undefined]);
  assertEquals(read(""), [undefined, undefined]);
  assertEquals(read("/* a comment */ 12 "), [12, undefined]);
  // Of what a log puts before a line forty words are looked at.
  const after = (words: number) => read(`${"x ".repeat(words - 2)}log: 12 `)[0];
  assertEquals([after(40), after(41)], [12, undefined]);
  // 2^22, PID_MAX_LIMIT, is the largest that a kernel lets one ask for.
  assertEquals([read("4194304 "), read("4194305 ")], [[4194304, undefined], [
    undefined,
    undefined,
  ]]);
});

Deno.test("numberOf: bits above 32, products and shifts of what is no number, comments", () => {
  assertEquals(numberOf("0x100000001|0x2"), 0x100000003);
  assertEquals(numberOf("-1|1"), -1);
  assertEquals([numberOf("-0x10000000000|1"), numberOf("1|-0x10000000000")], [
    ...[1 - 2 ** 40, 1 - 2 ** 40],
  ]);
  // No limit at all has no bits.
  assertEquals([numberOf("RLIM64_INFINITY|1"), numberOf("1|RLIM64_INFINITY")], [NaN, NaN]);
  assertEquals(numberOf("0|0x80000000"), 0x80000000);
  assertEquals(numberOf("0x80000000|0"), 0x80000000);
  assertEquals([numberOf("1*x"), numberOf("x*1"), numberOf("x<<2"), numberOf("2<<x")], [
    ...[NaN, NaN, NaN, NaN],
  ]);
  assertEquals(numberOf("1/**/|/* a */2"), 3);
  assertEquals(numberOf("/*/ 5 */7"), 7);
  assertEquals(readValue("3(x)"), { value: 3 });
  assertEquals(readValue("0|1"), { value: 1 });
  assertEquals("unknown" in readValue("MAP_PRIVATE|1"), false);
});

Deno.test("joinParts: the files of strace -ff are one text, each line with its process", () => {
  const parts = [
    { name: "out.12", text: "brk(NULL) = 0x5000\nbrk(NULL) = 0x5000\n" },
    { name: "out.13", text: "brk(NULL) = 0x6000\n" },
  ];
  const { events } = readCalls(joinParts(parts));
  assertEquals(events.map(({ pid }) => pid).toSorted(), [12, 12, 13]);
  const timed = [
    { name: "out.12", text: "1700000000.5 brk(NULL) = 0x5000\n1700000002.5 brk(NULL) = 0x5000\n" },
    { name: "out.13", text: "1700000001.5 brk(NULL) = 0x6000\n" },
  ];
  assertEquals(readCalls(joinParts(timed)).events.map(({ pid }) => pid), [12, 13, 12]);
});
