/**
 * `deno task race-recorder`: how long recording a program takes, beside strace.
 *
 * Both record the same program in turns, so that both meet the same machine; the least of the turns counts. What the
 * recorder takes to start (Deno, and asking the kernel for its rules) is in the figures, and told apart: the row of
 * `true` is little else.
 *
 * @module
 */

import { loadavg } from "node:os";
import { outputOf } from "../../src/command/child.ts";
import { type CommandArguments, runCommand, Unable } from "../../src/command/command.ts";
import { TemporaryFolder } from "../../src/command/files.ts";
import { print, printJson } from "../../src/command/output.ts";
import { pathOf } from "../../src/command/paths.ts";
import { Progress } from "../../src/command/progress.ts";
import { thisHost } from "../../src/compare/host.ts";
import { exitStatus, formatFinding } from "../../src/replay/finding.ts";
import { replaySettled } from "../../src/replay/settle.ts";
import { openTrace } from "../../src/text/open_trace.ts";
import { makeSubjects, obstacle, type Subject } from "./subjects.ts";

const SPECIFICATION = {
  name: "race-recorder",
  summary: "Records programs with the recorder and with strace, taking turns.",
  usage: "[options]",
  operands: [0, 0],
  options: {
    rounds: { value: "N", help: "turns of each (5)" },
    calls: { value: "N", help: "memory calls of each program that makes nothing else (9000)" },
    json: { help: "print one JSON object instead of a table" },
  },
  details: "Every last recording is replayed and compared, after the clock has stopped.\n" +
    "Needs strace and the permission to trace; gcc, python3, node and make are left out where they are not.\n" +
    "Exit status: 0 it ran, 2 it could not.",
} as const;

/** What both took to record one program, ms, the least of the turns. */
interface Result {
  readonly name: string;
  /** Steps of the last recording, each replayed and compared. */
  readonly steps: number;
  readonly strace: number;
  readonly recorder: number;
}

async function main(args: CommandArguments): Promise<number> {
  const rounds = args.integer("rounds", 1) ?? 5;
  const calls = args.integer("calls", 1) ?? 9_000;
  const why = await obstacle("strace");
  if (why !== undefined) throw new Unable(`There is nothing to compare with: ${why}`);
  using temporary = TemporaryFolder.create("maple-recorder-");
  const folder = temporary.path;
  const progress = new Progress();
  try {
    const { subjects, absent } = await makeSubjects(folder, calls);
    const results: Result[] = [];
    for (const subject of subjects) {
      results.push(
        await race(
          subject,
          folder,
          rounds,
          (round) => progress.show(() => `${subject.name}: turn ${round + 1} of ${rounds}`),
        ),
      );
    }
    progress.clear();
    const { cpu } = thisHost();
    const load = loadavg()[0]!;
    if (args.has("json")) printJson({ cpu, load, rounds, calls, results, absent });
    else {
      print(`${cpu}, load ${load.toFixed(1)}; ms, least of ${rounds} turns\n`);
      print(table(results));
      for (const each of absent) print(`without ${each.name}: ${each.why}`);
    }
    return 0;
  } finally {
    progress.clear();
  }
}

async function race(
  { name, command }: Subject,
  folder: string,
  rounds: number,
  onRound: (round: number) => void,
): Promise<Result> {
  const file = `${folder}/trace.jsonl.gz`;
  const strace = ["strace", "-f", "-e", "trace=memory,process", "-o", `${folder}/strace`];
  const recorder = [
    ...[Deno.execPath(), "run", "-q", "--config", pathOf("deno.json"), "-P=capture"],
    ...[pathOf("src/capture/main.ts"), "--force", "--out", file, "--"],
  ];
  const least = { strace: Infinity, recorder: Infinity };
  for (let round = 0; round < rounds; round++) {
    onRound(round);
    least.strace = Math.min(least.strace, await timeMs([...strace, ...command]));
    least.recorder = Math.min(least.recorder, await timeMs([...recorder, ...command]));
  }
  return { name, steps: await replayed(name, file), ...least };
}

/**
 * Replays a recording; a fast one that is not right counts for nothing.
 *
 * @returns its steps
 * @throws {Unable} model and recording part
 */
async function replayed(name: string, file: string): Promise<number> {
  const report = await replaySettled(() => openTrace(file));
  if (exitStatus(report) === 0) return report.steps;
  throw new Unable(`The recording does not replay: ${formatFinding(name, report)}`);
}

/** How long a command takes, by the clock. */
async function timeMs([program, ...args]: readonly string[]): Promise<number> {
  const startMs = performance.now();
  const { success, stderr } = await outputOf(program!, { args });
  if (!success) throw new Unable(`${program} failed: ${new TextDecoder().decode(stderr).trim()}`);
  return performance.now() - startMs;
}

function table(results: readonly Result[]): string {
  const [nothing] = results;
  const rows = results.map(({ name, strace, recorder }, i) => {
    const started = i === 0 || nothing === undefined
      ? "–"
      : ((recorder - nothing.recorder) / (strace - nothing.strace)).toFixed(2);
    return [name, strace.toFixed(0), recorder.toFixed(0), (recorder / strace).toFixed(2), started];
  });
  const head = ["program", "strace", "recorder", "ratio", "ratio without the start"];
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
