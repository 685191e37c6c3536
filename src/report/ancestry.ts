/**
 * The order of commits: an older one that is measured later still stands to the left.
 *
 * @module
 */

import { git } from "../compare/git.ts";
import type { BenchLine } from "../history/history.ts";

/**
 * The runs in the order of their commits, ancestors first; of one commit first the clean ones, then in the order in
 * which they were saved. Runs of commits that this repository does not have come first, as they were saved.
 */
export async function byAncestry(
  runs: readonly BenchLine[],
  repository: string = ".",
): Promise<BenchLine[]> {
  const commits = [...new Set(runs.map(({ commit }) => commit))];
  const known = await present(commits, repository);
  if (known.length === 0) return [...runs];
  const args = ["rev-list", "--topo-order", "--reverse", "--stdin"];
  const options = { cwd: repository, input: known.map((commit) => `${commit}\n`).join("") };
  const listed = (await git("order the commits", args, options)).split("\n");
  const places = new Map(listed.map((commit, at) => [commit, at]));
  const place = ({ commit }: BenchLine) => places.get(commit) ?? -1;
  return runs.toSorted((a, b) =>
    place(a) - place(b) ||
    (place(a) < 0 ? 0 : Number(a.isDirty) - Number(b.isDirty))
  );
}

/** Those of the commits that are in the repository. */
async function present(commits: readonly string[], cwd: string): Promise<string[]> {
  const ids = commits.filter((commit) => /^[0-9a-f]{40,64}$/.test(commit));
  const input = ids.map((commit) => `${commit}\n`).join("");
  const text = await git("look for the commits", ["cat-file", "--batch-check"], { cwd, input });
  return text.split("\n").filter((line) => / commit \d+$/.test(line))
    .map((line) => line.slice(0, line.indexOf(" ")));
}
