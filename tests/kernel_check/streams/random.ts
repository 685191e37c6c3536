/**
 * Seeded random operations on trees of four sizes, with and without gaps, with and without readers.
 *
 * @module
 */

import { OperationSource, type Profile } from "../../operations.ts";
import { MAX_INDEX } from "../../../src/tree/node_layout.ts";
import { Random } from "../../random.ts";
import type { Reference } from "../reference.ts";
import { type Operation, operation, Verb, verbOf } from "../../../src/kernel/operation.ts";
import type { Features } from "../../../src/kernel/protocol.ts";
import type { Case } from "./case.ts";

/** A size of tree, and how many operations a case of it has. */
interface Size extends Omit<Profile, "gaps"> {
  readonly name: string;
  readonly operations: number;
}

const SIZES: readonly Size[] = [
  { name: "tiny", ranges: 4, unit: 1, units: 24, longest: 4, longestWide: 24, operations: 10_000 },
  {
    name: "cc1",
    ranges: 60,
    unit: 0x1000,
    units: 720,
    longest: 6,
    longestWide: 100,
    operations: 20_000,
  },
  {
    name: "medium",
    ranges: 250,
    unit: 0x1000,
    units: 2500,
    longest: 4,
    longestWide: 80,
    operations: 10_000,
  },
  {
    name: "deep",
    ranges: 1500,
    unit: 0x1000,
    units: 6000,
    longest: 3,
    longestWide: 60,
    operations: 6_000,
  },
];

/** Of so many cases in a row one is of each size that often: the cost of a check grows with the tree. */
const TURNS = ["tiny", "cc1", "cc1", "medium", "tiny", "cc1", "cc1", "tiny", "cc1", "deep"];

/** Of so many stores one is prepared, and of so many operations one copies the tree. */
const PREPARED = 0.3;
/** Of so many other stores one has another writer beside it. */
const BESIDE = 0.1;

const DUPLICATED = 0.0005;

/** The `turn`-th random case of a seed. */
export function randomCase(seed: number, turn: number, features: Features): Case {
  const size = SIZES.find(({ name }) => name === TURNS[turn % TURNS.length])!;
  const kind = Math.floor(turn / TURNS.length) + turn;
  const gaps = (kind & 1) === 0;
  const readers = (kind & 2) === 0;
  const what = `${size.name}, ${gaps ? "gaps" : "no gaps"}, ${readers ? "readers" : "no readers"}`;
  return {
    group: "random operations",
    name: `${what}, seed ${seed}, case ${turn}`,
    options: { gaps, readers },
    operations: (reference) =>
      randomOperations(
        { ...size, gaps },
        new Random(seed + turn * 0x9e3779b1),
        reference,
        features,
      ),
  };
}

function* randomOperations(
  size: Size & Profile,
  random: Random,
  reference: Reference,
  features: Features,
): Generator<Operation> {
  const source = new OperationSource(random, size, reference.naive);
  let left = size.operations;
  for (const { verb, operands } of source.fill()) {
    yield converted(verb, operands, false);
    left--;
  }
  while (left-- > 0) {
    if (features.duplicate && random.chance(DUPLICATED)) yield operation(Verb.DUPLICATE);
    const { verb, operands } = source.next();
    const it = converted(verb, operands, random.chance(PREPARED));
    yield it.verb === Verb.STORE && random.chance(BESIDE) ? besides(it, reference, random) : it;
  }
}

/** The same store while another writer stores one index next to what is written, or next to the free space there. */
function besides(it: Operation, { naive }: Reference, random: Random): Operation {
  const { first } = naive.rangeAt(it.a);
  const { last } = naive.rangeAt(it.b);
  const near = random.pick([it.a - 1, it.b + 1, first, last, first - 1, last + 1]);
  const isApart = near >= 0 && near <= MAX_INDEX && (near < it.a || near > it.b);
  return isApart ? operation(Verb.STORE_BESIDE, it.a, it.b, it.c, near) : it;
}

function converted(
  name: string,
  operands: readonly (number | undefined)[],
  isPrepared: boolean,
): Operation {
  const verb = name === "store" && isPrepared ? Verb.STORE_PREALLOCATED : verbOf(name);
  if (verb === undefined) throw new RangeError(`There is no operation ${name}`);
  const [a = 0, b = 0, c = 0, d = 0] = operands;
  return operation(verb, a, b, c, d);
}
