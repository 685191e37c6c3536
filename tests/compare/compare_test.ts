import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Unable } from "../../src/command/unable.ts";
import { compare } from "../../src/compare/compare.ts";
import { compareWithFloors } from "../../src/history/floors.ts";
import { type Comparison, counterChanges, type Settings } from "../../src/compare/comparison.ts";
import { isRegression } from "../../src/compare/format.ts";
import { slowness } from "../slowness.ts";
import { Repository } from "./repository.ts";

/** Enough to see that everything works; much too little for a verdict. */
const SMOKE: Settings = { processes: 4, mostProcesses: 4, warmUp: 1, rounds: 3, batchMs: 0.05 };

function smoke(
  repository: Repository,
  base: string,
  names: readonly string[],
): Promise<Comparison> {
  const settings = SMOKE;
  return compare({ base, head: undefined, names, settings, repository: repository.folder });
}

Deno.test("compare: identical code answers and counts alike, and leaves nothing", async () => {
  await using repository = await Repository.withSuite();
  const result = await smoke(repository, "HEAD", ["cc1-replay", "cc1-tree", "find/60", "store/60"]);
  assertEquals(result.skipped, []);
  assertEquals(result.workloads.map(({ name }) => name), [
    "cc1-replay",
    "cc1-tree",
    "find/60",
    "store/60",
  ]);
  for (const it of result.workloads) {
    assertEquals([it.name, it.answersPart, it.countersPart], [it.name, undefined, undefined]);
    assertEquals(it.logRatios.length, SMOKE.processes);
    assert(it.nanoseconds.base > 0 && it.nanoseconds.head > 0);
  }
  assertEquals(await repository.worktrees(), []);
  assertEquals(await repository.git("status", "--porcelain"), "");
});

Deno.test("compare: an extra rewrite that costs no time is found by the counts, with its step", async () => {
  await using repository = await Repository.withSuite();
  await repository.commitChange(`
    override store(first: number, last: number, value: V | undefined): void {
      super.store(first, last, value);
      if (++this.calls % 512 === 0) super.store(first, last, value);
    }
  `);
  const { workloads: [it] } = await smoke(repository, "HEAD~1", ["store/60"]);
  // A tree is filled with 60 stores, and the 452nd that follows is the 512th.
  assertEquals(it!.countersPart?.step, 451);
  assertMatch(it!.countersPart!.description, /^(store|clear) 0x[\da-f]+-0x[\da-f]+$/);
  assertEquals(it!.answersPart, undefined);
  assert(counterChanges(it!).some(({ name, base, head }) => name === "rewritten" && head > base));
});

Deno.test("compare: an answer that changed is found, with its step, and is a regression", async () => {
  await using repository = await Repository.withSuite();
  await repository.commitChange(`
    override load(index: number): V | undefined {
      return ++this.calls === 1_000 ? undefined : super.load(index);
    }
  `);
  const result = await smoke(repository, "HEAD~1", ["load/60", "find/60"]);
  const parted = result.workloads.map(({ name, answersPart }) => [name, answersPart !== undefined]);
  assertEquals(parted, [["load/60", true], ["find/60", false]]);
  assertEquals(isRegression(result, 1), true);
});

Deno.test("compare: contents that changed are found where no step answers", async () => {
  await using repository = await Repository.withSuite();
  await repository.commitChange(`
    override store(first: number, last: number, value: V | undefined): void {
      super.store(first, ++this.calls === 5_000 ? last - 1 : last, value);
    }
  `);
  const { workloads: [it] } = await smoke(repository, "HEAD~1", ["build/10000"]);
  assertEquals(it!.answersPart !== undefined, true);
});

Deno.test("compare: a workload that the older side cannot do is named and skipped", async () => {
  await using repository = await Repository.withSuite();
  const whole = await Deno.readTextFile(`${repository.folder}/mod.ts`);
  await repository.write(
    "mod.ts",
    `export { MapleTree } from "./src/tree/maple_tree.ts";
export { MAX_INDEX } from "./src/tree/node_layout.ts";
`,
  );
  const old = await repository.commit("only the tree");
  await repository.write("mod.ts", whole);
  await repository.commit("everything");
  const { workloads, skipped } = await smoke(repository, old, ["cc1-replay", "find/60"]);
  assertEquals(workloads.map(({ name }) => name), ["find/60"]);
  assertEquals(skipped.map(({ name, side }) => [name, side]), [["cc1-replay", "base"]]);
  assertMatch(skipped[0]!.why, /^its mod\.ts does not export System, MmError/);
});

Deno.test("compare: an older side may export things under their former names", async () => {
  await using repository = await Repository.withSuite();
  const path = "src/replay/mod.ts";
  const whole = await Deno.readTextFile(`${repository.folder}/${path}`);
  const former = whole.replace(/\bcompileTrace,/, "compileTrace as prepare,")
    .replace(/\breplayUnchecked,/, "replayUnchecked as run,")
    .replace(/\{ System \}/, "{ System as Machine }");
  for (const name of ["prepare", "run", "Machine"]) {
    assertMatch(former, new RegExp(` as ${name}\\b`));
  }
  await repository.write(path, former);
  const old = await repository.commit("former names");
  await repository.write(path, whole);
  await repository.commit("today's names");
  const { workloads, skipped } = await smoke(repository, old, ["cc1-replay", "cc1-tree"]);
  assertEquals(workloads.map(({ name }) => name), ["cc1-replay", "cc1-tree"]);
  assertEquals(skipped, []);
});

Deno.test("compare: a method that the older side lacks is told as what it is", async () => {
  await using repository = await Repository.withSuite();
  await repository.commitChange(`
    override find(): never {
      throw new TypeError("tree.find is not a function");
    }
  `);
  const old = await repository.git("rev-parse", "HEAD");
  await repository.git("checkout", "-q", "HEAD~1");
  const { workloads, skipped } = await smoke(repository, old, ["find/60", "load/60"]);
  assertEquals(workloads.map(({ name }) => name), ["load/60"]);
  assertEquals(skipped.map(({ name, side }) => [name, side]), [["find/60", "base"]]);
});

Deno.test("compare: a side compared with itself makes this machine's floor", async () => {
  await using repository = await Repository.withSuite();
  const request = { names: ["find/60"], settings: SMOKE, repository: repository.folder };
  const self = await compareWithFloors({
    ...request,
    base: "HEAD",
    head: "HEAD",
    keepsFloor: true,
  });
  const { interval, floor } = self.workloads[0]!;
  assertEquals(floor, Math.max(interval.high, 1 / interval.low) - 1);
  const more = { ...request, names: ["find/60", "load/60"] };
  const later = await compareWithFloors({ ...more, base: "HEAD", head: undefined });
  assertEquals(later.workloads.map((it) => it.floor), [floor, undefined]);
  const stranger = await compareWithFloors({
    ...request,
    base: "HEAD",
    head: "HEAD",
    machine: "another",
  });
  assertEquals(stranger.workloads[0]!.floor, undefined);
});

Deno.test("compare: stopping in the middle leaves nothing", async () => {
  await using repository = await Repository.withSuite();
  const controller = new AbortController();
  const settings = { ...SMOKE, rounds: 100_000 };
  let root = "";
  const running = compare({
    base: "HEAD",
    head: undefined,
    names: ["find/60"],
    settings,
    repository: repository.folder,
    signal: controller.signal,
    onProgress: async ({ what }) => {
      if (!what.startsWith("process")) return;
      root = (await repository.worktrees())[0]!.replace(/\/base$/, "");
      controller.abort();
    },
  });
  await assertRejects(() => running);
  assertMatch(root, /maple-compare-/);
  await assertRejects(() => Deno.stat(root), Deno.errors.NotFound);
  assertEquals(await repository.worktrees(), []);
});

Deno.test("compare: a side that never ends is told with what it was doing", async () => {
  await using repository = await Repository.withSuite();
  await repository.commitChange(`
    override load(index: number): V | undefined {
      while (++this.calls > 100);
      return super.load(index);
    }
  `);
  const { folder } = repository;
  const seconds = 3 * Math.ceil(await slowness());
  const request = { settings: SMOKE, repository: folder, limitMs: 1000 * seconds };
  await assertRejects(
    () => compare({ ...request, names: ["load/60"], base: "HEAD~1", head: "HEAD" }),
    Unable,
    `Cannot measure: it takes more than ${seconds} s to run load/60 of the head`,
  );
  assertEquals(await repository.worktrees(), []);
});

Deno.test("compare: a side that does not parse is told with its file", async () => {
  await using repository = await Repository.withSuite();
  await repository.write("src/tree/store.ts", "export const = 1;\n");
  await repository.commit("a slip");
  const error = await assertRejects(
    () =>
      compare({
        base: "HEAD~1",
        head: "HEAD",
        names: ["load/60"],
        settings: SMOKE,
        repository: repository.folder,
      }),
    Unable,
  );
  assertMatch(
    error.message,
    /^Cannot measure: [^\n]*the head does not load: [^\n]*src\/tree\/store\.ts:1/,
  );
  assertEquals(error.message.includes(repository.folder), false);
});

Deno.test("compare: folders with a blank, a quote and a percent sign are folders like any other", async () => {
  await using repository = await Repository.withSuite("my kernel's 100%41 tree");
  const { workloads } = await smoke(repository, "HEAD", ["load/60"]);
  assertEquals(workloads.map(({ name }) => name), ["load/60"]);
  assertEquals(await repository.worktrees(), []);
});
