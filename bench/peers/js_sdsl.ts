/** `js-sdsl`: `OrderedMap`, a red-black tree with the interface of C++'s `std::map`. */

import { OrderedMap } from "js-sdsl";
import { execute } from "../operations.ts?js-sdsl";
import type { Peer, Range, RangeMap } from "./range_map.ts";
import { RangeTree } from "./range_tree.ts?js-sdsl";

class JsSdsl extends RangeTree {
  readonly #map = new OrderedMap<number, Range>([], (a, b) => a - b);

  protected floor(index: number): Range | undefined {
    const at = this.#map.reverseLowerBound(index);
    return at.isAccessible() ? at.pointer[1] : undefined;
  }

  protected higher(index: number): Range | undefined {
    const at = this.#map.upperBound(index);
    return at.isAccessible() ? at.pointer[1] : undefined;
  }

  protected insert(range: Range): void {
    this.#map.setElement(range.first, range);
  }

  protected remove(range: Range): void {
    this.#map.eraseElementByKey(range.first);
  }

  protected override *descending(index: number): Iterable<Range> {
    const at = this.#map.reverseLowerBound(index);
    if (!at.isAccessible()) return;
    const first = this.#map.begin();
    for (yield at.pointer[1]; !at.equals(first);) {
      at.pre(); // throws before the first
      yield at.pointer[1];
    }
  }

  protected forEach(visit: (range: Range) => void): void {
    this.#map.forEach(([, range]) => visit(range));
  }
}

/** The standard-library-like collection. */
export const jsSdsl: Peer = {
  name: "js-sdsl",
  alsoIn: [],
  scansForGaps: true,
  execute,
  create: (): RangeMap => new JsSdsl(),
};
