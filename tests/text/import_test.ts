/**
 * What a text comes to as a whole: its header, the VMAs of its largest process, its counts, and what was passed over,
 * in the order of lines.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { AddressSpace } from "../../src/mm/address_space.ts";
import { importText } from "../../src/text/import.ts";
import { importedAsText } from "../../src/text/import_report.ts";
import { numberNamed } from "../../src/text/calls/names.ts";
import { isOneRun } from "../../src/text/strace_parts.ts";
import { ownValue } from "../../src/text/own_value.ts";
import { TextError } from "../../src/text/text_error.ts";

const map = (at: number, pid = "") =>
  `${pid}mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x${at.toString(16)}`;
const text = (...lines: string[]) => lines.map((line) => `${line}\n`).join("");

function headerOf(...lines: string[]) {
  const [header] = importText(text(...lines)).records;
  if (header?.type !== "header") throw new TypeError("It has no header");
  return header;
}

Deno.test("importText: the header has the program that ran first, and the machine where the text tells", () => {
  const exec = (path: string) => `execve("${path}", ["x"], 0x7ffd /* 3 vars */) = 0`;
  assertEquals(headerOf(exec("/bin/cc1"), map(0x10000)).command, ["cc1"]);
  assertEquals(headerOf(map(0x10000)).command, []);
  assertEquals(headerOf(map(0x10000)).machine, "");
  assertEquals(headerOf("[ Process PID=12 runs in 32 bit mode. ]", map(0x10000)).machine, "i686");
  const [header] = importText(text(map(0x10000)), { machine: "aarch64", maxMapCount: 99 }).records;
  assertEquals(header?.type === "header" && [header.machine, header.maxMapCount], ["aarch64", 99]);
  assertEquals(headerOf(map(0x10000)).maxMapCount, 65530);
});

Deno.test("importText: a limit that the text shows passed was another", () => {
  const lines = Array.from({ length: 9 }, (_, i) => map(0x10000 + 0x2000 * i));
  const [header] = importText(text(...lines), { maxMapCount: 4 }).records;
  assertEquals(header?.type === "header" && header.maxMapCount, 9 + 8);
});

Deno.test("importText: the VMAs are those of the process that had most, when it had them", () => {
  const vmas = (...lines: string[]) =>
    importText(text(...lines)).vmas.map(({ pid, start }) => [pid, start]);
  const one = [map(0x10000, "1 "), map(0x20000, "1 ")];
  assertEquals(vmas(...one), [[1, 0x10000], [1, 0x20000]]);
  assertEquals(vmas(...one, "1 munmap(0x10000, 4096) = 0"), [[1, 0x20000]]);
  assertEquals(vmas(...one, "1 +++ exited with 0 +++"), [[1, 0x10000], [1, 0x20000]]);
  const exec = '1 execve("/bin/a", ["a"], 0x7ffd /* 1 var */) = 0';
  assertEquals(vmas(...one, exec, map(0x30000, "1 ")), [[1, 0x10000], [1, 0x20000]]);
  const fork = "1 fork() = 2";
  assertEquals(vmas(...one, fork, map(0x30000, "2 ")), [[2, 0x10000], [2, 0x20000], [2, 0x30000]]);
  assertEquals(vmas(...one, fork, map(0x30000, "1 ")).length, 3);
  // Of several that had as many it is the first that ended.
  assertEquals(vmas(...one, fork, "2 +++ exited with 0 +++")[0]?.[0], 2);
  // A thread's memory is its process's.
  const thread = "1 clone(child_stack=0x1, flags=CLONE_VM|CLONE_FILES|CLONE_THREAD) = 2";
  assertEquals(
    vmas(...one, thread, map(0x30000, "2 "), "1 +++ exited with 0 +++").map(([pid]) => pid),
    [1, 1, 1],
  );
});

Deno.test("importText: VMAs in use over all calls: the fewest, the median, the most", () => {
  const counts = (...lines: string[]) => Object.values(importText(text(...lines)).mapCount);
  assertEquals(counts(map(0x10000)), [1, 1, 1]);
  assertEquals(counts(map(0x10000), map(0x20000), map(0x30000)), [1, 2, 3]);
  assertEquals(counts(map(0x10000), map(0x20000), map(0x30000), "munmap(0x10000, 4096) = 0"), [
    1,
    2,
    3,
  ]);
  assertEquals(counts(map(0x30000), map(0x20000), map(0x10000), map(0x40000)), [1, 2, 4]);
});

Deno.test("importText: what was passed over is in the order of lines, whoever passed it over", () => {
  const { passedOver } = importText(text(map(0x10001), "hello", map(0x10000), map(0x20002)));
  assertEquals(passedOver.map(({ line }) => line), [1, 2, 4]);
  assertEquals(importText(text(map(0x10000))).passedOver, []);
});

Deno.test("importText: only at the very end of a text, without the end of a line, is a result cut", () => {
  const first = map(0x7f0000010000), cut = map(0x7f000000);
  const whys = (whole: string) => importText(whole).passedOver.map(({ why }) => why);
  const why = "the text is cut within the result of this mmap";
  assertEquals(whys(`${first}\n${cut}`), [why]);
  for (const end of ["\n", "\r", "\n  ", "\r\n"]) assertEquals(whys(`${first}\n${cut}${end}`), []);
  assertEquals(whys(`${first}\n${cut}  `), [why]);
  // It is the last line of the tracer that counts, whatever few lines stand after it.
  assertEquals(
    whys(`${first}\n${cut}\n${"word\n".repeat(9)}word`).filter((each) => each === why),
    [],
  );
});

Deno.test("importText: eight lines after a call it may still be the last one, nine lines after not", () => {
  const first = map(0x7f0000010000), cut = map(0x7f000000);
  const isCut = (words: number) =>
    importText(`${first}\n${cut}${"\nword".repeat(words)}`).passedOver.some(({ why }) =>
      why.startsWith("the text is cut within the result")
    );
  assertEquals([isCut(0), isCut(8), isCut(9)], [true, true, false]);
  // A hint that the kernel did not follow may be longer than the place it gave.
  const hinted = map(0x10000).replace("NULL", "0x7f0000000000");
  assertEquals(importText(`${hinted}\n`).passedOver, []);
  assertEquals(importText(hinted).passedOver.length, 1);
  assertEquals(importText(`${hinted}${"\nword".repeat(9)}`).passedOver.length, 9);
});

Deno.test("importText: a process that only execs has the layout that is known, and a text without a readable call none", () => {
  const page = { permissions: "rw-p", offset: 0, device: "00:00", inode: 0, name: "" };
  const layout = [0x10000, 0x20000, 0x30000].map((start) => ({
    ...page,
    start,
    end: start + 4096,
  }));
  const exec = '1 execve("/bin/a", ["a"], 0x7ffd /* 1 var */) = 0';
  const { vmas } = importText(text(exec, map(0x50000, "9 ")), { layout });
  assertEquals(vmas.map(({ pid, start }) => [pid, start]), [
    ...[[1, 0x10000], [1, 0x20000], [1, 0x30000]],
  ]);
  const none = importText("munmap(0x1000) = 0\n");
  assertEquals([none.memoryCalls, none.mapCount, none.vmas], [
    1,
    { min: 0, median: 0, max: 0 },
    [],
  ]);
  // A layout that no process can have is none, and ends nothing.
  const odd = [{ ...page, start: 0x10000, end: 0x12000 }, {
    ...page,
    start: 0x11000,
    end: 0x13000,
  }];
  assertEquals(importText(text(map(0x50000)), { layout: odd }).vmas.length, 1);
});

Deno.test("importText: a child's memory is the child's, whichever of its threads speaks", () => {
  const { vmas } = importText(text(
    ...[map(0x10000, "1 "), "1 fork() = 2"],
    "2 clone(child_stack=0x1, flags=CLONE_VM|CLONE_FILES|CLONE_THREAD) = 3",
    ...[map(0x30000, "3 "), map(0x40000, "3 ")],
  ));
  assertEquals(vmas.map(({ pid, start }) => [pid, start]), [
    ...[[2, 0x10000], [2, 0x30000], [2, 0x40000]],
  ]);
});

Deno.test("importText: what the model cannot do ends nothing, a fault of its own does", () => {
  const { munmap, exec } = AddressSpace.prototype;
  const broken = () => {
    throw new TypeError("broken");
  };
  for (const [name, whole] of [["munmap", { munmap }], ["exec", { exec }]] as const) {
    Object.assign(AddressSpace.prototype, { [name]: broken });
    try {
      assertThrows(() => importText(text(map(0x10000), "munmap(0x10000, 4096) = 0")), TypeError);
    } finally {
      Object.assign(AddressSpace.prototype, whole);
    }
  }
});

Deno.test("importText: a text without a call on memory is told with its lines", () => {
  assertThrows(() => importText("hello\n"), TextError, "no memory call in its 1 line,");
  assertThrows(() => importText("a\nb\n"), TextError, "no memory call in its 2 lines,");
});

Deno.test("importedAsText: processes and threads, and how many calls failed", () => {
  const head = (...lines: string[]) =>
    importedAsText("x", importText(text(...lines)), undefined).split("\n")[0];
  assertEquals(head(map(0x10000)), "x: strace, 1 line, 1 memory call, 1 process");
  const thread = "1 clone(child_stack=0x1, flags=CLONE_VM|CLONE_FILES|CLONE_THREAD) = 2";
  assertEquals(
    head(map(0x10000, "1 "), thread, map(0x20000, "2 ")),
    "x: strace, 3 lines, 2 memory calls, 1 process, 1 thread",
  );
  assertEquals(
    head(map(0x10000, "1 "), "1 fork() = 2", map(0x20000, "2 ")),
    "x: strace, 3 lines, 2 memory calls, 2 processes",
  );
});

Deno.test("importedAsText: the whole of a report in which an answer differs and a call failed", () => {
  const fixed =
    "mmap(0x10000, 4096, PROT_READ, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = 0x20000";
  const failed = "munmap(0x20000, 0) = -1 EINVAL (Invalid argument)";
  const imported = importText(text(fixed, map(0x30000), failed));
  assertEquals(
    importedAsText("x", imported, undefined).replace(/\n {4}(?=as the)/g, " ").split("\n"),
    [
      "x: strace, 3 lines, 3 memory calls, 1 process",
      "  every line was read",
      "  compared: the result of 3 calls; layouts, faults and VmFlags are not, as the text has none",
      "    1 as the model answers, 1 not, 1 cannot be known from the text",
      "    line 1: mmap gave 0x20000, the model 0x10000",
      "  map_count, of what the text shows: 1/2/2",
      "  line 3: munmap failed with EINVAL. The length is 0: munmap needs at least one byte.",
    ],
  );
  const many = importText(text(map(0x10000), ...Array(10).fill(failed)));
  const lines = importedAsText("x", many, undefined).split("\n");
  assertEquals(lines.filter((line) => /failed with/.test(line)).length, 8);
  assertEquals(lines.at(-1), "    and 2 more failed calls; --json lists all");
});

Deno.test("numberNamed: sizes of huge pages have their shift, names of JavaScript's own objects no number", () => {
  assertEquals([numberNamed("MAP_HUGE_2MB", ""), numberNamed("MAP_HUGE_1GB", "")], [
    21 * 2 ** 26,
    30 * 2 ** 26,
  ]);
  for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    assertEquals(numberNamed(name, ""), undefined);
    assertEquals(ownValue({ a: 1 }, name), undefined);
  }
  assertEquals(ownValue({ a: 1 }, "a"), 1);
});

Deno.test("isOneRun: files of one name but for the process", () => {
  assertEquals(isOneRun(["out.12", "out.13"]), true);
  for (const names of [["out.12"], ["out.12", "other.13"], ["out", "out"], ["out.12", "out"], []]) {
    assertEquals(isOneRun(names), false, names.join());
  }
});
