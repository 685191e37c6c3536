/** `deno task race`: whoever can be built here gives the same answers. */

import { assert, assertEquals } from "@std/assert";
import { pathOf } from "../../src/command/paths.ts";

const MAIN = pathOf("bench/race/main.ts");

async function race(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P=race", MAIN, ...args],
    cwd: pathOf(""),
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

Deno.test("race: all racers give the same answers, and whoever is absent is named with the reason", async () => {
  const { code, out, err } = await race("--rounds", "1", "--json", "cc1-hello");
  assertEquals(code, 0, err);
  const { lists, absent } = JSON.parse(out);
  assertEquals(lists.length, 1);
  const results: { racer: string; hash: number; least: number }[] = lists[0].results;
  assertEquals(results.slice(0, 2).map(({ racer }) => racer), ["maple", "sorted Float64Array"]);
  assertEquals(new Set(results.map(({ hash }) => hash)).size, 1);
  assert(results.every(({ least }) => least > 0));
  assertEquals(results.length + absent.length, 6);
  for (const { why } of absent) assert(why.startsWith("Cannot "), why);
});

Deno.test("race: a trace that is not there is one sentence", async () => {
  const { code, err } = await race("no-such-trace");
  assertEquals([code, err.trim().split("\n").length], [2, 1]);
});
