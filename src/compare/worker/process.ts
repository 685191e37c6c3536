/**
 * Starts a measuring process and reads what it says. It may read the two sides' folder and nothing else.
 *
 * @module
 */

import { Unable } from "../../command/command.ts";
import { lines } from "../../command/lines.ts";
import { pathOf } from "../../command/paths.ts";
import type { Answer } from "./protocol.ts";

/** What to run, and how. */
export interface Assignment {
  /** The module to run. */
  readonly module: string;
  /** Its order, sent as JSON. */
  readonly order: unknown;
  /** The folder it may read. */
  readonly root: string;
  /** It imports npm packages: give it the configuration of the suite that runs. */
  readonly isConfigured?: boolean;
  /** Libraries that it may load. */
  readonly libraries?: readonly string[];
  /** Kills it when aborted. */
  readonly signal?: AbortSignal;
  /** How long it may say nothing, milliseconds: a side that never ends must not hang the comparison. */
  readonly limitMs?: number;
  /** Called as it gets on, with the part that is done: 0 to 1. */
  readonly onProgress?: (done: number) => void;
}

/** Longest silence of a measuring process, ms, unless it is told otherwise. */
const LIMIT_MS = 180_000;

/** Settings of every measuring process. */
const FLAGS = ["run", "-q", "--no-prompt", "--no-code-cache"];

/** No configuration, so that each side runs alike, and nothing from outside. */
const ALONE = ["--no-config", "--no-lock", "--no-remote", "--no-npm"];

const CONFIGURATION = pathOf("deno.json");

/**
 * Neither the optimizing compiler nor the garbage collector works beside the program. What the compiler has seen
 * when it comes to a function is then no accident, so identical code is compiled alike: over ten processes with
 * identical sides, the standard deviation of find was 5.8–7.0 % without this and 0.2–0.5 % with it.
 */
const V8_FLAGS = "--single-threaded";

/** The arguments with which `deno` runs a measuring module. */
export function denoArguments(assignment: Assignment, v8Flags: string = V8_FLAGS): string[] {
  const { module, order, root, isConfigured = false, libraries = [] } = assignment;
  const configuration = isConfigured ? [`--config=${CONFIGURATION}`] : ALONE;
  const ffi = libraries.length === 0 ? [] : [`--allow-ffi=${libraries.join(",")}`];
  const rights = [`--v8-flags=${v8Flags}`, `--allow-read=${root}`, ...ffi];
  return [...FLAGS, ...configuration, ...rights, module, JSON.stringify(order)];
}

/**
 * Runs a measuring process to its end.
 *
 * @throws {Unable} it failed; the sentence holds the first thing that it complained about
 */
export async function measure<Result>(assignment: Assignment): Promise<readonly Result[]> {
  const { signal, onProgress, limitMs = LIMIT_MS } = assignment;
  signal?.throwIfAborted();
  const child = new Deno.Command(Deno.execPath(), {
    args: denoArguments(assignment),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
    ...(signal && { signal }),
  }).spawn();
  const complaint = new Response(child.stderr).text();
  let results: readonly Result[] | undefined;
  let doing = "start";
  let isHanging = false;
  const hangs = () => {
    isHanging = true;
    child.kill("SIGKILL");
  };
  let timer = setTimeout(hangs, limitMs);
  for await (const line of lines(child.stdout)) {
    clearTimeout(timer);
    timer = setTimeout(hangs, limitMs);
    const said: Answer<Result> = JSON.parse(line);
    if ("results" in said) results = said.results;
    else if ("doing" in said) doing = said.doing;
    else onProgress?.(said.done / said.of);
  }
  clearTimeout(timer);
  const { success, code } = await child.status;
  signal?.throwIfAborted();
  if (isHanging) {
    throw new Unable(`Cannot measure: it takes more than ${limitMs / 1e3} s to ${doing}`);
  }
  if (success && results !== undefined) return results;
  const why = firstComplaint(await complaint) ?? `it ended with status ${code}`;
  throw new Unable(`Cannot measure: a measuring process failed: ${why}`);
}

/** The first line that says something, without the word that all begin with. */
function firstComplaint(text: string): string | undefined {
  const line = text.split("\n").find((candidate) => candidate.trim() !== "");
  return line?.replace(/^error: (Uncaught \([^)]*\) )?/, "");
}
