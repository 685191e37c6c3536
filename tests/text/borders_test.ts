/**
 * What keeps two touching VMAs apart: each rule, and that the first one that holds is told; and the arguments of calls.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { findBorders, judgeBorder } from "../../src/text/explain/borders.ts";
import { explainLayout, neighbourhoodOf } from "../../src/text/explain/layout.ts";
import {
  explanationAsJson,
  explanationAsText,
  neighbourhoodAsText,
} from "../../src/text/explain_report.ts";
import type { LayoutLine } from "../../src/text/maps/layout_line.ts";
import { cloneFlags, readArguments } from "../../src/text/trace/arguments.ts";

//   0x1000   0x3000   0x4000
//   |- lower -|- upper -|
function border(lower: Partial<LayoutLine>, upper: Partial<LayoutLine> = lower) {
  const memory = { line: 1, permissions: "rw-p", offset: 0, device: "00:00", inode: 0, name: "" };
  return judgeBorder(
    { ...memory, start: 0x1000, end: 0x3000, ...lower },
    { ...memory, start: 0x3000, end: 0x4000, ...upper },
  );
}

/** The obstacle, whether it is sure, and part of the words. */
function assertKept(
  verdict: ReturnType<typeof border>,
  obstacle: string | null,
  words: string,
  known = true,
): void {
  assertEquals([verdict.obstacle, verdict.known], [obstacle, known], verdict.words);
  assert(verdict.words.includes(words), verdict.words);
}

const FILE = { device: "fe:00", inode: 7, name: "/lib/a.so" };
const SMAPS = { vmFlags: "rd wr mr mw me ac" };

Deno.test("borders: the kernel's own VMAs never merge, whichever side they are", () => {
  assertKept(border({ name: "[vdso]" }, {}), "special", "[vdso] is the kernel's own");
  assertKept(border({}, { name: "[vvar]" }), "special", "[vvar] is the kernel's own");
});

Deno.test("borders: permissions that are shown and differ, not those that a text leaves open", () => {
  const differ = "They differ in permissions: rw-p below, r--p above";
  assertKept(border({}, { permissions: "r--p" }), "flags", differ);
  for (const permissions of ["r--p", "-w-p", "rwxp", "rw-s"]) {
    assertEquals(border({}, { permissions }).obstacle, "flags", permissions);
  }
  for (const permissions of ["?w-p", "r?-p", "rw?p", "rw-?", "????"]) {
    assertEquals(border({}, { permissions }).obstacle, null, permissions);
    assertEquals(border({ permissions }, {}).obstacle, null, permissions);
  }
});

Deno.test("borders: a stack grows down, its neighbour does not", () => {
  assertKept(border({}, { name: "[stack]" }), "flags", "[stack] grows down");
  assertKept(border({ name: "[stack]" }, {}), "flags", "[stack] grows down");
  assertKept(border({ vmFlags: "rd gd" }, { vmFlags: "rd" }), "flags", "One grows down");
});

Deno.test("borders: VmFlags of either side alone, with what they mean; soft-dirty and guards do not count", () => {
  const flags = (below: string, above: string) => border({ vmFlags: below }, { vmFlags: above });
  assertKept(
    flags("rd ac", "rd nr"),
    "flags",
    [
      "only the lower has ac, only the upper has nr (ac: counted against the commit limit; nr: MAP_NORESERVE)",
    ].join(),
  );
  assertKept(flags("rd dd", "rd"), "flags", "VmFlags: only the lower has dd (dd: MADV_DONTDUMP)");
  assertKept(flags("rd", "rd zz"), "flags", "VmFlags: only the upper has zz");
  assertEquals(flags("rd", "rd zz").words.includes("("), false);
  assertEquals([flags("rd sd", "rd").obstacle, flags("rd", "rd gu").obstacle], [null, null]);
  for (const one of [border({ vmFlags: "rd dd" }, {}), border({}, { vmFlags: "rd dd" })]) {
    assertKept(one, null, "Alike in all that maps shows", false);
  }
});

Deno.test("borders: one file, two files, one name, two policies, offsets that do not continue", () => {
  assertKept(border({}, FILE), "file", "Only the upper one maps a file: a.so");
  assertKept(border(FILE, {}), "file", "Only the lower one maps a file: a.so");
  const other = { ...FILE, inode: 8, name: "/lib/b.so" };
  assertKept(border(FILE, other), "file", "They map two files: a.so below, b.so above");
  const [heap, arena] = [{ name: "[anon:heap]" }, { name: "[anon:arena]" }];
  assertKept(border(heap, arena), "name", "[anon:heap] below, [anon:arena] above");
  assertKept(border({}, arena), "name", "no name below, [anon:arena] above");
  assertKept(border(heap, {}), "name", "[anon:heap] below, no name above");
  assertKept(
    border({ policy: "bind:0" }, { policy: "bind:1" }),
    "policy",
    "bind:0 below, bind:1 above",
  );
  assertEquals(border({ policy: "bind:0" }).obstacle, null);
  assertEquals(border({ policy: "bind:0" }, {}).obstacle, null);
  assertEquals(border({}, { policy: "bind:0" }).obstacle, null);
  const at = (lower: number, upper: number) =>
    border({ ...FILE, offset: lower }, { ...FILE, offset: upper });
  assertKept(
    at(0x5000, 0x8000),
    "page offset",
    "the lower one ends at 0x7000, the upper one begins at 0x8000",
  );
  assertEquals(at(0x5000, 0x7000).obstacle, null);
  assertEquals(border({ offset: 0x5000 }, { offset: 0x9000 }).obstacle, null);
});

Deno.test("borders: what nothing tells apart is said with what the text could not show", () => {
  assertKept(border({ permissions: "????" }), null, "their permissions stand in maps", false);
  assertKept(border({}), null, "Alike in all that maps shows", false);
  assertEquals(border({}).words.includes("how many open files"), false);
  const file = (offset: number, more = {}) => ({ ...FILE, offset, ...more });
  assertKept(border(file(0), file(0x2000)), null, "through how many open files", false);
  assertKept(border(SMAPS), null, "One may come from a fork", false);
  assertKept(
    border(file(0, SMAPS), file(0x2000, SMAPS)),
    null,
    "a.so may have been opened twice",
    false,
  );
  const written = { ...SMAPS, written: true };
  assertKept(border(written), "anon_vma", "they have two anon_vmas", false);
  assertEquals(border(written, SMAPS).obstacle, null);
  assertEquals(border(SMAPS, written).obstacle, null);
});

Deno.test("explanationAsText: the whole of a small report, line by line", () => {
  const text = explanationAsText(
    "maps",
    explainLayout(
      `
7f0000000000-7f0000001000 rw-p 00000000 00:00 0
7f0000001000-7f0000002000 r--p 00000000 00:00 0
`,
      { limit: 100 },
    ),
  );
  const lines = text.split("\n");
  assertEquals(lines.map((line) => line.length - line.trimStart().length), [
    ...[0, 2, 2, 4, 6, 4, 6, 4, 2, 4, 6, 2, 4, 6],
  ]);
  assertEquals(lines.filter((line) => /^ {0,2}\S/.test(line)), [
    ...["maps: maps, 3 lines, 2 VMAs", "  every line was read", "  2 of 100 VMAs in use, 98 left"],
    ...["  what makes them:", "  what keeps touching ones apart:"],
  ]);
  assert(text.includes("    1 by flags: They differ in permissions: rw-p below, r--p above"));
});

Deno.test("readArguments: names of arguments, texts and structures, and mmap2's offset in pages", () => {
  const read = (call: string, args: readonly string[], inPages = false) =>
    readArguments(call, args, inPages);
  assertEquals(read("mmap", ["NULL", "8192", "PROT_READ", "MAP_PRIVATE", "3</lib/a>", "0"]), {
    ...{ call: "mmap", values: [0, 8192, 1, 2, 3, 0], path: "/lib/a" },
  });
  assertEquals(read("mmap2", ["0", "1", "1", "2", "3", "2"], true).values[5], 8192);
  assertEquals(read("mmap2", ["0", "1", "1", "2", "3", "2"]).values[5], 2);
  assertEquals(read("mmap2", ["0", "1", "1", "0x22"], true).values, [0, 1, 1, 0x22]);
  assertEquals(read("mmap", ["0", "1", "1", "2", "3", "2"], true).values[5], 2);
  assertEquals(read("munmap", ["addr=0x1000", "len=2", "3"]).values, [0x1000, 2]);
  assertEquals(read("prctl", ["PR_SET_VMA", "0", "0x1000", "0x2000", '"a, b"']), {
    ...{ call: "prctl", values: [0x53564d41, 0, 0x1000, 0x2000, 0], text: "a, b" },
  });
  assertEquals(read("prctl", ["1", "2", "3", "4", '"cut']).text, "");
  assertEquals(read("prlimit64", ["0", "RLIMIT_AS", "{rlim_cur=1}", "[0x1]"]).values.slice(2), [
    0,
    0,
  ]);
  assertEquals(read("mmap", ["0", "1", "PROT_ODD", "MAP_STRANGE", "-1", "0"]).unknown, "PROT_ODD");
  assertEquals(read("mprotect", ["0", "1", "READ|WRITE"]).values[2], 3);
});

// ipc(2): SHMAT 21, SHMDT 22; the address is the fifth argument, the flags the third.
Deno.test("readArguments: ipc's shared memory, of machines with 32 bits", () => {
  assertEquals(readArguments("ipc", ["SHMAT", "7", "SHM_RDONLY", "0xff", "0x1000"], false), {
    ...{ call: "shmat", values: [7, 0x1000, 0o10000] },
  });
  assertEquals(readArguments("ipc", ["22", "0", "0", "0", "0x1000"], false), {
    ...{ call: "shmdt", values: [0x1000] },
  });
  assertEquals(readArguments("ipc", ["23", "0", "0", "0", "0"], false).call, "ipc");
  assertEquals(readArguments("ipc", ["0x10015", "7"], false).call, "shmat");
});

Deno.test("cloneFlags: wherever and however a tool shows them", () => {
  assertEquals([cloneFlags("vfork", []), cloneFlags("fork", [])], [0x4100, 0]);
  assertEquals(
    cloneFlags("clone", ["child_stack=NULL", "flags=CLONE_VM|CLONE_VFORK|SIGCHLD"]),
    0x4100,
  );
  assertEquals(cloneFlags("clone", ["CLONE_VM|CLONE_VFORK|SIGCHLD", "0"]), 0x4100);
  assertEquals(cloneFlags("clone3", ["{flags=CLONE_VM|CLONE_FS, exit_signal=0}", "88"]), 0x300);
  assertEquals(cloneFlags("clone3", ["0x7ffd00", "88"]), 0x10500);
  assertEquals(cloneFlags("clone", ["clone_flags: VM|FS", "0"]), 0x300);
  assertEquals(cloneFlags("clone", ["what", "0"]), 0);
});

Deno.test("findBorders: by kind with its first pair, the most frequent first, only where two touch", () => {
  let start = 0x1000;
  const row = (...files: string[]) =>
    files.map((name): LayoutLine => {
      const at = start;
      start += 0x1000;
      const inode = name === "" ? 0 : name.charCodeAt(0);
      const file = { device: "fe:00", inode, name, offset: 0 };
      return { line: 1, start: at, end: start, permissions: "rw-p", ...file };
    });
  const found = (vmas: readonly LayoutLine[]) =>
    findBorders(vmas).map(({ count, words, example }) => [count, words, example]);
  // Memory, two files, memory: one file has a neighbour without twice, two files touch once.
  assertEquals(found(row("", "a", "b", "")), [
    [2, "Only the upper one maps a file: a", "0x1000-0x2000 and 0x2000-0x3000"],
    [1, "They map two files: a below, b above", "0x2000-0x3000 and 0x3000-0x4000"],
  ]);
  start = 0x1000;
  const [lower, upper, ...others] = row("a", "", "c", "d", "e");
  assertEquals(found([lower!, upper!, ...others]).map(([count]) => count), [2, 2]);
  assertEquals(found([lower!, ...others]).map(([count]) => count), [2]);
  start = 0x1000;
  const later = row("", "c", "d", "e");
  assertEquals(found(later), [
    [2, "They map two files: c below, d above", "0x2000-0x3000 and 0x3000-0x4000"],
    [1, "Only the upper one maps a file: c", "0x1000-0x2000 and 0x2000-0x3000"],
  ]);
  assertEquals(found([]), []);
});

Deno.test("borders: what has an inode is the file of that inode, what has none that of its name", () => {
  const memory = { ...FILE, name: "/memfd:x (deleted)" };
  assertKept(border(memory, { ...memory, inode: 9 }), "file", "They map two files");
  assertEquals(
    border({ ...FILE, offset: 0 }, { ...FILE, offset: 0x2000, name: "/b" }).obstacle,
    null,
  );
  // A debugger's table has no inodes.
  const table = (below: string, above: string) =>
    explainLayout(
      `0x1000 0x3000 0x2000 rw-p ${below}\n0x3000 0x4000 0x1000 rw-p ${above}\n`,
    ).borders.map(({ obstacle }) => obstacle);
  assertEquals([table("/a", "/b"), table("/a", "/a")], [["file"], [null]]);
  // The name that a program gave stays whole.
  const dalvik = { name: "[anon:dalvik-/data/app]" };
  assertKept(border(dalvik, {}), "name", "[anon:dalvik-/data/app] below, no name above");
});

/** A report with each sentence in one line. */
function unwrapped(text: string): string[] {
  return text.replace(/\n {6}/g, " ").split("\n");
}

Deno.test("explanationAsText: the whole of a text of calls with one that failed", () => {
  const explained = explainLayout(
    "mmap(NULL, 8192, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000\n" +
      "munmap(0x7f0000000000, 0) = -1 EINVAL (Invalid argument)\n",
    { limit: 100 },
  );
  const lines = unwrapped(explanationAsText("t", explained));
  const made = "of no pattern, 1 of them without a file; the largest has 8 KiB";
  const budget = lines.splice(3, 3);
  assertEquals(lines, [
    ...["t: strace, 2 lines, 1 VMA", "  every line was read", "  1 of 100 VMAs in use, 99 left"],
    ...["  what makes them:", `    1 VMA: ${made} (first 0x7f0000000000-0x7f0000002000)`],
    ...["  no two of them touch", "  what failed:"],
    "    line 2: munmap with EINVAL. The length is 0: munmap needs at least one byte.",
  ]);
  assertEquals(budget.map((line) => line.split(" ").slice(0, 9).join(" ")), [
    ...["    mmap, brk, shmat may make", "    munmap of a hole, mprotect,"],
    "    mremap that moves is possible",
  ]);
  const json = Object.keys(explanationAsJson("t", explained) as Record<string, unknown>);
  assertEquals(json.slice(0, 2), ["file", "format"]);
  for (const name of ["memoryCalls", "processes", "threads", "answers", "mapCount", "failures"]) {
    assert(json.includes(name), name);
  }
  for (const name of ["layout", "imported", "records"]) assert(!json.includes(name), name);
});

Deno.test("explanationAsText: a process has no lines, and what nothing keeps apart is said with its doubt", () => {
  const alike = "7f0000000000-7f0000001000 rw-p 00000000 00:00 0\n" +
    "7f0000001000-7f0000002000 rw-p 00000000 00:00 0\n";
  const explained = { ...explainLayout(alike), format: "process" as const };
  const lines = unwrapped(explanationAsText("process 7", explained));
  assertEquals(lines[0], "process 7: process, 2 VMAs");
  const last = lines.at(-1) ?? "";
  assert(
    last.startsWith("    1 by nothing that is shown, as far as this text can show: Alike in all"),
    last,
  );
  assert(last.endsWith("(first 0x7f0000000000-0x7f0000001000 and 0x7f0000001000-0x7f0000002000)"));
  assertEquals(lines.filter((line) => /what failed/.test(line)), []);
});

Deno.test("neighbourhoodAsText: a VMA, the ones below and above, each with what is shown of it", () => {
  const smaps = "7f0000000000-7f0000001000 rw-p 00000000 00:00 0\nVmFlags: rd wr ac\n" +
    "7f0000001000-7f0000003000 r--p 00000000 fe:00 7 /lib/a.so\nVmFlags: rd\n" +
    "7f0000004000-7f0000005000 rw-p 00000000 00:00 0 [heap]\n";
  const found = neighbourhoodOf(explainLayout(smaps).layout, 0x7f0000001000);
  assertEquals(unwrapped(neighbourhoodAsText("s", found!)), [
    "s: 0x7f0000001000-0x7f0000003000 r--p a.so {rd}",
    "  below  0x7f0000000000-0x7f0000001000 rw-p {rd wr ac}",
    "    They differ in permissions: rw-p below, r--p above",
    "  above  0x7f0000004000-0x7f0000005000 rw-p [heap]",
    "    They do not touch: 0x7f0000003000-0x7f0000004000 between them is free",
  ]);
});
