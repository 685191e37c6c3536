/** How a run stands, when the whole machine is checked, and what its hash is of. */

import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { pathOf } from "../../src/command/paths.ts";
import { EVENT_KINDS, lifeNumber, type LoadEvent } from "../../src/load/event.ts";
import { LoadFinding } from "../../src/load/finding.ts";
import { Load } from "../../src/load/load.ts";
import { MmInvariantError } from "../../src/mm/error.ts";
import { InvariantError } from "../../src/tree/errors.ts";
import { readPrograms } from "../../src/load/programs.ts";
import { type DrawOptions, LoadRun, replayEvents, runLoad } from "../../src/load/run.ts";
import { AddressSpace } from "../../src/mm/address_space.ts";
import { countCalls } from "./count_calls.ts";

const PROGRAMS = await readPrograms([pathOf("traces/cc1-hello.jsonl.gz")]);

const OPTIONS: DrawOptions = {
  programs: PROGRAMS,
  memoryPages: 2_000,
  swapPages: 1_000,
  hugePages: "never",
  seed: 3,
  processes: 3,
  checkEvery: 10,
};

/** How often whole address spaces are validated meanwhile. */
function validations(act: () => void): number {
  return countCalls(AddressSpace.prototype, "validate", act);
}

Deno.test("LoadRun: the whole machine is checked after so many events, and at the end", () => {
  const run = new LoadRun({ ...OPTIONS, processes: 1 });
  const checked: number[] = [];
  for (let event = 1; event <= 30; event++) {
    if (validations(() => run.next()) > 0) checked.push(event);
  }
  assertEquals(checked, [10, 20, 30]);
  assert(validations(() => run.end()) > 0);
});

Deno.test("LoadRun: how it stands: events, runs begun, pages, and VMAs in ascending order", () => {
  const run = new LoadRun(OPTIONS);
  assertEquals(run.status, { events: 0, pagesInMemory: 0, pagesInSwap: 0, mapCounts: [] });
  let starts = 0;
  const seen = new Set<boolean>();
  for (let event = 1; event <= 400; event++) {
    run.next(({ kind }) => starts += Number(kind === "start"));
    const { events, mapCounts } = run.status;
    assertEquals([events, run.events, run.started], [event, event, starts]);
    assertEquals(mapCounts, mapCounts.toSorted((a, b) => a - b));
    seen.add(new Set(mapCounts).size > 1);
  }
  assert(seen.has(true) && run.status.pagesInMemory > 0);
  assertEquals([run.killed, run.parted], [0, 0]);
});

Deno.test("LoadRun: the hash is eight digits, and each event changes it", () => {
  const run = new LoadRun(OPTIONS);
  const hashes = [run.hash];
  for (let event = 0; event < 200; event++) {
    run.next();
    hashes.push(run.hash);
  }
  assertEquals(hashes[0], "811c9dc5"); // where FNV-1a begins
  assert(hashes.every((hash) => /^[0-9a-f]{8}$/.test(hash)));
  assertEquals(new Set(hashes).size, hashes.length);
  assertNotEquals(new LoadRun({ ...OPTIONS, seed: 4 }).hash, run.hash);
});

/** FNV-1a of 32-bit words, by whole numbers of any size; a number is its lower word and its upper one. */
function fnv(hash: bigint, number: number): bigint {
  for (const word of [number % 2 ** 32, Math.floor(number / 2 ** 32)]) {
    hash = ((hash ^ BigInt(word)) * 0x01000193n) % 2n ** 32n;
  }
  return hash;
}

Deno.test("LoadRun: the hash is FNV-1a of each event's kind and whether it did something, life, argument", () => {
  const run = new LoadRun(OPTIONS);
  const load = new Load(OPTIONS);
  let expected = 0x811c9dc5n;
  const did = new Set<boolean>();
  for (let event = 0; event < 500; event++) {
    run.next((drawn) => {
      const happened = load.apply(drawn);
      did.add(happened);
      const kind = EVENT_KINDS.indexOf(drawn.kind) * 2 + Number(happened);
      for (const number of [kind, drawn.life, drawn.argument]) expected = fnv(expected, number);
    });
    assertEquals(run.hash, expected.toString(16).padStart(8, "0"));
  }
  assertEquals(did.size, 2);
});

Deno.test("runLoad: ends after so many events, or when it is told to", async () => {
  const told: number[] = [];
  const report = await runLoad({
    ...OPTIONS,
    checkEvery: 100_000,
    events: 25_000,
    onSlice: (status) => {
      told.push(status.events);
      return Promise.resolve(status.events >= 20_000);
    },
  });
  assertEquals([told, report.events, report.finding], [[10_000, 20_000], 20_000, undefined]);
  const whole = await runLoad({ ...OPTIONS, events: 300 });
  assertEquals([whole.events, whole.finding], [300, undefined]);
  assert(whole.started > 0);
});

Deno.test("replayEvents: a short list is checked after each event, a long one 200 times, and at the end", () => {
  const start: LoadEvent = { kind: "start", life: 1, argument: 0 };
  const settle: LoadEvent = { kind: "settle", life: 0, argument: 0 };
  const step: LoadEvent = { kind: "step", life: lifeNumber(1, 1), argument: 1 };
  const checks = (events: readonly LoadEvent[]) =>
    validations(() => assertEquals(replayEvents(OPTIONS, events).finding, undefined));
  assertEquals([checks([start]), checks([start, settle, step])], [2, 4]);
  const long = [start, ...new Array<LoadEvent>(799).fill(settle)];
  assertEquals(checks(long), 201);
});

/** Runs with one method of loads replaced. */
async function replaced<Name extends "apply" | "end">(
  name: Name,
  by: Load[Name],
  act: () => Promise<void> | void,
): Promise<void> {
  const before = Load.prototype[name];
  Load.prototype[name] = by;
  try {
    await act();
  } finally {
    Load.prototype[name] = before;
  }
}

Deno.test("runLoad, replayEvents: what is left at the end is a finding", async () => {
  const start: LoadEvent = { kind: "start", life: 1, argument: 0 };
  const step: LoadEvent = { kind: "step", life: lifeNumber(1, 1), argument: 30 };
  await replaced("end", () => {}, async () => {
    const { finding } = await runLoad({ ...OPTIONS, events: 300 });
    assertMatch(finding?.message ?? "", /^nothing runs any more, but \d+ .* are left$/);
    const replayed = replayEvents(OPTIONS, [start, step]).finding;
    assertMatch(replayed?.rule ?? "", /^nothing runs any more, but N .* are left$/);
  });
});

Deno.test("runLoad: broken rules are findings by their rule, any other error is a fault of the load", async () => {
  const thrown = (error: Error) =>
    replaced("apply", () => {
      throw error;
    }, async () => {
      const { finding, events } = await runLoad({ ...OPTIONS, events: 300 });
      assertEquals([events, finding?.rule, finding?.message], [1, "rule N", error.message]);
    });
  await thrown(new MmInvariantError("rule 7"));
  await thrown(new InvariantError(7, -1, "rule 7"));
  await thrown(new LoadFinding("rule 7"));
  await assertRejects(() => thrown(new TypeError("rule 7")), TypeError, "rule 7");
});

Deno.test("LoadRun: slices are as long as asked for, 32 events unless given", () => {
  const hashOf = (slice?: number) => {
    const run = new LoadRun({ ...OPTIONS, ...(slice !== undefined && { slice }) });
    for (let event = 0; event < 300; event++) run.next();
    return run.hash;
  };
  assertEquals(hashOf(), hashOf(32));
  assertNotEquals(hashOf(), hashOf(1));
});
