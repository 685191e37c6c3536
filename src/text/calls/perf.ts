/**
 * Lines of perf trace: `0.020 ( 0.002 ms): prog/4242 mprotect(start: 0x7f…, len: 4096, prot: READ) = 0`. Arguments that
 * are 0 are left out, names of bits are shortened, and a call that another one interrupts is continued later.
 *
 * Format: perf-trace(1).
 *
 * @module
 */

import type { Event, LineReading } from "./event.ts";
import { UNKNOWN } from "./event.ts";
import { readResult } from "./result.ts";
import { scanArguments } from "./scan.ts";
import { ownValue } from "../own_value.ts";

const LINE =
  /(\d{1,20}[.,]\d{1,20}|\?)\s{1,9}\(\s{0,9}(?:[\d.,]{1,20} ms|\?)?\s{0,9}\)?\s{0,9}:\s+(?:(.{0,40}?)\/(\d+) )?\s*(\.{3} \[continued\]: )?([a-z]\w{1,30})\(/;

/** Where in the kernel's order each named argument stands. */
const PLACES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  mmap: { addr: 0, len: 1, prot: 2, flags: 3, fd: 4, off: 5, offset: 5 },
  munmap: { addr: 0, len: 1 },
  mprotect: { start: 0, addr: 0, len: 1, prot: 2 },
  pkey_mprotect: { start: 0, len: 1, prot: 2, pkey: 3 },
  brk: { brk: 0, addr: 0 },
  mremap: { addr: 0, old_len: 1, new_len: 2, flags: 3, new_addr: 4 },
  madvise: { start: 0, len_in: 1, len: 1, behavior: 2, advice: 2 },
  mlock: { start: 0, len: 1 },
  munlock: { start: 0, len: 1 },
  msync: { start: 0, len: 1, flags: 2 },
  shmat: { shmid: 0, shmaddr: 1, shmflg: 2 },
  shmdt: { shmaddr: 0 },
  openat: { dfd: 0, filename: 1, flags: 2 },
  open: { filename: 0, flags: 1 },
  close: { fd: 0 },
};

/** Reads a line. */
export function readPerfLine(line: string, number: number): LineReading {
  const match = LINE.exec(line);
  if (match === null) return UNKNOWN;
  const [whole, , , pid, continued, call = ""] = match;
  const scanned = scanArguments(line, match.index + whole.length);
  const place = { line: number, ...(pid !== undefined && { pid: Number(pid) }) };
  const args = inOrder(call, scanned.args);
  const end = continued !== undefined && line[scanned.end] === ")" ? scanned.end + 1 : scanned.end;
  const result = readResult(line, end)?.result;
  const returned = result === undefined ? {} : { result };
  if (continued !== undefined) {
    return { events: [{ ...place, kind: "leave", call, args: [], ...returned }], state: "read" };
  }
  if (scanned.state === "cut") {
    return { events: [], state: "unknown", unread: `the line is cut within ${call}` };
  }
  const isInterrupted = result === undefined && /^[\s)]*\.\.\./.test(line.slice(scanned.end));
  const event: Event = {
    ...place,
    kind: isInterrupted ? "enter" : "call",
    call,
    args,
    ...returned,
  };
  return { events: [event], state: "read" };
}

/** The arguments by place; what is left out is 0. */
function inOrder(call: string, args: readonly string[]): string[] {
  const places = ownValue(PLACES, call);
  if (places === undefined) return [...args];
  const ordered: string[] = [];
  for (const [index, arg] of args.entries()) {
    const named = /^(\w+): ?(.*)$/s.exec(arg);
    const at = named === null ? index : ownValue(places, named[1] ?? "");
    if (at === undefined || (arg === "" && named === null)) continue;
    while (ordered.length <= at) ordered.push("0");
    ordered[at] = named === null ? arg : named[2] ?? "";
  }
  if (call === "mmap" && ordered[4] === undefined) return withoutFile(ordered);
  const most = Math.max(...Object.values(places));
  while (ordered.length <= most) ordered.push("0");
  return ordered;
}

/** Descriptor 0 is left out too: whether a mapping has a file, its flags say. */
function withoutFile(ordered: string[]): string[] {
  while (ordered.length < 6) ordered.push("0");
  if (/ANON/.test(ordered[3] ?? "")) ordered[4] = "-1";
  return ordered;
}
