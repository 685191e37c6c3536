/**
 * Every command under bad luck and impatience: a signal at a random moment, a full disk, a folder that cannot be
 * written to. More rounds, and other moments:
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
import { pathOf } from "../../src/command/paths.ts";
import { Random } from "../random.ts";

/** A command, and operands with which it takes a while. */
interface Subject {
  readonly name: string;
  readonly module: string;
  readonly args: readonly string[];
  /** Needs to trace processes. */
  readonly traces?: boolean;
}

const TRACE = pathOf("traces/cc1-2022.jsonl.gz");

const SUBJECTS: readonly Subject[] = [
  { name: "replay", module: "src/replay/main.ts", args: [TRACE, TRACE, TRACE] },
  { name: "shrink", module: "src/replay/debug/shrink_main.ts", args: [TRACE] },
  { name: "traces", module: "traces/table.ts", args: [TRACE] },
  { name: "canaries", module: "tests/canaries/main.ts", args: ["--own"] },
  { name: "mutate", module: "tests/mutation/main.ts", args: ["src/tree/gaps.ts"] },
  { name: "sweep", module: "tests/sweep/main.ts", args: [] },
  { name: "soak", module: "tests/soak/main.ts", args: ["--rounds", "3"] },
  { name: "doors", module: "tests/doors/main.ts", args: ["--inputs", "500"] },
  { name: "compare", module: "src/compare/main.ts", args: ["HEAD", "--bench", "load/60"] },
  { name: "bench", module: "bench/main.ts", args: ["--filter", "nothing"] },
  { name: "profile", module: "bench/profile.ts", args: ["--seconds", "1", TRACE] },
  {
    name: "capture",
    module: "src/capture/main.ts",
    args: ["--out", "t.jsonl", "--", "sh", "-c", "while :; do sleep 0.1; done"],
    traces: true,
  },
  { name: "verify", module: "src/verify/main.ts", args: ["--", "sleep", "3"], traces: true },
];

const canTrace = Deno.build.os === "linux";

const options = parseArgs(Deno.args, { string: ["rounds", "seed"] });
const rounds = Number(options.rounds ?? 1);
const seed = Number(options.seed ?? 0x2022);

const STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** No folder can be made below it. */
const NO_FOLDER = "/dev/null";

/** Starts a command; its temporary files go to `folder`, by which its children are known too. */
function start({ module, args }: Subject, folder: string, stdout = ""): Deno.ChildProcess {
  const deno = [
    ...["run", "-q", "--no-prompt", "--allow-read", "--allow-write", "--allow-run", "--allow-env"],
    ...["--allow-sys", "--allow-ffi", `--config=${pathOf("deno.json")}`, pathOf(module), ...args],
  ];
  // A shell opens the place for the output: Deno itself opens no device.
  const script = stdout === "" ? 'exec "$0" "$@"' : `exec "$0" "$@" >${stdout}`;
  return new Deno.Command("sh", {
    args: ["-c", script, Deno.execPath(), ...deno],
    cwd: module === "src/compare/main.ts" || folder === NO_FOLDER ? pathOf("") : folder,
    env: { TMPDIR: folder, NO_COLOR: "1", INIT_CWD: "" },
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

/** Processes that were started with the folder for their temporary files. */
async function leftRunning(folder: string): Promise<string[]> {
  const script = 'grep -lsa "TMPDIR=$0" /proc/[0-9]*/environ';
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script, folder] }).output();
  const ids = [...new TextDecoder().decode(stdout).matchAll(/\d+/g)].map(([id]) => id);
  return ids;
}

/** Nothing runs any more; a process that was just killed may take a moment. */
async function assertNothingRuns(folder: string, what: string): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    // The shell that looks was started in the test's own environment.
    if ((await leftRunning(folder)).length === 0) return;
    await new Promise((next) => setTimeout(next, 100));
  }
  assertEquals(await leftRunning(folder), [], what);
}

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
        const child = start(subject, folder.path);
        const signal = random.pick(SIGNALS);
        await new Promise((next) => setTimeout(next, 300 + random.below(2_500)));
        const send = () => {
          try {
            child.kill(signal);
          } catch {
            // It has ended by itself.
          }
        };
        send();
        if (random.oneIn(2)) send(); // as `deno task` does with Ctrl-C
        const { code, signal: killedBy, stderr } = await child.output();
        const said = new TextDecoder().decode(stderr);
        const what = `${subject.name}, ${signal}, seed ${seed + round}: ${said}`;
        // Before a command listens, the signal ends Deno itself.
        const expected = [0, 1, STATUS[signal]];
        assert(expected.includes(code) || killedBy === signal, `status ${code}, ${what}`);
        assert(!/^\s+at /m.test(said), what);
        await assertNothingRuns(folder.path, what);
        const left = [...Deno.readDirSync(folder.path)].map(({ name }) => name)
          .filter((name) => !/^t\.jsonl$|^divergence/.test(name));
        if (killedBy === null) assertEquals(left, [], what);
      }
    },
  });
}

Deno.test("every command: output that cannot be written is one sentence and status 2", async () => {
  for (const { name, module } of SUBJECTS) {
    using folder = TemporaryFolder.create("maple-hostile-");
    const child = start({ name, module, args: ["--help"] }, folder.path, "/dev/full");
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
    if (!["canaries", "mutate", "compare"].includes(subject.name)) continue;
    const child = start(subject, NO_FOLDER);
    const { code, stderr } = await child.output();
    assertEquals([subject.name, code], [subject.name, 2]);
    assertMatch(new TextDecoder().decode(stderr), new RegExp(`^${subject.name}: [^\\n]+\\n$`));
  }
});

Deno.test("a recording that a signal ends is a whole trace up to there", async () => {
  if (!canTrace) return;
  for (const signal of SIGNALS) {
    using folder = TemporaryFolder.create("maple-hostile-");
    const child = start(SUBJECTS.find(({ name }) => name === "capture")!, folder.path);
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
