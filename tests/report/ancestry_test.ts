import { assertEquals } from "@std/assert";
import { thisHost } from "../../src/compare/host.ts";
import type { BenchLine } from "../../src/history/history.ts";
import { byAncestry } from "../../src/report/ancestry.ts";
import { Repository } from "../compare/repository.ts";
import { benchLine } from "../compare/samples.ts";

/** A saved run of a commit. */
function run(commit: string, number: number, isDirty = false): BenchLine {
  return { ...benchLine(thisHost("here"), number), commit, isDirty };
}

Deno.test("byAncestry: an older commit that was measured later stands to the left", async () => {
  await using repository = await Repository.create();
  const commits: string[] = [];
  for (const text of ["1", "2", "3"]) {
    await repository.write("file", text);
    commits.push(await repository.commit(text));
  }
  const [first, second, third] = commits;
  const stranger = "f".repeat(40);
  const saved = [
    run(third!, 1),
    run(second!, 2, true),
    run(stranger, 3),
    run(first!, 4),
    run(second!, 5),
    run("not an id", 6),
    run(second!, 7, true),
    run(first!, 8, true),
    run(first!, 9),
    run(stranger, 10, true),
    run(stranger, 11),
  ];
  const ordered = await byAncestry(saved, repository.folder);
  assertEquals(ordered.map(({ subject }) => Number(/\d+/.exec(subject)![0])), [
    3,
    6,
    10,
    11,
    4,
    9,
    8,
    5,
    2,
    7,
    1,
  ]);
});

Deno.test("byAncestry: without any commit of this repository the runs stay as they were saved", async () => {
  await using repository = await Repository.create();
  await repository.write("file", "1");
  await repository.commit("1");
  const saved = [run("b".repeat(40), 1), run("a".repeat(40), 2)];
  assertEquals(await byAncestry(saved, repository.folder), saved);
});
