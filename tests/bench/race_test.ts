/** `deno task race`: whoever can be built here gives the same answers. */

import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { compareLibraries, libraries, librariesTable } from "../../bench/race/libraries.ts";
import { compareNativeLibraries, findNativeLibraries } from "../../bench/race/native_libraries.ts";
import { listOf, RANDOM, RECORDINGS } from "../../bench/race/lists.ts";
import { KERNEL, MAPLE } from "../../bench/race/racers.ts";
import type { Race } from "../../bench/race/result.ts";
import { markdown, updated } from "../../bench/race/table.ts";
import { maple } from "../../bench/peers/maple.ts";
import { reference } from "../../bench/reference.ts";
import { Unable } from "../../src/command/command.ts";
import { pathOf } from "../../src/command/paths.ts";

const MAIN = pathOf("bench/race/main.ts");

async function race(
  env: Record<string, string>,
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P=race", MAIN, ...args],
    cwd: pathOf(""),
    env,
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

Deno.test("race: all racers give the same answers, and whoever is absent is named with the reason", async () => {
  const { code, out, err } = await race({}, "--rounds", "1", "--json", "cc1-hello");
  assertEquals(code, 0, err);
  const { lists, absent, pair } = JSON.parse(out);
  assertEquals(lists.length, 1);
  const results: { racer: string; hash: number; least: number }[] = lists[0].results;
  assertEquals(results.slice(0, 2).map(({ racer }) => racer), ["maple", "sorted Float64Array"]);
  assertEquals(new Set(results.map(({ hash }) => hash)).size, 1);
  assert(results.every(({ least }) => least > 0));
  assertEquals(results.length + absent.length, 10);
  for (const { why } of absent) assertMatch(why, /^(Cannot|There is no) /);
  assert(pair.model.least > 0);
  assert(pair.kernel.least > 0 || pair.kernel.why.startsWith("Cannot "));
});

Deno.test("race: a pair of mmap and munmap without a compiler says so and gives the model's own time", async () => {
  const { code, out, err } = await race({ CC: "no-such-compiler" }, "--rounds", "1", "cc1-hello");
  assertEquals(code, 0, err);
  const line = out.split("\n").find((line) => line.startsWith("A pair of mmap and munmap"))!;
  assertMatch(line, /: \d+ ns on maple; without .*: Cannot .*no-such-compiler/);
});

Deno.test("race: a trace that is not there is one sentence", async () => {
  const { code, err } = await race({}, "no-such-trace");
  assertEquals([code, err.trim().split("\n").length], [2, 1]);
});

Deno.test("race: the lists of random operations and of all recordings leave a map empty, and Maple answers them right", async () => {
  for (const name of [RANDOM, RECORDINGS]) {
    const operations = await listOf(name);
    const map = reference.create();
    const empty = map.checksum();
    const hash = reference.execute(map, operations, 0, operations.length);
    assertEquals(map.checksum(), empty, name);
    assertEquals(reference.execute(map, operations, 0, operations.length), hash, name);
    assertEquals(maple.execute(maple.create(), operations, 0, operations.length), hash, name);
    assertEquals(operations.length > 50_000, true, name);
  }
});

const RACE: Race = {
  cpu: "AMD EPYC",
  busy: undefined,
  rounds: 3,
  pair: { vmas: 60, model: row(MAPLE, 400), kernel: row("kernel", 2_000) },
  absent: [{ name: "Rust BTreeMap", why: "Cannot build with rustc: it is not there" }],
  lists: [
    { trace: "one", operations: 1_234, results: [row(MAPLE, 40), row(KERNEL, 32), row("x", 80)] },
    { trace: "two", operations: 5, results: [row(MAPLE, 40), row(KERNEL, 50), row("x", 1_234)] },
  ],
};

function row(racer: string, least: number) {
  return { racer, least, median: least, first: 9 * least, hash: 1 };
}

Deno.test("race: README's text has the machine, every time with its ratio, and says who is ahead", () => {
  const text = markdown(RACE);
  assertStringIncludes(text, "On an AMD EPYC: nanoseconds an operation, the least of 3 turns");
  assertStringIncludes(text, "| **maple** ");
  assertStringIncludes(text, " 40.0 · 1.25 ");
  assertStringIncludes(text, " 1,234 · 25 ");
  assertStringIncludes(text, `Maple is on one behind ${KERNEL} (1.25).`);
  assertStringIncludes(text, "400 ns on maple, 2000 ns in the running kernel: 0.20.");
  assertStringIncludes(text, "Without Rust BTreeMap: Cannot build with rustc: it is not there.");
});

Deno.test("race: README's text goes between its two lines, and nowhere else", () => {
  const file = "a\n\n<!-- race -->\n\nold\n\n<!-- /race -->\n\nb\n";
  assertEquals(
    updated(file, "new"),
    "a\n\n<!-- race -->\n\nnew\n\n<!-- /race -->\n\nb\n",
  );
  assertThrows(() => updated("no lines", "new"), Unable, "without the line <!-- race -->");
});

Deno.test("race: JavaScript's libraries are compared with RangeMap on every workload", () => {
  const compared = compareLibraries(2, 60);
  assertEquals(compared.length, 8);
  for (const { ratios } of compared) {
    assertEquals(Object.keys(ratios), libraries().map(({ name }) => name));
    assert(Object.values(ratios).every((ratio) => ratio > 0 && Number.isFinite(ratio)));
  }
  const lines = librariesTable(compared).split("\n");
  assertEquals(lines.length, 2 + libraries().length);
  assertEquals(new Set(lines.map(({ length }) => length)).size, 1);
});

Deno.test("race: the range maps of boost and Guava give RangeMap's answers on every workload, or it is said why not", async () => {
  const { racers, absent } = await findNativeLibraries(() => {});
  assertEquals(racers.length + absent.length, 2);
  for (const { why } of absent) assert(why.startsWith("Cannot build with "), why);
  const extent = { ranges: 60, turns: 1, fraction: 0.01 };
  const compared = await compareNativeLibraries(racers, () => {}, extent);
  assertEquals(compared.length, 8);
  for (const { workload, ratios, equal } of compared) {
    assert(equal, workload);
    assertEquals(Object.keys(ratios), racers.map(({ name }) => name));
    assert(Object.values(ratios).every((ratio) => ratio > 0 && Number.isFinite(ratio)));
  }
});

Deno.test("race: a range map that answers like one without content is noticed on every workload", async () => {
  const wrong = { name: "wrong", command: ["sh", "-c", `echo '{"passes":[1,1],"hash":0}'`, "sh"] };
  const extent = { ranges: 60, turns: 1, fraction: 0.01 };
  const compared = await compareNativeLibraries([wrong], () => {}, extent);
  assertEquals(compared.filter(({ equal }) => equal).map(({ workload }) => workload), []);
});

Deno.test("race: without compilers, or without Guava, the range maps of other languages are absent with the reason", async () => {
  const compilers = { cpp: "no-such-g++", java: "no-such-javac", guava: "no-such.jar" };
  const without = async (tools: typeof compilers) => {
    const { racers, absent } = await findNativeLibraries(() => {}, tools);
    assertEquals(racers, []);
    return absent.map(({ why }) => why);
  };
  assertEquals(await without(compilers), [
    "Cannot build with no-such-g++: there is no no-such-g++ on this machine",
    "Cannot build with no-such-javac: there is no no-such-javac on this machine",
  ]);
  const [, guava] = await without({ ...compilers, java: "javac" });
  assertMatch(guava!, /^Cannot build with javac: /);
});
