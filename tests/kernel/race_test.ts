/**
 * The kernel's tree as a library: the same answers as the benches' reference. Skipped where it cannot be built.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { NATIVE_NAME, nativePeer } from "../../bench/peers/native.ts";
import { reference } from "../../bench/reference.ts";
import { build } from "../../src/kernel/build.ts";
import { race } from "../../src/kernel/race/race.ts";
import { NativeLibrary } from "../../src/kernel/race/native.ts";
import { RACE_WORKLOADS, raceWorkload } from "../../src/kernel/race/workloads.ts";
import { missing, newestSource } from "./planting.ts";

const why = await missing();
const skipped = why === undefined ? "" : ` (skipped: ${why})`;

Deno.test({
  name: `kernel race: the library answers every list as the reference does${skipped}`,
  ignore: why !== undefined,
  fn: async () => {
    const { program } = await build(await newestSource(), "library");
    const library = new NativeLibrary(program);
    for (const name of RACE_WORKLOADS.filter((it) => !it.endsWith("/65000"))) {
      const { operations, filling } = await raceWorkload(name);
      const tree = library.create();
      const known = reference.create();
      const count = Math.min(operations.length, 2_000);
      assertEquals(
        tree.execute(filling, 0, filling.length),
        reference.execute(known, filling, 0, filling.length),
        name,
      );
      assertEquals(
        tree.execute(operations, 0, count),
        reference.execute(known, operations, 0, count),
        name,
      );
      tree.free();
    }
  },
});

Deno.test({
  name: `kernel race: a tree against itself answers alike and is judged${skipped}`,
  ignore: why !== undefined,
  fn: async () => {
    const built = await build(await newestSource(), "library");
    const settings = { processes: 4, mostProcesses: 4, warmUp: 2, rounds: 6, batchMs: 0.2 };
    const { comparison, maple } = await race({
      base: built,
      head: built,
      names: ["cc1-2022", "load/60"],
      settings,
    });
    assertEquals(comparison.workloads.map(({ name }) => name), ["cc1-2022", "load/60"]);
    for (const { answersPart, logRatios, processes } of comparison.workloads) {
      assertEquals(answersPart, undefined);
      assertEquals([logRatios.length, processes], [4, 4]);
    }
    assertEquals([...maple.keys()], ["cc1-2022", "load/60"]);
  },
});

Deno.test("nativePeer: there is none where no library is named", () => {
  assertEquals(nativePeer([]), undefined);
  assertEquals(NATIVE_NAME, "linux maple_tree.c");
});
