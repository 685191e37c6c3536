/**
 * A revision of a kernel's checkout in a temporary worktree, of which only what a build needs is written.
 *
 * @module
 */

import { makeTemporaryFolder } from "../../command/files.ts";
import { git } from "../../compare/git.ts";

/** What of a revision is checked out. */
const PARTS = ["lib", "include", "tools", "mm", "arch/x86/include", "Makefile"];

/**
 * Checks a revision out, calls `use` with its folder, and removes it again whatever happens.
 *
 * @throws {GitError} no git, no repository, an unknown revision
 */
export async function withRevision<T>(
  checkout: string,
  revision: string,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const root = makeTemporaryFolder("maple-kernel-revision-");
  const folder = `${root}/tree`;
  try {
    const add = ["worktree", "add", "--no-checkout", "--detach", folder, revision];
    await git(`find ${revision} in ${checkout}`, add, { cwd: checkout });
    await git(`check out ${revision}`, [
      "sparse-checkout",
      "set",
      "--no-cone",
      ...PARTS.map((part) => `/${part}`),
    ], {
      cwd: folder,
    });
    await git(`check out ${revision}`, ["checkout", "--quiet"], { cwd: folder });
    return await use(folder);
  } finally {
    await git("remove a worktree", ["worktree", "remove", "--force", folder], { cwd: checkout })
      .catch(() => {});
    await Deno.remove(root, { recursive: true }).catch(() => {});
    await git("forget the worktree", ["worktree", "prune"], { cwd: checkout }).catch(() => {});
  }
}
