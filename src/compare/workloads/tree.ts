/**
 * A list of operations on a maple tree, through the public API alone, step by step.
 *
 * This is the loop that is timed. Each side has its own copy of the module: one copy for both would see
 * two classes at each call, and the side that comes second would look slower than it is.
 *
 * @module
 */

import { Verb } from "../../../bench/operations.ts";
import type { Operations } from "../../../bench/peers/range_map.ts";
import { type MapleState, MapleTree, MAX_INDEX, type TreeStatistics } from "../../../mod.ts";
import type { Counters, Workload } from "./workload.ts";

/** Ranges to fill a tree with; `undefined` leaves it empty. */
export type Filling = { readonly firsts: Float64Array; readonly lasts: Float64Array } | undefined;

/** Performs operations on a tree that is filled anew whenever the list begins again. */
export class TreeWorkload implements Workload {
  readonly length: number;
  readonly #operations: Operations;
  readonly #filling: Filling;
  #tree = new MapleTree<number>({ gaps: true });
  #state: MapleState<number> = this.#tree.state(0);

  /** Prepares the list; call {@linkcode fresh} before {@linkcode run}. */
  constructor(operations: Operations, filling: Filling) {
    this.length = operations.length;
    this.#operations = operations;
    this.#filling = filling;
  }

  /** A new tree, filled. */
  fresh(): void {
    const tree = new MapleTree<number>({ gaps: true });
    const count = this.#filling?.firsts.length ?? 0;
    for (let i = 0; i < count; i++) {
      tree.store(this.#filling!.firsts[i]!, this.#filling!.lasts[i]!, i + 1);
    }
    this.#tree = tree;
    this.#state = tree.state(0);
  }

  /** Performs operations `from` up to but not including `to`; a hash of what they answered. */
  run(from: number, to: number): number {
    const { verbs, as, bs, cs } = this.#operations;
    const tree = this.#tree;
    let hash = 0;
    for (let i = from; i < to; i++) {
      let answer = 0;
      switch (verbs[i]) {
        case Verb.LOAD:
          answer = tree.load(as[i]!) ?? 0;
          break;
        case Verb.FIND:
          answer = tree.find(as[i]!, bs[i]!)?.first ?? -1;
          break;
        case Verb.STORE:
          tree.store(as[i]!, bs[i]!, cs[i]!);
          break;
        case Verb.CLEAR:
          tree.store(as[i]!, bs[i]!, undefined);
          break;
        case Verb.GAP:
          answer = this.#gap(true, i);
          break;
        case Verb.LOW_GAP:
          answer = this.#gap(false, i);
          break;
        case Verb.ITERATE:
          answer = this.#iterate();
          break;
        case Verb.NEXT:
          answer = tree.next(as[i]!, bs[i]!)?.first ?? -1;
          break;
        case Verb.PREVIOUS:
          answer = tree.previous(as[i]!, bs[i]!)?.first ?? -1;
          break;
      }
      hash = (Math.imul(hash, 31) + answer % 0x7fff_ffff) | 0;
    }
    return hash;
  }

  /** The exact counts so far, and what the tree is made of. A version without them has none. */
  counters(): Counters {
    const statistics: Partial<TreeStatistics> & { readonly work?: Counters } = this.#tree
      .statistics();
    const { counters, work, nodes, height, bytes } = statistics;
    return { ...(counters ?? work), ...definedOnly({ nodes, height, bytes }) };
  }

  /** Every range and its value. */
  contents(): number {
    return this.#iterate();
  }

  /** The operation, as a reader would write it. */
  describe(step: number): string {
    const { verbs, as, bs, cs } = this.#operations;
    const [a, b, c] = [as[step]!, bs[step]!, cs[step]!];
    const name = Object.entries(Verb).find(([, verb]) => verb === verbs[step])?.[0] ?? "?";
    const word = name.toLowerCase().replace("_", " ");
    switch (verbs[step]) {
      case Verb.ITERATE:
        return word;
      case Verb.LOAD:
        return `${word} ${hex(a)}`;
      case Verb.GAP:
      case Verb.LOW_GAP:
        return `${word} of ${hex(a)} in ${hex(b)}-${hex(c)}`;
      default:
        return `${word} ${hex(a)}-${hex(b)}`;
    }
  }

  #gap(isHighest: boolean, i: number): number {
    const { as, bs, cs } = this.#operations;
    try {
      const first = isHighest
        ? this.#tree.emptyAreaReverse(as[i]!, bs[i]!, cs[i]!)
        : this.#tree.emptyArea(as[i]!, bs[i]!, cs[i]!);
      return first ?? -1;
    } catch (error) {
      // Versions before `undefined` was the answer.
      if (error instanceof Error && "code" in error && error.code === "EBUSY") return -1;
      throw error;
    }
  }

  #iterate(): number {
    const state = this.#state;
    let sum = 0;
    state.set(0);
    for (
      let value = state.find(MAX_INDEX);
      value !== undefined;
      value = state.next(MAX_INDEX)
    ) sum = (Math.imul(sum, 31) + state.index % 0x7fff_ffff + state.last % 8_191 + value) | 0;
    return sum;
  }
}

function definedOnly(values: Record<string, number | undefined>): Record<string, number> {
  const entries = Object.entries(values);
  return Object.fromEntries(
    entries.flatMap(([name, value]) => value === undefined ? [] : [[name, value]]),
  );
}

/** A copy of `abi/hex.ts`, which older commits lack: nothing but `mod.ts` is imported from a side. */
function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
