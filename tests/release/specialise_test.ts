/** What the package's bundles make of the tree's sources. */

import { assertEquals, assertThrows } from "@std/assert";
import { Unable } from "../../src/command/command.ts";
import { unusedNames } from "../../src/release/internal_names.ts";
import { ANY_TREE, type Known, RANGE_MAPS, specialised } from "../../src/release/specialise.ts";

const IMPORT = 'import * as layout from "./node_layout.ts";\n';

function squeezed(text: string, known: Known = ANY_TREE): string {
  return specialised("x.ts", text, known).replaceAll(/\s+/g, " ").trim();
}

Deno.test("specialise: constants of the layout are numbers, and lines stay where they are", () => {
  const text =
    `${IMPORT}const {\n  END,\n  DEAD,\n} = layout;\nexport const at = words[base + END] === DEAD;`;
  assertEquals(squeezed(text), "export const at = words[base + 35] === (-1);");
  assertEquals(
    specialised("x.ts", text, ANY_TREE).split("\n").findIndex((line) => line.includes("at =")),
    text.split("\n").findIndex((line) => line.includes("at =")),
  );
});

Deno.test("specialise: numbers of statuses and kinds of stores too, but not in types", () => {
  const text = "const { ACTIVE } = Status;\nif (type === Type.SPLIT && c.status === ACTIVE) f();";
  assertEquals(squeezed(text), "if (type === 6 && c.status === 1) f();");
  const type = "const { ACTIVE } = Status; function f(x: typeof ACTIVE) {}";
  assertEquals(squeezed(type), "function f(x: typeof ACTIVE) {}");
});

Deno.test("specialise: a constant that does not exist stops the pack", () => {
  assertThrows(() => squeezed(`${IMPORT}const { NONE } = layout;`), Unable, "takes NONE of layout");
  assertThrows(() => squeezed("f(Status.ASLEEP);"), Unable, "takes ASLEEP of Status");
});

Deno.test("specialise: functions taken out of a module are imported by name", () => {
  const text =
    'import * as gaps from "./gaps.ts";\nconst { extent, leafGap } = gaps;\nextent(1, 2);';
  assertEquals(
    squeezed(text),
    'import * as gaps from "./gaps.ts"; import { extent, leafGap } from "./gaps.ts"; extent(1, 2);',
  );
});

Deno.test("specialise: the trees of range maps track gaps, have no readers and count nothing", () => {
  const text = `class Pool { constructor(options) { this.rcu = options.rcu; } }
    if (pool.rcu === true || !pool.gaps) f(big.gaps, this.gaps, c.section);
    pool.counters.visited += 1;
    counters.visited++;
    other.visited++;`;
  assertEquals(
    squeezed(text, RANGE_MAPS),
    "class Pool { constructor(options) { ; } } " +
      "if (false === true || !true) f(big.gaps, this.gaps, undefined); ; ; other.visited++;",
  );
  assertEquals(squeezed(text), text.replaceAll(/\s+/g, " "));
});

Deno.test("specialise: what a pool never reads is not made, taken or counted", () => {
  const text = `class NodePool { readonly gaps: boolean; words; counters = new Counters();
      constructor(options) { this.gaps = options.gaps; this.words = w; this.budget.left -= 1; } }
    class BigNode { gaps = new Float64Array(9); }
    const { words, innerSlots, counters } = pool;
    pool.reserved -= promised;
    new NodePool({ gaps: true, budget });`;
  assertEquals(
    squeezed(text, RANGE_MAPS),
    "class NodePool { words; constructor(options) { ; this.words = w; ; } } " +
      "class BigNode { gaps = new Float64Array(9); } " +
      "const { words } = pool, innerSlots = 22; ; new NodePool({});",
  );
});

Deno.test("specialise: a file's own short constants are literals, whatever members are called", () => {
  const text = "const ROOM = 64;\nexport const KEPT = 3;\nf(ROOM, big.ROOM, KEPT, { ROOM: 1 });";
  assertEquals(squeezed(text), "export const KEPT = 3; f(64, big.ROOM, KEPT, { ROOM: 1 });");
});

Deno.test("specialise: where digits are many, a constant stays a variable", () => {
  const text = `${IMPORT}const { END, MAX_INDEX } = layout;\nf(END, MAX_INDEX);`;
  assertEquals(
    squeezed(text, RANGE_MAPS),
    'import { MAX_INDEX } from "./node_layout.ts"; f(35, MAX_INDEX);',
  );
  assertEquals(squeezed(text), `f(35, ${Number.MAX_SAFE_INTEGER});`);
});

Deno.test("specialise: the tree's members with names of the language's get names of their own", () => {
  const text = "const { big, words } = subtree; pool.entries += big.link; map.entries();";
  const path = "/src/tree/x.ts";
  assertEquals(
    specialised(path, text, RANGE_MAPS),
    "const { $big: big, words } = subtree; pool.$entries += big.$link; map.$entries();",
  );
  assertEquals(specialised("/src/range_map/range_map.ts", text, RANGE_MAPS), text);
});

Deno.test("specialise: members that nothing uses are found and left out", () => {
  const bundle =
    "class A { used() {} unused() {} get bytes() {} free() {} } new A().used(); free();";
  const unused = unusedNames(bundle, ["used", "unused", "bytes", "free"]);
  assertEquals(unused, ["unused", "bytes", "free"]);
  const known = { ...ANY_TREE, unused: new Set(unused) };
  const text = "class A { used() {} unused() {} get bytes() {} free() {} }";
  assertEquals(squeezed(text, known), "class A { used() {} }");
});

Deno.test("specialise: private methods that nothing calls are found and emptied", () => {
  const bundle = "class A { #used() {} #unused() { f(); } go() { this.#used(); } } new A().go();";
  const unused = unusedNames(bundle, ["go"]);
  assertEquals(unused, ["#unused"]);
  const known = { ...ANY_TREE, unused: new Set(unused) };
  assertEquals(squeezed("class A { #unused() { f(); } }", known), "class A { #unused() {} }");
});
