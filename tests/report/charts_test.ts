import { assertEquals } from "@std/assert";
import type { BenchLine } from "../../src/history/history.ts";
import { type Chart, sections } from "../../src/report/charts.ts";
import { benchLine, LAPTOP } from "../compare/samples.ts";

/** A workload as a run saved it. */
function measured(name: string, ratio: number, counters: Record<string, number>) {
  return {
    name,
    nanoseconds: 1_000 * ratio,
    ratio,
    interval: { low: ratio - 0.01, high: ratio + 0.02 },
    verdict: "no evidence",
    steps: 100,
    counters,
  } as const;
}

const FIRST: BenchLine = {
  ...benchLine(LAPTOP, 1),
  commit: "0123456789".repeat(4),
  workloads: [measured("store/60", 1, { split: 50 }), measured("find/60", 0.5, { split: 7 })],
};

const SECOND: BenchLine = {
  ...FIRST,
  commit: "abcdefabcd".repeat(4),
  isDirty: true,
  workloads: [measured("store/60", 1.25, { split: 0, visited: 200 })],
  peers: [
    { workload: "find", ranges: 500, peer: "maple", nanoseconds: 30 },
    { workload: "find", ranges: 60, peer: "maple", nanoseconds: 20 },
    { workload: "find", ranges: 60, peer: "array", nanoseconds: 1_500 },
    { workload: "store", ranges: 60, peer: "array", nanoseconds: 9 },
  ],
  shapes: [{
    ranges: 1_000,
    nodes: 1_234,
    bytesPerRange: 36.25,
    poolBytesPerRange: 50,
    validateNanoseconds: 60_000,
    storeNanoseconds: 90,
  }],
};

const [ratios, peers, counts, memory] = sections([FIRST, SECOND], 0.025);

const COMMITS = { label: "commit", values: [0, 1], names: ["0123456", "abcdefa+"] };

function chart(charts: readonly Chart[] | undefined, id: string): Chart | undefined {
  return charts?.find((candidate) => candidate.id === id);
}

Deno.test("charts: time against the base, a point for each run that has the workload", () => {
  assertEquals(ratios?.charts.map(({ id }) => id), ["ratio-store-60", "ratio-find-60"]);
  assertEquals(chart(ratios?.charts, "ratio-store-60"), {
    id: "ratio-store-60",
    title: "store/60",
    x: COMMITS,
    y: { label: "time / base", unit: "ratio" },
    tolerance: [1 / 1.025, 1.025],
    series: [{
      label: "store/60",
      values: [1, 1.25],
      low: [0.99, 1.24],
      high: [1.02, 1.27],
      isMain: true,
    }],
    table: {
      columns: ["commit", "time / base", "95 % interval", "verdict", "time a step"],
      rows: [
        ["0123456", "1.000", "0.990–1.020", "no evidence", "1.00 µs"],
        ["abcdefa+", "1.250", "1.240–1.270", "no evidence", "1.25 µs"],
      ],
    },
  });
  const find = chart(ratios?.charts, "ratio-find-60");
  assertEquals(find?.series[0]?.values, [0.5, null]);
  assertEquals(find?.series[0]?.high, [0.52, null]);
  assertEquals(find?.table.rows.map(([commit]) => commit), ["0123456"]);
});

Deno.test("charts: other structures by size, of the newest run", () => {
  assertEquals(peers?.charts.map(({ id }) => id), ["peers-find", "peers-store"]);
  assertEquals(peers?.charts[0], {
    id: "peers-find",
    title: "find",
    x: { label: "ranges", values: [60, 500], isLog: true },
    y: { label: "time a step", isLog: true, unit: "ns" },
    series: [
      { label: "maple", values: [20, 30], isMain: true },
      { label: "array", values: [1_500, null], isMain: false },
    ],
    table: {
      columns: ["structure", "60 ranges", "500 ranges"],
      rows: [["maple", "20.0 ns", "30.0 ns"], ["array", "1.50 µs", "–"]],
    },
  });
});

Deno.test("charts: exact counts a step, of workloads that change a tree, if any run has them", () => {
  assertEquals(counts?.charts.map(({ id }) => id), ["counter-visited", "counter-split"]);
  assertEquals(chart(counts?.charts, "counter-split"), {
    id: "counter-split",
    title: "split a step",
    x: COMMITS,
    y: { label: "a step", isLog: true, unit: "number" },
    series: [{ label: "store/60", values: [0.5, null], isMain: false }],
    table: {
      columns: ["commit", "store/60"],
      rows: [["0123456", "0.5000"], ["abcdefa+", "0.000"]],
    },
  });
  assertEquals(chart(counts?.charts, "counter-visited")?.table.rows, [
    ["0123456", "–"],
    ["abcdefa+", "2.000"],
  ]);
});

Deno.test("charts: memory and checking by size", () => {
  assertEquals(memory?.charts, [
    {
      id: "bytes",
      title: "Bytes a range",
      x: { label: "ranges", values: [1_000], isLog: true },
      y: { label: "bytes", unit: "number" },
      series: [
        { label: "nodes", values: [36.25], isMain: true },
        { label: "pool", values: [50] },
      ],
      table: {
        columns: ["ranges", "nodes", "bytes of nodes a range", "bytes of the pool a range"],
        rows: [["1,000", "1,234", "36.3", "50.0"]],
      },
    },
    {
      id: "validation",
      title: "One validation and one store",
      x: { label: "ranges", values: [1_000], isLog: true },
      y: { label: "time", isLog: true, unit: "ns" },
      series: [
        { label: "validate()", values: [60_000], isMain: true },
        { label: "store", values: [90] },
      ],
      table: {
        columns: ["ranges", "validate()", "a store", "validate() a range"],
        rows: [["1,000", "60.0 µs", "90.0 ns", "60.0 ns"]],
      },
    },
  ]);
});

Deno.test("charts: a section without charts is left out", () => {
  const bare = sections([{ ...FIRST, peers: [], shapes: [], workloads: [] }], 0.025);
  assertEquals(bare, []);
});

Deno.test("charts: one chart is a section", () => {
  const workloads = [measured("find/60", 1, {})];
  const one = sections([{ ...FIRST, peers: [], shapes: [], workloads }], 0.025);
  assertEquals(one.map(({ charts }) => charts.length), [1]);
});
