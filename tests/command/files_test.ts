import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createFile, readInput, TemporaryFolder, writeText } from "../../src/command/files.ts";
import { Unable } from "../../src/command/unable.ts";

Deno.test("writeText: another's file stays, unless it is forced or this command's own", async () => {
  using folder = TemporaryFolder.create("maple-test-");
  const file = `${folder.path}/it`;
  const isOwn = async (path: string) => (await Deno.readTextFile(path)).startsWith("own");
  await writeText(file, "precious", { force: false });
  await assertRejects(
    () => writeText(file, "own", { force: false, isOwn }),
    Unable,
    `Cannot write ${file}: another file is there; --force overwrites it`,
  );
  assertEquals(await Deno.readTextFile(file), "precious");
  await writeText(file, "own 1", { force: true, isOwn });
  await writeText(file, "own 2", { force: false, isOwn });
  assertEquals(await Deno.readTextFile(file), "own 2");
});

Deno.test("createFile: what cannot be written is one sentence", async () => {
  for (const path of ["/no/such/folder/x", "/", "/dev/full"]) {
    const write = async () => {
      const writer = (await createFile(path)).getWriter();
      await writer.write(new Uint8Array(1));
      await writer.close();
    };
    const error = await assertRejects(write);
    assertEquals(error instanceof Unable || /No space left/.test(String(error)), true, path);
  }
  await assertRejects(() => writeText("/dev/full", "x"), Unable, "Cannot write /dev/full: ");
});

Deno.test("readInput: a file that is not there is one sentence", async () => {
  await assertRejects(() => readInput("no-such-file"), Unable, "Cannot read no-such-file: ");
});

Deno.test("TemporaryFolder: it is gone afterwards with all in it", () => {
  let path = "";
  {
    using folder = TemporaryFolder.create("maple-test-");
    path = folder.path;
    Deno.mkdirSync(`${path}/a/b`, { recursive: true });
    Deno.writeTextFileSync(`${path}/a/b/c`, "x");
  }
  assertThrows(() => Deno.statSync(path), Deno.errors.NotFound);
});
