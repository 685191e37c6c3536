/**
 * Findings are reduced to the few events that matter: shown on builds with a planted fault.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { TemporaryFolder } from "../../src/command/files.ts";
import { CANARIES } from "../../src/faults/catalogue.ts";
import { load, plant } from "../canaries/build.ts";
import { present } from "../present.ts";
import { recordsOf } from "../replay/traces.ts";

const RECORDS = {
  "cc1-2022": await recordsOf("cc1-2022"),
  "cc1-large": await recordsOf("cc1-large"),
};

/** Runs a build's load until it finds something, and reduces that. */
async function shrunk(name: string) {
  using folder = TemporaryFolder.create("maple-test-");
  const canary = CANARIES.find((candidate) => candidate.name === name)!;
  const root = await plant(folder.path, canary.patches);
  const build = await load(root);
  const run: typeof import("../../src/load/run.ts") = await import(
    new URL("src/load/run.ts", root).href
  );
  const event: typeof import("../../src/load/event.ts") = await import(
    new URL("src/load/event.ts", root).href
  );
  const programs = [];
  for (const [program, records] of Object.entries(RECORDS)) {
    programs.push(build.loadLives.programOf(program, await build.compiled.compileTrace(records)));
  }
  const machine = {
    programs,
    memoryPages: 600,
    swapPages: 4_000,
    hugePages: "never",
    locks: true,
  } as const;
  const options = { ...machine, seed: 1, processes: 8, events: 20_000, checkEvery: 100 };
  const report = await run.runLoad(options);
  assert(report.finding !== undefined, `${name}: nothing was found`);
  const drawn = { ...options, events: report.events };
  const events = run.drawnEvents(drawn, new event.EventList());
  const found = present(build.loadShrink.shrinkLoad(options, events));
  // What is left finds the same, and none of it is too much.
  assertEquals(run.replayEvents(options, found.events).finding, found.finding);
  for (const at of found.events.keys()) {
    const fewer = found.events.toSpliced(at, 1);
    assert(
      run.replayEvents(options, fewer).finding?.rule !== found.finding.rule,
      `${name}: event ${at}`,
    );
  }
  return found;
}

for (
  const name of [
    "page unlocked under migration",
    "anon_vma locked before the file",
    "swap slot freed twice",
    "undo under load drops an anon_vma",
    "fault under the lock of a VMA that is gone",
  ]
) {
  Deno.test(`shrinkLoad: ${name} is left with at most 12 events, none too much`, async () => {
    const { events } = await shrunk(name);
    assert(events.length <= 12, `${events.length} events`);
  });
}
