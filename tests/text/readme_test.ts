/**
 * What the README shows of `import` and `explain` is what they print.
 *
 * @module
 */

import { assert } from "@std/assert";

const README = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));
const ROOT = new URL("../..", import.meta.url);

/** The blocks that show a command with its output. */
function shown(): { command: string; lines: string[] }[] {
  return [...README.matchAll(/```\n\$ (deno task (?:import|explain) .*)\n([^`]*)```/g)].map((
    match,
  ) => ({
    command: match[1]!,
    lines: match[2]!.trimEnd().split("\n"),
  }));
}

Deno.test("README: every output of import and explain is a real one", async () => {
  const blocks = shown();
  assert(blocks.length >= 3);
  for (const { command, lines } of blocks) {
    const [, , task = "", ...args] = command.split(" ");
    const out = Deno.makeTempFileSync({ suffix: ".jsonl.gz" });
    const replaced = args.map((arg) => arg === "t.jsonl.gz" ? out : arg);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "-q", task, ...replaced],
      cwd: ROOT,
    }).output();
    Deno.removeSync(out);
    const printed = new TextDecoder().decode(stdout).replaceAll(out, "t.jsonl.gz").split("\n");
    for (const line of lines) assert(line === "…" || printed.includes(line), `${command}: ${line}`);
  }
});
