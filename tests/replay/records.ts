/**
 * Records of small traces, written by hand: a program without anything mapped, and what happens to it.
 *
 * @module
 */

import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  PROT_READ,
  PROT_WRITE,
} from "../../src/abi/mman.ts";
import type {
  EnterRecord,
  ExecRecord,
  HeaderRecord,
  LeaveRecord,
  MapLine,
  OpenFile,
  TraceRecord,
} from "../../src/trace/format.ts";
import { EXEC, HEADER } from "../trace/samples.ts";

/** Where placement of {@linkcode start}'s program begins: no whole number of huge pages. */
export const TOP = 0x7fff_f7ff_f000;
/** The process. */
export const PID = 7;
/** Protection and flags of fixed private memory. */
export const RW = PROT_READ | PROT_WRITE;
export const FIXED: number = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

/** A file of eight pages, open for reading. */
export const FILE: OpenFile = {
  ...{ id: 3, device: "fe:00", inode: 42, name: "data", size: 0x8000, access: "read" },
  kind: "regular",
};

/** What a call of mmap returns with that maps at 0x9000 and shows nothing. */
export const MAPPED: LeaveRecord = {
  ...{ type: "leave", pid: PID, call: "mmap", result: 0x9000, removed: [], added: [] },
};

/** What io_setup maps, in the kernel's words. */
export const RING: MapLine = {
  ...{ start: 0x9000, end: 0xc000, permissions: "rw-s", offset: 0, device: "00:0f", inode: 77 },
  name: "[aio] (deleted)",
};

/** The header and an exec after which `layout` is mapped, the heap's beginning at 0x500000. */
export function start(
  header: Partial<HeaderRecord> = {},
  layout: readonly MapLine[] = [],
  exec: Partial<ExecRecord> = {},
): TraceRecord[] {
  return [{ ...HEADER, ...header }, program(layout, exec)];
}

/** An exec after which `layout` is mapped. */
export function program(
  layout: readonly MapLine[] = [],
  exec: Partial<ExecRecord> = {},
): ExecRecord {
  return { ...EXEC, pid: PID, layout, brk: 0x500000, mmapBase: TOP, limits: {}, ...exec };
}

/** A line of private anonymous memory of so many pages. */
export function memory(at: number, pages = 1, change: Partial<MapLine> = {}): MapLine {
  return {
    ...{ start: at, end: at + pages * 4096, permissions: "rw-p", offset: 0, device: "00:00" },
    ...{ inode: 0, name: "", vmFlags: "rd wr mr mw me ac", ...change },
  };
}

/** The records of a call, of {@linkcode PID} unless said otherwise. */
export function call(
  name: string,
  args: readonly number[],
  leave: Partial<LeaveRecord> = {},
  enter: Partial<EnterRecord> = {},
): TraceRecord[] {
  const pid = enter.pid ?? PID;
  return [
    { type: "enter", pid, call: name, args, ...enter },
    { type: "leave", pid, call: name, result: 0, removed: [], added: [], ...leave },
  ];
}

/** The call that maps what `line` shows, and shows it. */
export function mapped(line: MapLine, enter: Partial<EnterRecord> = {}): TraceRecord[] {
  const args = [line.start, line.end - line.start, RW, FIXED, -1, 0];
  return call("mmap", args, { result: line.start, added: [line] }, enter);
}
