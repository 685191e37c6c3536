/**
 * What `programs/every_part.mjs` must say.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Said } from "./project_folder.ts";

/** Worked out by hand. */
const EXPECTED: Readonly<Record<string, unknown>> = {
  sameClasses: true,
  // heap, guard, heap; of 5,000 ranges each third is gone; 16 free indices lie between neighbours.
  tree: ["guard", 3 + 5_000 - 1_667, "EEXIST", 0, 7],
  sets: Array(2).fill(undefined).map((_, kind) => setsText(kind === 1)),
  gaps: [128, 150, [{ start: 100, end: 200 }, { start: 300, end: 400 }]],
  clones: [1, true, '[{"start":-5,"end":7,"value":"a"}]'],
  addressSpace: [
    2,
    "7ffff7ff9000-7ffff7ffb000 rw-p 00000000 00:00 0 \n7ffff7ffc000-7ffff7fff000 rw-p 00000000 00:00 0 \n",
  ],
};

function setsText(isBig: boolean): string {
  const text = JSON.stringify([
    [{ start: 0, end: 15 }],
    [{ start: 5, end: 10 }],
    [{ start: 0, end: 5 }],
  ]);
  return isBig ? text.replaceAll(/\d+/g, '"$&"') : text;
}

/** Compares what `every_part.mjs` said. */
export function assertEveryPart(parts: Record<string, unknown>): void {
  const { rangeMap, bigIntRangeMap, replay, ...others } = parts;
  assertEquals(others, EXPECTED);
  assertEquals(bigIntRangeMap, rangeMap);
  assertEquals(Array.isArray(rangeMap) && rangeMap[0] === 6_000 && rangeMap[2] === true, true);
  assertEquals(Array.isArray(replay) && replay[0] === replay[1] && replay[0] > 100, true);
}

/** Compares what a run of `run.mjs` said. */
export function assertRan({ code, stdout, stderr }: Said): void {
  assertEquals([code, stderr.replaceAll(/^.*(ExperimentalWarning|--trace-warnings).*\n/gm, "")], [
    0,
    "",
  ]);
  assertEveryPart(JSON.parse(stdout));
}
