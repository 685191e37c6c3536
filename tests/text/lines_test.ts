/**
 * Single lines: of tables that debuggers and crash logs print, of strace's own words, of descriptors.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { readStraceLine } from "../../src/text/calls/strace.ts";
import {
  readDebuggerLine,
  readNumaLine,
  readPmapLine,
  readPmapXLine,
  readRrLine,
  readSanitizerLine,
  readTombstoneLine,
} from "../../src/text/maps/table_lines.ts";
import { readLayout } from "../../src/text/maps/read_layout.ts";
import { Descriptors, Files } from "../../src/text/trace/descriptors.ts";

const RANGE = { line: 5, start: 0x1000, end: 0x3000 };

Deno.test("readDebuggerLine: two page-aligned addresses, then sizes, offset, permissions and a path in any order", () => {
  const read = (text: string) => readDebuggerLine(text, 5);
  assertEquals(read("0x1000 0x3000 0x2000 0x0 r-xp /bin/a b"), {
    ...{ ...RANGE, permissions: "r-xp", offset: 0, name: "/bin/a b" },
  });
  assertEquals(read("  0x1000  0x3000  0x2000  0x2000  rw-p"), {
    ...{ ...RANGE, permissions: "rw-p", offset: 0x2000, name: "" },
  });
  assertEquals(read("0x1000 0x3000 r-x 2000 5000 /a"), {
    ...{ ...RANGE, permissions: "r-x?", offset: 0x5000, name: "/a" },
  });
  assertEquals(read("[0x1000-0x3000) rw- /a"), { ...RANGE, permissions: "rw-?", name: "/a" });
  assertEquals(read("0x1000 - 0x3000 rw-- /a"), { ...RANGE, permissions: "rw-?", name: "/a" });
  assertEquals(read("0x1000 0x3000 0x2000"), { ...RANGE, permissions: "????", name: "" });
  assertEquals(read("0x1000 0x3000 [ stack ]"), { ...RANGE, permissions: "????", name: "[stack]" });
  assertEquals(read("0x1000 0x3000 [ anon ]"), { ...RANGE, permissions: "????", name: "" });
  for (
    const none of [
      ...["0x1000 0x1000 r-xp", "0x3000 0x1000 r-xp", "0x1800 0x3000 r-xp", "0x1000 0x3800 r-xp"],
      ...["[0x1000-0x3000) ---", "1000 3000 r-xp", "0x1000", "x0x1000 0x3000 r--p"],
    ]
  ) assertEquals(read(none), undefined, none);
  assertEquals(read("[0x1000-0x3000) --- /a")?.name, "/a");
  assertEquals(read("0x1000 0x3000 ---p")?.permissions, "---p");
});

Deno.test("readSanitizerLine: addresses and a path alone; what has permissions is another table's", () => {
  const read = (text: string) => readSanitizerLine(text, 5);
  const found = { ...RANGE, permissions: "????" };
  assertEquals(read("0x1000-0x3000 /bin/a b"), { ...found, name: "/bin/a b" });
  assertEquals(read("==12==\t0x1000-0x3000\t/bin/a (12)"), { ...found, name: "/bin/a" });
  assertEquals(read("0x1000-0x3000 /bin/a [heap-x]"), { ...found, name: "/bin/a" });
  assertEquals(read("0x1000-0x3000"), { ...found, name: "" });
  for (
    const none of [
      ...["0x1000-0x1000", "0x3000-0x1000 /a", "0x1000-0x3000 rw-p /a", "1000-3000"],
      ...["0x1800-0x3000 /a", "0x1000-0x2800 /a", "0x1-0x2 /a"],
    ]
  ) {
    assertEquals(read(none), undefined, none);
  }
});

Deno.test("readTombstoneLine: the end is the last byte, addresses may have a quote in them", () => {
  const read = (text: string) => readTombstoneLine(text, 5);
  const found = { ...RANGE, permissions: "r-x?", offset: 0x5000, name: "/a b" };
  assertEquals(
    read("    00001000-00002fff r-x 5000 2000 /a b (BuildId: 12ab) (load bias 0x1)"),
    found,
  );
  assertEquals(read("0000'00001000-0000'00002fff r-x 5000 2000"), { ...found, name: "" });
  for (
    const none of [
      "00001000-00003000 r-x 0 2000",
      "00003000-00000fff r-x 0 2000",
      "00001000-00000fff r-x 0 2000",
      "1000-2fff r-x 0 2",
    ]
  ) {
    assertEquals(read(none), undefined, none);
  }
});

Deno.test("readPmapLine: plain, with a device, with columns of -x", () => {
  const read = (text: string) => readPmapLine(text, 5);
  const found = { ...RANGE, permissions: "r-xp", name: "a b" };
  assertEquals(read("00001000      8K r-x-- a b"), found);
  assertEquals(read("0000000000001000       8       4       0 r-x-- a b"), found);
  assertEquals(read("00001000 8 r-xs- a b"), { ...found, permissions: "r-xs" });
  assertEquals(read("00001000 8K rw---   [ anon ]"), { ...found, permissions: "rw-p", name: "" });
  assertEquals(read("00001000 8 r-x-- 0000000000005000 0fe:00001 a b"), {
    ...found,
    offset: 0x5000,
  });
  for (const none of ["00001000 0K r-x-- a", "1000 8K r-x-- a", "total 8K"]) {
    assertEquals(read(none), undefined, none);
  }
});

Deno.test("readPmapXLine: columns have the names of the header", () => {
  const read = (text: string, ...columns: string[]) => readPmapXLine(text, 5, columns);
  const line = "1000 r--p 00005000 fe:01 42 8 4 2 7";
  const found = {
    ...{ ...RANGE, permissions: "r--p", offset: 0x5000, device: "fe:01", inode: 42 },
    name: "a b",
  };
  assertEquals(read(`${line} a b`), found);
  const columns = [
    "Address",
    "Perm",
    "Offset",
    "Device",
    "Inode",
    "Size",
    "Rss",
    "Anonymous",
    "Swap",
  ];
  assertEquals(read(`${line} a b`, ...columns), { ...found, written: true });
  assertEquals(read(`${line.replace("4 2 7", "4 0 7")} a b`, ...columns), {
    ...found,
    written: false,
  });
  assertEquals(read(`${line} rd mr a b`, ...columns, "VmFlags"), {
    ...{ ...found, written: true, vmFlags: "rd mr" },
  });
  assertEquals(read(`${line} rd mr a b`)?.vmFlags, undefined);
  // A table without that column has not counted, one with it has, however little.
  assertEquals(read(`${line} a b`, ...columns.slice(0, 6), "Rss"), found);
  assertEquals(read(`${line.replace("4 2 7", "4")} a b`, ...columns), found);
  assertEquals(read(`${line.replace("4 2 7", "4 1 7")} a b`, ...columns), {
    ...{ ...found, written: true },
  });
  for (const none of [line.replace(" 8 ", " 0 "), "1000 r--p 5000 fe:01 42"]) {
    assertEquals(read(none), undefined, none);
  }
});

Deno.test("readRrLine, readNumaLine: what rr dump -m and numa_maps print", () => {
  const rr = (length: string, file = "/a") =>
    `{ map_file:"${file}", addr:0x1000, length:0x${length}, prot_flags:"r-xpz", file_offset:0x5000`;
  const found = { ...RANGE, permissions: "r-xp", offset: 0x5000, name: "/a" };
  assertEquals(readRrLine(rr("2000"), 5), found);
  assertEquals(readRrLine(rr("2000", "<ZERO>"), 5), { ...found, name: "" });
  assertEquals([readRrLine(rr("0"), 5), readRrLine("map_file: none", 5)], [undefined, undefined]);
  assertEquals(readRrLine(rr("2000").replace("r-xpz", "r-x"), 5)?.permissions, "r-x?");
  const numa = { start: 0x1000, policy: "default" };
  assertEquals(readNumaLine("1000 default anon=3 dirty=3 N0=3"), { ...numa, written: true });
  assertEquals(readNumaLine("1000 default file=/a mapped=3"), { ...numa, written: false });
  assertEquals(readNumaLine("1000 bind:0-1 anon=0"), {
    ...{ start: 0x1000, policy: "bind:0-1", written: false },
  });
  assertEquals(readNumaLine("1000-2000 r--p"), undefined);
});

Deno.test("readLayout: lines of the format that most have are read, of another format they are passed over", () => {
  const maps = (start: number) =>
    `${start.toString(16)}000-${(start + 1).toString(16)}000 r--p 00000000 00:00 0`;
  const text = [maps(1), maps(2), "0x5000-0x6000 /bin/a", maps(7)].join("\n");
  const { vmas, passedOver } = readLayout(text);
  assertEquals(vmas.map(({ start }) => start), [0x1000, 0x2000, 0x7000]);
  assertEquals(passedOver.map(({ line, why }) => [line, why]), [
    [3, "it is of another format than the rest"],
  ]);
});

Deno.test("readLayout: of rr's mappings a later one replaces what it covers, and what sticks out stays", () => {
  const rr = (start: number, end: number, file = "/a") =>
    `{ map_file:"${file}", addr:0x${start.toString(16)}, length:0x${(end - start).toString(16)}, ` +
    'prot_flags:"r-xp", file_offset:0x5000 }';
  const read = (...all: [number, number, string?][]) =>
    readLayout(all.map((each) => rr(...each)).join("\n"));
  const shown = (...all: [number, number, string?][]) =>
    read(...all).vmas.map(({ start, end, offset }) => [start, end, offset]);
  const lost = (...all: [number, number][]) => read(...all).passedOver.map(({ line }) => line);
  const later: [number, number][] = [[0x1000, 0x3000], [0x2000, 0x4000]];
  assertEquals(shown(...later), [[0x1000, 0x2000, 0x5000], [0x2000, 0x4000, 0x5000]]);
  assertEquals(lost(...later), [1]);
  // What is left after the later one shows the file from there on.
  const earlier: [number, number][] = [[0x2000, 0x4000], [0x1000, 0x3000]];
  assertEquals(shown(...earlier), [[0x1000, 0x3000, 0x5000], [0x3000, 0x4000, 0x6000]]);
  assertEquals(lost(...earlier), [1]);
  const middle: [number, number][] = [[0x1000, 0x9000], [0x3000, 0x4000], [0x4000, 0x6000]];
  assertEquals(shown(...middle), [
    ...[[0x1000, 0x3000, 0x5000], [0x3000, 0x4000, 0x5000], [0x4000, 0x6000, 0x5000]],
    [0x6000, 0x9000, 0xa000],
  ]);
  assertEquals(lost(...middle), [1]);
  const memory = shown([0x1000, 0x3000, "<ZERO>"], [0x1000, 0x2000]);
  assertEquals(memory, [[0x1000, 0x2000, 0x5000], [0x2000, 0x3000, 0x5000]]);
  const whole: [number, number][] = [[0x1000, 0x3000], [0x1000, 0x4000], [0x5000, 0x6000]];
  assertEquals(shown(...whole), [[0x1000, 0x4000, 0x5000], [0x5000, 0x6000, 0x5000]]);
  const touching: [number, number][] = [[0x1000, 0x2000], [0x2000, 0x3000]];
  assertEquals(shown(...touching), [[0x1000, 0x2000, 0x5000], [0x2000, 0x3000, 0x5000]]);
  assertEquals([lost(...touching), lost(...touching.toReversed())], [[], []]);
  // Damaged lengths cut where they cut.
  const odd: [number, number][] = [[0x1fff, 0x3000], [0x1000, 0x2000]];
  assertEquals([shown(...odd).map(([start]) => start), lost(...odd)], [[0x1000, 0x2000], [1]]);
  assertEquals(shown([2 ** 53 - 4096, 2 ** 53 - 1]).length, 1);
  // Damaged addresses are told, not mapped.
  const far = read([0x1000, 0x2000], [2 ** 53 - 4096, 2 ** 53], [2 ** 53 - 8192, 2 ** 53 - 4096]);
  assertEquals([far.vmas.length, far.passedOver.map(({ line, why }) => [line, why])], [
    2,
    [[2, "its addresses are beyond those of any process"]],
  ]);
});

Deno.test("readStraceLine: what strace says of processes", () => {
  for (
    const [line, event] of [
      ["[pid 12] +++ exited with 7 +++", { pid: 12, kind: "exit", status: 7 }],
      ["12 +++ killed by SIGKILL +++", { pid: 12, kind: "exit", status: 137 }],
      ["12 +++ killed by SIGSEGV (core dumped) +++", { pid: 12, kind: "exit", status: 139 }],
      ["12 +++ superseded by execve in pid 9 +++", { pid: 12, kind: "superseded", by: 9 }],
      ["strace: Process 12 attached", { pid: 12, kind: "attached", threads: 1 }],
      ["strace: Process 12 attached with 3 threads", { pid: 12, kind: "attached", threads: 3 }],
      ["[ Process PID=12 runs in 32 bit mode. ]", { pid: 12, kind: "32 bits" }],
    ] as const
  ) {
    assertEquals(readStraceLine(line, 3).events, [{ line: 3, ...event }], line);
  }
  assertEquals(readStraceLine("[ Process PID=12 runs in 64 bit mode. ]", 3).events, []);
});

Deno.test("Descriptors: a file is opened as its flags say, and is what the descriptor was last opened for", () => {
  const opened = (call: string, ...args: string[]) => {
    const descriptors = new Descriptors(new Files());
    descriptors.apply(call, args, { value: 3 });
    const { name, access, kind } = descriptors.file(3, undefined);
    return [name, access, kind];
  };
  for (
    const [flags, access] of [
      ...[["O_RDONLY|O_CLOEXEC", "read"], ["O_WRONLY|O_CREAT", "write"], ["O_RDWR", "read-write"]],
      ...[["0x2", "read-write"], ["O_RDWR|O_RDONLY", "read-write"]],
    ] as const
  ) {
    assertEquals(opened("open", '"/lib/a"', flags), ["a", access, "regular"], flags);
    assertEquals(opened("openat", "AT_FDCWD", '"/lib/a"', flags), ["a", access, "regular"], flags);
  }
  assertEquals(opened("creat", '"/lib/a"', "0644"), ["a", "write", "regular"]);
  assertEquals(opened("memfd_create", '"buffer"', "MFD_CLOEXEC"), [
    ...["memfd:buffer", "read-write", "shmem"],
  ]);
});

Deno.test("Descriptors: copies stand for the same file, closed ones for none", () => {
  const descriptors = new Descriptors(new Files());
  const apply = (call: string, value: number, ...args: string[]) =>
    descriptors.apply(call, args, { value });
  apply("open", 3, '"/a"', "O_RDONLY");
  apply("dup", 4, "3");
  apply("dup2", 5, "3", "5");
  apply("fcntl", 6, "3", "F_DUPFD_CLOEXEC", "6");
  apply("fcntl", 7, "3", "F_GETFD");
  const { id } = descriptors.file(3, undefined);
  assertEquals([4, 5, 6].map((fd) => descriptors.file(fd, undefined).id), [id, id, id]);
  assertEquals(descriptors.file(7, undefined).name, "descriptor 7");
  const child = descriptors.copy();
  apply("close", 0, "3");
  assertEquals([descriptors.file(3, undefined).id === id, child.file(3, undefined).id], [
    false,
    id,
  ]);
  apply("close_range", 0, "4", "5");
  assertEquals([4, 5, 6].map((fd) => descriptors.file(fd, undefined).id === id), [
    false,
    false,
    true,
  ]);
  assertEquals(descriptors.file(6, "/a").id, id);
  assertEquals(descriptors.file(6, "/other").id === id, false);
});
