/** Every command whose current folder has been deleted, or the one in which the user called it. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { TemporaryFolder } from "../../src/command/files.ts";
import { pathOf } from "../../src/command/paths.ts";
import { start, SUBJECTS } from "./subjects.ts";

/**
 * Runs before a command's own module, and deletes the folder in which it stands. (Deno itself starts in no folder that
 * is gone.)
 */
const DELETES = "Deno.removeSync(Deno.cwd());\n";

async function outcome(child: Deno.ChildProcess): Promise<{ code: number; said: string }> {
  const { code, stderr } = await child.output();
  return { code, said: new TextDecoder().decode(stderr) };
}

Deno.test({
  name: "every command: a current folder that has been deleted is one sentence and status 2",
  ignore: Deno.build.os !== "linux", // others do not delete a folder in which somebody stands
  fn: async () => {
    using folder = TemporaryFolder.create("maple-gone-");
    const preload = `${folder.path}/deletes.ts`;
    await Deno.writeTextFile(preload, DELETES);
    for (const subject of SUBJECTS) {
      const stood = `${folder.path}/stood`;
      await Deno.mkdir(stood);
      const child = start({ ...subject, inCheckout: false }, { folder: stood, preload });
      const { code, said } = await outcome(child);
      assertEquals([subject.name, code], [subject.name, 2], said);
      const sentence = "Cannot go on in the current folder: it has been deleted";
      assertEquals(said, `${subject.name}: ${sentence}\n`);
    }
  },
});

Deno.test("a command that was called in a folder that is gone reads no file of the checkout instead", async () => {
  using folder = TemporaryFolder.create("maple-gone-");
  const gone = `${folder.path}/gone`;
  const replay = SUBJECTS.find(({ name }) => name === "replay")!;
  const there = "traces/cc1-2022.jsonl.gz";
  assert((await Deno.stat(pathOf(there))).isFile);
  const child = start({ ...replay, args: [there], inCheckout: true }, {
    folder: folder.path,
    env: { INIT_CWD: gone },
  });
  const { code, said } = await outcome(child);
  assertEquals(code, 2);
  assertMatch(
    said,
    /^replay: Cannot go to the folder .*\/gone, in which it was called: it has been/,
  );
  assertEquals(said.trimEnd().split("\n").length, 1);
});
