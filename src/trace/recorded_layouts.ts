/**
 * The layouts that a trace shows, at any point of it: what the kernel had, without a model.
 *
 * @module
 */

import { hex } from "../abi/hex.ts";
import type { MapLine, TraceRecord } from "./format.ts";

/** The layouts of processes, as far as a trace was read. */
export interface Layouts {
  /** The VMAs of a process, ascending; empty if it is not known. */
  of(pid: number): readonly MapLine[];
  /** How many VMAs a process has. */
  count(pid: number): number;
  /** Takes the next record. */
  apply(record: TraceRecord): void;
}

/** Follows a trace and keeps, for every process that runs, the VMAs as last shown. */
export class RecordedLayouts implements Layouts {
  /** By process; processes that share memory share the array. */
  readonly #layouts = new Map<number, { lines: MapLine[] }>();

  /**
   * The VMAs of a process in ascending order, as shown by the records so far; empty if it is not
   * known. Valid until the next record. O(1).
   */
  of(pid: number): readonly MapLine[] {
    return this.#layouts.get(pid)?.lines ?? [];
  }

  /** How many VMAs a process has, as last shown. O(1). */
  count(pid: number): number {
    return this.of(pid).length;
  }

  /**
   * Takes the next record. O(log VMAs) for each VMA that changes, and to move what follows it.
   *
   * @returns what of it cannot be, in words: a VMA removed where none begins, or added over another; undefined if
   * nothing
   */
  apply(record: TraceRecord): string | undefined {
    switch (record.type) {
      case "exec":
        this.#layouts.set(record.pid, { lines: [...record.layout] });
        return undefined;
      case "fork":
        this.#fork(record.pid, record.child, record.layout);
        return undefined;
      case "exit":
        this.#layouts.delete(record.pid);
        return undefined;
      case "leave":
        return this.#change(record.pid, record.removed, record.added);
      case "grow":
        this.#grow(record.pid, record.start);
        return undefined;
      default:
        return undefined;
    }
  }

  #fork(pid: number, child: number, layout: readonly MapLine[] | undefined): void {
    const shared = this.#layouts.get(pid) ?? { lines: [] };
    this.#layouts.set(child, layout === undefined ? shared : { lines: [...layout] });
  }

  #change(
    pid: number,
    removed: readonly number[],
    added: readonly MapLine[],
  ): string | undefined {
    const layout = this.#layouts.get(pid);
    if (layout === undefined) return undefined;
    const { lines } = layout;
    let wrong: string | undefined;
    for (const start of removed) {
      const at = lineFrom(lines, start);
      if (lines[at]?.start === start) lines.splice(at, 1);
      else wrong ??= `the trace removes a VMA at ${hex(start)}, where none begins`;
    }
    for (const line of added) {
      const at = lineFrom(lines, line.start);
      const below = lines[at - 1]?.end ?? 0, above = lines[at]?.start ?? Infinity;
      if (below > line.start || above < line.end) {
        wrong ??= `the trace adds a VMA at ${hex(line.start)} over another`;
      }
      lines.splice(at, 0, line);
    }
    return wrong;
  }

  /** The stack that grows is the first VMA above its new start. */
  #grow(pid: number, start: number): void {
    const layout = this.#layouts.get(pid);
    const at = layout?.lines.findIndex((line) => line.end > start) ?? -1;
    if (layout === undefined || at < 0) return;
    layout.lines[at] = { ...layout.lines[at]!, start };
  }
}

/** The place of the first line that starts at or above an address; as many as there are if none does. O(log lines). */
export function lineFrom(lines: readonly MapLine[], address: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lines[middle]!.start < address) low = middle + 1;
    else high = middle;
  }
  return low;
}
