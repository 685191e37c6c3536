/** What the package's bundles make of the tree's sources. */

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import * as esbuild from "esbuild";
import { Unable } from "../../src/command/command.ts";
import { TemporaryFolder } from "../../src/command/files.ts";
import { unusedNames } from "../../src/release/internal_names.ts";
import {
  ANY_TREE,
  type Known,
  RANGE_MAPS,
  specialise,
  specialised,
} from "../../src/release/specialise.ts";

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

/** The text of a file of the tree with what is known of the trees of range maps. */
function ofTree(text: string): string {
  return specialised("/src/tree/x.ts", text, RANGE_MAPS).replaceAll(/\s+/g, " ").trim();
}

/** Texts that stay as they are. */
function assertStays(...texts: readonly string[]): void {
  assertEquals(texts.map(ofTree), texts);
}

Deno.test("specialise: a module of which next to nothing is used is another one, by its name alone", async () => {
  const text = specialised("/src/tree/errors.ts", "export class Other {}", RANGE_MAPS);
  const { MapleError } = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  const error = new MapleError("closed", "It is closed");
  assertEquals([error instanceof Error, error.name], [true, "MapleError"]);
  assertEquals([error.code, error.message], ["closed", "It is closed"]);
  const own = "export class Other {}";
  assertEquals(specialised("/src/tree/errors.ts", own, ANY_TREE), own);
  assertEquals(specialised("/src/tree/more_errors.ts", own, RANGE_MAPS), own);
});

Deno.test("specialise: esbuild is given the tree and the range maps so, and other folders as they are", async () => {
  using folder = TemporaryFolder.create("maple-specialise-");
  const text = "export const at = (pool: { shared: boolean }) => pool.shared;";
  for (const name of ["tree", "range_map", "mm"]) {
    await Deno.mkdir(`${folder.path}/src/${name}`, { recursive: true });
    await Deno.writeTextFile(`${folder.path}/src/${name}/x.ts`, text);
  }
  try {
    for (
      const [name, said] of [["tree", "false"], ["range_map", "false"], ["mm", "pool.shared"]]
    ) {
      const { outputFiles: [output] } = await esbuild.build({
        entryPoints: [`${folder.path}/src/${name}/x.ts`],
        plugins: [specialise(RANGE_MAPS)],
        bundle: true,
        write: false,
        format: "esm",
      });
      assertStringIncludes(output!.text, `(pool) => ${said};`);
    }
  } finally {
    await esbuild.stop();
  }
});

Deno.test("specialise: constants are literals where they are numbers of four digits at most and never change", () => {
  assertEquals(ofTree("const FOUR = 1234; f(FOUR);"), "f(1234);");
  assertStays(
    "const FIVE = 12345; f(FIVE);",
    'const WORD = "ab"; f(WORD);',
    "let level = 3; f(level);",
    "let later; f(later);",
  );
});

Deno.test("specialise: a constant that is 0 has no parentheses", () => {
  assertEquals(squeezed(`${IMPORT}f(layout.BOUND, Status.START);`), "f(0, 0);");
});

Deno.test("specialise: options are left out where all of them are known, and only of node pools", () => {
  assertEquals(ofTree("new NodePool({ rcu, budget });"), "new NodePool({});");
  assertStays(
    "new NodePool({ rcu, size: 3 });",
    "new NodePool({ rcu, ...rest });",
    "new Cursor({ rcu });",
  );
});

Deno.test("specialise: members that are declared get names of their own, variables of the same name do not", () => {
  assertEquals(
    ofTree("class A { link = 1; words = big; entries() {} get shift() { return gaps; } }"),
    "class A { $link = 1; words = big; $entries() {} get $shift() { return gaps; } }",
  );
  assertEquals(
    ofTree("const { big: node, words: link } = subtree;"),
    "const { $big: node, words: link } = subtree;",
  );
  assertEquals(
    ofTree("const { shift = link } = subtree;"),
    "const { $shift: shift = link } = subtree;",
  );
  assertEquals(ofTree("f({ link, words: big });"), "f({ $link: link, words: big });");
});

Deno.test("specialise: what is taken out of a pool is known or gets its name; out of others it stays", () => {
  assertEquals(
    ofTree("const { rcu, entries, counters } = this.pool;"),
    "const { $entries: entries } = this.pool, rcu = false;",
  );
  assertStays("const { rcu } = other;", "const pools = pool;", "const { words } = pool;");
  const text = "const { values } = this;";
  assertEquals(specialised("/src/range_map/range_map.ts", text, RANGE_MAPS), text);
});

Deno.test("specialise: what nobody reads is not set, whatever else is changed stays", () => {
  assertEquals(ofTree("pool.poison = 1; this.counters = c;"), "; ;");
  assertEquals(ofTree("options.gaps = true;"), ";");
  assertStays(
    "other.budget = 1;",
    "count++; count += 1;",
    "class BigNode { constructor() { this.size = 1; } }",
  );
  const big = "class BigNode { constructor() { this.gaps = new Float64Array(9); } }";
  assertEquals(ofTree(big), big.replace("gaps", "$gaps"));
});

Deno.test("specialise: a known property is read as its value and written as itself", () => {
  assertEquals(ofTree("left = pool.reserved;"), "left = 0;");
  assertEquals(ofTree("left += pool.reserved + 1;"), "left += 0 + 1;");
  assertEquals(ofTree("f(pool.limit === limit);"), "f(Infinity === limit);");
  assertStays("f(pool.limit = limit);");
  assertEquals(ofTree("f(c.gaps, pool.gaps);"), "f(c.$gaps, true);"); // a cursor's are a list
});

Deno.test("specialise: comparisons and parameters of which the value is known are it", () => {
  assertEquals(ofTree('if (supply === "prepared") f();'), "if (false) f();");
  assertEquals(
    ofTree("function f(bulk) { if (bulk) g(x.bulk, { bulk: 1 }); }"),
    "function f(bulk) { if (false) g(x.bulk, { bulk: 1 }); }",
  );
  // Names that every object of the language has are not among the known ones.
  assertStays("f(valueOf, toString === isPrototypeOf);");
});
