/**
 * Where a kernel's source comes from: tarballs, folders of any name, revisions of a checkout; and trees that cannot be
 * used. What needs a real tree is skipped where there is none, or no compiler.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { execute, Unable } from "../../src/command/command.ts";
import { git, GitError } from "../../src/compare/git.ts";
import { build } from "../../src/kernel/build.ts";
import { exists } from "../../src/kernel/cache.ts";
import { withBuilds } from "../../src/kernel/race/builds.ts";
import { withRevision } from "../../src/kernel/race/revision.ts";
import { race } from "../../src/kernel/race/race.ts";
import { featuresOf } from "../../src/kernel/features.ts";
import { findSource } from "../../src/kernel/source.ts";
import { CHECK, runCheck } from "../kernel_check/command.ts";
import { openTarget, refuseUnknownShape } from "../kernel_check/target.ts";
import { atStartOf, missing, newestSource, plantedAt } from "./planting.ts";

const why = await missing();

/** A test in a folder of its own. */
function sourceTest(
  name: string,
  needsTree: boolean,
  act: (folder: string) => Promise<void>,
): void {
  const isSkipped = needsTree && why !== undefined;
  Deno.test({
    name: `kernel: ${name}${isSkipped ? ` (skipped: ${why})` : ""}`,
    ignore: isSkipped || Deno.build.os !== "linux",
    fn: async () => {
      const folder = await Deno.makeTempDir({ prefix: "maple-kernel-source-" });
      try {
        await act(folder);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

/** A name that a shell, the preprocessor and git would each trip over. */
const NAME = `my kernel's "tree" $HOME`;

const MAKEFILE = "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 3\n";

/** What a tarball of a kernel holds, and a file that no build needs. */
async function packed(folder: string, more = ""): Promise<string> {
  const tree = `${folder}/linux-6.12.3`;
  for (const part of ["lib", "drivers"]) await Deno.mkdir(`${tree}/${part}`, { recursive: true });
  await Deno.writeTextFile(`${tree}/Makefile`, MAKEFILE);
  await Deno.writeTextFile(`${tree}/lib/maple_tree.c`, `/* a tree */\n${more}`);
  await Deno.writeTextFile(`${tree}/drivers/large.c`, "/* a driver */\n");
  const tarball = `${folder}/my linux.tar.gz`;
  const args = ["-czf", tarball, "-C", folder, "linux-6.12.3"];
  assert((await new Deno.Command("tar", { args }).output()).success);
  return tarball;
}

for (const more of [[], ["--vma"]]) {
  const command = ["kernel check", ...more, "--only"].join(" ");
  sourceTest(
    `${command}: a name that nothing has is no check that found nothing`,
    true,
    async () => {
      assertEquals(await execute(CHECK, runCheck, [...more, "--only", "no such stream"]), 2);
    },
  );
}

sourceTest("of a tarball what a build needs is unpacked, once", false, async (folder) => {
  const tarball = await packed(folder);
  const source = await findSource(tarball);
  assertEquals([source.name, source.version], [tarball, "6.12.3"]);
  assert(await exists(`${source.folder}/lib/maple_tree.c`));
  assert(!await exists(`${source.folder}/drivers`));
  assertEquals((await findSource(tarball)).folder, source.folder);
  await packed(folder, "int changed;\n");
  const changed = await findSource(tarball);
  assertNotEquals(changed.folder, source.folder);
  for (const each of [source, changed]) await Deno.remove(each.folder, { recursive: true });
});

sourceTest("what is no kernel's source is refused in one sentence", false, async (folder) => {
  const broken = `${folder}/broken.tar.xz`;
  await Deno.writeTextFile(broken, "this is no tarball");
  await assertRejects(() => findSource(broken), Unable, `Cannot unpack ${broken}`);
  await assertRejects(() => findSource(folder), Unable, "it holds no Makefile of a Linux kernel");
  await assertRejects(() => findSource(`${folder}/none`), Unable, "Cannot find");
  await Deno.writeTextFile(`${folder}/Makefile`, "VERSION = 5\nPATCHLEVEL = 10\n");
  await assertRejects(() => findSource(folder), Unable, "Linux 5.10 has no lib/maple_tree.c");
});

sourceTest("--shape is refused from 7.2 on, before anything is built", true, async (folder) => {
  const rename = (code: string) => code.replaceAll("maple_big_node", "maple_large_node");
  const edits = { "lib/maple_tree.c": rename };
  const tree = await plantedAt(await newestSource(), `${folder}/7.2`, edits);
  assertEquals(await execute(CHECK, runCheck, ["--source", tree.folder, "--shape"]), 2);
  const features = await featuresOf(tree);
  assertThrows(() => refuseUnknownShape(tree, features), Unable, "since Linux 7.2 the tree splits");
});

sourceTest(
  "a tree that does not compile ends with the compiler's first error",
  true,
  async (folder) => {
    const edits = { "lib/maple_tree.c": atStartOf("mtree_load", "my_mistake++;") };
    const tree = await plantedAt(await newestSource(), `${folder}/${NAME}`, edits);
    const error = await assertRejects(() => build(tree), Unable);
    assert(error.message.startsWith(`Cannot build lib/maple_tree.c of ${tree.folder} (Linux `));
    assertMatch(error.message, /lib\/maple_tree\.c:\d+:\d+: error: .*my_mistake/);
    assertEquals(error.message.split("\n").length, 1);
  },
);

sourceTest(
  "a tree with the nodes of 32-bit machines is refused with what its nodes are",
  true,
  async (folder) => {
    const narrow = (code: string) =>
      code.replace(/#if defined\(CONFIG_64BIT\)[^\n]*/, "#if 0 /* as on 32-bit machines */");
    const asIs = (code: string) => code;
    const tree = await plantedAt(await newestSource(), `${folder}/narrow`, {
      "include/linux/maple_tree.h": narrow,
      // They include the header above by a path from where they are.
      "tools/testing/shared/linux/maple_tree.h": asIs,
      "tools/testing/radix-tree/linux/maple_tree.h": asIs,
    });
    const built = await build(tree);
    await assertRejects(
      () => openTarget(built, { limitMs: 10_000, shape: false }),
      Unable,
      "Maple's have 256 bytes, 16 and 10 slots and 64-bit indices",
    );
    await Deno.remove(built.program);
  },
);

/**
 * A checkout whose first commit has a slower mtree_load() than the second, and whose working tree has another change.
 */
async function checkout(folder: string): Promise<string> {
  const source = await newestSource();
  const tree = `${folder}/${NAME}`;
  await plantedAt(source, tree, {
    "lib/maple_tree.c": atStartOf("mtree_load", "barrier();"),
  });
  const run = (...args: string[]) => git("prepare a checkout", args, { cwd: tree });
  const commit = async () => {
    await run("add", "-A");
    const person = ["-c", "user.name=Test", "-c", "user.email=test@example.org"];
    await run(...person, "commit", "-q", "--no-gpg-sign", "-m", "a commit");
  };
  await run("init", "-q");
  await commit();
  const code = await Deno.readTextFile(`${source.folder}/lib/maple_tree.c`);
  await Deno.writeTextFile(`${tree}/lib/maple_tree.c`, `/* second */\n${code}`);
  await commit();
  const changed = atStartOf("mtree_load", "barrier(); barrier();")(code);
  await Deno.writeTextFile(`${tree}/lib/maple_tree.c`, changed);
  return tree;
}

sourceTest(
  "race --source --slab: a revision against the working tree, in a folder with blanks and quotes",
  true,
  async (folder) => {
    const tree = await checkout(folder);
    const request = { base: "HEAD~1", head: undefined, checkout: tree, slab: true };
    const settings = { processes: 4, mostProcesses: 4, warmUp: 1, rounds: 2, batchMs: 0.1 };
    const programs = await withBuilds(request, async (base, head) => {
      const names = ["load/60"];
      const { comparison } = await race({ base, head, names, settings });
      assertEquals([comparison.base.name, comparison.head.name], ["HEAD~1", tree]);
      assertEquals(comparison.workloads[0]?.answersPart, undefined);
      return [base.program, head.program];
    });
    for (const program of programs) assertMatch(program, /\/library-slab-[0-9a-f]+$/);
    // Wherever a revision is checked out, it is the same build.
    await withBuilds({ ...request, head: "HEAD~1" }, (...builds) => {
      assertEquals(builds.map(({ program }) => program), [programs[0]!, programs[0]!]);
      assert(builds.every(({ isCached }) => isCached));
      return Promise.resolve();
    });
    assertNotEquals(programs[0], programs[1]);
    const left = await git("list worktrees", ["worktree", "list"], { cwd: tree });
    assertEquals(left.split("\n").length, 1);
    for (const program of programs) await Deno.remove(program);
  },
);

sourceTest(
  "race --source: revisions are what they were, and one that is not there is said",
  true,
  async (folder) => {
    const tree = await checkout(folder);
    assert(!await withRevision(tree, "HEAD", isChanged));
    const unknown = { base: "no-such-revision", head: undefined, checkout: tree, slab: false };
    const none = () => withBuilds(unknown, () => Promise.resolve());
    await assertRejects(none, GitError, `Cannot find no-such-revision in ${tree}`);
  },
);

/** True if what was checked out is the working tree, not a revision. */
async function isChanged(folder: string): Promise<boolean> {
  const code = await Deno.readTextFile(`${folder}/lib/maple_tree.c`);
  return code.includes("barrier(); barrier();");
}
