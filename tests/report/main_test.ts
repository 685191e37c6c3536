import { assert, assertEquals, assertMatch } from "@std/assert";
import { thisHost } from "../../src/compare/host.ts";
import { appendLine } from "../../src/history/history.ts";
import { outcome, smallRepository } from "../compare/running.ts";
import { benchLine } from "../compare/samples.ts";

Deno.test("report: writes the runs of the machine that saved last", async () => {
  await using repository = await smallRepository();
  const nothing = await outcome(repository, "src/report/main.ts");
  assertEquals(nothing.code, 2);
  assertMatch(nothing.stderr, /^report: Nothing is saved yet[^\n]*\n$/);
  await appendLine(benchLine(thisHost("here"), 1), repository.folder);
  await appendLine(benchLine(thisHost("there"), 2), repository.folder);
  const { code, stdout } = await outcome(repository, "src/report/main.ts", "out.html");
  assertEquals(code, 0);
  assertMatch(stdout, /^out\.html: 1 runs? on there,/);
  const html = await Deno.readTextFile(`${repository.folder}/out.html`);
  assert(html.includes("Change &lt;number&gt; 2") && !html.includes("Change &lt;number&gt; 1 "));
  const unwritable = await outcome(repository, "src/report/main.ts", "no/such/folder/out.html");
  assertEquals([unwritable.code, unwritable.stdout], [2, ""]);
});
