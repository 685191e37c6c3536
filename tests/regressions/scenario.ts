/**
 * Scenarios: small, deterministic stories that run on any build of the suite.
 *
 * A scenario acts in *operations*. After each one everything it has put on its stage is validated from scratch and,
 * where there is one, compared with the reference, so that a fault is met at the operation that made it and not
 * where it happens to surface.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { AddressSpace, AddressSpaceOptions, MapleTree, MapleTreeOptions } from "../../mod.ts";
import { fault } from "../../src/faults/acted.ts";
import type { IncrementalValidator } from "../../src/tree/checks/incremental.ts";
import type { Build } from "../canaries/build.ts";
import { snapshot } from "../mm/snapshot.ts";
import { NaiveRangeMap } from "../naive_range_map.ts";
import { type Operation, perform, showOperation } from "../operations.ts";

/** One story. */
export interface Scenario {
  /** The row of the catalogue of regressions that it tells: see README.md. */
  readonly row: number;
  /** Subject and criterion: `emptyAreaReverse: a size beyond the window is EINVAL`. */
  readonly name: string;
  /** Plays it; throws where the build does wrong. */
  readonly run: (stage: Stage) => void;
}

/**
 * What is checked after an operation: `all` validates from scratch and compares with the reference; `full` only
 * validates from scratch, `touched` only what the operation touched.
 */
export type Checks = "all" | "full" | "touched";

/** What a scenario acts on, and the count of its operations. */
export class Stage {
  readonly build: Build;
  readonly checks: Checks;
  /** Operations so far, the one in progress included. */
  operations = 0;
  /** The operation in progress, in words. */
  latest = "";
  readonly #checks: (() => void)[] = [];

  constructor(build: Build, checks: Checks = "all") {
    this.build = build;
    this.checks = checks;
  }

  /** Performs one operation and then checks everything on the stage. */
  step<T>(text: string, act: () => T): T {
    this.operations++;
    this.latest = text;
    fault.operation = this.operations;
    const result = act();
    for (const check of this.#checks) check();
    return result;
  }

  /** A tree and its reference. */
  tree(options: MapleTreeOptions = { gaps: true }): StagedTree {
    const tree = new StagedTree(this, options);
    this.#checks.push(() => tree.check());
    return tree;
  }

  /** An address space, validated after every operation. */
  space(options: AddressSpaceOptions = {}): AddressSpace {
    const mm = new this.build.maple.AddressSpace({ mmapBase: 0x7fff_0000_0000, ...options });
    this.watchSpace(mm);
    return mm;
  }

  /** Validates an address space after every operation. */
  watchSpace(mm: AddressSpace): void {
    if (this.checks !== "touched") return this.watch(() => mm.validate());
    const validator = new this.build.touchedSpace.SpaceValidator(mm.descriptor);
    this.watch(() => validator.check());
  }

  /** Checks this too after every operation. */
  watch(check: () => void): void {
    this.#checks.push(check);
  }

  /** Takes everything off the stage: nothing of it is checked any more. */
  clear(): void {
    this.#checks.length = 0;
  }

  /** An operation that must fail with `code` and leave the address space as it was. */
  refused(mm: AddressSpace, code: string, text: string, act: () => unknown): void {
    const before = snapshot(mm);
    this.step(text, () => assertEquals(codeOf(act), code));
    assertEquals(snapshot(mm), before, `${text}: it failed, and has changed something`);
  }

  /**
   * Lets the call fail at its first, second … taking of memory until it succeeds: each failure must leave the
   * address space as it was.
   */
  failEverywhere(text: string, setUp: () => AddressSpace, call: (mm: AddressSpace) => void): void {
    for (let taken = 0;; taken++) {
      this.clear();
      const mm = setUp();
      const before = snapshot(mm);
      mm.descriptor.faultInjection.left = taken;
      const code = this.step(`${text}, ${taken} takings left`, () => codeOf(() => call(mm)));
      mm.descriptor.faultInjection.left = Infinity;
      if (code === undefined) return assert(taken > 0, `${text} took no memory: nothing is tested`);
      assertEquals(code, "ENOMEM");
      assertEquals(snapshot(mm), before, `${text}: it failed, and has changed something`);
    }
  }
}

/** The code of the error that `act` throws, undefined if it throws none. */
export function codeOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof Error && "code" in error && typeof error.code === "string") {
      return error.code;
    }
    throw error;
  }
}

/** A tree that is compared with a sorted array of ranges after every operation. */
export class StagedTree {
  readonly tree: MapleTree<number>;
  readonly reference = new NaiveRangeMap<number>();
  readonly #stage: Stage;
  readonly #validator: IncrementalValidator | undefined;
  #touched = { first: 0, last: 0 };

  constructor(stage: Stage, options: MapleTreeOptions) {
    this.#stage = stage;
    this.tree = new stage.build.maple.MapleTree<number>(options);
    if (stage.checks !== "touched") return;
    this.#validator = new stage.build.touchedTree.IncrementalValidator(
      stage.build.tree.poolOf(this.tree),
    );
  }

  /** Ranges of 0x10 indices, `stride` apart, with the values 1, 2 …, in the order of `positions`. */
  fill(positions: Iterable<number>, stride = 0x20): this {
    for (const i of positions) this.store(i * stride, i * stride + 0xf, i + 1);
    return this;
  }

  store(first: number, last: number, value: number | undefined): void {
    this.#both("store", first, last, value);
  }

  erase(index: number): void {
    this.#both("erase", index);
  }

  emptyArea(size: number, min: number, max: number): void {
    this.#both("empty_area", min, max, size);
  }

  emptyAreaReverse(size: number, min: number, max: number): void {
    this.#both("empty_area_rev", min, max, size);
  }

  allocate(value: number, size: number, min: number, max: number): void {
    this.#both("alloc", min, max, size, value);
  }

  allocateReverse(value: number, size: number, min: number, max: number): void {
    this.#both("ralloc", min, max, size, value);
  }

  /** An operation on the tree alone that stores `value`; the reference is told. */
  told(
    text: string,
    act: () => void,
    first: number,
    last: number,
    value: number | undefined,
  ): void {
    this.#stage.step(text, () => {
      act();
      this.#touched = { first, last };
      this.reference.store(first, last, value);
    });
  }

  /** Validates, and compares every range, the lookups at its ends, and the free space between. */
  check(): void {
    this.#validator?.check(this.#touched.first, this.#touched.last);
    if (this.#stage.checks !== "touched") this.tree.validate();
    if (this.#stage.checks !== "all") return;
    const entries = [...this.tree.entries()];
    const expected = [...this.reference.entries()];
    assertEquals(entries.length, expected.length, "the number of ranges");
    for (const [i, { first, last, value }] of expected.entries()) {
      const entry = entries[i]!;
      const same = entry.first === first && entry.last === last && entry.value === value;
      if (!same) assertEquals(entry, { first, last, value });
      for (const index of [first, last]) {
        if (this.tree.load(index) !== value) assertEquals(this.tree.load(index), value);
      }
      const after = Math.min(last + 1, Number.MAX_SAFE_INTEGER);
      const following = this.reference.load(after);
      if (this.tree.load(after) !== following) assertEquals(this.tree.load(after), following);
    }
  }

  #both(verb: string, ...operands: (number | undefined)[]): void {
    const operation: Operation = { verb, operands };
    this.#stage.step(showOperation(operation), () => {
      const answer = perform(this.tree, operation);
      this.#touched = touchedBy(operation, answer);
      assertEquals(answer, perform(this.reference, operation));
    });
  }
}

/** The range that an operation may have written. */
function touchedBy({ verb, operands }: Operation, answer: string): { first: number; last: number } {
  const [first = 0, last = 0, size = 0] = operands;
  if (verb === "store") return { first, last };
  const allocated = verb.endsWith("alloc") && answer.startsWith("ok ");
  if (!allocated) return { first, last: first };
  const start = Number(answer.slice("ok ".length));
  return { first: start, last: start + size - 1 };
}

/** 0, 1 … `count - 1`. */
export function upwards(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** `count - 1` … 1, 0. */
export function downwards(count: number): number[] {
  return upwards(count).reverse();
}
