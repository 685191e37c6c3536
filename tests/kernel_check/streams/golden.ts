/**
 * The golden streams and boundary cases.
 *
 * @module
 */

import { type GoldenOperation, readGoldenBoundary, readGoldenOperations } from "../../golden.ts";
import { type Operation, operation, Verb, verbOf } from "../../../src/kernel/operation.ts";
import type { Features } from "../../../src/kernel/protocol.ts";
import type { Case } from "./case.ts";

const STREAMS = [
  { name: "small60", gaps: true },
  { name: "mid600", gaps: true },
  { name: "spanning_edge_alloc", gaps: true },
  { name: "spanning_edge_noalloc", gaps: false },
  { name: "cursor60", gaps: true },
  { name: "cursor60_noalloc", gaps: false },
];

/** Verbs that only ask for text, and one that begins anew. */
const TEXT = new Set(["dump", "stats", "shape"]);

const RANGE_MOVES = new Set<Verb>([
  Verb.CURSOR_FIND_RANGE,
  Verb.CURSOR_FIND_RANGE_REVERSE,
  Verb.CURSOR_NEXT_RANGE,
  Verb.CURSOR_PREVIOUS_RANGE,
]);

/** All golden streams. */
export async function goldenCases(features: Features): Promise<Case[]> {
  const cases: Case[] = [];
  for (const { name, gaps } of STREAMS) {
    const lines = await readGoldenOperations(name);
    cases.push(goldenCase(name, gaps, lines, features));
  }
  const boundary = (await readGoldenBoundary()).map((line) => line.operation);
  cases.push(goldenCase("boundary", true, boundary, features));
  return cases;
}

function goldenCase(
  name: string,
  gaps: boolean,
  lines: readonly GoldenOperation[],
  features: Features,
): Case {
  const operations = lines.flatMap((line) => convert(line)).filter((it) =>
    features.rangeMoves || !RANGE_MOVES.has(it.verb)
  );
  return {
    group: "golden streams",
    name,
    options: { gaps, readers: false },
    operations: () => operations,
  };
}

function convert({ verb: name, operands }: GoldenOperation): Operation[] {
  if (TEXT.has(name)) return [];
  if (name === "destroy") return [operation(Verb.NEW_TREE, 1)];
  const verb = verbOf(name);
  if (verb === undefined) throw new RangeError(`There is no operation ${name}`);
  const [a = 0, b = verb === Verb.CURSOR_SET ? a : 0, c = 0, d = 0] = operands;
  return [operation(verb, a, b, c, d)];
}
