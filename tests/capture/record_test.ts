/**
 * The recorder in this very process: what it records of random programs replays to the end, and again as what a second
 * recording of the same program shows.
 *
 * @module
 */

import { needing } from "../needing.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { record } from "../../src/capture/record.ts";
import { RecordError } from "../../src/capture/launch.ts";
import { probedOptions } from "../../src/probe/recorded_rules.ts";
import { replay } from "../../src/replay/replay.ts";
import type { TraceRecord } from "../../src/trace/format.ts";
import { SequenceCheck } from "../../src/trace/sequence_check.ts";
import { withFuzzProgram } from "../../src/verify/fuzz_program.ts";
import { impossible } from "./capturing.ts";

/** A recording of a random program, checked for what may stand where. */
async function recorded(seed: number, steps: number): Promise<TraceRecord[]> {
  return await withFuzzProgram({ seed, steps }, async (program) => {
    const check = new SequenceCheck();
    const records: TraceRecord[] = [];
    for await (const each of record([program], await probedOptions())) {
      check.accept(each);
      records.push(each);
    }
    return records;
  });
}

/** By these means the recorder looks at a process; `checked` compares each look with the whole of smaps. */
const MEANS = ["checked", "checked text", "query", "text", "smaps"];

for (const [i, means] of MEANS.entries()) {
  for (const seed of [3 + i, 13 + i]) {
    Deno.test({
      ...needing(
        `record, ${means}: a random program, seed ${seed}, replays as the kernel answered, step by step`,
        impossible,
      ),
      fn: async () => {
        Deno.env.set("MAPLE_RECORDER", means);
        try {
          const records = await recorded(seed, 120);
          const report = await replay(records);
          assertEquals(report.divergence?.what, undefined, report.divergence?.call);
          assertEquals([report.matched, report.interrupted], [report.steps, false]);
          assert(report.steps > 100);
          const calls = new Set(
            records.flatMap((each) => each.type === "leave" ? [each.call] : []),
          );
          assert(calls.size > 10, [...calls].join(" "));
          assertEquals(records.at(-1), { type: "end", reason: "finished" });
        } finally {
          Deno.env.delete("MAPLE_RECORDER");
        }
      },
    });
  }
}

Deno.test({
  ...needing(
    "record: a command that is not there is an error, and nothing is recorded",
    impossible,
  ),
  fn: async () => {
    await assertRejects(
      () => Array.fromAsync(record(["/no/such/program"])),
      RecordError,
      "no such",
    );
  },
});

Deno.test({
  ...needing(
    "record: a recording that is ended early ends with a record that says so, and so does its command",
    impossible,
  ),
  fn: async () => {
    const ending = new AbortController();
    const records: TraceRecord[] = [];
    const command = ["/bin/sh", "-c", "while :; do :; done"];
    for await (const each of record(command, { signal: ending.signal })) {
      records.push(each);
      if (each.type === "leave") ending.abort();
    }
    assertEquals(records.at(-1), { type: "end", reason: "interrupted" });
    assertEquals((await replay(records)).interrupted, true);
  },
});
