/** Other kernels: what a session leaves is replayed, counted and told; the running kernel goes through the same. */
import { needing } from "../needing.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { pathOf } from "../../src/command/paths.ts";
import {
  agrees,
  detailsOf,
  findingOf,
  findingsAsMarkdown,
  isSound,
  testsAsMarkdown,
} from "../../src/other_kernels/findings.ts";
import type { Recorded, Session } from "../../src/other_kernels/plan.ts";
import { runSuite } from "../../src/other_kernels/suite.ts";
import { TestOutput } from "../../src/other_kernels/test_output.ts";
import { present } from "../present.ts";
import { impossible } from "../capture/capturing.ts";

const RECORDINGS = pathOf("tests/kernels");

/** A session on 6.1 that left recordings, each named by part, name and file. */
function session(...recorded: Pick<Recorded, "part" | "name" | "trace">[]): Session {
  return {
    release: "6.1.0-56-cloud-amd64",
    recorded: recorded.map((each) => ({ ...each, seconds: 1 })),
    late: [],
  };
}

const MAKE = { part: "programs", name: "make", trace: "make.jsonl.gz" } as const;
const FUZZ = { part: "fuzz", name: "seed 1", trace: "fuzz-1.jsonl.gz" } as const;

Deno.test("findingOf: recordings that agree are sound, and counted", async () => {
  const finding = await findingOf({ name: "6.1" }, session(MAKE, FUZZ), `${RECORDINGS}/6.1`);
  assert(isSound(finding));
  assertEquals(detailsOf([finding]), []);
  const [, , row = ""] = findingsAsMarkdown([finding]).split("\n");
  assertMatch(
    row,
    /^\| 6\.1 \| 6\.1\.0-56-cloud-amd64 \| – \| 1\/1, steps (\d+)\/\1 \| 1\/1, steps (\d+)\/\2 \| – \|$/,
  );
});

Deno.test("findingOf: a recording that ends early, or that is not there, is not sound and is told", async () => {
  const missing = { ...session(), recorded: [{ ...MAKE, seconds: 1 }] };
  const { trace: _, ...none } = {
    ...MAKE,
    seconds: 1,
    failure: "Cannot record make: no such command",
  };
  const finding = await findingOf({ name: "6.1" }, { ...missing, recorded: [none] }, RECORDINGS);
  assertEquals([finding.programs.map(agrees), isSound(finding)], [[false], false]);
  assertEquals(detailsOf([finding]), ["6.1, make: Cannot record make: no such command"]);
});

Deno.test("isSound: an unknown rule, a failed test, and what time did not allow are not", async () => {
  const finding = await findingOf({ name: "6.1" }, session(MAKE), `${RECORDINGS}/6.1`);
  const probe = { found: 1, undecidable: 1, unknown: 0, unasked: 1 };
  assert(isSound({ ...finding, probe }));
  assert(!isSound({ ...finding, probe: { ...probe, unknown: 1 } }));
  const tests = { passed: 1, failed: 0, ignored: 1, failures: [], files: [] };
  assert(isSound({ ...finding, tests }));
  assert(!isSound({ ...finding, tests: { ...tests, failed: 1, failures: ["it"] } }));
  assert(!isSound({ ...finding, late: ["seed 2"] }));
  assert(!isSound({ ...finding, failure: "Cannot boot it" }));
});

Deno.test("isSound: a recording that differs, of a program or of random calls, is not, and is told", async () => {
  const finding = await findingOf({ name: "6.1" }, session(MAKE, FUZZ), `${RECORDINGS}/6.1`);
  const wrong = (all: typeof finding.fuzz) =>
    all.map((each) => ({ ...each, divergence: "step 7" }));
  const random = { ...finding, fuzz: wrong(finding.fuzz) };
  const program = { ...finding, programs: wrong(finding.programs) };
  assertEquals([random, program].map(isSound), [false, false]);
  assertEquals(detailsOf([random, program]), ["6.1, seed 1: step 7", "6.1, make: step 7"]);
});

Deno.test("TestOutput: tests are counted by file, a file is told when its last test ends", () => {
  const output = new TestOutput();
  const told = [
    "Check tests/a/one_test.ts",
    "running 3 tests from ./tests/a/one_test.ts",
    "it holds ... ok (3ms)",
    "it has steps ...",
    "  a step ... ok (1ms)",
    "it has steps ... ok (3ms)",
    "it needs a browser (skipped: there is none) ... ignored (0ms)",
    "running 2 tests from ./tests/a/two_test.ts",
    "it prints ...",
    "------- output -------",
    "it says so ... or not",
    "----- output end -----",
    "it prints ... FAILED (12ms)",
  ].map((line) => output.take(line));
  const one = {
    path: "tests/a/one_test.ts",
    passed: 2,
    failed: 0,
    skipped: ["it needs a browser (skipped: there is none)"],
  };
  assertEquals(told.flatMap(({ file }) => file === undefined ? [] : [file]), [one]);
  assertEquals(told.flatMap(({ failed }) => failed ?? []), ["it prints"]);
  assertEquals(output.files, [
    one,
    { path: "tests/a/two_test.ts", passed: 0, failed: 1, skipped: [] },
  ]);
  assertEquals(output.failures, ["it prints"]);
});

Deno.test("TestOutput: a test that ran so long that deno remarks on it counts too", () => {
  const output = new TestOutput();
  const lines = [
    "running 2 tests from ./tests/a/one_test.ts",
    "it is slow ...'it is slow' has been running for over (1m0s)",
    " ok (1m17s)",
    "it is slower ...'it is slower' has been running for over (1m0s)",
    "'it is slower' has been running for over (2m0s)",
    " FAILED (2m9s)",
    " ok (9s)",
  ];
  const files = lines.flatMap((line) => output.take(line).file ?? []);
  const counts = { path: "tests/a/one_test.ts", passed: 1, failed: 1, skipped: [] };
  assertEquals([files, output.failures], [[counts], ["it is slower"]]);
  assertEquals(output.files, [counts], "what ended twice counts once");
});

Deno.test("TestOutput: a step of a test that deno remarked on is not its end", () => {
  const output = new TestOutput();
  const lines = [
    "running 2 tests from ./tests/a/one_test.ts",
    "it has steps ...'it has steps' has been running for over (1m0s)",
    "",
    "  a step ... ok (3ms)",
    "it has steps ... FAILED (1m1s)",
  ];
  assertEquals(lines.flatMap((line) => output.take(line).failed ?? []), ["it has steps"]);
  const counts = { path: "tests/a/one_test.ts", passed: 0, failed: 1, skipped: [] };
  assertEquals(output.files, [counts]);
});

Deno.test("TestOutput: a file that cannot be loaded is a failure", () => {
  const output = new TestOutput();
  const line = "Uncaught error from ./tests/a/one_test.ts FAILED";
  assertEquals(output.take(line), { failed: "tests/a/one_test.ts" });
  assertEquals(output.failures, ["tests/a/one_test.ts"]);
});

/** Runs a test file that is made for it, until a line of its output matches. */
async function suiteOf(text: string, until?: RegExp): ReturnType<typeof runSuite> {
  const root = await Deno.makeTempDir();
  const ending = new AbortController();
  try {
    await Deno.writeTextFile(`${root}/deno.json`, '{ "permissions": { "test": {} } }');
    await Deno.writeTextFile(`${root}/a_test.ts`, text);
    return await runSuite({
      root,
      paths: until === undefined ? ["a_test.ts"] : ["a_test.ts", "b_test.ts"],
      signal: ending.signal,
      tell: () => {},
      log: (line) => until?.test(line) && ending.abort(),
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("runSuite: tests that passed, failed and were left out are counted as deno test has them", async () => {
  const { tests, late } = await suiteOf(
    `Deno.test("good", () => {});
     Deno.test("bad", () => { throw new Error("no"); });
     Deno.test({ name: "other (skipped: why)", ignore: true, fn() {} });`,
  );
  const skipped = ["other (skipped: why)"];
  assertEquals([tests, late], [{
    passed: 1,
    failed: 1,
    ignored: 1,
    failures: ["bad"],
    files: [{ path: "a_test.ts", passed: 1, failed: 1, skipped }],
  }, []]);
});

Deno.test("runSuite: a file that does not parse is a failure though no test ran", async () => {
  const { tests } = await suiteOf("this is no program");
  assertEquals([tests.passed, tests.failures], [0, ["a_test.ts"]]);
});

Deno.test("runSuite: a test that hangs is ended when time is up, and what passed before is told", async () => {
  const { tests, late } = await suiteOf(
    `Deno.test("good", () => {});
     Deno.test("hangs", async () => { await new Promise((then) => setTimeout(then, 1e6)); });`,
    /^good/,
  );
  assertEquals([tests.passed, tests.failures, late], [1, [], ["a_test.ts", "b_test.ts"]]);
});

Deno.test("testsAsMarkdown: a row a folder, a column a kernel that ran tests", async () => {
  const finding = await findingOf({ name: "6.1" }, session(), RECORDINGS);
  const file = (path: string, passed: number) => ({ path, passed, failed: 0, skipped: ["x"] });
  const withTests = (name: string, ...files: ReturnType<typeof file>[]) => {
    const passed = files.reduce((sum, each) => sum + each.passed, 0);
    const ignored = files.length;
    return { ...finding, name, tests: { passed, failed: 0, ignored, failures: [], files } };
  };
  const table = testsAsMarkdown([
    finding,
    withTests("a", file("tests/x/1_test.ts", 1), file("tests/x/y/2_test.ts", 2)),
    withTests("b", file("tests/z_test.ts", 4)),
  ]);
  assertEquals(table.split("\n"), [
    "| tests | a | b |",
    "| --- | --- | --- |",
    "| tests/x | 3 passed, 0 failed, 2 skipped | – |",
    "| tests/z_test.ts | – | 4 passed, 0 failed, 1 skipped |",
  ]);
  assertEquals(testsAsMarkdown([finding]), "");
  const last = present(detailsOf([withTests("a", file("tests/x/1_test.ts", 1))]).at(-1));
  assertEquals(last, "a, skipped test: tests/x/1_test.ts: x");
});

async function run(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const main = pathOf("src/other_kernels/main.ts");
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P=other-kernels", "--config", pathOf("deno.json"), main, ...args],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { status: output.code, stdout: text(output.stdout), stderr: text(output.stderr) };
}

for (
  const [what, args, sentence] of [
    [
      "a kernel that is not in the list",
      ["2.6"],
      /^other-kernels: There is no kernel "2\.6"; there are 5\.10, /,
    ],
    [
      "a part that there is not",
      ["--parts", "fuzz,rest"],
      /There is no part "rest"; there are probe, /,
    ],
    ["an unknown accelerator", ["--accelerator", "x"], /--accelerator takes tcg, kvm, not "x"/],
  ] as const
) {
  Deno.test(`other-kernels: ${what} is one sentence and exit 2`, async () => {
    const { status, stderr } = await run(...args);
    assertEquals([status, stderr.trimEnd().split("\n").length], [2, 1]);
    assertMatch(stderr, sentence);
  });
}

Deno.test({
  ...needing(
    "other-kernels: the running kernel is asked, and random calls on it agree",
    impossible,
  ),
  fn: async () => {
    const { status, stdout, stderr } = await run(
      ...["running", "--json", "--parts", "probe,fuzz", "--seeds", "2", "--steps", "100"],
    );
    assertEquals(status, 0, stdout + stderr);
    const { kernels }: { kernels: { probe: { unknown: number }; fuzz: unknown[] }[] } = JSON.parse(
      stdout,
    );
    assertEquals(kernels.map(({ probe, fuzz }) => [probe.unknown, fuzz.length]), [[0, 2]]);
  },
});
