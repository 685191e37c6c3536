/**
 * Comparing layouts step by step, at the cost of what a step changed.
 *
 * A small layout is compared as a whole after every step. In a large one it is what the step named, what the model
 * wrote to its tree, what the record says was changed, and the number of VMAs; and the whole after steps that name no
 * range, when a process ends, at the end of the trace, and each time that as many steps have gone by as there are VMAs.
 * A difference elsewhere is therefore found later than it came to be.
 *
 * @module
 */

import type { AddressSpace } from "../mm/address_space.ts";
import type { TreeObserver } from "../mm/vma_tree.ts";
import type { MapLine } from "../trace/format.ts";
import { type Difference, LayoutComparison } from "./layout_diff.ts";
import type { Step } from "./step.ts";

/** VMAs up to which a layout is compared as a whole after every step. */
const SMALL = 128;

/** Calls whose first two arguments are the range that they are about. */
const ON_RANGE: ReadonlySet<string> = new Set([
  "munmap",
  "mprotect",
  "pkey_mprotect",
  "madvise",
  "mlock",
  "mlock2",
  "munlock",
  "mseal",
  "msync",
  "mincore",
  "mremap",
]);

/** Compares the layouts of a replay with those that its trace shows. */
export class StepComparison {
  /** What two layouts are compared by. */
  readonly layouts: LayoutComparison = new LayoutComparison();
  /** Ranges that the model wrote in this step, first and last byte in turn. */
  readonly #written: number[] = [];
  /** By address space: steps since it was compared as a whole. */
  readonly #since = new WeakMap<AddressSpace, number>();

  /** Notes what is written to a tree. */
  readonly observe = (): TreeObserver => (operation, first, last) => {
    if (operation === "store" || operation === "clear") this.#written.push(first, last);
  };

  /** Forgets what was written: a step begins. */
  begin(): void {
    this.#written.length = 0;
  }

  /** The first difference after a step, as far as it was looked for; undefined if there is none. */
  after(
    step: Step,
    space: AddressSpace,
    recorded: readonly MapLine[],
  ): Difference | undefined {
    const since = (this.#since.get(space) ?? recorded.length) + 1;
    this.#since.set(space, 0);
    if (recorded.length <= SMALL || !this.#agreesNear(step, space, recorded)) {
      return this.layouts.first(space, recorded);
    }
    this.#since.set(space, since);
    return since < recorded.length ? undefined : this.whole(space, recorded);
  }

  /** The first difference of all, if layouts were not compared as a whole after the last step. */
  whole(space: AddressSpace, recorded: readonly MapLine[]): Difference | undefined {
    const since = this.#since.get(space) ?? 0;
    if (since === 0) return undefined;
    this.#since.set(space, 0);
    const found = this.layouts.first(space, recorded);
    if (found === undefined) return undefined;
    return { ...found, what: `${found.what} (in one of the last ${since} steps)` };
  }

  /** Whether all that the step is known to have changed is the same in both. */
  #agreesNear(step: Step, space: AddressSpace, recorded: readonly MapLine[]): boolean {
    if (space.mapCount !== recorded.length) return false;
    const agrees = (first: number, last: number) =>
      this.layouts.agrees(space, recorded, first, last);
    for (let i = 0; i < this.#written.length; i += 2) {
      if (!agrees(this.#written[i]!, this.#written[i + 1]!)) return false;
    }
    if (step.type === "touch") return agrees(step.address, step.address);
    if (step.type !== "call") return false;
    const { record, enter } = step;
    for (const { start, end } of record.added) if (!agrees(start, end - 1)) return false;
    for (const start of record.removed) if (!agrees(start, start)) return false;
    const [address = -1, length = -1] = enter.args;
    if (enter.call === "mmap") return true;
    if (enter.call === "brk") return agrees(space.descriptor.startBrk, space.descriptor.brk);
    return ON_RANGE.has(enter.call) && address >= 0 && length >= 0 &&
      agrees(address, address + length);
  }
}
