/**
 * The session in a kernel: the program that the booted system runs, and that `other-kernels` runs for the running one.
 *
 * @module
 */

import { type CommandArguments, runCommand, Unable } from "../command/command.ts";
import { readInput } from "../command/files.ts";
import { PARTS, type Plan, PLAN_FILE, SESSION_FILE } from "./plan.ts";
import { SessionRun } from "./session.ts";

const PROGRESS_FILE = "progress.txt";

async function main(args: CommandArguments): Promise<number> {
  const [folder = "."] = args.operands;
  const plan = parsePlan(await readInput(`${folder}/${PLAN_FILE}`));
  const tell = (line: string) =>
    Deno.writeTextFileSync(`${folder}/${PROGRESS_FILE}`, `${line}\n`, { append: true });
  const session = await new SessionRun(plan, folder, tell).run();
  await Deno.writeTextFile(`${folder}/${SESSION_FILE}`, JSON.stringify(session));
  return 0;
}

function parsePlan(text: string): Plan {
  const { parts, tests, seeds, steps, seconds }: Record<string, unknown> = JSON.parse(text);
  const isNumber = (value: unknown): value is number => typeof value === "number";
  const isText = (value: unknown): value is string => typeof value === "string";
  if (
    !Array.isArray(parts) || !Array.isArray(tests) || !Array.isArray(seeds) ||
    !isNumber(steps) || !isNumber(seconds)
  ) {
    throw new Unable(`Cannot read ${PLAN_FILE}: it is no plan`);
  }
  return {
    parts: PARTS.filter((part) => parts.includes(part)),
    tests: tests.filter(isText),
    seeds: seeds.filter(isNumber),
    steps,
    seconds,
  };
}

if (import.meta.main) {
  await runCommand({
    name: "other-kernels-inside",
    summary:
      "Does in the kernel that it runs on what the plan in a folder says; other-kernels calls it.",
    usage: "FOLDER",
    operands: [1, 1],
    options: {},
  }, main);
}
