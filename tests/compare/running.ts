/** Runs commands in throw-away repositories. */

import { ROOT } from "../../src/command/paths.ts";
import { Repository } from "./repository.ts";

/** Starts a command in a repository, by its module from the root. */
export function start(
  repository: Repository,
  module: string,
  ...args: string[]
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-prompt",
      `--config=${ROOT}deno.json`,
      `--allow-read=.,/tmp,${ROOT}`,
      "--allow-write=.,/tmp",
      `--allow-run=git,valgrind,${Deno.execPath()}`,
      "--allow-sys=hostname,cpus",
      `${ROOT}${module}`,
      ...args,
    ],
    cwd: repository.folder,
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** What a command printed, and its exit status. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Waits for a command. */
export async function end(child: Deno.ChildProcess): Promise<Outcome> {
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Runs a command in a repository. */
export async function outcome(
  repository: Repository,
  module: string,
  ...args: string[]
): Promise<Outcome> {
  return await end(start(repository, module, ...args));
}

/** A repository with one commit that has nothing to measure. */
export async function smallRepository(): Promise<Repository> {
  const repository = await Repository.create();
  await repository.write("mod.ts", "export const answer = 42;\n");
  await repository.commit("first");
  return repository;
}
