/**
 * Starts the command that is to be recorded, stopped before its first instruction.
 *
 * @module
 */
import { CodedError } from "../abi/error.ts";
import { type LibcCalls, LibcError } from "./libc.ts";
import type { Tracer } from "./ptrace.ts";

/** Why a recording cannot begin or go on: `Cannot record COMMAND: why`. */
export class RecordError extends CodedError<"ENOSYS" | "ENOENT" | "EPERM" | "ENOEXEC"> {
  /**
   * Made before anything runs, or when the program turns out to be one that cannot be recorded.
   *
   * @param code what stands in the way
   * @param command the program as it was given
   * @param why the end of the sentence
   */
  constructor(code: RecordError["code"], command: string, why: string) {
    super("RecordError", code, `Cannot record ${command}: ${why}`);
  }
}

const WUNTRACED = 2;
const SIGKILL = 9, SIGCONT = 18;

/** A shell that waits to be traced and then becomes the command: its exec is what the trace begins with. */
const STOP_THEN_EXEC = 'kill -STOP $$; exec "$@"';

/**
 * Starts `command` and seizes it. It runs on when the tracer resumes it from the stops that follow.
 *
 * `PTRACE_TRACEME` in a forked child would be the usual way, but a runtime with threads cannot fork.
 *
 * @returns its process id
 * @throws {RecordError} no such command, or no permission to trace
 */
export function launch(libc: LibcCalls, tracer: Tracer, command: readonly string[]): number {
  const [program = ""] = command;
  if (!exists(libc, program)) {
    throw new RecordError("ENOENT", program, "no such command, or no permission to run it");
  }
  const pid = libc.spawn("/bin/sh", ["sh", "-c", STOP_THEN_EXEC, "sh", ...command]);
  const status = new Int32Array(1);
  libc.wait(pid, status, WUNTRACED);
  try {
    tracer.seize(pid);
  } catch (error) {
    libc.kill(pid, SIGKILL);
    libc.wait(pid, status, 0);
    if (!(error instanceof LibcError)) throw error;
    const why = `this system does not permit tracing (ptrace: errno ${error.errno})`;
    throw new RecordError("EPERM", program, why);
  }
  libc.kill(pid, SIGCONT);
  return pid;
}

/** True if a shell would find the program: by its path, or in the directories of PATH. */
function exists(libc: LibcCalls, program: string): boolean {
  if (program.includes("/")) return libc.isExecutable(program);
  const directories = (libc.environment("PATH") ?? "/usr/bin:/bin").split(":");
  return program !== "" &&
    directories.some((directory) => libc.isExecutable(`${directory || "."}/${program}`));
}
