/** `deno task race --sizes` and `--counts`: one kind of operation at a time, beside the kernel's tree. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { countsTable, readCounts } from "../../bench/race/counts.ts";
import { KERNEL, MAPLE, peer } from "../../bench/race/racers.ts";
import { raceSizes, sizedList, SIZES, sizesTable } from "../../bench/race/sizes.ts";
import { Unable } from "../../src/command/command.ts";

Deno.test("race --sizes: iterate, gap search and build at 60, 1,000 and 65,000 ranges", () => {
  const expected = [60, 1_000, 65_000].flatMap((size) =>
    ["build", "gap", "iterate"].map((kind) => `${kind}/${size}`)
  );
  assertEquals([...SIZES].sort(), expected.sort());
});

Deno.test("race --sizes: a unit of iterate is a range, and a build has a new map each time", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const iterate = await sizedList("iterate/60", folder);
    assertEquals(iterate.units, iterate.operations * 60);
    assertEquals(iterate.args.includes("--fresh"), false);
    const build = await sizedList("build/60", folder);
    assertEquals([build.units, build.operations], [60, 60]);
    assertEquals(build.args[0], "--fresh");
    await assertRejects(() => sizedList("build/61", folder), Unable, "There is no list build/61");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

// A map that is not new would answer a second build otherwise: two racers with different numbers of passes agree.
Deno.test("race --sizes: the answers do not depend on the number of passes, and the first pass is the slowest", async () => {
  const racers = [peer(MAPLE), { ...peer(MAPLE, 0.5), name: KERNEL }];
  const [result] = await raceSizes(racers, ["build/60"], 1, () => {});
  const [one, two] = result!.results;
  assertEquals(one!.hash, two!.hash);
  assert(one!.least > 0 && one!.first > one!.least);
  const table = sizesTable([result!]);
  assertEquals(table.split("\n").length, 3);
  assertStringIncludes(table, (one!.least / two!.least).toFixed(2));
});

const CACHEGRIND = `
==7== I refs:        1,234,567
==7== I1  misses:          200
==7== D refs:          500,000  (400,000 rd   + 100,000 wr)
==7== D1  misses:        7,000  (  6,000 rd   +   1,000 wr)
==7== LLd misses:          700  (    600 rd   +     100 wr)
==7== Branches:        250,000  (240,000 cond +  10,000 ind)
==7== Mispredicts:      12,000  ( 11,000 cond +   1,000 ind)
`;

Deno.test("race --counts: what cachegrind prints is read, and what it does not print is not made up", () => {
  const counts = readCounts(CACHEGRIND);
  assertEquals(counts, {
    instructions: 1_234_567,
    reads: 400_000,
    writes: 100_000,
    branches: 250_000,
    mispredicted: 12_000,
    missed: 7_000,
  });
  assertEquals(readCounts(CACHEGRIND.replace(/.*Branches.*\n/, "")), undefined);
  const table = countsTable([{ name: "gap/60", counts: new Map([[MAPLE, counts!]]) }]);
  assertStringIncludes(table, "1234567 · –");
});
