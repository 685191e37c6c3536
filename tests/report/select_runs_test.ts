import { assertEquals, assertRejects } from "@std/assert";
import { Unable } from "../../src/command/unable.ts";
import { appendLine } from "../../src/history/history.ts";
import { selectRuns } from "../../src/report/select_runs.ts";
import { Repository } from "../compare/repository.ts";
import { benchLine, floorLine, LAPTOP, SERVER } from "../compare/samples.ts";

Deno.test("selectRuns: those of the machine that saved last, with the base of its latest", async () => {
  await using repository = await Repository.create();
  const { folder } = repository;
  await repository.write("file", "1");
  await repository.commit("first");
  await assertRejects(() => selectRuns("", folder), Unable, "Nothing is saved yet");
  const elsewhere = { ...benchLine(LAPTOP, 2), base: "b".repeat(40) };
  const lines = [benchLine(LAPTOP, 1), benchLine(SERVER, 3), elsewhere, benchLine(LAPTOP, 4)];
  for (const line of lines) await appendLine(line, folder);
  await appendLine(floorLine(SERVER, {}), folder);
  assertEquals(await selectRuns("", folder), [lines[0], lines[3]]);
  assertEquals(await selectRuns("server", folder), [lines[1]]);
  await assertRejects(() => selectRuns("desktop", folder), Unable, "Nothing is saved yet");
});
