/**
 * `deno task kernel check --vma`: the same for a kernel's `mm/vma.c`.
 *
 * @module
 */

import { Unable } from "../../command/command.ts";
import { print, printJson } from "../../command/output.ts";
import { Progress } from "../../command/progress.ts";
import { readTrace } from "../../trace/read.ts";
import { formatRecord } from "../../trace/schema.ts";
import { build } from "../build.ts";
import { vmaMacros } from "../features.ts";
import { showOperation } from "../operation.ts";
import { findSource, type Source } from "../source.ts";
import { checkVma, type VmaCheckResult } from "./check.ts";
import { shrinkTrace, type ShrunkTrace } from "./shrink.ts";
import { checkTrace, operationsOf, type TraceCheckResult } from "./traces.ts";

/** What the command was asked for. */
export interface VmaCommand {
  readonly source: string | undefined;
  readonly steps: number;
  readonly seed: number;
  readonly limitMs: number;
  readonly isJson: boolean;
  readonly signal: AbortSignal;
  /** Traces by name: paths or URLs. */
  readonly traces: ReadonlyMap<string, string | URL>;
  /** Only what contains this: the name of a trace, `random layouts`. */
  readonly only?: string;
}

/** What the whole check showed. */
interface Outcome {
  readonly traces: ReadonlyMap<string, CheckedTrace>;
  /** Undefined if a trace showed a difference before, or it was not wanted. */
  readonly layouts: VmaCheckResult | undefined;
}

/** What a trace showed; if a difference, what is left of it. */
interface CheckedTrace extends TraceCheckResult {
  readonly shrunk?: ShrunkTrace & { readonly asked: Awaited<ReturnType<typeof operationsOf>> };
}

/** Runs it, and gives the exit status. */
export async function runVmaCheck(command: VmaCommand): Promise<number> {
  const { signal, seed, isJson } = command;
  const progress = new Progress();
  try {
    const source = await findSource(command.source);
    const { program } = await build(source, "vma", (what) => progress.show(() => what));
    const outcome = await checkAll(command, source, program, progress);
    progress.clear();
    signal.throwIfAborted();
    if (isJson) printJson({ source, seed, ...asData(outcome) });
    else print(format(source, outcome, await vmaMacros(source)));
    return isFound(outcome) ? 1 : 0;
  } finally {
    progress.clear();
  }
}

async function checkAll(
  { traces, only = "", ...request }: VmaCommand,
  source: Source,
  program: string,
  progress: Progress,
): Promise<Outcome> {
  const common = { ...request, program, release: source.version };
  const results = new Map<string, CheckedTrace>();
  for (const [name, path] of traces) {
    if (!`recorded traces: ${name}`.includes(only)) continue;
    progress.show(() => name);
    const result = await checkTrace(readTrace(path), common);
    results.set(name, result);
    const { found } = result;
    if (found === undefined) continue;
    progress.show(() => `shrinking step ${found.step} of ${name}`);
    const shrunk = await shrinkTrace(readTrace(path), found, common);
    if (shrunk !== undefined) {
      const asked = await operationsOf(shrunk.records, source.version);
      results.set(name, { ...result, shrunk: { ...shrunk, asked } });
    }
    return { traces: results, layouts: undefined };
  }
  if (!"random layouts".includes(only)) {
    // That nothing was different would be true, and mislead.
    if (results.size === 0) throw new Unable(`No trace is called ${only}, nor are random layouts`);
    return { traces: results, layouts: undefined };
  }
  const onProgress = (count: number) =>
    progress.show(() => `${count.toLocaleString("en")} operations`);
  return { traces: results, layouts: await checkVma({ ...common, onProgress }) };
}

function isFound({ traces, layouts }: Outcome): boolean {
  return layouts?.found !== undefined || [...traces.values()].some(({ found }) => found);
}

/** Whole calls that newer trees have in `mm/vma.c`, by the macro that says so. */
const WHOLE_CALLS = {
  "-DHAVE_MMAP_REGION": "mmap_region()",
  "-DHAVE_BRK_FLAGS": "do_brk_flags()",
  "-DHAVE_EXPAND_DOWNWARDS": "expand_downwards()",
} as const;

/** What of a tree is not its own code here, and what is not driven. */
export function notDriven({ version }: Pick<Source, "version">, macros: readonly string[]): string {
  const whole = Object.entries(WHOLE_CALLS);
  const present = whole.filter(([macro]) => macros.includes(macro)).map(([, name]) => name);
  const absent = whole.filter(([macro]) => !macros.includes(macro)).map(([, name]) => name);
  const calls = [
    ...(present.length > 0 ? [`called as they are: ${present.join(", ")}`] : []),
    ...(absent.length > 0
      ? [
        `${
          absent.join(", ")
        }: in Linux ${version} not in mm/vma.c but in mm/mmap.c, which does not build in user ` +
        "space; the driver does their work with the functions of mm/vma.c",
      ]
      : []),
    "mprotect, madvise, mlock, mremap and fork begin in files that do not build either; the driver calls for them what " +
    "they call in mm/vma.c",
    "not driven: names of memory (PR_SET_VMA_ANON_NAME), which the tree's tools take to be all equal",
  ];
  return calls.map((line) => `  ${line}`).join("\n");
}

function format(source: Source, { traces, layouts }: Outcome, macros: readonly string[]): string {
  const lines = [`mm/vma.c of Linux ${source.version} (${source.name})`, ""];
  for (const [name, result] of traces) lines.push(...formatTrace(name, result));
  if (layouts !== undefined) lines.push(...formatLayouts(layouts));
  if (!isFound({ traces, layouts })) {
    lines.push("", "every VMA and map_count compared with src/mm after each: no difference");
  }
  return [...lines, notDriven(source, macros)].join("\n");
}

function formatTrace(
  name: string,
  { steps, operations, left, found, shrunk }: CheckedTrace,
): string[] {
  const much = `${steps.toLocaleString("en")} steps, ${operations.toLocaleString("en")} operations`;
  const lines = [`  ${name}: ${much}`];
  if (left !== undefined) {
    lines.push(`    step ${left.step} cannot be driven, nor what follows: ${left.why}`);
  }
  if (found === undefined) return lines;
  return [
    ...lines,
    "",
    `Step ${found.step} of ${name} went wrong: ${found.name}`,
    ...found.operations.map((it) => `  ${it}`),
    `  ${found.text}`,
    "",
    ...formatShrunk(shrunk),
  ];
}

function formatShrunk(shrunk: CheckedTrace["shrunk"]): string[] {
  if (shrunk === undefined) return ["The trace by itself shows it no second time", ""];
  const { after } = shrunk.steps;
  return [
    `Shrunk to ${after} ${after === 1 ? "step" : "steps"}: nothing can be removed`,
    ...shrunk.asked.flatMap(({ name, operations }) => [
      `  ${name}`,
      ...operations.map((it) => `    ${it}`),
    ]),
    `  ${shrunk.found.text}`,
    "",
  ];
}

function formatLayouts({ layouts, operations, found }: VmaCheckResult): string[] {
  const much = `${operations.toLocaleString("en")} operations on ${layouts} random layouts`;
  if (found === undefined) return [`  ${much}`];
  const { difference, shrunk, shown } = found;
  return [
    `  ${much}`,
    "",
    `Operation ${difference.at + 1} went wrong: ${showOperation(difference.operation)}`,
    "",
    `Shrunk to ${shrunk.length} ${
      shrunk.length === 1 ? "operation" : "operations"
    }: none can be removed`,
    ...shrunk.map((it) => `  ${showOperation(it)}`),
    `  ${shown.text}`,
    "",
  ];
}

function asData({ traces, layouts }: Outcome): object {
  const found = layouts?.found;
  return {
    traces: [...traces].map(([name, { shrunk, ...result }]) => ({
      name,
      ...result,
      // A trace's own lines: what is put into a file can be checked again.
      shrunk: shrunk && { ...shrunk, records: shrunk.records.map(formatRecord) },
    })),
    layouts: layouts?.layouts ?? 0,
    operations: layouts?.operations ?? 0,
    found: found && {
      operation: found.difference.at + 1,
      text: found.shown.text,
      shrunk: found.shrunk.map(showOperation),
    },
  };
}
