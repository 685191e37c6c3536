/**
 * The disks of the booted system: Debian with the programs to run, this checkout, and one to write on.
 *
 * @module
 */

import { Unable } from "../command/command.ts";
import { ROOT } from "../command/paths.ts";
import { cacheFolder, exists } from "../kernel/cache.ts";
import { runTool } from "../kernel/tool.ts";
import { type Plan, PLAN_FILE } from "./plan.ts";

/** Goes into the name of the system's folder: a new list of packages makes a new one. */
const RECIPE = 1;
const SUITE = "bookworm";
const PACKAGES = [
  "busybox-static",
  "gcc",
  "git",
  "iproute2",
  "libc6-dev",
  "make",
  "nodejs",
  "perl",
  "python3",
];

/** Folders of the checkout that are not copied. */
const LEFT_OUT = ["--exclude=./.git", "--exclude=./node_modules"];

/** Where the disks are. */
export interface Images {
  /** The system's folder, of which the first disk was made. */
  readonly system: string;
  /** The first disk. */
  readonly root: string;
  /** The second disk. */
  readonly checkout: string;
}

/**
 * Makes the disks; the system's own only once.
 *
 * @param folder where the second one goes
 * @throws {Unable} not root, a tool is missing, no network
 */
export async function makeImages(
  folder: string,
  mirror: string,
  plan: Plan,
  tell: (what: string) => void,
): Promise<Images> {
  const base = await cacheFolder(`other-kernels/${SUITE}-${RECIPE}`);
  const system = `${base}/system`, root = `${base}/root.img`;
  if (!await exists(root)) {
    tell("installing Debian into a folder");
    await install(system, mirror);
    await makeDisk(system, `${root}.part`, "5G");
    await Deno.rename(`${root}.part`, root);
  }
  const checkout = `${folder}/checkout.img`;
  tell("copying the checkout");
  const staged = await stageCheckout(folder, plan);
  await makeDisk(staged, checkout, "3G");
  await Deno.remove(staged, { recursive: true });
  return { system, root, checkout };
}

async function install(system: string, mirror: string): Promise<void> {
  await Deno.remove(system, { recursive: true }).catch(() => {});
  const options = ["--variant=minbase", `--include=${PACKAGES.join(",")}`];
  const purpose = "install Debian into a folder";
  await runTool("debootstrap", [...options, SUITE, system, mirror], purpose);
  await Deno.copyFile(Deno.execPath(), `${system}/usr/bin/deno`);
  await Deno.mkdir(`${system}/maple`);
}

/** The checkout with what it imports from npm, and the plan. */
async function stageCheckout(folder: string, plan: Plan): Promise<string> {
  const staged = `${folder}/maple`;
  const copy = `${staged}/checkout`;
  await Deno.mkdir(copy, { recursive: true });
  const archive = `${folder}/checkout.tar`;
  await runTool("tar", ["-cf", archive, ...LEFT_OUT, "-C", ROOT, "."], "copy the checkout");
  await runTool("tar", ["-xf", archive, "--no-same-owner", "-C", copy], "copy the checkout");
  await Deno.remove(archive);
  await makeRepository(copy);
  const cache = await dependencies();
  await runTool("cp", ["-a", cache, `${staged}/deno`], "copy what the checkout imports");
  await Deno.writeTextFile(`${staged}/${PLAN_FILE}`, JSON.stringify(plan));
  return staged;
}

/** Makes the copy a checkout as a user has one, though without history. */
async function makeRepository(folder: string): Promise<void> {
  const author = ["-c", "user.name=Maple", "-c", "user.email=maple@example.org"];
  for (const args of [["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "The checkout"]]) {
    await runTool("git", [...author, ...args], "make the copy a repository", folder);
  }
}

/** A cache of Deno's with what `deno.lock` names. */
async function dependencies(): Promise<string> {
  const lock = await Deno.readFile(`${ROOT}deno.lock`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", lock));
  const cache = `${await cacheFolder("other-kernels/dependencies")}/${digest.toHex().slice(0, 16)}`;
  if (await exists(cache)) return cache;
  const unfinished = `${cache}.part`;
  const command = new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet"],
    cwd: ROOT,
    env: { DENO_DIR: unfinished },
  });
  const { success, stderr } = await command.output();
  if (!success) {
    const why = new TextDecoder().decode(stderr).trim().split("\n")[0];
    throw new Unable(`Cannot fetch what this checkout imports from npm: ${why}`);
  }
  await Deno.rename(unfinished, cache);
  return cache;
}

async function makeDisk(folder: string, path: string, size: string): Promise<void> {
  await Deno.remove(path).catch(() => {});
  await runTool("truncate", ["-s", size, path], "make a disk");
  await runTool("mkfs.ext4", ["-q", "-d", folder, path], "make a disk");
}
