import { assert, assertEquals, assertRejects } from "@std/assert";
import { Unable } from "../../src/command/command.ts";
import { GitError } from "../../src/compare/git.ts";
import { OVERLAY, type Sides, withSides } from "../../src/compare/worktree.ts";
import { ROOT } from "../../src/command/paths.ts";
import { Repository } from "./repository.ts";

const OLD = "export const answer = 1;\n";
const NEW = "export const answer = 2;\n";

/** Imports and re-exports of files, static and dynamic. */
const IMPORT = /(?:import|export) (type )?[^;]*?from "(\.[^"]+)"|import\(\s*"(\.[^"]+)"/g;

async function twoCommits(): Promise<Repository> {
  const repository = await Repository.create();
  await repository.write("mod.ts", OLD);
  await repository.commit("old");
  await repository.write("mod.ts", NEW);
  await repository.commit("new");
  return repository;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function assertNothingLeft(repository: Repository, sides: Sides | undefined): Promise<void> {
  assertEquals(await repository.worktrees(), []);
  if (sides !== undefined) assert(!await exists(sides.root), `${sides.root} is still there`);
}

Deno.test("withSides: each side is its commit, and nothing is left", async () => {
  await using repository = await twoCommits();
  let seen: Sides | undefined;
  await withSides(
    { base: "HEAD~1", head: "HEAD", repository: repository.folder },
    async (sides) => {
      seen = sides;
      assertEquals(await Deno.readTextFile(`${sides.base.folder}/mod.ts`), OLD);
      assertEquals(await Deno.readTextFile(`${sides.head.folder}/mod.ts`), NEW);
      assertEquals((await repository.worktrees()).length, 2);
      assertEquals(sides.base.commit, await repository.git("rev-parse", "HEAD~1"));
    },
  );
  await assertNothingLeft(repository, seen);
});

Deno.test("withSides: both sides get the workloads of the suite that runs", async () => {
  await using repository = await twoCommits();
  await withSides(
    { base: "HEAD~1", head: "HEAD", repository: repository.folder },
    async (sides) => {
      for (const { folder } of [sides.base, sides.head]) {
        assert(await exists(`${folder}/src/compare/workloads/prepare.ts`));
        assert(await exists(`${folder}/bench/workloads.ts`));
      }
    },
  );
});

Deno.test("withSides: the working tree comes with its changes, without what git ignores", async () => {
  await using repository = await twoCommits();
  await repository.write(".gitignore", "src/junk.ts\n");
  await repository.write("src/gone.ts", "export {};\n");
  await repository.commit("more files");
  await repository.write("mod.ts", "export const answer = 3;\n");
  await repository.write("src/added.ts", "export {};\n");
  await repository.write("src/junk.ts", "export {};\n");
  await Deno.remove(`${repository.folder}/src/gone.ts`);
  const request = { base: "HEAD", head: undefined, repository: repository.folder };
  await withSides(request, async ({ head }) => {
    assertEquals(head.isDirty, true);
    assertEquals(await Deno.readTextFile(`${head.folder}/mod.ts`), "export const answer = 3;\n");
    assert(await exists(`${head.folder}/src/added.ts`));
    assert(!await exists(`${head.folder}/src/junk.ts`));
    assert(!await exists(`${head.folder}/src/gone.ts`));
  });
});

Deno.test("withSides: nothing is left when measuring fails", async () => {
  await using repository = await twoCommits();
  let seen: Sides | undefined;
  const request = { base: "HEAD~1", head: "HEAD", repository: repository.folder };
  await assertRejects(
    () =>
      withSides(request, (sides) => {
        seen = sides;
        throw new Error("on purpose");
      }),
    Error,
    "on purpose",
  );
  await assertNothingLeft(repository, seen);
});

Deno.test("withSides: a worktree half made is forgotten too", async () => {
  await using repository = await twoCommits();
  const controller = new AbortController();
  const { signal } = controller;
  const running = withSides(
    { base: "HEAD~1", head: "HEAD", repository: repository.folder, signal },
    () => Promise.resolve(),
  );
  setTimeout(() => controller.abort(), 15);
  await running.catch(() => {}); // whether it was in time does not matter here
  await assertNothingLeft(repository, undefined);
});

Deno.test("withSides: an unknown commit is named", async () => {
  await using repository = await twoCommits();
  const request = { base: "no-such-commit", head: "HEAD", repository: repository.folder };
  const never = () => Promise.reject(new Error("must not come here"));
  await assertRejects(() => withSides(request, never), Unable, "no-such-commit");
  const option = { ...request, base: "--all" };
  await assertRejects(() => withSides(option, never), Unable, "--all");
});

Deno.test("withSides: a commit without mod.ts is named", async () => {
  await using repository = await Repository.create();
  await repository.write("readme", "nothing here\n");
  await repository.commit("empty");
  const request = { base: "HEAD", head: "HEAD", repository: repository.folder };
  await assertRejects(
    () => withSides(request, () => Promise.resolve()),
    Unable,
    "Cannot measure HEAD: it has no mod.ts",
  );
  await assertNothingLeft(repository, undefined);
});

Deno.test("withSides: outside of a repository git's reason is told", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const request = { base: "HEAD", head: undefined, repository: folder };
    await assertRejects(
      () => withSides(request, () => Promise.resolve()),
      GitError,
      "Cannot find the repository: not a git repository",
    );
  } finally {
    await Deno.remove(folder);
  }
});

Deno.test("overlay: what measures a side imports nothing of it but mod.ts and what is laid over it", async () => {
  const entries = ["side.ts", "count_instructions.ts"].map((file) => `src/compare/worker/${file}`);
  const strangers: string[] = [];
  const seen = new Set(entries);
  for (const file of seen) {
    const text = await Deno.readTextFile(`${ROOT}${file}`);
    for (const [, isType, fixed, late] of text.matchAll(IMPORT)) {
      const url = new URL(fixed ?? late!, `file:///${file}`).pathname.slice(1);
      if (isType !== undefined || url === "mod.ts") continue;
      if (OVERLAY.some((part) => url === part || url.startsWith(`${part}/`))) seen.add(url);
      else strangers.push(`${file} imports ${url}`);
    }
  }
  assert(seen.has("bench/names.ts"), "the walk found the workloads");
  assertEquals(strangers, []);
});
