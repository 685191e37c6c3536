/** Runs `deno task verify` as a process of its own, in a directory of its own. */

import { pathOf } from "../../src/command/paths.ts";

const MAIN = pathOf("src/verify/main.ts");
const CONFIG = pathOf("deno.json");

/** What a run left behind. */
export interface Verified {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Names of the files it left in its working directory, in order. */
  readonly files: readonly string[];
}

/**
 * Runs the command.
 *
 * @param args its command line
 * @param inspect gets the working directory before that is removed
 * @param env variables added to the environment
 */
export async function runVerify(
  args: readonly string[],
  inspect?: (directory: string) => Promise<void>,
  env: Record<string, string> = {},
): Promise<Verified> {
  const directory = await Deno.makeTempDir();
  try {
    const permissions = ["--allow-read", "--allow-write", "--allow-ffi"];
    const output = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", ...permissions, "--config", CONFIG, MAIN, ...args],
      cwd: directory,
      env,
    }).output();
    await inspect?.(directory);
    const decoder = new TextDecoder();
    const files = await Array.fromAsync(Deno.readDir(directory), (entry) => entry.name);
    return {
      status: output.code,
      stdout: decoder.decode(output.stdout),
      stderr: decoder.decode(output.stderr),
      files: files.sort(),
    };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
