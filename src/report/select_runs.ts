/**
 * Which runs of the history a report is about.
 *
 * @module
 */

import { Unable } from "../command/command.ts";
import { hostKey } from "../compare/host.ts";
import { type BenchLine, readHistory } from "../history/history.ts";
import { byAncestry } from "./ancestry.ts";

/**
 * The runs of the machine that saved last, with the base of its latest run: those whose ratios compare. In the order of
 * their commits.
 *
 * @param machine what its description contains
 * @throws {Unable} nothing is saved for such a machine
 */
export async function selectRuns(
  machine: string,
  repository: string = ".",
): Promise<BenchLine[]> {
  const { lines } = await readHistory(repository);
  const benches = lines.filter((line) => line.kind === "bench")
    .filter((line) => hostKey(line.machine).includes(machine));
  const latest = benches.at(-1);
  if (latest === undefined) {
    throw new Unable("Nothing is saved yet for such a machine; deno task bench --save does");
  }
  const key = hostKey(latest.machine);
  return await byAncestry(
    benches.filter((line) => hostKey(line.machine) === key && line.base === latest.base),
    repository,
  );
}
