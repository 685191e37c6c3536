/**
 * The program of a fuzz run, on disk for as long as it runs.
 *
 * @module
 */
import { TemporaryFolder } from "../command/files.ts";
import { Unable } from "../command/command.ts";
import type { Architecture } from "../abi/syscalls.ts";
import { executable } from "./executable.ts";
import { FUZZ_FILE_BYTES, fuzzTable } from "./fuzz.ts";

/**
 * Makes the program, has `run` run it, and takes it away again.
 *
 * @param options what decides the calls, see `FuzzOptions`
 * @param run gets the program's path
 * @throws {Unable} this machine has no such programs
 */
export async function withFuzzProgram<T>(
  options: { readonly seed: number; readonly steps: number },
  run: (program: string) => Promise<T>,
): Promise<T> {
  const machine = machineHere();
  using folder = TemporaryFolder.create("maple-verify-");
  const program = `${folder.path}/fuzz`, file = `${folder.path}/data`;
  await Deno.writeFile(file, new Uint8Array(FUZZ_FILE_BYTES));
  const table = fuzzTable({ machine, file, ...options });
  await Deno.writeFile(program, executable(machine, table), { mode: 0o700 });
  return await run(program);
}

function machineHere(): Architecture {
  const { os, arch } = Deno.build;
  if (os !== "linux") throw new Unable(`Cannot run system calls of Linux on ${os}`);
  return arch;
}
