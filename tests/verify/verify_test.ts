import { needing } from "../needing.ts";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { replay } from "../../src/replay/replay.ts";
import { readTrace } from "../../src/trace/read.ts";
import { MAP_ANONYMOUS, MAP_PRIVATE } from "../../src/abi/mman.ts";
import { HUGE_PAGE_SIZE, PAGE_SIZE } from "../../src/abi/page.ts";
import { probedOptions } from "../../src/probe/recorded_rules.ts";
import { CallTable } from "../../src/verify/call_table.ts";
import { executable } from "../../src/verify/executable.ts";
import { verify } from "../../src/verify/verify.ts";
import { impossible } from "../capture/capturing.ts";
import { runVerify } from "./verifying.ts";

function test(name: string, run: () => Promise<void>): void {
  Deno.test({ ...needing(`verify: ${name}`, impossible), fn: run });
}

const CC1 = fileURLToPath(new URL("../../traces/cc1-ggc.jsonl.gz", import.meta.url));

test("a shell and its children agree with the kernel, and nothing is left behind", async () => {
  const { status, stdout, files } = await runVerify(["--", "sh", "-c", "(true); cat /dev/null"]);
  assertEquals(status, 0, stdout);
  assertMatch(stdout, /steps (\d+)\/\1 \(100 %\), no divergence, map_count \d+\/\d+\/\d+/);
  assertEquals(files, []);
});

test("--keep leaves a whole trace, which replays as it was verified", async () => {
  let steps = 0;
  const args = ["--keep", "kept.jsonl.gz", "--json", "--", "sh", "-c", "exit 3"];
  const { status, stdout, files } = await runVerify(args, async (directory) => {
    const report = await replay(readTrace(`${directory}/kept.jsonl.gz`));
    assertEquals(report.matched, report.steps);
    steps = report.steps;
  });
  assertEquals(status, 0);
  assertEquals(files, ["kept.jsonl.gz"]);
  const found: Record<string, unknown> = JSON.parse(stdout);
  assertEquals([found.steps, found.matched, found.status], [steps, steps, 3]);
});

test("--rules of a kernel older than the table is told once, in JSON too", async () => {
  const { stderr, stdout } = await runVerify(["--json", "--rules", "4.19", "--", "true"]);
  const { rulesTakenAs }: Record<string, unknown> = JSON.parse(stdout);
  assertEquals([rulesTakenAs, stderr.match(/taken as 5\.10/g)?.length], ["5.10", 1]);
});

test("a model that places as another kernel does diverges, and the trace up to there is left", async () => {
  const { rules: { alignAnonymous = "multiples" } = {} } = await probedOptions();
  const other = alignAnonymous === "never" ? "6.18" : "5.19";
  const table = new CallTable(Deno.build.arch);
  for (const length of [HUGE_PAGE_SIZE, PAGE_SIZE, HUGE_PAGE_SIZE]) {
    table.add("mmap", 0, length, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  }
  table.add("exit_group", 0);
  const program = await Deno.makeTempFile();
  try {
    await Deno.writeFile(program, executable(Deno.build.arch, table.calls));
    await Deno.chmod(program, 0o700);
    const args = ["--placement", other, "--", program];
    const { status, stdout, files } = await runVerify(args, async (directory) => {
      const report = await replay(readTrace(`${directory}/divergence.jsonl.gz`));
      assertEquals(report.matched, report.steps - 1);
      assertEquals(report.divergence?.step, report.steps);
    });
    assertEquals(status, 1, stdout);
    assertEquals(files, ["divergence.jsonl.gz"]);
    assertMatch(stdout, /1 divergence, the run ends there/);
    assertMatch(
      stdout,
      /step \d+, process \d+ \(\w+\): mmap\(0x0, .*\nthe kernel answered .*, the model /,
    );
    assertStringIncludes(stdout, `it would agree if alignAnonymous is ${alignAnonymous} (`);
    assertMatch(stdout, /model +\| kernel\n/);
    assertMatch(stdout, /deno task replay divergence.jsonl.gz/);
  } finally {
    await Deno.remove(program);
  }
});

Deno.test("verify: a planted divergence ends the run, and the trace with it", async () => {
  const path = await Deno.makeTempFile();
  try {
    const sink = (await Deno.open(path, { write: true })).writable;
    const found = await verify(readTrace(CC1), sink, { placement: "5.19" });
    assertEquals(found.steps, found.divergence?.step);
    assertEquals(found.matched, found.steps - 1);
    const again = await replay(readTrace(path));
    assertEquals(again.divergence, found.divergence);
    assertEquals((await Array.fromAsync(readTrace(path))).at(-1), {
      type: "end",
      reason: "interrupted",
    });
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("verify: a recording of which nothing is wrong is written as it is", async () => {
  const path = await Deno.makeTempFile();
  try {
    const sink = (await Deno.open(path, { write: true })).writable;
    const found = await verify(readTrace(CC1), sink);
    assertEquals([found.matched, found.status], [found.steps, 0]);
    assertEquals(await Array.fromAsync(readTrace(path)), await Array.fromAsync(readTrace(CC1)));
  } finally {
    await Deno.remove(path);
  }
});

for (
  const [what, args, sentence] of [
    ["neither command nor seed", [], /Either a command after -- or --fuzz/],
    ["command and seed", ["--fuzz", "1", "--", "true"], /Either a command after -- or --fuzz/],
    ["--steps without a seed", ["--steps", "1", "--", "true"], /--steps goes with --fuzz/],
    ["a command before --", ["true"], /the command goes after --/],
    ["an unknown placement", ["--placement", "4", "--", "true"], /--placement takes/],
    ["a directory that does not exist", ["--keep", "no/k", "--", "true"], /Cannot write no\/k/],
  ] as const
) {
  Deno.test(`verify: ${what} is one sentence and exit 2`, async () => {
    const { status, stderr, files } = await runVerify(args);
    assertEquals(status, 2);
    assertMatch(stderr, sentence);
    assertEquals(stderr.trimEnd().split("\n").length, 1);
    assertEquals(files, []);
  });
}

test("a command that does not exist is one sentence and exit 2, and leaves nothing", async () => {
  const { status, stderr, files } = await runVerify(["--", "no-such-command"]);
  assertEquals(status, 2);
  assertMatch(stderr, /Cannot record no-such-command: no such command/);
  assertEquals(files, []);
});

Deno.test("verify: --help tells of every option", async () => {
  const { status, stdout } = await runVerify(["--help"]);
  assertEquals(status, 0);
  for (const option of ["--fuzz SEED", "--steps N", "--keep FILE", "--json", "--validate"]) {
    assert(stdout.includes(option), option);
  }
});

Deno.test({
  ...needing("verify: --keep overwrites nothing but a trace", impossible),
  fn: async () => {
    const directory = await Deno.makeTempDir();
    try {
      const path = `${directory}/notes.txt`;
      await Deno.writeTextFile(path, "mine\n");
      const refused = await runVerify(["--keep", path, "--", "true"]);
      assertEquals(refused.status, 2, refused.stdout);
      assertEquals(await Deno.readTextFile(path), "mine\n");
      const device = await runVerify(["--keep", "/dev/null", "--", "true"]);
      assertEquals(device.status, 2, device.stdout);
      for (const options of [["--force"], []]) { // the second time it is a trace
        const kept = await runVerify([...options, "--keep", path, "--", "true"]);
        assertEquals(kept.status, 0, kept.stdout);
      }
      assertEquals((await Deno.stat("/dev/null")).isFile, false);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});
