/** Random programs, taken apart: the processes of a table of calls, and what each calls. */
import { assert, assertEquals } from "@std/assert";
import { SYSTEM_CALLS } from "../../src/abi/syscalls.ts";
import type { Argument, TableCall } from "../../src/verify/executable.ts";
import { fuzzTable } from "../../src/verify/fuzz.ts";

export const PAGE = 4096, HUGE = 512 * PAGE, GIB = 2 ** 30;
export const ARENA = 64 * GIB, STACKS = 65 * GIB, GUARDS = 66 * GIB;
export const SIGCHLD = 17, CLONE_VM_VFORK = 0x4100;
export const ANONYMOUS = 0x20,
  FIXED = 0x10,
  NOREPLACE = 0x100000,
  GROWSDOWN = 0x100,
  HUGETLB = 0x40000;

export const NAMES = new Map(
  Object.entries(SYSTEM_CALLS).map(([name, { numbers }]) => [
    numbers.x86_64,
    name,
  ]),
);

/** A call of a table, by its name, with the process that makes it. */
export interface Call {
  readonly name: string;
  readonly args: readonly Argument[];
  /** Its place in the table. */
  readonly at: number;
  readonly target: TableCall["target"];
  readonly process: Process;
}

/** A process of the program: the calls it makes itself. */
export interface Process {
  readonly depth: number;
  /** Clone flags; 0 for the first one. */
  readonly flags: number;
  readonly calls: Call[];
}

/** A program: its processes, and all calls in the order of the table. */
export function program(seed: number, steps: number): { processes: Process[]; calls: Call[] } {
  const table = fuzzTable({ machine: "x86_64", file: "data", seed, steps });
  const processes: Process[] = [], calls: Call[] = [];
  const walk = (from: number, to: number, depth: number, flags: number): void => {
    const process: Process = { depth, flags, calls: [] };
    processes.push(process);
    for (let at = from; at < to; at++) {
      const { number, args, target, skip = 0 } = table[at]!;
      const call = { name: NAMES.get(number) ?? `${number}`, args, at, target, process };
      process.calls.push(call);
      calls[at] = call;
      if (call.name !== "clone") {
        assertEquals(skip, 0, `${call.name} passes nothing over`);
        continue;
      }
      walk(at + 1, at + 1 + skip, depth + 1, Number(args[0]) - SIGCHLD);
      at += skip;
    }
  };
  walk(0, table.length, 0, 0);
  return { processes, calls };
}

/** The programs that a test looks at; each makes them anew, as a mutant is switched on for one test alone. */
export let programs: readonly { processes: Process[]; calls: Call[] }[] = [];
export let allCalls: readonly Call[] = [];
export let allProcesses: readonly Process[] = [];

export function test(name: string, run: () => void): void {
  Deno.test(`random program: ${name}`, () => {
    programs = [1, 2, 3, 4, 5, 6].map((seed) => program(seed, 3000));
    allCalls = programs.flatMap(({ calls }) => calls);
    allProcesses = programs.flatMap(({ processes }) => processes);
    run();
  });
}

/** The processes of so many programs that each rare thing is among them. */
export function manyProcesses(): readonly Process[] {
  return Array.from({ length: 40 }, (_, seed) => program(seed, 3_000).processes).flat();
}

export function named(name: string): Call[] {
  return allCalls.filter((call) => call.name === name);
}

/** The values of an argument, each once. */
export function values(calls: readonly Call[], argument: number): Set<Argument | undefined> {
  return new Set(calls.map(({ args }) => args[argument]));
}

export function number(argument: Argument | undefined): number {
  if (typeof argument !== "number") throw new Error("It is no number");
  return argument;
}

/** That a share of things lies within bounds, with room for chance. */
export function assertShare(
  part: number,
  whole: number,
  least: number,
  most: number,
  what: string,
): void {
  const share = part / whole;
  assert(share >= least && share <= most, `${what}: ${part} of ${whole}`);
}

export function isIn(address: number, start: number, pages: number): boolean {
  return address >= start && address < start + pages * PAGE;
}
