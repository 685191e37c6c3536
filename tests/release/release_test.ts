/** What keeps a checkout from being released. */

import { assertEquals } from "@std/assert";
import { parseChangelog } from "../../src/release/changelog.ts";
import { readProject, ROOT } from "../../src/release/project.ts";

Deno.test("changelog: versions with their dates and texts, newest first", () => {
  const text =
    `# Changelog\n\nWords.\n\n## 1.1.0 - unreleased\n\n- a\n- b\n\n## 1.0.0 - 2026-11-25\n\n- c\n`;
  assertEquals(parseChangelog(text), [
    { version: "1.1.0", date: undefined, text: "- a\n- b" },
    { version: "1.0.0", date: "2026-11-25", text: "- c" },
  ]);
  assertEquals(parseChangelog("# Changelog\n\n## Soon\n\n- a\n"), []);
});

Deno.test("changelog: it begins with the version of deno.json", async () => {
  const [latest] = parseChangelog(await Deno.readTextFile(new URL("CHANGELOG.md", ROOT)));
  assertEquals(latest?.version, (await readProject()).version);
});

Deno.test("release --dry-run: says what it packed and what is in the way, and publishes nothing", async () => {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P=pack", "src/release/main.ts", "--dry-run", "--json"],
    cwd: ROOT,
  }).output();
  const said: Record<string, unknown> = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals([said.isPublished, said.version], [false, (await readProject()).version]);
  assertEquals(code, Array.isArray(said.obstacles) && said.obstacles.length === 0 ? 0 : 1);
  const obstacles = JSON.stringify(said.obstacles);
  assertEquals(
    /deno publish|files, more than|bytes minified|uses Deno/.test(obstacles),
    false,
    obstacles,
  );
});
