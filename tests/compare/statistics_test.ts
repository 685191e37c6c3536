import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as simple from "simple-statistics";
import {
  mean,
  meanInterval,
  median,
  sampleStandardDeviation,
  studentCumulative,
  studentQuantile,
} from "../../src/compare/statistics.ts";
import { normal, uniform } from "./distributions.ts";

// Two-sided 95 % and 99 % points of Student's t, as in any printed table.
const TABLE: readonly [degrees: number, at95: number, at99: number][] = [
  [1, 12.706, 63.657],
  [2, 4.303, 9.925],
  [3, 3.182, 5.841],
  [4, 2.776, 4.604],
  [5, 2.571, 4.032],
  [7, 2.365, 3.499],
  [11, 2.201, 3.106],
  [30, 2.042, 2.750],
  [120, 1.980, 2.617],
];

Deno.test("studentQuantile: the printed table", () => {
  for (const [degrees, at95, at99] of TABLE) {
    assertAlmostEquals(studentQuantile(0.975, degrees), at95, 0.0006);
    assertAlmostEquals(studentQuantile(0.995, degrees), at99, 0.0006);
  }
});

Deno.test("studentQuantile: symmetric, and 0 in the middle", () => {
  assertEquals(studentQuantile(0.5, 7), 0);
  assertEquals(studentQuantile(0.025, 7), -studentQuantile(0.975, 7));
});

Deno.test("studentQuantile: the inverse of studentCumulative", () => {
  for (let degrees = 1; degrees <= 40; degrees++) {
    for (const probability of [0.001, 0.2, 0.6, 0.975, 0.9999]) {
      const back = studentCumulative(studentQuantile(probability, degrees), degrees);
      assertAlmostEquals(back, probability, 1e-12);
    }
  }
});

Deno.test("studentQuantile: approaches the normal distribution", () => {
  for (const probability of [0.6, 0.9, 0.975]) {
    const value = studentQuantile(probability, 100_001);
    // simple-statistics has a table of the normal distribution: a step is at most 0.004.
    assertAlmostEquals(simple.cumulativeStdNormalProbability(value), probability, 4e-3);
  }
});

Deno.test("studentCumulative: one degree of freedom is Cauchy's distribution", () => {
  for (const t of [-3, -0.5, 0, 1, 10]) {
    assertAlmostEquals(studentCumulative(t, 1), 0.5 + Math.atan(t) / Math.PI, 1e-14);
  }
});

Deno.test("studentQuantile: refuses what is no probability, and no degrees", () => {
  for (const probability of [0, 1, -0.1, NaN]) {
    assertThrows(() => studentQuantile(probability, 3), RangeError);
  }
  for (const degrees of [0, 1.5, NaN]) {
    assertThrows(() => studentQuantile(0.9, degrees), RangeError);
  }
});

Deno.test("median, mean, sampleStandardDeviation: as simple-statistics has them", () => {
  const random = uniform(7);
  for (let length = 2; length < 60; length++) {
    const values = Array.from({ length }, () => 200 * random() - 100);
    assertAlmostEquals(median(values), simple.median(values), 1e-12);
    assertAlmostEquals(mean(values), simple.mean(values), 1e-12);
    assertAlmostEquals(
      sampleStandardDeviation(values),
      simple.sampleStandardDeviation(values),
      1e-11,
    );
  }
});

Deno.test("median: leaves its argument as it was", () => {
  const values = [3, 1, 2];
  assertEquals(median(values), 2);
  assertEquals(values, [3, 1, 2]);
});

Deno.test("meanInterval: the t test of simple-statistics is at its critical value at each end", () => {
  const random = normal(11);
  for (const length of [2, 4, 8, 12]) {
    const values = Array.from({ length }, () => 3 + random());
    const { low, high } = meanInterval(values);
    // Its tTest divides by the standard deviation of a population, not of a sample.
    const critical = studentQuantile(0.975, length - 1) * Math.sqrt(length / (length - 1));
    assertAlmostEquals(simple.tTest(values, low), critical, 1e-9);
    assertAlmostEquals(simple.tTest(values, high), -critical, 1e-9);
  }
});

Deno.test("meanInterval: holds the true mean of a normal distribution 95 times of 100", () => {
  const random = normal(5);
  const trials = 20_000;
  for (const length of [4, 6, 8]) {
    let held = 0;
    for (let trial = 0; trial < trials; trial++) {
      const { low, high } = meanInterval(Array.from({ length }, () => 10 + 2 * random()));
      if (low <= 10 && 10 <= high) held++;
    }
    // Four standard errors of a proportion: 4 · √(0.95 · 0.05 / 20000) = 0.0062.
    assertAlmostEquals(held / trials, 0.95, 0.0062);
  }
});

Deno.test("meanInterval: one value says nothing", () => {
  assertThrows(() => meanInterval([1]), RangeError, "Cannot take an interval over 1 values");
  assertThrows(() => meanInterval([]), RangeError, "Cannot take an interval over 0 values");
  const { low, high } = meanInterval([1, 3]);
  assertAlmostEquals(low + high, 4, 1e-12);
});
