/**
 * Comparing the driver's answers with the expected ones, word by word.
 *
 * @module
 */

import type { Ending } from "../../src/kernel/driver.ts";
import {
  fromWords,
  isOnCursor,
  isWrite,
  type Operation,
  showNumber,
  Verb,
} from "../../src/kernel/operation.ts";
import { ANSWER_WORDS, type Features, Field, Flag } from "../../src/kernel/protocol.ts";

/** In what the kernel's tree differs. */
export type DifferenceKind =
  | "answer"
  | "content"
  | "lookup"
  | "rule"
  | "order"
  | "leak"
  | "shape"
  | "warning"
  | "crash"
  | "hang"
  | "exit";

/** The first operation of a list that went wrong. */
export interface Difference {
  /** Its place in the list, from 0. */
  readonly at: number;
  /** The operation. */
  readonly operation: Operation;
  /** In what it differs. */
  readonly kind: DifferenceKind;
  /** One line: what was expected and what came. */
  readonly text: string;
}

/** What is compared. */
export interface Comparing {
  readonly features: Features;
  readonly shape: boolean;
}

/** True if the two are the same failure, as far as a shrinker must care. */
export function isSameFailure(a: Difference, b: Difference): boolean {
  return familyOf(a.kind) === familyOf(b.kind);
}

function familyOf(kind: DifferenceKind): string {
  switch (kind) {
    case "content":
    case "lookup":
    case "rule":
    case "order":
      return "tree";
    case "crash":
    case "exit":
      return "crash";
  }
  return kind;
}

/** What differs in an answer: its kind, undefined if nothing does. */
export function differenceIn(
  { verb }: Operation,
  expected: Uint32Array,
  actual: Uint32Array,
  at: number,
  { features, shape }: Comparing,
): DifferenceKind | undefined {
  const differs = (field: number) => expected[at + field] !== actual[at + field];
  const flags = actual[at + Field.FLAGS]!;
  if (differs(Field.ERROR) || differs(Field.VALUE)) {
    return (flags & Flag.LEAK) !== 0 ? "leak" : "answer";
  }
  if (features.status && !isSearch(verb) && differs(Field.STATUS)) return "answer";
  if (isRangeTold(verb, expected, at, features)) {
    for (let word = Field.FIRST; word < Field.COUNT; word++) if (differs(word)) return "answer";
  }
  if ((flags & Flag.DISORDER) !== 0) return "order";
  if ((flags & Flag.BROKEN_RULE) !== 0) return "rule";
  if (!isWrite(verb)) return undefined;
  if (differs(Field.COUNT) || differs(Field.CONTENT_LOW) || differs(Field.CONTENT_HIGH)) {
    return "content";
  }
  if (differs(Field.LOOKUPS)) return "lookup";
  return shape && differs(Field.SHAPE) ? "shape" : undefined;
}

/** In a tree without nodes the kernel's search leaves a state that says so; what matters is where it stands. */
function isSearch(verb: Verb): boolean {
  return verb === Verb.CURSOR_EMPTY_AREA || verb === Verb.CURSOR_EMPTY_AREA_REVERSE;
}

/** A tree without statuses promises nothing about where a state stands that found nothing. */
function isRangeTold(verb: Verb, expected: Uint32Array, at: number, features: Features): boolean {
  if (features.status || !isOnCursor(verb)) return true;
  return expected[at + Field.VALUE] !== 0 && verb !== Verb.CURSOR_ERASE;
}

/** True if the operation printed something. */
export function hasPrinted(actual: Uint32Array, at: number): boolean {
  return (actual[at + Field.FLAGS]! & Flag.PRINTED) !== 0;
}

/** The line that says what is wrong. */
export function describe(
  kind: DifferenceKind,
  operation: Operation,
  expected: Uint32Array,
  actual: Uint32Array,
  at: number,
): string {
  switch (kind) {
    case "answer":
      return `expected ${showAnswer(operation, expected, at)}, the kernel's tree answered ${
        showAnswer(operation, actual, at)
      }`;
    case "content":
      return contentText(expected[at + Field.COUNT]!, actual[at + Field.COUNT]!);
    case "lookup":
      return "lookups at the ends of what was written, or beside them, find something else than a walk does";
    case "rule":
      return "a check of the kernel's own code failed: mt_validate(), or one within a function";
    case "order":
      return "a walk over all entries meets one that begins before the end of the one before";
    case "leak":
      return leakText(actual[at + Field.VALUE]!);
    case "shape":
      return "the nodes lie otherwise than in Maple's tree";
  }
  return kind;
}

function leakText(nodes: number): string {
  return `${nodes} ${nodes === 1 ? "node is" : "nodes are"} left after the tree was destroyed`;
}

/** What the driver's allocator says where a rule of memory is broken: `take_back()` of `driver/slab.h`. */
const MEMORY_FAULT = /^BUG: (a node given back twice|a write [^:\n]*): node/m;

/** The rule of memory that was broken, as what was printed tells; undefined if none was. */
export function memoryFaultIn(printed: string): string | undefined {
  const fault = MEMORY_FAULT.exec(printed)?.[1];
  return fault === undefined ? undefined : `a rule of memory is broken: ${fault}`;
}

function contentText(expected: number, actual: number): string {
  if (expected === actual) return `the ${actual} entries of the tree are not those expected`;
  return `a walk meets ${actual} entries, there should be ${expected}`;
}

/** How a driver that ended is told. */
export function describeEnding({ text }: Ending): string {
  return text;
}

const STATUSES = ["active", "start", "root", "none", "pause", "overflow", "underflow", "error"];
const ERRORS: ReadonlyMap<number, string> = new Map([
  [-12, "ENOMEM"],
  [-16, "EBUSY"],
  [-17, "EEXIST"],
  [-22, "EINVAL"],
]);

/** An answer as a person reads it: `3 at 0x1000-0x1fff`, `EBUSY`, `nothing`. */
export function showAnswer({ verb }: Operation, words: Uint32Array, at: number): string {
  const error = words[at + Field.ERROR]! | 0;
  if (error !== 0) return ERRORS.get(error) ?? `error ${error}`;
  const value = words[at + Field.VALUE]!;
  const number = (field: number) =>
    showNumber(fromWords(words[at + field]!, words[at + field + 1]!));
  const range = `${number(Field.FIRST)}-${number(Field.LAST)}`;
  const held = value === 0 ? "nothing" : `${value}`;
  switch (verb) {
    case Verb.STORE:
    case Verb.INSERT:
    case Verb.STORE_PREALLOCATED:
      return "success";
    case Verb.LOAD:
      return held;
    case Verb.ALLOCATE:
    case Verb.ALLOCATE_REVERSE:
      return number(Field.FIRST);
    case Verb.EMPTY_AREA:
    case Verb.EMPTY_AREA_REVERSE:
      return range;
  }
  if (!isOnCursor(verb)) return value === 0 && verb !== Verb.WALK ? held : `${held} at ${range}`;
  const status = STATUSES[words[at + Field.STATUS]!];
  return `${held}, and stands at ${range}${status === undefined ? "" : ` (${status})`}`;
}

/** Places of the answers in words. */
export function answerAt(index: number): number {
  return index * ANSWER_WORDS;
}
