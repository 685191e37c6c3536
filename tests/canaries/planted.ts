/**
 * A build with one planted fault, for tests that need a run that fails.
 *
 * @module
 */

import { CANARIES } from "../../src/faults/catalogue.ts";
import { type Build, load, plant } from "./build.ts";

/** Calls `use` with the build in which the fault of that name is planted. */
export async function withPlanted(
  name: string,
  use: (build: Build) => Promise<void>,
): Promise<void> {
  const canary = CANARIES.find((candidate) => candidate.name === name);
  if (canary === undefined) throw new Error(`There is no fault ${name}`);
  const folder = await Deno.makeTempDir({ prefix: "maple-planted-" });
  try {
    await use(await load(await plant(folder, canary.patches)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
