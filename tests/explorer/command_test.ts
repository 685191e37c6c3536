/**
 * The command: what it writes, and what it says of files that it cannot read.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ROOT } from "../../src/command/paths.ts";

/** Runs the command in a folder. */
async function explore(cwd: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-check",
      "-P=explore",
      "--config",
      `${ROOT}deno.json`,
      `${ROOT}src/explorer/main.ts`,
      ...args,
    ],
    cwd,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("explore: a page with traces, plain and gzip, and a text of calls; nothing from outside", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const trace = `${ROOT}traces/cc1-hello.jsonl.gz`;
    const plain = new Blob([await Deno.readFile(trace)]).stream()
      .pipeThrough(new DecompressionStream("gzip"));
    await Deno.writeFile(`${folder}/a <run>.jsonl`, plain);
    const call = "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000\n";
    await Deno.writeTextFile(`${folder}/calls.strace`, call);
    const { code, out, err } = await explore(
      folder,
      trace,
      "a <run>.jsonl",
      "calls.strace",
      "--json",
    );
    assertEquals(code, 0, err);
    const { file, runs, bytes } = JSON.parse(out);
    assertEquals(runs, ["cc1-hello", "a <run>", "calls"]);
    const html = await Deno.readTextFile(`${folder}/${file}`);
    assertEquals(new TextEncoder().encode(html).length, bytes);
    assertStringIncludes(html, 'data-run="a &lt;run&gt;"');
    const head = html.slice(0, html.indexOf('<script type="text/plain"'));
    assert(!/(?:src|href)\s*=\s*["']?(?!data:)[a-z]/.test(head));
    assert(!/@import|url\(/.test(head));
    assertEquals((await explore(folder, trace)).code, 0, "its own page is overwritten");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("explore: what cannot be read or written is said in one sentence", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const trace = `${ROOT}traces/cc1-hello.jsonl.gz`;
    const bytes = await Deno.readFile(trace);
    await Deno.writeFile(`${folder}/cut.jsonl.gz`, bytes.subarray(0, bytes.length / 2));
    await Deno.writeTextFile(`${folder}/hello.txt`, "hello\n");
    await Deno.writeTextFile(`${folder}/mine.html`, "mine");
    const cases: [args: string[], sentence: string][] = [
      [[], "Too few operands"],
      [["none.jsonl"], "Cannot read none.jsonl: "],
      [["hello.txt"], "Cannot explore hello.txt: there is no memory call"],
      [["cut.jsonl.gz"], "Cannot explore cut.jsonl.gz: The compressed data is damaged or cut off"],
      [[trace, trace], "two files are called cc1-hello"],
      [[trace, "--out", "mine.html"], "Cannot write mine.html: another file is there"],
    ];
    for (const [args, sentence] of cases) {
      const { code, out, err } = await explore(folder, ...args);
      assertEquals([code, out], [2, ""], args.join(" "));
      assertStringIncludes(err, sentence);
      assertEquals(err.trimEnd().split("\n").length, 1, err);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
