/**
 * Every command with operands with which it takes a while, and how it is started for the tests of bad luck.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { pathOf } from "../../src/command/paths.ts";

/** A command, and operands with which it takes a while. */
export interface Subject {
  /** The task. */
  readonly name: string;
  /** Its file, from the root. */
  readonly module: string;
  /** `FOLDER` in them becomes the folder that is given. */
  readonly args: readonly string[];
  /** The file that it writes, in that folder. */
  readonly writes?: string;
  /** Needs to trace processes. */
  readonly traces?: boolean;
  /** Needs what a machine or a clone may lack, as compilers or saved runs: then it says so, with status 2. */
  readonly mayLack?: boolean;
  /** Stands in the checkout, as git must know it. */
  readonly inCheckout?: boolean;
}

const TRACE = pathOf("traces/cc1-2022.jsonl.gz");
const STRACE = pathOf("tests/text/field/strace-k.txt");
const SMAPS = pathOf("tests/text/field/smaps.txt");

/** Tasks that are no command of this suite's, or one that only drives another program. */
export const OTHER_TASKS: readonly string[] = [
  ...["test", "test-docs", "test-package", "ok"], // Deno's own commands
  "report-check", // drives a browser; its own tests start it
];

/** All of them. */
export const SUBJECTS: readonly Subject[] = [
  { name: "replay", module: "src/replay/main.ts", args: [TRACE, TRACE, TRACE] },
  { name: "shrink", module: "src/replay/debug/shrink_main.ts", args: [TRACE] },
  { name: "traces", module: "traces/table.ts", args: [TRACE] },
  { name: "canaries", module: "tests/canaries/main.ts", args: ["--own"] },
  { name: "mutate", module: "tests/mutation/main.ts", args: ["src/tree/gaps.ts"] },
  { name: "sweep", module: "tests/sweep/main.ts", args: [] },
  { name: "soak", module: "tests/soak/main.ts", args: ["--rounds", "3"] },
  { name: "doors", module: "tests/doors/main.ts", args: ["--inputs", "500"] },
  {
    name: "compare",
    module: "src/compare/main.ts",
    args: ["HEAD", "--bench", "load/60"],
    inCheckout: true,
  },
  { name: "bench", module: "bench/main.ts", args: ["--filter", "nothing"] },
  { name: "profile", module: "bench/profile.ts", args: ["--seconds", "1", TRACE] },
  {
    name: "capture",
    module: "src/capture/main.ts",
    args: ["--out", "t.jsonl", "--", "sh", "-c", "while :; do sleep 0.1; done"],
    writes: "t.jsonl",
    traces: true,
  },
  { name: "verify", module: "src/verify/main.ts", args: ["--", "sleep", "3"], traces: true },
  { name: "probe", module: "src/probe/main.ts", args: [], traces: true },
  {
    name: "other-kernels",
    module: "src/other_kernels/main.ts",
    args: ["running", "--parts", "probe"],
    traces: true,
    mayLack: true,
  },
  {
    name: "record-traces",
    module: "traces/record.ts",
    args: ["--folder", ".", "cc1-hello"],
    writes: "cc1-hello.jsonl.gz",
    traces: true,
    mayLack: true,
  },
  {
    name: "history",
    module: "src/history/main.ts",
    args: [],
    mayLack: true,
    inCheckout: true,
  },
  {
    name: "report",
    module: "src/report/main.ts",
    args: ["FOLDER/r.html"],
    writes: "r.html",
    mayLack: true,
    inCheckout: true,
  },
  {
    name: "import",
    module: "src/text/import_main.ts",
    args: ["--out", "i.jsonl", STRACE],
    writes: "i.jsonl",
  },
  { name: "explain", module: "src/text/explain_main.ts", args: [SMAPS] },
  {
    name: "explore",
    module: "src/explorer/main.ts",
    args: ["--out", "e.html", TRACE],
    writes: "e.html",
  },
  { name: "site", module: "src/site/main.ts", args: ["site"], writes: "site" },
  { name: "load", module: "src/load/main.ts", args: ["--steps", "20000", TRACE] },
  {
    name: "race",
    module: "bench/race/main.ts",
    args: ["--rounds", "1", "cc1-2022"],
    mayLack: true,
  },
  {
    name: "race-recorder",
    module: "bench/recorder/main.ts",
    args: ["--rounds", "1", "--calls", "100"],
    traces: true,
    mayLack: true,
  },
  { name: "kernel", module: "tests/kernel_check/main.ts", args: ["check"], mayLack: true },
  { name: "pack", module: "src/release/pack_main.ts", args: ["--out", "p.tgz"], writes: "p.tgz" },
  { name: "release", module: "src/release/main.ts", args: ["--dry-run"] },
];

/** How a command is started. */
export interface Circumstances {
  /** Where it stands and where its temporary files and caches go, by which its children are known too. */
  readonly folder: string;
  /** What a shell does before it becomes the command: `ulimit -d 600000`. */
  readonly before?: string;
  /** Where its output goes; nowhere unless given. */
  readonly stdout?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A module that runs before the command's; none unless given. */
  readonly preload?: string;
  /** A program and its arguments that run the shell; none unless given. */
  readonly under?: readonly string[];
}

/** Starts a command. */
export function start(
  { module, args, inCheckout = false }: Subject,
  { folder, before = ":", stdout = "/dev/null", env = {}, under = [], preload }: Circumstances,
): Deno.ChildProcess {
  const words = args.map((word) => word.replace("FOLDER", folder));
  const deno = [
    ...["run", "-q", "--no-prompt", "--allow-read", "--allow-write", "--allow-run", "--allow-env"],
    ...["--allow-sys", "--allow-ffi", `--config=${pathOf("deno.json")}`],
    ...(preload === undefined ? [] : [`--preload=${preload}`]),
    ...[pathOf(module), ...words],
  ];
  // A shell opens the place for the output: Deno itself opens no device.
  const script = `${before}; cd "$0" && exec "$@" >${stdout}`;
  const where = inCheckout || folder === NO_FOLDER ? pathOf("") : folder;
  const [program = "sh", ...rest] = [
    ...under,
    "sh",
    "-c",
    script,
    where,
    Deno.execPath(),
    ...deno,
  ];
  return new Deno.Command(program, {
    args: rest,
    env: {
      ...{ TMPDIR: folder, XDG_CACHE_HOME: folder, DENO_DIR: denoFolder() },
      ...{ NO_COLOR: "1", INIT_CWD: "", ...env },
    },
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

/** No folder can be made below it. */
export const NO_FOLDER = "/dev/null";

/** Where Deno keeps what it has compiled: not among the caches that a command is given here. */
function denoFolder(): string {
  const caches = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? ""}/.cache`;
  return Deno.env.get("DENO_DIR") ?? `${caches}/deno`;
}

/** Processes that were started with the folder for their temporary files. */
async function leftRunning(folder: string): Promise<string[]> {
  const script = 'grep -lsa "TMPDIR=$0" /proc/[0-9]*/environ';
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script, folder] }).output();
  const ids = [...new TextDecoder().decode(stdout).matchAll(/\d+/g)].map(([id]) => id);
  return ids;
}

/** Sends a signal to a command, unless it has ended by itself meanwhile. */
export function signalTo(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch {
    // Deno says so before it tells of the end.
  }
}

/** Nothing runs any more; a process that was just killed may take a moment. */
export async function assertNothingRuns(folder: string, what: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    // The shell that looks was started in the test's own environment.
    if ((await leftRunning(folder)).length === 0) return;
    await new Promise((next) => setTimeout(next, 100));
  }
  assertEquals(await leftRunning(folder), [], what);
}

/** What is in the folder besides what a command is asked to write, and what builds keep for the next time. */
export function leftBehind({ writes }: Subject, folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name !== writes && name !== "maple" && !name.startsWith("divergence"));
}
