import { assertEquals, assertMatch } from "@std/assert";
import { thisHost } from "../../src/compare/host.ts";
import { appendLine } from "../../src/history/history.ts";
import { outcome, smallRepository } from "../compare/running.ts";
import { benchLine } from "../compare/samples.ts";

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
