/**
 * Every command under bad luck and impatience: a signal at a random moment, a full disk. More rounds, and other
 * moments:
 *
 * ```sh
 * deno test -P tests/command/hostile_test.ts -- --rounds=20 --seed=7
 * ```
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import { TemporaryFolder } from "../../src/command/files.ts";
import { Random } from "../random.ts";
import {
  assertNothingRuns,
  leftBehind,
  NO_FOLDER,
  OTHER_TASKS,
  signalTo,
  start,
  SUBJECTS,
} from "./subjects.ts";
import configuration from "../../deno.json" with { type: "json" };

const canTrace = Deno.build.os === "linux";

const options = parseArgs(Deno.args, { string: ["rounds", "seed"] });
const rounds = Number(options.rounds ?? 1);
const seed = Number(options.seed ?? 0x2022);

const STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

for (const subject of SUBJECTS) {
  const ignore = subject.traces === true && !canTrace;
  Deno.test({
    name:
      `${subject.name}: a signal at any moment ends it with its status, and nothing is left behind`,
    ignore,
    fn: async () => {
      for (let round = 0; round < rounds; round++) {
        using folder = TemporaryFolder.create("maple-hostile-");
        const random = new Random(seed + round + subject.name.length);
        const child = start(subject, { folder: folder.path });
        const signal = random.pick(SIGNALS);
        await new Promise((next) => setTimeout(next, 300 + random.below(2_500)));
        signalTo(child, signal);
        if (random.oneIn(2)) signalTo(child, signal); // as `deno task` does with Ctrl-C
        const { code, signal: killedBy, stderr } = await child.output();
        const said = new TextDecoder().decode(stderr);
        const what = `${subject.name}, ${signal}, seed ${seed + round}: ${said}`;
        // Before a command listens, the signal ends Deno itself.
        const expected = [0, 1, STATUS[signal], ...(subject.mayLack ? [2] : [])];
        assert(expected.includes(code) || killedBy === signal, `status ${code}, ${what}`);
        assert(!/^\s+at /m.test(said), what);
        await assertNothingRuns(folder.path, what);
        if (killedBy === null) assertEquals(leftBehind(subject, folder.path), [], what);
      }
    },
  });
}

Deno.test("every command of deno.json is among those that are tried", () => {
  const tried = [...SUBJECTS.map(({ name }) => name), ...OTHER_TASKS];
  assertEquals(tried.sort(), Object.keys(configuration.tasks).sort());
});

Deno.test("every command: output that cannot be written is one sentence and status 2", async () => {
  for (const { name, module } of SUBJECTS) {
    using folder = TemporaryFolder.create("maple-hostile-");
    const child = start({ name, module, args: ["--help"] }, {
      folder: folder.path,
      stdout: "/dev/full",
    });
    const { code, stderr } = await child.output();
    assertEquals([name, code], [name, 2]);
    assertMatch(
      new TextDecoder().decode(stderr),
      new RegExp(`^${name}: Cannot go on: [^\\n]+\\n$`),
    );
  }
});

Deno.test("every command that needs a temporary folder: none to be had is one sentence and status 2", async () => {
  for (const subject of SUBJECTS) {
    if (!["canaries", "mutate", "compare", "probe"].includes(subject.name)) continue;
    const child = start(subject, { folder: NO_FOLDER });
    const { code, stderr } = await child.output();
    assertEquals([subject.name, code], [subject.name, 2]);
    assertMatch(new TextDecoder().decode(stderr), new RegExp(`^${subject.name}: [^\\n]+\\n$`));
  }
});

Deno.test("a recording that a signal ends is a whole trace up to there", async () => {
  if (!canTrace) return;
  for (const signal of SIGNALS) {
    using folder = TemporaryFolder.create("maple-hostile-");
    const capture = SUBJECTS.find(({ name }) => name === "capture")!;
    const child = start(capture, { folder: folder.path });
    const file = `${folder.path}/t.jsonl`;
    while (!await Deno.stat(file).then(() => true, () => false)) {
      await new Promise((next) => setTimeout(next, 50));
    }
    child.kill(signal);
    child.kill(signal);
    assertEquals((await child.output()).code, STATUS[signal]);
    const lines = (await Deno.readTextFile(file)).trimEnd().split("\n");
    assertEquals(JSON.parse(lines.at(-1)!), { type: "end", reason: "interrupted" });
    await assertNothingRuns(folder.path, signal);
  }
});
