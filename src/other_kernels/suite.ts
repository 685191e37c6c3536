/**
 * The tests in a kernel: folder after folder as a user would run them, counted file by file, so that a run which time
 * ends tells what has passed until then.
 *
 * @module
 */

import { reasonOf } from "../command/files.ts";
import { lines } from "../command/lines.ts";
import { beforeSignalEnds } from "../command/signals.ts";
import { KERNEL_TESTS, SLOW_TESTS, type TestFile, type TestsRun } from "./plan.ts";
import { TestOutput } from "./test_output.ts";

/** What is needed to run them. */
export interface SuiteOptions {
  /** The checkout. */
  readonly root: string;
  /** Files and folders in it; `tests` is each of its folders, those that ask the kernel first, the slow ones last. */
  readonly paths: readonly string[];
  /** Ends it: what runs then is killed, and nothing more is begun. */
  readonly signal: AbortSignal;
  /** Is told of each file that ended, and of each test that failed. */
  readonly tell: (line: string) => void;
  /** Takes everything that the tests print. */
  readonly log: (line: string) => void;
}

/** Runs tests. Paths that time left nothing for, or that it ended, are `late`. */
export async function runSuite(
  { root, paths, signal, tell, log }: SuiteOptions,
): Promise<{ readonly tests: TestsRun; readonly late: readonly string[] }> {
  const files: TestFile[] = [], failures: string[] = [], late: string[] = [];
  for (const path of await groupsOf(root, paths)) {
    if (signal.aborted) {
      late.push(path);
      continue;
    }
    const output = new TestOutput();
    const startMs = performance.now();
    const status = await runTests(root, path, signal, (line) => {
      log(line);
      const { failed, file } = output.take(line);
      if (failed !== undefined) tell(`failed: ${failed}`);
      if (file !== undefined) tell(told(file));
    });
    files.push(...output.files);
    failures.push(...output.failures);
    if (status === "ended") late.push(path);
    else if (status === "failed" && output.failures.length === 0) failures.push(path);
    const seconds = Math.round((performance.now() - startMs) / 1000);
    tell(`${path}: ${status} after ${seconds} s`);
  }
  return { tests: { ...totalOf(files), failures, files }, late };
}

function told({ path, passed, failed, skipped }: TestFile): string {
  return `${path}: ${passed} passed, ${failed} failed, ${skipped.length} skipped`;
}

function totalOf(files: readonly TestFile[]): Pick<TestsRun, "passed" | "failed" | "ignored"> {
  const sum = (count: (file: TestFile) => number) =>
    files.reduce((total, file) => total + count(file), 0);
  return {
    passed: sum(({ passed }) => passed),
    failed: sum(({ failed }) => failed),
    ignored: sum(({ skipped }) => skipped.length),
  };
}

/** Each path, but all tests by folder: what hangs there costs the others nothing. */
async function groupsOf(root: string, paths: readonly string[]): Promise<string[]> {
  const groups: string[] = [];
  for (const path of paths) {
    const isAll = path.replace(/\/$/, "") === "tests";
    groups.push(...isAll ? await allGroups(root) : [path]);
  }
  return groups;
}

async function allGroups(root: string): Promise<string[]> {
  const groups: string[] = [];
  for await (const { name } of Deno.readDir(`${root}/tests`)) {
    if (await holdsTests(`${root}/tests/${name}`)) groups.push(`tests/${name}`);
  }
  groups.sort();
  const isFirst = (path: string) => KERNEL_TESTS.includes(path);
  const isLast = (path: string) => SLOW_TESTS.includes(path);
  return [
    ...KERNEL_TESTS,
    ...groups.filter((path) => !isFirst(path) && !isLast(path)),
    ...SLOW_TESTS,
  ].filter((path) => groups.includes(path));
}

/** True for a file of tests, and for a folder with one at any depth: others only have what tests need. */
async function holdsTests(path: string): Promise<boolean> {
  if (!(await Deno.stat(path)).isDirectory) return path.endsWith("_test.ts");
  for await (const { name } of Deno.readDir(path)) {
    if (await holdsTests(`${path}/${name}`)) return true;
  }
  return false;
}

/** The tests of a file or a folder; those that run when `signal` ends them go with all that they started. */
async function runTests(
  root: string,
  path: string,
  ending: AbortSignal,
  take: (line: string) => void,
): Promise<"passed" | "failed" | "ended"> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["test", "-P=test", "--no-check", path],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    detached: true,
  });
  const child = command.spawn();
  // What a test has started holds the pipe too: all of them end.
  const end = () => Deno.kill(-child.pid, "SIGKILL");
  const forget = beforeSignalEnds(end);
  ending.addEventListener("abort", end);
  try {
    for await (const line of lines(child.stdout)) take(line);
  } catch (error) {
    take(`its output cannot be read: ${reasonOf(error)}`);
  }
  ending.removeEventListener("abort", end);
  forget();
  const { success, signal } = await child.status;
  return signal !== null ? "ended" : success ? "passed" : "failed";
}
