/**
 * The tree under test: its driver, what it has, and which known faults it has.
 *
 * @module
 */

import { Unable } from "../../src/command/command.ts";
import type { Build } from "../../src/kernel/build.ts";
import { Driver } from "../../src/kernel/driver.ts";
import type { Operation } from "../../src/kernel/operation.ts";
import type { Features } from "../../src/kernel/protocol.ts";
import type { TreeFeatures } from "../../src/kernel/features.ts";
import { releaseOf, type Source } from "../../src/kernel/source.ts";
import type { CursorHistory } from "./cursor_history.ts";
import type { Difference } from "./difference.ts";
import { isKnownOf, KNOWN_FAULTS, type KnownFault } from "./known_faults.ts";
import { Trials, type TrialSetting } from "./trial.ts";

/** A known fault that the tree has. */
export interface PresentFault {
  readonly fault: KnownFault;
  readonly difference: Difference;
  /** It is known of this release. */
  readonly isExpected: boolean;
}

/** See the module. */
export interface Target {
  readonly build: Build;
  readonly features: Features;
  readonly present: readonly PresentFault[];
  /** What trials and runs on it need. */
  readonly setting: Omit<TrialSetting, "tree">;
}

/** How a target is examined. */
export interface TargetOptions {
  /** Milliseconds after which a frame of operations is given up. */
  readonly limitMs: number;
  /** Every node is compared. */
  readonly shape: boolean;
}

/** Milliseconds that a known fault's program may take. */
const PROGRAM_LIMIT_MS = 2000;

/**
 * Starts the driver once, and tries the programs of the known faults.
 *
 * @throws {Unable} its nodes are not those that Maple's tree has, so that what is compared would mean nothing
 */
export async function openTarget(build: Build, options: TargetOptions): Promise<Target> {
  if (options.shape) refuseUnknownShape(build.source, build.features);
  const features = await examine(build, options);
  const comparing = { features, shape: options.shape };
  const probing = {
    program: build.program,
    limitMs: PROGRAM_LIMIT_MS,
    comparing: { features, shape: false },
    leavesOut: () => false,
    explaining: [],
  };
  const present: PresentFault[] = [];
  for (const fault of KNOWN_FAULTS) {
    const difference = await firstDifference(fault, probing);
    if (difference === undefined) continue;
    const isExpected = isKnownOf(fault, releaseOf(build.source));
    present.push({ fault, difference, isExpected });
  }
  const met = present.map(({ fault }) => fault.meets);
  const leavesOut = (it: Operation, history: CursorHistory) =>
    met.some((meets) => meets(it, history));
  const explaining = present.map(({ fault }) => fault).filter(({ explains }) => explains);
  const { limitMs } = options;
  return {
    build,
    features,
    present,
    setting: { program: build.program, limitMs, comparing, leavesOut, explaining },
  };
}

/** Programs of more operations are performed at once: which of them it was is known. */
const LONG = 100;

async function firstDifference(
  { program, tree }: KnownFault,
  setting: Omit<TrialSetting, "tree">,
): Promise<Difference | undefined> {
  const isRangeMove = ({ verb }: Operation) => verb >= 38 && verb <= 41;
  if (!setting.comparing.features.rangeMoves && program.some(isRangeMove)) return undefined;
  await using trials = new Trials({ ...setting, tree });
  if (program.length > LONG) return await trials.firstDifference(program, "last");
  return await trials.firstDifferenceByStep(program);
}

/** Refuses a tree about which nothing could be said. */
async function examine(build: Build, { limitMs }: TargetOptions): Promise<Features> {
  const { source, program } = build;
  await using driver = await Driver.start(program, { limitMs });
  const { nodeBytes, rangeSlots, gapSlots, wordBits, features } = driver.hello;
  if (wordBits !== 64 || nodeBytes !== 256 || rangeSlots !== 16 || gapSlots !== 10) {
    throw new Unable(
      `Cannot check ${source.name}: its nodes have ${nodeBytes} bytes, ${rangeSlots} and ${gapSlots} slots and ` +
        `${wordBits}-bit indices; Maple's have 256 bytes, 16 and 10 slots and 64-bit indices`,
    );
  }
  return features;
}

/**
 * Refuses to compare nodes where they cannot be alike.
 *
 * @throws {Unable} the tree is from 7.2 on
 */
export function refuseUnknownShape(
  { name, version }: Source,
  { isShapeKnown }: TreeFeatures,
): void {
  if (isShapeKnown) return;
  throw new Unable(
    `Cannot compare the nodes of ${name} (Linux ${version}): since Linux 7.2 the tree splits and joins them by other ` +
      "rules than Maple's, which are those of 6.12; leave out --shape",
  );
}
