/** What the recorder finds by asking for little is what the whole of smaps says. */

import { needing } from "../needing.ts";
import { assertEquals, assertGreater } from "@std/assert";
import type { TraceRecord } from "../../src/trace/format.ts";
import { readTrace } from "../../src/trace/read.ts";
import { CallTable } from "../../src/verify/call_table.ts";
import { executable } from "../../src/verify/executable.ts";
import { runVerify } from "../verify/verifying.ts";
import { impossible } from "./capturing.ts";

/** With `checked` the recorder ends with an error at the first look that differs from smaps. */
const MEANS = ["checked", "checked text"];
const PAGE = 4096, ARENA = 0x10_0000_0000;

/** The commands of a kind that exist on most machines; what is missing here is not run. */
const COMMANDS: readonly (readonly [name: string, ...command: string[]])[] = [
  ["a shell with children", "sh", "-c", "(true); ls / | cat >/dev/null; (exit 3)"],
  ["a runtime with threads", Deno.execPath(), "eval", "await Promise.all([1, 2])"],
  ["an interpreter", "python3", "-c", "import json; json.dumps(list(range(20000)))"],
  ["a compiler", "gcc", "-E", "-x", "c", "/dev/null"],
];

async function isInstalled(program: string): Promise<boolean> {
  const found = await new Deno.Command("sh", { args: ["-c", `command -v ${program}`] }).output();
  return found.success;
}

for (const means of MEANS) {
  for (const [name, ...command] of means === "checked" ? COMMANDS : COMMANDS.slice(0, 1)) {
    Deno.test({
      ...needing(
        `capture, ${means}: every look at ${name} says what smaps says`,
        impossible || !await isInstalled(command[0]!) && `there is no ${command[0]}`,
      ),
      fn: async () => {
        const { status, stdout, stderr } = await runVerify(["--", ...command], undefined, {
          MAPLE_RECORDER: means,
        });
        assertEquals(stderr, "");
        assertEquals(status, 0, stdout);
      },
    });
  }
  for (const seed of [3, 10, 14]) {
    Deno.test({
      ...needing(
        `capture, ${means}: every look at random calls says what smaps says, seed ${seed}`,
        impossible,
      ),
      fn: async () => {
        const args = ["--fuzz", `${seed}`, "--steps", "600"];
        const { status, stdout, stderr } = await runVerify(args, undefined, {
          MAPLE_RECORDER: means,
        });
        assertEquals(stderr, "");
        assertEquals(status, 0, stdout);
      },
    });
  }
}

/** Many VMAs, then calls that map, write, cut, grow, move and lock among them, and a child that goes on. */
function program(): Uint8Array {
  const table = new CallTable(Deno.build.arch);
  table.add("mmap", ARENA, 200 * PAGE, 3, 0x32, -1, 0);
  for (let page = 1; page < 200; page += 2) table.add("mprotect", ARENA + page * PAGE, PAGE, 1);
  const child = table.add("clone", 17, 0, 0, 0, 0);
  for (let round = 0; round < 30; round++) {
    const at = ARENA + (300 + 8 * round) * PAGE;
    table.write(table.add("mmap", at, 6 * PAGE, 3, 0x32, -1, 0), at + PAGE);
    table.add("mprotect", at + PAGE, PAGE, round % 2 === 0 ? 1 : 7);
    table.write(table.add("dup", 999), ARENA + 2 * round * PAGE);
    table.add("mremap", at + 4 * PAGE, PAGE, PAGE, 3, ARENA + (900 + 3 * round) * PAGE);
    table.add("munmap", at + 2 * PAGE, PAGE);
    table.add("mlock", at, 2 * PAGE);
    table.add("madvise", at, PAGE, [9, 11, 14, 15, 16][round % 5]!);
    if (round === 20) table.add("mlockall", 2);
  }
  table.add("exit_group", 0);
  table.skipFrom(child);
  for (let page = 0; page < 100; page++) table.add("munmap", ARENA + 2 * page * PAGE, PAGE);
  table.add("wait4", -1, 0, 0, 0);
  table.add("exit_group", 0);
  return executable(Deno.build.arch, table.calls);
}

/**
 * Records of a program that is not randomized and has no environment, as that moves its stack, with the numbers of
 * processes in the order in which they appear.
 */
async function recorded(path: string, means: string): Promise<TraceRecord[]> {
  let text = "";
  const args = ["--keep", "t.jsonl.gz", "--", "setarch", "-R", "env", "-i", path];
  const { status, stdout } = await runVerify(args, async (directory) => {
    const pids: number[] = [];
    const all = await Array.fromAsync(readTrace(`${directory}/t.jsonl.gz`));
    const records = all.slice(all.findLastIndex(({ type }) => type === "exec")); // the program's own
    for (const record of records) if ("pid" in record) pids.push(record.pid);
    const order = new Map([...new Set(pids)].map((pid, i) => [pid, i]));
    text = JSON.stringify(
      records,
      (key, value) => ["pid", "child", "result"].includes(key) ? order.get(value) ?? value : value,
    );
  }, { MAPLE_RECORDER: means });
  assertEquals(status, 0, stdout);
  const parsed: TraceRecord[] = JSON.parse(text);
  return parsed;
}

/** The records of each process by itself: how two processes interleave is chance. */
function byProcess(records: readonly TraceRecord[]): Map<number, TraceRecord[]> {
  return Map.groupBy(
    records.filter((record) => "pid" in record),
    (record) => "pid" in record ? record.pid : -1,
  );
}

Deno.test({
  ...needing(
    "capture: a program recorded by all of smaps, by maps and by single questions gives one trace",
    impossible || !await isInstalled("setarch") && "there is no setarch",
  ),
  fn: async () => {
    const directory = await Deno.makeTempDir();
    try {
      const path = `${directory}/program`;
      await Deno.writeFile(path, program(), { mode: 0o700 });
      const whole = byProcess(await recorded(path, "smaps"));
      assertGreater(whole.get(1)?.length ?? 0, 200);
      for (const means of ["query", "text"]) {
        const quick = byProcess(await recorded(path, means));
        assertEquals([...quick.keys()], [...whole.keys()]);
        for (const [pid, records] of whole) {
          records.forEach((record, i) =>
            assertEquals(quick.get(pid)?.[i], record, `${means}, ${i}`)
          );
          assertEquals(quick.get(pid)?.length, records.length);
        }
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});
