/**
 * Writes a C file from a seed: the same seed and size give the same bytes on any machine, so a recording
 * of its compilation can be made again anywhere.
 *
 * @module
 */

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

/**
 * A header of exactly `bytes` bytes that only declares: of ten names `macros` are macros, which the
 * preprocessor keeps, and the others functions, which the compiler keeps.
 *
 * @param name prefix of the names
 */
export function generateHeader(name: string, bytes: number, macros: number): string {
  let text = "";
  for (let i = 0; text.length < bytes - 80; i++) {
    text += i % 10 < macros
      ? `#define ${name}_M${i} ${i}ul\n`
      : `extern unsigned long ${name}_${i}(unsigned long);\n`;
  }
  return `${text}/*${"-".repeat(bytes - text.length - 5)}*/\n`;
}

/** Macros that repeat their argument 10 and 1,000 times: a large table from few lines. */
export const REPEAT_MACROS: string = "#define REPEAT10(x) x, x, x, x, x, x, x, x, x, x\n" +
  "#define REPEAT1000(x) REPEAT10(REPEAT10(REPEAT10(x)))\n";

/** A constant table of so many thousand entries, by {@linkcode REPEAT_MACROS}. */
export function generateTable(name: string, thousands: number): string {
  const lines = Array.from({ length: thousands }, (_, i) => `  REPEAT1000(${i}),\n`);
  return `const unsigned long ${name}[] = {\n${lines.join("")}};\n`;
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

/** A small generator of the xorshift family, 32 bits of state. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed ^ 0x9e3779b9) | 1;
  }

  below(limit: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return (state >>> 0) % limit;
  }

  pick(choices: readonly string[]): string {
    return choices[this.below(choices.length)] ?? "";
  }
}
