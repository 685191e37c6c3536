/**
 * A run that ends with thousands of VMAs.
 *
 * @module
 */

import type { MapLine, TraceRecord } from "../../src/trace/format.ts";
import { formatRecord } from "../../src/trace/schema.ts";
import { HEADER } from "../trace/samples.ts";

const PAGE = 0x1000;
const TOP = 0x7f00_0000_0000;
const STACK: MapLine = {
  start: 0x7ffd_0000_0000,
  end: 0x7ffd_0002_1000,
  permissions: "rw-p",
  offset: 0,
  device: "00:00",
  inode: 0,
  name: "[stack]",
  vmFlags: "rd wr mr mw me gd ac",
};

/** A trace in which a program makes `count` VMAs, a page each, readable and writable by turns, and unmaps some. */
export function manyVmas(count: number): string {
  const pid = 7;
  const records: TraceRecord[] = [
    { ...HEADER, placement: "6.18", fidelity: "approximate" },
    {
      type: "exec",
      pid,
      program: "many",
      layout: [STACK],
      brk: 0x1000_0000,
      stack: 0x7ffd_0002_0000,
      mmapBase: TOP,
      legacyLayout: false,
      limits: {},
    },
  ];
  const call = (name: string, args: readonly number[], result: number) =>
    records.push(
      { type: "enter", pid, call: name, args },
      { type: "leave", pid, call: name, result, removed: [], added: [] },
    );
  for (let made = 1; made < count; made++) {
    const address = TOP - made * 2 * PAGE;
    call("mmap", [address, PAGE, made % 2 === 0 ? 3 : 1, 0x32, -1, 0], address);
    if (made % 7 === 0) call("mprotect", [address + 14 * PAGE, PAGE, 7], 0);
  }
  records.push({ type: "exit", pid, status: 0 }, { type: "end", reason: "finished" });
  return records.map(formatRecord).join("\n") + "\n";
}
