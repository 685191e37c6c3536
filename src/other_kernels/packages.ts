/**
 * Packages of kernels, Debian's and Ubuntu's, by the package manager of this system, without touching its lists.
 *
 * @module
 */

import { Unable } from "../command/command.ts";
import { cacheFolder, exists } from "../kernel/cache.ts";
import { runTool } from "../kernel/tool.ts";
import type { Distribution, OtherKernel } from "./kernels.ts";

const DECODER = new TextDecoder();

/** Debian's own keys, which debootstrap needs too. */
const DEBIAN_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg";
/** Debian's package of Ubuntu's keys, its release, and where the keys lie in it. */
const UBUNTU_KEYS = {
  package: "ubuntu-keyring",
  suite: "trixie",
  path: "usr/share/keyrings/ubuntu-archive-keyring.gpg",
};

/**
 * The flavour of kernel that is taken unless another is named: Debian's cloud kernel has all that qemu shows and a
 * fifth of the size of the usual one; Ubuntu's usual one has the drivers of the disks built in.
 */
const FLAVOURS: Readonly<Record<Distribution, string>> = {
  Debian: "cloud-amd64",
  Ubuntu: "generic",
};

/** Debian's kernel that runs as a process, and the C library that it was linked to. */
const USER_MODE = "user-mode-linux", C_LIBRARY = "libc6";

/** Where packages come from: a mirror's address for each distribution; a missing one is asked for. */
export type Mirrors = Partial<Record<Distribution, string>>;

/** A kernel that was fetched and unpacked. */
export interface FetchedKernel {
  /** Name of its package. */
  readonly package: string;
  /** What there is of it: `boot/`, and its modules somewhere below; or the program, and its C library. */
  readonly folder: string;
  /** True if it is a program. */
  readonly isProcess: boolean;
}

/**
 * The mirror of a distribution that this system uses.
 *
 * @throws {Unable} it uses none
 */
export async function mirrorOf(distribution: Distribution): Promise<string> {
  const format = "$(REPO_URI)";
  const origin = `Origin: ${distribution}`;
  const args = ["indextargets", "--format", format, "Created-By: Packages", origin];
  const found = DECODER.decode(await runTool("apt-get", args, `ask for ${distribution}'s mirror`));
  const mirror = found.split("\n").find((line) => line !== "" && !line.includes("security"));
  if (mirror !== undefined) return mirror;
  const option = distribution === "Debian" ? "--mirror" : "--ubuntu-mirror";
  throw new Unable(
    `Cannot find ${distribution}'s packages: this system's package lists have none; ${option} URL names a mirror`,
  );
}

/**
 * Fetches a kernel, or finds it fetched.
 *
 * @throws {Unable} no mirror answers, or it has no such kernel
 */
export async function fetchKernel(kernel: OtherKernel, mirrors: Mirrors): Promise<FetchedKernel> {
  const options = await listsOf(kernel, mirrors);
  const isProcess = kernel.isProcess ?? false;
  const name = isProcess
    ? `${USER_MODE} ${await versionOf(USER_MODE, options)}`
    : await newestPackage(kernel, options);
  const folder = `${await cacheFolder("other-kernels/kernels")}/${name.replace(" ", "-")}`;
  if (!await exists(`${folder}/complete`)) {
    await Deno.mkdir(folder, { recursive: true });
    const parts = isProcess ? [USER_MODE, C_LIBRARY] : await withParts(name, options);
    for (const each of parts) await unpack(each, folder, options);
    await Deno.writeTextFile(`${folder}/complete`, "");
  }
  return { package: name, folder, isProcess };
}

/** The version of a package that the lists have. */
async function versionOf(name: string, options: readonly string[]): Promise<string> {
  const args = [...options, "show", "--no-all-versions", name];
  const text = DECODER.decode(await runTool("apt-cache", args, `look for ${name}`));
  const [, version] = /^Version: (\S+)$/m.exec(text) ?? [];
  if (version === undefined) throw new Unable(`Cannot fetch ${name}: there is no such package`);
  return version;
}

/** Options by which apt keeps lists of its own for a suite; they are fetched if there are none of today. */
async function listsOf(
  { distribution, suite }: Pick<OtherKernel, "distribution" | "suite">,
  mirrors: Mirrors,
): Promise<string[]> {
  const folder = await cacheFolder(`other-kernels/lists/${suite}`);
  for (const part of ["lists/partial", "cache/archives/partial"]) {
    await Deno.mkdir(`${folder}/${part}`, { recursive: true });
  }
  const mirror = mirrors[distribution] ?? await mirrorOf(distribution);
  const keys = distribution === "Debian" ? DEBIAN_KEYS : await ubuntuKeys(mirrors);
  const source = `deb [arch=amd64 signed-by=${keys}] ${mirror} ${suite} main\n`;
  await Deno.writeTextFile(`${folder}/sources.list`, source);
  const options = [
    `Dir::Etc::sourcelist=${folder}/sources.list`,
    "Dir::Etc::sourceparts=-",
    `Dir::State::Lists=${folder}/lists`,
    `Dir::Cache=${folder}/cache`,
    "Dir::State::status=/dev/null", // what this system has installed does not matter
    "APT::Sandbox::User=root",
    "Acquire::Check-Valid-Until=false",
    "APT::Update::Error-Mode=any",
  ].flatMap((each) => ["-o", each]);
  const purpose = `fetch the list of ${distribution}'s packages (${suite}) over the network`;
  if (!await isOfToday(`${folder}/updated`)) {
    await runTool("apt-get", [...options, "-qq", "update"], purpose);
    await Deno.writeTextFile(`${folder}/updated`, "");
  }
  return options;
}

/** The file of Ubuntu's keys, which Debian packs, and signs with its own. */
async function ubuntuKeys(mirrors: Mirrors): Promise<string> {
  const folder = await cacheFolder("other-kernels/ubuntu-keys");
  const keys = `${folder}/${UBUNTU_KEYS.path}`;
  if (!await exists(keys)) {
    const options = await listsOf({ distribution: "Debian", suite: UBUNTU_KEYS.suite }, mirrors);
    await unpack(UBUNTU_KEYS.package, folder, options);
  }
  return keys;
}

async function isOfToday(path: string): Promise<boolean> {
  const day = 24 * 60 * 60 * 1000;
  const { mtime } = await Deno.stat(path).catch(() => ({ mtime: null }));
  return mtime !== null && Date.now() - mtime.getTime() < day;
}

async function newestPackage(
  { distribution, version, suite, name, flavour = FLAVOURS[distribution] }: OtherKernel,
  options: readonly string[],
): Promise<string> {
  const numbers = version === "" ? "[0-9].*" : `${version.replaceAll(".", "\\.")}([.+-].*)?`;
  const pattern = `^linux-image-${numbers}-${flavour}$`;
  const args = [...options, "search", "--names-only", pattern];
  const found = DECODER.decode(
    await runTool("apt-cache", args, `search ${distribution}'s packages`),
  );
  const names = found.split("\n").map((line) => line.split(" ")[0] ?? "").filter((each) =>
    each !== ""
  );
  const newest = names.toSorted(byNumbers).at(-1);
  if (newest === undefined) throw new Unable(`Cannot fetch ${name}: ${suite} has no such kernel`);
  return newest;
}

/** Compares names by the numbers in them. */
function byNumbers(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

/**
 * A kernel's package, and those that have its modules and its image where it is only a bracket around them.
 *
 * @throws {Unable} the mirror has its image, but no modules any more
 */
async function withParts(name: string, options: readonly string[]): Promise<string[]> {
  const args = [...options, "depends", name];
  const text = DECODER.decode(await runTool("apt-cache", args, `see what ${name} needs`));
  const [, gone] = /Depends: <(linux-modules\S*\d\S*)>/.exec(text) ?? [];
  if (gone !== undefined) {
    throw new Unable(`Cannot fetch ${name}: the mirror has no ${gone} any more`);
  }
  const parts = [...text.matchAll(/Depends: (linux-(?:image|binary|base|modules)\S*\d\S*)/g)];
  return [name, ...parts.flatMap(([, part]) => part === undefined ? [] : [part])];
}

async function unpack(name: string, folder: string, options: readonly string[]): Promise<void> {
  const download = await cacheFolder(`other-kernels/download-${crypto.randomUUID()}`);
  try {
    await runTool("apt-get", [...options, "-qq", "download", name], `fetch ${name}`, download);
    for await (const file of Deno.readDir(download)) {
      await runTool("dpkg", ["-x", `${download}/${file.name}`, folder], `unpack ${name}`);
    }
  } finally {
    await Deno.remove(download, { recursive: true });
  }
}
