/**
 * What users of Rust's `rangemap`, Guava's `RangeMap` and boost's `interval_map` know their maps to do, as their
 * documentation describes it, asked of both kinds of maps here. Where those three differ, the test says whom it
 * follows.
 */

import { assertEquals, assertThrows } from "@std/assert";
import { type AnyMap, BIGINTS, type Kind, NUMBERS, plain } from "./kinds.ts";

/** Entries in a short form: `0-4 a`. */
function show<K>(map: AnyMap<K, string>): string {
  return map.toArray().map(({ start, end, value }) => `${start}-${end} ${value}`).join(", ");
}

function testKind<K>(kind: Kind<K>): void {
  const { of } = kind;
  const test = (name: string, body: () => void) => Deno.test(`${kind.name}: ${name}`, body);
  const apart = (...entries: [number, number, string][]) => filled(kind.create(), entries);
  const joined = (...entries: [number, number, string][]) =>
    filled(kind.create({ coalesce: true }), entries);
  const filled = (map: AnyMap<K, string>, entries: [number, number, string][]) => {
    for (const [start, end, value] of entries) map.set(of(start), of(end), value);
    return map;
  };
  const gaps = (map: AnyMap<K, string>, start: number, end: number) =>
    [...map.gaps(of(start), of(end))].map(plain);

  // rangemap: "When you insert a new range, if it overlaps any existing ranges, those are replaced, trimmed or split."
  //
  //   0              20
  //   |------ a ------|
  //       5-- b --10
  //   |a |    b    |a |
  test("a range set in the middle of another splits it", () => {
    assertEquals(show(apart([0, 20, "a"], [5, 10, "b"])), "0-5 a, 5-10 b, 10-20 a");
  });

  test("a range set over the end of one and the start of another trims both", () => {
    const map = apart([0, 10, "a"], [12, 20, "b"], [8, 14, "c"]);
    assertEquals(show(map), "0-8 a, 8-14 c, 14-20 b");
  });

  test("a range set over others replaces them", () => {
    assertEquals(
      show(apart([0, 4, "a"], [5, 9, "b"], [20, 30, "c"], [0, 20, "d"])),
      "0-20 d, 20-30 c",
    );
  });

  // rangemap joins "any overlapping or adjacent ranges which map to equal values"; here with `coalesce`.
  test("touching ranges of equal values join on either side", () => {
    assertEquals(show(joined([0, 5, "a"], [5, 9, "a"])), "0-9 a");
    assertEquals(show(joined([5, 9, "a"], [0, 5, "a"])), "0-9 a");
    assertEquals(show(joined([0, 3, "a"], [6, 9, "a"], [3, 6, "a"])), "0-9 a");
  });

  test("touching ranges of other values stay apart", () => {
    assertEquals(show(joined([0, 5, "a"], [5, 9, "b"])), "0-5 a, 5-9 b");
  });

  test("ranges of equal values with a gap between them stay apart", () => {
    assertEquals(show(joined([0, 5, "a"], [6, 9, "a"])), "0-5 a, 6-9 a");
  });

  test("overlapping ranges of equal values join", () => {
    assertEquals(show(joined([0, 5, "a"], [3, 9, "a"])), "0-9 a");
    assertEquals(show(joined([0, 20, "a"], [3, 9, "a"])), "0-20 a");
  });

  test("what is put between two equal ranges over another value joins them", () => {
    assertEquals(show(joined([0, 3, "a"], [3, 6, "b"], [6, 9, "a"], [3, 6, "a"])), "0-9 a");
  });

  // Guava's `put` keeps neighbours apart, `putCoalescing` joins them.
  test("without `coalesce` equal neighbours stay entries of their own", () => {
    assertEquals(show(apart([0, 5, "a"], [5, 9, "a"])), "0-5 a, 5-9 a");
  });

  test("an equality of one's own decides what joins, and the later value stays", () => {
    const sameLetter = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
    const map = filled(kind.create({ coalesce: sameLetter }), [[0, 5, "a"], [5, 9, "A"]]);
    assertEquals(show(map), "0-9 A");
  });

  // rangemap: removing part of a range leaves the rest.
  test("deleting trims, splits and removes", () => {
    const map = apart([0, 10, "a"], [10, 20, "b"], [20, 30, "c"]);
    map.delete(of(8), of(22));
    assertEquals(show(map), "0-8 a, 22-30 c");
    map.delete(of(2), of(4));
    assertEquals(show(map), "0-2 a, 4-8 a, 22-30 c");
    map.delete(of(2), of(4));
    assertEquals(show(map), "0-2 a, 4-8 a, 22-30 c");
  });

  // rangemap: "The returned gaps are never empty", and cover the parts of the outer range that no key maps.
  test("gaps are the maximal free ranges within the window, never empty", () => {
    const map = apart([2, 4, "a"], [4, 6, "b"], [8, 9, "c"]);
    assertEquals(gaps(map, 0, 10), [{ start: 0, end: 2 }, { start: 6, end: 8 }, {
      start: 9,
      end: 10,
    }]);
    assertEquals(gaps(map, 2, 9), [{ start: 6, end: 8 }]);
    assertEquals(gaps(map, 3, 7), [{ start: 6, end: 7 }]);
    assertEquals(gaps(map, 2, 6), []);
    assertEquals(gaps(map, 6, 6), []);
  });

  test("gaps from the highest down are the same ones, and so are ranges", () => {
    const map = apart([2, 4, "a"], [4, 6, "b"], [8, 9, "c"]);
    const down = (start: number, end: number) =>
      plain([...map.gaps(of(start), of(end), { reverse: true })]);
    for (const [start, end] of [[0, 10], [2, 9], [3, 7], [2, 6], [6, 6], [5, 9]] as const) {
      assertEquals(down(start, end), gaps(map, start, end).toReversed());
    }
    const seen: string[] = [];
    map.forEach((value, { start }) => seen.push(`${start} ${value}`), { reverse: true });
    assertEquals(seen, ["8 c", "4 b", "2 a"]);
    const values = [...map.overlapping(of(4), of(8), { reverse: true })].map(({ value }) => value);
    assertEquals(values, ["b"]);
  });

  test("the gap of an empty map is the window", () => {
    assertEquals(gaps(kind.create(), 3, 5), [{ start: 3, end: 5 }]);
  });

  // rangemap's `overlapping`: ranges that touch the window without sharing a key do not overlap it.
  test("what only touches a window does not overlap it", () => {
    const map = apart([0, 5, "a"], [10, 15, "b"]);
    assertEquals([...map.overlapping(of(5), of(10))], []);
    assertEquals(map.overlaps(of(5), of(10)), false);
    assertEquals([map.overlaps(of(4), of(5)), map.overlaps(of(10), of(11))], [true, true]);
  });

  test("overlapping gives whole ranges, or clipped ones, in both directions", () => {
    const map = apart([0, 5, "a"], [5, 6, "b"], [10, 15, "c"]);
    const window = [of(3), of(12)] as const;
    const list = (clip: boolean, reverse: boolean) =>
      [...map.overlapping(...window, { clip, reverse })].map(({ start, end }) => `${start}-${end}`);
    assertEquals(list(false, false), ["0-5", "5-6", "10-15"]);
    assertEquals(list(true, false), ["3-5", "5-6", "10-12"]);
    assertEquals(list(true, true), ["10-12", "5-6", "3-5"]);
  });

  // Guava: "getEntry returns the range containing this key and its associated value".
  test("getEntry gives the whole range around a key", () => {
    const map = apart([-5, 5, "a"]);
    assertEquals(plain(map.getEntry(of(0))), { start: -5, end: 5, value: "a" });
    assertEquals([map.get(of(-5)), map.get(of(4)), map.get(of(5))], ["a", "a", undefined]);
  });

  // Guava: "span returns the minimal range enclosing the ranges".
  test("span encloses all ranges; an empty map has none", () => {
    assertEquals(plain(apart([-9, -7, "a"], [3, 4, "b"]).span), { start: -9, end: 4 });
    assertEquals(kind.create().span, undefined);
  });

  // Guava's `put` of an empty range does nothing, and boost's too; rangemap panics.
  test("an empty range holds no key: setting it, deleting it, asking for it does nothing", () => {
    const map = apart([0, 5, "a"]);
    map.set(of(3), of(3), "b").update(of(3), of(3), () => "c").delete(of(3), of(3));
    assertEquals(show(map), "0-5 a");
    assertEquals([map.overlaps(of(3), of(3)), map.covers(of(3), of(3))], [false, true]);
    assertEquals(map.insertIfFree(of(2), of(2), "b"), true);
    assertEquals(map.size, 1);
  });

  // rangemap and Guava both refuse a range whose end is below its start.
  test("a range that ends before it starts is refused everywhere", () => {
    const map = apart([0, 5, "a"]);
    const range = [of(4), of(3)] as const;
    for (
      const call of [
        () => map.set(...range, "b"),
        () => map.delete(...range),
        () => map.insertIfFree(...range, "b"),
        () => map.update(...range, () => "b"),
        () => map.overlaps(...range),
        () => map.covers(...range),
        () => map.overlapping(...range),
        () => map.gaps(...range),
        () => map.firstGap(of(1), { within: { start: of(4), end: of(3) } }),
      ]
    ) assertThrows(call, RangeError, "Cannot use 4 … 3 as a range: it ends before it starts");
    assertEquals(show(map), "0-5 a");
  });

  // boost: `interval_map += make_pair(interval, value)` aggregates on overlap and inserts where there was nothing.
  test("update changes each piece by itself", () => {
    const map = joined([0, 4, "a"], [6, 8, "b"]);
    map.update(of(2), of(10), (value = "") => value + "x");
    assertEquals(show(map), "0-2 a, 2-4 ax, 4-6 x, 6-8 bx, 8-10 x");
  });

  test("update passes each piece's range, ascending, and a piece that stays is not split off", () => {
    const map = apart([0, 4, "a"], [6, 8, "b"]);
    const pieces: unknown[] = [];
    map.update(of(2), of(7), (value, range) => {
      pieces.push([value, plain(range)]);
      return value;
    });
    assertEquals(pieces, [
      ["a", { start: 2, end: 4 }],
      [undefined, { start: 4, end: 6 }],
      ["b", { start: 6, end: 7 }],
    ]);
    assertEquals(show(map), "0-4 a, 6-8 b");
  });

  // boost: `interval_map -= …` removes what becomes neutral.
  test("update to undefined deletes", () => {
    const map = apart([0, 4, "a"]);
    map.update(of(1), of(6), () => undefined);
    assertEquals(show(map), "0-1 a");
  });

  test("an update that throws changes nothing", () => {
    const map = apart([0, 4, "a"], [6, 8, "b"]);
    assertThrows(
      () =>
        map.update(of(0), of(8), (value) => {
          if (value === "b") throw new Error("no");
          return "c";
        }),
      Error,
      "no",
    );
    assertEquals(show(map), "0-4 a, 6-8 b");
  });

  test("joined counts come apart again when what was added is taken away", () => {
    const map = joined([0, 9, "1"]);
    const add = (by: number) => (value = "0") => {
      const count = Number(value) + by;
      return count === 0 ? undefined : String(count);
    };
    map.update(of(3), of(6), add(1));
    assertEquals(show(map), "0-3 1, 3-6 2, 6-9 1");
    map.update(of(3), of(6), add(-1));
    assertEquals(show(map), "0-9 1");
    map.update(of(0), of(9), add(-1));
    assertEquals(map.isEmpty, true);
  });

  test("insertIfFree inserts only where nothing is", () => {
    const map = apart([0, 4, "a"]);
    assertEquals(map.insertIfFree(of(3), of(6), "b"), false);
    assertEquals(map.insertIfFree(of(4), of(6), "b"), true);
    assertEquals(show(map), "0-4 a, 4-6 b");
  });

  test("gap search: lowest and highest, within a window, at multiples, below zero too", () => {
    const map = apart([-10, -3, "a"], [5, 8, "b"], [20, 24, "c"]);
    const low = (size: number, within: [number, number], align = 1) =>
      plain(
        map.firstGap(of(size), {
          within: { start: of(within[0]), end: of(within[1]) },
          align: of(align),
        }),
      );
    const high = (size: number, within: [number, number], align = 1) =>
      plain(
        map.lastGap(of(size), {
          within: { start: of(within[0]), end: of(within[1]) },
          align: of(align),
        }),
      );
    assertEquals([low(2, [-20, 30]), high(2, [-20, 30])], [-20, 28]);
    assertEquals([low(8, [-12, 30]), high(8, [-12, 24])], [-3, 12]);
    assertEquals([low(4, [-12, 30], 4), high(4, [-12, 26], 8)], [0, 16]);
    assertEquals([low(4, [-20, -4], 8), high(4, [-20, -3], 8)], [-16, -16]);
    assertEquals([low(13, [-10, 24]), high(13, [-10, 24])], [undefined, undefined]);
    assertEquals(low(12, [8, 20]), 8);
    assertEquals(low(12, [8, 20], 16), undefined);
    assertEquals(low(50, [0, 10]), undefined);
  });

  test("a gap is looked for from 0 on unless a window says otherwise", () => {
    assertEquals(plain(apart([0, 3, "a"]).firstGap(of(2))), 3);
    assertEquals(plain(apart([-9, 3, "a"]).firstGap(of(2), { within: { end: of(9) } })), 3);
    const map = kind.create();
    assertEquals(map.lastGap(of(1), { within: { end: of(9) } }), of(8));
    const { end } = map.domain;
    assertEquals(map.overlaps(map.lastGap(of(7))!, end), false);
  });

  test("a clone is independent and keeps joining", () => {
    const map = joined([0, 5, "a"]);
    const copy = map.clone();
    copy.set(of(5), of(9), "a");
    assertEquals([show(map), show(copy)], ["0-5 a", "0-9 a"]);
    assertEquals([map.equals(copy), copy.equals(copy.clone())], [false, true]);
  });

  test("maps are equal by ranges and values", () => {
    const map = apart([0, 5, "a"], [7, 9, "b"]);
    assertEquals(map.equals(apart([0, 5, "a"], [7, 9, "b"])), true);
    assertEquals(map.equals(apart([0, 5, "a"], [7, 9, "c"])), false);
    assertEquals(map.equals(apart([0, 5, "a"], [7, 8, "b"])), false);
    assertEquals(map.equals(apart([0, 5, "a"], [6, 9, "b"])), false);
    assertEquals(map.equals(apart([0, 5, "a"])), false);
  });

  test("an iterator that is done stays so, whatever comes after", () => {
    for (const reverse of [false, true]) {
      for (const list of [[], [[0, 2, "a"], [10, 12, "b"]]] as [number, number, string][][]) {
        const map = apart(...list);
        const iterator = map.values({ reverse });
        for (const _ of list) assertEquals(iterator.next().done, false);
        assertEquals(iterator.next(), { done: true, value: undefined });
        map.set(of(reverse ? -9 : 20), of(reverse ? -8 : 21), "new");
        assertEquals(iterator.next(), { done: true, value: undefined });
      }
    }
    const left = apart([0, 2, "a"], [10, 12, "b"]).keys();
    assertEquals(plain(left.next()), { done: false, value: { start: 0, end: 2 } });
    assertEquals(left.return?.(), { done: true, value: undefined });
    assertEquals(left.next(), { done: true, value: undefined });
  });

  test("a clone of a map that keeps neighbours apart does so too", () => {
    const copy = apart([0, 5, "a"]).clone();
    copy.set(of(5), of(9), "a");
    assertEquals(show(copy), "0-5 a, 5-9 a");
  });

  test("key 0 is the first in which a gap is looked for", () => {
    assertEquals(kind.create().firstGap(of(1)), of(0));
    const map = kind.create();
    map.set(of(1), map.domain.end, "a");
    assertEquals([map.firstGap(of(1)), map.lastGap(of(1))], [of(0), of(0)]);
    map.set(of(0), of(1), "b");
    assertEquals([map.firstGap(of(1)), map.lastGap(of(1))], [undefined, undefined]);
  });

  test("the first and the last key of the domain can be mapped, found and removed", () => {
    const map = kind.create();
    const { start, end } = map.domain;
    map.set(start, end, "all");
    assertEquals(map.toArray(), [{ start, end, value: "all" }]);
    assertEquals([map.get(start), map.getEntry(start)?.end], ["all", end]);
    assertEquals([map.ceilingEntry(start)?.start, map.floorEntry(start)?.start], [start, start]);
    map.delete(start, of(0));
    assertEquals(map.toArray(), [{ start: of(0), end, value: "all" }]);
    assertEquals([map.get(start), map.floorEntry(start)], [undefined, undefined]);
    map.delete(of(5), end);
    assertEquals(map.toArray(), [{ start: of(0), end: of(5), value: "all" }]);
    assertEquals(map.ceilingEntry(of(5)), undefined);
    for (
      const ask of [
        () => map.get(end),
        () => map.has(end),
        () => map.getEntry(end),
        () => map.ceilingEntry(end),
        () => map.floorEntry(end),
      ]
    ) assertThrows(ask, RangeError, "as a key: it is not an integer from");
  });

  test("clear empties, and an iteration that runs meanwhile ends", () => {
    const map = apart([0, 5, "a"], [7, 9, "b"]);
    const seen: string[] = [];
    for (const { value } of map) {
      seen.push(value);
      map.clear();
    }
    assertEquals([seen, map.size, map.isEmpty, map.toArray()], [["a"], 0, true, []]);
  });

  test("an iteration survives changes, and goes on after the range given last", () => {
    const map = apart([0, 2, "a"], [2, 4, "b"], [4, 6, "c"]);
    const seen: string[] = [];
    for (const { start, end, value } of map) {
      seen.push(value);
      map.delete(start, end);
      if (value === "a") map.set(of(8), of(9), "d");
    }
    assertEquals([seen, map.isEmpty], [["a", "b", "c", "d"], true]);
  });

  test("an iteration gives no range twice because others came or went", () => {
    for (const reverse of [false, true]) {
      const map = apart([0, 2, "a"], [10, 12, "b"], [20, 22, "c"], [30, 32, "d"]);
      const seen: string[] = [];
      for (const { value } of map.entries({ reverse })) {
        seen.push(value);
        if (value === "b") map.set(of(reverse ? 4 : 14), of(reverse ? 5 : 15), "new");
        if (value === "c") map.delete(of(reverse ? 30 : 0), of(reverse ? 32 : 2));
      }
      assertEquals(seen, reverse ? ["d", "c", "b", "new", "a"] : ["a", "b", "new", "c", "d"]);
    }
    const map = apart([0, 2, "a"], [10, 12, "b"], [20, 22, "c"], [30, 32, "d"]);
    const seen: string[] = [];
    map.forEach((value) => {
      seen.push(value);
      if (value === "b") map.set(of(14), of(15), "new");
      if (value === "c") map.delete(of(0), of(32));
      if (value === "c") map.set(of(40), of(41), "last");
    });
    assertEquals(seen, ["a", "b", "new", "c", "last"]);
  });

  test("forEach and an iterator agree whatever a visit changes, at every step", () => {
    const COUNT = 40;
    const changes: Record<string, (map: AnyMap<K, string>, at: number) => void> = {
      "what comes next goes": (map, at) => map.delete(of(4 * at + 4), of(4 * at + 6)),
      "a range between": (map, at) => void map.set(of(4 * at + 2), of(4 * at + 3), "new"),
      "what it stands on goes": (map, at) => map.delete(of(4 * at), of(4 * at + 2)),
      "all of it goes": (map) => map.clear(),
      "all but key 0 goes": (map) => {
        map.clear();
        map.set(of(0), of(1), "zero");
      },
    };
    for (const [name, change] of Object.entries(changes)) {
      for (let step = 0; step < COUNT; step++) {
        const filled = () => {
          const map = kind.create();
          for (let i = 0; i < COUNT; i++) map.set(of(4 * i), of(4 * i + 2), `${i}`);
          return map;
        };
        const visited: unknown[] = [];
        const map = filled();
        map.forEach((value, range) => {
          visited.push({ ...range, value });
          if (value === `${step}`) change(map, step);
        });
        const given: unknown[] = [];
        const other = filled();
        for (const entry of other) {
          given.push(entry);
          if (entry.value === `${step}`) change(other, step);
        }
        assertEquals(visited, given, `${name} at step ${step}`);
      }
    }
  });

  test("an iterator that is left early is done", () => {
    const entries = apart([0, 2, "a"], [2, 4, "b"]).entries();
    for (const _ of entries) break;
    assertEquals(entries.next(), { done: true, value: undefined });
  });

  test("keys, values and entries, both ways", () => {
    const map = apart([0, 2, "a"], [2, 4, "b"]);
    assertEquals(plain([...map.keys()]), [{ start: 0, end: 2 }, { start: 2, end: 4 }]);
    assertEquals([...map.values({ reverse: true })], ["b", "a"]);
    assertEquals(plain([...map.entries({ reverse: true })]), [
      { start: 2, end: 4, value: "b" },
      { start: 0, end: 2, value: "a" },
    ]);
  });

  test("undefined is no value", () => {
    const map: AnyMap<K, unknown> = kind.create();
    assertThrows(() => map.set(of(0), of(1), undefined), TypeError, "Cannot store undefined");
  });

  test("the ends of the domain belong to it", () => {
    const map = kind.create();
    const { start, end } = map.domain;
    map.set(start, end, "all");
    assertEquals([map.get(start), map.size, map.span], ["all", 1, { start, end }]);
    assertThrows(() => map.get(end), RangeError, "as a key: it is not an integer from");
    map.delete(of(0), of(1));
    assertEquals(map.size, 2);
    assertEquals([...map.gaps(start, end)], [{ start: of(0), end: of(1) }]);
  });
}

testKind(NUMBERS);
testKind(BIGINTS);
