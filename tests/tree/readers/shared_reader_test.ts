import { assert, assertEquals, assertThrows } from "@std/assert";
import { MapleError, MapleTree, SharedReader } from "../../../mod.ts";
import { MAX_READERS, READERS } from "../../../src/tree/node_layout.ts";
import { NaiveRangeMap } from "../../naive_range_map.ts";
import { Random } from "../../random.ts";
import {
  ENDED,
  HISTORY,
  KEYS,
  nextKey,
  READY,
  STARTED,
  STOP,
  WRITE_WORDS,
} from "./shared_history.ts";
import type { Assignment, Verdict } from "./shared_worker.ts";

Deno.test("SharedReader: answers as the tree does, after every store", () => {
  const tree = new MapleTree<number>({ gaps: true, shared: true, maxNodes: 400 });
  using reader = new SharedReader(tree.share());
  const naive = new NaiveRangeMap<number>();
  const random = new Random(0x5a5a);
  for (let i = 0; i < 3000; i++) {
    const first = random.below(600);
    const last = first + random.below(random.chance(0.05) ? 200 : 6);
    const values = [random.below(1000), -random.below(1000) / 8, 2 ** 40 + i];
    const value = random.chance(0.25) ? undefined : random.pick(values);
    tree.store(first, last, value);
    naive.store(first, last, value);
    for (const index of [first - 1, first, last, last + 1, random.below(700)]) {
      if (index < 0) continue;
      assertEquals(reader.load(index), naive.load(index));
      assertEquals(reader.find(index), naive.find(index));
      assertEquals(reader.find(index, index + 10), naive.find(index, index + 10));
    }
    tree.validate();
  }
});

Deno.test("MapleTree.share: a tree without shared memory has nothing to share", () => {
  assertThrows(() => new MapleTree<number>().share(), MapleError, "made without `shared`");
  assertThrows(() => new MapleTree<number>({ shared: true }), RangeError, "maxNodes");
});

Deno.test("MapleTree: shared memory holds numbers and nothing else", () => {
  const tree = new MapleTree<unknown>({ shared: true, maxNodes: 20 });
  assertThrows(() => tree.store(0, 9, "text"), TypeError, "holds numbers");
  assertEquals(tree.size, 0);
});

Deno.test("SharedReader: a reader that is not closed keeps what it may hold", () => {
  const tree = new MapleTree<number>({ shared: true, maxNodes: 100 });
  for (let i = 0; i < 100; i++) tree.store(i * 2, i * 2, i);
  const { nodes } = tree.share();
  // A read that has begun and does not end: its announcement stays.
  const words = new Int32Array(nodes);
  using _reader = new SharedReader(tree.share());
  const place = words.indexOf(-1, 8);
  words[place] = 1;
  tree.store(50, 60, 7);
  assert(tree.statistics().retired > 0);
  words[place] = -1;
  tree.store(70, 80, 8);
  assertEquals(tree.statistics().retired, 0);
  tree.validate();
});

/** A reader that lost its processor in the middle of a read holds up what was retired since; the pool may be full
 * of it. The store is then tried again: a refused one has changed nothing. */
function storeWhenReadersLeave(
  tree: MapleTree<number>,
  first: number,
  last: number,
  value: number | undefined,
): void {
  for (;;) {
    try {
      return tree.store(first, last, value);
    } catch (error) {
      if (!(error instanceof MapleError) || error.code !== "ENOMEM") throw error;
    }
  }
}

Deno.test("SharedReader: closed twice it takes nobody else's place, and refuses to read", () => {
  const tree = new MapleTree<number>({ shared: true, maxNodes: 60 });
  for (let i = 0; i < 60; i++) tree.store(i * 10, i * 10 + 9, i);
  const first = new SharedReader(tree.share());
  first[Symbol.dispose]();
  const second = new SharedReader(tree.share()); // in the same place
  first[Symbol.dispose]();
  const third = new SharedReader(tree.share());
  for (const read of [() => first.load(5), () => first.find(5)]) {
    assertEquals(assertThrows(read, MapleError).code, "EINVAL");
  }
  // Had the second lost its place, the third would have it, and one would end what the other has begun.
  third[Symbol.dispose]();
  assertEquals(second.load(55), 5);
  const words = new Int32Array(tree.share().nodes);
  const taken = words.subarray(READERS, READERS + MAX_READERS).filter((word) => word !== 0);
  assertEquals(taken.length, 1);
  second[Symbol.dispose]();
});

Deno.test("SharedReader: two workers read for ten seconds beside a writer, every answer true", async () => {
  const seconds = 10;
  const most = 6_000_000;
  const tree = new MapleTree<number>({ gaps: true, shared: true, maxNodes: 100_000 });
  const history = new SharedArrayBuffer((HISTORY + most * WRITE_WORDS) * 4);
  const words = new Int32Array(history);
  const workers = [1, 2].map(() =>
    new Worker(new URL("./shared_worker.ts", import.meta.url), { type: "module" })
  );
  try {
    const verdicts = workers.map((worker, i) =>
      new Promise<Verdict>((resolve, reject) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }: MessageEvent<Verdict>) => {
          port1.close();
          resolve(data);
        };
        worker.onerror = reject;
        const assignment: Assignment = { tree: tree.share(), history, seed: 0x1234567 * (i + 1) };
        worker.postMessage(assignment, [port2]);
      })
    );
    while (Atomics.load(words, READY) < workers.length) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    let stores = 0;
    let random = 0xbeef;
    const next = (below: number) => (random = nextKey(random)) % below;
    for (
      const end = performance.now() + seconds * 1000;
      performance.now() < end && stores < most;
    ) {
      for (let i = 0; i < 200 && stores < most; i++) {
        const first = next(KEYS);
        const last = Math.min(KEYS - 1, first + (next(40) === 0 ? next(KEYS) : next(5)));
        const value = next(3) === 0 ? 0 : ++stores;
        if (value === 0) stores++;
        const at = HISTORY + (stores - 1) * WRITE_WORDS;
        words[at] = first;
        words[at + 1] = last;
        words[at + 2] = value;
        Atomics.store(words, STARTED, stores);
        storeWhenReadersLeave(tree, first, last, value === 0 ? undefined : value);
        Atomics.store(words, ENDED, stores);
      }
      // Readers start when their worker is up: let it happen.
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    Atomics.store(words, STOP, 1);
    for (const { reads, wrong } of await Promise.all(verdicts)) {
      console.log(`${reads} reads beside ${stores} stores, ${wrong.length} wrong`);
      assertEquals(wrong, []);
      assert(reads > 10_000, "the worker hardly read");
    }
    tree.validate();
  } finally {
    for (const worker of workers) worker.terminate();
  }
});
