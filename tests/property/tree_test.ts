/**
 * The tree against the sorted array of ranges, with commands that fast-check chooses and shrinks.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { MapleTree, MAX_INDEX } from "../../mod.ts";
import { NaiveRangeMap } from "../naive_range_map.ts";
import { isWrite, type Operation, perform, showEntries, showOperation } from "../operations.ts";
import { Act, replayCommand, testCommands } from "./check.ts";

type Model = NaiveRangeMap<number>;
type Real = MapleTree<number>;

/** Mostly near multiples of a page-like unit, so that ranges touch; now and then an end of the index space. */
const index = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 0, max: 90 }).map((n) => n * 0x10) },
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 90 * 0x10 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, MAX_INDEX - 1, MAX_INDEX) },
);
const length = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom(0x10, 0x10, 0x10, 0x20, 8, 1) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 60 }).map((n) => n * 0x10) },
);
const range = fc.tuple(index, length).map(([first, size]): [number, number] => [
  first,
  Math.min(MAX_INDEX, first + size - 1),
]);
const value = fc.integer({ min: 0, max: 999 });

function operation(
  verb: string,
  operands: fc.Arbitrary<(number | undefined)[]>,
): fc.Arbitrary<Operation> {
  return operands.map((list) => ({ verb, operands: list }));
}

const WINDOW = fc.tuple(index, index, length).map(([a, b, size]) => [
  Math.min(a, b),
  Math.max(a, b),
  size,
]);

const WRITES = [
  operation("store", fc.tuple(range, value).map(([ends, held]) => [...ends, held])),
  operation("store", range.map((ends) => [...ends, undefined])),
  operation("insert", fc.tuple(range, value).map(([ends, held]) => [...ends, held])),
  operation("erase", index.map((at) => [at])),
];
const READS = [
  operation("load", index.map((at) => [at])),
  operation("find", fc.tuple(index, index)),
  operation("next", fc.tuple(index, index)),
  operation("prev", fc.tuple(index, index)),
];
const GAPS = [
  operation("empty_area", WINDOW),
  operation("empty_area_rev", WINDOW),
  operation("alloc", fc.tuple(WINDOW, value).map(([window, held]) => [...window, held])),
  operation("ralloc", fc.tuple(WINDOW, value).map(([window, held]) => [...window, held])),
];

function act(operation: Operation): Act<Model, Real> {
  return new Act(showOperation(operation), (model, real) => {
    assertEquals(perform(real, operation), perform(model, operation));
    real.validate();
    if (isWrite(operation)) assertEquals(showEntries(real), showEntries(model));
  });
}

for (const gaps of [true, false]) {
  for (const rcu of [true, false]) {
    testCommands(
      `property: the tree answers as a sorted array of ranges, gaps ${gaps}, rcu ${rcu}`,
      // Writes twice, so that a tree has something in it to read.
      [...WRITES, ...WRITES, ...READS, ...(gaps ? GAPS : [])].map((one) => one.map(act)),
      () => ({ model: new NaiveRangeMap<number>(), real: new MapleTree<number>({ gaps, rcu }) }),
      { runs: 200, commands: 150 },
    );
  }
}

Deno.test("property: a tree that forgets a value is met, shrunk, and can be replayed", () => {
  class Forgetful extends MapleTree<number> {
    override store(first: number, last: number, value: number | undefined): void {
      super.store(first, last, value === 7 ? undefined : value);
    }
  }
  const commands = fc.commands(WRITES.map((one) => one.map(act)), { maxCommands: 80 });
  const setUp = () => ({ model: new NaiveRangeMap<number>(), real: new Forgetful() });
  const details = fc.check(fc.property(commands, (list) => fc.modelRun(setUp, list)), {
    seed: 7,
    numRuns: 500,
  });
  assert(details.failed);
  const left = String(details.counterexample);
  assertEquals(left.match(/store|insert|erase/g)?.length, 1, left);
  const command = replayCommand("a name", details, left);
  assert(/--seed=7 --path=[\d:]+ --replay=\S+$/.test(command), command);
});
