/**
 * `deno task kernel build`: builds a kernel's tree for the other commands and for the benches.
 *
 * @module
 */

import type { CommandArguments, CommandSpecification } from "../command/command.ts";
import { print, printJson } from "../command/output.ts";
import { Progress } from "../command/progress.ts";
import { build } from "./build.ts";
import { findSource } from "./source.ts";

/** What the command takes. */
export const BUILD: CommandSpecification = {
  name: "kernel build",
  summary:
    "Builds a kernel's lib/maple_tree.c and says where; deno task bench then has a row of it.",
  usage: "[options]",
  operands: [0, 0],
  options: {
    source: {
      help:
        "a kernel tree or tarball, from 6.1 on; unless given, the newest linux-source of Debian here",
      value: "DIR",
    },
    json: { help: "print JSON" },
  },
  details:
    "Builds are kept in $XDG_CACHE_HOME/maple, else ~/.cache/maple.\n\nExit status: 0, or 2 if it cannot be built.",
};

/** Runs the command. */
export async function runBuild(args: CommandArguments): Promise<number> {
  const progress = new Progress();
  try {
    const source = await findSource(args.text("source"));
    const show = (what: string) => progress.show(() => what);
    const driver = await build(source, "check", show);
    const library = await build(source, "library", show);
    progress.clear();
    const built = { source, driver: driver.program, library: library.program };
    if (args.has("json")) printJson(built);
    else print(`Linux ${source.version}\n  driver   ${built.driver}\n  library  ${built.library}`);
    return 0;
  } finally {
    progress.clear();
  }
}
