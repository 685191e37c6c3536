import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { isBeyondGate, judge, THRESHOLD, verdictOf } from "../../src/compare/verdict.ts";
import { normal } from "./distributions.ts";

/** Eight processes around a change, each off by what is given, in percent. */
function processes(change: number, offsets: readonly number[]): number[] {
  return offsets.map((offset) => Math.log(1 + change) + offset / 100);
}

const QUIET = [-0.2, 0.3, 0.1, -0.1, 0.4, -0.3, 0, 0.2];

Deno.test("judge: identical code is no evidence", () => {
  assertEquals(judge(processes(0, QUIET)).verdict, "no evidence");
});

Deno.test("judge: a slowdown of 5 % is slower, its inverse faster", () => {
  const slower = judge(processes(0.05, QUIET));
  assertEquals(slower.verdict, "slower");
  assertAlmostEquals(slower.ratio, 1.05, 0.003);
  assert(slower.interval.low > 1.04 && slower.interval.high < 1.06);
  assertEquals(judge(processes(1 / 1.05 - 1, QUIET)).verdict, "faster");
});

Deno.test("judge: a clear change below the threshold is no evidence", () => {
  const { verdict, interval } = judge(processes(0.015, QUIET));
  assertEquals(verdict, "no evidence");
  assert(interval.low > 1, "the interval excludes 1, yet the change is too small to be called one");
});

Deno.test("judge: a large ratio whose interval holds 1 is inconclusive", () => {
  assertEquals(judge(processes(0.04, [-9, 8, 1, -7, 12, -8, 3, 2])).verdict, "slower");
  assertEquals(judge(processes(0.04, [-9, -8, 14, 7, 12, 8, -13, -9])).verdict, "inconclusive");
});

Deno.test("judge: what depends on which side begins cancels in a pair", () => {
  const { ratio, interval, verdict } = judge(processes(0, [7, -7.1, 8.2, -8, 0.1, 0, -7, 7]));
  assertAlmostEquals(ratio, 1, 0.002);
  assert(interval.high < 1.01);
  assertEquals(verdict, "no evidence");
});

Deno.test("judge: one wild process does not decide", () => {
  const offsets = [...QUIET];
  offsets[3] = 60;
  assert(judge(processes(0, offsets)).verdict !== "slower");
});

Deno.test("judge: of identical code in 10,000 comparisons at most 1 in 1,000 is called changed", () => {
  const random = normal(3);
  let wrong = 0;
  for (let trial = 0; trial < 10_000; trial++) {
    // Processes differ by 0.8 %, the most that was measured.
    const logRatios = Array.from({ length: 8 }, () => 0.008 * random());
    const { verdict } = judge(logRatios);
    if (verdict === "slower" || verdict === "faster") wrong++;
  }
  assert(wrong <= 10, `${wrong} were`);
});

Deno.test("judge: of a 5 % slowdown in 10,000 comparisons at least 99 in 100 are called slower", () => {
  const random = normal(4);
  let found = 0;
  for (let trial = 0; trial < 10_000; trial++) {
    const logRatios = Array.from({ length: 8 }, () => Math.log(1.05) + 0.008 * random());
    if (judge(logRatios).verdict === "slower") found++;
  }
  assert(found >= 9_900, `${found} were`);
});

Deno.test("isBeyondGate: only slower, and only by more than the gate", () => {
  const slower = judge(processes(0.05, QUIET));
  assert(isBeyondGate(slower, THRESHOLD));
  assert(!isBeyondGate(slower, 0.1));
  assert(!isBeyondGate(judge(processes(-0.2, QUIET)), THRESHOLD));
});

Deno.test("verdictOf: the threshold itself and an interval that ends at 1 are no change", () => {
  const most = 1 + THRESHOLD, least = 1 / (1 + THRESHOLD);
  const of = (ratio: number, low: number, high: number) => verdictOf(ratio, { low, high });
  assertEquals(of(1.03, 1.01, 1.05), "slower");
  assertEquals(of(most, 1.01, 1.05), "inconclusive");
  assertEquals(of(1.03, 1, 1.05), "inconclusive");
  assertEquals(of(0.97, 0.95, 0.99), "faster");
  assertEquals(of(least, 0.95, 0.99), "inconclusive");
  assertEquals(of(0.97, 0.95, 1), "inconclusive");
  assertEquals(of(1, least, most), "no evidence");
  assertEquals(of(1, least - 0.001, most), "inconclusive");
  assertEquals(of(1, least, most + 0.001), "inconclusive");
});

Deno.test("isBeyondGate: a slowdown of exactly the gate is not beyond it", () => {
  const judged = {
    verdict: "slower",
    ratio: 1.05,
    interval: { low: 1.04, high: 1.06 },
    processes: 8,
  } as const;
  assertEquals(isBeyondGate(judged, 0.05), false);
  assertEquals(isBeyondGate({ ...judged, ratio: 1.0501 }, 0.05), true);
});
