import { assert, assertEquals } from "@std/assert";
import { RadixTable } from "../../../src/mm/pages/radix_table.ts";
import { Random } from "../../random.ts";

/** Keys that share leaves, lie beside their borders, and far apart. */
function keyOf(random: Random): number {
  return random.below(3) * 2 ** 31 + random.below(4) * 64 + random.below(70);
}

Deno.test("RadixTable: answers as a sorted map does, through random changes", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(seed);
    const table = new RadixTable<number>();
    const naive = new Map<number, number>();
    for (let step = 0; step < 500; step++) {
      const key = keyOf(random);
      if (random.oneIn(3)) assertEquals(table.delete(key), naive.delete(key));
      else {
        table.set(key, step);
        naive.set(key, step);
      }
      const other = keyOf(random);
      assertEquals(table.get(other), naive.get(other));
      assertEquals(table.has(other), naive.has(other));
      assertEquals(table.size, naive.size);
      const last = keyOf(random);
      const sorted = [...naive].sort(([a], [b]) => a - b);
      const within = sorted.filter(([at]) => other <= at && at <= last).map(([at]) => at);
      assertEquals(table.keysIn(other, last), within, `seed ${seed}, step ${step}`);
      if (step % 50 > 0) continue;
      assertEquals([...table], sorted);
      assertEquals([...table.values()], sorted.map(([, value]) => value));
      assertEquals(table.keys(), sorted.map(([at]) => at));
    }
  }
});

Deno.test("RadixTable: a leaf that was emptied is filled again", () => {
  const table = new RadixTable<string>();
  table.set(64, "first");
  assert(table.delete(64));
  assert(!table.delete(64));
  assertEquals([table.get(64), table.size, table.keys()], [undefined, 0, []]);
  table.set(65, "second");
  assertEquals([table.get(64), table.get(65), table.size], [undefined, "second", 1]);
});
