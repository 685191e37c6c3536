/**
 * The parts of a call's line: numbers and names, where arguments end, what the result is.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { readResult } from "../../src/text/calls/result.ts";
import { scanArguments } from "../../src/text/calls/scan.ts";
import { numberNamed } from "../../src/text/calls/names.ts";
import { numberOf, readValue } from "../../src/text/calls/values.ts";
import { counted, inBytes } from "../../src/text/explain/amounts.ts";
import { limitShown } from "../../src/text/trace/arguments.ts";
import { joinParts } from "../../src/text/strace_parts.ts";

Deno.test("numberOf: every way in which tools write a number", () => {
  const numbers: readonly [string, number][] = [
    ["0", 0],
    ["42", 42],
    ["-1", -1],
    ["0x7f0000000000", 0x7f0000000000],
    ["0X10", 16],
    ["-0x10", -16],
    ["010", 8],
    ["0644", 0o644],
    ["09", 9],
    ["18446744073709551615", -1],
    ["0xffffffffffffffff", -1],
    ["0xfffffffffffff000", -4096],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
    ["9007199254740992", Number.MAX_SAFE_INTEGER],
    ["8192*1024", 8192 * 1024],
    ["2 * 3 * 4", 24],
    ["1<<12", 4096],
    ["21 << MAP_HUGE_SHIFT", 21 * 2 ** 26],
    ["30<<MAP_HUGE_SHIFT", 30 * 2 ** 26],
    ["0x1|0x2", 3],
    ["PROT_READ|PROT_WRITE", 3],
    ["PROT_READ | 0x4", 5],
    ["0x80000000|1", 0x80000001],
    ["0x100000000|0x3", 0x100000003],
    ["0x7fffffff|0x80000000", 0xffffffff],
    ["0x3 /* PROT_READ|PROT_WRITE */", 3],
    ["PROT_READ /* 0x1 */", 1],
    ["/* one */ 1 /* two */", 1],
    ["/*one*/7", 7],
    ["12 /* not closed", 12],
    ["NULL", 0],
    ["RLIM64_INFINITY", Infinity],
  ];
  for (const [text, value] of numbers) assertEquals(numberOf(text), value, text);
  for (
    const text of ["", "x", "0x", "1.5", "{...}", "PROT_READ|x", "x<<1", "1<<x", "2*x", "1<<2<<3"]
  ) {
    assertEquals(numberOf(text), NaN, text);
  }
});

// include/uapi/asm-generic/mman-common.h, mman.h, include/uapi/linux/sched.h, prctl.h, fcntl.h, memfd.h
Deno.test("numberOf: names have the numbers of the kernel's headers", () => {
  const names: readonly [string, number][] = [
    ["MAP_ANON", 0x20],
    ["MAP_FILE", 0],
    ["MAP_HUGE_64KB", 16 * 2 ** 26],
    ["MAP_HUGE_2MB", 21 * 2 ** 26],
    ["MAP_HUGE_1GB", 30 * 2 ** 26],
    ["CLONE_VM|CLONE_VFORK", 0x4100],
    ["CLONE_VM|CLONE_FS|CLONE_FILES|CLONE_SIGHAND|CLONE_THREAD|CLONE_SYSVSEM", 0x50f00],
    ["CLONE_SETTLS|CLONE_PARENT_SETTID|CLONE_CHILD_CLEARTID", 0x380000],
    ["CLONE_CHILD_SETTID|SIGCHLD", 0x1000000],
    ["O_RDWR|O_CLOEXEC", 0o2000002],
    ["O_WRONLY", 1],
    ["O_RDONLY", 0],
    ["AT_FDCWD", -100],
    ["PR_SET_MDWE", 65],
    ["PR_SET_MEMORY_MERGE", 67],
    ["PR_SET_NAME", 15],
    ["PR_SET_MM", 35],
    ["MLOCK_ONFAULT", 1],
    ["SHMAT", 21],
    ["SHMDT", 22],
  ];
  for (const [name, value] of names) assertEquals(numberOf(name), value, name);
  assertEquals(numberOf("READ|WRITE", "PROT_"), 3);
  assertEquals(numberOf("READ|WRITE"), 0);
  // What the tables are called is no name in them.
  assertEquals([numberNamed("MADV"), numberNamed("x"), numberNamed("MADV_FREE")], [
    ...[undefined, undefined, 8],
  ]);
});

Deno.test("readValue: a name that is not known counts as no bit and is told, the first of several", () => {
  assertEquals(readValue("MAP_STRANGE"), { value: 0, unknown: "MAP_STRANGE" });
  assertEquals(readValue("MAP_PRIVATE|MAP_STRANGE|MAP_ODD"), { value: 2, unknown: "MAP_STRANGE" });
  assertEquals(readValue("MAP_ODD|MAP_PRIVATE"), { value: 2, unknown: "MAP_ODD" });
});

Deno.test("readValue: a descriptor has a path, which may hold arrows and brackets", () => {
  assertEquals(readValue("3</lib/libc.so.6>"), { value: 3, path: "/lib/libc.so.6" });
  assertEquals(readValue("3 </lib/a b>"), { value: 3, path: "/lib/a b" });
  assertEquals(readValue("-1</x>"), { value: -1, path: "/x" });
  assertEquals(readValue("0x5</x>"), { value: 5, path: "/x" });
  assertEquals(readValue("4<socket:[1->2]>"), { value: 4, path: "socket:[1->2]" });
  assertEquals(readValue("3</a<b>>"), { value: 3, path: "/a<b>" });
  assertEquals(readValue("3</cut"), { value: 3, path: "/cut" });
  assertEquals(readValue("AT_FDCWD</root>"), { value: -100, path: "/root" });
  assertEquals(readValue("3(/lib/x)"), { value: 3 });
  assertEquals(readValue("3<>"), { value: 3, path: "" });
});

Deno.test("scanArguments: commas and brackets in texts, comments, structures and paths separate nothing", () => {
  const scan = (text: string) => scanArguments(text, 0);
  const closed = (args: readonly string[], end: number) => ({ args, end, state: "closed" });
  assertEquals(scan(")"), closed([], 1));
  assertEquals(scan(" a , b )x"), closed(["a", "b"], 8));
  assertEquals(scan("a, ,b)"), closed(["a", "", "b"], 6));
  assertEquals(scan('"a,)", b)'), closed(['"a,)"', "b"], 9));
  assertEquals(scan('"a\\"),", b)'), closed(['"a\\"),"', "b"], 11));
  assertEquals(scan("1 /* a, b) */, c)"), closed(["1 /* a, b) */", "c"], 17));
  assertEquals(scan("/**/, c)"), closed(["/**/", "c"], 8));
  assertEquals(scan("/*/ , */ c)"), closed(["/*/ , */ c"], 11));
  assertEquals(scan("{a=1, b=[2, 3]}, (x, y))"), closed(["{a=1, b=[2, 3]}", "(x, y)"], 24));
  assertEquals(scan("3</a,b)>, 4)"), closed(["3</a,b)>", "4"], 12));
  assertEquals(scan("3<a->b,>, 4)"), closed(["3<a->b,>", "4"], 12));
  assertEquals(scan("3<a<b,>c,>, 4)"), closed(["3<a<b,>c,>", "4"], 14));
  assertEquals(scan("a <b, c)"), closed(["a <b", "c"], 8));
  assertEquals(scan("a <b, c> d)"), closed(["a <b", "c> d"], 11));
  assertEquals(scan('"", b)'), closed(['""', "b"], 6));
  assertEquals(scan("2/*x*/*3, 4)"), closed(["2/*x*/*3", "4"], 12));
  // A path of 4,198 letters is looked through, a longer one is not.
  const path = (letters: number) => scan(`3<${"a".repeat(letters - 1)},>, 4)`).args.length;
  assertEquals([path(4198), path(4199)], [2, 3]);
});

Deno.test("scanArguments: a call that another interrupts, and one that the text cuts", () => {
  const scan = (text: string) => scanArguments(text, 0);
  for (const word of ["unfinished ...", "detached ...", "no return ...", "ptrace(SYSCALL):x"]) {
    const text = `1, 2 <${word}> rest`;
    assertEquals(scan(text), { args: ["1", "2"], end: text.length - 5, state: "unfinished" });
  }
  assertEquals(scan("1 <unfinished"), { args: ["1"], end: 13, state: "unfinished" });
  for (const cut of ["1, 2", '1, "2', "1, /* 2", "1, {2", "1, 3</a"]) {
    const [, second = ""] = cut.split(/, /);
    assertEquals(scan(cut), { args: ["1", second], end: cut.length, state: "cut" }, cut);
  }
});

Deno.test("readResult: numbers, paths, errors of every tool, and calls that do not return", () => {
  const result = (text: string) => readResult(text, 0)?.result;
  const value = (text: string) => result(text)?.value;
  assertEquals(result(" = 0x7f0000000000"), { value: 0x7f0000000000 });
  assertEquals(result(" => 5"), { value: 5 });
  assertEquals(result("= 3</lib/x>"), { value: 3, path: "/lib/x" });
  assertEquals(result("= 3</lib/x>(deleted) <0.000012>"), { value: 3, path: "/lib/x" });
  assertEquals(result("= 12 (0xc)"), { value: 12 });
  assertEquals(result("= 0x10 (0x20)"), { value: 0x20 });
  assertEquals(value("= nil"), 0);
  assertEquals(value("= NULL"), 0);
  for (
    const text of [
      "= -1 ENOMEM (Cannot allocate memory)",
      "= -12",
      "= -ENOMEM",
      "= 0 (0x0) errno=12 (cannot allocate memory)",
      "= -1 (ENOMEM)",
      "= -1 (errno: ENOMEM)",
      "= 0xfffffffffffffff4",
    ]
  ) assertEquals(result(text), { value: 0, error: "ENOMEM" }, text);
  assertEquals(result("= -1"), { value: 0, error: "an error" });
  assertEquals(result("= -4095")?.error !== undefined, true);
  assertEquals(result("= -4096"), { value: -4096 });
  assertEquals(result("= ?"), undefined);
  assertEquals(readResult("= ?", 0)?.end, 3);
  assertEquals(result("= ? ERESTARTSYS (To be restarted)"), { value: 0, error: "ERESTARTSYS" });
  assertEquals(result("= 5 EXAMPLE"), { value: 5 });
  assertEquals(result("= 5 ENOMEM"), { value: 0, error: "ENOMEM" });
  for (const text of ["= 0 EXAMPLE", "= -1 EXAMPLE", "= ? EXAMPLE", "= -5 EXAMPLE (What)"]) {
    assertEquals(result(text), { value: 0, error: "EXAMPLE" }, text);
  }
  assertEquals(readResult("no result", 0), undefined);
  assertEquals(readResult("x = 5", 0), undefined);
  assertEquals(readResult("x = 5 <0.000021> y", 1)?.end, 16);
});

Deno.test("inBytes: the largest unit of which it is a whole number, or more than ten", () => {
  const amounts: readonly [number, string][] = [
    [0, "0 bytes"],
    [1, "1 bytes"],
    [1023, "1023 bytes"],
    [1024, "1 KiB"],
    [1025, "1025 bytes"],
    [10239, "10239 bytes"],
    [10241, "10.0 KiB"],
    [81919, "80.0 KiB"],
    [1048576, "1 MiB"],
    [64 * 2 ** 20, "64 MiB"],
    [2 ** 30, "1 GiB"],
    [2 ** 40, "1 TiB"],
    [2 ** 50, "1 PiB"],
    [2 ** 60, "1024 PiB"],
    [Infinity, "unlimited"],
  ];
  for (const [bytes, words] of amounts) assertEquals(inBytes(bytes), words);
  assertEquals([0, 1, 2].map((count) => counted(count, "VMA")), ["0 VMAs", "1 VMA", "2 VMAs"]);
});

Deno.test("limitShown: the soft limit that a call sets or shows, under the kernel's name or number", () => {
  const shown = (call: string, ...args: string[]) => limitShown(call, args);
  const to = (bytes: number | string) => `{rlim_cur=${bytes}, rlim_max=RLIM64_INFINITY}`;
  const names = ["STACK", "AS", "DATA", "MEMLOCK"].map((name) => `RLIMIT_${name}`);
  const fields = ["stack", "addressSpace", "data", "lockedMemory"];
  for (const [i, name] of names.entries()) {
    assertEquals(shown("prlimit64", "0", name, to(8192), "NULL"), { [fields[i]!]: 8192 });
    assertEquals(shown("prlimit64", "0", name, "NULL", to(8192)), { [fields[i]!]: 8192 });
    assertEquals(shown("setrlimit", name, to("8*1024")), { [fields[i]!]: 8192 });
  }
  // include/uapi/asm-generic/resource.h
  assertEquals(shown("setrlimit", "3", to(1)), { stack: 1 });
  assertEquals(shown("setrlimit", "2", to(1)), { data: 1 });
  assertEquals(shown("setrlimit", "8", to(1)), { lockedMemory: 1 });
  assertEquals(shown("setrlimit", "9 /* RLIMIT_AS */", to(0)), { addressSpace: 0 });
  assertEquals(shown("setrlimit", "RLIMIT_NOFILE", to(1)), undefined);
  assertEquals(shown("setrlimit", "RLIMIT_STACK", "NULL"), undefined);
  assertEquals(shown("setrlimit", "RLIMIT_STACK", to("RLIM64_INFINITY")), {});
  assertEquals(shown("setrlimit", "RLIMIT_STACK", to("-1")), {});
  assertEquals(shown("setrlimit", "RLIMIT_STACK", to("what")), {});
});

Deno.test("joinParts: by time if every line has one, else one file after the other by number", () => {
  const join = (...texts: string[]) =>
    joinParts(texts.map((text, i) => ({ name: `out.${20 - i}`, text }))).split("\n");
  const second = (text: string) => text.replace(/@/g, "170000000");
  assertEquals(join(second("@3.5 a\n\n@7.5 d\n"), second("@4.25 b\r\n@6.5 c")), [
    ...[second("20 @3.5 a"), second("19 @4.25 b"), second("19 @6.5 c"), second("20 @7.5 d")],
  ]);
  const letters = (lines: readonly string[]) => lines.map((line) => line.slice(-1)).join("");
  assertEquals(letters(join("10:00:01 a\n10:00:03 c", "09:59:59 z\n10:00:02 b")), "zabc");
  assertEquals(letters(join("10:00:01.25 b\n10:01:00 d", "10:00:01.125 a\n10:00:59.9 c")), "abcd");
  assertEquals(letters(join(second("@1.5 a\n more b\n@3.5 d"), second("@2.5 c"))), "abcd");
  assertEquals(letters(join(second("untimed b\n@2.5 c"), second("@1.5 a"))), "abc");
  assertEquals(letters(join(second("untimed b\n@0.5 c"), second("@1.5 a"))), "abc");
  // The files come in the order of their processes: out.18, out.19, out.20.
  assertEquals(letters(join("untimed c", second("@3.5 b"), second("@1.5 a"))), "abc");
  assertEquals(letters(join(second("@3.5 c"), second("@1.5 b"), "untimed a")), "abc");
  assertEquals(letters(join(second("@1.5 c"), second("@3.5 b"), "untimed a")), "abc");
});
