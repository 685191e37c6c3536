/**
 * Arguments and results of calls as numbers.
 *
 * @module
 */

import { numberNamed } from "./names.ts";

/** An argument, taken apart. */
export interface Value {
  /** The number; NaN where it is none. Above 2^53 its value as signed 64 bits. */
  readonly value: number;
  /** What stands behind a descriptor: `3</lib/libc.so.6>`. */
  readonly path?: string;
  /** A name that is not known and was left out of the number. */
  readonly unknown?: string;
}

/**
 * Reads an argument: decimal, hexadecimal, octal, names joined with `|`, a number with its names in a comment or the
 * other way round, `8192*1024`, `21<<MAP_HUGE_SHIFT`, a descriptor with its path.
 *
 * @param prefix what names may lack at their start, see `numberNamed`
 */
export function readValue(text: string, prefix = ""): Value {
  const plain = withoutComment(text).trim();
  const descriptor = /^(-?\d+|0x[0-9a-f]+|AT_FDCWD)\s*(?:<(?!<)|\()/.exec(plain);
  if (descriptor !== null) {
    const [whole, number = ""] = descriptor;
    const close = plain.lastIndexOf(">");
    const path = plain.slice(whole.length, close < whole.length ? undefined : close);
    const value = sum(number, prefix).value;
    return whole.endsWith("<") ? { value, path } : { value };
  }
  return sum(plain, prefix);
}

/** The number alone; NaN where it is none. */
export function numberOf(text: string, prefix = ""): number {
  return readValue(text, prefix).value;
}

function withoutComment(text: string): string {
  if (!text.includes("/*")) return text;
  let plain = "", at = 0;
  for (;;) {
    const open = text.indexOf("/*", at);
    if (open < 0) return plain + text.slice(at);
    plain += text.slice(at, open);
    const close = text.indexOf("*/", open + 2);
    if (close < 0) return plain;
    at = close + 2;
  }
}

/** Bits joined with `|`: each part is either a set of bits of its own or a name. */
function sum(text: string, prefix: string): Value {
  if (!text.includes("|")) return part(text, prefix);
  let bits = 0, unknown: string | undefined;
  for (const each of text.split("|")) {
    const read = part(each.trim(), prefix);
    unknown ??= read.unknown;
    bits = union(bits, read.value);
  }
  return unknown === undefined ? { value: bits } : { value: bits, unknown };
}

/** A part of a sum; a name that is not known counts as no bit. */
function part(text: string, prefix: string): Value {
  const value = product(text, prefix);
  if (value !== undefined) return { value };
  return /^[A-Z][A-Z0-9_]+$/.test(text) ? { value: 0, unknown: text } : { value: NaN };
}

/** Bits of either, of more than 32 too; NaN where one has no bits. */
function union(a: number, b: number): number {
  if (a >= 0 && b >= 0 && a < 2 ** 31 && b < 2 ** 31) return a | b;
  if (!Number.isSafeInteger(a) || !Number.isSafeInteger(b)) return NaN;
  return Number(BigInt(a) | BigInt(b));
}

/** The number of a part; undefined where it is neither a product nor a number: a name, perhaps. */
function product(text: string, prefix: string): number | undefined {
  const shift = /^([^<]+)<<([^<]+)$/.exec(text);
  if (shift !== null) {
    const [left, right] = [atom(shift[1]!.trim(), prefix), atom(shift[2]!.trim(), prefix)];
    return (left ?? NaN) * 2 ** (right ?? NaN);
  }
  if (text.includes("*")) {
    let all = 1;
    for (const factor of text.split("*")) all *= atom(factor.trim(), prefix) ?? NaN;
    return all;
  }
  return atom(text, prefix);
}

function atom(text: string, prefix: string): number | undefined {
  const named = numberNamed(text, prefix);
  if (named !== undefined) return named;
  if (/^0[0-7]+$/.test(text)) return parseInt(text, 8);
  if (!/^-?(?:\d{1,20}|0x[0-9a-f]{1,16})$/i.test(text)) return undefined;
  const value = Number(text.replace(/^-0x/i, "0x"));
  const signed = text.startsWith("-0x") ? -value : value;
  if (Number.isSafeInteger(signed)) return signed;
  const wrapped = Number(BigInt.asIntN(64, BigInt(text.replace(/^-/, ""))));
  return Number.isSafeInteger(wrapped) ? wrapped : Number.MAX_SAFE_INTEGER;
}
