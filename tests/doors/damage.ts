/**
 * Random damage that knows what it damages: bytes, lines, numbers, words, and the values of JSON.
 *
 * @module
 */

import type { Random } from "../../src/random.ts";

/** Numbers at which readers err: ends of ranges, what a double does not hold, what is no number at all. */
const NUMBERS = [
  "0",
  "1",
  "-1",
  "0x0",
  "0xffffffffffffffff",
  "0x7ffffffff000",
  "9007199254740991",
  "9007199254740993",
  "18446744073709551615",
  "1e309",
  "1.5",
  "NaN",
  "-0",
  "0x",
  "0x1_0",
  "00000000000000000000000000000001",
  "4294967296",
];

/** Words that are properties of every object, or that a terminal obeys. */
const WORDS = [
  "constructor",
  "__proto__",
  "toString",
  "hasOwnProperty",
  "\x1b[2K",
  "\u202e",
  "\0",
  "",
  "ü".repeat(9),
];

/** Values of JSON in place of what stands there. */
const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1e308,
  1.5,
  "",
  "0x",
  "constructor",
  [],
  {},
  [[]],
  [
    null,
  ],
  { constructor: 1 },
];

type Damage = (text: string, random: Random, other: string) => string;

/** Replaces a stretch of the text. */
function splice(text: string, from: number, to: number, by: string): string {
  return text.slice(0, from) + by + text.slice(to);
}

/** A line of the text: its place, and where the next one begins. */
function someLine(text: string, random: Random): { from: number; to: number } {
  const at = random.below(text.length + 1);
  const from = text.lastIndexOf("\n", at - 1) + 1;
  const end = text.indexOf("\n", from);
  return { from, to: end < 0 ? text.length : end + 1 };
}

/** A match of a pattern, undefined if there is none. */
function someMatch(text: string, pattern: RegExp, random: Random): RegExpExecArray | undefined {
  const from = random.below(text.length + 1);
  pattern.lastIndex = from;
  const found = pattern.exec(text);
  if (found !== null) return found;
  pattern.lastIndex = 0;
  return pattern.exec(text) ?? undefined;
}

const DAMAGES: readonly Damage[] = [
  // One character becomes another.
  (text, random) => {
    const at = random.below(text.length + 1);
    return splice(
      text,
      at,
      at + 1,
      String.fromCharCode(random.below(random.oneIn(4) ? 0x10000 : 128)),
    );
  },
  // It ends too early.
  (text, random) => text.slice(0, random.below(text.length + 1)),
  // A stretch is missing.
  (text, random) => {
    const at = random.below(text.length + 1);
    return splice(text, at, at + random.below(40), "");
  },
  // A line is missing.
  (text, random) => {
    const { from, to } = someLine(text, random);
    return splice(text, from, to, "");
  },
  // A line stands twice, here and there.
  (text, random) => {
    const { from, to } = someLine(text, random);
    const at = someLine(text, random).from;
    return splice(text, at, at, text.slice(from, to));
  },
  // A line of another text.
  (text, random, other) => {
    const { from, to } = someLine(other, random);
    const at = someLine(text, random).from;
    return splice(text, at, at, other.slice(from, to));
  },
  // A line that is very long.
  (text, random) => {
    const at = random.below(text.length + 1);
    return splice(
      text,
      at,
      at,
      random.pick(["a", "0", "[", '"', " ", "\t"]).repeat(1 + random.below(3_000)),
    );
  },
  // A number that no one expects.
  (text, random) => {
    const found = someMatch(text, /0x[0-9a-f]+|\d+/g, random);
    if (found === undefined) return text;
    const by = random.oneIn(3) ? String(random.below(2 ** 53)) : random.pick(NUMBERS);
    return splice(text, found.index, found.index + found[0].length, by);
  },
  // A word that means something to JavaScript or to a terminal.
  (text, random) => {
    const found = someMatch(text, /[A-Za-z_]+/g, random);
    if (found === undefined) return text;
    return splice(text, found.index, found.index + found[0].length, random.pick(WORDS));
  },
  // A value of JSON becomes another, or its key.
  (text, random) => {
    const { from, to } = someLine(text, random);
    try {
      const line: unknown = JSON.parse(text.slice(from, to));
      return splice(text, from, to, `${JSON.stringify(damagedValue(line, random))}\n`);
    } catch {
      return text;
    }
  },
];

/** A value of JSON with one part changed, missing, there twice, or under another name. */
function damagedValue(value: unknown, random: Random): unknown {
  const isEnd = typeof value !== "object" || value === null || random.oneIn(6);
  if (isEnd) return random.pick(VALUES);
  if (Array.isArray(value)) {
    if (value.length === 0 || random.oneIn(4)) return [...value, random.pick(VALUES)];
    const at = random.below(value.length);
    if (random.oneIn(4)) return value.toSpliced(at, 1);
    return value.with(at, damagedValue(value[at], random));
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return { [random.pick(WORDS)]: random.pick(VALUES) };
  const at = random.below(entries.length);
  const [name, part] = entries[at]!;
  if (random.oneIn(5)) return Object.fromEntries(entries.toSpliced(at, 1));
  if (random.oneIn(8)) return Object.fromEntries(entries.with(at, [random.pick(WORDS), part]));
  return Object.fromEntries(entries.with(at, [name, damagedValue(part, random)]));
}

/** The text with one to four damages. */
export function damaged(text: string, random: Random, other: string): string {
  let result = text;
  for (let count = random.between(1, 4); count > 0; count--) {
    result = random.pick(DAMAGES)(result, random, other);
  }
  return result;
}
