/**
 * Running other programs: compilers, `tar`, `git`.
 *
 * @module
 */

import { outputOf } from "../command/child.ts";
import { Unable } from "../command/command.ts";

/**
 * Runs a program to its end.
 *
 * @param purpose what it is for: `compile the driver`
 * @returns what it printed
 * @throws {Unable} it is not installed, or failed: the first error that it printed is in the sentence
 */
export async function runTool(
  program: string,
  args: readonly string[],
  purpose: string,
  cwd?: string,
): Promise<Uint8Array> {
  const options: Deno.CommandOptions = {
    args: [...args],
    stdin: "null",
    ...(cwd !== undefined && { cwd }),
  };
  const output = await outputOf(program, options).catch((error) => {
    if (error instanceof Deno.errors.NotFound) {
      throw new Unable(`Cannot ${purpose}: there is no ${program} on this machine`);
    }
    throw error;
  });
  if (output.success) return output.stdout;
  const complaint = new TextDecoder().decode(output.stderr);
  throw new Unable(`Cannot ${purpose}: ${firstError(complaint)}`);
}

/** The first line that calls itself an error. */
export function firstError(complaint: string): string {
  const lines = complaint.split("\n").filter((line) => line.trim() !== "");
  const isError = (line: string) => /\berror\b|undefined reference|fatal/i.test(line);
  return lines.find(isError) ?? lines[0] ?? "it gave no reason";
}
