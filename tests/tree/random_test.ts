/**
 * Random operations on the tree and on its reference, side by side: every answer is compared, the tree is
 * validated after every write, the whole content compared now and then. Another seed, or one case longer:
 *
 * ```sh
 * deno test tests/tree/random_test.ts -- --seed=0x1234 --case=deep-gaps --operations=50000
 * ```
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import { MapleTree } from "../../mod.ts";
import { showNumber } from "../golden.ts";
import { NaiveRangeMap } from "../naive_range_map.ts";
import {
  isWrite,
  type Operation,
  OperationSource,
  perform,
  type Profile,
  showEntries,
  showOperation,
} from "../operations.ts";
import { Random } from "../random.ts";

/** A kind of tree, and how many operations it gets. */
interface Case extends Profile {
  readonly name: string;
  readonly operations: number;
  /** The tree must have been at least this high once. */
  readonly height: number;
  /** Operations between two comparisons of the whole content. */
  readonly compareEvery: number;
}

const tiny = { ranges: 4, unit: 1, units: 24, longest: 4, longestWide: 24 };
const cc1 = { ranges: 60, unit: 0x1000, units: 720, longest: 6, longestWide: 100 };
const deep = { ranges: 1500, unit: 0x1000, units: 6000, longest: 3, longestWide: 60 };

const CASES: readonly Case[] = [
  { name: "tiny-gaps", ...tiny, gaps: true, operations: 100_000, height: 2, compareEvery: 1 },
  { name: "tiny-plain", ...tiny, gaps: false, operations: 100_000, height: 2, compareEvery: 1 },
  { name: "cc1-gaps", ...cc1, gaps: true, operations: 100_000, height: 3, compareEvery: 50 },
  { name: "cc1-plain", ...cc1, gaps: false, operations: 100_000, height: 2, compareEvery: 50 },
  { name: "deep-gaps", ...deep, gaps: true, operations: 60_000, height: 4, compareEvery: 1000 },
  { name: "deep-plain", ...deep, gaps: false, operations: 60_000, height: 4, compareEvery: 1000 },
];

const SEED = 0x5eed;

/** The tree's answer; a `walk` runs on a state, everything else on the tree. */
function performOnTree(tree: MapleTree<number>, operation: Operation): string {
  const { verb, operands: [index = 0] } = operation;
  if (verb !== "walk") return perform(tree, operation);
  const state = tree.state(index);
  const value = state.walk();
  return showRange(value, state.index, state.last);
}

function performOnReference(map: NaiveRangeMap<number>, operation: Operation): string {
  const { verb, operands: [index = 0] } = operation;
  if (verb !== "walk") return perform(map, operation);
  const { value, first, last } = map.rangeAt(index);
  return showRange(value, first, last);
}

function showRange(value: number | undefined, first: number, last: number): string {
  return `${value} ${showNumber(first)} ${showNumber(last)}`;
}

/** Runs one case and returns the greatest height the tree had; throws at the first difference. */
function run({ name, operations, compareEvery, ...profile }: Case, seed: number): number {
  const tree = new MapleTree<number>({ gaps: profile.gaps });
  const reference = new NaiveRangeMap<number>();
  const source = new OperationSource(new Random(seed), profile, reference);
  const filling = source.fill();
  let height = 0;
  for (let i = 0; i < operations; i++) {
    const operation = filling[i] ?? source.next();
    try {
      assertEquals(performOnTree(tree, operation), performOnReference(reference, operation));
      if (isWrite(operation)) tree.validate();
      if (i % compareEvery === 0) {
        assertEquals(showEntries(tree), showEntries(reference));
        assertEquals(tree.size, reference.size);
      }
    } catch (error) {
      throw new Error(report(name, seed, i, operation, tree), { cause: error });
    }
    height = Math.max(height, tree.height);
  }
  return height;
}

/** Everything needed to see and repeat a failure. */
function report(
  name: string,
  seed: number,
  index: number,
  operation: Operation,
  tree: MapleTree<number>,
): string {
  const command = `deno test tests/tree/random_test.ts -- --seed=0x${seed.toString(16)} ` +
    `--case=${name} --operations=${index + 1}`;
  return [
    `Case ${name}, seed 0x${seed.toString(16)}, operation ${index}: ${showOperation(operation)}`,
    `Replay it: ${command}`,
    "The tree after it:",
    tree.dump(),
  ].join("\n");
}

const options = parseArgs(Deno.args, { string: ["seed", "case", "operations"] });
const seed = Number(options.seed ?? SEED);

for (const it of CASES.filter(({ name }) => name === (options.case ?? name))) {
  Deno.test(`MapleTree: ${it.operations} random operations as the reference, ${it.name}`, () => {
    const operations = Number(options.operations ?? it.operations);
    const height = run({ ...it, operations }, seed);
    if (operations >= it.operations) assert(height >= it.height, `height was at most ${height}`);
  });
}

Deno.test("random operations: there are at least 200,000", () => {
  const total = CASES.reduce((sum, { operations }) => sum + operations, 0);
  assert(total >= 200_000, `${total}`);
});

Deno.test("random operations: a tree that loses writes is noticed", () => {
  class Forgetful extends NaiveRangeMap<number> {
    #stores = 0;
    override store(first: number, last: number, value: number | undefined): void {
      if (++this.#stores % 10 !== 0) super.store(first, last, value);
    }
  }
  const profile = { ...cc1, gaps: true };
  const reference = new NaiveRangeMap<number>();
  const source = new OperationSource(new Random(SEED), profile, reference);
  const forgetful = new Forgetful();
  const differs = Array.from({ length: 5000 }, () => source.next()).some((operation) =>
    performOnReference(forgetful, operation) !== performOnReference(reference, operation)
  );
  assert(differs);
});
