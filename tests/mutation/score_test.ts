import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { choose } from "./score.ts";

Deno.test("choose: one of each part, in order; another seed draws others, the same one the same", () => {
  const items = Array.from({ length: 103 }, (_, i) => i);
  for (const seed of [undefined, 0, 1, 2]) {
    const chosen = choose(items, 10, seed);
    assertEquals(chosen.length, 10);
    for (const [i, item] of chosen.entries()) {
      assert(item >= Math.floor(i * 10.3) && item < Math.floor((i + 1) * 10.3), `${item} of ${i}`);
    }
    assertEquals(choose(items, 10, seed), chosen);
  }
  assertNotEquals(choose(items, 10, 1), choose(items, 10, 2));
  const drawn = new Set(items.flatMap((seed) => choose(items, 1, seed)));
  assert(drawn.size > 40);
});

Deno.test("choose: all unless a number is given, or if it is more than there are", () => {
  const items = [5, 6, 7];
  assertEquals([choose(items, undefined, 3), choose(items, 3, 3), choose(items, 9, 3)], [
    ...[items, items, items],
  ]);
  assertEquals(choose([], 4, 1), []);
});
