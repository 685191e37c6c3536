import { fileURLToPath } from "node:url";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { plant, ROOT } from "../canaries/build.ts";
import { CANARIES } from "../../src/faults/catalogue.ts";
import { present } from "../present.ts";

const TRACE = fileURLToPath(new URL("traces/cc1-2022.jsonl.gz", ROOT));

/** Runs the command of a build; its exit status and what it printed. */
async function run(root: URL, ...args: string[]): Promise<{ code: number; out: string }> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "--no-check", "--allow-read"],
      ...["--config", fileURLToPath(new URL("deno.json", ROOT))],
      new URL("src/replay/main.ts", root).href,
      ...args,
    ],
    stderr: "inherit",
  }).output();
  return { code, out: new TextDecoder().decode(stdout) };
}

Deno.test("replay: a build that breaks a rule is told in a sentence, and --bisect names the step", async () => {
  const canary = present(CANARIES.find(({ name }) => name === "stale slot kept"));
  const folder = await Deno.makeTempDir({ prefix: "maple-replay-" });
  try {
    const root = await plant(folder, canary.patches);
    for (const options of [[], ["--validate"]]) {
      const broken = await run(root, ...options, TRACE);
      assertEquals(broken.code, 1);
      assertStringIncludes(broken.out, `${TRACE}: Invariant broken in node `);
      assertEquals(broken.out.trimEnd().split("\n").length, 2);
    }
    const bisected = await run(root, "--bisect", TRACE);
    assertEquals(bisected.code, 1);
    assertStringIncludes(bisected.out, "first fault after step ");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("replay: --bisect finds nothing in a sound build", async () => {
  assertEquals(await run(ROOT, "--bisect", TRACE), {
    code: 0,
    out: `${TRACE}: no rule is broken\n`,
  });
});
