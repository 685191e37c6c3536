/**
 * Writing a table of calls by their names, for {@linkcode executable} to make a program of.
 *
 * @module
 */
import * as arm64 from "../capture/syscalls_arm64.ts";
import * as x86_64 from "../capture/syscalls_x86_64.ts";
import type { Architecture, Argument, TableCall } from "./executable.ts";

/** Numbers of the calls that a program needs besides those which a trace records. */
const OTHERS: Readonly<Record<Architecture, ReadonlyMap<string, number>>> = {
  x86_64: new Map([
    ["close_range", 436],
    ["dup", 32],
    ["exit_group", 231],
    ["faccessat", 269],
    ["ftruncate", 77],
    ["memfd_create", 319],
    ["openat", 257],
    ["pipe2", 293],
    ["read", 0],
    ["shmctl", 31],
    ["shmget", 29],
    ["wait4", 61],
    ["write", 1],
  ]),
  aarch64: new Map([
    ["close_range", 436],
    ["dup", 23],
    ["exit_group", 94],
    ["faccessat", 48],
    ["ftruncate", 46],
    ["memfd_create", 279],
    ["openat", 56],
    ["pipe2", 59],
    ["read", 63],
    ["shmctl", 195],
    ["shmget", 194],
    ["wait4", 260],
    ["write", 64],
  ]),
};

/** A call that has been put into a table, so that others may refer to it. */
export type Position = number;

/** A table that grows. */
export class CallTable {
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #calls: { -readonly [K in keyof TableCall]: TableCall[K] }[] = [];

  /** An empty table for a machine. */
  constructor(machine: Architecture) {
    const recorded = machine === "aarch64" ? arm64.CALLS : x86_64.CALLS;
    const byName = [...recorded].map(([number, name]) => [name, number] as const);
    this.#numbers = new Map([...byName, ...OTHERS[machine]]);
  }

  /** The calls so far. */
  get calls(): readonly TableCall[] {
    return this.#calls;
  }

  /** Adds a call at the end. */
  add(name: string, ...args: readonly Argument[]): Position {
    const number = this.#numbers.get(name);
    if (number === undefined) throw new TypeError(`Cannot add ${name}: its number is not known`);
    return this.#calls.push({ number, args }) - 1;
  }

  /** Adds what the call returns to an argument of a later one, before that is made. */
  feed(from: Position, to: Position, argument: number): void {
    this.#calls[from]!.target = { entry: to, argument };
  }

  /** Makes whoever gets something else than 0 from the call pass over all calls added since. */
  skipFrom(position: Position): void {
    this.#calls[position]!.skip = this.#calls.length - 1 - position;
  }
}
