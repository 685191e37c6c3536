/**
 * How each trace of this folder was made: the files it compiles and the command that is recorded.
 *
 * @module
 */
import { countMunmaps, type TraceSummary } from "../src/trace/summary.ts";
import { generateHeader, generateSource, generateTable, REPEAT_MACROS } from "./generate_source.ts";

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
    files: headersAndTables,
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
 * Two headers and a table after each. A header of more than 128 KiB is read into a mapping of its own,
 * which is unmapped at its end: a hole, as the compiler has mapped more below it meanwhile. Growing the
 * table fills the hole again, so that the number of VMAs stays where the report had it. The table of
 * names, which outgrows its own 128 KiB in the first header, makes another hole.
 */
function headersAndTables(): Record<string, string> {
  const page = 4096;
  return {
    "h0.h": generateHeader("header0", 38 * page - 40, 6),
    "h1.h": generateHeader("header1", 63 * page - 40, 4),
    "source.c": [
      REPEAT_MACROS,
      '#include "h0.h"\n',
      generateTable("table0", 14),
      '#include "h1.h"\n',
      generateTable("table1", 30),
      generateSource(1, { functions: 13, statements: 20 }),
    ].join(""),
  };
}

/** Every munmap at 59 to 61 VMAs, three of them cut a VMA in two, one a VMA of less than 100 pages. */
function isLike2022({ munmaps }: TraceSummary): boolean {
  const splits = munmaps.filter((munmap) => munmap.kind === "split");
  return munmaps.every(({ mapCount }) => mapCount >= 59 && mapCount <= 61) &&
    splits.length >= 3 && splits.some(({ vmaPages }) => vmaPages < 100);
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
