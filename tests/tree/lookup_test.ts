/** Looking up in the slot found last: what it answers, and when it says that a cursor has to walk. */
import { assertEquals } from "@std/assert";
import { MapleTree } from "../../mod.ts";
import { ELSEWHERE, entryBefore, entryFrom } from "../../src/tree/lookup.ts";
import { poolOf } from "../../src/tree/maple_tree.ts";

/** [10, 19] and [20, 29] touch, [40, 49] stands alone; the slot that covers `found` is the one found last. */
function foundAt(found: number) {
  const tree = new MapleTree<string>();
  tree.store(10, 19, "a");
  tree.store(20, 29, "b");
  tree.store(40, 49, "c");
  tree.state(found).walk();
  return poolOf(tree);
}

for (
  const [found, index, max, value] of [
    [15, 15, 100, "a"], // in the range
    [15, 10, 10, "a"], // at its first index, which is the limit too
    [15, 19, 100, "a"], // at its last index
    [35, 32, 100, "c"], // in free space: the range after it
    [35, 32, 40, "c"], // which begins at the limit
    [35, 32, 39, undefined], // or beyond it
  ] as const
) {
  Deno.test(`entryFrom: ${index} to ${max}, where ${found} was found last, is ${value}`, () => {
    const pool = foundAt(found);
    assertEquals(pool.decode(entryFrom(pool, index, max)), value);
  });
}

for (const [found, index, max] of [[15, 9, 100], [15, 20, 100], [15, 15, 14]] as const) {
  Deno.test(`entryFrom: ${index} to ${max}, where ${found} was found last, lies elsewhere`, () => {
    assertEquals(entryFrom(foundAt(found), index, max), ELSEWHERE);
  });
}

for (
  const [found, index, value] of [[25, 25, "a"], [25, 20, "a"], [25, 29, "a"], [
    35,
    32,
    "b",
  ]] as const
) {
  Deno.test(`entryBefore: ${index}, where ${found} was found last, is ${value}`, () => {
    const pool = foundAt(found);
    assertEquals(pool.decode(entryBefore(pool, index)), value);
  });
}

for (
  const [found, index, why] of [
    [15, 15, "free space stands before it"],
    [5, 5, "it is the first slot of its leaf"],
    [25, 19, "it is below the slot"],
    [25, 30, "it is above the slot"],
  ] as const
) {
  Deno.test(`entryBefore: ${index}, where ${found} was found last, lies elsewhere: ${why}`, () => {
    assertEquals(entryBefore(foundAt(found), index), ELSEWHERE);
  });
}

Deno.test("lookups: in a tree that was never searched, all lies elsewhere", () => {
  const pool = poolOf(new MapleTree<string>());
  assertEquals(entryFrom(pool, 0, 100), ELSEWHERE);
  assertEquals(entryBefore(pool, 0), ELSEWHERE);
});
