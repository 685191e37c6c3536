/**
 * Allocation failure: every store of a long random sequence is first made to fail at its first node, at its
 * second, and so on until it succeeds; after each failure the tree is, byte for byte of its dump, what it was.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import * as maple from "../../mod.ts";
import { MapleError, type MapleState, MapleTree, NodeBudget } from "../../mod.ts";
import { NaiveRangeMap } from "../naive_range_map.ts";
import { Random } from "../random.ts";
import { splitsTakeWhatTheyReserve } from "./reserve_check.ts";

/** One store of a sequence. */
interface Write {
  readonly first: number;
  readonly last: number;
  readonly value: string | undefined;
}

/** Mostly small ranges over `indices` indices, some cleared that are large enough to empty most of a leaf, now
 * and then one that spans many nodes, or everything. */
function sequence(seed: number, count: number, indices: number): Write[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, i) => {
    const first = random.below(indices);
    if (random.chance(0.001)) return { first: 0, last: Number.MAX_SAFE_INTEGER, value: `v${i}` };
    if (random.chance(0.02)) {
      return { first, last: first + random.between(40, 200), value: `v${i}` };
    }
    if (random.chance(0.1)) {
      return { first, last: first + random.between(12, 24), value: undefined };
    }
    const value = random.chance(0.25) ? undefined : `v${i}`;
    return { first, last: first + random.below(5), value };
  });
}

/** What a store did, as the counters tell it. */
function kindOf(before: MapleTree<string>["statistics"], after: MapleTree<string>["statistics"]) {
  const a = before().counters;
  const b = after().counters;
  if (b.spanning > a.spanning) return "spanning";
  if (b.split > a.split) return "split";
  if (b.rebalanced > a.rebalanced) return "rebalance";
  return "other";
}

for (const gaps of [true, false]) {
  for (const rcu of [true, false]) {
    Deno.test(`store: fails at each node in turn and changes nothing (gaps ${gaps}, rcu ${rcu})`, () => {
      const budget = new NodeBudget();
      const tree = new MapleTree<string>({ gaps, rcu, budget });
      const naive = new NaiveRangeMap<string>();
      const failures = new Map<string, number>();
      let cases = 0;
      for (const { first, last, value } of sequence(0xfa11, 1500, 900)) {
        const before = tree.dump();
        const statistics = tree.statistics();
        let failed = 0;
        for (budget.left = 0;; budget.left = failed) {
          try {
            tree.store(first, last, value);
            break;
          } catch (error) {
            assert(error instanceof MapleError && error.code === "ENOMEM", String(error));
          }
          failed++;
          cases++;
          assertEquals(tree.dump(), before);
          assertEquals(tree.statistics().counters.allocated, statistics.counters.allocated);
        }
        naive.store(first, last, value);
        tree.validate();
        const kind = kindOf(() => statistics, () => tree.statistics());
        failures.set(kind, (failures.get(kind) ?? 0) + failed);
      }
      assertEquals([...tree], [...naive]);
      for (const kind of ["spanning", "split", "rebalance"]) {
        assert((failures.get(kind) ?? 0) >= 10, `${kind}: too few failures to prove anything`);
      }
      console.log(`${cases} failed stores changed nothing`);
    });
  }
}

for (const rcu of [true, false]) {
  Deno.test(`storePreallocated: never takes more than was reserved (rcu ${rcu})`, () => {
    const budget = new NodeBudget();
    const tree = new MapleTree<string>({ gaps: true, rcu, budget });
    let tight = 0;
    for (const { first, last, value } of sequence(0x9e5e, 4000, 3000)) {
      const state = tree.state(first, last);
      budget.left = Infinity;
      state.preallocate(value);
      const reserved = state.reserved;
      const taken = tree.statistics().counters.allocated;
      budget.left = 0;
      state.storePreallocated(value);
      const took = tree.statistics().counters.allocated - taken;
      assert(took <= reserved, `took ${took} of ${reserved} for ${first}-${last}`);
      if (took === reserved && took > 2) tight++;
      assertEquals(state.reserved, 0);
    }
    tree.validate();
    // A bound that is never reached would not tell a reserve that is short by one.
    assert(tight > 0, "no store took all it had reserved");
  });
}

Deno.test("preallocate: a split up to a new root takes just what is reserved, 2 × height + 1", () => {
  splitsTakeWhatTheyReserve(maple);
});

Deno.test("preallocate: an exact fit needs nothing", () => {
  const tree = new MapleTree<string>({ gaps: true });
  for (let i = 0; i < 100; i++) tree.store(i * 10, i * 10 + 9, "v");
  const state = tree.state(0, 9);
  state.preallocate("w");
  assertEquals(state.reserved, 0);
});

Deno.test("storePreallocated: a store other than the one prepared is refused before anything changes", () => {
  const tree = new MapleTree<string>({ gaps: true });
  for (let i = 0; i < 200; i++) tree.store(i * 10, i * 10 + 9, "v");
  const state: MapleState<string> = tree.state(0, 9);
  state.preallocate("w");
  const before = tree.dump();
  state.set(5, 1500);
  assertThrows(() => state.storePreallocated("w"), MapleError, "0 reserved nodes");
  assertEquals(tree.dump(), before);
  assertEquals(state.status, "error");
});

Deno.test("storePreallocated: gives the rest back, so a second store has none", () => {
  const budget = new NodeBudget();
  const tree = new MapleTree<string>({ gaps: true, budget });
  for (let i = 0; i < 200; i++) tree.store(i * 10, i * 10 + 9, "v");
  const state = tree.state(5, 1500);
  state.preallocate("w");
  assert(state.reserved > 0);
  state.storePreallocated("w");
  assertEquals(state.reserved, 0);
  state.set(3, 1900);
  assertThrows(() => state.storePreallocated("x"), MapleError);
});

Deno.test("maxNodes: what one state has reserved, another cannot have", () => {
  const tree = new MapleTree<string>({ gaps: true, maxNodes: 40 });
  for (let i = 0; i < 100; i++) tree.store(i * 10, i * 10 + 9, "v");
  const { nodes } = tree.statistics();
  const states = Array.from({ length: 10 }, () => tree.state(5, 500));
  let reserved = 0;
  for (const state of states) {
    try {
      state.preallocate("w");
      reserved += state.reserved;
    } catch (error) {
      assert(error instanceof MapleError && error.code === "ENOMEM");
    }
    assert(nodes + reserved <= 40);
  }
  assert(reserved > 0 && reserved < 10 * states[0]!.reserved);
  for (const state of states) state.destroy();
  states[9]!.preallocate("w");
  states[9]!.storePreallocated("w");
  tree.validate();
});

Deno.test("expectEntries: a bulk load takes what it reserved, packs its nodes and ends valid", () => {
  const budget = new NodeBudget();
  const bulk = new MapleTree<string>({ gaps: true, budget });
  const state = bulk.state();
  state.expectEntries(1000);
  budget.left = 0;
  const plain = new MapleTree<string>({ gaps: true });
  for (let i = 0; i < 1000; i++) {
    state.set(i * 20, i * 20 + 9);
    state.store(`v${i}`);
    plain.store(i * 20, i * 20 + 9, `v${i}`);
  }
  state.destroy();
  bulk.validate();
  assertEquals([...bulk], [...plain]);
  assert(bulk.statistics().nodes <= plain.statistics().nodes);
});

Deno.test("expectEntries: two bulk loads side by side leave no leaf with too little", () => {
  const tree = new MapleTree<number>({ gaps: true });
  const states = [tree.state(), tree.state()];
  for (const state of states) state.expectEntries(250);
  for (let i = 0; i < 250; i++) {
    for (const [n, state] of states.entries()) {
      const first = n * 0x100000 + i * 0x20;
      state.set(first, first + 0xf);
      state.store(i + 1);
      tree.validate();
    }
  }
});
