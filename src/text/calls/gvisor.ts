/**
 * Lines of gVisor's own log (`runsc --strace`): `[   1:   1] prog X munmap(0x7f…, 0x1000) = 0 (0x0) (1us)`. A call is
 * logged when it enters (`E`) and when it leaves (`X`), with its arguments both times; either may be missing.
 *
 * @module
 */

import type { Event, LineReading } from "./event.ts";
import { UNKNOWN } from "./event.ts";
import { readResult } from "./result.ts";
import { scanArguments } from "./scan.ts";
import { isMemoryCall } from "./sets.ts";

const LINE = /\[ *(\d+)(?:\([^)]*\))?: *(\d+)(?:\([^)]*\))?\] (\S{1,64}) ([EX]) (\w{2,31})\(/;

/** Reads a line. An entry tells nothing that its exit does not tell again. */
export function readGvisorLine(line: string, number: number): LineReading {
  const match = LINE.exec(line);
  if (match === null) return UNKNOWN;
  const [whole, group = "", thread = "", , phase, call = ""] = match;
  const scanned = scanArguments(line, match.index + whole.length);
  const args = scanned.args.map(plainArgument);
  const place = { line: number, pid: Number(thread), group: Number(group) };
  if (scanned.state === "cut") {
    const unread = isMemoryCall(call) ? { unread: `the line is cut within ${call}` } : {};
    return { events: [], state: "unknown", ...unread };
  }
  if (phase === "E") {
    return { events: [{ ...place, kind: "enter", call, args }], state: "read" };
  }
  const result = readResult(line, scanned.end)?.result;
  const event: Event = {
    ...place,
    kind: "call",
    call,
    args,
    ...(result !== undefined && { result }),
  };
  return { events: [event], state: "read" };
}

/** `0x3 /lib/libc.so.6` and `0xffffffffffffffff (bad FD)` in strace's way: `3</lib/libc.so.6>`, `-1`. */
function plainArgument(arg: string): string {
  const descriptor = /^(0x[0-9a-f]+) (\(bad FD\)|[^"|]{1,4096})$/.exec(arg);
  if (descriptor === null) return arg;
  const [, number = "", what = ""] = descriptor;
  return what.startsWith("(") ? number : `${Number(number)}<${what}>`;
}
