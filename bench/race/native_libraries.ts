/**
 * Range maps of other languages beside `RangeMap` on the workloads of the tree benches: boost's and Guava's as they
 * come, each in a process of its own, taking turns.
 *
 * @module
 */

import { TemporaryFolder } from "../../src/command/files.ts";
import { cacheFolder } from "../../src/kernel/cache.ts";
import { runTool } from "../../src/kernel/tool.ts";
import { layout } from "../layout.ts";
import { OperationList, Verb } from "../operations.ts";
import { mapleRangeMap } from "../peers/maple_range_map.ts";
import type { Operations } from "../peers/range_map.ts";
import { rows } from "../tree_benches.ts";
import { build } from "../workloads.ts";
import type { Compared } from "./libraries.ts";
import { joined, writeOperations } from "./lists.ts";
import { type Absentee, compiled, made, NATIVE, peer, type Racer } from "./racers.ts";
import { runAll } from "./turns.ts";

/** Processes of each on each workload. */
const TURNS = 3;

/** How much of a workload a process performs; the first half of the passes warms V8 and the JVM up and is left out. */
interface Amount {
  /** Operations of a pass. */
  readonly operations: number;
  /** Passes of `RangeMap`. */
  readonly passes: number;
  /** The share of them that the others perform. */
  readonly share: number;
}

const AMOUNT: Amount = { operations: 20_000, passes: 300, share: 1 };
/** Those of which an operation looks at every range, or at half of them where gaps are not tracked. */
const LONG: Readonly<Record<string, Amount>> = {
  iterate: { operations: 200, passes: 200, share: 1 },
  gap: { operations: 2_000, passes: 1_000, share: 0.1 },
};

/** What builds them. */
export interface Tools {
  /** The C++ compiler. */
  readonly cpp: string;
  /** The Java compiler. */
  readonly java: string;
  /** Guava as Debian installs it. */
  readonly guava: string;
}

const TOOLS: Tools = { cpp: "g++", java: "javac", guava: "/usr/share/java/guava.jar" };

/** Builds whoever can be built. */
export async function findNativeLibraries(
  onProgress: (what: string) => void,
  { cpp, java, guava }: Tools = TOOLS,
): Promise<{ readonly racers: readonly Racer[]; readonly absent: readonly Absentee[] }> {
  const folder = await cacheFolder("race");
  const boost = ["-O2", "-std=c++17", `${NATIVE}interval_map.cc`];
  return await made([
    {
      name: "boost `interval_map`",
      make: async () => [await compiled(cpp, boost, `${folder}/interval_map`, onProgress)],
    },
    {
      name: "Guava `TreeRangeMap`",
      make: async () => {
        onProgress(java);
        const args = ["-cp", guava, "-d", folder, `${NATIVE}GuavaRace.java`];
        await runTool(java, args, `build with ${java}`);
        return ["java", "-cp", `${guava}:${folder}`, "GuavaRace"];
      },
    },
  ]);
}

/** What {@linkcode compareNativeLibraries} found on one workload. */
export interface NativelyCompared extends Compared {
  /** Whether all answers were equal. */
  readonly equal: boolean;
}

/** How long the comparison is; a test takes a fraction of the passes. */
export interface Extent {
  readonly ranges: number;
  readonly turns?: number;
  readonly fraction?: number;
}

/** Compares them with `RangeMap` on the benches' workloads, in turns. */
export async function compareNativeLibraries(
  natives: readonly Racer[],
  onTurn: (what: string) => void,
  { ranges, turns = TURNS, fraction = 1 }: Extent,
): Promise<NativelyCompared[]> {
  using folder = TemporaryFolder.create("maple-race-");
  const [fill, file] = [`${folder.path}/fill`, `${folder.path}/operations`];
  const filled = layout(ranges, false);
  await writeOperations(build(filled), fill);
  const compared: NativelyCompared[] = [];
  for (const { name, workload } of rows(ranges)) {
    const { operations, passes, share } = LONG[name] ?? AMOUNT;
    await writeOperations(withVisit(workload(filled, operations)), file);
    const racers = [peer(mapleRangeMap.name), ...natives.map((native) => ({ ...native, share }))]
      .map((racer) => ({ ...racer, command: [...racer.command, fill] }));
    const onRacer = (racer: string, turn: number) =>
      onTurn(`${name}: ${racer}, turn ${turn + 1} of ${turns}`);
    const [own, ...others] = await runAll(racers, file, passes * fraction, turns, onRacer);
    compared.push({
      workload: name,
      ratios: Object.fromEntries(others.map(({ racer, least }) => [racer, least / own!.least])),
      equal: others.every(({ hash }) => hash === own!.hash),
    });
  }
  return compared;
}

/**
 * Visits every range once, after a change in the middle and before what takes it back: so the hash depends on changes.
 */
function withVisit(list: Operations): Operations {
  const { length, verbs, as, bs, cs } = list;
  const at =
    verbs.findIndex((verb, i) => i >= length / 2 && (verb === Verb.STORE || verb === Verb.CLEAR)) +
    1;
  if (at === 0) return list;
  const visit = new OperationList();
  visit.iterate();
  const part = (from: number, to: number): Operations => ({
    length: to - from,
    verbs: verbs.subarray(from, to),
    as: as.subarray(from, to),
    bs: bs.subarray(from, to),
    cs: cs.subarray(from, to),
  });
  return joined([part(0, at), visit.build(), part(at, length)]);
}
