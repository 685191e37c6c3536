/** Our own tree, with gap tracking. */

import { type MapleState, MapleTree } from "../../mod.ts";
import { execute } from "../operations.ts?maple";
import { mix, type Peer, type RangeMap } from "./range_map.ts";

class Maple implements RangeMap {
  readonly #tree: MapleTree<number>;
  readonly #state: MapleState<number>;

  constructor(tree: MapleTree<number>) {
    this.#tree = tree;
    this.#state = tree.state(0);
  }

  store(first: number, last: number, value: number): void {
    this.#tree.store(first, last, value);
  }

  clear(first: number, last: number): void {
    this.#tree.store(first, last, undefined);
  }

  load(index: number): number {
    return this.#tree.load(index) ?? 0;
  }

  find(index: number, max: number): number {
    this.#state.set(index);
    return this.#state.find(max) === undefined ? -1 : this.#state.index;
  }

  next(index: number, max: number): number {
    this.#state.set(index);
    return this.#state.next(max) === undefined ? -1 : this.#state.index;
  }

  previous(index: number, min: number): number {
    this.#state.set(index);
    return this.#state.previous(min) === undefined ? -1 : this.#state.index;
  }

  lowestGap(size: number, min: number, max: number): number {
    return this.#tree.emptyArea(size, min, max) ?? -1;
  }

  highestGap(size: number, min: number, max: number): number {
    return this.#tree.emptyAreaReverse(size, min, max) ?? -1;
  }

  checksum(): number {
    const state = this.#state;
    let checksum = 0;
    state.set(0);
    // Without a limit, as the kernel's loop has the largest index in its code: here it stands in that of the state.
    for (let value = state.find(); value !== undefined; value = state.next()) {
      checksum = mix(checksum, state.index, state.last, value);
    }
    return checksum;
  }

  duplicate(): RangeMap {
    return new Maple(this.#tree.duplicate());
  }
}

/** The baseline of every group. */
export const maple: Peer = {
  name: "maple",
  alsoIn: ["recorded", "touching", "million", "million built"],
  scansForGaps: false,
  execute,
  create: () => new Maple(new MapleTree<number>({ gaps: true })),
};
