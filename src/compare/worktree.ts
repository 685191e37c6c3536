/**
 * Checks two versions out side by side in a temporary folder, and removes them afterwards.
 *
 * Each side holds one version of the suite: a commit as a detached git worktree, or a copy of the working
 * tree with its uncommitted changes, taken once so that edits during a long comparison do not matter. Over both
 * are laid the workloads and traces of the suite that runs: both sides do the same, and so a commit can be
 * measured that is older than the workload.
 *
 * @module
 */

import { makeTemporaryFolder } from "../command/files.ts";
import { Unable } from "../command/command.ts";
import { pathOf } from "../command/paths.ts";
import { git } from "./git.ts";

/** One version, checked out. */
export interface Side {
  /** What it was called: `HEAD~3`, or `working tree`. */
  readonly name: string;
  /** Full commit id; of the working tree, the commit that it departs from. */
  readonly commit: string;
  /** True if it is the working tree and differs from its commit. */
  readonly isDirty: boolean;
  /** Folder that holds its `mod.ts`. */
  readonly folder: string;
}

/** Both versions. */
export interface Sides {
  /** The older one. */
  readonly base: Side;
  /** The newer one. */
  readonly head: Side;
  /** Folder that holds both: all that measuring processes need to read. */
  readonly root: string;
}

/** What to check out. */
export interface SidesRequest {
  /** A revision; `undefined` is the working tree. */
  readonly base: string | undefined;
  /** A revision; `undefined` is the working tree. */
  readonly head: string | undefined;
  /** A folder of the repository. */
  readonly repository?: string;
  /** Stops the checkout when aborted. */
  readonly signal?: AbortSignal;
}

/** What of the suite that runs is laid over both sides: the workloads, and what they import besides `mod.ts`. */
export const OVERLAY: readonly string[] = ["bench", "traces", "src/compare", "src/random.ts"];

/** What of a working tree is measured. */
const MEASURED = ["mod.ts", "deno.json", "src"];

/**
 * Checks two versions out, calls `use`, and removes them again whatever happens.
 *
 * @throws {Unable} a side has no `mod.ts`, or the disk is full
 * @throws {GitError} no git, no repository, an unknown revision
 */
export async function withSides<T>(
  request: SidesRequest,
  use: (sides: Sides) => Promise<T>,
): Promise<T> {
  const cwd = request.repository ?? ".";
  const top = await git("find the repository", ["rev-parse", "--show-toplevel"], { cwd });
  const commits = {
    base: await resolve(top, request.base),
    head: await resolve(top, request.head),
  };
  const root = makeTemporaryFolder("maple-compare-");
  try {
    const place = (which: "base" | "head") =>
      checkOut(top, `${root}/${which}`, commits[which], request[which], request.signal);
    return await use({ base: await place("base"), head: await place("head"), root });
  } finally {
    await remove(top, root);
  }
}

/** The full id of a commit. */
async function resolve(top: string, revision: string = "HEAD"): Promise<string> {
  if (revision.startsWith("-")) throw new Unable(`Cannot use ${revision}: it is no revision`);
  const purpose = `find the commit ${revision}`;
  return await git(purpose, ["rev-parse", "--verify", "--quiet", `${revision}^{commit}`], {
    cwd: top,
  }).catch((error) => {
    throw /gave no reason/.test(error.message)
      ? new Unable(`Cannot find the commit ${revision}: this repository has none of that name`)
      : error;
  });
}

async function checkOut(
  top: string,
  folder: string,
  commit: string,
  revision: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Side> {
  const options = { cwd: top, ...(signal && { signal }) };
  let isDirty = false;
  if (revision === undefined) {
    isDirty =
      await git("read the state of the working tree", ["status", "--porcelain"], options) !== "";
    await copyWorkingTree(top, folder);
  } else {
    await git(`check out ${revision}`, ["worktree", "add", "--detach", folder, commit], options);
  }
  await layOver(folder);
  const name = revision ?? "working tree";
  await Deno.stat(`${folder}/mod.ts`).catch(() => {
    throw new Unable(`Cannot measure ${name}: it has no mod.ts`);
  });
  return { name, commit, isDirty, folder };
}

/** Copies what git knows or would add, so that nothing ignored comes along. */
async function copyWorkingTree(top: string, folder: string): Promise<void> {
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ...MEASURED];
  const files = await git("list the working tree", list, { cwd: top });
  for (const file of new Set(files.split("\0"))) {
    if (file !== "") await copyFile(`${top}/${file}`, `${folder}/${file}`);
  }
}

async function layOver(folder: string): Promise<void> {
  for (const part of OVERLAY) {
    await Deno.remove(`${folder}/${part}`, { recursive: true }).catch(ignoreMissing);
    const from = pathOf(part);
    if ((await Deno.stat(from)).isDirectory) await copyFolder(`${from}/`, `${folder}/${part}/`);
    else await copyFile(from, `${folder}/${part}`);
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}${name}/`, `${to}${name}/`);
    else await copyFile(`${from}${name}`, `${to}${name}`);
  }
}

async function copyFile(from: string, to: string): Promise<void> {
  await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
  await Deno.copyFile(from, to).catch(ignoreMissing); // deleted, but git still lists it
}

/** Removes both sides. One that git made only half of is forgotten once its folder is gone. */
async function remove(top: string, root: string): Promise<void> {
  for (const side of ["base", "head"]) {
    const args = ["worktree", "remove", "--force", "--force", `${root}/${side}`];
    await git("remove a worktree", args, { cwd: top }).catch(() => {}); // a copy, or half made
  }
  await Deno.remove(root, { recursive: true }).catch(ignoreMissing);
  await git("forget the worktrees", ["worktree", "prune"], { cwd: top });
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
