/**
 * A build with one planted fault, for tests that need a run that fails.
 *
 * @module
 */

import { CANARIES } from "../../src/faults/catalogue.ts";
import { TemporaryFolder } from "../../src/command/files.ts";
import { type Build, load, plant } from "./build.ts";

/** Calls `use` with the build in which the fault of that name is planted. */
export async function withPlanted(
  name: string,
  use: (build: Build) => Promise<void>,
): Promise<void> {
  const canary = CANARIES.find((candidate) => candidate.name === name);
  if (canary === undefined) throw new Error(`There is no fault ${name}`);
  using folder = TemporaryFolder.create("maple-planted-");
  await use(await load(await plant(folder.path, canary.patches)));
}
