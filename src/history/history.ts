/**
 * The history of measurements: JSON lines in a branch of its own, never in the working tree.
 *
 * The branch `maple-history` has one file, `history.jsonl`, and shares no commit with the code. Appending makes
 * a new blob, tree and commit, and moves the branch only if it still is where it was read: a crash leaves the
 * old file whole, and of two who append at once neither loses a line. `git push origin maple-history` shares it;
 * a clone reads `origin/maple-history` until it has a branch itself.
 *
 * @module
 */

import { git, GitError } from "../compare/git.ts";
import { type Host, isSameHost, type Runtime } from "../compare/host.ts";
import type { Counters } from "../compare/workloads/workload.ts";
import { fits, HOST_SHAPE, INTERVAL_SHAPE, RUNTIME_SHAPE, type Shape } from "../compare/shape.ts";
import type { Interval } from "../compare/statistics.ts";
import type { Verdict } from "../compare/verdict.ts";
import type { PeerRecord, ShapeRecord } from "../compare/worker/peers.ts";

export type { PeerRecord, ShapeRecord } from "../compare/worker/peers.ts";

/** What was measured of a workload in one run. */
export interface WorkloadRecord {
  /** Name of the workload. */
  readonly name: string;
  /** Median time of a step, nanoseconds. */
  readonly nanoseconds: number;
  /** Time over that of the base, measured beside it. */
  readonly ratio: number;
  /** 95 % interval of the ratio, over pairs of processes. */
  readonly interval: Interval;
  /** What the comparison with the base says. */
  readonly verdict: Verdict;
  /** Steps of the list that was counted. */
  readonly steps: number;
  /** Exact counts over the whole list. */
  readonly counters: Counters;
}

/** What every line says. */
export interface Line {
  /** Version of this format. */
  readonly version: 1;
  /** Full id of the measured commit. */
  readonly commit: string;
  /** True if it had uncommitted changes. */
  readonly isDirty: boolean;
  /** When, ISO 8601. */
  readonly date: string;
  /** Who measured. */
  readonly machine: Host;
  /** What ran the measured code. */
  readonly runtime: Runtime;
}

/** One run of `deno task bench --save`. */
export interface BenchLine extends Line {
  /** Tells the lines apart. */
  readonly kind: "bench";
  /** The commit's first line. */
  readonly subject: string;
  /** Full id of the commit that the ratios are to. */
  readonly base: string;
  /** Every workload that was measured. */
  readonly workloads: readonly WorkloadRecord[];
  /** Other structures, and maple among them. */
  readonly peers: readonly PeerRecord[];
  /** Trees by size, ascending. */
  readonly shapes: readonly ShapeRecord[];
}

/** One run of `deno task compare --self`: what identical code shows on this machine. */
export interface FloorLine extends Line {
  /** Tells the lines apart. */
  readonly kind: "floor";
  /** By workload: how far from 1 the ratio's interval reached. */
  readonly floors: Readonly<Record<string, number>>;
}

/** Any line. */
export type HistoryLine = BenchLine | FloorLine;

/** All lines that could be read. */
export interface History {
  /** In the order in which they were written. */
  readonly lines: readonly HistoryLine[];
  /** Lines that are not whole, or of a version that is not known. */
  readonly damaged: number;
}

const BRANCH = "refs/heads/maple-history";
const REMOTE = "refs/remotes/origin/maple-history";
const FILE = "history.jsonl";

/** Tries before giving up on a branch that others keep moving. */
const ATTEMPTS = 20;

/** How many of the latest `--self` runs make the floor. */
const FLOOR_RUNS = 5;

/** Reads the whole history. Empty if there is none yet. */
export async function readHistory(repository: string = "."): Promise<History> {
  const tip = await tipOf(BRANCH, repository) ?? await tipOf(REMOTE, repository);
  const text = tip === undefined ? "" : await readFile(repository, tip);
  return parseHistory(text);
}

/** The lines of a history's text. */
export function parseHistory(text: string): History {
  const rows = text.split("\n").filter((row) => row !== "");
  const lines = rows.map(parseLine).filter((line) => line !== undefined);
  return { lines, damaged: rows.length - lines.length };
}

/**
 * Appends one line.
 *
 * @throws {GitError} git refused; the history is as it was
 */
export async function appendLine(line: HistoryLine, repository: string = "."): Promise<void> {
  for (let attempt = 1;; attempt++) {
    const local = await tipOf(BRANCH, repository);
    const tip = local ?? await tipOf(REMOTE, repository);
    const before = tip === undefined ? "" : await readFile(repository, tip);
    const commit = await writeCommit(repository, `${before}${JSON.stringify(line)}\n`, tip);
    try {
      // The branch must still be where it was; an empty old value means that it must not exist.
      const args = ["update-ref", "-m", "append", BRANCH, commit, local ?? ""];
      await git("save to the history", args, { cwd: repository });
      return;
    } catch (error) {
      if (!(error instanceof GitError) || attempt === ATTEMPTS) throw error;
      await new Promise((retry) => setTimeout(retry, 10 * attempt * Math.random()));
    }
  }
}

/** The lines that one machine wrote. */
export function linesOf(history: History, machine: Host): HistoryLine[] {
  return history.lines.filter((line) => isSameHost(line.machine, machine));
}

/** How far from 1 identical code came on this machine in the latest `--self` runs, by workload. */
export function floorsOf(history: History, machine: Host): Map<string, number> {
  const floors = new Map<string, number>();
  const runs = linesOf(history, machine).filter((line) => line.kind === "floor").slice(-FLOOR_RUNS);
  for (const { floors: found } of runs) {
    for (const [name, floor] of Object.entries(found)) {
      floors.set(name, Math.max(floors.get(name) ?? 0, floor));
    }
  }
  return floors;
}

async function writeCommit(cwd: string, text: string, parent: string | undefined): Promise<string> {
  const purpose = "save to the history";
  const blob = await git(purpose, ["hash-object", "-w", "--stdin"], { cwd, input: text });
  const tree = await git(purpose, ["mktree"], { cwd, input: `100644 blob ${blob}\t${FILE}\n` });
  const parents = parent === undefined ? [] : ["-p", parent];
  const identity = ["-c", "user.name=maple bench", "-c", "user.email=maple-bench@localhost"];
  const message = ["-m", "A measurement"];
  return await git(purpose, [...identity, "commit-tree", tree, ...parents, ...message], { cwd });
}

/** Where a branch is; undefined if it does not exist. */
async function tipOf(ref: string, cwd: string): Promise<string | undefined> {
  const args = ["for-each-ref", "--format=%(objectname)", ref];
  return await git("read the history", args, { cwd }) || undefined;
}

async function readFile(cwd: string, tip: string): Promise<string> {
  const text = await git("read the history", ["cat-file", "blob", `${tip}:${FILE}`], { cwd });
  return text === "" ? "" : `${text}\n`;
}

function parseLine(text: string): HistoryLine | undefined {
  try {
    const line: unknown = JSON.parse(text);
    return isLine(line) ? line : undefined;
  } catch {
    return undefined;
  }
}

const LINE = {
  commit: "string",
  isDirty: "boolean",
  date: "string",
  machine: HOST_SHAPE,
  runtime: RUNTIME_SHAPE,
} as const;

const BENCH_LINE: Shape = {
  parts: {
    ...LINE,
    subject: "string",
    base: "string",
    workloads: {
      list: {
        parts: {
          name: "string",
          nanoseconds: "number",
          ratio: "number",
          interval: INTERVAL_SHAPE,
          verdict: "string",
          steps: "number",
          counters: { values: "number" },
        },
      },
    },
    peers: {
      list: {
        parts: { workload: "string", ranges: "number", peer: "string", nanoseconds: "number" },
      },
    },
    shapes: {
      list: {
        parts: {
          ranges: "number",
          nodes: "number",
          bytesPerRange: "number",
          poolBytesPerRange: "number",
          validateNanoseconds: "number",
          storeNanoseconds: "number",
        },
      },
    },
  },
};

const FLOOR_LINE: Shape = { parts: { ...LINE, floors: { values: "number" } } };

function isLine(line: unknown): line is HistoryLine {
  if (typeof line !== "object" || line === null) return false;
  if (!("version" in line && line.version === 1 && "kind" in line)) return false;
  return line.kind === "floor"
    ? fits(line, FLOOR_LINE)
    : line.kind === "bench" && fits(line, BENCH_LINE);
}
