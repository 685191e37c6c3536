/**
 * `deno task profile TRACE`: which functions the time of a replay goes to.
 *
 * @module
 */

import inspector from "node:inspector/promises";
import { type CommandArguments, runCommand, Unable } from "../src/command/command.ts";
import { inputOf, writeText } from "../src/command/files.ts";
import { print, printJson } from "../src/command/output.ts";
import { compileTrace, readTrace, replayUnchecked } from "../mod.ts";

const SPECIFICATION = {
  name: "profile",
  summary: "Replays a trace again and again and shows which functions the time goes to.",
  usage: "[options] TRACE",
  operands: [1, 1],
  options: {
    seconds: { help: "how long to sample, after a second of warming up (5)", value: "N" },
    top: { help: "how many functions to show (25)", value: "N" },
    out: { help: "write the profile for a browser's or an editor's viewer", value: "FILE" },
    force: { help: "with --out: overwrite a file that is there" },
    json: { help: "print JSON" },
  },
  details:
    "The replay checks nothing, so that the tree and the address space are all there is to see. " +
    "bench/PROFILING.md says how to read the table, and how to see machine code.\nExit status: 0, or 2 if the " +
    "trace cannot be replayed.",
} as const;

/** How often V8 looks where the program is, microseconds. */
const INTERVAL_US = 200;

/** Milliseconds until V8 has compiled what it will compile. */
const WARM_UP_MS = 1_000;

/** The time of one function. */
interface FunctionTime {
  readonly name: string;
  /** Its file from the checkout's root and its line; V8's own parts have none. */
  readonly place: string;
  /** Part of all samples that are in it, and not in what it calls: 0 to 1. */
  readonly self: number;
  /** Part of all samples that are in it or in what it calls: 0 to 1. */
  readonly total: number;
}

async function main(args: CommandArguments): Promise<number> {
  const [file = "-"] = args.operands;
  const seconds = args.integer("seconds", 1) ?? 5;
  const trace = await compileTrace(readTrace(inputOf(file)));
  if (trace.steps.length === 0) throw new Unable(`Cannot profile ${file}: it has no steps`);
  const replayFor = (ms: number) => {
    const end = performance.now() + ms;
    let replays = 0;
    for (; performance.now() < end; replays++) replayUnchecked(trace);
    return replays;
  };
  replayFor(WARM_UP_MS);
  const { profile, replays } = await sample(() => replayFor(1_000 * seconds));
  const out = args.text("out");
  if (out !== undefined) {
    await writeText(out, JSON.stringify(profile), { force: args.has("force") });
  }
  const times = functionTimes(profile);
  const top = times.slice(0, args.integer("top", 1) ?? 25);
  const microseconds = 1e6 * seconds / replays;
  if (args.has("json")) {
    printJson({ file, replays, microseconds, functions: top });
  } else print(format(top, replays, microseconds));
  return 0;
}

/** Calls `act` with V8's sampling profiler on. */
async function sample(
  act: () => number,
): Promise<{ profile: inspector.Profiler.Profile; replays: number }> {
  const session = new inspector.Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: INTERVAL_US });
  await session.post("Profiler.start");
  const replays = act();
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  return { profile, replays };
}

/** The functions of a profile by their own time, the longest first. */
export function functionTimes(
  { nodes, samples = [] }: Pick<inspector.Profiler.Profile, "nodes" | "samples">,
): FunctionTime[] {
  const own = new Map<number, number>();
  for (const node of samples) own.set(node, (own.get(node) ?? 0) + 1);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const found = new Map<string, { name: string; place: string; self: number; total: number }>();
  const visit = (id: number, above: ReadonlySet<string>): number => {
    const { callFrame, children = [] } = byId.get(id)!;
    const name = callFrame.functionName || "(anonymous)";
    const place = placeOf(callFrame.url, callFrame.lineNumber);
    const key = `${name} ${place}`;
    const self = own.get(id) ?? 0;
    const inside = new Set(above).add(key);
    const total = self + children.reduce((sum, child) => sum + visit(child, inside), 0);
    const time = found.get(key) ?? { name, place, self: 0, total: 0 };
    time.self += self;
    if (!above.has(key)) time.total += total; // one that calls itself counts once
    found.set(key, time);
    return total;
  };
  if (nodes[0] !== undefined) visit(nodes[0].id, new Set());
  const all = Math.max(1, samples.length);
  return [...found.values()].filter(({ self }) => self > 0)
    .map(({ name, place, self, total }) => ({ name, place, self: self / all, total: total / all }))
    .sort((a, b) => b.self - a.self);
}

function placeOf(url: string, line: number): string {
  if (url === "") return "";
  const root = new URL("../", import.meta.url).href;
  return `${url.startsWith(root) ? url.slice(root.length) : url}:${line + 1}`;
}

function format(times: readonly FunctionTime[], replays: number, microseconds: number): string {
  const percent = (part: number) => (100 * part).toFixed(1).padStart(6);
  return [
    `${replays} replays of ${microseconds.toFixed(0)} µs`,
    "",
    " self %  total %  function",
    ...times.map(({ name, place, self, total }) =>
      `${percent(self)}   ${percent(total)}  ${name}  ${place}`.trimEnd()
    ),
  ].join("\n");
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
