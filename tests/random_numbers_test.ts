/** The sequence is mulberry32's, and each drawing is as likely as it says. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Random } from "../src/random.ts";

const WORD = 2n ** 32n;

/** mulberry32 by whole numbers of any size: what `Math.imul` and shifts do is done by remainders. */
function* mulberry32(seed: number): Generator<number> {
  let state = BigInt(seed);
  for (;;) {
    state = (state + 0x6d2b79f5n) % WORD;
    let mixed = ((state ^ state / 2n ** 15n) * (state | 1n)) % WORD;
    mixed ^= (mixed + (mixed ^ mixed / 2n ** 7n) * (mixed | 61n)) % WORD;
    yield Number(mixed ^ mixed / 2n ** 14n);
  }
}

Deno.test("Random: the sequence of mulberry32", () => {
  for (const seed of [0, 1, 0x2022, 0xffff_ffff]) {
    const random = new Random(seed);
    const expected = mulberry32(seed).take(1_000).map((word) => word / 2 ** 32).toArray();
    assertEquals(expected.map(() => random.uniform()), expected);
  }
});

Deno.test("Random: the upper half of a seed counts, and a negative one is a seed too", () => {
  const first = (seed: number) => new Random(seed).uniform();
  assertEquals(new Set([5, 2 ** 32 + 5, 2 ** 33 + 5, -50].map(first)).size, 4);
  assertEquals(first(2 ** 32), first(1)); // the halves are added without carry
});

Deno.test("Random.below: a number of up to 32 bits takes one word of the sequence", () => {
  for (const limit of [1, 10, 2 ** 31 + 1, 2 ** 32]) {
    const random = new Random(7);
    const expected = mulberry32(7).take(100).map((word) => Math.floor(word / 2 ** 32 * limit));
    for (const number of expected) assertEquals(random.below(limit), number);
  }
});

Deno.test("Random.below: of a number of up to 53 bits each bit is 0 and 1", () => {
  for (const bits of [33, 34, 53]) {
    const random = new Random(3);
    const drawn = Array.from({ length: 400 }, () => random.below(2 ** bits));
    for (let bit = 0; bit < bits; bit++) {
      const ones = drawn.filter((number) => Math.floor(number / 2 ** bit) % 2 === 1).length;
      assert(ones > 100 && ones < 300, `bit ${bit} of ${bits}: ${ones} of 400`);
    }
    assert(drawn.every((number) => Number.isInteger(number) && number < 2 ** bits));
  }
  // Two words of the sequence, the first for the upper bits.
  const [high = 0, low = 0] = mulberry32(5).take(2);
  assertEquals(new Random(5).below(2 ** 53), (high >>> 11) * 2 ** 32 + low);
  const random = new Random(3);
  const odd = 2 ** 40 + 1;
  assert(Array.from({ length: 100 }, () => random.below(odd)).every((number) => number < odd));
});

Deno.test("Random.between: both ends are drawn, and nothing outside", () => {
  const random = new Random(1);
  const drawn = new Set(Array.from({ length: 200 }, () => random.between(-2, 3)));
  assertEquals([...drawn].sort((a, b) => a - b), [-2, -1, 0, 1, 2, 3]);
});

Deno.test("Random.chance: never, always, and as often as the probability says", () => {
  const random = new Random(1);
  const times = (probability: number) =>
    Array.from({ length: 2_000 }, () => random.chance(probability)).filter(Boolean).length;
  assertEquals([times(0), times(1)], [0, 2_000]);
  for (const probability of [0.1, 0.5, 0.9]) {
    assert(Math.abs(times(probability) - 2_000 * probability) < 100, `${probability}`);
  }
  const words = mulberry32(9);
  const random9 = new Random(9);
  for (const word of words.take(100)) assertEquals(random9.chance(0.5), word < 2 ** 31);
  const [first = 0] = mulberry32(9);
  assertEquals(new Random(9).chance(first / 2 ** 32), false);
  assertEquals(new Random(9).chance((first + 1) / 2 ** 32), true);
});

Deno.test("Random.oneIn: once in so many times", () => {
  const random = new Random(1);
  const times = Array.from({ length: 3_000 }, () => random.oneIn(3)).filter(Boolean).length;
  assert(Math.abs(times - 1_000) < 100, `${times}`);
  assert(random.oneIn(1));
});

Deno.test("Random.pick: every item, and an error for none", () => {
  const random = new Random(1);
  const drawn = new Set(Array.from({ length: 100 }, () => random.pick(["a", "b", "c"])));
  assertEquals([...drawn].sort(), ["a", "b", "c"]);
  assertThrows(() => random.pick([]), RangeError, "Cannot pick from an empty list");
});

Deno.test("Random.weighted: as often as the weights say, never where the weight is 0", () => {
  const random = new Random(1);
  const count = { never: 0, one: 0, three: 0, last: 0 };
  const choices = [[0, "never"], [1, "one"], [3, "three"], [0, "last"]] as const;
  for (let i = 0; i < 4_000; i++) count[random.weighted(choices)]++;
  assertEquals([count.never, count.last, count.one + count.three], [0, 0, 4_000]);
  assert(Math.abs(count.one - 1_000) < 120, `${count.one}`);
  assertThrows(() => random.weighted([]), RangeError, "Cannot choose");
});

Deno.test("Random.shuffle: in place, and every order about as often", () => {
  const random = new Random(1);
  const orders = new Map<string, number>();
  for (let i = 0; i < 6_000; i++) {
    const items = ["a", "b", "c"];
    assert(random.shuffle(items) === items);
    orders.set(items.join(""), (orders.get(items.join("")) ?? 0) + 1);
  }
  assertEquals(orders.size, 6);
  for (const [order, times] of orders) assert(Math.abs(times - 1_000) < 150, `${order}: ${times}`);
  assertEquals(random.shuffle([]), []);
});
