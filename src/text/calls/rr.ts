/**
 * What `rr dump` prints of a recording: a block an event, with the registers of the thread, which hold a call's number,
 * arguments and result; for each mapping a line of its own.
 *
 * @module
 */

import { errnoName } from "../../abi/errno.ts";
import type { CallEvent, Event } from "./event.ts";
import type { TextLine } from "../lines/clean.ts";
import { isMemoryCall, PROCESS_CALLS } from "./sets.ts";

const EVENT =
  /event:[`']SYSCALL: (\w+)' \(state:(ENTERING|EXITING)_SYSCALL(?:_PTRACE)?\) tid:(\d+)/;
const BUFFERED = /\{ syscall:'(\w+)', ret:(0x[0-9a-f]+)/;
const MAPPING = /\{ map_file:"([^"]*)"/;
const REGISTERS_64 = ["rdi", "rsi", "rdx", "r10", "r8", "r9"];
const REGISTERS_32 = ["ebx", "ecx", "edx", "esi", "edi", "ebp"];
const REGISTERS_ARM = ["x0", "x1", "x2", "x3", "x4", "x5"];
/** Lines after an event in which its registers are looked for. */
const BLOCK = 12;

/** The calls of a dump, and the lines with calls that carry no arguments. */
export interface RrReading {
  readonly events: readonly Event[];
  readonly unread: readonly { readonly line: TextLine; readonly why: string }[];
}

/** True for a line that begins an event. */
export function isRrLine(line: string): boolean {
  return EVENT.test(line) || BUFFERED.test(line);
}

/** Reads a whole dump. O(lines). */
export function readRr(lines: readonly TextLine[]): RrReading {
  const events: Event[] = [], unread: { line: TextLine; why: string }[] = [];
  const entered = new Map<number, readonly string[] | undefined>();
  for (const [index, line] of lines.entries()) {
    const buffered = BUFFERED.exec(line.text);
    if (buffered !== null && isMemoryCall(buffered[1] ?? "")) {
      unread.push({ line, why: `rr's buffered ${buffered[1]} shows no arguments` });
    }
    const match = EVENT.exec(line.text);
    if (match === null) continue;
    const [, call = "", state, thread = ""] = match;
    const pid = Number(thread);
    const block = readBlock(lines, index);
    if (state === "ENTERING") {
      entered.set(pid, block.args);
      continue;
    }
    const args = call === "mmap" && block.file !== undefined
      ? withFile(entered.get(pid) ?? block.args, block.file)
      : entered.get(pid) ?? block.args;
    entered.delete(pid);
    if (!isMemoryCall(call) && !PROCESS_CALLS.has(call)) continue;
    if (args === undefined || block.result === undefined) {
      unread.push({ line, why: `the registers of ${call} are missing` });
      continue;
    }
    events.push(eventOf({ line: line.number, pid, kind: "call", call, args }, block.result));
  }
  return { events, unread };
}

function eventOf(call: CallEvent, register: string): Event {
  const value = Number(BigInt.asIntN(64, BigInt(register)));
  if (value < 0 && value >= -4095) {
    return { ...call, result: { value: 0, error: errnoName(-value) } };
  }
  return { ...call, result: { value } };
}

/** The registers and the file in the lines after an event. */
interface Block {
  readonly args: readonly string[] | undefined;
  readonly result: string | undefined;
  readonly file: string | undefined;
}

function readBlock(lines: readonly TextLine[], from: number): Block {
  let args: readonly string[] | undefined, result: string | undefined, file: string | undefined;
  for (let at = from + 1; at < Math.min(lines.length, from + BLOCK); at++) {
    const text = lines[at]!.text;
    if (EVENT.test(text)) break;
    if (result === undefined && /\b(?:rax|eax|x0):0x/.test(text)) {
      const registers = new Map<string, string>();
      for (const [, name = "", value = ""] of text.matchAll(/\b(\w{1,8}):(0x[0-9a-f]{1,16})\b/g)) {
        registers.set(name, value);
      }
      result = registers.get("rax") ?? registers.get("eax") ?? registers.get("x0");
      const names = registers.has("rdi")
        ? REGISTERS_64
        : registers.has("ebx")
        ? REGISTERS_32
        : REGISTERS_ARM;
      args = names.map((name) => registers.get(name) ?? "0");
    }
    file ??= MAPPING.exec(text)?.[1];
  }
  return { args, result, file };
}

function withFile(
  args: readonly string[] | undefined,
  file: string,
): readonly string[] | undefined {
  if (args === undefined || file === "" || file === "<ZERO>") return args;
  const descriptor = Number(args[4]);
  return descriptor < 0x8000_0000 ? args.with(4, `${descriptor}<${file}>`) : args;
}
