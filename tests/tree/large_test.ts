import { assertEquals } from "@std/assert";
import { MapleTree } from "../../src/tree/maple_tree.ts";

const RANGES = 1_000_000;
const STRIDE = 64;

Deno.test("MapleTree: in a tree so high that walks guess their way, load and find are right at the bounds", () => {
  const tree = new MapleTree<number>({ gaps: true });
  for (let i = 0; i < RANGES; i++) tree.store(i * STRIDE + 8, i * STRIDE + 39, i);
  assertEquals(tree.height, 7);
  // Coprime to every number of slots, so that each slot of each level is met.
  for (let i = 0; i < RANGES; i += 11) {
    const at = i * STRIDE;
    const loaded = [7, 8, 39, 40].map((offset) => tree.load(at + offset));
    assertEquals(loaded, [undefined, i, i, undefined]);
    assertEquals(tree.find(at), { first: at + 8, last: at + 39, value: i });
  }
  for (let i = 0; i < RANGES; i += 1009) {
    const at = i * STRIDE;
    tree.store(at + 16, at + 31, undefined);
    const loaded = [15, 16, 31, 32].map((offset) => tree.load(at + offset));
    assertEquals(loaded, [i, undefined, undefined, i]);
  }
  tree.validate();
});
