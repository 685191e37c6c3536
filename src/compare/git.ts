/**
 * Runs git. What git complains about becomes one sentence.
 *
 * @module
 */

import { CodedError } from "../abi/error.ts";

/** Git is missing, or refused. */
export class GitError extends CodedError<"EGIT"> {
  /** Makes an error with what git said. */
  constructor(message: string, options?: ErrorOptions) {
    super("GitError", "EGIT", message, options);
  }
}

/** What to run git with. */
export interface GitOptions {
  /** Folder of the repository; the current one unless given. */
  readonly cwd?: string;
  /** Text for its standard input. */
  readonly input?: string;
  /** Kills git when aborted. */
  readonly signal?: AbortSignal;
}

/**
 * Runs git and gives what it printed, without the last line end.
 *
 * @param purpose what for, to complete "Cannot …"
 * @throws {GitError} there is no git, or it failed
 */
export async function git(
  purpose: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<string> {
  const { success, stdout, stderr } = await output(purpose, args, options);
  if (success) return new TextDecoder().decode(stdout).replace(/\n$/, "");
  throw new GitError(`Cannot ${purpose}: ${complaint(new TextDecoder().decode(stderr))}`);
}

async function output(
  purpose: string,
  args: readonly string[],
  { cwd, input, signal }: GitOptions,
): Promise<Deno.CommandOutput> {
  try {
    const child = new Deno.Command("git", {
      args: [...args],
      stdin: input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
      ...(cwd !== undefined && { cwd }),
      ...(signal !== undefined && { signal }),
    }).spawn();
    if (input !== undefined) {
      const writer = child.stdin.getWriter();
      // Git may fail before it has read everything; its own complaint is the better one.
      await writer.write(new TextEncoder().encode(input)).then(() => writer.close(), () => {});
    }
    return await child.output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new GitError(`Cannot ${purpose}: git is not installed`);
  }
}

/** The line of git's complaint that says what is wrong. */
function complaint(text: string): string {
  const lines = text.split("\n").filter((line) => line !== "");
  const fatal = lines.find((line) => /^(fatal|error):/.test(line)) ?? lines.at(-1);
  return fatal?.replace(/^(fatal|error): /, "").replace(/\.$/, "") ?? "git gave no reason";
}
