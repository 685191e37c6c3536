/** The range sets against JavaScript's own sets of single keys. */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { BigIntRangeSet, type KeyRange, RangeSet } from "../../mod.ts";
import { testProperty } from "../property/check.ts";
import { plain } from "./kinds.ts";

const LIMIT = 60;
type Step = readonly [add: boolean, start: number, keys: number];
const steps = fc.array(
  fc.tuple(
    fc.boolean(),
    fc.integer({ min: -LIMIT, max: LIMIT - 20 }),
    fc.integer({ min: 0, max: 12 }),
  ),
  { maxLength: 40 },
);

/** A set of one kind, and how it is asked. */
interface Kind<K, S> {
  readonly name: string;
  of(number: number): K;
  create(): S & SetOf<K, S>;
}

interface SetOf<K, S> extends Iterable<KeyRange<K>> {
  readonly size: number;
  has(key: K): boolean;
  getRange(key: K): KeyRange<K> | undefined;
  add(start: K, end: K): unknown;
  addIfFree(start: K, end: K): boolean;
  delete(start: K, end: K): void;
  covers(start: K, end: K): boolean;
  overlaps(start: K, end: K): boolean;
  overlapping(start: K, end: K, options: { clip: boolean }): Iterable<KeyRange<K>>;
  gaps(start: K, end: K): Iterable<KeyRange<K>>;
  union(other: S): Iterable<KeyRange<K>>;
  intersection(other: S): Iterable<KeyRange<K>>;
  difference(other: S): Iterable<KeyRange<K>>;
}

/** The longest runs of keys for which `holds` is true. */
function runs(holds: (key: number) => boolean, from = -LIMIT, to = LIMIT): KeyRange[] {
  const ranges: { start: number; end: number }[] = [];
  for (let key = from; key < to; key++) {
    if (!holds(key)) continue;
    if (ranges.at(-1)?.end === key) ranges.at(-1)!.end++;
    else ranges.push({ start: key, end: key + 1 });
  }
  return ranges;
}

function testKind<K, S>({ name, of, create }: Kind<K, S>): void {
  const build = (list: readonly Step[]) => {
    const set = create();
    const keys = new Set<number>();
    for (const [add, start, count] of list) {
      if (add) set.add(of(start), of(start + count));
      else set.delete(of(start), of(start + count));
      for (let key = start; key < start + count; key++) {
        if (add) keys.add(key);
        else keys.delete(key);
      }
      assertEquals(plain([...set]), runs((key) => keys.has(key)));
    }
    return { set, keys };
  };

  testProperty(
    `property: a ${name} holds what a set of keys holds, and joins, cuts and subtracts like one`,
    fc.tuple(steps, steps),
    ([ours, theirs]) => {
      const a = build(ours);
      const b = build(theirs);
      const both = (holds: (key: number) => boolean) => runs(holds);
      assertEquals(plain([...a.set.union(b.set)]), both((k) => a.keys.has(k) || b.keys.has(k)));
      assertEquals(
        plain([...a.set.intersection(b.set)]),
        both((k) => a.keys.has(k) && b.keys.has(k)),
      );
      assertEquals(
        plain([...a.set.difference(b.set)]),
        both((k) => a.keys.has(k) && !b.keys.has(k)),
      );
      assertEquals(plain([...a.set]), both((k) => a.keys.has(k)));
      return Promise.resolve();
    },
    150,
  );

  testProperty(
    `property: a ${name} answers as a set of keys does`,
    fc.tuple(steps, fc.integer({ min: -LIMIT, max: LIMIT - 1 }), fc.integer({ min: 0, max: 9 })),
    ([list, start, count]) => {
      const { set, keys } = build(list);
      const end = Math.min(LIMIT, start + count);
      const inside = Array.from({ length: end - start }, (_, i) => keys.has(start + i));
      assertEquals(set.has(of(start)), keys.has(start));
      assertEquals(set.covers(of(start), of(end)), inside.every((held) => held));
      assertEquals(set.overlaps(of(start), of(end)), inside.includes(true));
      const clipped = set.overlapping(of(start), of(end), { clip: true });
      assertEquals(plain([...clipped]), runs((key) => keys.has(key), start, end));
      assertEquals(plain([...set.gaps(of(start), of(end))]), runs((k) => !keys.has(k), start, end));
      const around = runs((key) => keys.has(key)).find((run) =>
        run.start <= start && start < run.end
      );
      assertEquals(plain(set.getRange(of(start))), around);
      assertEquals(set.addIfFree(of(start), of(end)), !inside.includes(true));
      return Promise.resolve();
    },
    150,
  );
}

Deno.test("RangeSet, BigIntRangeSet: what touches is one range, however it was added; clear empties", () => {
  const numbers = new RangeSet().add(0, 5);
  assertEquals([numbers.addIfFree(5, 9), [...numbers]], [true, [{ start: 0, end: 9 }]]);
  const seen: unknown[] = [];
  numbers.forEach((range, set) => seen.push(range, set === numbers));
  assertEquals(seen, [{ start: 0, end: 9 }, true]);
  numbers.clear();
  assertEquals([numbers.size, [...numbers]], [0, []]);
  const bigints = new BigIntRangeSet().add(0n, 5n);
  assertEquals([bigints.addIfFree(5n, 9n), [...bigints]], [true, [{ start: 0n, end: 9n }]]);
  bigints.forEach((range, set) => seen.push(range, set === bigints));
  assertEquals(seen.slice(2), [{ start: 0n, end: 9n }, true]);
  bigints.clear();
  assertEquals([bigints.size, [...bigints]], [0, []]);
});

testKind<number, RangeSet>({
  name: "RangeSet",
  of: (number) => number,
  create: () => new RangeSet(),
});
testKind<bigint, BigIntRangeSet>({
  name: "BigIntRangeSet",
  of: BigInt,
  create: () => new BigIntRangeSet(),
});
