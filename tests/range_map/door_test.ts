/** What a range map refuses, and what goes through `JSON`, `structuredClone` and columns. */

import { assertEquals, assertThrows } from "@std/assert";
import { BigIntRangeMap, BigIntRangeSet, RangeMap, RangeSet } from "../../mod.ts";

Deno.test("RangeMap: keys are integers of the domain, whoever asks", () => {
  const map = new RangeMap<string>().set(0, 4, "a");
  for (const key of [0.5, NaN, Infinity, -Infinity, 2 ** 52, -(2 ** 52) - 1, 2 ** 60]) {
    const message = `Cannot use ${key} as a key: it is not an integer from`;
    assertThrows(() => map.get(key), RangeError, message);
    assertThrows(() => map.has(key), RangeError, message);
    assertThrows(() => map.getEntry(key), RangeError, message);
  }
  for (const end of [4.5, NaN, Infinity, 2 ** 52 + 1]) {
    assertThrows(() => map.set(1, end, "b"), RangeError, "Cannot use");
    assertThrows(() => map.delete(1, end), RangeError, "Cannot use");
    assertThrows(() => map.overlaps(1, end), RangeError, "Cannot use");
  }
  for (const start of [0.5, NaN, -Infinity, -(2 ** 52) - 1]) {
    const message = `Cannot use ${start} as a key: it is not an integer from`;
    for (
      const call of [
        () => map.set(start, 3, "b"),
        () => map.delete(start, 3),
        () => map.update(start, 3, () => "b"),
        () => map.insertIfFree(start, 3, "b"),
        () => map.overlaps(start, 3),
        () => map.covers(start, 3),
        () => map.overlapping(start, 3),
        () => map.gaps(start, 3),
        () => map.firstGap(1, { within: { start } }),
        () => map.lastGap(1, { within: { start } }),
      ]
    ) assertThrows(call, RangeError, message);
  }
  assertEquals(map.toArray(), [{ start: 0, end: 4, value: "a" }]);
});

Deno.test("RangeMap: what is no number is a TypeError, also where JavaScript would compare it", () => {
  const map = new RangeMap<string>();
  const untyped: { get(key: unknown): unknown; set(...range: unknown[]): unknown } = map as never;
  assertThrows(() => untyped.get("5"), TypeError, "Cannot use 5 as a key: it is not a number");
  assertThrows(() => untyped.get(5n), TypeError);
  assertThrows(() => untyped.get(undefined), TypeError, "it is not a number");
  assertThrows(() => untyped.set("1", "5", "a"), TypeError, "it is not a number");
  assertThrows(() => untyped.set(1n, 5n, "a"), TypeError);
  const bigints: { get(key: unknown): unknown; firstGap(size: unknown): unknown } =
    new BigIntRangeMap() as never;
  assertThrows(() => bigints.get(5), TypeError, "Cannot use 5 as a key: it is not a bigint");
  assertThrows(() => bigints.firstGap(5), TypeError, "Cannot use 5 as a key: it is not a bigint");
});

Deno.test("RangeMap: sizes and alignments are positive integers", () => {
  const map = new RangeMap<string>();
  for (const wrong of [0, -1, 1.5, NaN]) {
    const message = `Cannot use ${wrong} as`;
    assertThrows(() => map.firstGap(wrong), RangeError, message);
    assertThrows(() => map.lastGap(1, { align: wrong }), RangeError, message);
  }
  assertThrows(() => new BigIntRangeMap().firstGap(0n), RangeError, "Cannot use 0 as a size");
  assertThrows(() => new BigIntRangeMap().lastGap(0n), RangeError, "Cannot use 0 as a size");
  assertThrows(() => new BigIntRangeMap().lastGap(1n, { align: 0n }), RangeError, "an alignment");
});

Deno.test("RangeMap: `lowest` moves the domain", () => {
  const map = new RangeMap<string>({ lowest: 0 });
  assertEquals(map.domain, { start: 0, end: 2 ** 53 });
  map.set(Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER, "last but one");
  assertEquals(map.get(Number.MAX_SAFE_INTEGER - 1), "last but one");
  assertEquals(map.lastGap(1), Number.MAX_SAFE_INTEGER);
  assertThrows(() => map.get(-1), RangeError);
  const negative = new RangeMap<string>({ lowest: Number.MIN_SAFE_INTEGER });
  negative.set(Number.MIN_SAFE_INTEGER, Number.MIN_SAFE_INTEGER + 1, "first");
  assertEquals(negative.span, {
    start: Number.MIN_SAFE_INTEGER,
    end: Number.MIN_SAFE_INTEGER + 1,
  });
  for (const lowest of [0.5, 1, NaN, -(2 ** 53)]) {
    assertThrows(() => new RangeMap({ lowest }), RangeError, `Cannot begin at ${lowest}`);
  }
  assertEquals(map.clone().domain, map.domain);
});

Deno.test("RangeMap: aligned gaps at the ends of the domain stay in it", () => {
  const map = new RangeMap<string>({ lowest: 0 });
  const { end } = map.domain;
  assertEquals(map.firstGap(1, { within: { start: end - 3 }, align: 8 }), undefined);
  assertEquals(map.firstGap(1, { within: { start: end - 8 }, align: 8 }), end - 8);
  assertEquals(map.lastGap(4, { align: 8 }), end - 8);
  const low = new RangeMap<string>();
  const { start } = low.domain;
  assertEquals(
    low.lastGap(2, { within: { start: start + 1, end: start + 9 }, align: 8 }),
    undefined,
  );
});

Deno.test("RangeMap: minus zero is zero", () => {
  const map = new RangeMap<string>().set(-0, 3, "a");
  assertEquals(Object.is(map.toArray()[0]!.start, 0), true);
  assertEquals(map.get(-0), "a");
});

Deno.test("RangeMap: JSON, structured clones and columns bring the map back", () => {
  const map = RangeMap.from([
    { start: -5, end: 2, value: { name: "a" } },
    { start: 2, end: 4, value: { name: "b" } },
  ]);
  const same = (a: { name: string }, b: { name: string }) => a.name === b.name;
  const text = JSON.stringify(map);
  assertEquals(
    text,
    '[{"start":-5,"end":2,"value":{"name":"a"}},{"start":2,"end":4,"value":{"name":"b"}}]',
  );
  assertEquals(RangeMap.from<{ name: string }>(JSON.parse(text)).equals(map, same), true);
  assertEquals(RangeMap.from(structuredClone(map.toArray())).equals(map, same), true);
  const columns = structuredClone(map.toColumns());
  assertEquals([...columns.starts, ...columns.ends], [-5, 2, 2, 4]);
  assertEquals(RangeMap.fromColumns(columns).equals(map, same), true);
  assertThrows(
    () => RangeMap.fromColumns({ ...columns, values: [] }),
    RangeError,
    "Cannot read columns of 2, 2 and 0 rows: they differ",
  );
  const [starts, ends] = [columns.starts.slice(1), columns.ends.slice(1)];
  assertThrows(() => RangeMap.fromColumns({ ...columns, starts }), RangeError, "1, 2 and 2 rows");
  assertThrows(() => RangeMap.fromColumns({ ...columns, ends }), RangeError, "2, 1 and 2 rows");
});

Deno.test("BigIntRangeMap: JSON, structured clones and columns bring the map back", () => {
  const map = BigIntRangeMap.from([{ start: -(2n ** 100n), end: 2n ** 127n, value: 1 }]);
  const text = JSON.stringify(map);
  assertEquals(text, `[{"start":"${-(2n ** 100n)}","end":"${2n ** 127n}","value":1}]`);
  assertEquals(BigIntRangeMap.from<number>(JSON.parse(text)).equals(map), true);
  assertEquals(BigIntRangeMap.from(structuredClone(map.toArray())).equals(map), true);
  assertEquals(BigIntRangeMap.fromColumns(structuredClone(map.toColumns())).equals(map), true);
  assertThrows(() => BigIntRangeMap.from([{ start: "x", end: 1n, value: 1 }]), SyntaxError);
});

Deno.test("RangeMap: an equality that asks the map while it is written gets answers", () => {
  const map: RangeMap<string> = new RangeMap<string>({
    coalesce: (a, b) => map.getEntry(0)?.value === a && !map.overlaps(50, 60) && a === b,
  });
  map.set(0, 5, "a").set(5, 9, "a");
  assertEquals(map.toArray(), [{ start: 0, end: 9, value: "a" }]);
});

Deno.test("RangeSet: what both kinds write as JSON brings them back", () => {
  const numbers = new RangeSet().add(1, 3).add(5, 9);
  assertEquals(RangeSet.from(JSON.parse(JSON.stringify(numbers))).equals(numbers), true);
  const bigints = new BigIntRangeSet().add(1n, 3n).add(5n, 2n ** 90n);
  assertEquals(BigIntRangeSet.from(JSON.parse(JSON.stringify(bigints))).equals(bigints), true);
  assertEquals(numbers.equals(RangeSet.from([{ start: 1, end: 3 }])), false);
});
