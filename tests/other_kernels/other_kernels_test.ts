/** Other kernels: what a session leaves is replayed, counted and told; the running kernel goes through the same. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { pathOf } from "../../src/command/paths.ts";
import {
  agrees,
  detailsOf,
  findingOf,
  findingsAsMarkdown,
  isSound,
} from "../../src/other_kernels/findings.ts";
import type { Recorded, Session } from "../../src/other_kernels/plan.ts";
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

Deno.test("isSound: random calls that a kernel is known to end otherwise do not count, programs do", async () => {
  const finding = await findingOf({ name: "6.1" }, session(MAKE, FUZZ), `${RECORDINGS}/6.1`);
  const wrong = (all: typeof finding.fuzz) =>
    all.map((each) => ({ ...each, divergence: "step 7" }));
  const known = { ...finding, fuzz: wrong(finding.fuzz), fuzzDiffers: "its own faults" };
  assert(isSound(known));
  assertEquals(detailsOf([known]), ["6.1, seed 1: step 7", "6.1: its own faults"]);
  assert(!isSound({ ...finding, fuzz: wrong(finding.fuzz) }));
  assert(!isSound({ ...known, programs: wrong(finding.programs) }));
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
  name: "other-kernels: the running kernel is asked, and random calls on it agree",
  ignore: impossible,
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
