/**
 * Findings are reduced to as few events with as few steps as will do: shown on a program one of whose calls was
 * recorded with a wrong answer, so that it takes just its steps up to there to find it.
 */

import { assert, assertEquals } from "@std/assert";
import { pathOf } from "../../src/command/paths.ts";
import { EventList, lifeNumber, type LoadEvent } from "../../src/load/event.ts";
import { programOf } from "../../src/load/lives.ts";
import { drawnEvents } from "../../src/load/run.ts";
import { shrinkLoad } from "../../src/load/shrink.ts";
import { compileTrace } from "../../src/replay/compiled.ts";
import { readTrace } from "../../src/trace/read.ts";
import { present } from "../present.ts";

const RECORDS = await Array.fromAsync(readTrace(pathOf("traces/cc1-hello.jsonl.gz")));

/** The program with an mseal of an empty range before one of its records; that it was refused is not true. */
async function wrongAfter(at: number) {
  const { pid } = present(RECORDS.find((record) => record.type === "exec"));
  const call = { pid, call: "mseal" } as const;
  const records = RECORDS.toSpliced(
    at,
    0,
    { type: "enter", ...call, args: [0x10000, 0, 0] },
    { type: "leave", ...call, result: 0, error: "EPERM", removed: [], added: [] },
  );
  const trace = await compileTrace(records);
  const program = programOf("wrong", trace);
  const steps = present(program.lives[1]).findIndex(({ step }) =>
    step.type === "call" && step.enter.call === "mseal"
  );
  return { program, steps: steps + 1 };
}

const EXEC = RECORDS.findIndex((record) => record.type === "exec");
const AT = RECORDS.findIndex((record, at) => at > EXEC + 20 && record.type === "enter");
const { program, steps } = await wrongAfter(AT);
const MACHINE = {
  programs: [program],
  memoryPages: 600,
  swapPages: 4_000,
  hugePages: "never",
  locks: true,
} as const;
const LIFE = lifeNumber(1, 1);

function listOf(events: readonly LoadEvent[]): EventList {
  const list = new EventList();
  for (const event of events) list.push(event);
  return list;
}

function start(run: number): LoadEvent {
  return { kind: "start", life: run, argument: 0 };
}

function step(argument: number, life = LIFE): LoadEvent {
  return { kind: "step", life, argument };
}

/** What must be left. */
const LEAST = [start(1), step(steps)];

Deno.test("shrinkLoad: of a drawn load the start of one run is left, and its steps as one event", () => {
  assert(steps > 5);
  const options = { ...MACHINE, seed: 3, processes: 4, events: 4_000, checkEvery: 100 };
  const { events, finding } = present(
    shrinkLoad(options, drawnEvents(options, new EventList())),
  );
  assertEquals(finding.message, "mseal answers 0x0, recorded was EPERM");
  const [begun, last, ...more] = events;
  assertEquals([begun?.kind, last?.kind, last?.argument, more], ["start", "step", steps, []]);
});

Deno.test("shrinkLoad: a list that finds nothing is not reduced", () => {
  assertEquals(shrinkLoad(MACHINE, listOf([start(1), step(steps - 1)])), undefined);
});

Deno.test("shrinkLoad: too many steps become as few as will do, however they are spread", () => {
  const other = start(2), others = step(2, lifeNumber(2, 1));
  const settle: LoadEvent = { kind: "settle", life: 0, argument: 0 };
  const lists: readonly (readonly LoadEvent[])[] = [
    [start(1), step(steps + 3)],
    [start(1), ...new Array<LoadEvent>(steps).fill(step(1))],
    [start(1), step(steps - 2), other, others, step(4)],
    [other, start(1), others, step(2), settle, step(steps - 2), others],
  ];
  for (const list of lists) {
    const { events, finding } = present(shrinkLoad(MACHINE, listOf(list)));
    assertEquals(events, LEAST);
    assertEquals(finding.rule, "mseal answers N, recorded was EPERM");
  }
});

Deno.test("shrinkLoad: a starved call and one beside a touch become plain steps", () => {
  for (const kind of ["starve", "beside"] as const) {
    const last: LoadEvent = { kind, life: LIFE, argument: kind === "starve" ? 3 : 0 };
    const { events } = present(
      shrinkLoad(MACHINE, listOf([start(1), step(steps - 1), last, step(1)])),
    );
    assertEquals(events, LEAST);
  }
});
