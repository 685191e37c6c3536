/**
 * How each trace of this folder was made: the files it compiles and the command that is recorded.
 *
 * @module
 */
import { countMunmaps, type TraceSummary } from "../src/trace/summary.ts";
import {
  generateHeader,
  generateNames,
  generateSource,
  generateText,
  REPEAT_MACROS,
} from "./generate_source.ts";

/** What has to be there, and what is run. */
export interface Recipe {
  /** Why the trace exists; stands in its header. */
  readonly purpose: string;
  /** The files that are laid into the empty folder where the command runs, by name. */
  readonly files: () => Readonly<Record<string, string>>;
  /** The command; `cc1` stands for the compiler proper of the machine's gcc. */
  readonly command: readonly string[];
  /** Lay the command out as Linux 5.19 would have. */
  readonly placement?: "5.19";
  /**
   * What the recording must show to be kept. Addresses are random, so some recordings show it and some
   * do not; one that does not is made again.
   */
  readonly accept?: (summary: TraceSummary) => boolean;
}

const HELLO = '#include <stdio.h>\n\nint main(void) {\n  puts("hello, world");\n  return 0;\n}\n';
const CC1 = ["cc1", "-quiet", "source.c", "-o", "source.s"];

/** The recipes by the name of their trace. */
export const RECIPES: Readonly<Record<string, Recipe>> = {
  "cc1-hello": {
    purpose: "The shortest run of the compiler: hello world",
    files: () => ({ "source.c": HELLO }),
    command: [...CC1, "-O2"],
  },
  "cc1-2022": {
    purpose:
      "The situation of the 2022 report: munmaps at map_count 59 to 61 cut small VMAs in two",
    files: headersAndTexts,
    command: [...CC1, "-O2"],
    placement: "5.19",
    accept: isLike2022,
  },
  "cc1-ggc": {
    purpose: "Heavy in munmaps that split: the compiler collects garbage whenever it can",
    files: () => ({ "source.c": generateSource(2, { functions: 190, statements: 2 }) }),
    command: [...CC1, "-O0", "--param", "ggc-min-expand=0", "--param", "ggc-min-heapsize=0"],
    accept: (summary) => countMunmaps(summary, "split") >= 300,
  },
  "cc1-large": {
    purpose: "A long run of the compiler: over 1,000 calls",
    files: () => ({ "source.c": generateSource(3, { functions: 600, statements: 24 }) }),
    command: [...CC1, "-O2"],
  },
  "gcc-make": {
    purpose: "Many processes: make runs gcc on 20 files, two at a time, and links them",
    files: makeFiles,
    command: ["make", "-s", "-j2"],
  },
};

/**
 * Four headers, each larger than the one before, and texts in and between them. The compiler reads a header
 * of more than 128 KiB, and larger than any it has freed, into a mapping of its own and unmaps that at the
 * header's end; a text of 1,000 strings costs it a mapping of 8 pages, one of 500 a mapping of 2. New
 * mappings go into the highest hole that is long enough, so each header repeats these steps:
 *
 * 1. Its buffer fits into no hole and goes below everything: below one text, which the buffer of the header
 *    before, by then a hole, cuts off from what lies above.
 * 2. Its texts fill that hole up to 2 pages; the last of them goes below the buffer.
 * 3. Its end unmaps the buffer: text, buffer, text was one small VMA, and is cut in two.
 * 4. The text of 500 strings closes the hole above: the number of VMAs is again what it was before.
 *
 * The texts at the beginning fill the holes that loading the libraries left. The names at the end make
 * the compiler outgrow its table of names, which lies in one of these holes if that was long enough: one
 * more small VMA is cut.
 */
function headersAndTexts(): Record<string, string> {
  const page = 4096;
  const pages = [34, 42, 50, 58]; // 8 pages a text, and 2
  const beginning = [...Array<number>(12).fill(2000), 1000, 500];
  const files: Record<string, string> = { "names.h": generateNames(11_000) };
  const source = [
    REPEAT_MACROS,
    ...beginning.map((strings, i) => generateText(`text${i}`, strings)),
  ];
  for (const [i, size] of pages.entries()) {
    const hole = pages[i - 1] ?? 0;
    files[`h${i}.h`] = generateHeader(`h${i}`, size * page - 40, Math.floor(hole / 8) + 1);
    source.push(`#include "h${i}.h"\n`);
    if (hole > 0) source.push(generateText(`end${i}`, 500));
  }
  source.push('#include "names.h"\n', generateSource(1, { functions: 13, statements: 20 }));
  return { ...files, "source.c": source.join("") };
}

/**
 * Every munmap at 59 to 61 VMAs, and four of them cut a VMA of less than 100 pages in two: the buffers of
 * three headers, and the table of names.
 */
function isLike2022({ munmaps }: TraceSummary): boolean {
  const small = munmaps.filter(({ kind, vmaPages }) => kind === "split" && vmaPages < 100);
  return small.length >= 4 && munmaps.every(({ mapCount }) => mapCount >= 59 && mapCount <= 61);
}

/** 20 files of functions, one that calls them, and the makefile. */
function makeFiles(): Record<string, string> {
  const names = Array.from({ length: 20 }, (_, i) => `part${String(i).padStart(2, "0")}`);
  const files: Record<string, string> = {};
  for (const [i, name] of names.entries()) {
    const source = generateSource(100 + i, { functions: 3, statements: 8 });
    files[`${name}.c`] = source.replaceAll(/\bf(\d+)\(/g, `${name}_f$1(`);
  }
  const declarations = names.map((name) => `extern word ${name}_f0(word, word, struct item *);`);
  const calls = names.map((name) => `  sum += ${name}_f0(sum, 1, &item);`);
  files["main.c"] = [
    "typedef unsigned long word;",
    "struct item { word key; word value[4]; struct item *next; };",
    "word observe(word value) { return value + 1; }",
    ...declarations,
    "int main(void) {",
    "  struct item item = { 1, { 1, 2, 3, 4 }, 0 };",
    "  word sum = 0;",
    ...calls,
    "  return sum == 0;",
    "}",
  ].join("\n") + "\n";
  const objects = ["main", ...names].map((name) => `${name}.o`).join(" ");
  files["Makefile"] = `CC = gcc\nCFLAGS = -O2\nprogram: ${objects}\n\t$(CC) -o $@ $^\n`;
  return files;
}
