/**
 * The same seed gives the same run, event by event, on every machine and in every version: a finding is told by its
 * seed, so that a change of what is drawn must be made on purpose. Whoever makes one puts the new hashes here and says
 * so in the changelog. So does whoever records the traces anew.
 *
 * Runs are short: what goes on in them is tested elsewhere, here only that it is the same.
 */

import { assertEquals } from "@std/assert";
import { pathOf } from "../../src/command/paths.ts";
import { readPrograms } from "../../src/load/programs.ts";
import { kernelRules } from "../../src/mm/rules/kernel_rules.ts";
import { type DrawOptions, LoadRun } from "../../src/load/run.ts";

const PROGRAMS = await readPrograms(
  ["cc1-hello", "gcc-make"].map((name) => pathOf(`traces/${name}.jsonl.gz`)),
);

/** Programs of random calls: they populate, move several VMAs at once, fail half done, share memory. */
const RANDOM = await readPrograms(
  ["7.3/fuzz-1", "6.1/fuzz-3"].map((name) => pathOf(`tests/kernels/${name}.jsonl.gz`)),
);
const FIELDS = await readPrograms([pathOf("tests/replay/fields.jsonl.gz")]);
const OLDER = await readPrograms(
  [pathOf("tests/kernels/7.3/fuzz-5.jsonl.gz")],
  kernelRules("5.10"),
);

const MACHINE: DrawOptions = {
  programs: PROGRAMS,
  memoryPages: 600,
  swapPages: 2_000,
  hugePages: "never",
  seed: 1,
  processes: 4,
  checkEvery: 1_000,
};

interface Golden {
  readonly what: string;
  readonly options: Partial<DrawOptions>;
  readonly events: number;
  readonly hash: string;
  /** Somebody must die for want of memory; nobody unless given. */
  readonly kills?: boolean;
}

const GOLDEN: readonly Golden[] = [
  { what: "seed 1", options: {}, events: 10_000, hash: "822f048d" },
  { what: "seed 2", options: { seed: 2 }, events: 3_000, hash: "1fc0380f" },
  {
    what: "seed 3 with locks",
    options: { seed: 3, locks: true },
    events: 10_000,
    hash: "a7153901",
  },
  { what: "slices of 1", options: { slice: 1 }, events: 3_000, hash: "e8bf43af" },
  { what: "slices of 5", options: { slice: 5, seed: 9 }, events: 3_000, hash: "66cb6e7b" },
  { what: "one process", options: { processes: 1 }, events: 6_000, hash: "cadd45e7" },
  {
    what: "twelve processes",
    options: { processes: 12, seed: 5 },
    events: 10_000,
    hash: "73b460dc",
  },
  {
    what: "memory and swap that are full",
    options: { memoryPages: 100, swapPages: 40, seed: 4 },
    events: 6_000,
    hash: "78ecc59b",
    kills: true,
  },
  {
    what: "huge pages",
    options: { hugePages: "always", memoryPages: 16_384, seed: 6 },
    events: 6_000,
    hash: "70bbcc83",
  },
  {
    what: "huge pages that fill memory",
    options: { hugePages: "always", memoryPages: 3_000, swapPages: 1_000, seed: 8 },
    events: 6_000,
    hash: "87705017",
  },
  {
    what: "random calls",
    options: { programs: RANDOM, memoryPages: 300, swapPages: 65_536, processes: 3 },
    events: 4_000,
    hash: "a7b26070",
  },
  {
    what: "random calls with locks",
    options: { programs: RANDOM, memoryPages: 16_384, seed: 5, processes: 3, locks: true },
    events: 4_000,
    hash: "20af56ce",
  },
  {
    what: "calls that populate more than fits",
    options: {
      ...{ programs: FIELDS, memoryPages: 60, swapPages: 150, seed: 11 },
      ...{ hugePages: "madvise" },
    },
    events: 6_000,
    hash: "be66b1f1",
    kills: true,
  },
  {
    what: "random calls where memory and swap are full",
    options: { programs: RANDOM, memoryPages: 60, swapPages: 30, seed: 12, locks: true },
    events: 5_000,
    hash: "464adfb4",
    kills: true,
  },
  {
    what: "huge pages and little swap",
    options: { hugePages: "always", memoryPages: 1_500, swapPages: 20, seed: 13, processes: 12 },
    events: 10_000,
    hash: "37d545ee",
  },
  {
    what: "random calls under older rules",
    options: { programs: OLDER, memoryPages: 2_000, swapPages: 9_000, mayPart: true },
    events: 3_000,
    hash: "af434fe1",
  },
];

for (const { what, options, events, hash, kills } of GOLDEN) {
  Deno.test(`load: the run of ${what} is what it was`, () => {
    const run = new LoadRun({ ...MACHINE, ...options });
    while (run.events < events) run.next();
    assertEquals(run.hash, hash);
    run.end();
    assertEquals([run.killed > 0, run.parted > 0], [kills ?? false, options.mayPart ?? false]);
  });
}
