/**
 * A tree and its reference that always get the same writes: after each, the tree is validated and both are compared.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { MapleTree } from "../../mod.ts";
import { NaiveRangeMap } from "../naive_range_map.ts";
import { perform, showEntries } from "../operations.ts";
import { shapeOf } from "./shape.ts";

/** Indices in one of the ranges that {@linkcode CheckedTree.touching} and `gapped` store. */
export const STEP = 0x10;

/** See the module. */
export class CheckedTree {
  readonly tree: MapleTree<number>;
  readonly reference = new NaiveRangeMap<number>();

  constructor(options: { gaps?: boolean; rcu?: boolean } = { gaps: true }) {
    this.tree = new MapleTree<number>(options);
  }

  /** Ranges `[0x0, 0xf]`, `[0x10, 0x1f]` … with the values 1, 2 …, stored upwards. */
  static touching(count: number, options?: { gaps?: boolean; rcu?: boolean }): CheckedTree {
    const checked = new CheckedTree(options);
    for (let i = 0; i < count; i++) checked.#fill(i * STEP, i + 1);
    checked.check();
    return checked;
  }

  /** The same ranges, stored downwards. */
  static touchingDown(count: number, options?: { gaps?: boolean; rcu?: boolean }): CheckedTree {
    const checked = new CheckedTree(options);
    for (let i = count - 1; i >= 0; i--) checked.#fill(i * STEP, i + 1);
    checked.check();
    return checked;
  }

  /** Ranges `[0x10, 0x1f]`, `[0x30, 0x3f]` … with the values 1, 2 …, a gap of 0x10 before each. */
  static gapped(count: number, options?: { gaps?: boolean; rcu?: boolean }): CheckedTree {
    const checked = new CheckedTree(options);
    for (let i = 0; i < count; i++) checked.#fill((2 * i + 1) * STEP, i + 1);
    checked.check();
    return checked;
  }

  /** One range of the starting content, checked only when all of it is there. */
  #fill(first: number, value: number): void {
    this.tree.store(first, first + STEP - 1, value);
    this.reference.store(first, first + STEP - 1, value);
  }

  store(first: number, last: number, value: number | undefined): void {
    this.#both("store", first, last, value);
  }

  erase(index: number): void {
    this.#both("erase", index);
  }

  #both(verb: string, ...operands: (number | undefined)[]): void {
    const operation = { verb, operands };
    assertEquals(perform(this.tree, operation), perform(this.reference, operation));
    this.check();
  }

  /** Validates the tree and compares its content, its size and some lookups with the reference's. */
  check(): void {
    this.tree.validate();
    assertEquals(showEntries(this.tree), showEntries(this.reference));
    assertEquals(this.tree.size, this.reference.size);
    for (const { first, last, value } of this.reference) {
      assertEquals([this.tree.load(first), this.tree.load(last)], [value, value]);
    }
  }

  /** Every leaf as `first-last:end`, hexadecimal but for the end; `max` is the index maximum. */
  leaves(): string[] {
    return shapeOf(this.tree).flatMap((line) => {
      const match = / leaf64 0x([0-9a-f]+)-0x([0-9a-f]+) end=(\d+)$/.exec(line);
      if (match === null) return [];
      const last = match[2] === "f".repeat(16) ? "max" : match[2];
      return [`${match[1]}-${last}:${match[3]}`];
    });
  }
}
