/**
 * What `/proc` says of a process, parsed. Formats: proc(5), and Linux `fs/proc/task_mmu.c`,
 * `fs/proc/array.c` where the manual is older than the kernel.
 *
 * @module
 */
import { parseMapsLine } from "../trace/maps_line.ts";
import type { MapLine, ResourceLimits } from "../trace/format.ts";
import type { LibcCalls } from "./libc.ts";

/** What the recorder takes from `/proc/PID/stat`. */
export interface Stat {
  /** One letter: `t` while a tracer holds it. */
  readonly state: string;
  /** Page faults of the process so far, minor and major. */
  readonly faults: number;
  /** `start_stack`, bytes. */
  readonly stack: number;
  /** `start_brk`, bytes. */
  readonly brk: number;
}

/** A descriptor, by `/proc/PID/fdinfo`. */
export interface DescriptorInfo {
  /** The flags it was opened with, `O_ACCMODE` among them. */
  readonly flags: number;
  /** The mount it lies on, by the first column of `mountinfo`. */
  readonly mount: number;
  /** Inode number as the mapping will show it; absent before Linux 5.14. */
  readonly inode?: number;
}

/**
 * The VMAs of `/proc/PID/smaps`, without `[vsyscall]`, which is none. A private VMA with anonymous
 * pages, in memory or swapped out, has been written to.
 */
export function parseSmaps(text: string): MapLine[] {
  const lines: MapLine[] = [];
  let position = 0;
  while (position < text.length) {
    const headerEnd = text.indexOf("\n", position);
    const line = parseMapsLine(copied(text.slice(position, headerEnd)));
    if (line === undefined) return lines; // the process ended while it was read
    const anonymous = fieldAfter(text, "\nAnonymous:", headerEnd);
    const swap = fieldAfter(text, "\nSwap:", headerEnd);
    const flagsAt = text.indexOf("\nVmFlags:", headerEnd) + 9;
    const end = text.indexOf("\n", flagsAt);
    const vmFlags = copied(text.slice(flagsAt, end).trim().replace(/ ?\bsd\b/, ""));
    const written = line.permissions[3] === "p" && anonymous + swap > 0;
    if (line.name !== "[vsyscall]") lines.push({ ...line, vmFlags, ...(written && { written }) });
    position = end + 1;
  }
  return lines;
}

/** The same text in memory of its own: V8 has a part of a text keep the whole, and a smaps may have 30 MB. */
function copied(part: string): string {
  return ` ${part}`.slice(1);
}

/**
 * The layout as the kernel shows it now; nothing if the process does not stand still any more: it was killed, and
 * what was read may end anywhere.
 */
export function readSmaps(libc: LibcCalls, pid: number): MapLine[] | undefined {
  const text = libc.readText(`/proc/${pid}/smaps`);
  if (text === undefined || text === "") return undefined;
  const { state } = parseStat(libc.readText(`/proc/${pid}/stat`) ?? "");
  return state === "t" ? parseSmaps(text) : undefined;
}

/** True if a process waits for something; one that only has no processor yet does not. */
export function sleeps(libc: LibcCalls, pid: number): boolean {
  const { state } = parseStat(libc.readText(`/proc/${pid}/stat`) ?? "");
  return state === "S" || state === "D";
}

/** The number after a field's name, the next time it stands there. */
function fieldAfter(text: string, name: string, from: number): number {
  const at = text.indexOf(name, from) + name.length;
  return Number(text.slice(at, text.indexOf(" kB", at)));
}

/** `/proc/PID/stat`. The command's name, in parentheses, may hold anything: fields count from its end. */
export function parseStat(text: string): Stat {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const field = (number: number) => Number(fields[number - 3] ?? 0); // numbered as in proc(5), state is 3
  return {
    state: fields[0] ?? "",
    faults: field(10) + field(12),
    stack: field(28),
    brk: field(47),
  };
}

/** `/proc/PID/limits`: the soft limits that concern memory. */
export function parseLimits(text: string): ResourceLimits {
  const soft = (name: string) => {
    const value = text.match(new RegExp(`^${name} +(\\d+)`, "m"))?.[1];
    return value === undefined ? undefined : Number(value);
  };
  const stack = soft("Max stack size"), addressSpace = soft("Max address space");
  const data = soft("Max data size"), lockedMemory = soft("Max locked memory");
  return {
    ...(stack !== undefined && { stack }),
    ...(addressSpace !== undefined && { addressSpace }),
    ...(data !== undefined && { data }),
    ...(lockedMemory !== undefined && { lockedMemory }),
  };
}

/** `/proc/PID/fdinfo/FD`. */
export function parseDescriptorInfo(text: string): DescriptorInfo {
  const field = (name: string) => text.match(new RegExp(`^${name}:\\s*(\\d+)`, "m"))?.[1];
  const inode = field("ino");
  return {
    flags: parseInt(field("flags") ?? "0", 8),
    mount: Number(field("mnt_id") ?? "0"),
    ...(inode !== undefined && { inode: Number(inode) }),
  };
}

/** `/proc/PID/fdinfo/FD` of a pidfd: the process; undefined if it is none, or its process has ended. */
export function parsePidfd(text: string): number | undefined {
  const pid = Number(text.match(/^Pid:\s*(\d+)/m)?.[1] ?? "0");
  return pid === 0 ? undefined : pid;
}

/** `/proc/PID/mountinfo`: the device of a mount, `major:minor` in decimal there, hexadecimal here. */
export function deviceOfMount(text: string, mount: number): string | undefined {
  const found = text.match(new RegExp(`^${mount} \\d+ (\\d+):(\\d+) `, "m"));
  if (found === null) return undefined;
  const [, major, minor] = found.map(Number);
  const digits = (value = 0) => value.toString(16).padStart(2, "0");
  return `${digits(major)}:${digits(minor)}`;
}

/** `/proc/meminfo`: memory and swap together, bytes. */
export function parseMemoryBytes(text: string): number {
  const field = (name: string) =>
    Number(text.match(new RegExp(`^${name}: +(\\d+)`, "m"))?.[1] ?? 0) * 1024;
  return field("MemTotal") + field("SwapTotal");
}

/** `/proc/PID/status`: the memory nodes that the process may use, a bit each; undefined if it does not say. */
export function parseAllowedNodes(text: string): bigint | undefined {
  const digits = text.match(/^Mems_allowed:\s*([0-9a-f,]+)/m)?.[1]?.replaceAll(",", "");
  return digits === undefined ? undefined : BigInt(`0x${digits}`);
}

/** `/proc/PID/status`: whether the process has CAP_IPC_LOCK in effect. */
export function hasIpcLock(text: string): boolean {
  return hasCapability(text, 14n);
}

/** `/proc/PID/status`: whether the process has CAP_SYS_RAWIO in effect. */
export function hasRawIo(text: string): boolean {
  return hasCapability(text, 17n);
}

function hasCapability(text: string, number: bigint): boolean {
  const capabilities = text.match(/^CapEff:\s*([0-9a-f]+)/m)?.[1] ?? "0";
  return (BigInt(`0x${capabilities}`) >> number & 1n) === 1n;
}
