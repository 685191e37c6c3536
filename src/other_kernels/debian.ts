/**
 * Debian's packages of kernels, by the package manager of this system and its mirror, without touching its lists.
 *
 * @module
 */

import { Unable } from "../command/command.ts";
import { cacheFolder, exists } from "../kernel/cache.ts";
import { runTool } from "../kernel/tool.ts";
import type { OtherKernel } from "./kernels.ts";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const DECODER = new TextDecoder();

/** A kernel that was fetched and unpacked. */
export interface FetchedKernel {
  /** Name of its package. */
  readonly package: string;
  /** What there is of it: `boot/`, and its modules somewhere below. */
  readonly folder: string;
}

/**
 * The Debian mirror that this system uses.
 *
 * @throws {Unable} it uses none
 */
export async function debianMirror(): Promise<string> {
  const format = "$(REPO_URI)";
  const args = ["indextargets", "--format", format, "Created-By: Packages", "Origin: Debian"];
  const found = DECODER.decode(await runTool("apt-get", args, "ask for Debian's mirror"));
  const mirror = found.split("\n").find((line) => line !== "" && !line.includes("security"));
  if (mirror !== undefined) return mirror;
  throw new Unable(
    "Cannot find Debian's packages: this system's package lists have none; --mirror URL names a mirror",
  );
}

/**
 * Fetches a kernel, or finds it fetched.
 *
 * @param refresh asks the mirror again which one is the newest
 * @throws {Unable} no mirror answers, or it has no such kernel
 */
export async function fetchKernel(kernel: OtherKernel, mirror: string): Promise<FetchedKernel> {
  const options = await listsOf(kernel.suite, mirror);
  const name = await newestPackage(kernel, options);
  const folder = `${await cacheFolder("other-kernels/kernels")}/${name}`;
  if (!await exists(`${folder}/complete`)) {
    await Deno.mkdir(folder, { recursive: true });
    for (const each of await withParts(name, options)) await unpack(each, folder, options);
    await Deno.writeTextFile(`${folder}/complete`, "");
  }
  return { package: name, folder };
}

/** Options by which apt keeps lists of its own for a suite; they are fetched if there are none of today. */
async function listsOf(suite: string, mirror: string): Promise<string[]> {
  const folder = await cacheFolder(`other-kernels/lists/${suite}`);
  for (const part of ["lists/partial", "cache/archives/partial"]) {
    await Deno.mkdir(`${folder}/${part}`, { recursive: true });
  }
  const source = `deb [signed-by=${KEYRING}] ${mirror} ${suite} main\n`;
  await Deno.writeTextFile(`${folder}/sources.list`, source);
  const options = [
    `Dir::Etc::sourcelist=${folder}/sources.list`,
    "Dir::Etc::sourceparts=-",
    `Dir::State::Lists=${folder}/lists`,
    `Dir::Cache=${folder}/cache`,
    "APT::Sandbox::User=root",
    "Acquire::Check-Valid-Until=false",
    "APT::Update::Error-Mode=any",
  ].flatMap((each) => ["-o", each]);
  const purpose = `fetch the list of Debian's packages (${suite}) over the network`;
  if (!await isOfToday(`${folder}/updated`)) {
    await runTool("apt-get", [...options, "-qq", "update"], purpose);
    await Deno.writeTextFile(`${folder}/updated`, "");
  }
  return options;
}

async function isOfToday(path: string): Promise<boolean> {
  const day = 24 * 60 * 60 * 1000;
  const { mtime } = await Deno.stat(path).catch(() => ({ mtime: null }));
  return mtime !== null && Date.now() - mtime.getTime() < day;
}

/** The cloud kernel: it has all that qemu shows, and a fifth of the size of the usual one. */
async function newestPackage(
  { version, suite, name }: OtherKernel,
  options: readonly string[],
): Promise<string> {
  const pattern = `^linux-image-${version.replaceAll(".", "\\.")}[0-9].*-cloud-amd64$`;
  const args = [...options, "search", "--names-only", pattern];
  const found = DECODER.decode(await runTool("apt-cache", args, "search Debian's packages"));
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

/** A kernel's package, and those that have its modules and its image where it is only a bracket around them. */
async function withParts(name: string, options: readonly string[]): Promise<string[]> {
  const args = [...options, "depends", name];
  const text = DECODER.decode(await runTool("apt-cache", args, `see what ${name} needs`));
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
