/** What stores tell a write log. */

import { assertEquals } from "@std/assert";
import { MapleTree } from "../../mod.ts";
import { IncrementalValidator } from "../../src/tree/checks/incremental.ts";
import { poolOf } from "../../src/tree/maple_tree.ts";
import { HEIGHT_BITS, PARENT, ROOT, WORD_SHIFT } from "../../src/tree/node_layout.ts";
import { attach, type WriteLog } from "../../src/tree/write_log.ts";
import { Random } from "../random.ts";

/** Writes down what it is told. */
class Notes implements WriteLog {
  readonly lines: string[] = [];

  made(node: number): void {
    this.lines.push(`made ${node}`);
  }

  died(node: number): void {
    this.lines.push(`died ${node}`);
  }

  freed(node: number): void {
    this.lines.push(`freed ${node}`);
  }

  rewritten(node: number, from: number, to: number, shift: number): void {
    this.lines.push(`rewritten ${node} ${from}-${to} by ${shift}`);
  }

  gapRecorded(node: number, slot: number): void {
    this.lines.push(`gap ${node} ${slot}`);
  }

  renumbered(): void {
    this.lines.push("renumbered");
  }

  take(): string[] {
    return this.lines.splice(0);
  }
}

function watched(gaps = true): { tree: MapleTree<number>; notes: Notes; end: Disposable } {
  const tree = new MapleTree<number>({ gaps });
  const notes = new Notes();
  return { tree, notes, end: attach(poolOf(tree), notes) };
}

// 0     10     20
// | free |- 1 -| free …       slots 0, 1, 2
Deno.test("write log: a store in one leaf says which slots are new and how far the rest moved", () => {
  const { tree, notes } = watched();
  tree.store(10, 19, 1);
  assertEquals(notes.take(), ["made 1"]);
  tree.store(12, 13, 2);
  assertEquals(notes.take(), ["rewritten 1 1-3 by 2"]);
  tree.store(12, 13, 3);
  assertEquals(notes.take(), ["rewritten 1 2-2 by 0"]);
  tree.store(12, 13, 5); // the slot found last
  assertEquals(notes.take(), ["rewritten 1 2-2 by 0"]);
  tree.store(10, 19, 4);
  assertEquals(notes.take(), ["rewritten 1 1-1 by -2"]);
  tree.store(10, 19, undefined);
  assertEquals(notes.take(), ["died 1", "freed 1"]);
});

Deno.test("write log: a split says which nodes are new, which died, and which gaps changed", () => {
  const { tree, notes } = watched();
  for (let i = 0; i < 7; i++) tree.store(i * 10 + 1, i * 10 + 5, i);
  notes.take();
  tree.store(71, 75, 7);
  const root = poolOf(tree).words[ROOT]! >> HEIGHT_BITS;
  const lines = notes.take();
  assertEquals(lines, ["made 2", "made 3", `made ${root}`, "died 1", "freed 1"]);
  tree.store(32, 33, undefined);
  assertEquals(notes.take().map((line) => line.split(" ")[0]), ["rewritten"]);
  tree.erase(21);
  assertEquals(notes.take().map((line) => line.split(" ")[0]), ["rewritten", "gap"]);
});

Deno.test("write log: nodes made less nodes died are the nodes of the tree, whatever is stored", () => {
  for (const gaps of [true, false]) {
    const { tree, notes } = watched(gaps);
    const random = new Random(0x109);
    const live = new Set<number>();
    for (let i = 0; i < 5_000; i++) {
      const first = random.below(3000);
      const last = first + (random.chance(0.05) ? random.below(1000) : random.below(12));
      tree.store(first, last, random.chance(0.3) ? undefined : i);
      for (const line of notes.take()) {
        const [what, node] = line.split(" ");
        if (what === "made") live.add(Number(node));
        if (what === "died") assertEquals(live.delete(Number(node)), true);
        if (what === "rewritten") assertEquals(live.has(Number(node)) || node === "0", true);
      }
      assertEquals(live.size, tree.statistics().nodes);
    }
    const { words } = poolOf(tree);
    for (const node of live) assertEquals(words[(node << WORD_SHIFT) + PARENT]! >= 0, true);
  }
});

Deno.test("attach: several are told; each ends its own, once or twice", () => {
  const { tree, notes, end } = watched();
  const more = [new Notes(), new Notes()];
  const ends = more.map((log) => attach(poolOf(tree), log));
  tree.store(1, 2, 3);
  const told = () => [notes, ...more].map((log) => log.take().length);
  assertEquals(told(), [1, 1, 1]);
  ends[0]![Symbol.dispose]();
  ends[0]![Symbol.dispose]();
  tree.store(1, 2, 4);
  assertEquals(told(), [1, 0, 1]);
  end[Symbol.dispose]();
  tree.store(1, 2, 5);
  assertEquals(told(), [0, 0, 1]);
  ends[1]![Symbol.dispose]();
  tree.store(1, 2, 6);
  assertEquals(told(), [0, 0, 0]);
  assertEquals(poolOf(tree).log, undefined);
});

Deno.test("attach: each of several is told all that one alone is told", () => {
  const alone = watched();
  const { tree, notes, end } = watched();
  const other = new Notes();
  using _end = attach(poolOf(tree), other);
  for (const each of [alone.tree, tree]) {
    for (let i = 0; i < 40; i++) each.store(i * 10, i * 10 + 5, i);
    each.store(25, 333, undefined);
    each.erase(11);
    each.compact();
    each.clear();
  }
  const told = alone.notes.take();
  assertEquals([notes.take(), other.take()], [told, told]);
  const kinds = new Set(told.map((line) => line.split(" ")[0]));
  assertEquals([...kinds].sort(), ["died", "freed", "gap", "made", "renumbered", "rewritten"]);
  end[Symbol.dispose]();
  alone.end[Symbol.dispose]();
});

Deno.test("write log: a duplicate has none", () => {
  const { tree, notes } = watched();
  const twin = tree.duplicate();
  twin.store(1, 2, 3);
  assertEquals([notes.take(), poolOf(twin).log], [[], undefined]);
});

Deno.test("IncrementalValidator: attaches to a tree that is there, and leaves it as it was", () => {
  const tree = new MapleTree<number>({ gaps: true });
  for (let i = 0; i < 500; i++) tree.store(i * 10, i * 10 + 5, i);
  const shape = tree.dump();
  {
    using validator = new IncrementalValidator(poolOf(tree));
    assertEquals([tree.dump(), validator.entries], [shape, 500]);
    tree.store(77, 3333, undefined);
    validator.check(77, 3333);
    tree.compact();
    tree.store(3, 3, 1);
    validator.check(3, 3);
    assertEquals(validator.entries, tree.size);
  }
  assertEquals(poolOf(tree).log, undefined);
});
