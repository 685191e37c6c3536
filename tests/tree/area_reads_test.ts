/** What a search for free space reads: the way from the root to its window, not what lies beside it. */

import { assert, assertEquals } from "@std/assert";
import { MapleTree, MAX_INDEX } from "../../mod.ts";
import { poolOf } from "../../src/tree/maple_tree.ts";

/** How many bounds and gaps a call reads. */
function reads(tree: MapleTree<number>, call: () => void): number {
  const pool = poolOf(tree);
  const { doubles } = pool;
  let count = 0;
  pool.doubles = new Proxy(doubles, {
    get(target, key) {
      count++;
      return Reflect.get(target, key);
    },
  });
  call();
  pool.doubles = doubles;
  return count;
}

// A thousand ranges with a gap below each, in which the area fits: it is in the window's first or last slot.
Deno.test("emptyArea, emptyAreaReverse: read as much as lies on the way to the window's end", () => {
  const tree = new MapleTree<number>({ gaps: true });
  for (let i = 0; i < 1000; i++) tree.store(i * 32 + 16, i * 32 + 31, i);
  assertEquals(tree.height, 4);
  const most = tree.height * 16;
  for (let i = 0; i < 1000; i += 7) {
    const first = i * 32;
    const up = reads(tree, () => assertEquals(tree.emptyArea(16, first, MAX_INDEX), first));
    assert(up <= most, `up from ${first}: ${up}`);
    const down = reads(tree, () => assertEquals(tree.emptyAreaReverse(16, 0, first + 15), first));
    assert(down <= most, `down from ${first}: ${down}`);
  }
});
