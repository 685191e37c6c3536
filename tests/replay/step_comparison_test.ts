/** Comparing a large layout costs what a step changed, and misses nothing for long. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Replay } from "../../src/replay/replay.ts";
import { VM_WRITE } from "../../src/mm/vm_flags.ts";
import type { TraceRecord } from "../../src/trace/format.ts";
import { longTrace } from "./long_trace.ts";

const VMAS = 600;
const recordsOf = (steps: number, vmas: number) => Array.fromAsync(longTrace(steps, vmas));

/** Where the VMAs lie that no step of the trace names. */
const BESIDE = 0x11_0000_0000;

/** Replays; once that many steps are done, the model forgets that one of the VMAs beside may be written. */
function replayWithFault(records: readonly TraceRecord[], at: number): Replay {
  const replay = new Replay({ keepGoing: true });
  const pid = records.find((record) => record.type === "exec")!.pid;
  for (const record of records) {
    const { steps } = replay;
    replay.take(record);
    if (steps === at || replay.steps !== at) continue;
    replay.space(pid)!.descriptor.tree.findVma(BESIDE)!.flags &= ~VM_WRITE;
  }
  return replay;
}

Deno.test("StepComparison: a difference where no step looks is found before as many steps as VMAs have gone by", async () => {
  const records = await recordsOf(3 * VMAS + 1000, VMAS);
  const replay = replayWithFault(records, VMAS + 500);
  const { divergence } = replay;
  if (divergence === undefined) throw new Error("it was not found");
  assertMatch(divergence.what, /the permissions differ \(in one of the last \d+ steps\)/);
  const later = divergence.step - (VMAS + 500);
  assert(later > 0 && later <= VMAS + 150, `${later} steps later`);
});

Deno.test("StepComparison: what is left to compare at the end of the trace is compared then", async () => {
  const records = await recordsOf(VMAS + 520, VMAS);
  const end = records.filter((record) => record.type !== "exit");
  const replay = replayWithFault(end, VMAS + 515);
  assertMatch(replay.divergence?.what ?? "", /in one of the last/);
});

Deno.test("StepComparison: a process is compared as a whole before it ends", async () => {
  const records = await recordsOf(VMAS + 520, VMAS);
  const replay = replayWithFault(records, VMAS + 515);
  assertMatch(replay.divergence?.what ?? "", /in one of the last/);
});

Deno.test("StepComparison: what the record shows otherwise is found at its step", async () => {
  const records = await recordsOf(VMAS + 600, VMAS);
  const at = records.findLastIndex((record) =>
    record.type === "leave" && record.call === "mprotect"
  );
  const record = records[at]!;
  if (record.type !== "leave") throw new Error("there is no such call");
  const added = record.added.map((line) => ({ ...line, permissions: "r-xp" }));
  const replay = new Replay();
  for (const each of records.with(at, { ...record, added })) replay.take(each);
  const { steps } = replay.report();
  const after =
    records.slice(at + 1).filter(({ type }) => type !== "enter" && type !== "end").length;
  assertEquals(replay.divergence?.step, steps - after);
  assertEquals(replay.divergence?.what, "the permissions differ");
});

Deno.test("StepComparison: steps take the same time at 4,000 VMAs as at 500", async () => {
  const STEPS = 3000;
  const lists = await Promise.all([500, 4000].map((vmas) => recordsOf(vmas + STEPS, vmas)));
  const time = (records: readonly TraceRecord[]) => {
    const replay = new Replay();
    const begin = records.length - 2 * STEPS;
    for (const record of records.slice(0, begin)) replay.take(record);
    const startMs = performance.now();
    for (const record of records.slice(begin)) replay.take(record);
    const ms = performance.now() - startMs;
    const { matched, steps } = replay.report();
    assertEquals(matched, steps);
    return ms;
  };
  const best = [Infinity, Infinity];
  for (let round = 0; round < 4; round++) {
    lists.forEach((records, i) => best[i] = Math.min(best[i]!, time(records)));
  }
  // Comparing all VMAs at every step would take eight times as long.
  assert(best[1]! < 4 * best[0]!, `at 500 VMAs ${best[0]} ms, at 4000 ${best[1]} ms`);
});
