/** Every bench with small parameters, so that none rots; answers are checked as when it is timed. */

import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { PreparedCase, timedDuplicate, timedFromEmpty } from "../../bench/harness.ts";
import { OperationList } from "../../bench/operations.ts";
import { PEERS } from "../../bench/peers/all.ts";
import { maple } from "../../bench/peers/maple.ts";
import type { Operations, Peer, RangeMap } from "../../bench/peers/range_map.ts";
import { reference } from "../../bench/reference.ts";
import { rows } from "../../bench/tree_benches.ts";
import { build, mixed } from "../../bench/workloads.ts";
import { MAX_INDEX } from "../../mod.ts";
import { Random } from "../random.ts";

const SMALL = { ranges: 30, slice: 16, operations: 64, verified: 64 };

for (const peer of PEERS) {
  for (const { name, workload, touching } of rows(SMALL.ranges)) {
    for (const touches of touching ? [false, true] : [false]) {
      Deno.test(`bench ${name}${touches ? " touching" : ""}: ${peer.name} as the reference`, () => {
        const it = new PreparedCase(peer, { ...SMALL, workload, touching: touches });
        const first = it.run();
        for (let i = 1; i < 4; i++) it.run();
        if (name !== "iterate") assertEquals(it.run(), first);
      });
    }
  }

  Deno.test(`bench build: ${peer.name} as the reference`, timedFromEmpty(peer, build, 30));

  Deno.test(`bench: ${peer.name} does all that a range map does`, () => {
    const operations = everyOperation(3_000);
    const map = peer.create();
    const known = reference.create();
    for (let i = 0; i < operations.length; i++) {
      assertEquals(
        peer.execute(map, operations, i, i + 1),
        reference.execute(known, operations, i, i + 1),
        `operation ${i}`,
      );
      if (i % 20 === 0) assertEquals(map.checksum(), known.checksum(), `after operation ${i}`);
    }
  });

  if (peer.create().duplicate !== undefined) {
    Deno.test(`bench duplicate: ${peer.name} makes an independent copy`, () => {
      timedDuplicate(peer, 30)();
      const map = peer.create();
      map.store(0x1000, 0x1fff, 1);
      const copy = map.duplicate?.();
      copy?.clear(0x1800, 0x18ff);
      assertEquals([map.load(0x1800), copy?.load(0x1800), copy?.load(0x1900)], [1, 0, 1]);
    });
  }
}

/** Operations of every kind on a small window, so that they overlap in every way. */
function everyOperation(count: number): Operations {
  const random = new Random(0xbe7c);
  const list = new OperationList();
  const limit = 400;
  const range = (): [first: number, last: number] => {
    const first = random.below(limit);
    return [first, first + random.below(random.chance(0.1) ? 120 : 12)];
  };
  for (let i = 0; i < count; i++) {
    const index = random.below(limit);
    const end = random.chance(0.5) ? MAX_INDEX : index + random.below(60);
    const makers = [
      () => list.store(...range(), 1 + random.below(1_000_000)),
      () => list.store(...range(), 1 + random.below(1_000_000)),
      () => list.clear(...range()),
      () => list.load(index),
      () => list.find(index, end),
      () => list.next(index, end),
      () => list.previous(index, random.below(index + 1)),
      () => list.lowestGap(random.between(1, 30), index, index + 30 + random.below(100)),
      () => list.highestGap(random.between(1, 30), index, index + 30 + random.below(100)),
    ];
    random.pick(makers)();
  }
  return list.build();
}

Deno.test("bench: a peer that answers wrongly is caught before it is timed", () => {
  const forgetful = peerWith((map) => ({ ...bind(map), load: () => 1 }));
  const it = { ...SMALL, workload: mixed, touching: false };
  assertThrows(() => new PreparedCase(forgetful, it), Error, "the reference");
});

Deno.test("bench: a peer that loses a store is caught before it is timed", () => {
  let stores = 0;
  const forgetful = peerWith((map) => ({
    ...bind(map),
    store: (first, last, value) => ++stores === 7 || map.store(first, last, value),
  }));
  const it = { ...SMALL, workload: mixed, touching: false };
  assertThrows(() => new PreparedCase(forgetful, it), Error, "reference");
});

/** The tree under another name, with some of its methods replaced. */
function peerWith(change: (map: RangeMap) => RangeMap): Peer {
  return { ...maple, name: `changed ${Math.random()}`, create: () => change(maple.create()) };
}

function bind(map: RangeMap): RangeMap {
  return {
    store: (first, last, value) => map.store(first, last, value),
    clear: (first, last) => map.clear(first, last),
    load: (index) => map.load(index),
    find: (index, max) => map.find(index, max),
    next: (index, max) => map.next(index, max),
    previous: (index, min) => map.previous(index, min),
    lowestGap: (size, min, max) => map.lowestGap(size, min, max),
    highestGap: (size, min, max) => map.highestGap(size, min, max),
    checksum: () => map.checksum(),
  };
}

Deno.test("bench: the peers have names of their own, the tree first", () => {
  assertEquals(PEERS[0], maple);
  assertEquals(new Set(PEERS.map(({ name }) => name)).size, PEERS.length);
  assert(PEERS.length === 10);
});

Deno.test("bench: another content has another checksum", () => {
  const map = maple.create();
  const empty = map.checksum();
  map.store(1, 2, 3);
  const one = map.checksum();
  map.store(1, 2, 4);
  assertNotEquals(empty, one);
  assertNotEquals(one, map.checksum());
});
