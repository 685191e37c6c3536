/** What a page shows of each step of a run whose steps are written by hand, without a browser. */

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { linkEngine } from "../../src/explorer/model/link.ts";
import { Run } from "../../src/explorer/model/run.ts";
import { Mark } from "../../src/explorer/model/step_index.ts";
import { textOf } from "../../src/explorer/model/text.ts";
import { slotKey } from "../../src/explorer/model/tree_changes.ts";
import { call, mapped, memory, PID, start } from "../replay/records.ts";
import { BREAKS, CHILD, NOTHING, PAGE, PLAIN_PACK, SMALL, smallRun } from "./small_run.ts";

const NAMES = "exec mmap mmap munmap mmap mmap mprotect fork munmap exit".split(" ");

Deno.test("index: processes, VMAs and marks of each step", () => {
  const { index } = smallRun();
  assertEquals([index.done, index.isComplete, index.reachable], [0, false, 10]);
  index.advanceTo(3);
  assertEquals([index.done, index.isComplete], [3, false]);
  index.advanceTo(2);
  assertEquals(index.done, 3);
  index.advance(0);
  assertEquals(index.done, 3, "no time, no step");
  index.advance();
  assertEquals([index.done, index.isComplete], [10, true]);
  assertEquals([...index.pids], [PID, PID, PID, PID, PID, PID, PID, PID, CHILD, CHILD]);
  // What is told of a fork is the child's; of an exit, how many VMAs there were.
  assertEquals([...index.mapCounts], [0, 1, 2, 3, 3, 2, 3, 3, 2, 2]);
  assertEquals([...index.marks], [
    Mark.EXEC,
    0,
    0,
    Mark.MUNMAP | Mark.SPLIT,
    Mark.FAILURE,
    Mark.MERGE,
    Mark.SPLIT,
    Mark.FORK,
    Mark.MUNMAP,
    Mark.EXIT,
  ]);
  assertEquals(index.divergences, []);
  assertEquals([...index.programs], [[PID, "cc1"], [CHILD, "cc1"]]);
  assertEquals(index.story, {});
});

Deno.test("index: a divergence is noted where layouts part, again where an answer is wrong", () => {
  const wrong = SMALL.map((record) =>
    record.type === "leave" && record.error === "EBADF"
      ? { ...record, error: "EINVAL" }
      : record.type === "leave" && record.call === "munmap" && record.pid === PID
      ? { ...record, added: [] }
      : record
  );
  const { index } = smallRun(wrong);
  index.advance();
  const [layout, answer] = index.divergences;
  assertEquals([layout?.step, answer?.step], [4, 5]);
  assertEquals(answer?.text, "the kernel answered EINVAL, the model EBADF");
  const isMarked = (at: number) => (index.marks[at]! & Mark.DIVERGENCE) !== 0;
  assertEquals(
    [...index.marks.keys()].filter(isMarked),
    index.divergences.map((it) => it.step - 1),
  );
  // The layouts go on to differ, which is no other divergence.
  assert(!isMarked(5) && !isMarked(8));
  assertEquals(index.story.surfaced, answer);
  // A trace that is not exact is not compared.
  const { index: loose } = smallRun([
    { ...wrong[0]!, fidelity: "approximate" } as never,
    ...wrong.slice(1),
  ]);
  loose.advance();
  assertEquals([loose.isComplete, loose.divergences, loose.story.surfaced], [true, [], undefined]);
});

Deno.test("index: a fault that breaks the model down ends the run there, and says so", () => {
  const run = new Run(PLAIN_PACK, SMALL, BREAKS);
  run.index.advance();
  const { story, reachable, marks, divergences, checkpoints, done, isComplete } = run.index;
  assertEquals(story, { acted: 7, surfaced: { step: 7, text: "it broke" } });
  assertEquals([reachable, done, isComplete, divergences, checkpoints], [7, 7, true, [], []]);
  assertEquals(marks[6], Mark.DIVERGENCE);
  const view = run.view(7);
  assertEquals([view.breakdown, view.result, view.failure], ["it broke", "0", undefined]);
  assertEquals([view.actedOperation, view.health?.mapCount, view.isTornDown], [0, 2, false]);
  assertEquals([run.view(6).breakdown, run.view(6).actedOperation], [undefined, undefined]);
  assertEquals(run.index.story.acted, 7, "a view leaves the story as it is");
  assertEquals(run.fault, BREAKS);
  assertStringIncludes(
    textOf(run, view, "small", "x"),
    "\n  planted fault: It breaks\n  it broke\n",
  );
});

Deno.test("index: a fault that does nothing is examined at each step, torn down or not", () => {
  const run = new Run(PLAIN_PACK, SMALL, NOTHING);
  run.index.advance();
  assertEquals([run.index.story, run.index.reachable, run.index.checkpoints], [{}, 10, []]);
  const health = run.steps.map((_, at) => run.view(at + 1).health);
  assertEquals(health.map((it) => it?.mapCount), [0, 1, 2, 3, 3, 2, 3, 3, 2, 2]);
  assertEquals(health.map((it) => it?.missed), Array(10).fill(0));
  assertEquals(run.view(4).actedOperation, undefined);
  assertEquals(run.header, SMALL[0]);
});

Deno.test("index: checkpoints come every so many steps, and a view from one is as any", () => {
  const page = memory(0x10_0000);
  const records = start({ placement: "6.18" });
  for (let i = 0; i < 150; i++) {
    records.push(...mapped(page), ...call("munmap", [page.start, PAGE], { removed: [page.start] }));
  }
  const run = smallRun(records);
  run.index.advance();
  assertEquals(run.index.checkpoints.map(({ step }) => step), [0, 128, 256]);
  assertEquals(run.index.divergences, []);
  for (const step of [300, 301, 257, 2, 128, 129, 1, 256]) {
    assertEquals(run.view(step).space?.mapCount, step % 2 === 0 ? 1 : 0, `step ${step}`);
  }
  assertEquals(run.index.checkpoints.map(({ step }) => step), [0, 128, 256]);
});

Deno.test("view: each step's name, arguments, answer and VMAs", () => {
  const run = smallRun();
  const views = run.steps.map((_, at) => run.view(at + 1));
  assertEquals(views.map(({ name }) => name), NAMES);
  assertEquals(views.map(({ step }) => step), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assertEquals(views.map(({ pid }) => pid === PID), [...Array(8).fill(true), false, false]);
  assertEquals(views[7]!.shownPid, CHILD);
  assertEquals(views.map(({ result }) => result), [
    ..."|0x100000|0x200000|0|EBADF|0x101000|0||0|".split("|"),
  ]);
  assertEquals(views.map(({ failure }) => failure !== undefined).indexOf(true), 4);
  assertEquals(views.map(({ space }) => space?.mapCount), [0, 1, 2, 3, 3, 2, 3, 3, 2, 2]);
  assertEquals(views.map(({ space }) => space!.bytes / PAGE), [0, 4, 5, 4, 4, 5, 5, 5, 4, 4]);
  assertEquals(
    views.map(({ left }) => left),
    [0, 1, 2, 3, 3, 2, 3, 3, 2].map((n) => 65530 - n).concat(0),
  );
  assertEquals(views.map(({ isTornDown }) => isTornDown), [...Array(9).fill(false), true]);
  assertEquals(views.map(({ changes }) => changes?.events.map(({ kind }) => kind).join()), [
    ...["", "new", "new", "split", "", "joined", "split", "", "gone"],
    undefined,
  ]);
  assertEquals(views[0]!.args, [{ name: "program", text: "cc1" }]);
  assertEquals(views[7]!.args, [{ name: "child", text: `process ${CHILD}` }]);
  assertEquals(views[9]!.args, []);
  assertEquals(views.map(({ health }) => health), Array(10).fill(undefined));
  assertEquals(views.map(({ step, line }) => line === run.line(step)), Array(10).fill(true));
});

Deno.test("view: the first write of a page, the stack that grows, a vfork, a program without a name", () => {
  const stack = memory(0x7fff_0000_0000, 2, { name: "[stack]", vmFlags: "rd wr mr mw me gd ac" });
  const run = smallRun([
    ...start({ placement: "6.18", fidelity: "approximate" }, [stack], {
      program: "",
      stack: stack.start + PAGE,
    }),
    { type: "grow", pid: PID, start: stack.start - PAGE },
    { type: "fork", pid: PID, child: CHILD, sharesMemory: true },
  ]);
  const [exec, grow, fork] = [1, 2, 3].map((step) => run.view(step));
  assertEquals([exec!.name, exec!.args], ["exec", []]);
  assertEquals([grow!.name, grow!.args], [
    "stack grows",
    [{ name: "address", text: "0x7ffefffff000" }],
  ]);
  assertEquals([fork!.name, fork!.args], ["vfork", [{ name: "child", text: "process 8" }]]);
  assertEquals(fork!.space?.mapCount, 1);
});

Deno.test("view: tree operations, each by itself", () => {
  const run = smallRun();
  const whole = run.view(4);
  assertEquals(
    whole.operations.map(({ operation, number, isWrite }) => [number, operation, isWrite]),
    [
      [1, "find", false],
      [2, "clear", true],
      [3, "store", true],
    ],
  );
  assertEquals(whole.operation, undefined);
  assertEquals(whole.operations[1], {
    ...{ number: 2, operation: "clear", first: 0x10_1000, last: 0x10_1fff },
    ...{ stored: undefined, size: undefined, isWrite: true },
  });
  assertEquals(whole.operations[2]!.stored, { start: 0x10_2000, end: 0x10_4000 });
  const ranges = (operation?: number) =>
    run.view(4, operation).space!.rows.map(({ first, last }) => [first, last]);
  const before = [[0x10_0000, 0x10_3fff], [0x20_0000, 0x20_0fff]];
  const after = [[0x10_0000, 0x10_0fff], [0x10_2000, 0x10_3fff], [0x20_0000, 0x20_0fff]];
  assertEquals([ranges(1), ranges(3), ranges()], [before, after, after]);
  assertEquals(run.view(4, 2).operation, 2);
  assertEquals(
    run.view(4, 2).before?.rows.map(({ first }) => first),
    before.map(([first]) => first),
  );
  assertEquals(run.view(4, 1).treeChanges?.nodes.size, 0);
  assertEquals(run.view(4, 2).treeChanges!.nodes.size > 0, true);
  // A call that fails does nothing to the tree: there is no walk to show.
  assertEquals([run.view(5).operations, run.view(5).path], [[], []]);
});

Deno.test("view: a node's slots, and which of them a step wrote", () => {
  const run = smallRun();
  const { tree, treeChanges, treeBefore, path } = run.view(3);
  assertEquals([tree!.height, tree!.levels], [1, [[tree!.root]]]);
  const root = tree!.node(tree!.root);
  assertEquals([root.id, root.level, root.parent, root.min], [tree!.root, 1, 0, 0]);
  assertEquals(root.end, 4);
  const used = root.slots.filter(({ isPastEnd }) => !isPastEnd);
  assertEquals(used.map(({ index, first }) => [index, first]), [
    [0, 0],
    [1, 0x10_0000],
    [2, 0x10_4000],
    [3, 0x20_0000],
    [4, 0x20_1000],
  ]);
  assertEquals(used.map(({ vma }) => vma?.start), [
    undefined,
    0x10_0000,
    undefined,
    0x20_0000,
    undefined,
  ]);
  assertEquals(root.max, used.at(-1)!.last);
  assertEquals(used.map(({ gap }) => gap), Array(5).fill(undefined));
  assertEquals(tree!.node(tree!.root), root);
  assertEquals([tree!.has(tree!.root), tree!.has(99)], [true, false]);
  // The walk that ends a step is in the tree before it wrote: there, what was stored lies in the last free slot.
  assertEquals(path, [{ node: treeBefore!.root, slot: 2 }]);
  for (
    const [index, slot] of [[0, 0], [0xf_ffff, 0], [0x10_0000, 1], [0x10_3fff, 1], [0x20_0000, 3], [
      2 ** 50,
      4,
    ]]
  ) {
    assertEquals(tree!.path(index!), [{ node: tree!.root, slot: slot! }]);
  }
  const node = tree!.root;
  const changes = treeChanges!.nodes.get(node);
  assertEquals(changes === "new" || changes === "changed", true);
  assertEquals(treeChanges!.slots.get(slotKey(node, 3)), "written");
  assertEquals(treeChanges!.slots.get(slotKey(node, 2)), "written");
  assertEquals(treeChanges!.slots.get(slotKey(node, 0)), undefined);
  assertEquals(slotKey(3, 5) - slotKey(3, 0), 5);
  // Without nodes: one VMA at most that begins at index 0 needs none, and none at all.
  const empty = run.view(1).tree!;
  assertEquals([empty.root, empty.height, empty.levels, empty.path(5)], [0, 0, [], []]);
});

Deno.test("view: of a tree of two levels, the parents and the gaps below", () => {
  const records = start({ placement: "6.18" });
  for (let i = 0; i < 40; i++) records.push(...mapped(memory(0x10_0000 + i * 3 * PAGE)));
  const run = smallRun(records);
  const { tree, path } = run.view(41);
  assertEquals(tree!.height, 2);
  const [[root], leaves] = tree!.levels as [number[], number[]];
  const top = tree!.node(root!);
  assertEquals([top.level, top.parent, top.parentSlot], [2, 0, -1]);
  assertEquals(top.slots.filter(({ isPastEnd }) => !isPastEnd).map(({ word }) => word), leaves);
  for (const [slot, leaf] of leaves.entries()) {
    const view = tree!.node(leaf);
    assertEquals([view.level, view.parent, view.parentSlot], [1, root, slot]);
    assertEquals([view.min, view.max], [top.slots[slot]!.first, top.slots[slot]!.last]);
    assertEquals(tree!.levelOf.get(leaf), 1);
    const free = view.slots.filter(({ isPastEnd, word }) => !isPastEnd && word === 0)
      .map(({ first, last }) => last - first + 1);
    assertEquals(top.slots[slot]!.gap, Math.max(...free));
    assertEquals(tree!.path(view.min), [{ node: root!, slot }, { node: leaf, slot: 0 }]);
  }
  assertEquals(path.length, 2);
  assertEquals(tree!.levelOf.size, 1 + leaves.length);
});

Deno.test("view: nodes and entries that a step frees, and those that it moves", () => {
  const run = smallRun();
  const { treeChanges, treeBefore, tree } = run.view(9);
  const freed = [...treeChanges!.freed.keys()].map((key) =>
    treeBefore!.node(key >> 4).slots[key & 15]!.vma?.start
  );
  assertEquals(freed, [0x20_0000]);
  assertEquals([...treeChanges!.freed.values()], ["freed"]);
  assertEquals(tree!.node(tree!.root).slots.filter(({ vma }) => vma !== undefined).length, 2);
  assertEquals([...run.view(2).treeChanges!.freed], []);

  const records = start({ placement: "6.18" });
  for (let i = 0; i < 17; i++) records.push(...mapped(memory(0x10_0000 + i * 3 * PAGE)));
  const many = smallRun(records);
  const steps = many.steps.map((_, at) => many.view(at + 1));
  const split = steps.find(({ tree, treeBefore }) =>
    treeBefore?.height === 1 && tree?.height === 2
  )!;
  const { nodes, slots } = split.treeChanges!;
  assertEquals(
    [...nodes.keys()].filter((node) => !split.tree!.has(node)).map((it) => nodes.get(it)),
    [
      ...[...split.treeBefore!.levelOf.keys()].filter((it) => !split.tree!.has(it)).map(() =>
        "dead"
      ),
    ] as never,
  );
  assertEquals(nodes.get(split.tree!.root), "new");
  assertEquals(new Set(slots.values()).has("moved"), true);
  for (const [key, change] of slots) {
    assertEquals(split.tree!.has(key >> 4), true);
    const { vma } = split.tree!.node(key >> 4).slots[key & 15]!;
    const isOld = split.before!.rows.some(({ identity }) => identity === vma?.identity);
    if (vma !== undefined) assertEquals(change === "written", !isOld);
  }
});

Deno.test("explain: neighbours that differ, and what has no neighbour", () => {
  const run = smallRun();
  const border = run.explain(7, undefined, 0x10_1000);
  assertEquals([border?.obstacle, border?.lower.first, border?.upper.first], [
    "flags",
    0x10_0000,
    0x10_1000,
  ]);
  assertEquals(run.view(7).borders.map(({ words }) => words), [border!.words]);
  assertEquals(run.view(6).borders, []);
  assertEquals(run.explain(7, undefined, 0x10_0000), undefined);
  assertEquals(run.explain(7, undefined, 0x77_0000), undefined);
});

Deno.test("text: the step, what it did, layout and tree, and the link", () => {
  const run = smallRun();
  const text = textOf(run, run.view(4), "small", "http://localhost/#step=4").split("\n");
  assertEquals(text.slice(0, 5), [
    `small, step 4 of 10, process ${PID}`,
    run.line(4),
    "  100000-104000 was split: 100000-101000 and 102000-104000",
    "",
    "3 VMAs:",
  ]);
  assertEquals(text.slice(5, 8).map((line) => line.split(" ")[0]), [
    "00100000-00101000",
    "00102000-00104000",
    "00200000-00201000",
  ]);
  assertEquals(text.slice(-3), ["", "http://localhost/#step=4", ""]);
  const part = textOf(run, run.view(4, 1), "small", "x");
  assertStringIncludes(part, "step 4 of 10, up to tree operation 1, process 7\n");
  assertStringIncludes(part, "\n2 VMAs:\n");
  assertStringIncludes(textOf(run, run.view(7), "small", "x"), "\n  They differ in flags");
  // Of what a step tore down, what it was before.
  assertEquals(run.text(10), run.text(9));
});

Deno.test("runs that cannot be: without a header, without the engine's modules", () => {
  assertThrows(() => smallRun([]), TypeError, "The trace has no header");
  assertThrows(
    () => linkEngine({ ...PLAIN_PACK, entry: "x" }),
    TypeError,
    "The page has no module x",
  );
  const other = { path: "x", code: "module.exports = {};" };
  assertThrows(
    () => linkEngine({ ...PLAIN_PACK, entry: "x", modules: [other] }),
    TypeError,
    "not the engine",
  );
});

Deno.test("link: modules are loaded once, relative to who asks, with what a fault puts in their place", () => {
  const modules = [
    {
      path: "a/main",
      code:
        'exports.b = require("./b"); exports.c = require("../c/d"); Object.assign(exports, {System: 1, readTrace: 1, copySystem: 1});',
    },
    { path: "a/b", code: 'exports.c = require("../c/d"); exports.name = "b";' },
    { path: "c/d", code: "exports.turns = () => { let n = 0; for (;;) if (++n > 3) return n; };" },
  ];
  const pack = { entry: "a/main", modules, faults: [] };
  const link = (code?: string): { b: { c: unknown; name: string }; c: { turns(): number } } => {
    const fault = { row: 1, name: "f", story: "", modules: [{ path: "a/b", code: code! }] };
    return linkEngine(pack, code === undefined ? undefined : fault).engine as never;
  };
  const plain = link();
  assertEquals([plain.b.c === plain.c, plain.b.name, plain.c.turns()], [true, "b", 4]);
  const planted = link('exports.name = "planted";');
  assertEquals([planted.b.name, planted.c.turns()], ["planted", 4]);
});

Deno.test("link: all loops of a planted fault end after a million turns, anew for each step", () => {
  const code = "exports.System = exports.readTrace = exports.copySystem = 1;" +
    "exports.turn = (most) => { for (let i = 0; i < most; i++); };";
  const fault = { row: 1, name: "f", story: "", modules: [] };
  const pack = { entry: "e", modules: [{ path: "e", code }], faults: [fault] };
  const linked = linkEngine(pack, fault);
  const { turn } = linked.engine as never as { turn(most: number): void };
  // A loop asks once more than it turns.
  turn(999_999);
  assertThrows(() => turn(1), Error, "A loop does not end");
  linked.renewTurns();
  turn(999_999);
  assertThrows(() => turn(0), Error, "A loop does not end");
});
