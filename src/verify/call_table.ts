/**
 * Writing a table of calls by their names, for {@linkcode executable} to make a program of.
 *
 * @module
 */
import { type Architecture, numberOf, type SystemCallName } from "../abi/syscalls.ts";
import type { Argument, TableCall } from "./executable.ts";

/** A call that has been put into a table, so that others may refer to it. */
export type Position = number;

/** A table that grows. */
export class CallTable {
  readonly #machine: Architecture;
  readonly #calls: { -readonly [K in keyof TableCall]: TableCall[K] }[] = [];

  /** An empty table for a machine. */
  constructor(machine: Architecture) {
    this.#machine = machine;
  }

  /** The calls so far. */
  get calls(): readonly TableCall[] {
    return this.#calls;
  }

  /** Adds a call at the end. */
  add(name: SystemCallName, ...args: readonly Argument[]): Position {
    const number = numberOf(name, this.#machine);
    if (number === undefined) {
      throw new TypeError(`Cannot add ${name}: ${this.#machine} has no such call`);
    }
    return this.#calls.push({ number, args }) - 1;
  }

  /** Adds what the call returns to an argument of a later one, before that is made. */
  feed(from: Position, to: Position, argument: number): void {
    this.#calls[from]!.target = { entry: to, argument };
  }

  /** Adds what the call returns to the word at an address: the program itself writes there, not the kernel. */
  write(from: Position, address: number): void {
    this.#calls[from]!.target = { address };
  }

  /** Makes a process that gets something else than 0 from the last call go back to a call before it. */
  repeatFrom(position: Position): void {
    this.#calls[this.#calls.length - 1]!.skip = position - this.#calls.length;
  }

  /** Makes a process that gets something else than 0 from the call pass over all calls added since. */
  skipFrom(position: Position): void {
    this.#calls[position]!.skip = this.#calls.length - 1 - position;
  }
}
