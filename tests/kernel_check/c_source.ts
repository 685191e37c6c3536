/**
 * A list of operations as a test in C, for the kernel's own suite, and as one of ours.
 *
 * @module
 */

import { MAX_INDEX } from "../../src/tree/node_layout.ts";
import {
  BESIDE_VALUE,
  isOnCursor,
  type Operation,
  showNumber,
  Verb,
} from "../../src/kernel/operation.ts";
import type { Answer, ReferenceOptions } from "./answer.ts";
import type { DifferenceKind } from "./difference.ts";
import { Reference } from "./reference.ts";

/**
 * The C test: a function to call from `maple_tree_seed()` with an empty tree.
 *
 * @param kind what goes wrong, where the test's own lines do not tell
 */
export function cTest(
  operations: readonly Operation[],
  options: ReferenceOptions,
  kind?: DifferenceKind,
): string {
  const reference = new Reference(options);
  const lines = operations.map((it) => cStatement(it, reference.answer(it)));
  const flags = [options.gaps && "MT_FLAGS_ALLOC_RANGE", options.readers && "MT_FLAGS_USE_RCU"]
    .filter((flag) => flag !== false).join(" | ") || "0";
  const usesCursor = operations.some(({ verb }) => isOnCursor(verb));
  const usesState = operations.some(({ verb }) => STATE_CALLS[verb] !== undefined);
  const usesStart = operations.some(({ verb }) => ALLOCATIONS.has(verb));
  const declarations = [
    ...(usesCursor ? ["\tMA_STATE(mas, mt, 0, 0);"] : []),
    ...(usesState ? ["\tMA_STATE(other, mt, 0, 0);"] : []),
    ...(usesStart ? ["\tunsigned long start;"] : []),
  ];
  return [
    "static noinline void __init check_found_by_maple(struct maple_tree *mt)",
    "{",
    ...declarations,
    ...(declarations.length > 0 ? [""] : []),
    `\tmt_init_flags(mt, ${flags});`,
    ...lines.flatMap((line) => line.split("\n")).map((line) => `\t${line}`),
    "\tmt_validate(mt);",
    ...contentChecks(reference).map((line) => `\t${line}`),
    "\tmtree_destroy(mt);",
    // Which no function of the tree tells.
    ...(kind === "leak"
      ? [
        "\t/* Every node is to be free now: in tools/testing, nr_allocated is what it was before. */",
      ]
      : []),
    "}",
  ].join("\n");
}

const ALLOCATIONS: ReadonlySet<Verb> = new Set([Verb.ALLOCATE, Verb.ALLOCATE_REVERSE]);

/** Calls on a state of their own: the function, and what its operands are. */
const STATE_CALLS: Partial<Record<Verb, string>> = {
  [Verb.ERASE]: "mas_erase",
  [Verb.WALK]: "mas_walk",
  [Verb.FIND]: "mas_find",
  [Verb.FIND_REVERSE]: "mas_find_rev",
  [Verb.NEXT]: "mas_next",
  [Verb.PREVIOUS]: "mas_prev",
  [Verb.EMPTY_AREA]: "mas_empty_area",
  [Verb.EMPTY_AREA_REVERSE]: "mas_empty_area_rev",
  [Verb.STORE_PREALLOCATED]: "mas_preallocate",
};

const CURSOR_CALLS: Partial<Record<Verb, string>> = {
  [Verb.CURSOR_WALK]: "mas_walk(&mas)",
  [Verb.CURSOR_FIND]: "mas_find(&mas, LIMIT)",
  [Verb.CURSOR_FIND_REVERSE]: "mas_find_rev(&mas, LIMIT)",
  [Verb.CURSOR_NEXT]: "mas_next(&mas, LIMIT)",
  [Verb.CURSOR_PREVIOUS]: "mas_prev(&mas, LIMIT)",
  [Verb.CURSOR_FIND_RANGE]: "mas_find_range(&mas, LIMIT)",
  [Verb.CURSOR_FIND_RANGE_REVERSE]: "mas_find_range_rev(&mas, LIMIT)",
  [Verb.CURSOR_NEXT_RANGE]: "mas_next_range(&mas, LIMIT)",
  [Verb.CURSOR_PREVIOUS_RANGE]: "mas_prev_range(&mas, LIMIT)",
};

function cNumber(number: number): string {
  return number === MAX_INDEX ? "ULONG_MAX" : showNumber(number);
}

function cValue(value: number): string {
  return value === 0 ? "NULL" : `xa_mk_value(${value})`;
}

function cError(error: number): string {
  const names = new Map([[-12, "-ENOMEM"], [-16, "-EBUSY"], [-17, "-EEXIST"], [-22, "-EINVAL"]]);
  return error === 0 ? "0" : names.get(error) ?? String(error);
}

function expectThat(call: string, value: string): string {
  return `MT_BUG_ON(mt, ${call} != ${value});`;
}

/** One operation, and that it answers what it must. */
function cStatement(it: Operation, answer: Answer): string {
  if (isOnCursor(it.verb)) return cursorStatement(it, answer);
  const [a, b] = [cNumber(it.a), cNumber(it.b)];
  switch (it.verb) {
    case Verb.STORE: {
      const call = `mtree_store_range(mt, ${a}, ${b}, ${cValue(it.c)}, GFP_KERNEL)`;
      return expectThat(call, cError(answer.error));
    }
    case Verb.INSERT: {
      const call = `mtree_insert_range(mt, ${a}, ${b}, ${cValue(it.c)}, GFP_KERNEL)`;
      return expectThat(call, cError(answer.error));
    }
    case Verb.LOAD:
      return expectThat(`mtree_load(mt, ${a})`, cValue(answer.value));
    case Verb.ALLOCATE:
    case Verb.ALLOCATE_REVERSE: {
      const name = it.verb === Verb.ALLOCATE ? "mtree_alloc_range" : "mtree_alloc_rrange";
      const sizes = `${showNumber(it.c)}, ${a}, ${b}`;
      const call = `${name}(mt, &start, ${cValue(it.d)}, ${sizes}, GFP_KERNEL)`;
      const checked = expectThat(call, cError(answer.error));
      return answer.error === 0
        ? `${checked}\n${expectThat("start", cNumber(answer.first))}`
        : checked;
    }
    case Verb.STORE_BESIDE: {
      const call = `mtree_store_range(mt, ${a}, ${b}, ${cValue(it.c)}, GFP_KERNEL)`;
      const other = cNumber(it.d);
      return `/* Another writer stores ${
        cValue(BESIDE_VALUE)
      } at ${other} while this one waits for memory. */\n` +
        expectThat(call, cError(answer.error));
    }
    case Verb.DUPLICATE:
      return "/* Here the tree was replaced by its copy: mtree_dup(). */";
  }
  return stateStatement(it, answer);
}

function stateStatement(it: Operation, answer: Answer): string {
  const name = STATE_CALLS[it.verb] ?? "mas_walk";
  const [a, b] = [cNumber(it.a), cNumber(it.b)];
  switch (it.verb) {
    case Verb.EMPTY_AREA:
    case Verb.EMPTY_AREA_REVERSE: {
      const call = `${name}(&other, ${a}, ${b}, ${showNumber(it.c)})`;
      const found = answer.error === 0
        ? `\n${expectThat("other.index", cNumber(answer.first))}`
        : "";
      return `mas_set(&other, 0);\n${expectThat(call, cError(answer.error))}${found}`;
    }
    case Verb.STORE_PREALLOCATED:
      return [
        `mas_set_range(&other, ${a}, ${b});`,
        "mas_lock(&other);",
        expectThat(`mas_preallocate(&other, ${cValue(it.c)}, GFP_KERNEL)`, "0"),
        `mas_store_prealloc(&other, ${cValue(it.c)});`,
        "mas_unlock(&other);",
      ].join("\n");
    case Verb.ERASE:
      return [
        `mas_set(&other, ${a});`,
        "mas_lock(&other);",
        expectThat("mas_erase(&other)", cValue(answer.value)),
        "mas_unlock(&other);",
      ].join("\n");
    case Verb.WALK:
      return read(`mas_set(&other, ${a});`, "mas_walk(&other)", answer, "other");
  }
  return read(`mas_set(&other, ${a});`, `${name}(&other, ${b})`, answer, "other");
}

/** A read, within a read section, and where the state stands if it found something. */
function read(before: string, call: string, answer: Answer, state: string): string {
  return [
    ...(before === "" ? [] : [before]),
    "rcu_read_lock();",
    expectThat(call, cValue(answer.value)),
    "rcu_read_unlock();",
    ...(answer.value === 0 ? [] : [
      expectThat(`${state}.index`, cNumber(answer.first)),
      expectThat(`${state}.last`, cNumber(answer.last)),
    ]),
  ].join("\n");
}

function cursorStatement(it: Operation, answer: Answer): string {
  const move = CURSOR_CALLS[it.verb];
  if (move !== undefined) return read("", move.replace("LIMIT", cNumber(it.a)), answer, "mas");
  switch (it.verb) {
    case Verb.CURSOR_SET:
      return `mas_set_range(&mas, ${cNumber(it.a)}, ${cNumber(it.b)});`;
    case Verb.CURSOR_PAUSE:
      return "mas_pause(&mas);";
    case Verb.CURSOR_RESET:
      return "mas_reset(&mas);";
    case Verb.CURSOR_EMPTY_AREA:
    case Verb.CURSOR_EMPTY_AREA_REVERSE: {
      const name = it.verb === Verb.CURSOR_EMPTY_AREA ? "mas_empty_area" : "mas_empty_area_rev";
      const call = `${name}(&mas, ${cNumber(it.a)}, ${cNumber(it.b)}, ${showNumber(it.c)})`;
      return expectThat(call, cError(answer.error));
    }
    case Verb.CURSOR_RESERVE:
      return locked([
        expectThat(`mas_expected_entries(&mas, ${it.a})`, "0"),
        expectThat(`mas_expected_entries(&mas, ${it.b})`, "0"),
        "mas_destroy(&mas);",
      ].join("\n"));
    case Verb.CURSOR_STORE:
      return locked(expectThat(`mas_store_gfp(&mas, ${cValue(it.a)}, GFP_KERNEL)`, "0"));
    case Verb.CURSOR_STORE_PREALLOCATED:
      return locked([
        expectThat(`mas_preallocate(&mas, ${cValue(it.a)}, GFP_KERNEL)`, "0"),
        `mas_store_prealloc(&mas, ${cValue(it.a)});`,
      ].join("\n"));
  }
  return locked(expectThat("mas_erase(&mas)", cValue(answer.value)));
}

function locked(statement: string): string {
  return `mas_lock(&mas);\n${statement}\nmas_unlock(&mas);`;
}

/** What the tree must hold in the end, by lookups at both ends of every range. */
function contentChecks({ naive }: Reference): string[] {
  const checks: string[] = [];
  for (const { first, last, value } of naive) {
    for (const index of new Set([first, last])) {
      checks.push(expectThat(`mtree_load(mt, ${cNumber(index)})`, cValue(value)));
    }
  }
  return checks.slice(0, 40);
}

/** The same for Maple: a test that runs in this suite. */
export function mapleTest(operations: readonly Operation[], options: ReferenceOptions): string {
  const reference = new Reference(options);
  for (const it of operations) reference.answer(it);
  const made = `{ gaps: ${options.gaps}, rcu: ${options.readers} }`;
  const usesCursor = operations.some(({ verb }) => isOnCursor(verb));
  const entries = Array.from(
    reference.naive,
    ({ first, last, value }) =>
      `    { first: ${mapleNumber(first)}, last: ${mapleNumber(last)}, value: ${value} },`,
  );
  return [
    'Deno.test("MapleTree: what the kernel\'s tree did otherwise", () => {',
    `  const tree = new MapleTree<number>(${made});`,
    ...(usesCursor ? ["  const state = tree.state();"] : []),
    ...operations.map((it) => `  ${mapleStatement(it)}`),
    "  tree.validate();",
    "  assertEquals([...tree], [",
    ...entries,
    "  ]);",
    "});",
  ].join("\n");
}

function mapleNumber(number: number): string {
  return number === MAX_INDEX ? "MAX_INDEX" : `0x${number.toString(16)}`;
}

function mapleStatement({ verb, a, b, c, d }: Operation): string {
  const [first, second] = [mapleNumber(a), mapleNumber(b)];
  const held = (value: number) => value === 0 ? "undefined" : String(value);
  const area = `${mapleNumber(c)}, ${first}, ${second}`;
  switch (verb) {
    case Verb.STORE:
      return `tree.store(${first}, ${second}, ${held(c)});`;
    case Verb.STORE_PREALLOCATED:
      return `{ const it = tree.state(${first}, ${second}); it.preallocate(${held(c)}); ` +
        `it.storePreallocated(${held(c)}); }`;
    case Verb.STORE_BESIDE:
      return `tree.store(${first}, ${second}, ${held(c)}); tree.store(${mapleNumber(d)}, ${
        mapleNumber(d)
      }, ${BESIDE_VALUE});`;
    case Verb.INSERT:
      return `tree.insert(${first}, ${second}, ${c});`;
    case Verb.ERASE:
      return `tree.erase(${first});`;
    case Verb.ALLOCATE:
      return `tree.allocate(${d}, ${area});`;
    case Verb.ALLOCATE_REVERSE:
      return `tree.allocateReverse(${d}, ${area});`;
    case Verb.EMPTY_AREA:
      return `tree.emptyArea(${area});`;
    case Verb.EMPTY_AREA_REVERSE:
      return `tree.emptyAreaReverse(${area});`;
    case Verb.LOAD:
      return `tree.load(${first});`;
    case Verb.WALK:
      return `tree.state(${first}).walk();`;
    case Verb.FIND:
      return `tree.state(${first}).find(${second});`;
    case Verb.FIND_REVERSE:
      return `tree.state(${first}).findReverse(${second});`;
    case Verb.NEXT:
      return `tree.state(${first}).next(${second});`;
    case Verb.PREVIOUS:
      return `tree.state(${first}).previous(${second});`;
    case Verb.MT_FIND:
      return `tree.find(${first}, ${second});`;
  }
  return mapleCursorStatement({ verb, a, b, c, d });
}

const MAPLE_CURSOR: Partial<Record<Verb, string>> = {
  [Verb.CURSOR_WALK]: "walk",
  [Verb.CURSOR_FIND]: "find",
  [Verb.CURSOR_FIND_REVERSE]: "findReverse",
  [Verb.CURSOR_NEXT]: "next",
  [Verb.CURSOR_PREVIOUS]: "previous",
  [Verb.CURSOR_FIND_RANGE]: "findRange",
  [Verb.CURSOR_FIND_RANGE_REVERSE]: "findRangeReverse",
  [Verb.CURSOR_NEXT_RANGE]: "nextRange",
  [Verb.CURSOR_PREVIOUS_RANGE]: "previousRange",
  [Verb.CURSOR_PAUSE]: "pause",
  [Verb.CURSOR_RESET]: "reset",
  [Verb.CURSOR_ERASE]: "erase",
};

function mapleCursorStatement({ verb, a, b, c }: Operation): string {
  const held = a === 0 ? "undefined" : String(a);
  switch (verb) {
    case Verb.CURSOR_RESERVE:
      return `state.expectEntries(${a}); state.expectEntries(${b}); state.destroy();`;
    case Verb.CURSOR_SET:
      return `state.set(${mapleNumber(a)}, ${mapleNumber(b)});`;
    case Verb.CURSOR_STORE:
      return `state.store(${held});`;
    case Verb.CURSOR_STORE_PREALLOCATED:
      return `state.preallocate(${held}); state.storePreallocated(${held});`;
    case Verb.CURSOR_EMPTY_AREA:
      return `state.emptyArea(${mapleNumber(c)}, ${mapleNumber(a)}, ${mapleNumber(b)});`;
    case Verb.CURSOR_EMPTY_AREA_REVERSE:
      return `state.emptyAreaReverse(${mapleNumber(c)}, ${mapleNumber(a)}, ${mapleNumber(b)});`;
  }
  const name = MAPLE_CURSOR[verb];
  if (name === undefined) return "// The tree was replaced by its copy here.";
  const isMove = verb >= Verb.CURSOR_FIND && verb <= Verb.CURSOR_PREVIOUS_RANGE;
  return `state.${name}(${isMove ? mapleNumber(a) : ""});`;
}
