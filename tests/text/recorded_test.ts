/**
 * Real runs of strace: what is imported is a trace in order, holds every call, and the model answers as the kernel did.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { importText } from "../../src/text/import.ts";
import { replay } from "../../src/replay/replay.ts";
import { SequenceCheck } from "../../src/trace/sequence_check.ts";

const TEXTS = ["gcc-file", "make-stderr", "threads"];

function sample(name: string): string {
  return Deno.readTextFileSync(new URL(`own/${name}.txt`, import.meta.url));
}

/** How often a call returns in a text, by a count that knows nothing of processes. */
function returnsOf(text: string, call: string): number {
  const whole = new RegExp(`(^| )${call}\\(.*\\) += `), resumed = `<... ${call} resumed>`;
  return text.split("\n").filter((line) => whole.test(line) || line.includes(resumed)).length;
}

for (const name of TEXTS) {
  Deno.test(`importText: of ${name}.txt every memory call is imported, in an order that holds`, () => {
    const text = sample(name);
    const { records } = importText(text);
    const order = new SequenceCheck();
    for (const record of records) order.accept(record);
    assert(order.ended);
    for (const call of ["mmap", "munmap", "mprotect", "brk"]) {
      const leaves = records.filter((record) => record.type === "leave" && record.call === call);
      assertEquals(leaves.length, returnsOf(text, call), call);
    }
    const exits = text.split("\n").filter((line) => line.endsWith(" +++")).length;
    assertEquals(records.filter((record) => record.type === "exit").length, exits);
  });

  Deno.test(`importText: of ${name}.txt the model answers as the kernel wherever it can be known`, () => {
    const { answers, differing, passedOver } = importText(sample(name));
    assertEquals(differing, []);
    assertEquals(passedOver, []);
    assert(answers.equal > 0.7 * answers.asked, `${answers.equal} of ${answers.asked}`);
  });

  Deno.test(`replay: of ${name}.txt it counts VMAs and says equal only of what was compared`, async () => {
    const { records, answers, mapCount } = importText(sample(name));
    const report = await replay(records, { validate: "full" });
    assertEquals(report.answers, answers);
    assertEquals(report.matched, answers.equal);
    assertEquals(report.mapCount.max, mapCount.max);
    assertEquals(report.divergence, undefined);
  });
}

Deno.test("importText: gcc's children are made with vfork and become cc1 and as", () => {
  const { records, processes, threads } = importText(sample("gcc-file"));
  const forks = records.filter((record) => record.type === "fork");
  assertEquals(forks.map((fork) => fork.sharesMemory), [true, true]);
  const execs = records.filter((record) => record.type === "exec");
  assertEquals(execs.map((exec) => exec.program), ["gcc", "cc1", "as"]);
  assertEquals([processes, threads], [3, 0]);
});

Deno.test("importText: without numbers the first process is the one that nobody made", () => {
  const { records } = importText(sample("make-stderr"));
  const root = records.find((record) => record.type === "exec");
  const children = records.filter((record) => record.type === "fork");
  assertEquals(children.map((fork) => fork.pid), [root?.pid, root?.pid]);
  assertEquals(children.map((fork) => fork.sharesMemory), [false, false]);
});

Deno.test("importText: threads share their process's memory and its VMAs are counted once", () => {
  const { records, threads, processes } = importText(sample("threads"));
  const forks = records.filter((record) => record.type === "fork");
  assertEquals(forks.map((fork) => fork.sharesMemory), [true, true]);
  assertEquals([processes, threads], [1, 2]);
});

Deno.test("importText: a mapped file is known by its base name, anonymous memory has none", () => {
  const { records } = importText(sample("gcc-file"));
  const mapped = records.filter((record) => record.type === "enter")
    .filter((enter) => enter.call === "mmap");
  for (const enter of mapped) {
    assertEquals(enter.file === undefined, enter.args[4] === -1);
    assertEquals(enter.file?.name.includes("/") ?? false, false);
  }
});

Deno.test("replay: an answer that the text contradicts is a divergence, and the rest is replayed", async () => {
  const text = sample("gcc-file").replace(
    /(mmap\(0x[0-9a-f]+, \d+, 0x1, 0x812, .*\) = 0x)7f/,
    "$17e",
  );
  const { answers, records } = importText(text);
  assertEquals(answers.different, 1);
  const report = await replay(records);
  assertEquals(report.answers?.different, 1);
  assert(report.divergence?.what.includes("the model"));
  assertEquals(report.matched, answers.equal);
});
