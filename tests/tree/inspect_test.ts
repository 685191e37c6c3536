/** What `console.log` prints of a tree and of a state, in Deno and in Node. */

import { assertEquals } from "@std/assert";
import { inspect } from "node:util";
import { MapleTree, MAX_INDEX } from "../../mod.ts";

const PRINTERS = { Deno: (value: unknown) => Deno.inspect(value), Node: inspect };

for (const [name, print] of Object.entries(PRINTERS)) {
  Deno.test(`console.log: a tree is its size and its first entries, in ${name}`, () => {
    const tree = new MapleTree<unknown>({ gaps: true });
    assertEquals(print(tree), "MapleTree { size: 0, height: 0 }");
    tree.store(0x1000, 0x4fff, "heap");
    tree.store(0x7000, MAX_INDEX, { name: "top" });
    assertEquals(
      print(tree),
      [
        "MapleTree { size: 2, height: 1 }",
        `  0x1000-0x4fff: ${print("heap")}`,
        `  0x7000-0x1fffffffffffff: ${print({ name: "top" })}`,
      ].join("\n"),
    );
  });

  Deno.test(`console.log: a large tree is as short, in ${name}`, () => {
    const tree = new MapleTree<number>();
    for (let i = 0; i < 100_000; i++) tree.store(i * 10, i * 10 + 5, i);
    const lines = print(tree).split("\n");
    assertEquals(lines.length, 10);
    assertEquals([lines[0], lines[9]], [
      "MapleTree { size: 100000, height: 5 }",
      "  … 99992 more",
    ]);
  });

  Deno.test(`console.log: eight entries are shown, a ninth is one more, in ${name}`, () => {
    const tree = new MapleTree<number>();
    for (let i = 0; i < 8; i++) tree.store(i * 10, i * 10 + 5, i);
    assertEquals(print(tree).split("\n").length, 9);
    tree.store(80, 85, 8);
    assertEquals(print(tree).split("\n").slice(9), ["  … 1 more"]);
  });

  Deno.test(`console.log: a state is its range and status, in ${name}`, () => {
    const tree = new MapleTree<number>();
    tree.store(0x10, 0x1f, 1);
    const state = tree.state(0x18);
    assertEquals(print(state), 'MapleState { 0x18-0x18, status: "start" }');
    state.walk();
    assertEquals(print(state), 'MapleState { 0x10-0x1f, status: "active" }');
    state.expectEntries(20);
    assertEquals(print(state), 'MapleState { 0x10-0x1f, status: "active", reserved: 7 }');
    state.destroy();
  });
}
