/**
 * What the report shows, as data: from lines of the history to charts and their tables.
 *
 * @module
 */

import { duration } from "../compare/format.ts";
import type { BenchLine, PeerRecord, WorkloadRecord } from "../history/history.ts";

/** One line of a chart. */
export interface Series {
  /** Name in the legend. */
  readonly label: string;
  /** One for each x; `null` where nothing was measured. */
  readonly values: readonly (number | null)[];
  /** 95 % intervals, drawn as bars. */
  readonly low?: readonly (number | null)[];
  /** Upper ends of the intervals. */
  readonly high?: readonly (number | null)[];
  /** The line that the chart is about. */
  readonly isMain?: boolean;
}

/** A chart, and the table for those who cannot see it. */
export interface Chart {
  /** Id of its element. */
  readonly id: string;
  /** What it is about. */
  readonly title: string;
  /** The horizontal axis. */
  readonly x: {
    readonly label: string;
    readonly values: readonly number[];
    /** In place of numbers, one for each value. */
    readonly names?: readonly string[];
    readonly isLog?: boolean;
  };
  /** The vertical axis. */
  readonly y: {
    readonly label: string;
    readonly isLog?: boolean;
    readonly unit: "ratio" | "ns" | "number";
  };
  /** The lines. */
  readonly series: readonly Series[];
  /** Between these values of y lies what is not called a change. */
  readonly tolerance?: readonly [low: number, high: number];
  /** All values as text. */
  readonly table: {
    readonly columns: readonly string[];
    readonly rows: readonly (readonly string[])[];
  };
}

/** A part of the report. */
export interface Section {
  /** Heading. */
  readonly title: string;
  /** How to read its charts. */
  readonly text: string;
  /** Its charts, none of them empty. */
  readonly charts: readonly Chart[];
}

/** The counts that cost most. */
const COUNTERS = ["visited", "allocated", "rewritten", "slotsMoved", "split", "gapUpdates"];

/** The workloads that change a tree. */
const CHANGING = /^(cc1-tree|store|hole|mixed|build)/;

/** Every section, from the runs of one machine that share a base. */
export function sections(runs: readonly BenchLine[], threshold: number): Section[] {
  const latest = runs.at(-1)!;
  const all = [
    {
      title: "Time against the base, over commits",
      text:
        "Each point is one saved run: the time of that commit over the time of the base, measured " +
        "interleaved in the same processes. Bars are 95 % intervals over pairs of processes. Below 1 is " +
        "faster; inside the shaded band a change is too small to be called one.",
      charts: workloadNames(runs).map((name) => ratioChart(name, runs, threshold)),
    },
    {
      title: "Maple and other structures, by size",
      text:
        "Time of one step in the latest run, all measured in turn in one process. Both axes are " +
        "logarithmic; lower is better.",
      charts: [...new Set(latest.peers.map((it) => it.workload))].map((name) =>
        peerChart(name, latest.peers)
      ),
    },
    {
      title: "Exact counts",
      text:
        "What the tree did for a step, counted, so the same on every machine: any change between two " +
        "commits is a change of the algorithm.",
      charts: COUNTERS.map((name) => counterChart(name, runs)).filter(hasValues),
    },
    {
      title: "Memory and checking",
      text:
        "Bytes a range of the tree's nodes and of its pool with room to grow; and what one validate() " +
        "of the whole tree costs beside one store, by size.",
      charts: latest.shapes.length === 0 ? [] : [bytesChart(latest), validationChart(latest)],
    },
  ];
  return all.filter(({ charts }) => charts.length > 0);
}

function ratioChart(name: string, runs: readonly BenchLine[], threshold: number): Chart {
  const found = runs.map((run) => run.workloads.find((it) => it.name === name));
  const pick = (value: (it: WorkloadRecord) => number) => found.map((it) => it ? value(it) : null);
  return {
    id: `ratio-${name.replace("/", "-")}`,
    title: name,
    x: commitAxis(runs),
    y: { label: "time / base", unit: "ratio" },
    tolerance: [1 / (1 + threshold), 1 + threshold],
    series: [{
      label: name,
      values: pick((it) => it.ratio),
      low: pick((it) => it.interval.low),
      high: pick((it) => it.interval.high),
      isMain: true,
    }],
    table: {
      columns: ["commit", "time / base", "95 % interval", "verdict", "time a step"],
      rows: runs.flatMap((run, at) => {
        const it = found[at];
        return it === undefined ? [] : [[
          commitName(run),
          it.ratio.toFixed(3),
          `${it.interval.low.toFixed(3)}–${it.interval.high.toFixed(3)}`,
          it.verdict,
          duration(it.nanoseconds),
        ]];
      }),
    },
  };
}

function peerChart(workload: string, records: readonly PeerRecord[]): Chart {
  const mine = records.filter((it) => it.workload === workload);
  const sizes = [...new Set(mine.map((it) => it.ranges))].sort((a, b) => a - b);
  const peers = [...new Set(mine.map((it) => it.peer))];
  const timeOf = (peer: string, ranges: number) =>
    mine.find((it) => it.peer === peer && it.ranges === ranges)?.nanoseconds ?? null;
  return {
    id: `peers-${workload.replaceAll(" ", "-")}`,
    title: workload,
    x: { label: "ranges", values: sizes, isLog: true },
    y: { label: "time a step", isLog: true, unit: "ns" },
    series: peers.map((peer) => ({
      label: peer,
      values: sizes.map((ranges) => timeOf(peer, ranges)),
      isMain: peer === "maple",
    })),
    table: {
      columns: ["structure", ...sizes.map((ranges) => `${ranges.toLocaleString("en")} ranges`)],
      rows: peers.map((peer) => [
        peer,
        ...sizes.map((ranges) => {
          const time = timeOf(peer, ranges);
          return time === null ? "–" : duration(time);
        }),
      ]),
    },
  };
}

function counterChart(counter: string, runs: readonly BenchLine[]): Chart {
  const names = workloadNames(runs).filter((name) => CHANGING.test(name));
  const rate = (run: BenchLine, name: string) => {
    const it = run.workloads.find((candidate) => candidate.name === name);
    const count = it?.counters[counter];
    return it === undefined || count === undefined ? null : count / it.steps;
  };
  return {
    id: `counter-${counter}`,
    title: `${counter} a step`,
    x: commitAxis(runs),
    y: { label: "a step", isLog: true, unit: "number" },
    series: names.map((name) => ({
      label: name,
      // Nothing on a logarithmic axis is 0; the table has it.
      values: runs.map((run) => rate(run, name) || null),
      isMain: name === "cc1-tree",
    })),
    table: {
      columns: ["commit", ...names],
      rows: runs.map((run) => [
        commitName(run),
        ...names.map((name) => rate(run, name)?.toPrecision(4) ?? "–"),
      ]),
    },
  };
}

function bytesChart({ shapes }: BenchLine): Chart {
  return {
    id: "bytes",
    title: "Bytes a range",
    x: { label: "ranges", values: shapes.map((it) => it.ranges), isLog: true },
    y: { label: "bytes", unit: "number" },
    series: [
      { label: "nodes", values: shapes.map((it) => it.bytesPerRange), isMain: true },
      { label: "pool", values: shapes.map((it) => it.poolBytesPerRange) },
    ],
    table: {
      columns: ["ranges", "nodes", "bytes of nodes a range", "bytes of the pool a range"],
      rows: shapes.map((it) => [
        it.ranges.toLocaleString("en"),
        it.nodes.toLocaleString("en"),
        it.bytesPerRange.toFixed(1),
        it.poolBytesPerRange.toFixed(1),
      ]),
    },
  };
}

function validationChart({ shapes }: BenchLine): Chart {
  return {
    id: "validation",
    title: "One validation and one store",
    x: { label: "ranges", values: shapes.map((it) => it.ranges), isLog: true },
    y: { label: "time", isLog: true, unit: "ns" },
    series: [
      { label: "validate()", values: shapes.map((it) => it.validateNanoseconds), isMain: true },
      { label: "store", values: shapes.map((it) => it.storeNanoseconds) },
    ],
    table: {
      columns: ["ranges", "validate()", "a store", "validate() a range"],
      rows: shapes.map((it) => [
        it.ranges.toLocaleString("en"),
        duration(it.validateNanoseconds),
        duration(it.storeNanoseconds),
        duration(it.validateNanoseconds / it.ranges),
      ]),
    },
  };
}

function hasValues({ series }: Chart): boolean {
  return series.some(({ values }) => values.some((value) => value !== null));
}

function workloadNames(runs: readonly BenchLine[]): string[] {
  return [...new Set(runs.flatMap((run) => run.workloads.map(({ name }) => name)))];
}

function commitAxis(runs: readonly BenchLine[]): Chart["x"] {
  return { label: "commit", values: runs.map((_, at) => at), names: runs.map(commitName) };
}

function commitName({ commit, isDirty }: BenchLine): string {
  return commit.slice(0, 7) + (isDirty ? "+" : "");
}
