/**
 * The site: complete, its links lead somewhere, and nothing of others is overwritten.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ROOT } from "../../src/command/paths.ts";
import { indexPage } from "../../src/site/index_page.ts";

/** Writes the site into a folder. */
async function site(folder: string): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-check", "-P=explore", "src/site/main.ts", folder, "--json"],
    cwd: ROOT,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("site: explorer with the recorded runs, API, index; written again over itself", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const first = await site(folder);
    assertEquals(first.code, 0, first.err);
    const { runs } = JSON.parse(first.out);
    assertEquals(runs, ["cc1-2022", "cc1-ggc", "cc1-hello", "cc1-large", "gcc-make"]);
    const index = await Deno.readTextFile(`${folder}/index.html`);
    const links = [...index.matchAll(/(?:href|src)="([^"#:]+)[^"]*"/g)].map(([, link]) => link!)
      .filter((link) => link !== "data");
    assert(links.length >= 3);
    for (const link of links) assert((await Deno.stat(`${folder}/${link}`)).isFile, link);
    const api = await Deno.readTextFile(`${folder}/api/index.html`);
    assertStringIncludes(api, "MapleTree");
    assertEquals((await site(folder)).code, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("site: a folder with other files in it is left alone", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/mine.txt`, "mine");
    const { code, err } = await site(folder);
    assertEquals(code, 2);
    assertEquals(err, `site: Cannot write ${folder}: other files are in it\n`);
    assertEquals([...Deno.readDirSync(folder)].length, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("index page: what is not there is not linked", () => {
  const bare = indexPage({ hasReport: false, hasPicture: false });
  assert(!bare.includes("report.html") && !bare.includes("explorer.png"));
  const whole = indexPage({ hasReport: true, hasPicture: true });
  assertStringIncludes(whole, 'href="report.html"');
  assertStringIncludes(whole, 'src="explorer.png"');
});
