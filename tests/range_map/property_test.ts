/**
 * The range maps against a table with a cell for every key, compared in full after every operation, with commands that
 * fast-check chooses and shrinks.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Equality } from "../../src/range_map/types.ts";
import { Act, testCommands } from "../property/check.ts";
import { type AnyMap, BIGINTS, type Kind, NUMBERS, plain } from "./kinds.ts";
import { NaiveMap } from "./naive_map.ts";

/** The window in which all keys lie: with its ends 0 inside, and long enough for several leaves. */
const WINDOW = { start: -70, end: 71 };

const key = fc.integer({ min: WINDOW.start, max: WINDOW.end - 1 });
const length = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 6 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 80 }) },
);
const range = fc.tuple(key, length).map(([start, keys]): [number, number] => [
  start,
  Math.min(WINDOW.end, start + keys),
]);
/** Few values, so that equal ones meet; capital letters are equal to small ones for {@linkcode ignoreCase}. */
const value = fc.constantFrom("a", "b", "c", "A", "B");

const ignoreCase: Equality<string> = (a, b) => a.toLowerCase() === b.toLowerCase();

interface Real<K> {
  map: AnyMap<K, string>;
}

/** An operation on both, and what both answer; everything is compared after it. */
function act<K>(
  text: string,
  answer: (model: NaiveMap, map: AnyMap<K, string>) => [expected: unknown, actual: unknown],
): Act<NaiveMap, Real<K>> {
  return new Act(text, (model, { map }) => {
    const [expected, actual] = answer(model, map);
    assertEquals(plain(actual), expected);
    const entries = model.entries;
    assertEquals(plain([...map]), entries);
    assertEquals(plain([...map.entries({ reverse: true })]), entries.toReversed());
    assertEquals(plain(visited(map, false)), entries);
    assertEquals(plain(visited(map, true)), entries.toReversed());
    assertEquals([map.size, map.isEmpty], [entries.length, entries.length === 0]);
    const span = entries.length === 0
      ? undefined
      : { start: entries[0]!.start, end: entries.at(-1)!.end };
    assertEquals(plain(map.span), span);
  });
}

/** What `forEach` gives. */
function visited<K>(map: AnyMap<K, string>, reverse: boolean): unknown[] {
  const entries: unknown[] = [];
  map.forEach((value, range) => entries.push({ ...range, value }), { reverse });
  return entries;
}

/** What `update` does to a value in the tests. */
const CHANGES: Record<string, (value: string | undefined) => string | undefined> = {
  fill: (value) => value ?? "a",
  clear: (value) => value === "a" ? undefined : value,
  turn: (value) => value === undefined ? "b" : value === "b" ? undefined : "b",
};

function commands<K>({ of }: Kind<K>): fc.Arbitrary<Act<NaiveMap, Real<K>>>[] {
  const set = fc.tuple(range, value).map(([[start, end], held]) =>
    act<K>(`set ${start} ${end} ${held}`, (model, map) => {
      model.set(start, end, held);
      map.set(of(start), of(end), held);
      return [undefined, undefined];
    })
  );
  const remove = range.map(([start, end]) =>
    act<K>(`delete ${start} ${end}`, (model, map) => {
      model.delete(start, end);
      map.delete(of(start), of(end));
      return [undefined, undefined];
    })
  );
  const insert = fc.tuple(range, value).map(([[start, end], held]) =>
    act<K>(`insertIfFree ${start} ${end} ${held}`, (model, map) => {
      const free = model.overlapping(start, end).length === 0;
      if (free) model.set(start, end, held);
      return [free, map.insertIfFree(of(start), of(end), held)];
    })
  );
  const change = fc.tuple(range, fc.constantFrom(...Object.keys(CHANGES))).map((
    [[start, end], name],
  ) =>
    act<K>(`update ${start} ${end} ${name}`, (model, map) => {
      model.update(start, end, CHANGES[name]!);
      map.update(of(start), of(end), CHANGES[name]!);
      return [undefined, undefined];
    })
  );
  const get = key.map((at) =>
    act<K>(`get ${at}`, (model, map) => [
      [
        model.get(at),
        model.get(at) !== undefined,
        model.getEntry(at),
        model.entries.find(({ end }) => end > at),
        model.entries.findLast(({ start }) => start <= at),
      ],
      [
        map.get(of(at)),
        map.has(of(at)),
        map.getEntry(of(at)),
        map.ceilingEntry(of(at)),
        map.floorEntry(of(at)),
      ],
    ])
  );
  const overlapping = fc.tuple(range, fc.boolean()).map(([[start, end], reverse]) =>
    act<K>(`overlapping ${start} ${end} ${reverse}`, (model, map) => {
      const whole = model.overlapping(start, end);
      const cut = whole.map((entry) => ({
        ...entry,
        start: Math.max(start, entry.start),
        end: Math.min(end, entry.end),
      }));
      const gaps = model.gaps(start, end);
      const order = <T>(list: T[]) => reverse ? list.toReversed() : list;
      const window = [of(start), of(end)] as const;
      return [
        [order(whole), order(cut), order(gaps), whole.length > 0, gaps.length === 0],
        [
          [...map.overlapping(...window, { reverse })],
          [...map.overlapping(...window, { reverse, clip: true })],
          [...map.gaps(...window, { reverse })],
          map.overlaps(...window),
          map.covers(...window),
        ],
      ];
    })
  );
  const gap = fc.tuple(range, fc.integer({ min: 1, max: 9 }), fc.constantFrom(1, 1, 2, 3, 8)).map((
    [[start, end], size, align],
  ) =>
    act<K>(`gap ${size} ${start} ${end} ${align}`, (model, map) => {
      const places = model.places(size, start, end, align);
      const options = { within: { start: of(start), end: of(end) }, align: of(align) };
      return [
        [places.at(0), places.at(-1)],
        [map.firstGap(of(size), options), map.lastGap(of(size), options)],
      ];
    })
  );
  const clone = fc.constant(
    act<K>("clone", (_, map) => {
      const copy = map.clone();
      const same = copy.equals(map);
      copy.delete(of(WINDOW.start), of(WINDOW.end));
      return [[true, map.isEmpty], [same, copy.equals(map)]];
    }),
  );
  return [set, set, remove, change, insert, get, overlapping, gap, clone];
}

function testKind<K>(kind: Kind<K>): void {
  for (
    const [name, coalesce] of [["apart", false], ["joined", true], [
      "joined by",
      ignoreCase,
    ]] as const
  ) {
    const equal = coalesce === false ? undefined : coalesce === true ? Object.is : coalesce;
    testCommands(
      `property: a ${kind.name} answers as a table of cells, ranges ${name}`,
      commands(kind),
      () => ({ model: new NaiveMap(WINDOW, equal), real: { map: kind.create({ coalesce }) } }),
      { runs: 60, commands: 120 },
    );
  }
}

testKind(NUMBERS);
testKind(BIGINTS);
