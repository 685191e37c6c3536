/**
 * Rules that show at `max_map_count` only: a program for each makes VMAs up to the limit and asks there. It runs
 * without the recorder, which would look at each of 65,530 VMAs at each of its calls.
 *
 * @module
 */

import { MADV, MAP_ANONYMOUS, MAP_PRIVATE, PROT_NONE, PROT_READ, PROT_WRITE } from "../abi/mman.ts";
import { PAGE_SIZE } from "../abi/page.ts";
import type { Architecture } from "../abi/syscalls.ts";
import type { LibcCalls } from "../capture/libc.ts";
import type { KernelRules } from "../mm/rules/kernel_rules.ts";
import { CallTable, type Position } from "../verify/call_table.ts";
import { type TableCall, Text } from "../verify/executable.ts";

/** Beyond, making so many VMAs takes more than a moment and more than a few megabytes: it is not asked. */
export const MOST_VMAS = 100_000;

const AT_FDCWD = -100, O_RDONLY = 0, SEEK_SET = 0;
/** The descriptor of the file: 0 to 2 are the caller's. */
const FILE = 3;
const EAGAIN = 11, ENOMEM = 12;

/** A rule that shows at the limit. */
export type LimitRule = "mremapReserve" | "adviseLimitAgain";

/** How a rule is asked for. */
interface Question<V> {
  /** Adds the call that is made at the limit, on a VMA of two pages. */
  readonly ask: (table: CallTable) => Position;
  /** Values by the error that it answers; 0 for none. */
  readonly answers: ReadonlyMap<number, V>;
}

const QUESTIONS: { readonly [Rule in LimitRule]: Question<KernelRules[Rule]> } = {
  mremapReserve: {
    ask: (table) => table.add("mremap", 0, 2 * PAGE_SIZE, PAGE_SIZE, 0, 0),
    answers: new Map([[0, "to a target"], [ENOMEM, "always"]]),
  },
  adviseLimitAgain: {
    ask: (table) => table.add("madvise", 0, PAGE_SIZE, MADV.DONTFORK),
    answers: new Map([[EAGAIN, true], [ENOMEM, false]]),
  },
};

/** The rules that are asked for at the limit. */
export const LIMIT_RULES: readonly LimitRule[] = ["mremapReserve", "adviseLimitAgain"];

/** What was found; a rule that could not be decided has no value. */
export type LimitAnswers = { readonly [Rule in LimitRule]: KernelRules[Rule] | undefined };

/**
 * The calls of a rule's program, which ends with the low byte of what the kernel answers at the limit. Each round cuts
 * a page out of a wide VMA, which makes two more, and goes two pages on: by what seeking in a file answers, as a table
 * of calls cannot add.
 */
export function limitTable(
  machine: Architecture,
  file: string,
  rule: LimitRule,
): readonly TableCall[] {
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
  const asked = QUESTIONS[rule].ask(table);
  table.feed(spare, asked, 0);
  table.feed(asked, table.add("exit_group", 0), 0);
  return table.calls;
}

/**
 * A rule's value by how its program ends; undefined if that says none, or the limit is too far.
 *
 * @param program the path of {@linkcode limitTable} as a program
 */
export function askAtLimit<Rule extends LimitRule>(
  libc: LibcCalls,
  program: string,
  rule: Rule,
): KernelRules[Rule] | undefined {
  const limit = Number(libc.readText("/proc/sys/vm/max_map_count") ?? Infinity);
  if (!(limit <= MOST_VMAS)) return undefined;
  const status = new Int32Array(1);
  const pid = libc.spawn(program, [program]);
  if (libc.wait(pid, status, 0) !== pid) return undefined;
  return answerOf(rule, status[0]!);
}

/** A rule's value by the status of its program, as `waitpid` gives it. */
export function answerOf<Rule extends LimitRule>(
  rule: Rule,
  status: number,
): KernelRules[Rule] | undefined {
  const errno = -(status >> 8) & 0xff;
  return (status & 0xff) === 0 ? QUESTIONS[rule].answers.get(errno) : undefined;
}
