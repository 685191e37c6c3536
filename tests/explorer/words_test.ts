/**
 * The page's words without a page: arguments, sizes, names of runs, what a step did to VMAs and what it split or
 * joined.
 *
 * @module
 */

import {
  assertEquals,
  assertNotStrictEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { argumentsOf } from "../../src/explorer/model/arguments.ts";
import { entryOf, fromBase64, runName } from "../../src/explorer/model/library.ts";
import { splitsAndMerges } from "../../src/explorer/model/ranges.ts";
import { plainRule } from "../../src/explorer/model/rules.ts";
import { size, vmaChanges } from "../../src/explorer/model/vma_changes.ts";
import { isMisplaced, type VmaRow } from "../../src/explorer/model/vma_row.ts";
import { importText } from "../../src/text/import.ts";
import { readTrace } from "../../src/trace/read.ts";
import { recordsOf } from "./packing.ts";

const FILE = {
  id: 1,
  name: "",
  device: "08:01",
  inode: 7,
  size: 1,
  access: "read",
  kind: "regular",
} as const;

/** The arguments of a call in one line, the names of bits in the order of the alphabet. */
function shown(call: string, args: number[], file?: string): string {
  const open = file === undefined ? {} : { file: { ...FILE, name: file } };
  return argumentsOf({ type: "enter", pid: 1, call, args, ...open })
    .map(({ name, text }) => `${name}=${text.split(" | ").sort().join(" | ")}`).join(", ");
}

Deno.test("arguments: names and constants of the manual", () => {
  assertEquals(
    shown("mmap", [0, 0x2000, 3, 0x22, -1, 0]),
    "addr=0, length=0x2000 (8 KiB), prot=PROT_READ | PROT_WRITE, " +
      "flags=MAP_ANONYMOUS | MAP_PRIVATE, fd=none, offset=0",
  );
  // A descriptor of -1 as 32 bits and as 64 is none; 0 is one.
  assertEquals(shown("mmap", [0, 0, 0, 0, 0xffff_ffff]).split(", ").at(-1), "fd=none");
  assertEquals(shown("mmap", [0, 0, 0, 0, 0]).split(", ").at(-1), "fd=0");
  assertEquals(shown("mmap", [0, 0, 0, 0, -2]).split(", ").at(-1), "fd=-2");
  assertEquals(shown("mmap", [0, 0, 0, 0, 3], "/lib/a").split(", ").at(-1), "fd=/lib/a");
  assertEquals(
    shown("munmap", [0x7f00_0000_1000, 1023]),
    "addr=0x7f0000001000, length=1023",
  );
  assertEquals(
    shown("munmap", [0x1000, 1024]),
    "addr=0x1000, length=0x400 (1 KiB)",
  );
  assertEquals(
    shown("mprotect", [0x1000, 0, 0]),
    "addr=0x1000, length=0, prot=PROT_NONE",
  );
  assertEquals(
    shown("mremap", [0, 0, 0, 3, 0x1000]),
    "old_address=0, old_size=0, new_size=0, flags=MREMAP_FIXED | MREMAP_MAYMOVE, new_address=0x1000",
  );
  assertEquals(shown("madvise", [0, 0, 4]).split(", ").at(-1), "advice=MADV_DONTNEED");
  assertEquals(shown("madvise", [0, 0, 0xfff]).split(", ").at(-1), "advice=0xfff");
  assertEquals(shown("mlock2", [0, 0, 0]).split(", ").at(-1), "flags=0");
  assertEquals(shown("mlock2", [0, 0, 1]).split(", ").at(-1), "flags=MLOCK_ONFAULT");
  assertEquals(shown("mlockall", [3]), "flags=MCL_CURRENT | MCL_FUTURE");
  assertEquals(shown("msync", [0, 0, 4]).split(", ").at(-1), "flags=MS_SYNC");
  assertEquals(shown("shmat", [3, 0, 0o10000]), "shmid=0x3, shmaddr=0, shmflg=SHM_RDONLY");
});

Deno.test("arguments: bits without a name are a number, a call without a table has numbers", () => {
  assertEquals(shown("mlockall", [0x101]), "flags=0x100 | MCL_CURRENT");
  assertEquals(shown("mprotect", [0, 0, 0x41]).split(", ").at(-1), "prot=0x40 | PROT_READ");
  assertEquals(shown("mlockall", [-(2 ** 31)]), "flags=0x80000000");
  assertEquals(shown("process_madvise", [1, 16]), "arg 1=0x1, arg 2=0x10");
  const kind = (flags: number) => shown("mmap", [0, 0, 0, flags]).split(", ").at(-1);
  assertEquals(kind(3), "flags=MAP_SHARED_VALIDATE");
  assertEquals(kind(0x8_0003), "flags=MAP_SHARED_VALIDATE | MAP_SYNC");
  assertEquals(kind(8), "flags=MAP_DROPPABLE");
  assertEquals(kind(0x11), "flags=MAP_FIXED | MAP_SHARED");
  assertEquals(
    shown("mremap", [0, 0, 0, 3]).split(", ").at(-1),
    "flags=MREMAP_FIXED | MREMAP_MAYMOVE",
  );
  // What a call does not take is left out.
  assertEquals(shown("munmap", [0x1000, 1, 5, 6]), "addr=0x1000, length=1");
  assertEquals(shown("munlockall", [1]), "");
});

Deno.test("size: three digits or one after the point, in the largest unit that leaves at least 1", () => {
  const cases: [number, string][] = [
    [0, "0 bytes"],
    [1023, "1023 bytes"],
    [1024, "1 KiB"],
    [1536, "1.5 KiB"],
    [2 ** 20 - 1, "1024 KiB"],
    [2 ** 20, "1 MiB"],
    [100.4 * 1024, "100 KiB"],
    [99.25 * 1024, "99.3 KiB"],
    [3 * 2 ** 30, "3 GiB"],
    [2 ** 40, "1 TiB"],
    [2 ** 50, "1 PiB"],
    [2 ** 60, "1024 PiB"],
  ];
  for (const [bytes, words] of cases) assertEquals(size(bytes), words);
});

Deno.test("rules: in plain words; one that has none as the validator says it, with a capital", () => {
  assertEquals(
    plainRule("two empty slots are never neighbours").includes("not two in a row"),
    true,
  );
  assertEquals(plainRule("pivots rise").endsWith("no room between them. It is left over."), true);
  assertEquals(plainRule("something else"), "Something else");
});

Deno.test("runs: named by their file without folder and endings, read once", async () => {
  const names: [string, string][] = [
    ["traces/cc1-2022.jsonl.gz", "cc1-2022"],
    ["a/b/c.txt", "c"],
    ["c.log", "c"],
    ["c.strace.gz", "c"],
    ["c.gz", "c"],
    ["c.tar.gz", "c.tar"],
  ];
  for (const [file, name] of names) assertEquals(runName(file), name);
  assertEquals([...fromBase64("AAH/gA==")], [0, 1, 255, 128]);

  const text = "1 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000\n";
  const utf16 = new Uint8Array([0xff, 0xfe, ...[...text].flatMap((it) => [it.charCodeAt(0), 0])]);
  const gzip = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  const packed = new Uint8Array(await new Response(gzip).arrayBuffer());
  const plain = importText(text).records;
  for (const bytes of [new TextEncoder().encode(text), utf16, packed]) {
    let reads = 0;
    const entry = entryOf("a", { readTrace, importText }, () => {
      reads++;
      return Promise.resolve(bytes);
    });
    assertEquals(await entry.records(), plain);
    assertStrictEquals(await entry.records(), await entry.records());
    assertEquals([entry.name, reads], ["a", 1]);
  }
  // Half a mark is none: such bytes are text, or nothing.
  for (const [mark, second] of [[0x1f, 0x20], [0x20, 0x8b], [0xff, 0x20], [0x20, 0xfe]] as const) {
    const rest = new TextEncoder().encode(`\n${text}`);
    const odd = new Uint8Array([mark, second, ...rest]);
    const entry = entryOf("odd", { readTrace, importText }, () => Promise.resolve(odd));
    assertEquals((await entry.records()).length, plain.length);
  }
  const damaged = entryOf(
    "d",
    { readTrace, importText },
    () => Promise.resolve(packed.slice(0, 30)),
  );
  await assertRejects(
    () => damaged.records(),
    TypeError,
    "The compressed data is damaged or cut off",
  );
  const trace = await Deno.readFile("traces/cc1-2022.jsonl.gz");
  const entry = entryOf("t", { readTrace, importText }, () => Promise.resolve(trace));
  assertEquals(await entry.records(), await recordsOf("cc1-2022"));
});

/** A page of rows: one VMA over `first … last`. */
function row(first: number, last: number, other: Partial<VmaRow> = {}): VmaRow {
  return {
    identity: first,
    first,
    last,
    start: first,
    end: last + 1,
    permissions: "rw-p",
    flags: 3 as VmaRow["flags"],
    vmFlags: "rd wr",
    pageOffset: 0,
    offset: 0,
    device: "00:00",
    inode: 0,
    name: "",
    kind: "anonymous",
    written: false,
    ...other,
  };
}

/** What became of some rows: kinds and words. */
function told(left: VmaRow[], right: VmaRow[]): string[] {
  const view = (rows: VmaRow[]) => ({ rows, mapCount: rows.length, limit: 9, bytes: 0 });
  return vmaChanges(view(left), view(right)).events
    .map(({ kind, text, start, end }) =>
      `${kind} ${start.toString(16)}-${end.toString(16)}: ${text}`
    );
}

Deno.test("changes: a VMA is new, gone, longer, shorter, or has other flags", () => {
  const a = row(0x1000, 0x2fff);
  assertEquals(told([], [a]), ["new 1000-3000: 1000-3000 is new"]);
  assertEquals(told([a], []), ["gone 1000-3000: 1000-3000 is gone"]);
  assertEquals(told([a], [row(0x1000, 0x4fff)]), [
    "grown 1000-5000: 1000-3000 grew upwards by 8 KiB: 1000-5000",
  ]);
  assertEquals(told([row(0x2000, 0x2fff)], [a]), [
    "grown 1000-3000: 2000-3000 grew downwards by 4 KiB: 1000-3000",
  ]);
  assertEquals(told([a], [row(0x1000, 0x1fff)]), [
    "shrunk 1000-2000: 1000-3000 lost 4 KiB: 1000-2000",
  ]);
  const readable = { permissions: "r--p", flags: 1 as VmaRow["flags"], vmFlags: "rd" };
  assertEquals(told([a], [{ ...a, ...readable }]), [
    "flags 1000-3000: 1000-3000: rw-p became r--p",
  ]);
  const locked = { flags: 0x2003 as VmaRow["flags"], vmFlags: "rd wr lo" };
  assertEquals(told([a], [{ ...a, ...locked }]), [
    "flags 1000-3000: 1000-3000: {rd wr} became {rd wr lo}",
  ]);
  assertEquals(told([a], [{ ...a, written: true }]), [
    "written 1000-3000: 1000-3000 was written to: it has an anon_vma now",
  ]);
  assertEquals(told([{ ...a, written: true }], [{ ...a, written: true, name: "x" }]), []);
  assertEquals(told([a], [{ ...a }]), []);
});

Deno.test("changes: a VMA is split in its parts, and several become one", () => {
  const whole = row(0x1000, 0x3fff);
  const parts = [row(0x1000, 0x1fff), row(0x2000, 0x2fff), row(0x3000, 0x3fff)];
  const words = "1000-2000 and 2000-3000 and 3000-4000";
  assertEquals(told([whole], parts), [`split 1000-4000: 1000-4000 was split: ${words}`]);
  assertEquals(told(parts, [whole]), [`joined 1000-4000: ${words} became one: 1000-4000`]);
  // One that is covered whole, and a part of another.
  assertEquals(
    told(parts.slice(0, 2), [row(0x1000, 0x27ff), row(0x2800, 0x2fff)]).at(0),
    [
      "joined 1000-2800: 1000-2000 and 2000-3000 became one: 1000-2800",
    ][0],
  );
  // What stands in the middle is another file's: the outer two are the parts.
  const other = row(0x2000, 0x2fff, { name: "f", inode: 9, identity: 77 });
  assertEquals(told([whole], [parts[0]!, other, parts[2]!]), [
    "split 1000-4000: 1000-4000 was split: 1000-2000 and 3000-4000",
  ]);
  // Of a file, a part shows what was at its place.
  const file = { name: "f", inode: 9 };
  const mapped = row(0x1000, 0x2fff, file);
  const halves = (offset: number) => [
    row(0x1000, 0x1fff, file),
    row(0x2000, 0x2fff, { ...file, offset }),
  ];
  assertEquals(told([mapped], halves(0x1000))[0]?.slice(0, 5), "split");
  assertEquals(told([mapped], halves(0x3000))[0]?.slice(0, 6), "shrunk");
});

Deno.test("changes: rows that stay are not touched, a stale entry is no VMA", () => {
  const rows = [0x1000, 0x3000, 0x5000, 0x7000].map((at) => row(at, at + 0xfff));
  const grown = row(0x3000, 0x47ff);
  const view = (list: VmaRow[]) => ({ rows: list, mapCount: list.length, limit: 9, bytes: 0 });
  const { rows: changed, gone } = vmaChanges(view(rows), view([rows[0]!, grown, rows[3]!]));
  assertEquals([...changed], [[grown, "changed"]]);
  assertEquals(gone, [rows[2]!]);
  const made = row(0x6000, 0x6fff);
  assertEquals([...vmaChanges(view(rows), view([...rows, made])).rows], [[made, "new"]]);
  // A VMA that begins elsewhere is the same one by its number.
  const moved = row(0x3800, 0x3fff, { identity: 0x3000 });
  assertEquals([...vmaChanges(view(rows), view([rows[0]!, moved])).rows], [[moved, "changed"]]);
  // The first view has nothing to compare with.
  const first = vmaChanges(undefined, view(rows));
  assertEquals([first.rows.size, first.events], [4, []]);
  // The same row between two that changed.
  const between = [rows[1]!, rows[2]!, rows[3]!];
  const around = [row(0x3000, 0x37ff), rows[2]!, row(0x7000, 0x77ff)];
  assertEquals([...vmaChanges(view(between), view(around)).rows.keys()], [around[0]!, around[2]!]);
  const stale = row(0x2000, 0x1fff);
  assertEquals(told([], [stale]), []);
  assertEquals(told([stale], []), []);
});

Deno.test("changes: what makes a row another, one by one", () => {
  const a = row(0x1000, 0x2fff);
  const others: Partial<VmaRow>[] = [
    { identity: 5 },
    { last: 0x3fff },
    { start: 0 },
    { end: 0x5000 },
    { flags: 1 as VmaRow["flags"] },
    { written: true },
    { offset: 0x1000 },
    { name: "x" },
  ];
  const view = (list: VmaRow[]) => ({ rows: list, mapCount: 1, limit: 9, bytes: 0 });
  for (const other of others) {
    const now = { ...a, ...other };
    assertEquals([...vmaChanges(view([a]), view([now])).rows], [[now, "changed"]]);
  }
  const copy = { ...a };
  assertNotStrictEquals(copy, a);
  assertEquals(vmaChanges(view([a]), view([copy])).rows.size, 0);
});

Deno.test("isMisplaced: a row that the tree does not hold where its VMA is", () => {
  const a = row(0x1000, 0x2fff);
  assertEquals([
    isMisplaced(a),
    isMisplaced({ ...a, first: 0 }),
    isMisplaced({ ...a, last: 0x3fff }),
  ], [false, true, true]);
});

/** Whether a call split and joined VMAs, by their ranges before and after. */
function did(before: number[], after: number[], call = "munmap", result = 0): string {
  const enter = { type: "enter" as const, pid: 1, call, args: [] };
  const step = { enter } as unknown as Parameters<typeof splitsAndMerges>[2];
  const { splits, merges } = splitsAndMerges(before, after, step, result);
  return [splits ? "split" : "", merges ? "joined" : ""].join(" ").trim();
}

Deno.test("splits: two parts of a VMA stay; what the call mapped itself is none", () => {
  assertEquals(did([10, 29], [10, 14, 20, 29]), "split");
  assertEquals(did([0, 5, 10, 29, 40, 49], [0, 5, 10, 14, 20, 29, 40, 49]), "split");
  assertEquals(did([10, 29], [10, 19, 20, 29], "mprotect"), "split");
  assertEquals(did([10, 29], [10, 19]), "");
  assertEquals(did([10, 29], [20, 29]), "");
  assertEquals(did([10, 29], []), "");
  assertEquals(did([], [10, 29], "mmap", 10), "");
  // Over the end of another: that one is cut, not split.
  for (const call of ["mmap", "mremap", "shmat"]) {
    assertEquals(did([10, 29], [10, 19, 20, 29], call, 20), "");
    assertEquals(did([10, 29], [10, 14, 15, 19, 20, 29], call, 15), "split");
  }
  assertEquals(did([10, 29], [10, 29]), "");
});

Deno.test("merges: one covers what two covered, or what was mapped became part of one", () => {
  assertEquals(did([10, 19, 20, 29], [10, 29], "mprotect"), "joined");
  assertEquals(did([10, 19, 30, 39], [10, 39], "mmap", 20), "joined");
  assertEquals(did([10, 19], [10, 29], "mmap", 20), "joined");
  assertEquals(did([20, 29], [10, 29], "mmap", 10), "joined");
  // What lies around and stays as it was has no part in it.
  for (const at of [20, 21]) {
    assertEquals(did([0, 5, 40, 49], [0, 5, at, 29, 40, 49], "mmap", at), "");
    assertEquals(did([0, 5, 10, at - 1, 40, 49], [0, 5, 10, 29, 40, 49], "mmap", at), "joined");
    assertEquals(did([0, 5, at, 29, 40, 49], [0, 5, 10, 29, 40, 49], "mmap", 10), "joined");
    assertEquals(did([0, 5], [0, 5, at, 29], "mmap", at), "");
    assertEquals(did([40, 49], [at, 29, 40, 49], "mmap", at), "");
    assertEquals(did([0, 5, at, 29, 40, 49], [0, 5, 40, 49]), "");
  }
  // Ranges that touch at one index share it.
  assertEquals(did([10, 20], [10, 10, 20, 20]), "split");
  // The heap that brk moves has grown, it has not been joined.
  assertEquals(did([10, 19], [10, 29], "brk", 30), "");
  // A mapping over one of the same place has replaced it.
  assertEquals(did([10, 19], [10, 29], "mmap", 10), "");
  // What one gave to its neighbour is a part of it that stays; the neighbour is longer, not joined.
  assertEquals(did([10, 19, 20, 29], [10, 24, 25, 29], "mprotect"), "split");
  assertEquals(did([0, 5, 10, 19, 20, 29, 40, 49], [0, 5, 10, 29, 40, 49], "mprotect"), "joined");
});
