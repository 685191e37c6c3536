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
import { type DrawOptions, LoadRun } from "../../src/load/run.ts";

const PROGRAMS = await readPrograms(
  ["cc1-hello", "gcc-make"].map((name) => pathOf(`traces/${name}.jsonl.gz`)),
);

const MACHINE: DrawOptions = {
  programs: PROGRAMS,
  memoryPages: 600,
  swapPages: 2_000,
  hugePages: "never",
  seed: 1,
  processes: 4,
  checkEvery: Infinity,
};

interface Golden {
  readonly what: string;
  readonly options: Partial<DrawOptions>;
  readonly events: number;
  readonly hash: string;
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
];

for (const { what, options, events, hash } of GOLDEN) {
  Deno.test(`load: the run of ${what} is what it was`, () => {
    const run = new LoadRun({ ...MACHINE, ...options });
    while (run.events < events) run.next();
    assertEquals(run.hash, hash);
  });
}
