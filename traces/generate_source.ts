/**
 * Writes a C file from a seed: the same seed and size give the same bytes on any machine, so a recording
 * of its compilation can be made again anywhere.
 *
 * @module
 */

import { Random } from "../src/random.ts";

/** How large the file is. */
export interface SourceSize {
  /** Functions in the file. */
  readonly functions: number;
  /** Statements a function, about. */
  readonly statements: number;
}

/**
 * A C translation unit without includes: structures, tables, and functions of arithmetic, loops,
 * switches and calls, so that every pass of an optimizing compiler has something to allocate for.
 *
 * @param seed any whole number
 */
export function generateSource(seed: number, size: SourceSize): string {
  const random = new Random(seed);
  const parts = [
    `/* Generated: seed ${seed}, ${size.functions} functions of ${size.statements} statements. */`,
    "typedef unsigned long word;",
    "struct item { word key; word value[4]; struct item *next; };",
    "extern word observe(word);",
    `static word table[${64 + random.below(64)}];`,
  ];
  for (let i = 0; i < size.functions; i++) {
    parts.push(generateFunction(random, i, size.statements));
  }
  return parts.join("\n") + "\n";
}

/** Macros that repeat their argument: a text of thousands of strings from one line. */
export const REPEAT_MACROS: string = "#define TEN(x) x x x x x x x x x x\n" +
  "#define HUNDRED(x) TEN(TEN(x))\n" +
  "#define THOUSAND(x) TEN(TEN(TEN(x)))\n";

/**
 * A constant text of so many strings, a multiple of 100, by {@linkcode REPEAT_MACROS}: long to compile, as
 * the compiler keeps where each string stood.
 */
export function generateText(name: string, strings: number): string {
  const [macro, times] = strings % 1000 === 0
    ? ["THOUSAND", strings / 1000]
    : ["HUNDRED", strings / 100];
  return `const char ${name}[] = ${macro}(${Array(times).fill('"a"').join(" ")});\n`;
}

/**
 * A header of exactly `bytes` bytes: a comment, then constant texts of 1,000 strings.
 *
 * @param name prefix of the names
 */
export function generateHeader(name: string, bytes: number, texts: number): string {
  const body = Array.from({ length: texts }, (_, i) => generateText(`${name}_text${i}`, 1000));
  const code = body.join("");
  const line = `${"-".repeat(79)}\n`;
  const comment = line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes - code.length - 5);
  return `/*${comment}*/\n${code}`;
}

/** A header of so many macros: names, and little else that a compiler keeps. */
export function generateNames(count: number): string {
  return Array.from({ length: count }, (_, i) => `#define N${i} ${i}\n`).join("");
}

function generateFunction(random: Random, index: number, statements: number): string {
  const lines = [
    `word f${index}(word a, word b, struct item *p)`,
    "{",
    "  word c = a ^ b, d = 1, i;",
  ];
  const count = Math.max(1, Math.floor(statements / 2) + random.below(statements));
  for (let i = 0; i < count; i++) lines.push(statement(random, index, 2));
  lines.push("  return c + d;", "}");
  return lines.join("\n");
}

function statement(random: Random, index: number, depth: number): string {
  const target = random.pick(["a", "b", "c", "d"]);
  const value = expression(random, 3);
  const kind = random.below(depth > 0 ? 8 : 4);
  switch (kind) {
    case 0:
      return `  table[${value} % 64] += ${target};`;
    case 1:
      return `  p->value[${value} % 4] = ${target}; ${target} = p->key;`;
    case 2:
      return index === 0
        ? `  ${target} = observe(${value});`
        : `  ${target} += f${random.below(index)}(${value}, ${expression(random, 1)}, p);`;
    case 3:
      return `  ${target} = ${value};`;
    case 4:
      return `  for (i = 0; i < ${2 + random.below(30)}; i++) {\n  ${
        statement(random, index, depth - 1)
      }\n    ${target} += i * ${expression(random, 1)};\n  }`;
    case 5:
      return `  if (${value} > ${expression(random, 2)}) {\n  ${
        statement(random, index, depth - 1)
      }\n  } else {\n  ${statement(random, index, depth - 1)}\n  }`;
    case 6:
      return `  while (p->next && p->key < ${value}) { p = p->next; ${target} ^= p->value[1]; }`;
    default:
      return switchStatement(random, target, value);
  }
}

function switchStatement(random: Random, target: string, value: string): string {
  const stride = 1 + random.below(3);
  const cases = Array.from(
    { length: 3 + random.below(6) },
    (_, i) => `  case ${i * stride}: ${target} = ${expression(random, 2)}; break;`,
  );
  return `  switch (${value} & 31) {\n${cases.join("\n")}\n  default: ${target}++;\n  }`;
}

function expression(random: Random, depth: number): string {
  if (depth === 0 || random.below(4) === 0) {
    return random.pick(["a", "b", "c", "d", "p->key", `${1 + random.below(1000)}ul`]);
  }
  const operator = random.pick(["+", "-", "*", "^", "&", "|", "<<", ">>"]);
  const left = expression(random, depth - 1);
  const right = operator === "<<" || operator === ">>"
    ? String(1 + random.below(31))
    : expression(random, depth - 1);
  return `(${left} ${operator} ${right})`;
}
