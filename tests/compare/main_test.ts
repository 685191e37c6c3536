import { assert, assertEquals, assertMatch } from "@std/assert";
import { appendLine } from "../../src/history/history.ts";
import { thisHost } from "../../src/compare/host.ts";
import { Repository, SUITE } from "./repository.ts";
import { benchLine, comparison, workload } from "./samples.ts";

/** Starts a command of `src/compare` in a repository. */
function start(repository: Repository, module: string, ...args: string[]): Deno.ChildProcess {
  return new Deno.Command("deno", {
    args: [
      "run",
      "-q",
      "--no-prompt",
      `--config=${SUITE}deno.json`,
      `--allow-read=.,/tmp,${SUITE}`,
      "--allow-write=.,/tmp",
      "--allow-run=git,deno,valgrind",
      "--allow-sys=hostname,cpus",
      `${SUITE}${module}`,
      ...args,
    ],
    cwd: repository.folder,
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function end(child: Deno.ChildProcess): Promise<Outcome> {
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

async function outcome(
  repository: Repository,
  module: string,
  ...args: string[]
): Promise<Outcome> {
  return await end(start(repository, module, ...args));
}

async function smallRepository(): Promise<Repository> {
  const repository = await Repository.create();
  await repository.write("mod.ts", "export const answer = 42;\n");
  await repository.commit("first");
  return repository;
}

Deno.test("compare: what it cannot do is one sentence and status 2", async () => {
  await using repository = await smallRepository();
  await repository.write("not.json", "[]");
  const wrong = [
    [],
    ["no-such-commit"],
    ["HEAD", "HEAD", "HEAD"],
    ["HEAD", "--gate", "1"],
    ["HEAD", "--gate", "much"],
    ["HEAD", "--shard", "3/2"],
    ["HEAD", "--bench", "nothing"],
    ["HEAD", "--unknown"],
    ["--self", "HEAD", "HEAD"],
    ["--merge", "missing.json"],
    ["--merge", "not.json"],
  ];
  for (const args of wrong) {
    const { code, stdout, stderr } = await outcome(repository, "src/compare/main.ts", ...args);
    assertEquals([args, code, stdout], [args, 2, ""]);
    assertMatch(stderr, /^compare: [^\n]+\n$/);
  }
});

Deno.test("compare: a commit whose mod.ts has no tree is one sentence and status 2", async () => {
  await using repository = await smallRepository();
  const { code, stderr } = await outcome(
    repository,
    "src/compare/main.ts",
    "HEAD",
    "--bench",
    "find/60",
  );
  assertEquals(code, 2);
  assertMatch(stderr, /^compare: Cannot measure: [^\n]*MAX_INDEX[^\n]*\n$/);
  assertEquals(await repository.worktrees(), []);
});

Deno.test("compare: a place that cannot be written to is one sentence and status 2", async () => {
  await using repository = await smallRepository();
  const command = new Deno.Command("deno", {
    args: [
      "run",
      "-q",
      "--allow-all",
      `--config=${SUITE}deno.json`,
      `${SUITE}src/compare/main.ts`,
      "HEAD",
    ],
    cwd: repository.folder,
    env: { TMPDIR: `${repository.folder}/mod.ts`, NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stderr } = await end(command.spawn());
  assertEquals(code, 2);
  assertMatch(stderr, /^compare: Cannot go on: [^\n]+\n$/);
});

Deno.test("compare: Ctrl-C ends it with status 2, one sentence, and no worktree left", async () => {
  await using repository = await Repository.withSuite();
  const child = start(repository, "src/compare/main.ts", "HEAD", "--bench", "load/65000");
  while ((await repository.worktrees()).length < 1) {
    await new Promise((next) => setTimeout(next, 20));
  }
  const [folder] = await repository.worktrees();
  child.kill("SIGINT");
  child.kill("SIGINT"); // an impatient second one must not keep it from cleaning up
  const { code, stderr } = await end(child);
  assertEquals([code, stderr], [2, "compare: Interrupted; nothing is left behind\n"]);
  assertEquals(await repository.worktrees(), []);
  assert(!await Deno.stat(folder!).then(() => true, () => false));
});

Deno.test("compare --merge: parts become one verdict, status 1 beyond the gate", async () => {
  await using repository = await smallRepository();
  const part = (index: number, change: number) =>
    JSON.stringify(comparison([workload(`w${index}`, change)], { shard: { index, count: 2 } }));
  await repository.write("1.json", part(1, 0));
  await repository.write("2.json", part(2, 0.08));
  const merge = ["--merge", "1.json", "2.json"];
  const strict = await outcome(repository, "src/compare/main.ts", ...merge);
  assertEquals(strict.code, 1);
  assertMatch(strict.stdout, /w1 +no evidence[^]*w2 +slower/);
  const lenient = await outcome(
    repository,
    "src/compare/main.ts",
    ...merge,
    "--gate",
    "10",
    "--markdown",
  );
  assertEquals(lenient.code, 0);
  assertMatch(lenient.stdout, /^### No regression beyond 10 % in 2 workloads/);
});

Deno.test("history: lists the runs of each machine by itself", async () => {
  await using repository = await smallRepository();
  const empty = await outcome(repository, "src/history/main.ts");
  assertEquals([empty.code, empty.stdout], [
    0,
    "Nothing is saved yet; deno task bench --save does\n",
  ]);
  const here = thisHost("here");
  await appendLine(benchLine(here, 1), repository.folder);
  await appendLine(benchLine(thisHost("there"), 2), repository.folder);
  await appendLine(benchLine(here, 3), repository.folder);
  const { code, stdout } = await outcome(repository, "src/history/main.ts");
  assertEquals(code, 0);
  assertMatch(
    stdout,
    /^here,[^\n]*\n {2}[^\n]*0001[^\n]*\n {2}[^\n]*0003[^\n]*\nthere,[^\n]*\n {2}[^\n]*0002/,
  );
  const one = await outcome(
    repository,
    "src/history/main.ts",
    "--bench",
    "find/1000",
    "--machine",
    "here",
  );
  assertMatch(one.stdout, /0001[^\n]*\d\.\d{3} \(\d\.\d{3}–\d\.\d{3}\) (no evidence|faster)/);
  const none = await outcome(repository, "src/history/main.ts", "--bench", "nothing");
  assertEquals([none.code, none.stdout], [2, ""]);
});

Deno.test("report: writes the runs of the machine that saved last", async () => {
  await using repository = await smallRepository();
  const nothing = await outcome(repository, "src/report/main.ts");
  assertEquals(nothing.code, 2);
  assertMatch(nothing.stderr, /^report: Nothing is saved yet[^\n]*\n$/);
  await appendLine(benchLine(thisHost("here"), 1), repository.folder);
  await appendLine(benchLine(thisHost("there"), 2), repository.folder);
  const { code, stdout } = await outcome(repository, "src/report/main.ts", "out.html");
  assertEquals(code, 0);
  assertMatch(stdout, /^out\.html: 1 runs? on there,/);
  const html = await Deno.readTextFile(`${repository.folder}/out.html`);
  assert(html.includes("Change &lt;number&gt; 2") && !html.includes("Change &lt;number&gt; 1 "));
  const unwritable = await outcome(repository, "src/report/main.ts", "no/such/folder/out.html");
  assertEquals([unwritable.code, unwritable.stdout], [2, ""]);
});

Deno.test("every command of the comparison: --help is status 0", async () => {
  await using repository = await smallRepository();
  for (
    const module of [
      "src/compare/main.ts",
      "bench/main.ts",
      "src/history/main.ts",
      "src/report/main.ts",
    ]
  ) {
    const { code, stdout, stderr } = await outcome(repository, module, "--help");
    assertEquals([module, code, stderr], [module, 0, ""]);
    assertMatch(stdout, /Usage: deno task \w+/);
  }
});
