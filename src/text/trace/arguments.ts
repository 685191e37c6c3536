/**
 * The arguments of a call as numbers in the kernel's order, from whatever form a text has them in.
 *
 * @module
 */

import { PAGE_SIZE } from "../../abi/page.ts";
import type { ResourceLimits } from "../../trace/format.ts";
import { ARITY, currentName, NAME_PREFIXES } from "../calls/sets.ts";
import { numberOf, readValue } from "../calls/values.ts";
import { ownValue } from "../own_value.ts";

/** A call's arguments, read. */
export interface Arguments {
  /** The call's name in a trace. */
  readonly call: string;
  /** In the kernel's order; `NaN` where a text cannot be read as a number. */
  readonly values: readonly number[];
  /** What `-y` shows of the descriptor. */
  readonly path?: string;
  /** The last text in quotes. */
  readonly text?: string;
  /** A name among them that is not known and was left out. */
  readonly unknown?: string;
}

/**
 * Reads the arguments of a call on memory.
 *
 * @param inPages true if the offsets of `mmap2` are pages
 */
export function readArguments(name: string, args: readonly string[], inPages: boolean): Arguments {
  if (name === "ipc") return readIpc(args);
  const call = currentName(name);
  const prefixes = ownValue(NAME_PREFIXES, call) ?? [];
  let path: string | undefined, text: string | undefined, unknown: string | undefined;
  const values = args.slice(0, ARITY.get(call)).map((arg, index) => {
    const plain = arg.replace(/^\w+=(?![=>])/, "");
    if (plain.startsWith('"')) {
      text = plain.slice(1, Math.max(1, plain.lastIndexOf('"')));
      return 0;
    }
    if (/^[{[]/.test(plain)) return 0;
    const value = readValue(plain, prefixes[index]);
    path ??= index === 4 ? value.path : undefined;
    unknown ??= value.unknown;
    return value.value;
  });
  const [, , , , , offset] = values;
  if (name === "mmap2" && inPages && offset !== undefined) values[5] = offset * PAGE_SIZE;
  return {
    call,
    values,
    ...(path !== undefined && { path }),
    ...(text !== undefined && { text }),
    ...(unknown !== undefined && { unknown }),
  };
}

/** `ipc(SHMAT, id, flags, &result, address)` and `ipc(SHMDT, 0, 0, 0, address)`, of 32-bit machines. */
function readIpc(args: readonly string[]): Arguments {
  const [operation = "", id = "0", flags = "0", , address = "0"] = args;
  const number = numberOf(operation) & 0xffff;
  if (number === 21) {
    return { call: "shmat", values: [numberOf(id), numberOf(address), numberOf(flags, "SHM_")] };
  }
  return { call: number === 22 ? "shmdt" : "ipc", values: [numberOf(address)] };
}

/** The flags of `clone` or `clone3`, whichever place or form they have. */
export function cloneFlags(call: string, args: readonly string[]): number {
  if (call === "vfork") return CLONE_VM | CLONE_VFORK;
  const whole = args.join(", ");
  const named = /\b(?:clone_)?flags[=:] ?((?:[^,{}/]|\/\*[^*]*\*\/)+)/.exec(whole);
  const text = named?.[1] ?? args[0] ?? "";
  const flags = text.trim().replace(/\|(?:SIG\w+|\d+)(?=$|\s|\|)/g, "");
  // Where only the address of clone3's arguments is shown: the C library makes threads with it, and forks with clone.
  if (call === "clone3" && named === null) return CLONE_VM | CLONE_FILES | CLONE_THREAD;
  const value = numberOf(flags, "CLONE_");
  return Number.isNaN(value) ? 0 : value;
}

/** Memory is shared. */
export const CLONE_VM = 0x100;
/** Descriptors are shared. */
export const CLONE_FILES = 0x400;
/** The parent waits. */
export const CLONE_VFORK = 0x4000;
/** A thread, no process of its own. */
export const CLONE_THREAD = 0x1_0000;

/** Which of a trace's limits a resource is. */
const RESOURCES: Readonly<Record<string, keyof ResourceLimits>> = {
  RLIMIT_STACK: "stack",
  RLIMIT_AS: "addressSpace",
  RLIMIT_DATA: "data",
  RLIMIT_MEMLOCK: "lockedMemory",
  "2": "data",
  "3": "stack",
  "8": "lockedMemory",
  "9": "addressSpace",
};

/** The soft limit that a call sets or shows, bytes; undefined if it is about none that matters. */
export function limitShown(call: string, args: readonly string[]): ResourceLimits | undefined {
  const at = call === "prlimit64" ? 1 : 0;
  const name = ownValue(RESOURCES, (args[at] ?? "").replace(/\/\*.*?\*\//g, "").trim());
  const values = args.map((arg) => /rlim_cur=([^,}]+)/.exec(arg)?.[1]);
  const text = values.find((value) => value !== undefined);
  if (name === undefined || text === undefined) return undefined;
  const value = numberOf(text.trim());
  return Number.isFinite(value) && value >= 0 ? { [name]: value } : {};
}
