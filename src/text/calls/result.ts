/**
 * What stands after a call: its result.
 *
 * Forms: strace(1) (`0x7f…`, `-1 ENOMEM (…)`, `? ERESTARTSYS (…)`, `?`), ltrace(1) (`-12`), gVisor's log
 * (`140… (0x7f…)`, `0 (0x0) errno=12 (…)`).
 *
 * @module
 */

import { ERRNO, errnoName } from "../../abi/errno.ts";
import type { Result } from "./event.ts";
import { numberOf } from "./values.ts";

/** A result and where the text goes on after it. */
export interface ReadResult {
  /** Undefined if the call did not return. */
  readonly result: Result | undefined;
  /** Position after it. */
  readonly end: number;
}

const RESULT =
  /\s*=>?\s*(\?|-?0x[0-9a-fA-F]{1,16}|-?\d{1,20}|nil|NULL|-E[A-Z0-9]+)(?:<((?:[^<>]|->){0,4096})>(?:\(deleted\))?)?(?:[ \t]+\((0x[0-9a-fA-F]{1,16})\))?(?:[ \t]+(?:(E[A-Z0-9]{2,25})(?:[ \t]*\([^()]{0,100}\))?|errno=(\d{1,4})(?:[ \t]*\([^()]{0,100}\))?|\((?:errno[ :]*)?(E[A-Z0-9]{2,25})\)))?(?:[ \t]*\((?:INJECTED|DELAYED)[^)]{0,40}\))*(?:[ \t]*\(flags [^)]{0,200}\))?(?:[ \t]*<\d+\.\d+>)?/y;

/** The largest negative number that is an error: `-MAX_ERRNO`. */
const MAX_ERRNO = 4095;

/** Reads the result at `from`; undefined if none stands there. */
export function readResult(text: string, from: number): ReadResult | undefined {
  RESULT.lastIndex = from;
  const match = RESULT.exec(text);
  if (match === null) return undefined;
  const [, number = "", path, inHex, named, numbered, inBrackets] = match;
  const end = RESULT.lastIndex;
  if (number.startsWith("-E")) return { result: { value: 0, error: number.slice(1) }, end };
  const error = named ?? inBrackets ??
    (numbered === undefined ? undefined : errnoName(Number(numbered)));
  if (error !== undefined && isFailure(number, error)) return { result: { value: 0, error }, end };
  if (number === "?") return { result: undefined, end };
  const value = inHex === undefined ? numberOf(number) : numberOf(inHex);
  if (value < 0 && value >= -MAX_ERRNO) {
    return { result: { value: 0, error: value === -1 ? "an error" : errnoName(-value) }, end };
  }
  return { result: { value, ...(path !== undefined && { path }) }, end };
}

/** With a number that is no failure's, what looks like an errno is another word. */
function isFailure(number: string, error: string): boolean {
  return number === "?" || number.startsWith("-") || Number(number) === 0 ||
    Object.hasOwn(ERRNO, error);
}
