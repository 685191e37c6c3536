/** Files on overlayfs, as every container has them: what is mapped there is told and replayed as the kernel did it. */
import { needing } from "../needing.ts";
import { assert, assertEquals } from "@std/assert";
import { outputOf } from "../../src/command/child.ts";
import { TemporaryFolder } from "../../src/command/files.ts";
import { pathOf } from "../../src/command/paths.ts";
import { replay } from "../../src/replay/replay.ts";
import { readTrace } from "../../src/trace/read.ts";
import { impossible } from "./capturing.ts";

const OPTIONS = "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work";
const MOUNT = `mkdir $1/lower $1/upper $1/work $1/merged &&
mount -t overlay -o ${OPTIONS} overlay $1/merged && cd $1/merged || exit 99`;

/** Runs a shell's commands in a folder on overlayfs, in namespaces of their own. */
function onOverlay(folder: string, commands: string): ReturnType<typeof outputOf> {
  const script = `${MOUNT}\n${commands}`;
  return outputOf("unshare", {
    args: [
      "--mount",
      ...Deno.uid() === 0 ? [] : ["--map-root-user"],
      "sh",
      "-c",
      script,
      "sh",
      folder,
      Deno.execPath(),
    ],
  });
}

/** Why it cannot be tried here, or false: no root and no user namespaces, a folder that is on overlayfs itself. */
async function withoutOverlay(): Promise<string | false> {
  using folder = TemporaryFolder.create("maple-overlay-");
  try {
    const { success } = await onOverlay(folder.path, "true");
    return !success && "overlayfs cannot be mounted here";
  } catch {
    return "there is no unshare";
  }
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const lacking = impossible || await withoutOverlay();

for (
  const [what, command] of [
    [
      "random calls",
      `TMPDIR=$PWD $2 run -q -P=verify main.ts --fuzz 4 --steps 300 --keep $1/trace`,
    ],
    [
      "a shell and its children",
      "$2 run -q -P=verify main.ts --keep $1/trace -- env LD_LIBRARY_PATH=. ./sh -c './ls; ./ls'",
    ],
  ] as const
) {
  Deno.test({
    ...needing(
      `verify: ${what} on overlayfs agree with the kernel, and its files are told as stacked`,
      lacking,
    ),
    fn: async () => {
      using folder = TemporaryFolder.create("maple-overlay-");
      const main = pathOf("src/verify/main.ts"), config = pathOf("deno.json");
      const { success, stdout, stderr } = await onOverlay(
        folder.path,
        `cp /bin/sh /bin/ls $(ldd /bin/sh /bin/ls | grep -o '/[^ :]*\\.so[^ ]*') .; ${
          command.replace("main.ts", `--config '${config}' '${main}'`)
        }`,
      );
      assert(success, `${text(stdout)}${text(stderr)}`);
      const files = [];
      for await (const record of readTrace(`${folder.path}/trace`)) {
        if (record.type === "enter" && record.file?.kind === "regular") files.push(record.file);
      }
      assert(files.some(({ stacked }) => stacked === true));
      const { divergence, matched, steps } = await replay(readTrace(`${folder.path}/trace`));
      assertEquals([divergence?.what, matched], [undefined, steps]);
    },
  });
}
