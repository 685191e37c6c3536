/**
 * A program that runs another kernel: it ends with its system, when its time is up, or with this command.
 *
 * @module
 */

import { Unable } from "../command/command.ts";
import { beforeSignalEnds } from "../command/signals.ts";

/** What a guest of either kind is given. */
export interface GuestMachine {
  /** The first file system. */
  readonly initramfs: string;
  /** The disks, in the order in which the booted system sees them. */
  readonly disks: readonly Disk[];
  /** MiB. */
  readonly memory: number;
  /** After how many seconds it is ended. */
  readonly seconds: number;
  /** Where the console's text goes, and what the session tells of its progress. */
  readonly folder: string;
}

/** A disk. */
export interface Disk {
  /** The file that it is. */
  readonly path: string;
  /** True if what is written to it is thrown away. */
  readonly isThrownAway: boolean;
}

/**
 * Runs it.
 *
 * @returns its status and what it printed as errors; of one that was ended the status is undefined
 * @throws {Unable} it is not installed
 */
export async function runGuest(
  program: string,
  args: readonly string[],
  seconds: number,
): Promise<{ readonly code?: number; readonly errors: readonly string[] }> {
  const command = new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
  const child = spawn(command, program);
  const forget = beforeSignalEnds(() => child.kill("SIGKILL"));
  const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
  const { code, signal, stderr } = await child.output();
  clearTimeout(timer);
  forget();
  const errors = new TextDecoder().decode(stderr).trim().split("\n");
  return signal === null ? { code, errors } : { errors };
}

function spawn(command: Deno.Command, program: string): Deno.ChildProcess {
  try {
    return command.spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Unable(`Cannot boot a kernel: there is no ${program} on this machine`);
  }
}
