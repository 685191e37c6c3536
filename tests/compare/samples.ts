/** Comparisons and history lines for tests. */

import type { Comparison, WorkloadComparison } from "../../src/compare/comparison.ts";
import type { BenchLine, FloorLine, WorkloadRecord } from "../../src/history/history.ts";
import type { Host } from "../../src/compare/host.ts";
import { judge } from "../../src/compare/verdict.ts";

/** A machine. */
export const LAPTOP: Host = { name: "laptop", cpu: "Z80", cores: 2, platform: "linux-x86_64" };

/** Another one. */
export const SERVER: Host = { ...LAPTOP, name: "server" };

const RUNTIME = { deno: "2.9.6", v8: "15.0" };
const COUNTERS = { visited: 83_299, allocated: 1_003, rewritten: 20_534, slotsMoved: 146_449 };

/** A workload whose time changed by a part of 1. */
export function workload(
  name: string,
  change: number,
  more: Partial<WorkloadComparison> = {},
): WorkloadComparison {
  const offsets = [-0.002, 0.003, 0.001, -0.001, 0.004, -0.003, 0, 0.002];
  const logRatios = offsets.map((offset) => Math.log(1 + change) + offset);
  return {
    name,
    ...judge(logRatios),
    logRatios,
    rounds: 200,
    totals: 1 + change,
    nanoseconds: { base: 100, head: 100 * (1 + change) },
    steps: 20_000,
    counters: { base: COUNTERS, head: COUNTERS },
    ...more,
  };
}

/** A comparison of such workloads. */
export function comparison(
  workloads: readonly WorkloadComparison[],
  more: Partial<Comparison> = {},
): Comparison {
  return {
    format: "maple-comparison",
    version: 1,
    date: "2026-01-02T03:04:05.678Z",
    base: { name: "main", commit: "a".repeat(40), isDirty: false },
    head: { name: "working tree", commit: "b".repeat(40), isDirty: true },
    machines: [LAPTOP],
    runtime: RUNTIME,
    settings: { processes: 8, mostProcesses: 12, warmUp: 40, rounds: 200, batchMs: 0.5 },
    workloads,
    skipped: [],
    ...more,
  };
}

/** A line of the history that says what identical code showed. */
export function floorLine(machine: Host, floors: Record<string, number>): FloorLine {
  return {
    kind: "floor",
    version: 1,
    commit: "a".repeat(40),
    isDirty: false,
    date: "2026-01-02T03:04:05.678Z",
    machine,
    runtime: RUNTIME,
    floors,
  };
}

/** A saved run. */
export function benchLine(machine: Host, number: number): BenchLine {
  const sizes = [60, 500, 4_000, 32_000, 65_000];
  const peers = ["maple", "sorted array", "B+ tree", "red-black tree"];
  const names = ["cc1-tree", "find/1000", "store/1000", "build/10000"];
  return {
    kind: "bench",
    version: 1,
    commit: number.toString(16).padStart(4, "0").padEnd(40, "0"),
    isDirty: false,
    subject: `Change <number> ${number} & more`,
    date: `2026-01-${String(number % 28 + 1).padStart(2, "0")}T03:04:05.678Z`,
    machine,
    runtime: RUNTIME,
    base: "a".repeat(40),
    workloads: names.map((name, at) =>
      record(name, 1 + 0.02 * Math.sin(number + at) - 0.01 * number)
    ),
    peers: ["load", "find", "store", "mixed"].flatMap((name) =>
      sizes.flatMap((ranges) =>
        peers.map((peer, at) => ({
          workload: name,
          ranges,
          peer,
          nanoseconds: (20 + 15 * at) * Math.log2(ranges) * (at === 1 ? ranges / 500 : 1),
        }))
      )
    ),
    shapes: sizes.map((ranges) => ({
      ranges,
      nodes: Math.ceil(ranges / 7),
      bytesPerRange: 36 + 200 / ranges,
      poolBytesPerRange: 50 + 1_000 / ranges,
      validateNanoseconds: 60 * ranges,
      storeNanoseconds: 30 * Math.log2(ranges),
    })),
  };
}

function record(name: string, ratio: number): WorkloadRecord {
  return {
    name,
    nanoseconds: 100 * ratio,
    ratio,
    interval: { low: ratio - 0.008, high: ratio + 0.008 },
    verdict: ratio < 0.975 ? "faster" : "no evidence",
    steps: 20_000,
    counters: COUNTERS,
  };
}
