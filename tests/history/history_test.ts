import { assertEquals } from "@std/assert";
import {
  appendLine,
  floorsOf,
  linesOf,
  parseHistory,
  readHistory,
} from "../../src/history/history.ts";
import { Repository } from "../compare/repository.ts";
import { benchLine, floorLine, LAPTOP, SERVER } from "../compare/samples.ts";

async function oneCommit(): Promise<Repository> {
  const repository = await Repository.create();
  await repository.write("mod.ts", "export {};\n");
  await repository.commit("first");
  return repository;
}

/** Puts a text in place of the history, as a program that was cut off would have left it. */
async function replaceHistory(repository: Repository, text: string): Promise<void> {
  await repository.write("history.jsonl", text);
  const blob = await repository.git("hash-object", "-w", "history.jsonl");
  await repository.git("update-index", "--add", "--cacheinfo", `100644,${blob},history.jsonl`);
  const tree = await repository.git("write-tree");
  await repository.git("reset", "-q");
  await Deno.remove(`${repository.folder}/history.jsonl`);
  const commit = await repository.git("commit-tree", tree, "-m", "cut off");
  await repository.git("update-ref", "refs/heads/maple-history", commit);
}

Deno.test("readHistory: empty before anything was saved", async () => {
  await using repository = await oneCommit();
  assertEquals(await readHistory(repository.folder), { lines: [], damaged: 0 });
});

Deno.test("appendLine: lines come back in order, and the working tree stays as it is", async () => {
  await using repository = await oneCommit();
  const lines = [
    benchLine(LAPTOP, 1),
    floorLine(LAPTOP, { "find/60": 0.01 }),
    benchLine(SERVER, 2),
  ];
  for (const line of lines) await appendLine(line, repository.folder);
  assertEquals(await readHistory(repository.folder), { lines, damaged: 0 });
  assertEquals(await repository.git("status", "--porcelain"), "");
  assertEquals(await repository.git("branch", "--show-current"), "main");
  assertEquals(await repository.git("ls-tree", "--name-only", "maple-history"), "history.jsonl");
});

Deno.test("appendLine: each line is a commit on top of the one before, and shares none with the code", async () => {
  await using repository = await oneCommit();
  for (const number of [1, 2, 3]) await appendLine(benchLine(LAPTOP, number), repository.folder);
  assertEquals(await repository.git("rev-list", "--count", "maple-history"), "3");
  assertEquals(await repository.git("rev-list", "--count", "maple-history", "--not", "main"), "3");
});

Deno.test("appendLine: of many who append at once none loses a line", async () => {
  await using repository = await oneCommit();
  const numbers = Array.from({ length: 6 }, (_, number) => number);
  await Promise.all(numbers.map((n) => appendLine(benchLine(LAPTOP, n), repository.folder)));
  const { lines } = await readHistory(repository.folder);
  const commits = lines.map(({ commit }) => Number.parseInt(commit.slice(0, 4), 16)).sort((a, b) =>
    a - b
  );
  assertEquals(commits, numbers);
});

Deno.test("appendLine: a crash before the branch moves loses that line and no other", async () => {
  await using repository = await oneCommit();
  await appendLine(benchLine(LAPTOP, 1), repository.folder);
  // All that a crashed writer can leave: objects that nothing refers to.
  await repository.write("half.jsonl", "{}\n");
  await repository.git("hash-object", "-w", "half.jsonl");
  await appendLine(benchLine(LAPTOP, 2), repository.folder);
  const { lines, damaged } = await readHistory(repository.folder);
  assertEquals([lines.length, damaged], [2, 0]);
});

Deno.test("readHistory: a line cut off is left out and counted, and the next one is whole", async () => {
  await using repository = await oneCommit();
  const whole = JSON.stringify(benchLine(LAPTOP, 1));
  await replaceHistory(repository, `${whole}\n${whole.slice(0, 100)}`);
  await appendLine(benchLine(LAPTOP, 2), repository.folder);
  const { lines, damaged } = await readHistory(repository.folder);
  assertEquals(lines, [benchLine(LAPTOP, 1), benchLine(LAPTOP, 2)]);
  assertEquals(damaged, 1);
});

Deno.test("readHistory: a line of another version is left out", async () => {
  await using repository = await oneCommit();
  await replaceHistory(repository, `${JSON.stringify({ ...benchLine(LAPTOP, 1), version: 2 })}\n`);
  assertEquals(await readHistory(repository.folder), { lines: [], damaged: 1 });
});

Deno.test("readHistory: a clone has the history of its origin, and goes on from it", async () => {
  await using origin = await oneCommit();
  await appendLine(benchLine(LAPTOP, 1), origin.folder);
  await using clone = await Repository.create();
  await clone.git("remote", "add", "origin", origin.folder);
  await clone.git("fetch", "-q", "origin");
  assertEquals((await readHistory(clone.folder)).lines.length, 1);
  await appendLine(benchLine(SERVER, 2), clone.folder);
  assertEquals((await readHistory(clone.folder)).lines.length, 2);
  assertEquals((await readHistory(origin.folder)).lines.length, 1);
});

Deno.test("linesOf: only those of the machine", async () => {
  await using repository = await oneCommit();
  await appendLine(benchLine(LAPTOP, 1), repository.folder);
  await appendLine(benchLine(SERVER, 2), repository.folder);
  const history = await readHistory(repository.folder);
  assertEquals(linesOf(history, SERVER), [benchLine(SERVER, 2)]);
});

Deno.test("floorsOf: the worst of the latest five runs of this machine", () => {
  const runs = [9, 1, 2, 3, 2, 1].map((percent) => floorLine(LAPTOP, { find: percent / 100 }));
  const lines = [...runs, floorLine(SERVER, { find: 0.5 })];
  assertEquals(floorsOf({ lines, damaged: 0 }, LAPTOP), new Map([["find", 0.03]]));
});

Deno.test("parseHistory: a line that lacks a part, or has it of another kind, is damaged", () => {
  const bench = benchLine(LAPTOP, 1);
  const floor = floorLine(LAPTOP, { "find/60": 0.01 });
  const damaged: unknown[] = [
    null,
    7,
    [],
    { ...bench, kind: "other" },
    { ...floor, kind: "bench" },
    { ...bench, kind: "floor" },
    { ...bench, version: "1" },
    { ...bench, machine: null },
    { ...bench, workloads: [null] },
    { ...bench, workloads: [{ ...bench.workloads[0], interval: 1 }] },
    { ...bench, peers: {} },
    { ...bench, shapes: [{ ranges: 60 }] },
    { ...floor, floors: { "find/60": "0.01" } },
    { ...floor, commit: 1 },
    { version: 1 },
    { kind: "bench" },
  ];
  const text = damaged.map((line) => `${JSON.stringify(line)}\n`).join("");
  assertEquals(parseHistory(text), { lines: [], damaged: damaged.length });
  const whole = [bench, floor].map((line) => JSON.stringify(line)).join("\n");
  assertEquals(parseHistory(`${whole}\n${text}`), {
    lines: [bench, floor],
    damaged: damaged.length,
  });
});

Deno.test("floorsOf: the farthest of the latest five runs of this machine", () => {
  const runs = [0.9, 0.01, 0.05, 0.02, 0.01, 0.03].map((floor) => {
    return floorLine(LAPTOP, { "find/60": floor });
  });
  const others = [floorLine(SERVER, { "find/60": 0.5, "load/60": 0.5 })];
  const floors = floorsOf({ lines: [...runs, ...others], damaged: 0 }, LAPTOP);
  assertEquals([...floors], [["find/60", 0.05]]);
});
