import { fileURLToPath } from "node:url";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { plant, ROOT } from "../canaries/build.ts";
import { CANARIES } from "../../src/faults/catalogue.ts";
import { readTrace } from "../../src/trace/read.ts";
import { present } from "../present.ts";

const TRACE = fileURLToPath(new URL("traces/cc1-2022.jsonl.gz", ROOT));

/** Runs the command of a build; its exit status and what it printed. */
async function run(root: URL, ...args: string[]): Promise<{ code: number; out: string }> {
  const { code, out } = await runWith(root, ...args);
  return { code, out };
}

/** The same, with what it printed on standard error. */
async function runWith(
  root: URL,
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "--no-check", "--allow-read"],
      ...["--config", fileURLToPath(new URL("deno.json", ROOT))],
      new URL("src/replay/main.ts", root).href,
      ...args,
    ],
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

Deno.test("replay: a build that breaks a rule is told in a sentence, and --bisect names the step", async () => {
  const canary = present(CANARIES.find(({ name }) => name === "stale slot kept"));
  const folder = await Deno.makeTempDir({ prefix: "maple-replay-" });
  try {
    const root = await plant(folder, canary.patches);
    for (const options of [[], ["--validate"]]) {
      const broken = await run(root, ...options, TRACE);
      assertEquals(broken.code, 1);
      assertStringIncludes(broken.out, `${TRACE}: Invariant broken in node `);
      assertEquals(broken.out.trimEnd().split("\n").length, 2);
    }
    const bisected = await run(root, "--bisect", TRACE);
    assertEquals(bisected.code, 1);
    assertStringIncludes(bisected.out, "first fault after step ");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("replay: --bisect finds nothing in a sound build", async () => {
  assertEquals(await run(ROOT, "--bisect", TRACE), {
    code: 0,
    out: `${TRACE}: no rule is broken\n`,
  });
});

/** Traces with one thing wrong each, made of a sound one. */
const DAMAGED:
  readonly (readonly [what: string, damage: (text: string) => string, says: string])[] = [
    [
      "no steps",
      (text) => `${text.split("\n")[0]}\n{"type":"end","reason":"finished"}\n`,
      "no steps",
    ],
    ["odd pages", (text) => text.replace('"pageSize":4096', '"pageSize":12'), "no page size"],
    ["version 0", (text) => text.replace('"version":1', '"version":0'), "version is 0"],
    [
      "far layout",
      (text) => text.replace(/"start":"0x\w+"/, '"start":"0xfff000000000000"'),
      "line 2",
    ],
    [
      "far mmap_base",
      (text) => text.replace(/"mmapBase":"0x\w+"/, '"mmapBase":"0xf00000000000"'),
      "beyond",
    ],
    ["no pid", (text) => text.replaceAll(/"pid":\d+/g, '"pid":0'), "pid is 0"],
    ["cut off", (text) => text.slice(0, text.length / 2), "cut off"],
  ];

Deno.test("replay: a bad file is told in a sentence and does not stop the next ones, nor is the model blamed", async () => {
  const folder = await Deno.makeTempDir({ prefix: "maple-replay-" });
  try {
    const packed = (await Deno.open(TRACE)).readable;
    const stream = packed.pipeThrough(new DecompressionStream("gzip"));
    const text = await new Response(stream).text();
    for (const [what, damage, says] of DAMAGED) {
      const file = `${folder}/${what}.jsonl`;
      await Deno.writeTextFile(file, damage(text));
      const { code, out, err } = await runWith(ROOT, file, TRACE);
      assertEquals(code, 2, what);
      assertStringIncludes(out + err, says);
      assertStringIncludes(out, `${TRACE}: steps 204/204`);
      assertEquals(/ {4}at |invariant/i.test(err), false, err);
      if (what === "no steps") continue; // in which no rule is broken
      const bisected = await runWith(ROOT, "--bisect", file, TRACE);
      assertEquals(bisected.code, 2, what);
      assertStringIncludes(bisected.err, says);
      assertStringIncludes(bisected.out, `${TRACE}: no rule is broken`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** A recording of an old kernel, short and with calls that 5.10 answers as it did. */
const OLD = fileURLToPath(new URL("tests/kernels/5.10/gcc.jsonl.gz", ROOT));

for (
  const [version, taken, says] of [
    ["4.19", "5.10", "older than every kernel in the table of rules: it is taken as 5.10"],
    ["9.9", "7.3", "newer than every kernel in the table of rules: it is taken as 7.3"],
  ] as const
) {
  Deno.test(`replay: --rules ${version}, which the table does not reach, is told, in JSON too`, async () => {
    const { out, err } = await runWith(ROOT, "--json", "--rules", version, OLD);
    assertEquals(err, `replay: --rules ${version} is ${says}\n`);
    const [report]: { rulesTakenAs?: string; matched: number; steps: number }[] = JSON.parse(out);
    assertEquals(report?.rulesTakenAs, taken);
    const [same]: unknown[] = JSON.parse((await run(ROOT, "--json", "--rules", taken, OLD)).out);
    assertEquals({ ...report, rulesTakenAs: undefined }, { ...same!, rulesTakenAs: undefined });
  });
}

Deno.test("replay: --rules of a kernel that the table knows says nothing, what is no version is refused", async () => {
  const release = "5.10.0-32-cloud-amd64";
  const { code, out, err } = await runWith(ROOT, "--json", "--rules", release, OLD);
  assertEquals([code, err, out.includes("rulesTakenAs")], [0, "", false]);
  for (const text of ["6", "6.1x", "6.1.", "six", "5.10 7.3"]) {
    const refused = await runWith(ROOT, "--rules", text, OLD);
    const sentence = `replay: --rules takes a kernel's version such as 6.1, not "${text}"\n`;
    assertEquals(refused, { code: 2, out: "", err: sentence });
  }
});

Deno.test("replay: --rules holds for --bisect and --why too", async () => {
  const bisected = await runWith(ROOT, "--bisect", "--json", "--rules", "4.19", OLD);
  assertEquals(JSON.parse(bisected.out), [{ rulesTakenAs: "5.10", file: OLD }]);
  let stack = "";
  for await (const record of readTrace(OLD)) {
    if (record.type === "exec") stack = record.layout.at(-1)!.start.toString(16);
    if (stack !== "") break;
  }
  const asked = await runWith(ROOT, "--why", stack, "--json", "--rules", "4.19", OLD);
  const [answer]: { rulesTakenAs?: string }[] = JSON.parse(asked.out);
  assertEquals(answer?.rulesTakenAs, "5.10");
});
