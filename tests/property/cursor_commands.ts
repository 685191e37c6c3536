/**
 * A state against a specification of what it does, written over a plain list of ranges: no leaf, no slot, nothing
 * that could be stale.
 *
 * The tree always holds an entry near the end of the index space, so that it has nodes: what a state does in a tree
 * without any is told by the golden boundary cases.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type MapleState, MapleTree, MAX_INDEX } from "../../mod.ts";
import { Act } from "./check.ts";
import { StateSpecification } from "./state_specification.ts";

/** The real thing: a state, and the tree that it walks. */
export interface Real {
  readonly tree: MapleTree<number>;
  readonly state: MapleState<number>;
}

/** A command. */
export type Do = Act<StateSpecification, Real>;

/** Where the entry stands that keeps the tree from having no node. */
const GUARD = 0x10000;

const index = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 60 }).map((n) => n * 0x10) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 60 * 0x10 }) },
);
const upper = fc.oneof({ weight: 2, arbitrary: fc.constant(MAX_INDEX) }, {
  weight: 1,
  arbitrary: index,
});
const lower = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: index });
const value = fc.option(fc.integer({ min: 1, max: 999 }), { nil: undefined, freq: 3 });
const length = fc.constantFrom(0x10, 0x10, 0x20, 0x8, 0x100);

function compare(
  text: string,
  model: (model: StateSpecification) => unknown,
  real: (real: Real) => unknown,
): Do {
  return new Act(text, (specification, both) => {
    assertEquals(real(both), model(specification));
    const { state } = both;
    assertEquals([state.status, state.index, state.last], [
      specification.status,
      specification.index,
      specification.last,
    ]);
    both.tree.validate();
  });
}

/** Steps that take a limit, with their names in the model and in the tree. */
const STEPS: fc.Arbitrary<Do>[] = [
  upper.map((max) => compare(`next(${max})`, (m) => m.next(max, false), (r) => r.state.next(max))),
  upper.map((max) =>
    compare(`nextRange(${max})`, (m) => m.next(max, true), (r) => r.state.nextRange(max))
  ),
  upper.map((max) => compare(`find(${max})`, (m) => m.find(max, false), (r) => r.state.find(max))),
  upper.map((max) =>
    compare(`findRange(${max})`, (m) => m.find(max, true), (r) => r.state.findRange(max))
  ),
  lower.map((min) =>
    compare(`previous(${min})`, (m) => m.previous(min, false), (r) => r.state.previous(min))
  ),
  lower.map((min) =>
    compare(
      `previousRange(${min})`,
      (m) => m.previous(min, true),
      (r) => r.state.previousRange(min),
    )
  ),
  lower.map((min) =>
    compare(
      `findReverse(${min})`,
      (m) => m.findReverse(min, false),
      (r) => r.state.findReverse(min),
    )
  ),
  lower.map((min) =>
    compare(
      `findRangeReverse(${min})`,
      (m) => m.findReverse(min, true),
      (r) => r.state.findRangeReverse(min),
    )
  ),
];

const OTHERS: fc.Arbitrary<Do>[] = [
  fc.constant(compare("walk()", (m) => m.walk(), (r) => r.state.walk())),
  fc.constant(compare("pause()", (m) => void (m.status = "pause"), (r) => r.state.pause())),
  fc.constant(compare("reset()", (m) => void (m.status = "start"), (r) => r.state.reset())),
  fc.constant(compare(
    "erase()",
    (m) => reaches(m) ? m.erase() : undefined,
    ({ state }) => reaches(state) ? state.erase() : undefined,
  )),
  fc.tuple(index, length).map(([first, size]) =>
    compare(`set(${first}, ${first + size - 1})`, (m) => {
      m.index = first;
      m.last = first + size - 1;
      m.status = "start";
    }, (r) => r.state.set(first, first + size - 1))
  ),
  value.map((held) =>
    compare(
      `store(${held})`,
      (m) => reaches(m) ? m.store(held) : undefined,
      ({ state }) => reaches(state) ? state.store(held) : undefined,
    )
  ),
  fc.tuple(index, length, value).map(([first, size, held]) =>
    compare(
      `a store elsewhere, ${first}-${first + size - 1}: ${held}`,
      (m) => m.ranges.store(first, first + size - 1, held),
      (r) => r.tree.store(first, first + size - 1, held),
    )
  ),
];

/** Whether a write through the state leaves the guard alone; one that would not is not made on either side. */
function reaches({ index, last }: { readonly index: number; readonly last: number }): boolean {
  return index < GUARD && last < GUARD;
}

/** Every command, the steps once, the rest twice. */
export const CURSOR_COMMANDS: readonly fc.Arbitrary<Do>[] = [...STEPS, ...OTHERS, ...OTHERS];

/** A tree of thirty ranges with a guard, a state on it, and what both are specified to be. */
export function cursorSetUp(gaps: boolean): { model: StateSpecification; real: Real } {
  const model = new StateSpecification();
  const tree = new MapleTree<number>({ gaps });
  for (const ranges of [model.ranges, tree]) {
    ranges.store(GUARD, GUARD + 9, -1);
    for (let i = 0; i < 60; i += 2) ranges.store(i * 0x10, i * 0x10 + 0xf, i + 1);
  }
  return { model, real: { tree, state: tree.state() } };
}
