/**
 * What is to be done in a kernel, and what is told of it: the two files that go in and come out.
 *
 * @module
 */

import type { ProbedRule } from "../probe/probe.ts";

/** The parts of a session, in the order in which they run. */
export const PARTS = ["probe", "programs", "fuzz", "tests"] as const;

/** A part of a session. */
export type Part = (typeof PARTS)[number];

/** The tests that have most to do with the kernel that they run on. */
export const KERNEL_TESTS: readonly string[] = ["tests/probe", "tests/verify", "tests/capture"];

/** The tests that take longest: of a whole suite they come last, so that little time still tells much. */
export const SLOW_TESTS: readonly string[] = [
  "tests/replay",
  "tests/tree",
  "tests/command",
  "tests/compare",
  "tests/bench",
  "tests/explorer",
  "tests/canaries",
];

/** What is to be done. */
export interface Plan {
  /** The parts to run. */
  readonly parts: readonly Part[];
  /** Files and folders of the tests to run; `tests` is all of them. */
  readonly tests: readonly string[];
  /** A fuzz run each. */
  readonly seeds: readonly number[];
  /** Calls of a fuzz run. */
  readonly steps: number;
  /** After so many seconds nothing more is begun, and a recording that runs is ended. */
  readonly seconds: number;
}

/** How one program, or one fuzz run, went. */
export interface Recorded {
  /** The part that it belongs to. */
  readonly part: "programs" | "fuzz";
  /** Name of the program, or `seed 7`. */
  readonly name: string;
  /** File name of its trace; absent if there is none. */
  readonly trace?: string;
  /** Why there is none, or no more of it. */
  readonly failure?: string;
  /** How long it took. */
  readonly seconds: number;
}

/** How the tests of one file went. */
export interface TestFile {
  /** The file, from the checkout's root. */
  readonly path: string;
  /** Tests that passed. */
  readonly passed: number;
  /** Tests that failed. */
  readonly failed: number;
  /** Names of the tests that were left out: each says why. */
  readonly skipped: readonly string[];
}

/** How the tests went. */
export interface TestsRun {
  /** Tests that passed. */
  readonly passed: number;
  /** Tests that failed. */
  readonly failed: number;
  /** Tests that were left out. */
  readonly ignored: number;
  /** Names of those that failed, and paths that could not be loaded. */
  readonly failures: readonly string[];
  /** File by file. */
  readonly files: readonly TestFile[];
}

/** What a session found. */
export interface Session {
  /** `uname -r`. */
  readonly release: string;
  /** The kernel's rules; absent if they were not asked for, or could not be. */
  readonly rules?: readonly ProbedRule[];
  /** What was recorded. */
  readonly recorded: readonly Recorded[];
  /** How the tests went; absent if they were not run, or did not end in time. */
  readonly tests?: TestsRun;
  /** What was not begun or not ended because time was up. */
  readonly late: readonly string[];
}

/** The file that tells a session what to do. */
export const PLAN_FILE = "plan.json";

/** The file in which a session tells what it found. */
export const SESSION_FILE = "session.json";
