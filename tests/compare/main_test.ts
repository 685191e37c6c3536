import { assert, assertEquals, assertMatch } from "@std/assert";
import { ROOT } from "../../src/command/paths.ts";
import { Repository } from "./repository.ts";
import { end, outcome, smallRepository, start } from "./running.ts";
import { comparison, workload } from "./samples.ts";

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
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--allow-all",
      `--config=${ROOT}deno.json`,
      `${ROOT}src/compare/main.ts`,
      "HEAD",
    ],
    cwd: repository.folder,
    env: { TMPDIR: `${repository.folder}/mod.ts`, NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stderr } = await end(command.spawn());
  assertEquals(code, 2);
  assertMatch(stderr, /^compare: Cannot make a temporary folder: [^\n]+\n$/);
});

Deno.test("compare: Ctrl-C ends it with status 130, one sentence, and no worktree left", async () => {
  await using repository = await Repository.withSuite();
  const child = start(repository, "src/compare/main.ts", "HEAD", "--bench", "load/65000");
  while ((await repository.worktrees()).length < 1) {
    await new Promise((next) => setTimeout(next, 20));
  }
  const [folder] = await repository.worktrees();
  child.kill("SIGINT");
  child.kill("SIGINT"); // an impatient second one must not keep it from cleaning up
  const { code, stderr } = await end(child);
  assertEquals([code, stderr], [
    130,
    "compare: Interrupted by SIGINT; nothing is left behind\n",
  ]);
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
