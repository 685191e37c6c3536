/**
 * The rule `mremapReserve`, which shows near `max_map_count` only: a program of its own makes VMAs up to the limit and
 * then shrinks one. It runs without the recorder, which would look at each of 65,530 VMAs at each of its calls.
 *
 * @module
 */

import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_NONE, PROT_READ, PROT_WRITE } from "../abi/mman.ts";
import { PAGE_SIZE } from "../abi/page.ts";
import type { Architecture } from "../abi/syscalls.ts";
import type { LibcCalls } from "../capture/libc.ts";
import type { KernelRules } from "../mm/rules/kernel_rules.ts";
import { CallTable } from "../verify/call_table.ts";
import { type TableCall, Text } from "../verify/executable.ts";

/** Beyond, making so many VMAs takes more than a moment and more than a few megabytes: it is not asked. */
export const MOST_VMAS = 100_000;

const AT_FDCWD = -100, O_RDONLY = 0, SEEK_SET = 0;
/** The descriptor of the file: 0 to 2 are the caller's. */
const FILE = 3;
const ENOMEM = 12;

/**
 * The calls of the program: it ends with status 0 if a VMA can be shrunk at the limit, else with the low byte of the
 * error. Each round cuts a page out of a wide VMA, which makes two more, and goes two pages on: by what seeking in a
 * file answers, as a table of calls cannot add.
 */
export function reserveTable(machine: Architecture, file: string): readonly TableCall[] {
  const table = new CallTable(machine);
  const flags = MAP_PRIVATE | MAP_ANONYMOUS;
  table.add("close_range", FILE, 0xffff_ffff, 0);
  table.add("openat", AT_FDCWD, new Text(file), O_RDONLY);
  const spare = table.add("mmap", 0, 2 * PAGE_SIZE, PROT_READ, flags, -1, 0);
  const wide = table.add("mmap", 0, 2 * MOST_VMAS * PAGE_SIZE, PROT_NONE, flags, -1, 0);
  const cut = table.add("mprotect", PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE);
  table.feed(wide, cut, 0);
  const on = table.add("lseek", FILE, 2 * PAGE_SIZE, SEEK_SET);
  table.feed(on, cut, 0);
  table.repeatFrom(cut);
  table.skipFrom(cut); // it was refused: the limit is reached
  const shrunk = table.add("mremap", 0, 2 * PAGE_SIZE, PAGE_SIZE, 0, 0);
  table.feed(spare, shrunk, 0);
  table.feed(shrunk, table.add("exit_group", 0), 0);
  return table.calls;
}

/**
 * The rule's value by how the program ended; undefined if that says neither.
 *
 * @param program the path of {@linkcode reserveTable} as a program
 */
export function askReserve(
  libc: LibcCalls,
  program: string,
): KernelRules["mremapReserve"] | undefined {
  const limit = Number(libc.readText("/proc/sys/vm/max_map_count") ?? Infinity);
  if (!(limit <= MOST_VMAS)) return undefined;
  const status = new Int32Array(1);
  const pid = libc.spawn(program, [program]);
  if (libc.wait(pid, status, 0) !== pid) return undefined;
  return reserveOf(status[0]!);
}

/** The rule's value by the program's status, as `waitpid` gives it. */
export function reserveOf(status: number): KernelRules["mremapReserve"] | undefined {
  if (status === 0) return "to a target";
  return status === (-ENOMEM & 0xff) << 8 ? "always" : undefined;
}
