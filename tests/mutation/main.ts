/**
 * `deno task mutate`: the mutation score of the tree and the address space.
 *
 * @module
 */

import { type CommandArguments, runCommand, Unable } from "../../src/command/command.ts";
import { Progress } from "../../src/command/progress.ts";
import { ROOT } from "../canaries/build.ts";
import { equivalence } from "./equivalent.ts";
import { describe } from "./mutants.ts";
import { score, sourceFiles, tryPlain, type Verdict } from "./score.ts";

const SPECIFICATION = {
  name: "mutate",
  summary:
    "Makes small changes in the tree and the address space and shows which of them no test notices.",
  usage: "[options] [FILE…]",
  options: {
    sample: { help: "try only so many, evenly spread; all unless given", value: "N" },
    jobs: { help: "copies that are tried at once (2)", value: "N" },
    json: { help: "print one JSON object instead of text" },
  },
  details:
    "FILE is a source file such as src/tree/store.ts; all of both folders unless given. Exit status: 0 every " +
    "mutant that is not equivalent was noticed, 1 some survived, 2 the tests do not pass without a change.",
} as const;

async function main(args: CommandArguments): Promise<number> {
  const files = args.operands.length > 0 ? args.operands : await sourceFiles();
  const failing = await tryPlain();
  if (failing !== undefined) throw new Unable(`the tests do not pass as it is: ${failing}`);
  const progress = new Progress();
  let killed = 0;
  const verdicts = await score({
    files,
    sample: args.integer("sample", 1),
    jobs: args.integer("jobs", 1) ?? 2,
    onVerdict: (verdict, done, all) => {
      if (verdict.killedBy !== undefined) killed++;
      else if (!args.has("json")) {
        progress.clear();
        describeAll([verdict]).then(([survivor]) => console.log(line(survivor!)));
      }
      progress.show(() => `${done} of ${all} mutants, ${killed} noticed`);
    },
  });
  progress.clear();
  const survivors = await describeAll(verdicts.filter((verdict) => verdict.killedBy === undefined));
  const unexplained = survivors.filter(({ why }) => why === undefined);
  if (args.has("json")) {
    console.log(JSON.stringify({ mutants: verdicts.length, survivors }, null, 2));
  } else console.log(format(verdicts, survivors));
  return unexplained.length === 0 ? 0 : 1;
}

interface Survivor {
  readonly text: string;
  /** Why no test can notice it. */
  readonly why: string | undefined;
}

async function describeAll(verdicts: readonly Verdict[]): Promise<Survivor[]> {
  const survivors: Survivor[] = [];
  for (const { mutant } of verdicts) {
    const source = await Deno.readTextFile(new URL(mutant.file, ROOT));
    const text = describe(source, mutant);
    survivors.push({ text, why: equivalence(source, mutant) });
  }
  return survivors;
}

function format(verdicts: readonly Verdict[], survivors: readonly Survivor[]): string {
  const killed = verdicts.length - survivors.length;
  const equivalent = survivors.filter(({ why }) => why !== undefined).length;
  const counted = verdicts.length - equivalent;
  const percent = (100 * killed / Math.max(1, counted)).toFixed(1);
  return `${verdicts.length} mutants, ${killed} noticed, ${equivalent} equivalent, ` +
    `${counted - killed} survived: ${percent} %`;
}

function line({ text, why }: Survivor): string {
  return why === undefined ? `survived  ${text}` : `equivalent  ${text}: ${why}`;
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
