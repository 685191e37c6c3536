/**
 * Operations on a kernel's tree as data: what streams make, the driver performs, the reference answers, and reports
 * print.
 *
 * The numbers of the verbs are those of `driver/protocol.h`. Operands are indices of ours; a number near our maximum
 * stands for the same distance from the kernel's, as in the golden answers. Of values, 0 is nothing.
 *
 * @module
 */

import { MAX_INDEX } from "../tree/node_layout.ts";

/** What an operation does, by its number in the driver's protocol. */
export const Verb = {
  STORE: 1,
  INSERT: 2,
  ERASE: 3,
  LOAD: 4,
  WALK: 5,
  FIND: 6,
  FIND_REVERSE: 7,
  NEXT: 8,
  PREVIOUS: 9,
  MT_FIND: 10,
  EMPTY_AREA: 11,
  EMPTY_AREA_REVERSE: 12,
  ALLOCATE: 13,
  ALLOCATE_REVERSE: 14,
  STORE_PREALLOCATED: 15,
  STORE_BESIDE: 16,
  CURSOR_SET: 32,
  CURSOR_WALK: 33,
  CURSOR_FIND: 34,
  CURSOR_FIND_REVERSE: 35,
  CURSOR_NEXT: 36,
  CURSOR_PREVIOUS: 37,
  CURSOR_FIND_RANGE: 38,
  CURSOR_FIND_RANGE_REVERSE: 39,
  CURSOR_NEXT_RANGE: 40,
  CURSOR_PREVIOUS_RANGE: 41,
  CURSOR_PAUSE: 42,
  CURSOR_RESET: 43,
  CURSOR_STORE: 44,
  CURSOR_ERASE: 45,
  CURSOR_EMPTY_AREA: 46,
  CURSOR_EMPTY_AREA_REVERSE: 47,
  CURSOR_STORE_PREALLOCATED: 48,
  CURSOR_RESERVE: 49,
  NEW_TREE: 64,
  MARK: 65,
  REWIND: 66,
  DUPLICATE: 67,
  VMA_MAP: 96,
  VMA_UNMAP: 97,
  VMA_PROTECT: 98,
  VMA_MAP_FILE: 99,
  VMA_WRITE: 100,
  VMA_REMAP: 101,
  VMA_FLAGS: 102,
  VMA_HEAP: 103,
  VMA_BRK: 104,
  VMA_GROW: 105,
  VMA_PLACE: 106,
  VMA_SPACE: 107,
  VMA_FORK: 108,
  VMA_EXIT: 109,
  VMA_SPLIT: 110,
} as const;

/** One of {@linkcode Verb}. */
export type Verb = typeof Verb[keyof typeof Verb];

/** One operation. The operands follow the golden form: `[first, last, value]`, `[min, max, size, value]`. */
export interface Operation {
  readonly verb: Verb;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

/** Makes an operation; operands that are left out are 0. */
export function operation(verb: Verb, a = 0, b = 0, c = 0, d = 0): Operation {
  return { verb, a, b, c, d };
}

/** What the other writer of `store_beside` stores. */
export const BESIDE_VALUE = 0x7ffd;

/** What an operand is: an index, a number of indices, a value. */
export type OperandKind = "index" | "size" | "value" | "flags";

/** Name in the golden form, and what the operands are. */
interface VerbRow {
  readonly name: string;
  readonly operands: readonly OperandKind[];
  /** It may change what the tree holds. */
  readonly writes?: true;
}

const INDEX = ["index"] as const;
const TWO = ["index", "index"] as const;
const STORE = ["index", "index", "value"] as const;
const AREA = ["index", "index", "size"] as const;
const ALLOCATE = ["index", "index", "size", "value"] as const;

const ROWS: Readonly<Record<Verb, VerbRow>> = {
  [Verb.STORE]: { name: "store", operands: STORE, writes: true },
  [Verb.INSERT]: { name: "insert", operands: STORE, writes: true },
  [Verb.ERASE]: { name: "erase", operands: INDEX, writes: true },
  [Verb.LOAD]: { name: "load", operands: INDEX },
  [Verb.WALK]: { name: "walk", operands: INDEX },
  [Verb.FIND]: { name: "find", operands: TWO },
  [Verb.FIND_REVERSE]: { name: "find_rev", operands: TWO },
  [Verb.NEXT]: { name: "next", operands: TWO },
  [Verb.PREVIOUS]: { name: "prev", operands: TWO },
  [Verb.MT_FIND]: { name: "mt_find", operands: TWO },
  [Verb.EMPTY_AREA]: { name: "empty_area", operands: AREA },
  [Verb.EMPTY_AREA_REVERSE]: { name: "empty_area_rev", operands: AREA },
  [Verb.ALLOCATE]: { name: "alloc", operands: ALLOCATE, writes: true },
  [Verb.ALLOCATE_REVERSE]: { name: "ralloc", operands: ALLOCATE, writes: true },
  [Verb.STORE_PREALLOCATED]: { name: "store_prealloc", operands: STORE, writes: true },
  [Verb.STORE_BESIDE]: {
    name: "store_beside",
    operands: ["index", "index", "value", "index"],
    writes: true,
  },
  [Verb.CURSOR_SET]: { name: "it set", operands: TWO },
  [Verb.CURSOR_WALK]: { name: "it walk", operands: [] },
  [Verb.CURSOR_FIND]: { name: "it find", operands: INDEX },
  [Verb.CURSOR_FIND_REVERSE]: { name: "it find_rev", operands: INDEX },
  [Verb.CURSOR_NEXT]: { name: "it next", operands: INDEX },
  [Verb.CURSOR_PREVIOUS]: { name: "it prev", operands: INDEX },
  [Verb.CURSOR_FIND_RANGE]: { name: "it find_range", operands: INDEX },
  [Verb.CURSOR_FIND_RANGE_REVERSE]: { name: "it find_range_rev", operands: INDEX },
  [Verb.CURSOR_NEXT_RANGE]: { name: "it next_range", operands: INDEX },
  [Verb.CURSOR_PREVIOUS_RANGE]: { name: "it prev_range", operands: INDEX },
  [Verb.CURSOR_PAUSE]: { name: "it pause", operands: [] },
  [Verb.CURSOR_RESET]: { name: "it reset", operands: [] },
  [Verb.CURSOR_STORE]: { name: "it store", operands: ["value"], writes: true },
  [Verb.CURSOR_ERASE]: { name: "it erase", operands: [], writes: true },
  [Verb.CURSOR_EMPTY_AREA]: { name: "it empty_area", operands: AREA },
  [Verb.CURSOR_EMPTY_AREA_REVERSE]: { name: "it empty_area_rev", operands: AREA },
  [Verb.CURSOR_STORE_PREALLOCATED]: {
    name: "it store_prealloc",
    operands: ["value"],
    writes: true,
  },
  [Verb.CURSOR_RESERVE]: { name: "it reserve", operands: ["size", "size"] },
  [Verb.NEW_TREE]: { name: "new_tree", operands: ["flags", "flags"] },
  [Verb.MARK]: { name: "mark", operands: [] },
  [Verb.REWIND]: { name: "rewind", operands: [], writes: true },
  [Verb.DUPLICATE]: { name: "duplicate", operands: [], writes: true },
  [Verb.VMA_MAP]: { name: "map", operands: ["index", "index", "flags"] },
  [Verb.VMA_UNMAP]: { name: "unmap", operands: ["index", "index"] },
  [Verb.VMA_PROTECT]: { name: "protect", operands: ["index", "index", "flags"] },
  [Verb.VMA_MAP_FILE]: { name: "map_file", operands: ["index", "index", "flags", "size"] },
  [Verb.VMA_WRITE]: { name: "write", operands: ["index", "flags"] },
  [Verb.VMA_REMAP]: { name: "remap", operands: ["index", "index", "index", "index"] },
  [Verb.VMA_FLAGS]: { name: "flags", operands: ["index", "index", "flags"] },
  [Verb.VMA_HEAP]: { name: "heap", operands: ["index", "index"] },
  [Verb.VMA_BRK]: { name: "brk", operands: ["index", "flags"] },
  [Verb.VMA_GROW]: { name: "grow", operands: ["index"] },
  [Verb.VMA_PLACE]: { name: "place", operands: ["index", "index", "flags", "size"] },
  [Verb.VMA_SPACE]: { name: "space", operands: ["size"] },
  [Verb.VMA_FORK]: { name: "fork", operands: ["size"] },
  [Verb.VMA_EXIT]: { name: "exit", operands: ["size"] },
  [Verb.VMA_SPLIT]: { name: "split", operands: ["index"] },
};

const BY_NAME: ReadonlyMap<string, Verb> = new Map(
  Object.values(Verb).map((verb) => [ROWS[verb].name, verb]),
);

/** The verb of a name in the golden form. */
export function verbOf(name: string): Verb | undefined {
  return BY_NAME.get(name);
}

/** The verb's name in the golden form. */
export function verbName(verb: Verb): string {
  return ROWS[verb].name;
}

/** What the operands of a verb are, in order. */
export function operandsOf(verb: Verb): readonly OperandKind[] {
  return ROWS[verb].operands;
}

/** True if the operation may change what the tree holds: the driver then inspects the tree. */
export function isWrite(verb: Verb): boolean {
  return ROWS[verb].writes === true;
}

/** True if the operation is on the state that lasts from one to the next. */
export function isOnCursor(verb: Verb): boolean {
  return verb >= Verb.CURSOR_SET && verb < Verb.NEW_TREE;
}

/** How far below our maximum a number still means the same distance from the kernel's. */
const NEAR_MAX = 2 ** 32;

/** The low 32 bits of a number as the kernel has it: its own, as all low bits of both maxima are set. */
export function lowWord(number: number): number {
  return number >>> 0;
}

/** The high 32 bits of a number as the kernel has it. */
export function highWord(number: number): number {
  const distance = MAX_INDEX - number;
  return distance < NEAR_MAX ? 0xffffffff : Math.floor(number / NEAR_MAX);
}

/** The inverse: a number of ours from the kernel's two words. */
export function fromWords(low: number, high: number): number {
  return high === 0xffffffff ? MAX_INDEX - (~low >>> 0) : high * NEAR_MAX + low;
}

/** A number in hexadecimal, as the kernel has it. */
export function showNumber(number: number): string {
  const high = highWord(number);
  const low = lowWord(number);
  if (high === 0) return `0x${low.toString(16)}`;
  return `0x${high.toString(16)}${low.toString(16).padStart(8, "0")}`;
}

/** The operation in the golden form: `store 0x1000 0x1fff 0x1`. */
export function showOperation({ verb, a, b, c, d }: Operation): string {
  const numbers = [a, b, c, d];
  const shown = ROWS[verb].operands.map((kind, i) => {
    const number = numbers[i]!;
    if (kind === "value") return number === 0 ? "-" : showNumber(number);
    return showNumber(number);
  });
  return [ROWS[verb].name, ...shown].join(" ");
}
