/**
 * A round of random operations on a tree and on the naive map beside it.
 *
 * @module
 */

import { MapleTree } from "../../mod.ts";
import { reduce } from "../../src/replay/debug/reduce.ts";
import { Random } from "../../src/random.ts";
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
import type { Round } from "./programs.ts";

const OPERATIONS = 20_000;

/** Operations between two validations from scratch, and between two comparisons of all content. */
const VALIDATE_EVERY = 97;
const COMPARE_EVERY = 997;

const SHAPES: readonly Omit<Profile, "gaps">[] = [
  { ranges: 4, unit: 1, units: 24, longest: 4, longestWide: 24 },
  { ranges: 60, unit: 0x1000, units: 720, longest: 6, longestWide: 100 },
  { ranges: 60, unit: 0x1000, units: 720, longest: 12, longestWide: 12 },
  { ranges: 300, unit: 0x10, units: 2_000, longest: 5, longestWide: 200 },
];

/** Makes an empty tree. */
export type MakeTree = (gaps: boolean) => MapleTree<number>;

/** A tree and its model. */
interface Pair {
  readonly tree: MapleTree<number>;
  readonly naive: NaiveRangeMap<number>;
}

/**
 * One round: shape and operations by the seed.
 *
 * @param make makes the tree; a test gives it one that does wrong
 */
export function treeRound(
  seed: number,
  make: MakeTree = (gaps) => new MapleTree<number>({ gaps }),
): Round {
  const random = new Random(seed);
  const profile = { ...random.pick(SHAPES), gaps: random.chance(0.7) };
  const newPair = () => ({ tree: make(profile.gaps), naive: new NaiveRangeMap<number>() });
  const pair = newPair();
  const source = new OperationSource(random, profile, pair.naive);
  const filling = source.fill();
  const done: Operation[] = [];
  for (let i = 0; i < OPERATIONS; i++) {
    const operation = filling[i] ?? source.next();
    if (operation.verb === "walk") continue; // the cursor's program has it
    done.push(operation);
    const fault = faultOf(pair, operation, i);
    if (fault !== undefined) {
      return { operations: i, finding: reduced(done, newPair) ?? fault };
    }
  }
  const fault = contentFault(pair);
  return fault === undefined
    ? { operations: done.length }
    : { operations: done.length, finding: reduced(done, newPair) ?? fault };
}

/** What an operation does wrong; undefined if nothing. */
function faultOf({ tree, naive }: Pair, operation: Operation, at: number): string | undefined {
  const [answer, expected] = [perform(tree, operation), perform(naive, operation)];
  if (answer !== expected) return `${showOperation(operation)} answers ${answer}, not ${expected}`;
  if (isWrite(operation) && at % VALIDATE_EVERY === 0) return validationFault(tree);
  return at % COMPARE_EVERY === 0 ? contentFault({ tree, naive }) : undefined;
}

function validationFault(tree: MapleTree<number>): string | undefined {
  try {
    tree.validate();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function contentFault({ tree, naive }: Pair): string | undefined {
  return validationFault(tree) ??
    (showEntries(tree) === showEntries(naive) ? undefined : "the tree holds something else");
}

/** The fewest of the operations after which something is wrong; undefined if a fresh tree does them right. */
function reduced(operations: readonly Operation[], newPair: () => Pair): string | undefined {
  if (!isWrong(operations, newPair)) return undefined;
  const left = reduce(operations, (list) => isWrong(list, newPair));
  return [...left.map(showOperation), firstFault(left, newPair)].join("\n");
}

/** Lists up to this long are checked after each operation while they are reduced, longer ones at their end. */
const SHORT = 100;

/** True if a list of operations does something wrong. */
function isWrong(operations: readonly Operation[], newPair: () => Pair): boolean {
  if (operations.length <= SHORT) return firstFault(operations, newPair) !== undefined;
  const pair = newPair();
  return operations.some((operation) => faultOf(pair, operation, 1) !== undefined) ||
    contentFault(pair) !== undefined;
}

/** What a list of operations does wrong first, everything checked after each. */
function firstFault(operations: readonly Operation[], newPair: () => Pair): string | undefined {
  const pair = newPair();
  for (const operation of operations) {
    const fault = faultOf(pair, operation, 1) ?? contentFault(pair);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
