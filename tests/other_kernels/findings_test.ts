/** What is told of other kernels: rules counted, cells of the tables, what did not come about; and a session's file. */

import { assertEquals, assertRejects } from "@std/assert";
import { TemporaryFolder } from "../../src/command/files.ts";
import { Unable } from "../../src/command/command.ts";
import {
  agrees,
  type Compared,
  detailsOf,
  findingOf,
  findingsAsMarkdown,
  type KernelFinding,
} from "../../src/other_kernels/findings.ts";
import { type Session, SESSION_FILE } from "../../src/other_kernels/plan.ts";
import { readSession } from "../../src/other_kernels/read_session.ts";
import type { ProbedRule } from "../../src/probe/probe.ts";

const SESSION: Session = { release: "6.1.0", recorded: [], late: [] };
const FINDING: KernelFinding = {
  name: "6.1",
  release: "6.1.0",
  programs: [],
  fuzz: [],
  late: [],
};
const TESTS = { passed: 5, failed: 1, ignored: 0, failures: ["it holds"], files: [] };

function compared(steps: number): Compared {
  return { part: "programs", name: "make", trace: "make.jsonl.gz", seconds: 1, matched: 0, steps };
}

function rowOf(finding: KernelFinding): string | undefined {
  return findingsAsMarkdown([finding]).split("\n")[2];
}

Deno.test("findingOf: what a session neither asked nor ran is absent, not 0", async () => {
  assertEquals(await findingOf({ name: "6.1" }, SESSION, "/"), FINDING);
});

Deno.test("findingOf: rules are counted by status, tests and what was late are taken over", async () => {
  const rule = (status: ProbedRule["status"]): ProbedRule => ({
    name: "seal",
    usual: true,
    status,
  });
  const statuses = [
    ...["found", "found", "found", "found", "undecidable", "undecidable", "undecidable"] as const,
    ...["unknown", "unknown", "unasked"] as const,
  ];
  const session = { ...SESSION, rules: statuses.map(rule), tests: TESTS, late: ["seed 2"] };
  assertEquals(await findingOf({ name: "6.1" }, session, "/"), {
    ...FINDING,
    probe: { found: 4, undecidable: 3, unknown: 2, unasked: 1 },
    tests: TESTS,
    late: ["seed 2"],
  });
});

Deno.test("agrees: one step is enough, none is not, and is told as such", () => {
  assertEquals([compared(0), compared(1)].map(agrees), [false, true]);
  const finding = { ...FINDING, programs: [compared(0), compared(1)] };
  assertEquals(detailsOf([finding]), ["6.1, make: nothing was recorded"]);
});

Deno.test("findingsAsMarkdown: a dash for what was not done, why nothing was found, counts for the rest", () => {
  assertEquals(rowOf(FINDING), "| 6.1 | 6.1.0 | – | – | – | – |");
  assertEquals(
    rowOf({ ...FINDING, failure: "it did not boot" }),
    "| 6.1 | it did not boot |  |  |  |  |",
  );
  const probe = { found: 4, undecidable: 0, unknown: 0, unasked: 0 };
  assertEquals(
    rowOf({ ...FINDING, probe, programs: [compared(1), compared(0)], tests: TESTS }),
    "| 6.1 | 6.1.0 | 4 found, 0 unknown | 1/2, steps 0/1 | – | 5 passed, 1 failed |",
  );
  assertEquals(
    rowOf({
      ...FINDING,
      probe: { ...probe, undecidable: 1, unknown: 3, unasked: 2 },
      fuzz: [compared(1)],
      tests: { ...TESTS, ignored: 1 },
    }),
    "| 6.1 | 6.1.0 | 4 found, 3 unknown, 1 undecidable, 2 not asked | – | 1/1, steps 0/1 | " +
      "5 passed, 1 failed, 1 skipped |",
  );
});

Deno.test("detailsOf: failed tests, and what no time was left for, kernel by kernel", () => {
  const late = { ...FINDING, late: ["seed 2", "tests/mm"] };
  const failed = { ...FINDING, name: "6.12", tests: TESTS };
  assertEquals(detailsOf([late, FINDING, failed]), [
    "6.1: no time was left for seed 2, tests/mm",
    "6.12, failed test: it holds",
  ]);
});

Deno.test("readSession: what the session's file has; without one, or an empty one, it came to no end", async () => {
  using folder = TemporaryFolder.create("maple-session-");
  const file = `${folder.path}/${SESSION_FILE}`;
  const sentence = `Cannot read ${file}: the session came to no end`;
  await assertRejects(() => readSession(folder.path), Unable, sentence);
  await Deno.writeTextFile(file, "");
  await assertRejects(() => readSession(folder.path), Unable, sentence);
  await Deno.writeTextFile(file, JSON.stringify(SESSION));
  assertEquals(await readSession(folder.path), SESSION);
});
