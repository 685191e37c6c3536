/**
 * `deno task mutate`: the mutation score of the sources.
 *
 * @module
 */

import { type CommandArguments, runCommand, Unable } from "../../src/command/command.ts";
import { print, printJson } from "../../src/command/output.ts";
import { Progress } from "../../src/command/progress.ts";
import { ROOT } from "../canaries/build.ts";
import { sourceFiles } from "./areas.ts";
import { equivalence, staleEntries } from "./equivalent.ts";
import { describe, mutantsOf } from "./mutants.ts";
import { BrokenTestsError, score, type Verdict } from "./score.ts";

const SPECIFICATION = {
  name: "mutate",
  summary: "Makes small changes in the sources and shows which of them no test notices.",
  usage: "[options] [FILE…]",
  operands: [0, Infinity],
  options: {
    sample: { help: "try only so many, evenly spread; all unless given", value: "N" },
    seed: { help: "of as many parts as --sample says, draw one of each by this seed", value: "N" },
    jobs: { help: "processes at once (2)", value: "N" },
    tests: { help: "run only the tests of this file, tests/x_test.ts", value: "FILE", many: true },
    all: { help: "show the equivalent ones too" },
    json: { help: "print one JSON object instead of text" },
  },
  details:
    "FILE is a source file such as src/tree/store.ts, a line of one (src/tree/store.ts:12), or a folder; all of them " +
    "unless given. The score is the share " +
    "of those noticed among the mutants that are not equivalent (tests/mutation/equivalent.ts says why each of " +
    "them is); the raw one counts those as survivors. Exit status: 0 every mutant that is not equivalent was " +
    "noticed, 1 some survived or an equivalent one was noticed, 2 the tests do not pass without a change, or an " +
    "equivalence fits no line of the source any more.",
} as const;

/** What an operand names: a folder, a file, or a line of one. */
interface Place {
  readonly path: string;
  readonly line?: number;
}

function placeOf(operand: string): Place {
  const [, file, line] = /^(.*\.ts):(\d+)$/.exec(operand) ?? [];
  return file === undefined
    ? { path: operand.replace(/\/$/, "") }
    : { path: file, line: Number(line) };
}

function isIn(file: string, { path }: Place): boolean {
  return file === path || file.startsWith(`${path}/`);
}

/** A mutant that was tried. */
interface Tried extends Verdict {
  readonly text: string;
  /** Why no test can notice it, if it is known to be so. */
  readonly why: string | undefined;
}

async function main(args: CommandArguments): Promise<number> {
  const known = await sourceFiles();
  const places = args.operands.map(placeOf);
  const unknown = places.find((place) => !known.some((file) => isIn(file, place)));
  if (unknown !== undefined) {
    throw new Unable(`${unknown.path} is not among the files that are mutated`);
  }
  const files = places.length === 0
    ? known
    : known.filter((file) => places.some((place) => isIn(file, place)));
  const sources = await readSources(known);
  refuseStale(sources);
  const progress = new Progress();
  let killed = 0;
  const verdicts = await scoreOrSay({
    files,
    sample: args.integer("sample", 1),
    seed: args.integer("seed", 0),
    jobs: args.integer("jobs", 1) ?? 2,
    ...(args.has("tests") && { tests: args.texts("tests") }),
    isWanted: ({ file, line }) =>
      places.length === 0 ||
      places.some((place) => isIn(file, place) && (place.line ?? line) === line),
    onVerdict: (verdict: Verdict, done: number, all: number) => {
      if (verdict.killedBy !== undefined) killed++;
      progress.show(() => `${verdict.mutant.file}: ${done} of ${all} mutants, ${killed} noticed`);
    },
  });
  progress.clear();
  const tried = verdicts.map((verdict): Tried => {
    const source = sources.get(verdict.mutant.file)!;
    const why = equivalence(source, verdict.mutant);
    return { ...verdict, text: describe(source, verdict.mutant), why };
  });
  if (args.has("json")) printJson(summaryOf(tried));
  else print(format(tried, args.has("all")));
  const { survived, refuted } = sorted(tried);
  return survived.length + refuted.length === 0 ? 0 : 1;
}

async function readSources(files: readonly string[]): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  for (const file of files) sources.set(file, await Deno.readTextFile(new URL(file, ROOT)));
  return sources;
}

function refuseStale(sources: ReadonlyMap<string, string>): void {
  const mutants = [...sources].flatMap(([file, source]) =>
    mutantsOf(file, source).map((mutant) => ({ source, mutant }))
  );
  const stale = staleEntries(mutants);
  if (stale.length > 0) {
    throw new Unable(
      `${stale.length} entries of tests/mutation/equivalent.ts fit no line any more:\n  ` +
        stale.join("\n  "),
    );
  }
}

async function scoreOrSay(options: Parameters<typeof score>[0]): Promise<Verdict[]> {
  try {
    return await score(options);
  } catch (error) {
    throw error instanceof BrokenTestsError ? new Unable(error.message) : error;
  }
}

/** The mutants by what became of them. */
function sorted(tried: readonly Tried[]): Record<
  "killed" | "survived" | "equivalent" | "refuted",
  Tried[]
> {
  const is = (killed: boolean, equivalent: boolean) =>
    tried.filter(({ killedBy, why }) =>
      (killedBy !== undefined) === killed && (why !== undefined) === equivalent
    );
  return {
    killed: is(true, false),
    survived: is(false, false),
    equivalent: is(false, true),
    refuted: is(true, true),
  };
}

function summaryOf(tried: readonly Tried[]) {
  const { survived, equivalent, refuted } = sorted(tried);
  const lines = (of: readonly Tried[]) => of.map(({ text, why }) => ({ text, why }));
  return {
    mutants: tried.length,
    survived: lines(survived),
    equivalent: lines(equivalent),
    refuted: lines(refuted),
  };
}

function format(tried: readonly Tried[], all: boolean): string {
  const { survived, equivalent, refuted } = sorted(tried);
  const files = [...new Set(tried.map(({ mutant }) => mutant.file))];
  const folders = [...new Set(files.map((file) => file.split("/").slice(0, 2).join("/")))];
  return [
    ...survived.map(({ text, tests }) =>
      `survived  ${text}${tests === 0 ? "  (makes no difference in any test)" : ""}`
    ),
    ...refuted.map(({ text, killedBy }) => `not equivalent  ${text}: ${killedBy} notices it`),
    ...(all ? equivalent.map(({ text, why }) => `equivalent  ${text}: ${why}`) : []),
    "",
    "mutants  noticed  equivalent  survived    raw  score",
    ...files.map((file) => row(tried.filter(({ mutant }) => mutant.file === file), file)),
    ...folders.map((folder) =>
      row(tried.filter(({ mutant }) => mutant.file.startsWith(`${folder}/`)), folder)
    ),
    row(tried, "all"),
  ].join("\n");
}

function row(tried: readonly Tried[], name: string): string {
  const { killed, survived, equivalent, refuted } = sorted(tried);
  const noticed = killed.length + refuted.length;
  const percent = (of: number) => (100 * noticed / Math.max(1, of)).toFixed(1).padStart(5);
  return `${String(tried.length).padStart(7)}  ${String(noticed).padStart(7)}  ` +
    `${String(equivalent.length).padStart(10)}  ${String(survived.length).padStart(8)}  ` +
    `${percent(tried.length)}  ${percent(tried.length - equivalent.length)}  ${name}`;
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
