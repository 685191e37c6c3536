/**
 * The scenarios of the regression catalogue: played on Maple while the operations on its trees are written down.
 *
 * Trees of one kind make one case, each beginning with a new tree. Of several states on one tree the first is the
 * cursor; writes through the others are plain stores.
 *
 * @module
 */

import { type Build, load, ROOT } from "../../canaries/build.ts";
import { type Scenario, Stage } from "../../regressions/scenario.ts";
import { SUITE } from "../../regressions/suite.ts";
import { AddressSpace } from "../../../src/mm/address_space.ts";
import type { MapleState } from "../../../src/tree/maple_state.ts";
import { MapleTree, type MapleTreeOptions } from "../../../src/tree/maple_tree.ts";
import { MAX_INDEX } from "../../../src/tree/node_layout.ts";
import { treeFlags } from "../answer.ts";
import { type Operation, operation, Verb } from "../../../src/kernel/operation.ts";
import type { Features } from "../../../src/kernel/protocol.ts";
import type { Case } from "./case.ts";
import { convertLogged } from "./traces.ts";

/**
 * All scenarios that act on trees.
 *
 * @param isWanted of those whose name this rejects none is played
 */
export async function scenarioCases(
  features: Features,
  isWanted: (it: Pick<Case, "group" | "name">) => boolean = () => true,
): Promise<Case[]> {
  const build = await load(ROOT);
  const mayBe = (scenario: Scenario) =>
    KINDS.some((kind) => isWanted({ group: GROUP, name: nameOf(scenario, kind) }));
  return SUITE.filter(mayBe).flatMap((scenario) => casesOf(scenario, build, features))
    .filter(isWanted);
}

const GROUP = "regression scenarios";

/** The kinds of tree that a scenario may use. */
const KINDS = [0, 1, 2, 3].map((flags) => ({
  gaps: (flags & 1) !== 0,
  readers: (flags & 2) !== 0,
}));

function nameOf({ row, name }: Scenario, { gaps, readers }: typeof KINDS[number]): string {
  return `row ${row}, ${name}${gaps ? "" : ", no gaps"}${readers ? ", readers" : ""}`;
}

/** A stage on which nothing is checked: the operations are what matters. */
class UncheckedStage extends Stage {
  override step<T>(_text: string, act: () => T): T {
    this.operations++;
    return act();
  }
}

/** What one scenario does, by kind of tree. */
class Recording {
  readonly byFlags = new Map<number, Operation[]>();
  readonly #values = new Map<unknown, number>();

  /** A list for the operations of a new tree. */
  begin({ gaps = false, rcu = false }: MapleTreeOptions): (it: Operation) => void {
    const flags = treeFlags({ gaps, readers: rcu });
    const own: Operation[] = [];
    this.#lists.push({ flags, own });
    return (it) => own.push(it);
  }

  readonly #lists: { flags: number; own: Operation[] }[] = [];

  /** A number for a value, 0 for nothing. */
  number(value: unknown): number {
    if (value === undefined) return 0;
    if (typeof value === "number" && value > 0 && value < 0x7fff_0000) return value;
    const known = this.#values.get(value) ?? 0x7fff_0000 + this.#values.size;
    this.#values.set(value, known);
    return known;
  }

  /** Puts the trees of a kind one after another. */
  end(): void {
    for (const { flags, own } of this.#lists) {
      if (own.length === 0) continue;
      const list = this.byFlags.get(flags) ?? [];
      if (list.length > 0) list.push(operation(Verb.NEW_TREE, flags));
      list.push(...own);
      this.byFlags.set(flags, list);
    }
  }
}

function casesOf(scenario: Scenario, build: Build, features: Features): Case[] {
  const recording = new Recording();
  const maple = {
    ...build.maple,
    MapleTree: recordingTree(recording),
    AddressSpace: recordingSpace(recording),
  };
  scenario.run(new UncheckedStage({ ...build, maple }));
  recording.end();
  return [...recording.byFlags].map(([flags, operations]) => {
    const kind = KINDS[flags & 3]!;
    const list = operations.filter(({ verb }) => features.rangeMoves || !RANGE_MOVES.has(verb));
    return {
      group: GROUP,
      name: nameOf(scenario, kind),
      row: scenario.row,
      options: kind,
      operations: () => list,
    };
  });
}

const RANGE_MOVES: ReadonlySet<Verb> = new Set([
  Verb.CURSOR_FIND_RANGE,
  Verb.CURSOR_FIND_RANGE_REVERSE,
  Verb.CURSOR_NEXT_RANGE,
  Verb.CURSOR_PREVIOUS_RANGE,
]);

function recordingTree(recording: Recording): typeof MapleTree {
  return class RecordingTree<V> extends MapleTree<V> {
    readonly #add: (it: Operation) => void;
    #depth = 0;
    #states = 0;

    constructor(options: MapleTreeOptions = {}) {
      super(options);
      this.#add = recording.begin(options);
    }

    /** Writes down what the caller asked for, not what that does within. */
    #record<T>(it: Operation, act: () => T): T {
      if (this.#depth === 0) this.#add(it);
      this.#depth++;
      try {
        return act();
      } finally {
        this.#depth--;
      }
    }

    override store(first: number, last: number, value: V | undefined): void {
      const it = operation(Verb.STORE, first, last, recording.number(value));
      this.#record(it, () => super.store(first, last, value));
    }

    override insert(first: number, last: number, value: V): void {
      const it = operation(Verb.INSERT, first, last, recording.number(value));
      this.#record(it, () => super.insert(first, last, value));
    }

    override erase(index: number): V | undefined {
      return this.#record(operation(Verb.ERASE, index), () => super.erase(index));
    }

    override allocate(value: V, size: number, min = 0, max = MAX_INDEX): number {
      const it = operation(Verb.ALLOCATE, min, max, size, recording.number(value));
      return this.#record(it, () => super.allocate(value, size, min, max));
    }

    override allocateReverse(value: V, size: number, min = 0, max = MAX_INDEX): number {
      const it = operation(Verb.ALLOCATE_REVERSE, min, max, size, recording.number(value));
      return this.#record(it, () => super.allocateReverse(value, size, min, max));
    }

    override clear(): void {
      this.#record(operation(Verb.STORE, 0, MAX_INDEX, 0), () => super.clear());
    }

    override state(first = 0, last = first): MapleState<V> {
      const state = super.state(first, last);
      if (this.#depth > 0) return state;
      const isCursor = this.#states++ === 0;
      if (isCursor) this.#add(operation(Verb.CURSOR_SET, first, last));
      return recordingState(state, isCursor ? this.#add : addStores(this.#add), recording);
    }
  };
}

/** Of a state that is not the cursor only its writes are kept. */
function addStores(add: (it: Operation) => void): (it: Operation, at: Place) => void {
  return ({ verb, a }, { index, last }) => {
    if (verb === Verb.CURSOR_STORE || verb === Verb.CURSOR_STORE_PREALLOCATED) {
      add(operation(Verb.STORE, index, last, a));
    } else if (verb === Verb.CURSOR_ERASE) add(operation(Verb.ERASE, index));
  };
}

interface Place {
  readonly index: number;
  readonly last: number;
}

const MOVES: Readonly<Record<string, { readonly verb: Verb; readonly limit: number }>> = {
  find: { verb: Verb.CURSOR_FIND, limit: MAX_INDEX },
  findReverse: { verb: Verb.CURSOR_FIND_REVERSE, limit: 0 },
  next: { verb: Verb.CURSOR_NEXT, limit: MAX_INDEX },
  previous: { verb: Verb.CURSOR_PREVIOUS, limit: 0 },
  findRange: { verb: Verb.CURSOR_FIND_RANGE, limit: MAX_INDEX },
  findRangeReverse: { verb: Verb.CURSOR_FIND_RANGE_REVERSE, limit: 0 },
  nextRange: { verb: Verb.CURSOR_NEXT_RANGE, limit: MAX_INDEX },
  previousRange: { verb: Verb.CURSOR_PREVIOUS_RANGE, limit: 0 },
};

/** What a call of a state's method is among the operations; undefined if it is none. */
function stateOperation(
  name: string,
  args: readonly unknown[],
  recording: Recording,
): Operation | undefined {
  const [a, b, c] = args;
  const number = (value: unknown, otherwise: number) =>
    typeof value === "number" ? value : otherwise;
  const move = MOVES[name];
  if (move !== undefined) return operation(move.verb, number(a, move.limit));
  switch (name) {
    case "set":
      return operation(Verb.CURSOR_SET, number(a, 0), number(b, number(a, 0)));
    case "walk":
    case "load":
      return operation(Verb.CURSOR_WALK);
    case "pause":
      return operation(Verb.CURSOR_PAUSE);
    case "reset":
      return operation(Verb.CURSOR_RESET);
    case "store":
      return operation(Verb.CURSOR_STORE, recording.number(a));
    case "storePreallocated":
      return operation(Verb.CURSOR_STORE_PREALLOCATED, recording.number(a));
    case "erase":
      return operation(Verb.CURSOR_ERASE);
    case "emptyArea":
      return operation(Verb.CURSOR_EMPTY_AREA, number(b, 0), number(c, MAX_INDEX), number(a, 0));
    case "emptyAreaReverse":
      return operation(
        Verb.CURSOR_EMPTY_AREA_REVERSE,
        number(b, 0),
        number(c, MAX_INDEX),
        number(a, 0),
      );
  }
  return undefined;
}

/** A state whose calls are written down. Methods run on the state itself, which has private fields. */
function recordingState<V>(
  state: MapleState<V>,
  add: (it: Operation, at: Place) => void,
  recording: Recording,
): MapleState<V> {
  return new Proxy(state, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        const it = stateOperation(String(key), args, recording);
        const at = { index: target.index, last: target.last };
        // The kernel's search would go on from where the state stands.
        if (String(key).startsWith("emptyArea")) add(operation(Verb.CURSOR_RESET), at);
        if (it !== undefined) add(it, at);
        return member.apply(target, args);
      };
    },
    set(target, key, value) {
      return Reflect.set(target, key, value, target);
    },
  });
}

function recordingSpace(recording: Recording): typeof AddressSpace {
  return class RecordingSpace extends AddressSpace {
    constructor(...args: ConstructorParameters<typeof AddressSpace>) {
      super(...args);
      const add = recording.begin({ gaps: true });
      const numbers = new Map<unknown, number>();
      this.treeObserver = (name, first, last, value) => {
        const number = numberOf(numbers, value);
        add(convertLogged({ operation: name, first, last, value: number }, false));
      };
    }
  };
}

/** A number for a VMA; a number is itself. */
function numberOf(numbers: Map<unknown, number>, value: unknown): number {
  if (typeof value === "number") return value;
  if (value === undefined) return 0;
  const number = numbers.get(value) ?? numbers.size + 1;
  numbers.set(value, number);
  return number;
}
