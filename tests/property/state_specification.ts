/**
 * What the documentation of `MapleState` says, as a program over a sorted list of ranges: no leaf, no slot, nothing
 * that could be stale.
 *
 * It holds for trees that have nodes: what a state does in a tree without any is told by the golden boundary cases.
 *
 * @module
 */

import type { CursorStatus } from "../../mod.ts";
import { NaiveRangeMap } from "../naive_range_map.ts";

/** See the module. */
export class StateSpecification {
  readonly ranges: NaiveRangeMap<number>;
  index = 0;
  last = 0;
  status: CursorStatus = "start";

  constructor(ranges: NaiveRangeMap<number> = new NaiveRangeMap<number>()) {
    this.ranges = ranges;
  }

  /** Stands on the range around an index. */
  walk(index: number = this.index): number | undefined {
    const { first, last, value } = this.ranges.rangeAt(index);
    this.index = first;
    this.last = last;
    this.status = "active";
    return value;
  }

  /** Where it has been before is where it goes on from; everything else begins with a walk. */
  next(max: number, empties: boolean): number | undefined {
    if (this.last >= max) return this.#stop("overflow");
    if (this.status === "underflow") {
      const value = this.walk();
      if (value !== undefined) return value;
    } else if (this.status === "start" || this.status === "pause") this.walk();
    return this.#up(max, empties);
  }

  previous(min: number, empties: boolean): number | undefined {
    if (this.index <= min) return this.#stop("underflow");
    if (this.status === "overflow") {
      const value = this.walk();
      if (value !== undefined) return value;
    } else if (this.status === "start" || this.status === "pause") this.walk();
    return this.#down(min, empties);
  }

  /** The first time at the index itself, after a pause behind it, later behind the range. */
  find(max: number, empties: boolean): number | undefined {
    if (this.status !== "active") {
      if (this.status === "underflow") {
        if (this.index >= max) return this.#stop("overflow");
      } else if (this.status === "start" ? this.index > max : this.last >= max) return undefined;
      const value = this.walk(this.status === "pause" ? this.last + 1 : this.index);
      if (value !== undefined || this.index === max) return value;
    } else if (this.last >= max) return undefined;
    const value = this.#up(max, empties);
    // What stops at an entry only has found the end, not passed it.
    if (!empties && this.status === "overflow") this.status = "active";
    return value;
  }

  findReverse(min: number, empties: boolean): number | undefined {
    switch (this.status) {
      case "active":
      case "start":
        if (this.index < min) return undefined;
        break;
      default:
        if (this.index <= min) return this.#stop("underflow");
    }
    if (this.status === "start" || this.status === "pause") {
      const value = this.walk(this.status === "pause" ? this.index - 1 : this.index);
      if (value !== undefined) return value;
      if (this.index < min) return undefined;
    }
    return this.#down(min, empties);
  }

  store(value: number | undefined): void {
    this.ranges.store(this.index, this.last, value);
    if (value === undefined) this.walk();
    this.status = "active";
  }

  erase(): number | undefined {
    const value = this.walk();
    if (value !== undefined) this.store(undefined);
    return value;
  }

  #up(max: number, empties: boolean): number | undefined {
    this.status = "active";
    while (this.last < max) {
      const value = this.walk(this.last + 1);
      if (value !== undefined || empties) return value;
    }
    return this.#stop("overflow");
  }

  #down(min: number, empties: boolean): number | undefined {
    this.status = "active";
    while (this.index > min) {
      const value = this.walk(this.index - 1);
      if (value !== undefined || empties) return value;
    }
    return this.#stop("underflow");
  }

  #stop(status: "overflow" | "underflow"): undefined {
    this.status = status;
  }
}
