/** A command that ends in its own way, and a user who does not wait for it. */
import { assertEquals } from "@std/assert";
import { pathOf, urlOf } from "../../src/command/paths.ts";
import { TemporaryFolder } from "../../src/command/files.ts";

const STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Makes a temporary folder, says its path, and never comes to the end that a first signal asks it for. */
const PROGRAM = `
import { interruption } from ${JSON.stringify(urlOf(pathOf("src/command/signals.ts")))};
import { TemporaryFolder } from ${JSON.stringify(urlOf(pathOf("src/command/files.ts")))};
interruption({ forced: true }).addEventListener("abort", () => console.log("heard"));
using folder = TemporaryFolder.create("maple-signal-");
Deno.writeTextFileSync(folder.path + "/some file", "");
console.log(folder.path);
await new Promise((end) => setTimeout(end, 60_000));
`;

/** Sends two signals, the second so much later; the status, and whether the folder is still there before and after. */
async function interrupted(first: Deno.Signal, second: Deno.Signal): Promise<unknown[]> {
  using folder = TemporaryFolder.create("maple-signals-");
  const script = `${folder.path}/program.ts`;
  await Deno.writeTextFile(script, PROGRAM);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-read", "--allow-write", "--allow-env", script],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  const said = await reader.read();
  const path = new TextDecoder().decode(said.value).trim();
  const isThere = () => Deno.stat(path).then(() => true, () => false);
  child.kill(first);
  await reader.read(); // it has heard of it
  await new Promise((next) => setTimeout(next, 1_200)); // sooner it would be the first one's echo
  const before = await isThere();
  child.kill(second);
  const { code } = await child.status;
  await reader.cancel();
  return [before, code, await isThere()];
}

Deno.test("interruption: a second signal ends a command at once, and what it has made for a while is gone", async () => {
  const found = await Promise.all(
    SIGNALS.map((signal, i) => interrupted(signal, SIGNALS[(i + 1) % 3]!)),
  );
  assertEquals(found, SIGNALS.map((_, i) => [true, STATUS[SIGNALS[(i + 1) % 3]!], false]));
});
