/**
 * A call's arguments by name and in the words of the manual: `PROT_READ | PROT_WRITE`.
 *
 * @module
 */

import { hex } from "../../abi/hex.ts";
import * as mman from "../../abi/mman.ts";
import type { EnterRecord } from "../../trace/format.ts";
import { size } from "./vma_changes.ts";

/** One argument. */
export interface ArgumentView {
  readonly name: string;
  readonly text: string;
}

/** How an argument is read. */
type Kind =
  | "address"
  | "length"
  | "protection"
  | "map"
  | "remap"
  | "advice"
  | "sync"
  | "lock"
  | "lockall"
  | "shm"
  | "fd"
  | "number";

/** Name and kind of each argument, as the manual has them. */
const CALLS: Readonly<Record<string, readonly (readonly [name: string, kind: Kind])[]>> = {
  mmap: [["addr", "address"], ["length", "length"], ["prot", "protection"], ["flags", "map"], [
    "fd",
    "fd",
  ], ["offset", "address"]],
  munmap: [["addr", "address"], ["length", "length"]],
  mprotect: [["addr", "address"], ["length", "length"], ["prot", "protection"]],
  pkey_mprotect: [["addr", "address"], ["length", "length"], ["prot", "protection"], [
    "pkey",
    "number",
  ]],
  brk: [["addr", "address"]],
  mremap: [["old_address", "address"], ["old_size", "length"], ["new_size", "length"], [
    "flags",
    "remap",
  ], ["new_address", "address"]],
  madvise: [["addr", "address"], ["length", "length"], ["advice", "advice"]],
  mlock: [["addr", "address"], ["length", "length"]],
  mlock2: [["addr", "address"], ["length", "length"], ["flags", "lock"]],
  munlock: [["addr", "address"], ["length", "length"]],
  mlockall: [["flags", "lockall"]],
  munlockall: [],
  map_shadow_stack: [["addr", "address"], ["size", "length"], ["flags", "number"]],
  mseal: [["addr", "address"], ["length", "length"], ["flags", "number"]],
  msync: [["addr", "address"], ["length", "length"], ["flags", "sync"]],
  mincore: [["addr", "address"], ["length", "length"], ["vec", "address"]],
  remap_file_pages: [["addr", "address"], ["size", "length"], ["prot", "protection"], [
    "pgoff",
    "number",
  ], ["flags", "map"]],
  shmat: [["shmid", "number"], ["shmaddr", "address"], ["shmflg", "shm"]],
  shmdt: [["shmaddr", "address"]],
};

/** The bits of each kind of flags, by the prefix of their names. */
const PREFIXES: Partial<Record<Kind, readonly string[]>> = {
  protection: ["PROT_"],
  map: ["MAP_"],
  remap: ["MREMAP_"],
  sync: ["MS_"],
  lock: ["MLOCK_"],
  lockall: ["MCL_"],
  shm: ["SHM_"],
};

/** The arguments of a call, as it entered the kernel. */
export function argumentsOf({ call, args, file }: EnterRecord): ArgumentView[] {
  const known = CALLS[call];
  return args.slice(0, known?.length ?? args.length).map((value, index) => {
    const [name, kind] = known?.[index] ?? [`arg ${index + 1}`, "number" as const];
    const text = kind === "fd" && file !== undefined ? file.name : textOf(value, kind);
    return { name, text };
  });
}

function textOf(value: number, kind: Kind): string {
  switch (kind) {
    case "address":
      return value === 0 ? "0" : hex(value);
    case "length":
      return value < 1024 ? `${value}` : `${hex(value)} (${size(value)})`;
    case "fd":
      return (value | 0) === -1 ? "none" : `${value}`;
    case "advice":
      return Object.entries(mman.MADV).find(([, number]) => number === value)?.[0]
        .replace(/^/, "MADV_") ?? hex(value);
    case "number":
      return hex(value);
    default:
      return flagsOf(value, PREFIXES[kind] ?? []);
  }
}

/** The names of a set of flags, what has no name as a number. */
function flagsOf(value: number, prefixes: readonly string[]): string {
  const isProtection = prefixes.includes("PROT_");
  if (value === 0) return isProtection ? "PROT_NONE" : "0";
  const names: string[] = [];
  let rest = value;
  // Both its bits have a name of their own.
  if (prefixes.includes("MAP_") && (rest & mman.MAP_TYPE) === mman.MAP_SHARED_VALIDATE) {
    names.push("MAP_SHARED_VALIDATE");
    rest &= ~mman.MAP_TYPE;
  }
  for (const [name, bit] of Object.entries(mman)) {
    if (typeof bit !== "number" || !prefixes.some((prefix) => name.startsWith(prefix))) continue;
    if (bit === 0 || (rest & bit) !== bit) continue;
    names.push(name);
    rest &= ~bit;
  }
  if (rest !== 0) names.push(hex(rest >>> 0));
  return names.join(" | ");
}
