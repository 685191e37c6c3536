/**
 * The scheduler behind the tests of readers beside a writer; see `readers_test.ts`.
 *
 * It works on any build of the tree: the module is a parameter, so that a build that was broken on purpose
 * can be shown to fail.
 *
 * @module
 */

import type * as Maple from "../../../mod.ts";
import { NaiveRangeMap } from "../../naive_range_map.ts";
import { Random } from "../../random.ts";
import type { poolOf } from "../../../src/tree/maple_tree.ts";

/** A build of the tree: its public module, and the way to its nodes. */
export interface TreeBuild {
  readonly maple: typeof Maple;
  readonly tree: { readonly poolOf: typeof poolOf };
}

type Tree = Maple.MapleTree<number>;
type State = Maple.MapleState<number>;

/** A store: a range and its value, nothing if undefined. */
interface Write {
  readonly first: number;
  readonly last: number;
  readonly value: number | undefined;
}

/** What a reader saw of a range: its value, or that it is empty. */
interface Sight extends Write {
  /** Stores that were complete when the read began. */
  readonly from: number;
  /** Stores that had begun when it ended. */
  readonly to: number;
}

/** One index stands for a page; a domain small enough to check index by index. */
const DOMAIN = 400;

/** A tree with readers, its history, and the number of the access at which the other side runs. */
class Scene {
  readonly tree: Tree;
  /** The state of every index after each store: `history[n]` after n stores. */
  readonly history: (number | undefined)[][] = [];
  #pause = -1;
  #accesses = 0;
  #other: () => void = () => {};
  /** Stores that have begun and that are complete. */
  begun = 0;
  done = 0;

  constructor(build: TreeBuild, writes: readonly Write[]) {
    this.tree = new build.maple.MapleTree<number>({ gaps: true, rcu: true });
    const naive = new NaiveRangeMap<number>();
    for (const { first, last, value } of writes) {
      this.tree.store(first, last, value);
      naive.store(first, last, value);
    }
    this.history.push(snapshot(naive));
    const pool = build.tree.poolOf(this.tree);
    pool.poison = true;
    // Room for all that follows: a pool that grows would get new arrays, without the proxy.
    pool.ensure(512);
    pool.words = this.#watch(pool.words);
    pool.doubles = this.#watch(pool.doubles);
    this.#naive = naive;
  }

  #naive: NaiveRangeMap<number>;

  /** Runs `body`, and `other` at its access number `pause`; tells how many accesses `body` made. */
  during(body: () => void, pause: number, other: () => void): number {
    this.#pause = pause;
    this.#accesses = 0;
    this.#other = other;
    body();
    this.#pause = -1;
    return this.#accesses;
  }

  /** Stores, and keeps the history. */
  write({ first, last, value }: Write): void {
    this.#naive.store(first, last, value);
    this.history.push(snapshot(this.#naive));
    this.begun++;
    this.tree.store(first, last, value);
    this.done++;
  }

  /** Fails unless every index of what was seen was so at some time of the read. */
  check(sight: Sight): void {
    if (!(sight.first <= sight.last)) throw new Error(`seen an impossible range ${show(sight)}`);
    for (let index = sight.first; index <= Math.min(sight.last, DOMAIN - 1); index++) {
      const states = this.history.slice(sight.from, sight.to + 1);
      if (!states.some((state) => state[index] === sight.value)) {
        throw new Error(
          `index ${index} of ${
            show(sight)
          } was never so between store ${sight.from} and ${sight.to}`,
        );
      }
    }
  }

  #watch<T extends Int32Array | Float64Array>(array: T): T {
    const access = () => {
      if (this.#accesses++ !== this.#pause) return;
      this.#pause = -1;
      const accesses = this.#accesses;
      this.#other();
      this.#accesses = accesses;
    };
    return new Proxy(array, {
      get(target, key) {
        const value = Reflect.get(target, key, target);
        if (typeof value === "function") return value.bind(target);
        if (typeof key === "string" && key !== "length") access();
        return value;
      },
      set(target, key, value) {
        access();
        return Reflect.set(target, key, value, target);
      },
    });
  }
}

function snapshot(naive: NaiveRangeMap<number>): (number | undefined)[] {
  return Array.from({ length: DOMAIN }, (_, index) => naive.load(index));
}

function show({ first, last, value }: Write): string {
  return `${first}-${last}: ${value}`;
}

/** A read that goes on from where its state stands: what one call of the cursor tells, as sights. */
type Read = (state: State) => Write[];

const step = (move: (state: State) => number | undefined, upwards: boolean): Read => (state) => {
  const before = { first: state.index, last: state.last };
  const value = move(state);
  const seen = { first: state.index, last: state.last, value };
  if (value === undefined) return [];
  // What was passed over on the way was empty.
  const passed = upwards
    ? { first: before.last + 1, last: state.index - 1, value: undefined }
    : { first: state.last + 1, last: before.first - 1, value: undefined };
  return passed.first <= passed.last ? [passed, seen] : [seen];
};

const READS: readonly Read[] = [
  (state) => {
    const index = state.index;
    const value = state.walk();
    return [{ first: index, last: index, value }, { first: state.index, last: state.last, value }];
  },
  step((state) => state.next(DOMAIN), true),
  step((state) => state.previous(0), false),
];

/** Reads under protection and checks what was seen, whatever stores ran meanwhile. */
function readChecked(scene: Scene, state: State, read: Read, around: (body: () => void) => void) {
  const from = scene.done;
  let seen: Write[] = [];
  around(() => seen = read(state));
  for (const sight of seen) scene.check({ ...sight, from, to: scene.begun });
}

/** Entries of two indices each with one free between, so that stores of every kind have something to do. */
function entries(count: number): Write[] {
  return Array.from(
    { length: count },
    (_, i) => ({ first: i * 3, last: i * 3 + 1, value: i + 1 }),
  );
}

/** One store of each kind into a tree of `entries(count)`. */
function storesOfEachKind(count: number): Write[] {
  const middle = Math.floor(count / 2) * 3;
  return [
    { first: middle, last: middle + 1, value: 1001 }, // exact
    { first: middle + 2, last: middle + 2, value: 1002 }, // fills a free slot
    { first: middle, last: middle, value: 1003 }, // one slot more
    { first: middle, last: middle + 1, value: undefined }, // joins empty neighbours
    { first: Math.max(0, middle - 7), last: middle + 9, value: 1004 }, // swallows entries, may leave too little
    { first: 4, last: Math.max(5, count * 3 - 5), value: 1005 }, // spans
    { first: 4, last: Math.max(5, count * 3 - 5), value: undefined }, // spans and empties
    { first: 0, last: Number.MAX_SAFE_INTEGER, value: undefined }, // everything
  ];
}

const SIZES = [1, 2, 5, 8, 20, 60, 110];

/** Where readers stand at first, in a tree of `entries(size)`. */
function places(size: number): number[] {
  return [...new Set([0, Math.floor(size / 2) * 3, size * 3 - 3])];
}

/** Pauses one read, begun at `place`, at each of its accesses in turn. */
function pauseReader(
  build: TreeBuild,
  size: number,
  read: Read,
  writes: readonly Write[],
  place: number,
): number {
  let accesses = 1;
  let pause = 0;
  for (; pause < accesses; pause++) {
    const scene = new Scene(build, entries(size));
    using reader = scene.tree.read();
    const state = reader.state(place);
    readChecked(scene, state, READS[0]!, (body) => body());
    readChecked(scene, state, read, (body) => {
      accesses = scene.during(body, pause, () => writes.forEach((w) => scene.write(w)));
    });
    // It goes on afterwards, twice, on whatever it still holds.
    readChecked(scene, state, read, (body) => body());
    readChecked(scene, state, READS[1]!, (body) => body());
  }
  return pause;
}

/** Pauses a reader at each of its accesses and lets one or two stores of each kind run there. */
export function exploreReaders(build: TreeBuild): number {
  let cases = 0;
  for (const size of SIZES) {
    const kinds = storesOfEachKind(size);
    for (const read of READS) {
      for (const [k, write] of kinds.entries()) {
        const second = kinds[(k + 3) % kinds.length]!;
        for (const writes of [[write], [write, second]]) {
          for (const place of places(size)) cases += pauseReader(build, size, read, writes, place);
        }
      }
    }
  }
  return cases;
}

/** Pauses one store at each of its accesses in turn; a reader stands at `place`, another comes anew. */
function pauseWriter(build: TreeBuild, size: number, write: Write, place: number): number {
  let accesses = 1;
  let pause = 0;
  for (; pause < accesses; pause++) {
    const scene = new Scene(build, entries(size));
    using reader = scene.tree.read();
    const state = reader.state(place);
    readChecked(scene, state, READS[0]!, (body) => body());
    accesses = scene.during(() => scene.write(write), pause, () => {
      using fresh = scene.tree.read();
      const at = fresh.state(write.first);
      readChecked(scene, at, READS[0]!, (body) => body());
      readChecked(scene, at, READS[1]!, (body) => body());
      readChecked(scene, state, READS[1]!, (body) => body());
    });
    readChecked(scene, state, READS[1]!, (body) => body());
    readChecked(scene, state, READS[2]!, (body) => body());
  }
  return pause;
}

/** Pauses a store of each kind at each of its accesses and lets two readers run there. */
export function exploreWriters(build: TreeBuild): number {
  let cases = 0;
  for (const size of SIZES) {
    for (const write of storesOfEachKind(size)) {
      for (const place of places(size)) cases += pauseWriter(build, size, write, place);
    }
  }
  return cases;
}

/** Random trees, several readers with positions of their own, random stores between and inside their reads. */
export function randomInterleavings(build: TreeBuild, seed: number, rounds: number): number {
  let cases = 0;
  for (let round = 0; round < rounds; round++) {
    const random = new Random(seed + round);
    const write = (): Write => {
      const first = random.below(DOMAIN - 1);
      const length = random.chance(0.1) ? random.between(20, DOMAIN) : random.between(1, 5);
      return {
        first,
        last: Math.min(DOMAIN - 1, first + length - 1),
        value: random.chance(0.35) ? undefined : random.between(1, 1_000_000),
      };
    };
    const scene = new Scene(build, Array.from({ length: random.between(1, 300) }, write));
    const readers = Array.from({ length: 3 }, () => {
      const reader = scene.tree.read();
      const state = reader.state(random.below(DOMAIN));
      readChecked(scene, state, READS[0]!, (body) => body());
      return { reader, state };
    });
    for (let i = 0; i < 40; i++, cases++) {
      const { state } = random.pick(readers);
      const read = random.pick(READS);
      const pause = random.below(60);
      if (random.chance(0.5)) {
        const stores = random.between(1, 4);
        readChecked(scene, state, read, (body) => {
          scene.during(body, pause, () => {
            for (let n = 0; n < stores; n++) scene.write(write());
          });
        });
      } else {
        scene.during(() => scene.write(write()), random.below(300), () => {
          readChecked(scene, state, read, (body) => body());
        });
      }
    }
    for (const { reader } of readers) reader[Symbol.dispose]();
    scene.tree.validate();
  }
  return cases;
}
