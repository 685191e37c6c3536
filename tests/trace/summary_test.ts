import { assertEquals } from "@std/assert";
import type { MapLine, TraceRecord } from "../../src/trace/format.ts";
import { RecordedLayouts } from "../../src/trace/recorded_layouts.ts";
import { countMunmaps, summarize } from "../../src/trace/summary.ts";
import { EXEC, HEADER, HEAP } from "./samples.ts";

function vma(start: number, end: number): MapLine {
  return { ...HEAP, start, end };
}

/** A process with these VMAs that unmaps `[start, end)`. */
function unmapping(layout: MapLine[], start: number, end: number): TraceRecord[] {
  return [
    HEADER,
    { ...EXEC, layout },
    { type: "enter", pid: 7, call: "munmap", args: [start, end - start] },
    { type: "leave", pid: 7, call: "munmap", result: 0, removed: [], added: [] },
  ];
}

//   0x1000      0x4000      0x6000      0x9000
//   |--- first ---|  (free)  |-- second --|
const LAYOUT = [vma(0x1000, 0x4000), vma(0x6000, 0x9000)];

const CUTS: readonly [string, number, number][] = [
  ["whole", 0x1000, 0x4000],
  ["whole", 0x1000, 0x9000],
  ["whole", 0x0, 0xa000],
  ["head", 0x1000, 0x2000],
  ["head", 0x4000, 0x7000],
  ["tail", 0x3000, 0x4000],
  ["tail", 0x3000, 0x7000],
  ["split", 0x2000, 0x3000],
  ["none", 0x4000, 0x6000],
];

for (const [kind, start, end] of CUTS) {
  const range = `0x${start.toString(16)}-0x${end.toString(16)}`;
  Deno.test(`summarize: a munmap of ${range} is counted as ${kind}`, async () => {
    const summary = await summarize(unmapping(LAYOUT, start, end));
    assertEquals(summary.munmaps.map((munmap) => munmap.kind), [kind]);
    assertEquals(summary.munmaps[0]?.mapCount, 2);
    assertEquals(summary.munmaps[0]?.pages, (end - start) / 4096);
  });
}

Deno.test("summarize: a munmap that failed is counted as a call but cuts nothing", async () => {
  const records = unmapping(LAYOUT, 0x2000, 0x3000);
  records[3] = {
    type: "leave",
    pid: 7,
    call: "munmap",
    result: 0,
    error: "ENOMEM",
    removed: [],
    added: [],
  };
  const summary = await summarize(records);
  assertEquals([summary.calls.get("munmap"), countMunmaps(summary, "split")], [1, 0]);
});

Deno.test("summarize: map_count is that after each call", async () => {
  const records = unmapping(LAYOUT, 0x2000, 0x3000);
  records[3] = {
    type: "leave",
    pid: 7,
    call: "munmap",
    result: 0,
    removed: [0x1000],
    added: [vma(0x1000, 0x2000), vma(0x3000, 0x4000)],
  };
  const { mapCount, records: count, processes } = await summarize(records);
  assertEquals([mapCount, count, processes], [{ min: 3, median: 3, max: 3 }, 4, 1]);
});

Deno.test("RecordedLayouts: a fork has its own layout, a vfork its parent's until exec", () => {
  const recorded = new RecordedLayouts();
  recorded.apply({ ...EXEC, layout: LAYOUT });
  recorded.apply({ type: "fork", pid: 7, child: 8, sharesMemory: false, layout: [LAYOUT[0]!] });
  recorded.apply({ type: "fork", pid: 7, child: 9, sharesMemory: true });
  const gone = { call: "munmap", result: 0, removed: [0x6000], added: [] } as const;
  recorded.apply({ type: "leave", pid: 9, ...gone });
  assertEquals([7, 8, 9].map((pid) => recorded.of(pid).length), [1, 1, 1]);
  recorded.apply({ ...EXEC, pid: 9, layout: LAYOUT });
  recorded.apply({ type: "exit", pid: 8, status: 0 });
  assertEquals([7, 8, 9].map((pid) => recorded.of(pid).length), [1, 0, 2]);
});

Deno.test("summarize: what was recorded, how many processes, how many first writes", async () => {
  const summary = await summarize([
    ...unmapping(LAYOUT, 0x2000, 0x3000),
    { type: "fault", pid: 7, address: 0x1000 },
    { type: "fault", pid: 7, address: 0x2000 },
    { type: "fork", pid: 7, child: 8, sharesMemory: true },
    { ...EXEC, pid: 8 },
    { type: "fork", pid: 8, child: 9, sharesMemory: true },
    { type: "exit", pid: 9, status: 0 },
  ]);
  const { header, records, faults, processes } = summary;
  assertEquals({ header, records, faults, processes }, {
    ...{ header: HEADER, records: 10, faults: 2, processes: 3 },
  });
  assertEquals([...summary.calls], [["munmap", 1]]);
});

Deno.test("summarize: a trace without calls has no map_count", async () => {
  const { mapCount, header, processes } = await summarize([]);
  assertEquals(mapCount, { min: 0, median: 0, max: 0 });
  assertEquals([header, processes], [undefined, 0]);
});

Deno.test("summarize: map_count's least, middle and most of several calls", async () => {
  const call = "mmap", pid = 7;
  const grow = (i: number): TraceRecord[] => [
    { type: "enter", pid, call, args: [] },
    {
      ...{ type: "leave", pid, call, result: 0, removed: [] },
      added: [vma(0x100000 + i * 0x2000, 0x101000 + i * 0x2000)],
    },
  ];
  const records = [HEADER, { ...EXEC, layout: LAYOUT }, ...[0, 1, 2, 3].flatMap(grow)];
  assertEquals((await summarize(records)).mapCount, { min: 3, median: 4, max: 6 });
});

Deno.test("RecordedLayouts: a stack that grows down to another VMA does not change that one", () => {
  const recorded = new RecordedLayouts();
  recorded.apply({ ...EXEC, layout: LAYOUT });
  recorded.apply({ type: "grow", pid: 7, start: 0x4000 });
  assertEquals(recorded.of(7), [vma(0x1000, 0x4000), vma(0x4000, 0x9000)]);
  recorded.apply({ type: "grow", pid: 7, start: 0x9000 });
  recorded.apply({ type: "grow", pid: 99, start: 0x1000 });
  assertEquals(recorded.of(7), [vma(0x1000, 0x4000), vma(0x4000, 0x9000)]);
});

Deno.test("RecordedLayouts: what a record removes or adds that cannot be, is told", () => {
  const line = (start: number, end: number) => ({ ...HEAP, start, end });
  const said = (removed: readonly number[], ...added: MapLine[]) => {
    const recorded = new RecordedLayouts();
    recorded.apply({ ...EXEC, pid: 7, layout: [line(0x2000, 0x4000), line(0x6000, 0x8000)] });
    return recorded.apply({ type: "leave", pid: 7, call: "x", result: 0, removed, added });
  };
  assertEquals(said([0x2000, 0x6000], line(0x1000, 0x9000)), undefined);
  assertEquals(said([], line(0x4000, 0x6000), line(0x8000, 0x9000), line(0, 0x2000)), undefined);
  for (const start of [0x3000, 0x1000, 0x9000]) {
    const at = `0x${start.toString(16)}`;
    assertEquals(said([start]), `the trace removes a VMA at ${at}, where none begins`);
  }
  assertEquals(said([0x2000, 0x2000]), "the trace removes a VMA at 0x2000, where none begins");
  for (
    const [start, end] of [[0x2000, 0x3000], [0x3000, 0x4000], [0x1000, 0x2001], [0x3fff, 0x5000]]
  ) {
    const added = line(start!, end!);
    assertEquals(said([], added), `the trace adds a VMA at 0x${start!.toString(16)} over another`);
  }
  assertEquals(
    said([0x9000], line(0x2000, 0x3000)),
    "the trace removes a VMA at 0x9000, where none begins",
  );
});

Deno.test("RecordedLayouts: a call of a process that is not known changes nothing", () => {
  const recorded = new RecordedLayouts();
  const leave = { type: "leave", call: "mmap", result: 0, removed: [], added: LAYOUT } as const;
  recorded.apply({ ...leave, pid: 99 });
  assertEquals(recorded.count(99), 0);
});

Deno.test("summarize: a munmap that only meets parts of several VMAs cuts the first, and tells its size", async () => {
  const cut = async (start: number, end: number) => {
    const { munmaps: [only] } = await summarize(unmapping(LAYOUT, start, end));
    return [only?.kind, only?.vmaPages];
  };
  assertEquals(await cut(0x3000, 0x7000), ["tail", 3]);
  assertEquals(await cut(0x5000, 0x7000), ["head", 3]);
  assertEquals(await cut(0x1000, 0x7000), ["head", 3]);
  assertEquals(await cut(0x2000, 0x2800), ["split", 3]);
  assertEquals(await cut(0x4000, 0x6000), ["none", 0]);
});

Deno.test("RecordedLayouts: what a call changes is in the order of addresses, and nothing is shared by a fork", () => {
  const recorded = new RecordedLayouts();
  recorded.apply({ ...EXEC, layout: LAYOUT });
  recorded.apply({ type: "fork", pid: 7, child: 8, sharesMemory: false, layout: LAYOUT });
  const call = "mmap", added = [vma(0x4000, 0x5000), vma(0x0, 0x1000)];
  recorded.apply({ type: "leave", pid: 7, call, result: 0, removed: [0x6000], added });
  assertEquals(recorded.of(7).map(({ start }) => start), [0, 0x1000, 0x4000]);
  recorded.apply({ type: "leave", pid: 7, call, result: 0, removed: [0x1000], added: [] });
  assertEquals([recorded.count(7), recorded.count(8), recorded.count(9)], [2, 2, 0]);
  assertEquals(recorded.of(8), LAYOUT);
});

Deno.test("RecordedLayouts: grow moves the start of the first VMA above", () => {
  const recorded = new RecordedLayouts();
  recorded.apply({ ...EXEC, layout: LAYOUT });
  recorded.apply({ type: "grow", pid: 7, start: 0x5000 });
  assertEquals(recorded.of(7), [vma(0x1000, 0x4000), vma(0x5000, 0x9000)]);
});

Deno.test("RecordedLayouts: a stack may be the first VMA, or none may be there that grows", () => {
  const recorded = new RecordedLayouts();
  recorded.apply({ ...EXEC, layout: [{ ...HEAP, start: 0x8000, end: 0x9000 }] });
  recorded.apply({ type: "grow", pid: EXEC.pid, start: 0x7000 });
  assertEquals(recorded.of(EXEC.pid).map(({ start }) => start), [0x7000]);
  recorded.apply({ type: "grow", pid: EXEC.pid, start: 0x9000 });
  assertEquals(recorded.of(EXEC.pid).map(({ start }) => start), [0x7000]);
});

Deno.test("countMunmaps: those of one kind", async () => {
  const munmap = (start: number, end: number): TraceRecord[] => [
    { type: "enter", pid: EXEC.pid, call: "munmap", args: [start, end - start] },
    { type: "leave", pid: EXEC.pid, call: "munmap", result: 0, removed: [], added: [] },
  ];
  const layout = [{ ...HEAP, start: 0x10000, end: 0x20000 }];
  const summary = await summarize([
    ...[HEADER, { ...EXEC, layout }],
    ...[...munmap(0x11000, 0x12000), ...munmap(0x13000, 0x14000), ...munmap(0x10000, 0x20000)],
  ]);
  const kinds = ["split", "whole", "head", "tail", "none"] as const;
  assertEquals(kinds.map((kind) => countMunmaps(summary, kind)), [2, 1, 0, 0, 0]);
});

Deno.test("summarize: VMAs in use are told by number, in whatever order they came", async () => {
  const lines = [3, 2, 1].map((i) => vma(i * 0x10000, i * 0x10000 + 0x1000));
  const unmap = ({ start }: MapLine): TraceRecord[] => [
    { type: "enter", pid: 7, call: "munmap", args: [start, 0x1000] },
    { type: "leave", pid: 7, call: "munmap", result: 0, removed: [start], added: [] },
  ];
  const layout = [...lines, vma(0x90000, 0x91000)].toSorted((a, b) => a.start - b.start);
  const { mapCount } = await summarize([
    HEADER,
    { ...EXEC, pid: 7, layout },
    ...lines.flatMap(unmap),
  ]);
  assertEquals(mapCount, { min: 1, median: 2, max: 3 });
});
