/**
 * A view of any step, however it is come to, shows what a replay from the start shows.
 *
 * @module
 */

import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { MmError } from "../../src/mm/error.ts";
import { compileTrace } from "../../src/replay/compiled.ts";
import { System } from "../../src/replay/system.ts";
import { Run } from "../../src/explorer/model/run.ts";
import { Mark } from "../../src/explorer/model/step_index.ts";
import { isMisplaced } from "../../src/explorer/model/vma_row.ts";
import type { TraceRecord } from "../../src/trace/format.ts";
import { readTrace } from "../../src/trace/read.ts";
import { Random } from "../random.ts";
import { manyVmas } from "./many_vmas.ts";
import { openRun, recordsOf, thePack } from "./packing.ts";

/** Layout and dump after each of some steps, by a plain replay. */
async function replayed(name: string, wanted: ReadonlySet<number>) {
  const { steps } = await compileTrace(await recordsOf(name));
  const system = new System();
  const seen = new Map<number, { maps: string; mapCount: number; nodes: number }>();
  for (const [at, step] of steps.entries()) {
    try {
      system.apply(step);
    } catch (error) {
      if (!(error instanceof MmError)) throw error;
    }
    const space = system.space(step.type === "fork" ? step.record.child : step.pid);
    if (!wanted.has(at + 1) || space === undefined) continue;
    const nodes = space.dumpTree().split("\n").filter((line) => line.includes("node 0x")).length;
    seen.set(at + 1, { maps: space.maps(), mapCount: space.mapCount, nodes });
  }
  return seen;
}

for (const name of ["cc1-2022", "cc1-ggc", "gcc-make"]) {
  Deno.test(`view: ${name}, steps in any order, before and after the index is made`, async () => {
    const run = await openRun(name);
    const random = new Random(7);
    const order = Array.from({ length: 60 }, () => 1 + random.below(run.steps.length));
    const expected = await replayed(name, new Set(order));
    for (const [turn, step] of order.entries()) {
      if (turn === 20) run.index.advance();
      const view = run.view(step);
      const plain = expected.get(step);
      if (plain === undefined) {
        assert(view.isTornDown);
        continue;
      }
      assertEquals(view.space?.mapCount, plain.mapCount, `step ${step}`);
      assertEquals(view.tree?.levelOf.size, plain.nodes, `step ${step}`);
      const { maps } = run.text(step);
      assertEquals(maps, plain.maps, `step ${step}`);
      const lines = plain.maps.trimEnd().split("\n");
      assertEquals(
        view.space?.rows.map(({ start, end, permissions }) =>
          `${start.toString(16).padStart(8, "0")}-${
            end.toString(16).padStart(8, "0")
          } ${permissions}`
        ),
        lines.map((line) => line.split(" ").slice(0, 2).join(" ")),
      );
    }
    assertGreater(run.index.checkpoints.length, 1);
    assertEquals(run.index.divergences, []);
  });
}

Deno.test("view: an operation of a step is shown by itself, and all of them make the step", async () => {
  const run = await openRun("cc1-2022");
  const step = 61;
  const whole = run.view(step);
  const last = whole.operations.length;
  assertEquals(whole.name, "munmap");
  assertEquals(whole.operations.at(-1)?.operation, "clear");
  const before = run.view(step, last - 1);
  assertEquals(before.treeChanges?.nodes.size, 0, "a search changes nothing");
  const after = run.view(step, last);
  assertEquals(
    after.space?.rows.map(({ first }) => first),
    whole.space?.rows.map(({ first }) => first),
  );
  assertGreater(after.treeChanges?.nodes.size ?? 0, 0);
});

Deno.test("view: the slots that a store wrote, moved and freed", async () => {
  const run = await openRun("cc1-2022");
  const { treeChanges, tree, treeBefore } = run.view(49);
  const leaf = tree!.path(run.view(49).operations.at(-1)!.first).at(-1)!.node;
  const changed = [...treeChanges!.slots].filter(([key]) => key >> 4 === leaf)
    .map(([key, change]) => [key & 15, change]);
  // The free slot gets shorter, which makes it another; the VMA above it is the same over a longer range.
  assertEquals(changed, [[4, "written"], [5, "resized"]]);
  assertEquals(treeBefore!.node(leaf).slots[5]!.last, tree!.node(leaf).slots[5]!.last);
  assertEquals([...treeChanges!.freed], []);

  const munmap = run.view(61);
  const gone = [...munmap.treeChanges!.freed.keys()];
  assertEquals(gone.map((key) => munmap.treeBefore!.node(key >> 4).slots[key & 15]!.vma?.name), [
    "ld.so.cache",
  ]);
  assertEquals(gone.map((key) => munmap.treeChanges!.slots.get(key)), ["written"]);
});

Deno.test("index: a munmap that splits, where map_count rises", async () => {
  const run = await openRun("cc1-2022");
  run.index.advance();
  const splits = [...run.index.marks.entries()]
    .filter(([, marks]) => marks & Mark.MUNMAP && marks & Mark.SPLIT);
  assertEquals(splits.length, 5);
  for (const [at] of splits) {
    assertEquals(run.index.mapCounts[at]! - run.index.mapCounts[at - 1]!, 1);
    assertEquals(run.view(at + 1).changes?.events.map(({ kind }) => kind), ["split"]);
  }
});

Deno.test("index: a result that the kernel did not give is a divergence", async () => {
  const run = await openRun("cc1-2022", "start-of-the-merged-vma-answered");
  run.index.advance();
  const [first] = run.index.divergences;
  assertStringIncludes(first!.text, "the kernel answered");
  assertEquals(run.index.story.acted, first!.step);
  assertEquals(run.index.story.surfaced?.step, first!.step);
});

Deno.test("row 1 on cc1-2022: kept at one step, quiet for long, found by a walk at exit", async () => {
  const run = await openRun("cc1-2022", "stale-slot-kept");
  run.index.advance();
  const { acted, violated, surfaced } = run.index.story;
  assertEquals(violated?.step, acted);
  assertEquals(violated?.health.violation?.rule, "pivots rise");
  assertGreater(surfaced!.step - acted!, 100);
  assertStringIncludes(surfaced!.text, "the walk at exit met");
  assertEquals(run.index.reachable, surfaced!.step);

  const view = run.view(acted!);
  assertEquals(view.actedOperation, view.operations.at(-1)!.number);
  const { node, slot } = view.health!.violation!;
  const stale = view.tree!.node(node).slots[slot]!;
  assert(stale.last < stale.first, "the slot has no room");
  assertEquals(view.space!.rows.filter(isMisplaced).length, 1);
  const [misplaced] = view.health!.misplaced;
  assertEquals(misplaced!.at, misplaced!.end);
  assertEquals(misplaced!.found!.start, misplaced!.at);

  for (const step of [acted! + 1, acted! + 60, surfaced!.step - 1]) {
    const { health } = run.view(step);
    assertEquals(health?.missed, 0);
    assertEquals(health?.lookups, health?.mapCount);
    assertGreater(health!.walked, health!.mapCount);
  }
  assertStringIncludes(run.view(surfaced!.step).breakdown ?? "", "the walk at exit met");
});

Deno.test("explain: why two neighbours are two, at any step", async () => {
  const run = await openRun("cc1-2022");
  const { rows } = run.view(61).space!;
  const upper = rows.find((row, at) => at > 0 && rows[at - 1]!.last + 1 === row.first)!;
  const border = run.explain(61, undefined, upper.first);
  assertEquals(border?.upper.first, upper.first);
  assertEquals(border?.obstacle, "flags");
  assertEquals(run.explain(61, undefined, rows[0]!.first), undefined);
});

Deno.test("changes: of thousands of VMAs a step changes few, wherever one came from", async () => {
  const records: TraceRecord[] = [];
  const bytes = new Blob([manyVmas(1500)]).stream();
  for await (const record of readTrace(bytes)) records.push(record);
  const run = new Run(await thePack(), records);
  run.index.advance();
  const random = new Random(11);
  for (let turn = 0; turn < 60; turn++) {
    const step = 2 + random.below(run.steps.length - 2);
    const { changes, name } = run.view(step);
    const most = name === "mprotect" ? 1 : 2;
    assert(changes!.rows.size <= most, `step ${step}, ${name}: ${changes!.rows.size} rows changed`);
    assertGreater(changes!.events.length, 0);
  }
});

Deno.test("changes: a call that changes every VMA is told of in time that grows with their number", async () => {
  const text = manyVmas(4000).replace(
    /(\{"type":"exit")/,
    '{"type":"enter","pid":7,"call":"mlockall","args":["0x1"]}\n' +
      '{"type":"leave","pid":7,"call":"mlockall","result":"0x0","removed":[],"added":[]}\n$1',
  );
  const records: TraceRecord[] = [];
  for await (const record of readTrace(new Blob([text]).stream())) records.push(record);
  const run = new Run(await thePack(), records);
  const { changes, space, name } = run.view(run.steps.length - 1);
  assertEquals(name, "mlockall");
  assertEquals(changes?.rows.size, space?.mapCount);
  assertEquals(changes?.events.filter(({ kind }) => kind === "flags").length, space?.mapCount);
});
