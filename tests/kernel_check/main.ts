/**
 * `deno task kernel`: a kernel's own tree under the tests of this suite.
 *
 * @module
 */

import {
  type CommandArguments,
  type CommandSpecification,
  execute,
  statusOfRun,
} from "../../src/command/command.ts";
import { complain, print } from "../../src/command/output.ts";
import { standWhereCalled } from "../../src/command/stand_where_called.ts";
import { BUILD, runBuild } from "../../src/kernel/build_command.ts";
import { CHECK, runCheck } from "./command.ts";
import { RACE, runRace } from "../../src/kernel/race/command.ts";

interface Command {
  readonly specification: CommandSpecification;
  readonly run: (args: CommandArguments) => Promise<number>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  build: { specification: BUILD, run: runBuild },
  check: { specification: CHECK, run: runCheck },
  race: { specification: RACE, run: runRace },
};

const HELP = [
  "A kernel's own lib/maple_tree.c and mm/vma.c, built in user space, under the tests of this suite.",
  "",
  "Usage: deno task kernel COMMAND [options]",
  "",
  ...Object.entries(COMMANDS).map(([name, { specification }]) =>
    `  ${name.padEnd(6)} ${specification.summary}`
  ),
  "",
  "Each has its own --help.",
].join("\n");

async function main([name = "", ...rest]: readonly string[]): Promise<number> {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return await execute(command.specification, command.run, rest);
  if (name === "--help" || name === "-h") {
    print(HELP);
    return 0;
  }
  complain(`kernel: ${name === "" ? "No command" : `Unknown command ${name}`}; see --help`);
  return 2;
}

if (import.meta.main) {
  const status = await statusOfRun("kernel", () => {
    standWhereCalled();
    return main(Deno.args);
  });
  Deno.exit(status);
}
