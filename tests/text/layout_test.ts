/**
 * A text explained as a whole: which kind of text it is taken for, what beside it counts, and who an address's
 * neighbours are.
 *
 * @module
 */

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  explainLayout,
  type ExplainOptions,
  neighbourhoodOf,
} from "../../src/text/explain/layout.ts";
import { TextError } from "../../src/text/text_error.ts";

//   0x400000  0x401000        0x403000      0x7f0000000000
//   |- r-xp a -|---- rw-p a ----|   (free)   |- rw-p, no file, 4 KiB -|
const CODE = "00400000-00401000 r-xp 00000000 fe:00 7 /bin/a\n";
const DATA = "00401000-00403000 rw-p 00001000 fe:00 7 /bin/a\n";
const MEMORY = "7f0000000000-7f0000001000 rw-p 00000000 00:00 0\n";
const MAPS = CODE + DATA + MEMORY;
/** Splits `DATA`, or unmaps all of `MEMORY`. */
const SPLIT = "mprotect(0x402000, 4096, PROT_READ) = 0\n";
const UNMAP = "munmap(0x7f0000000000, 4096) = 0\n";

/** Format, VMAs shown, in use, limit. */
function counts(text: string, options: ExplainOptions = {}): unknown[] {
  const { format, vmas, used, limit } = explainLayout(text, options);
  return [format, vmas, used, limit];
}

Deno.test("explainLayout: all of it for a small layout", () => {
  const { calls, patterns, ...rest } = explainLayout(MAPS);
  assertEquals(calls.map(({ possible }) => possible), [true, true, true]);
  assertEquals(patterns.map(({ vmas, times }) => [vmas, times]), [[2, 1], [1, 1]]);
  const file = { device: "fe:00", inode: 7, name: "/bin/a" };
  assertEquals(rest, {
    ...{ format: "maps", lines: 3, vmas: 3, used: 3, limit: 65530, left: 65527 },
    ...{ passedOver: [], failures: [] },
    borders: [{
      ...{ obstacle: "flags", count: 1, known: true },
      words: "They differ in permissions: r-xp below, rw-p above",
      example: "0x400000-0x401000 and 0x401000-0x403000",
    }],
    layout: [
      { line: 1, start: 0x400000, end: 0x401000, permissions: "r-xp", offset: 0, ...file },
      { line: 2, start: 0x401000, end: 0x403000, permissions: "rw-p", offset: 0x1000, ...file },
      {
        ...{ line: 3, start: 0x7f0000000000, end: 0x7f0000001000, permissions: "rw-p" },
        ...{ offset: 0, device: "00:00", inode: 0, name: "" },
      },
    ],
  });
});

Deno.test("explainLayout: what is counted, and the limit, are the caller's, else the text's", () => {
  assertEquals(counts(MAPS, { count: 7, limit: 9 }), ["maps", 3, 7, 9]);
  assertEquals(counts(MAPS, { count: 2 }), ["maps", 3, 2, 65530]);
  const said = `${MAPS}vm.max_map_count = 100\nTotal number of mappings: 5\n`;
  assertEquals(counts(said), ["hs_err", 3, 5, 100]);
  assertEquals(counts(said, { count: 7, limit: 9 }), ["hs_err", 3, 7, 9]);
  // A count that is lower is of another moment.
  assertEquals(counts(said.replace(": 5", ": 2")), ["hs_err", 3, 3, 100]);
});

Deno.test("explainLayout: of calls, the VMAs are those at the end and the most are those in use", () => {
  const { format, lines, vmas, used, limit, left, layout, borders, imported, ...rest } =
    explainLayout(`${SPLIT}${UNMAP}`, { maps: MAPS });
  assertEquals([format, lines, vmas, used, limit, left], ["strace", 2, 3, 4, 65530, 65526]);
  assertEquals(
    layout.map(({ line, start, end, permissions, offset, name }) => [
      ...[line, start, end, permissions, offset, name],
    ]),
    [
      [1, 0x400000, 0x401000, "r-xp", 0, "a"],
      [2, 0x401000, 0x402000, "rw-p", 0x1000, "a"],
      [3, 0x402000, 0x403000, "r--p", 0x2000, "a"],
    ],
  );
  assertEquals(layout.map(({ device, inode }) => [device, inode]), Array(3).fill(["fe:00", 7]));
  assertEquals(borders.map(({ obstacle, count }) => [obstacle, count]), [["flags", 2]]);
  assertEquals([imported?.memoryCalls, rest.passedOver, rest.failures], [2, [], []]);
  assertEquals(rest.patterns.reduce((sum, each) => sum + each.vmas, 0), 3);
  assertEquals(rest.calls.length, 3);
  // What a layout beside it says of the limit counts, unless the caller knows better.
  const maps = `${MAPS}vm.max_map_count = 100\n`;
  assertEquals(counts(SPLIT, { maps }), ["strace", 4, 4, 100]);
  assertEquals(counts(SPLIT, { maps, limit: 50, count: 20 }), ["strace", 4, 20, 50]);
  // Calls alone show what they touch.
  assertEquals(
    counts("mmap(NULL, 8192, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x10000\n"),
    [
      ...["strace", 1, 1, 65530],
    ],
  );
});

Deno.test("explainLayout: limit, count, kernel and machine of a text of calls are the caller's", () => {
  const { imported, failures } = explainLayout(
    `${SPLIT}munmap(0x401000, 4096) = -1 ENOMEM (Cannot allocate memory)\n`,
    { maps: MAPS, limit: 50, count: 49, kernel: "6.1", machine: "aarch64" },
  );
  const [header] = imported?.records ?? [];
  assertEquals(
    header?.type === "header" && [header.maxMapCount, header.kernel, header.machine],
    [50, "6.1", "aarch64"],
  );
  assertStringIncludes(failures[0]?.words ?? "", "it has 49 VMAs, and the limit");
  assertStringIncludes(failures[0]?.words ?? "", "is 50");
});

Deno.test("explainLayout: a text with lines of both kinds is of the kind that it has more of", () => {
  assertEquals(counts(`${CODE}${DATA}${SPLIT}${UNMAP}`)[0], "maps");
  assertEquals(counts(`${CODE}${DATA}${SPLIT}${UNMAP}${UNMAP}`)[0], "strace");
  // A call that another interrupts is one; what is no call on memory does not count.
  const halves =
    "[pid 1] munmap(0x1000, 4096 <unfinished ...>\n[pid 1] <... munmap resumed>) = 0\n";
  assertEquals(counts(`${CODE}${DATA}${SPLIT}${halves}`)[0], "maps");
  assertEquals(counts(`${CODE}${DATA}${SPLIT}${halves}${UNMAP}`)[0], "strace");
  assertEquals(counts(`${CODE}${SPLIT}read(3, "", 10) = 0\n`)[0], "maps");
  assertEquals(counts(`${CODE}${SPLIT}+++ exited with 0 +++\n`)[0], "maps");
  // Other names of the calls: those of ltrace, of 32 bits, of rr.
  for (const name of ["mmap2", "mmap", "munmap", "mprotect", "brk@SYS", "mremap", "madvise"]) {
    const { imported } = explainLayout(`${name}(0x10000, 4096, 4, 0x22, -1, 0) = 0x10000\n`);
    assertEquals(imported?.memoryCalls, 1, name);
  }
});

Deno.test("explainLayout: policies are those of numa_maps, in the same text or beside it", () => {
  const [first, second] = [
    "7f0000000000-7f0000001000 rw-p 00000000 00:00 0\n",
    "7f0000001000-7f0000002000 rw-p 00000000 00:00 0\n",
  ];
  const maps = first + second;
  const numa = "7f0000000000 bind:0 anon=1 N0=1\n7f0000001000 default\n";
  const shown = (text: string, options: ExplainOptions = {}) => {
    const { format, vmas, borders, layout } = explainLayout(text, options);
    return [
      format,
      vmas,
      borders.map(({ obstacle }) => obstacle),
      layout.map((vma) => vma.written),
    ];
  };
  const both = ["maps", 2, ["policy"], [true, false]];
  assertEquals(shown(numa, { maps }), both);
  assertEquals(shown(maps, { maps: numa }), both);
  assertEquals(shown(maps + numa), both);
  // What smaps counted is nearer than what numa_maps did.
  const smaps = `${first}Anonymous: 0 kB\n${second}Anonymous: 4 kB\n`;
  assertEquals(shown(smaps, { maps: numa }), ["smaps", 2, ["policy"], [false, true]]);
  // Words around it that name a call are no calls.
  assertEquals(shown(`after mmap( failed:\n${numa}`, { maps }), both);
  assertEquals(shown(`${numa}brk(0) = 0x1000\nbrk(0) = 0x1000\n`, { maps }), both);
  assertEquals(explainLayout(numa + SPLIT.repeat(3), { maps: MAPS }).format, "strace");
  assertEquals(shown(maps), ["maps", 2, [null], [undefined, undefined]]);
  assertEquals(shown(maps, { maps: "7f0000001000 bind:0 anon=1 N0=1\n" }), [
    ...["maps", 2, [null], [undefined, true]],
  ]);
  // One line is enough.
  const one = "7f0000000000 bind:0 anon=1 N0=1\n";
  assertEquals([shown(one, { maps }), shown(maps + one)].map(([, , , written]) => written), [
    ...[[true, undefined], [true, undefined]],
  ]);
  const alone = "Cannot explain numa_maps alone";
  assertThrows(() => explainLayout(numa), TextError, alone);
  assertThrows(() => explainLayout(one), TextError, alone);
  assertThrows(() => explainLayout(numa, { maps: "words\n" }), TextError, alone);
});

Deno.test("explainLayout: a text that shows nothing is told with its lines", () => {
  const none = "no memory call and no VMA stands in its";
  assertThrows(() => explainLayout("hello\n"), TextError, `${none} 1 line`);
  assertThrows(() => explainLayout("hello\nyou\n"), TextError, `${none} 2 lines`);
  assertThrows(() => explainLayout("it called mmap( and ended\n"), TextError, "no memory call");
  assertThrows(() => explainLayout("hello\n", { maps: MAPS }), TextError, none);
});

Deno.test("explainLayout: of a log that tells of a failure, with all that is mapped and in use", () => {
  const log = `# Native memory allocation (mmap) failed to map 65536 bytes for the heap.\n${MAPS}`;
  const [failure] = explainLayout(log, { limit: 100, count: 10 }).failures;
  assertEquals([failure?.line, failure?.call, failure?.error], [1, "mmap", "ENOMEM"]);
  assertStringIncludes(failure?.words ?? "", "90 VMAs may still be made");
  assertStringIncludes(failure?.words ?? "", "vm.max_map_count, 100)");
  assertStringIncludes(failure?.words ?? "", "RLIMIT_AS (16 KiB are mapped)");
});

Deno.test("neighbourhoodOf: the VMA that holds an address, its neighbours, and why they are not one", () => {
  const { layout } = explainLayout(MAPS);
  const at = (address: number) => {
    const found = neighbourhoodOf(layout, address);
    return found && [
      ...[found.vma.line, ...found.neighbours.map(({ vma, words }) => `${vma.line}: ${words}`)],
    ];
  };
  const differ = "They differ in permissions: r-xp below, rw-p above";
  const apart = "They do not touch: 0x403000-0x7f0000000000 between them is free";
  assertEquals(at(0x400000), [1, `2: ${differ}`]);
  assertEquals(at(0x400fff), [1, `2: ${differ}`]);
  assertEquals(at(0x401000), [2, `1: ${differ}`, `3: ${apart}`]);
  assertEquals(at(0x7f0000000fff), [3, `2: ${apart}`]);
  for (const free of [0x3fffff, 0x403000, 0x7effffffffff, 0x7f0000001000]) {
    assertEquals(at(free), undefined, free.toString(16));
  }
  assertEquals(neighbourhoodOf([], 0), undefined);
});
