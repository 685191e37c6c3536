/** A kernel that runs as a process: how it is started, with a program in its place that tells what it was given. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { TemporaryFolder } from "../../src/command/files.ts";
import { Unable } from "../../src/command/command.ts";
import { runUserMode } from "../../src/other_kernels/user_mode.ts";
import { needing } from "../needing.ts";

const LOADER = "/lib64/ld-linux-x86-64.so.2";

const lack = Deno.build.os !== "linux" || Deno.build.arch !== "x86_64"
  ? "this is no Linux on x86-64"
  : Deno.uid() !== 0 || !await canUnshare()
  ? "a mount namespace needs root"
  : undefined;

/** True if this process may give another a view of the file system of its own. */
async function canUnshare(): Promise<boolean> {
  const args = ["--mount", "--pid", "--fork", "--mount-proc", "mount", "--bind", LOADER, LOADER];
  try {
    return (await new Deno.Command("unshare", { args }).output()).success;
  } catch {
    return false;
  }
}

/** A folder in which a script stands for the kernel. */
async function withScript(script: string): Promise<TemporaryFolder> {
  const folder = TemporaryFolder.create("maple-user-mode-");
  const libraries = `${folder.path}/kernel/usr/lib/x86_64-linux-gnu`;
  await Deno.mkdir(libraries, { recursive: true });
  await Deno.copyFile(LOADER, `${libraries}/ld-linux-x86-64.so.2`);
  await Deno.mkdir(`${folder.path}/kernel/usr/bin`);
  const program = `${folder.path}/kernel/usr/bin/linux.uml`;
  await Deno.writeTextFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  await Deno.mkdir(`${folder.path}/uml`);
  return folder;
}

function guestIn(folder: string, seconds = 60) {
  const disks = [{ path: "/disks/root.img", isThrownAway: true }, {
    path: "/disks/result",
    isThrownAway: false,
  }];
  return { initramfs: "/disks/first", disks, memory: 512, seconds, folder };
}

const read = (folder: TemporaryFolder, name: string) =>
  Deno.readTextFileSync(`${folder.path}/${name}`);

Deno.test({
  ...needing("runUserMode: memory, disks and where to write are told, and its changes go", lack),
  fn: async () => {
    using folder = await withScript(`
      [ -e ${"${0%/kernel/*}"}/changes-0 ] || echo nothing else is there
      for argument in "$@"; do echo "$argument"; done
      echo $LD_LIBRARY_PATH
      echo progress >&3
      for part in "$@"; do case $part in ubda=*,*) part=\${part#*=} && : > "\${part%,*}";; esac; done
    `);
    await Deno.writeTextFile(`${folder.path}/changes-0`, "of another disk");
    await runUserMode(`${folder.path}/kernel`, guestIn(folder.path));
    assertEquals(read(folder, "console.txt").split("\n"), [
      "nothing else is there",
      ...["mem=512M", "initrd=/disks/first", `uml_dir=${folder.path}/uml/`],
      ...[`ubda=${folder.path}/changes-0,/disks/root.img`, "ubdb=/disks/result"],
      ...["con=null", "con0=null,fd:1", "ssl=null", "ssl1=null,fd:3", "quiet", "panic=-1"],
      ...[`${folder.path}/kernel/usr/lib/x86_64-linux-gnu`, ""],
    ]);
    assertEquals(read(folder, "progress.txt"), "progress\n");
    const left = [...Deno.readDirSync(folder.path)].map(({ name }) => name).sort();
    assertEquals(left, ["console.txt", "kernel", "progress.txt"]);
  },
});

Deno.test({
  ...needing("runUserMode: it ends with all that it started when its time is up", lack),
  fn: async () => {
    using folder = await withScript("(while :; do echo >&3; sleep 0.05; done) & wait");
    await runUserMode(`${folder.path}/kernel`, guestIn(folder.path, 1));
    const told = read(folder, "progress.txt").length;
    await new Promise((next) => setTimeout(next, 500));
    assert(told > 0);
    assertEquals(read(folder, "progress.txt").length, told);
  },
});

Deno.test({
  ...needing(
    "runUserMode: that this kernel has no room for its pages is told with the way out",
    lack,
  ),
  fn: async () => {
    using folder = await withScript('echo "UML ran out of memory on the host side! More"; exit 1');
    await assertRejects(
      () => runUserMode(`${folder.path}/kernel`, guestIn(folder.path)),
      Unable,
      "sysctl vm.max_map_count",
    );
  },
});

Deno.test("runUserMode: a kernel without a C library is told as such", async () => {
  using folder = TemporaryFolder.create("maple-user-mode-");
  const error = await assertRejects(
    () => runUserMode(`${folder.path}/kernel`, guestIn(folder.path)),
    Unable,
  );
  assertEquals(
    error.message,
    `Cannot run a kernel as a process: ${folder.path}/kernel has no C library`,
  );
});
