/**
 * The layouts of any trace: those that were recorded or, as an imported one shows none, those that its calls make.
 *
 * @module
 */

import type { AddressSpace } from "../../mm/address_space.ts";
import { fileOffset, vmaName } from "../../mm/vma/proc_maps.ts";
import { MmError } from "../../mm/error.ts";
import { formatPermissions } from "../../mm/vm_flags.ts";
import type { MapLine, TraceRecord } from "../../trace/format.ts";
import { type Layouts, RecordedLayouts } from "../../trace/recorded_layouts.ts";
import { StepReader } from "../step.ts";
import { System } from "../system.ts";

/** Follows a trace record by record. */
export class TraceLayouts implements Layouts {
  readonly #recorded = new RecordedLayouts();
  readonly #reader = new StepReader();
  readonly #system = new System();
  #isImported = false;

  /** The VMAs of a process, ascending. O(VMAs) of an imported trace. */
  of(pid: number): readonly MapLine[] {
    if (!this.#isImported) return this.#recorded.of(pid);
    const space = this.#system.space(pid);
    if (space === undefined) return [];
    return linesOf(space);
  }

  /** How many VMAs a process has. O(1). */
  count(pid: number): number {
    if (!this.#isImported) return this.#recorded.count(pid);
    return this.#system.space(pid)?.mapCount ?? 0;
  }

  /** Takes the next record. */
  apply(record: TraceRecord): void {
    if (record.type === "header") this.#isImported = record.fidelity === "imported";
    if (!this.#isImported) {
      this.#recorded.apply(record);
      return;
    }
    const step = this.#reader.read(record);
    if (step === undefined) return;
    try {
      this.#system.apply(step);
    } catch (error) {
      if (!(error instanceof MmError)) throw error;
    }
  }
}

/** The VMAs of an address space as `/proc/PID/maps` shows them. O(VMAs). */
export function linesOf(space: AddressSpace): MapLine[] {
  return [...space.vmas()].map((vma) => ({
    start: vma.start,
    end: vma.end,
    permissions: formatPermissions(vma.flags),
    offset: fileOffset(vma),
    device: vma.file?.device ?? "00:00",
    inode: vma.file?.inode ?? 0,
    name: vmaName(space.descriptor, vma),
  }));
}
