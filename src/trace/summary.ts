/**
 * What a trace holds, in figures: calls by kind, what its munmaps cut, how many VMAs there were.
 *
 * @module
 */
import type { EnterRecord, HeaderRecord, MapLine, TraceRecord } from "./format.ts";
import { type Layouts, RecordedLayouts } from "./recorded_layouts.ts";

/** What a munmap does to the VMAs it meets. */
export type MunmapKind =
  /** It removes VMAs whole, one or several. */
  | "whole"
  /** It cuts off the beginning of a VMA. */
  | "head"
  /** It cuts off the end of a VMA. */
  | "tail"
  /** It cuts a hole into one VMA, which becomes two. */
  | "split"
  /** It meets none. */
  | "none";

/** One munmap that succeeded. */
export interface Munmap {
  /** What it does to the VMAs it meets. */
  readonly kind: MunmapKind;
  /** VMAs of the process when it was called. */
  readonly mapCount: number;
  /** Pages it unmapped. */
  readonly pages: number;
  /** Pages of the first VMA it met. */
  readonly vmaPages: number;
}

/** The figures of a trace. */
export interface TraceSummary {
  /** Nothing if the records have none. */
  readonly header: HeaderRecord | undefined;
  /** Records, header and end among them. */
  readonly records: number;
  /** Calls by name. */
  readonly calls: ReadonlyMap<string, number>;
  /** The munmaps that succeeded, in order. */
  readonly munmaps: readonly Munmap[];
  /** Processes and threads. */
  readonly processes: number;
  /** First write faults. */
  readonly faults: number;
  /** VMAs after each call, over all processes. */
  readonly mapCount: { readonly min: number; readonly median: number; readonly max: number };
}

/**
 * Reads a whole trace and counts. Memory use is one number a call.
 *
 * @param layouts follows the layouts; those that were recorded unless given
 */
export async function summarize(
  records: AsyncIterable<TraceRecord> | Iterable<TraceRecord>,
  layouts: Layouts = new RecordedLayouts(),
): Promise<TraceSummary> {
  const entered = new Map<number, EnterRecord>();
  const calls = new Map<string, number>();
  const munmaps: Munmap[] = [];
  const counts: number[] = [];
  const pids = new Set<number>();
  let header: HeaderRecord | undefined;
  let total = 0, faults = 0;
  for await (const record of records) {
    total++;
    if (record.type === "header") header = record;
    if (record.type === "exec") pids.add(record.pid);
    if (record.type === "fork") pids.add(record.child);
    if (record.type === "fault") faults++;
    if (record.type === "enter") entered.set(record.pid, record);
    if (record.type === "leave") {
      calls.set(record.call, (calls.get(record.call) ?? 0) + 1);
      const call = entered.get(record.pid);
      if (call?.call === "munmap" && record.error === undefined) {
        munmaps.push(munmap(layouts.of(record.pid), call));
      }
    }
    layouts.apply(record);
    if (record.type === "leave") counts.push(layouts.count(record.pid));
  }
  counts.sort((a, b) => a - b);
  const at = (share: number) => counts[Math.floor((counts.length - 1) * share)] ?? 0;
  return {
    header,
    records: total,
    calls,
    munmaps,
    processes: pids.size,
    faults,
    mapCount: { min: at(0), median: at(0.5), max: at(1) },
  };
}

/** How many munmaps of a kind there are. */
export function countMunmaps(summary: TraceSummary, kind: MunmapKind): number {
  return summary.munmaps.filter((munmap) => munmap.kind === kind).length;
}

function munmap(layout: readonly MapLine[], call: EnterRecord): Munmap {
  const [start = 0, length = 0] = call.args;
  const end = start + Math.ceil(length / 4096) * 4096;
  const met = layout.filter((line) => line.start < end && start < line.end);
  const first = met[0], last = met.at(-1);
  const pages = (end - start) / 4096, mapCount = layout.length;
  if (first === undefined || last === undefined) {
    return { kind: "none", mapCount, pages, vmaPages: 0 };
  }
  const cutsFirst = first.start < start, cutsLast = end < last.end;
  const kind = cutsFirst && cutsLast && first === last
    ? "split"
    : cutsFirst
    ? "tail"
    : cutsLast
    ? "head"
    : "whole";
  return { kind, mapCount, pages, vmaPages: (first.end - first.start) / 4096 };
}
