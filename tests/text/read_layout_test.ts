/**
 * A whole text as a layout: which format it is, what belongs to it, what is told of the rest, and the numbers that
 * stand beside it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { readMapsLine } from "../../src/text/maps/maps_line.ts";
import { readLayout } from "../../src/text/maps/read_layout.ts";

/** A line of maps of one page, or so many. */
function maps(page: number, pages = 1, name = ""): string {
  const hex = (value: number) => (value * 4096).toString(16).padStart(8, "0");
  return `${hex(page)}-${hex(page + pages)} r--p 00000000 00:00 0 ${name}`.trimEnd();
}

/** First pages of the VMAs, and what was passed over. */
function read(...lines: string[]): { pages: number[]; why: string[] } {
  const { vmas, passedOver } = readLayout(lines.join("\n"));
  return {
    pages: vmas.map(({ start }) => start / 4096),
    why: passedOver.map(({ line, why }) => `${line}: ${why}`),
  };
}

const format = (...lines: string[]) => readLayout(lines.join("\n")).format;

Deno.test("readLayout: the format is that of most lines, of equally many that of the first", () => {
  const gdb = "0x5000 0x6000 0x1000 0x0 r--p /a", sanitizer = "0x7000-0x8000 /bin/a";
  const tombstone = "    00009000-00009fff r-x 0 1000 /a", pmap = "0000b000      4K r---- a";
  const wide = "c000 r--p 00000000 00:00 0 4 4 0";
  const rr = '{ map_file:"/a", addr:0x1000, length:0x1000, prot_flags:"r--p", file_offset:0x0';
  assertEquals([maps(1), gdb, sanitizer, tombstone, pmap, wide, rr].map((line) => format(line)), [
    ...["maps", "gdb", "sanitizer", "tombstone", "pmap", "pmap", "rr"],
  ]);
  assertEquals([format(gdb, maps(1)), format(maps(1), gdb)], ["gdb", "maps"]);
  assertEquals(format(gdb, maps(1), maps(2)), "maps");
  assertEquals(format(maps(1), maps(2), gdb, gdb.replaceAll("5", "1"), gdb), "gdb");
  assertEquals([format(maps(1), "Rss: 4 kB"), format(maps(1), "VmFlags: rd")], ["smaps", "smaps"]);
  assertEquals([format("1000 default anon=3"), format("words"), format("")], [
    ...["numa_maps", "maps", "maps"],
  ]);
  assertEquals(format(maps(1), "1000 default anon=3"), "maps");
});

Deno.test("readLayout: a log of the JVM is known by what it says of itself", () => {
  for (
    const said of [
      "# A fatal error has been detected by the Java Runtime Environment:",
      ...["Dynamic libraries:", "Total number of mappings: 1", "# JRE version: 21"],
      ...["jvm_args: -Xmx1g", "Java VM: OpenJDK"],
    ]
  ) {
    assertEquals([format(said, maps(1)), format(maps(1), said)], ["hs_err", "hs_err"], said);
  }
  assertEquals(format("Java", maps(1)), "maps");
});

Deno.test("readLayout: of a crash log only what looks like a range is told, of other texts every word", () => {
  const log = ["# JRE version: 21", "it crashed", "7f0000000000-7f0000001", maps(1)];
  const cut = "it is cut, or no line of a layout that is known";
  assertEquals(read(...log).why, [`3: ${cut}`]);
  assertEquals(read("it crashed", "7f0000000000-7f0000001", maps(1)).why, [
    ...["1: it is no line of a layout", `2: ${cut}`],
  ]);
  // A log has lines of other formats that mean nothing; another text has not.
  const other = "0x5000 0x6000 0x1000 0x0 r--p /a";
  assertEquals(read("# JRE version: 21", maps(1), other), { pages: [1], why: [] });
  assertEquals(read(maps(1), other), {
    ...{ pages: [1], why: ["2: it is of another format than the rest"] },
  });
  for (const crash of ["    00009000-00009fff r-x 0 1000 /a", "0x7000-0x8000 /bin/a"]) {
    assertEquals(read("it crashed", crash, crash.replace(/0x|^ +/, "")).why.length <= 1, true);
    assertEquals(read("it crashed", crash).why, [], crash);
  }
});

Deno.test("readLayout: lines that were left out, and those around a text", () => {
  assertEquals(read("$ cat /proc/1/maps", "```", "", maps(1), "```"), { pages: [1], why: [] });
  assertEquals(read(maps(1), "[...]", maps(2)).why, ['2: lines were left out here ("[...]")']);
  const crash = ["# JRE version: 21", maps(1), "  [...]  ", maps(2)];
  assertEquals(read(...crash).why, ['3: lines were left out here ("[...]")']);
  const { passedOver } = readLayout(`words\n${maps(1)}\n${maps(1, 2)}`);
  assertEquals(passedOver.map(({ line, text }) => [line, text]), [[1, "words"], [3, maps(1, 2)]]);
  // In the order of lines, whatever they are passed over for.
  const other = "0x5000 0x6000 0x1000 0x0 r--p /a";
  assertEquals(read(maps(1), maps(1, 2), other, "words").why.map((why) => why[0]), ["2", "3", "4"]);
});

Deno.test("readLayout: what has no memory of the process's is no VMA", () => {
  assertEquals(
    read(maps(1), "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]"),
    {
      ...{ pages: [1], why: [] },
    },
  );
  assertEquals(read("8000000000000000-8000000000001000 r--p 00000000 00:00 0").pages, []);
  assertEquals(read(maps(1), maps(2, 1, "[vsyscall]"), maps(3, 1, "[rollup]")).pages, [1]);
  assertEquals(read(maps(2, 1, "[vsyscall] x")).pages, [2]);
});

Deno.test("readLayout: of several layouts the longest one is read, the others are told", () => {
  const another = (line: number, lines: string) =>
    `${line}: another layout of ${lines} begins here; the longest one is read`;
  assertEquals(read(maps(5), maps(1), maps(2)), { pages: [1, 2], why: [another(1, "1 line")] });
  assertEquals(read(maps(1), maps(2), maps(1)), { pages: [1, 2], why: [another(3, "1 line")] });
  assertEquals(read(maps(5), maps(6), maps(1), maps(2), maps(3)), {
    ...{ pages: [1, 2, 3], why: [another(1, "2 lines")] },
  });
  assertEquals(read(maps(1), maps(2), maps(3), maps(1), maps(2)).why, [another(4, "2 lines")]);
  // One that ends where the last one begins lies below it.
  assertEquals(read(maps(5), maps(4), maps(6)).pages, [4, 6]);
  // Beginning where the first one began, it is the same process once more.
  assertEquals(read(maps(1, 4), maps(1, 4)), { pages: [1], why: [another(2, "1 line")] });
  assertEquals(read(maps(1), maps(3, 4), maps(4)), {
    ...{ pages: [1, 3], why: ["3: it overlaps the line before it"] },
  });
  assertEquals(read(maps(1), maps(3, 4), maps(4), maps(7)).pages, [1, 3, 7]);
  // A heading or a command between two lines that ascend begins another one.
  for (const head of ["==> /proc/2/maps <==", "$ cat /proc/2/maps"]) {
    assertEquals(read(maps(1), head, maps(2), maps(3)), {
      ...{ pages: [2, 3], why: [another(1, "1 line")] },
    });
    assertEquals(read(head, maps(1), maps(2)), { pages: [1, 2], why: [] });
  }
});

Deno.test("readLayout: how many VMAs there are and may be, as a text says it or a command prints it", () => {
  const numbers = (...lines: string[]) => {
    const { count, limit, passedOver } = readLayout([...lines, maps(1)].join("\n"));
    assertEquals(passedOver, [], lines.join("\n"));
    return [count, limit];
  };
  assertEquals(numbers("Total number of mappings: 12"), [12, undefined]);
  assertEquals(numbers("vm.max_map_count = 100", "vm.max_map_count = 200"), [undefined, 100]);
  assertEquals(numbers("max_map_count (as the JVM says): 65530"), [undefined, 65530]);
  assertEquals(numbers("$ wc -l /proc/12/maps", "34 /proc/12/maps"), [34, undefined]);
  assertEquals(numbers("$ cat /proc/12/maps | wc -l", "34"), [34, undefined]);
  assertEquals(numbers("$ cat /proc/sys/vm/max_map_count", "65530"), [undefined, 65530]);
  // What is asked for is in the next line, or nowhere; what was said first counts.
  assertEquals(numbers("$ wc -l /proc/12/maps", "", "34"), [34, undefined]);
  assertEquals(numbers("$ wc -l /proc/12/maps", "$ cat x", "34"), [undefined, undefined]);
  assertEquals(numbers("34", "$ cat /proc/12/maps"), [undefined, undefined]);
  assertEquals(
    numbers("$ cat /proc/sys/vm/max_map_count", "65530", "$ wc -l /proc/1/maps", "34"),
    [34, 65530],
  );
  assertEquals(numbers("Total number of mappings: 12", "$ wc -l /proc/1/maps", "34"), [
    ...[12, undefined],
  ]);
  assertEquals(numbers("vm.max_map_count = 7000", "$ cat /proc/sys/vm/max_map_count", "65530"), [
    ...[undefined, 7000],
  ]);
});

Deno.test("readLayout: the fields of smaps are of the VMA before them, and no more than they are", () => {
  const shown = (...lines: string[]) =>
    readLayout(lines.join("\n")).vmas.map(({ vmFlags, written }) => [vmFlags, written]);
  const none = [undefined, undefined];
  assertEquals(shown(maps(1), "VmFlags:  rd wr  ", maps(2)), [["rd wr", undefined], none]);
  assertEquals(shown(maps(1), maps(2), "Anonymous: 4 kB"), [none, [undefined, true]]);
  for (const [value, written] of [["0 kB", false], ["0", false], ["4", true], ["10 kB", true]]) {
    assertEquals(shown(maps(1), `Anonymous: ${value}`), [[undefined, written]], `${value}`);
  }
  // What was swapped out was written to as well.
  assertEquals(shown(maps(1), "Anonymous: 0 kB", "Swap: 4 kB"), [[undefined, true]]);
  assertEquals(shown(maps(1), "Anonymous: 4 kB", "Swap: 0 kB"), [[undefined, true]]);
  assertEquals(shown(maps(1), "Rss: 4 kB", "SwapPss: 4 kB"), [none]);
  // Words are no field, and what follows another format's line is none of smaps.
  assertEquals(read(maps(1), "Anonymous: much").why, ["2: it is no line of a layout"]);
  assertEquals(read("0x5000 0x6000 0x1000 0x0 r--p /a", "Rss: 4 kB").why, [
    "2: it is no line of a layout",
  ]);
  assertEquals(read("Rss: 4 kB", maps(1)).why, ["1: it is no line of a layout"]);
});

Deno.test("readLayout: the columns of pmap -X are those of its header", () => {
  const header = "         Address Perm   Offset Device Inode Size  Rss Anonymous Mapping";
  const line = "        00001000 r--p 00000000  00:00     0    4    4         4";
  const written = (...lines: string[]) =>
    readLayout(lines.join("\n")).vmas.map((vma) => vma.written);
  assertEquals(written("12:   ./a", header, line), [true]);
  assertEquals(written(line), [undefined]);
  // A line without those words is no header.
  assertEquals(written(header, "a b c", line), [true]);
  assertEquals(
    read("12:   ./a", header, line, "                  ==== ====", "  4 4 4 KB").why,
    [],
  );
});

Deno.test("readLayout: what tools print around their tables is passed over in silence", () => {
  const own = [
    ...[
      "process 12",
      "Mapped address spaces:",
      "  Start Addr  End Addr  Size",
      "total 8K",
      "(gdb) x",
    ],
    ...["[New Thread 12]", "Using host libthread_db library x", "LEGEND: STACK | HEAP", "==12==x"],
  ];
  assertEquals(read(...own, maps(1)), { pages: [1], why: [] });
  assertEquals(read("total 4 lines", "totally", maps(1)).why, ["2: it is no line of a layout"]);
});

Deno.test("readMapsLine: a range that is empty or upside down is none", () => {
  assertEquals(readMapsLine("2000-2000 r--p", 1), undefined);
  assertEquals(readMapsLine("2000-1000 r--p", 1), undefined);
  const range = { line: 1, start: 0x1000, end: 0x2000, permissions: "r--s", name: "" };
  assertEquals(readMapsLine("1000-2000 r--S", 1), range);
  assertEquals(readMapsLine("> log: 1000-2000 r--s 00003000", 1), { ...range, offset: 0x3000 });
});
