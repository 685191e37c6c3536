/** The record of a new program, from what /proc says of it. */
import { assertEquals } from "@std/assert";
import { type ExecFacts, execRecord } from "../../src/capture/exec_record.ts";
import type { ExecRecord, MapLine } from "../../src/trace/format.ts";
import { HEAP } from "../trace/samples.ts";
import { fakeLibc, texts } from "./fake_libc.ts";

const STACK_START = 0x7ffe_0000_1234, BRK = 0x5555_0000_1000;

/** A field of `/proc/PID/stat` is its number, but for those that are looked at. */
const FIELDS = Array.from({ length: 50 }, (_, i) => {
  return new Map([[28, STACK_START], [47, BRK]]).get(i + 3) ?? 0;
});

const vma = (start: number, end: number): MapLine => ({ ...HEAP, start, end });
/** Program, library, stack, and what lies above it. */
const LAYOUT = [
  vma(0x5555_0000_0000, 0x5555_0000_1000),
  vma(0x7f00_0000_0000, 0x7f00_0000_2000),
  vma(0x7f00_0000_2000, 0x7f00_0000_3000),
  vma(0x7ffe_0000_0000, 0x7ffe_0000_2000),
  vma(0x7ffe_1000_0000, 0x7ffe_1000_1000),
];

/** The record where some files of /proc say something else. */
function recordOf(
  files: Readonly<Record<string, string>> = {},
  facts: Partial<ExecFacts> = {},
  layout: readonly MapLine[] = LAYOUT,
): ExecRecord {
  const libc = fakeLibc({
    readText: texts({
      "/proc/77/stat": `77 (a) ${FIELDS.join(" ")}\n`,
      "/proc/77/personality": "00000000\n",
      "/proc/77/limits": "Max stack size            8388608              unlimited  bytes\n",
      "/proc/77/status": "CapEff:\t0000000000000000\n",
      "/proc/sys/vm/legacy_va_layout": "0\n",
      ...files,
    }),
    readLink: (path) => path === "/proc/77/exe" ? "/usr/bin/some program" : undefined,
  });
  const usual = { isRandomized: true, stackDecides: false, asked: {} };
  return execRecord(libc, 77, layout, { ...usual, ...facts });
}

Deno.test("execRecord: heap, stack, limits and name of the program, and its layout", () => {
  assertEquals(recordOf({}, { asked: { page: 0x7f00_0000_2000 } }), {
    type: "exec",
    pid: 77,
    program: "some program",
    layout: LAYOUT,
    brk: BRK,
    stack: STACK_START,
    mmapBase: 0x7f00_0000_3000,
    legacyLayout: false,
    randomized: true,
    ipcLock: false,
    limits: { stack: 8388608 },
  });
  assertEquals(recordOf({ "/proc/77/status": "CapEff:\t0000000000004000\n" }).ipcLock, true);
});

Deno.test("execRecord: without a page the end of what lies below the stack is where mappings begin, a guess", () => {
  const { mmapBase, mmapBaseGuessed } = recordOf();
  assertEquals([mmapBase, mmapBaseGuessed], [0x7f00_0000_3000, true]);
  const touching = [...LAYOUT.slice(0, 2), vma(0x7f00_0000_2000, STACK_START)];
  assertEquals(recordOf({}, {}, touching).mmapBase, STACK_START);
  assertEquals(recordOf({}, {}, []).mmapBase, 0);
  const asked = recordOf({}, { asked: { page: 0x7f00_0000_8000 } });
  assertEquals([asked.mmapBase, asked.mmapBaseGuessed], [0x7f00_0000_9000, undefined]);
});

Deno.test("execRecord: the page lies at the end, or what lies there already reaches to it", () => {
  const base = (page: number) => recordOf({}, { asked: { page } }).mmapBase;
  assertEquals(base(0x7f00_0000_3000), 0x7f00_0000_4000); // only other VMAs lie lower
  assertEquals(base(0x7f00_0000_2000), 0x7f00_0000_3000); // a VMA ends where the page does
  assertEquals(base(0x7eff_ffff_0000), 0x7f00_0000_3000); // and below it the page
});

Deno.test("execRecord: in the legacy layout it is the lowest mapping above a third of the address space", () => {
  const legacy = { "/proc/77/personality": "00200000\n" };
  const low = [vma(0x1000, 0x2000), vma(0x2aaa_aaaa_a000, 0x2aaa_aaaa_c000), ...LAYOUT.slice(1)];
  const found = recordOf(legacy, {}, low);
  assertEquals([found.legacyLayout, found.mmapBase], [true, 0x2aaa_aaaa_a000]);
  assertEquals(recordOf(legacy, {}, [vma(0x1000, 0x2000)]).mmapBase, 0);
  const asked = recordOf(legacy, { asked: { page: 0x2aaa_aaaa_8000 } }, low);
  assertEquals(asked.mmapBase, 0x2aaa_aaaa_8000);
});

Deno.test("execRecord: upwards, mappings begin where those begin that lie without room between up to the page", () => {
  const run = [vma(0x4000_0000, 0x4000_3000), vma(0x4000_3000, 0x4000_5000)];
  const found = recordOf({}, { asked: { page: 0x4000_5000, goesUp: true } }, [
    ...[vma(0x1000, 0x2000), ...run, vma(0x4000_6000, 0x4000_7000), ...LAYOUT],
  ]);
  assertEquals([found.legacyLayout, found.mmapBase], [true, 0x4000_0000]);
});

Deno.test("execRecord: the direction that was seen counts, whatever personality and settings say", () => {
  const legacy = { "/proc/77/personality": "00200000\n" };
  const seen = (goesUp: boolean) => ({ asked: { page: 0x7f00_0000_2000, goesUp } });
  assertEquals(recordOf(legacy, seen(false)).legacyLayout, false);
  assertEquals(recordOf({}, seen(true)).legacyLayout, true);
});

Deno.test("execRecord: the personality READ_IMPLIES_EXEC is told where it is set", () => {
  const implies = (personality: string) =>
    recordOf({ "/proc/77/personality": personality }).readImpliesExec;
  assertEquals(["00000000\n", "00440000\n"].map(implies), [undefined, true]);
});

Deno.test("execRecord: personality, setting or, on arm64, a stack without limit make the layout a legacy one", () => {
  const isLegacy = (...args: Parameters<typeof recordOf>) => recordOf(...args).legacyLayout;
  assertEquals(isLegacy({ "/proc/77/personality": "00240008\n" }), true);
  assertEquals(isLegacy({ "/proc/77/personality": "00040008\n" }), false);
  assertEquals(isLegacy({ "/proc/sys/vm/legacy_va_layout": "1\n" }), true);
  const unlimited = {
    "/proc/77/limits": "Max stack size            unlimited  unlimited  bytes\n",
  };
  assertEquals(isLegacy(unlimited, { stackDecides: true }), true);
  assertEquals(isLegacy(unlimited, { stackDecides: false }), false);
  assertEquals(isLegacy({}, { stackDecides: true }), false);
});

Deno.test("execRecord: addresses are random unless the system or the program's personality says no", () => {
  const isRandom = (personality: string, isRandomized: boolean) =>
    recordOf({ "/proc/77/personality": personality }, { isRandomized }).randomized;
  assertEquals(
    ["00000000\n", "00040000\n", "00200000\n", "00400000\n"].map((each) => isRandom(each, true)),
    [true, false, true, true],
  );
  assertEquals([isRandom("00000000\n", false), isRandom("00040000\n", false)], [false, false]);
});

Deno.test("execRecord: a process that is gone has a record without anything, as its exit follows", () => {
  const libc = fakeLibc({ readText: () => undefined, readLink: () => undefined });
  const facts = { isRandomized: true, stackDecides: true, asked: {} };
  const { program, brk, stack, limits, randomized } = execRecord(libc, 77, [], facts);
  assertEquals([program, brk, stack, limits, randomized], ["", 0, 0, {}, true]);
});
