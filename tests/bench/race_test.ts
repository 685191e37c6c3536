/** `deno task race`: whoever can be built here gives the same answers. */

import { assert, assertEquals, assertMatch } from "@std/assert";
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
  assertEquals(results.length + absent.length, 6);
  for (const { why } of absent) assert(why.startsWith("Cannot "), why);
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
