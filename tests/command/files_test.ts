import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  createFile,
  inputOf,
  isRefusal,
  makeTemporaryFolder,
  readInput,
  reasonOf,
  TemporaryFolder,
  writeText,
} from "../../src/command/files.ts";
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

Deno.test("inputOf: - and /dev/stdin are the standard input, anything else a path", () => {
  assertEquals(inputOf("-"), Deno.stdin.readable);
  assertEquals(inputOf("/dev/stdin"), Deno.stdin.readable);
  for (const path of ["./-", "x", ""]) assertEquals(inputOf(path), path);
});

Deno.test("createFile: - and /dev/stdout are the standard output", async () => {
  assertEquals(await createFile("-"), Deno.stdout.writable);
  assertEquals(await createFile("/dev/stdout"), Deno.stdout.writable);
});

Deno.test("writeText: without options it overwrites, an empty file is nobody's", async () => {
  using folder = TemporaryFolder.create("maple-test-");
  const file = `${folder.path}/it`;
  await writeText(file, "");
  await writeText(file, "one", { force: false });
  await writeText(file, "two");
  assertEquals(await Deno.readTextFile(file), "two");
  await assertRejects(() => writeText(file, "three", { force: false }), Unable, "--force");
  const broken = () => Promise.reject(new Error("it cannot be read"));
  await assertRejects(
    () => writeText(file, "x", { force: false, isOwn: broken }),
    Unable,
    "--force",
  );
});

Deno.test("TemporaryFolder: without a place for it, one sentence", () => {
  assertThrows(
    () => TemporaryFolder.create("no/such/place/"),
    Unable,
    "Cannot make a temporary folder: ",
  );
});

Deno.test("TemporaryFolder: one that is gone already is disposed of all the same", () => {
  using folder = TemporaryFolder.create("maple-test-");
  Deno.removeSync(folder.path);
});

Deno.test("isRefusal: what the system refuses, not what a program does wrong", () => {
  assertEquals(isRefusal(new Error("Permission denied (os error 13)")), true);
  assertEquals(isRefusal(new Deno.errors.NotFound("x")), true);
  assertEquals(isRefusal(new Deno.errors.NotCapable("x")), true);
  assertEquals(isRefusal(new TypeError("x is undefined")), false);
  assertEquals(isRefusal(new Unable("No (os error 13)")), false);
  assertEquals(isRefusal("(os error 13)"), false);
});

Deno.test("reasonOf: what a user of a task can do something with", () => {
  const capable = (message: string) => reasonOf(new Deno.errors.NotCapable(message));
  assertEquals(
    capable('Requires write access to "/x", run again with the --allow-write flag'),
    'this task has no write access to "/x"; its permissions stand in deno.json',
  );
  assertEquals(
    capable('Requires all access to "/dev/full", run again with the --allow-all flag'),
    '"/dev/full" is a device or a part of the system that Deno opens to no task',
  );
  assertEquals(
    reasonOf(new Error("No such file or directory (os error 2): open 'a b'")),
    "No such file or directory",
  );
  assertEquals(
    reasonOf(new Error("No space left on device (os error 28)\n  at x")),
    "No space left on device",
  );
  assertEquals(reasonOf("just a text"), "just a text");
});

Deno.test("makeTemporaryFolder: where TMPDIR names nothing, that is said", () => {
  const before = Deno.env.get("TMPDIR");
  Deno.env.set("TMPDIR", "/nowhere/at/all");
  try {
    assertThrows(
      () => makeTemporaryFolder("maple-test-"),
      Unable,
      "Cannot make a temporary folder: what TMPDIR names is not there",
    );
    Deno.env.set("TMPDIR", "/dev/null");
    assertThrows(
      () => makeTemporaryFolder("maple-test-"),
      Unable,
      "Cannot make a temporary folder: Not a directory",
    );
  } finally {
    if (before === undefined) Deno.env.delete("TMPDIR");
    else Deno.env.set("TMPDIR", before);
  }
});
