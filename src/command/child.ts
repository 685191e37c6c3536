/**
 * A program that a command runs and waits for.
 *
 * @module
 */
import { atSignal, type EndingSignal, Interrupted } from "./signals.ts";

/**
 * Runs a program to its end; a signal to the command ends it.
 *
 * @param program its name or path
 * @param options what `Deno.Command` takes
 * @throws {Deno.errors.NotFound} there is no such program
 * @throws {Interrupted} a signal came meanwhile, and the command has an interruption of its own
 */
export async function outputOf(
  program: string,
  options: Omit<Deno.CommandOptions, "stdout" | "stderr">,
): Promise<Deno.CommandOutput> {
  const child = new Deno.Command(program, { ...options, stdout: "piped", stderr: "piped" }).spawn();
  let interrupted: EndingSignal | undefined;
  const forget = atSignal((signal) => {
    interrupted = signal;
    child.kill("SIGTERM");
  });
  try {
    const output = await child.output();
    if (interrupted !== undefined) throw new Interrupted(interrupted);
    return output;
  } finally {
    forget();
  }
}
