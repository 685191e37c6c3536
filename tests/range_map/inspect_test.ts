/** What `console.log` prints of range maps and sets, in Deno and in Node. */

import { assertEquals } from "@std/assert";
import { inspect } from "node:util";
import { BigIntRangeMap, BigIntRangeSet, RangeMap, RangeSet } from "../../mod.ts";

const PRINTERS = { Deno: (value: unknown) => Deno.inspect(value), Node: inspect };

for (const [name, print] of Object.entries(PRINTERS)) {
  Deno.test(`console.log: a range map is its size and its first entries, in ${name}`, () => {
    const map = new RangeMap<unknown>();
    assertEquals(print(map), "RangeMap { size: 0 }");
    map.set(-5, 3, "a").set(8, 9, { name: "b" });
    assertEquals(
      print(map),
      `RangeMap { size: 2 }\n  [-5, 3): ${print("a")}\n  [8, 9): ${print({ name: "b" })}`,
    );
    const big = new BigIntRangeMap<number>().set(1n << 64n, 1n << 65n, 7);
    assertEquals(
      print(big),
      `BigIntRangeMap { size: 1 }\n  [${1n << 64n}, ${1n << 65n}): ${print(7)}`,
    );
  });

  Deno.test(`console.log: a range set is its size and its first ranges, in ${name}`, () => {
    assertEquals(print(new RangeSet().add(1, 5)), "RangeSet { size: 1 }\n  [1, 5)");
    const big = new BigIntRangeSet().add(0n, 1n << 64n);
    assertEquals(print(big), `BigIntRangeSet { size: 1 }\n  [0, ${1n << 64n})`);
  });

  Deno.test(`console.log: a large map is as short, and eight ranges are all shown, in ${name}`, () => {
    const map = new RangeMap<number>();
    for (let i = 0; i < 8; i++) map.set(i * 10, i * 10 + 5, i);
    assertEquals(print(map).split("\n").length, 9);
    for (let i = 8; i < 100_000; i++) map.set(i * 10, i * 10 + 5, i);
    const lines = print(map).split("\n");
    assertEquals([lines.length, lines[0], lines[9]], [
      10,
      "RangeMap { size: 100000 }",
      "  … 99992 more",
    ]);
  });
}

Deno.test("Object.prototype.toString names the four classes", () => {
  const names = [RangeMap, RangeSet, BigIntRangeMap, BigIntRangeSet].map((Class) =>
    Object.prototype.toString.call(new Class())
  );
  assertEquals(names, [
    "[object RangeMap]",
    "[object RangeSet]",
    "[object BigIntRangeMap]",
    "[object BigIntRangeSet]",
  ]);
});
