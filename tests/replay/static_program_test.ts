/** A static program on an old kernel, after whose exec nothing lies where placement begins. */
import { assertEquals } from "@std/assert";
import { replay } from "../../src/replay/replay.ts";
import type { HeaderRecord, MapLine, TraceRecord } from "../../src/trace/format.ts";

const HEADER: HeaderRecord = {
  type: "header",
  format: "maple-trace",
  version: 1,
  command: ["static"],
  purpose: "",
  compiler: "",
  kernel: "6.1.0",
  machine: "x86_64",
  placement: "5.19",
  pageSize: 4096,
  maxMapCount: 65530,
  mmapMinAddress: 0x10000,
  fidelity: "exact",
};
const NO_FILE = { offset: 0, device: "00:00", inode: 0, name: "" };
const DATA: MapLine = {
  ...NO_FILE,
  start: 0x401000,
  end: 0x403000,
  permissions: "rw-p",
  vmFlags: "rd wr mr mw me ac",
};
const STACK: MapLine = {
  ...NO_FILE,
  start: 0x7ffc_0000_0000,
  end: 0x7ffc_0002_1000,
  permissions: "rw-p",
  name: "[stack]",
  vmFlags: "rd wr mr mw me gd ac",
};
const TOP = 0x7f12_3456_7000;

function mapped(start: number, length: number, added: readonly MapLine[]): TraceRecord[] {
  const removed = added.length === 0 || start + length === TOP ? [] : [start + length];
  return [
    { type: "enter", pid: 1, call: "mmap", args: [0, length, 3, 0x22, -1, 0] },
    { type: "leave", pid: 1, call: "mmap", result: start, removed, added },
  ];
}

Deno.test("replay: where placement begins, the first address that the kernel chose tells if nothing else does", async () => {
  const line = (start: number): MapLine => ({ ...DATA, start, end: TOP });
  const report = await replay([
    HEADER,
    {
      type: "exec",
      pid: 1,
      program: "static",
      brk: 0x404000,
      stack: STACK.end - 0x1000,
      mmapBase: DATA.end, // what a recorder had to take it for
      legacyLayout: false,
      limits: {},
      layout: [DATA, STACK],
    },
    ...mapped(TOP - 0x1000, 0x1000, [line(TOP - 0x1000)]),
    ...mapped(TOP - 0x3000, 0x2000, [line(TOP - 0x3000)]),
    { type: "end", reason: "finished" },
  ]);
  assertEquals([report.divergence?.what, report.matched], [undefined, 3]);
});
