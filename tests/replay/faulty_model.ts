/**
 * A model with faults, for tests of what finds and reduces faults: planted in the running classes, not in a copy of
 * the source, so that it takes no time.
 *
 * @module
 */

import { AddressSpace } from "../../src/mm/address_space.ts";
import { MapleTree } from "../../src/tree/maple_tree.ts";

/** Where something must be mapped for the fault of {@linkcode withLostCount} to show, unless it is told otherwise. */
export const NEEDED = 0x40_0000;

/** Runs `act` while methods of a class are replaced. */
async function replaced<T>(
  prototype: object,
  methods: Readonly<Record<string, unknown>>,
  act: () => T | Promise<T>,
): Promise<T> {
  const own = Object.fromEntries(
    Object.keys(methods).map((name) => [name, Reflect.get(prototype, name)]),
  );
  Object.assign(prototype, methods);
  try {
    return await act();
  } finally {
    Object.assign(prototype, own);
  }
}

/**
 * Runs `act` on a model whose `munlockall` loses count of the committed pages, so that a rule is broken from then on,
 * where `shows` says so; whose `mlockall` counts them right again; and whose `msync` throws what no call may throw.
 */
export function withLostCount<T>(
  act: () => T | Promise<T>,
  shows: (space: AddressSpace) => boolean = (space) =>
    space.descriptor.tree.load(NEEDED) !== undefined,
): Promise<T> {
  const lost = new WeakSet<AddressSpace>();
  return replaced(AddressSpace.prototype, {
    munlockall(this: AddressSpace) {
      if (!shows(this) || lost.has(this)) return;
      lost.add(this);
      this.descriptor.committedPages++;
    },
    mlockall(this: AddressSpace) {
      if (lost.delete(this)) this.descriptor.committedPages--;
    },
    msync(address: number) {
      throw new Error(`No leaf holds index ${address}`);
    },
  }, act);
}

/** What a tree says that forgot something, if it is asked by the shrinker. */
export const FORGOTTEN = "the tree does not hold what it was told to";

/**
 * Runs `act` on trees that lose a store that `isLost` names, and a model that fails with {@linkcode FORGOTTEN} in
 * `method`.
 */
export function withLosingTree<T>(
  method: "munlockall" | "exit" | "exec",
  isLost: (first: number, last: number, value: unknown) => boolean,
  act: () => T | Promise<T>,
): Promise<T> {
  const { store } = MapleTree.prototype;
  const losing = {
    store(this: MapleTree<unknown>, first: number, last: number, value: unknown) {
      if (!isLost(first, last, value)) Reflect.apply(store, this, [first, last, value]);
    },
  };
  const own = Reflect.get(AddressSpace.prototype, method);
  const failing = {
    [method](this: AddressSpace, ...args: unknown[]) {
      Reflect.apply(own, this, args);
      throw new Error(FORGOTTEN);
    },
  };
  return replaced(
    MapleTree.prototype,
    losing,
    () => replaced(AddressSpace.prototype, failing, act),
  );
}
