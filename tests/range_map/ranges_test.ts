/** The two stores of ranges at sizes where nodes and blocks split and join, against a table with a cell a key. */

import { assertEquals } from "@std/assert";
import { BlockRanges } from "../../src/range_map/block_ranges.ts";
import { Block, CAPACITY } from "../../src/range_map/block.ts";
import { MapleRanges } from "../../src/range_map/maple_ranges.ts";
import type { Ranges } from "../../src/range_map/ranges.ts";
import { validate } from "../../src/tree/checks/validate.ts";
import { Random } from "../random.ts";

/** Keys of the table; the store sees them from `-KEYS / 2` on. */
const KEYS = 3_000;

/** What a cell holds: the value, and the number of the write that put it there; 0 where there is nothing. */
class Cells {
  readonly values: number[] = Array<number>(KEYS).fill(0);
  readonly writes: number[] = Array<number>(KEYS).fill(0);
  #written = 0;

  write(start: number, end: number, value: number | undefined): void {
    this.#written++;
    this.values.fill(value ?? 0, start, end);
    this.writes.fill(value === undefined ? 0 : this.#written, start, end);
  }

  /** The longest runs of one write. */
  entries(): [start: number, end: number, value: number][] {
    const entries: [number, number, number][] = [];
    for (let key = 0; key < KEYS; key++) {
      const write = this.writes[key]!;
      if (write === 0) continue;
      if (key > 0 && this.writes[key - 1] === write) entries.at(-1)![1] = key + 1;
      else entries.push([key, key + 1, this.values[key]!]);
    }
    return entries;
  }

  /** The starts of all runs of `size` free keys in `start … end`, at multiples of `align`, ascending. */
  places(size: number, start: number, end: number, align: number): number[] {
    const places: number[] = [];
    let free = 0;
    for (let key = start; key < end; key++) {
      free = this.writes[key] === 0 ? free + 1 : 0;
      const at = key + 1 - size;
      if (free >= size && (at - KEYS / 2) % align === 0) places.push(at);
    }
    return places;
  }
}

/** A store of one kind, seen with keys that begin at 0. */
interface Subject<K> {
  readonly ranges: Ranges<K, number>;
  of(number: number): K;
  validate(): void;
}

function mapleSubject(): Subject<number> {
  const ranges = new MapleRanges<number>(-(2 ** 52));
  return { ranges, of: (key) => key, validate: () => validate(ranges.pool) };
}

function blockSubject(): Subject<bigint> {
  const ranges = new BlockRanges<number>(-(2n ** 128n), 2n ** 128n);
  return {
    ranges,
    of: BigInt,
    validate: () => {
      let rows = 0;
      let before = ranges.minimum;
      for (const { starts, ends, values, length } of ranges.blocks) {
        assertEquals([ends.length, values.length], [length, length]);
        if (length > CAPACITY || (length === 0 && ranges.blocks.length > 1)) {
          throw new Error(`a block of ${length} rows among ${ranges.blocks.length}`);
        }
        for (let i = 0; i < length; i++) {
          if (starts[i]! < before || ends[i]! <= starts[i]!) throw new Error("rows overlap");
          before = ends[i]!;
        }
        rows += length;
      }
      assertEquals(ranges.size, rows);
    },
  };
}

function entriesOf<K>({ ranges }: Subject<K>, reverse: boolean): [number, number, number][] {
  const entries: [number, number, number][] = [];
  const cursor = ranges.cursor();
  let found = reverse ? cursor.seekBack(ranges.highest) : cursor.seek(ranges.minimum);
  for (; found; found = reverse ? cursor.back() : cursor.forward()) {
    const [start, end] = [Number(cursor.first), Number(cursor.after)];
    entries.push([start + KEYS / 2, end + KEYS / 2, cursor.held]);
  }
  return reverse ? entries.reverse() : entries;
}

/** Writes at random and compares; `fill` is the part of writes that store. Returns the most ranges there were. */
function exercise<K>(subject: Subject<K>, seed: number, fill: readonly number[]): number {
  const random = new Random(seed);
  const cells = new Cells();
  const { ranges } = subject;
  const of = (key: number) => subject.of(key - KEYS / 2);
  let most = 0;
  for (let i = 0; i < 2_400; i++) {
    const start = random.below(KEYS);
    const long = random.chance(0.02) ? 400 : 4;
    const end = Math.min(KEYS, start + 1 + random.below(long));
    const value = random.chance(fill[Math.floor(i / 600)]!) ? i + 1 : undefined;
    cells.write(start, end, value);
    ranges.write(of(start), of(end), value);
    subject.validate();
    const key = random.below(KEYS);
    assertEquals(ranges.load(of(key)), cells.values[key] || undefined, `load after write ${i}`);
    const [low, high] = [random.below(KEYS), random.below(KEYS)].sort((a, b) => a - b);
    const size = random.between(1, 20);
    const align = random.pick([1, 4, 16]);
    const places = cells.places(size, low!, high!, align);
    const window = [subject.of(size), of(low!), of(high!), subject.of(align)] as const;
    const from = (place: K | undefined) =>
      place === undefined ? undefined : Number(place) + KEYS / 2;
    assertEquals(from(ranges.lowestGap(...window)), places.at(0), `lowest gap after write ${i}`);
    assertEquals(from(ranges.highestGap(...window)), places.at(-1), `highest gap after write ${i}`);
    if (i % 40 === 39) {
      const entries = cells.entries();
      assertEquals(entriesOf(subject, false), entries, `entries after write ${i}`);
      assertEquals(entriesOf(subject, true), entries, `entries in reverse after write ${i}`);
      assertEquals(ranges.size, entries.length);
      most = Math.max(most, entries.length);
    }
  }
  return most;
}

for (const seed of [1, 2, 3]) {
  Deno.test(`ranges: the tree of numbers holds what was written, seed ${seed}`, () => {
    const most = exercise(mapleSubject(), seed, [1, 0.7, 0.4, 0.1]);
    assertEquals(most > 500, true, `only ${most} ranges: the tree stayed small`);
  });

  Deno.test(`ranges: the blocks of bigints hold what was written, seed ${seed}`, () => {
    const most = exercise(blockSubject(), seed, [1, 0.7, 0.4, 0.1]);
    assertEquals(most > 4 * CAPACITY, true, `only ${most} ranges: blocks stayed few`);
  });
}

/** Steps through a store that is changed meanwhile: no range after the place is missed, none is given twice. */
function stepWhileWriting<K>({ ranges, of }: Subject<K>, reverse: boolean): void {
  for (let i = 0; i < 600; i++) ranges.write(of(i * 10), of(i * 10 + 5), i);
  const cursor = ranges.cursor();
  const seen: number[] = [];
  let found = reverse ? cursor.seekBack(ranges.highest) : cursor.seek(ranges.minimum);
  for (; found; found = reverse ? cursor.back() : cursor.forward()) {
    const i = cursor.held;
    seen.push(i);
    // Removes the range it stands on, and every third the next one in its direction.
    ranges.write(of(i * 10), of(i * 10 + 5), undefined);
    const next = reverse ? i - 1 : i + 1;
    if (i % 3 === 0) ranges.write(of(next * 10), of(next * 10 + 5), undefined);
  }
  const order = Array.from({ length: 600 }, (_, i) => reverse ? 599 - i : i);
  const expected: number[] = [];
  const gone = new Set<number>();
  for (const i of order) {
    if (gone.has(i)) continue;
    expected.push(i);
    if (i % 3 === 0) gone.add(reverse ? i - 1 : i + 1);
  }
  assertEquals(seen, expected);
  assertEquals(ranges.size, 0);
}

for (const reverse of [false, true]) {
  const direction = reverse ? "down" : "up";
  Deno.test(`ranges: a cursor over the tree going ${direction} survives writes`, () => {
    stepWhileWriting(mapleSubject(), reverse);
  });

  Deno.test(`ranges: a cursor over blocks going ${direction} survives writes`, () => {
    stepWhileWriting(blockSubject(), reverse);
  });
}

Deno.test("ranges: blocks that a write empties, or nearly, go", () => {
  for (
    const [from, to] of [[1_000, 6_000], [0, 5_000], [0, 6_000], [1_285, 5_990], [2_000, 2_600]]
  ) {
    const { ranges, of, validate } = blockSubject();
    for (let i = 0; i < 600; i++) ranges.write(of(i * 10), of(i * 10 + 5), i);
    validate();
    ranges.write(of(from!), of(to!), undefined);
    validate();
    const left = Array.from({ length: 600 }, (_, i) => i).filter((i) =>
      i * 10 + 5 <= from! || i * 10 >= to!
    );
    assertEquals(ranges.size, left.length);
    const cursor = ranges.cursor();
    assertEquals(cursor.seekBack(ranges.highest), left.length > 0);
    if (left.length > 0) assertEquals(cursor.held, left.at(-1));
    assertEquals(cursor.seek(ranges.minimum), left.length > 0);
    if (left.length > 0) assertEquals(cursor.held, left[0]);
  }
});

Deno.test("ranges: a block's longest gap is that of the rows that it has", () => {
  const block = new Block<string>();
  block.push(0n, 1n, "a");
  assertEquals(block.longestGap, 0n);
  block.push(3n, 4n, "b");
  assertEquals(block.longestGap, 2n);
  block.push(9n, 12n, "c");
  assertEquals(block.longestGap, 5n);
  const rest = block.cut(2);
  assertEquals([block.longestGap, rest.longestGap, block.length, rest.length], [2n, 0n, 2, 1]);
  block.replace(1, 1, rest);
  assertEquals([block.longestGap, block.clone().longestGap], [8n, 8n]);
});
