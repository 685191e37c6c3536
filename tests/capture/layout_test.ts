import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  carriedWrites,
  difference,
  grownStacks,
  hasFlag,
  isSame,
  withGrown,
} from "../../src/capture/layout.ts";
import type { MapLine, TraceRecord } from "../../src/trace/format.ts";
import { RecordedLayouts } from "../../src/trace/recorded_layouts.ts";
import { EXEC, HEAP } from "../trace/samples.ts";

function vma(start: number, end: number, more: Partial<MapLine> = {}): MapLine {
  return { ...HEAP, start, end, written: false, ...more };
}

const STACK = { vmFlags: "rd wr mr mw me gd ac", name: "[stack]" };

/** Layouts of a few VMAs that differ in range, permissions and flags. */
const layouts = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 16 }).chain((cuts) => {
  const sorted = cuts.toSorted((a, b) => a - b);
  const pieces = sorted.slice(1).map((end, i) => ({ start: sorted[i]! * 4096, end: end * 4096 }));
  return fc.tuple(
    ...pieces.map((piece) =>
      fc.option(
        fc.constantFrom("rw-p", "r--p").map((permissions) =>
          vma(piece.start, piece.end, { permissions })
        ),
      )
    ),
  );
}).map((lines) => lines.filter((line) => line !== null));

Deno.test("difference: applied to the one layout it gives the other", () => {
  fc.assert(fc.property(layouts, layouts, (before, after) => {
    const recorded = new RecordedLayouts();
    recorded.apply({ ...EXEC, layout: before });
    const leave: TraceRecord = {
      type: "leave",
      pid: EXEC.pid,
      call: "mmap",
      result: 0,
      ...difference(before, after),
    };
    recorded.apply(leave);
    assertEquals(recorded.of(EXEC.pid), after);
  }));
});

Deno.test("difference: of equal layouts it is empty, written or not", () => {
  const before = [vma(0x1000, 0x3000)];
  const after = [vma(0x1000, 0x3000, { written: true })];
  assertEquals(difference(before, after), { removed: [], added: [] });
});

Deno.test("difference: a VMA that is no longer written is another one", () => {
  const before = [vma(0x1000, 0x3000, { written: true })];
  const after = [vma(0x1000, 0x3000)];
  assertEquals(difference(before, after), { removed: [0x1000], added: after });
});

//   0x1000      0x4000            0x8000    0xa000
//   |--- heap ---|      (free)      |- stack -|
const BEFORE = [vma(0x1000, 0x4000), vma(0x8000, 0xa000, STACK)];

Deno.test("grownStacks: a VMA that grows down into free addresses has grown", () => {
  const grown = vma(0x6000, 0xa000, STACK);
  const after = [vma(0x1000, 0x4000), grown];
  assertEquals(grownStacks(BEFORE, after), [grown]);
  assertEquals(withGrown(BEFORE, [grown]), after);
});

Deno.test("grownStacks: one that took over the VMA below has merged, not grown", () => {
  const before = [
    vma(0x6000, 0x8000, { ...STACK, permissions: "r--p" }),
    vma(0x8000, 0xa000, STACK),
  ];
  assertEquals(grownStacks(before, [vma(0x6000, 0xa000, STACK)]), []);
});

Deno.test("grownStacks: one may touch the VMA below, which the kernel allows without a guard gap", () => {
  const grown = vma(0x4000, 0xa000, STACK);
  assertEquals(grownStacks(BEFORE, [vma(0x1000, 0x4000), grown]), [grown]);
  const lowest = vma(0, 0xa000, STACK);
  assertEquals(grownStacks(BEFORE.slice(1), [lowest]), [lowest]);
});

Deno.test("grownStacks: one that ends elsewhere, or begins where it did or higher, has not grown", () => {
  for (const [start, end] of [[0x6000, 0xb000], [0x8000, 0xa000], [0x9000, 0xa000]] as const) {
    assertEquals(grownStacks(BEFORE, [vma(0x1000, 0x4000), vma(start, end, STACK)]), []);
  }
});

Deno.test("grownStacks: without the grows-down flag it is no stack", () => {
  const before = [vma(0x8000, 0xa000)];
  assertEquals(grownStacks(before, [vma(0x6000, 0xa000)]), []);
});

const WRITTEN = [vma(0x1000, 0x5000, { written: true })];

Deno.test("carriedWrites: both parts of a written VMA that was split are written", () => {
  const after = [vma(0x1000, 0x2000), vma(0x3000, 0x5000)];
  assertEquals(carriedWrites(WRITTEN, after, { fresh: [] }), [true, true]);
});

Deno.test("carriedWrites: what is mapped anew over a written VMA is not", () => {
  const after = [vma(0x1000, 0x2000), vma(0x2000, 0x3000), vma(0x3000, 0x5000)];
  const fresh = [{ start: 0x2000, end: 0x3000 }];
  assertEquals(carriedWrites(WRITTEN, after, { fresh }), [true, false, true]);
});

Deno.test("carriedWrites: a new mapping that merged with a written one is", () => {
  const fresh = [{ start: 0x5000, end: 0x6000 }];
  assertEquals(carriedWrites(WRITTEN, [vma(0x1000, 0x6000)], { fresh }), [true]);
});

Deno.test("carriedWrites: mremap takes it along, MREMAP_DONTUNMAP leaves nothing behind", () => {
  const from = { start: 0x1000, end: 0x5000 }, to = { start: 0x8000, end: 0xc000 };
  const after = [vma(0x1000, 0x5000), vma(0x8000, 0xc000)];
  const moves = { fresh: [from], moved: { from, to } };
  assertEquals(carriedWrites(WRITTEN, after, moves), [false, true]);
});

// mremap of three VMAs, a hole between the last two; only the middle one was written to.
//
//   0x1000    0x2000    0x3000    0x4000    0x5000         0x11000   0x12000   0x13000   0x14000
//   |- shared -|-written-|  (free)  |- heap -|      ──▶      |- shared -|-written-| stays |- heap -|
Deno.test("carriedWrites: of several VMAs that moved, those are written that were", () => {
  const shared = { permissions: "rw-s" };
  const stays = vma(0x13000, 0x14000, { written: true });
  const before = [
    vma(0x1000, 0x2000, shared),
    vma(0x2000, 0x3000, { written: true }),
    vma(0x4000, 0x5000),
    stays,
    vma(0x14000, 0x15000, { written: true }),
  ];
  const after = [
    vma(0x11000, 0x12000, shared),
    vma(0x12000, 0x13000),
    stays,
    vma(0x14000, 0x15000),
  ];
  const moved = { from: { start: 0x1000, end: 0x5000 }, to: { start: 0x11000, end: 0x15000 } };
  assertEquals(carriedWrites(before, after, { fresh: [], moved }), [false, true, true, false]);
});

Deno.test("carriedWrites: a mapping that grew as it moved covers what lay at its target", () => {
  const before = [vma(0x1000, 0x2000), vma(0x8000, 0xa000, { written: true })];
  const moved = { from: { start: 0x1000, end: 0x2000 }, to: { start: 0x8000, end: 0xa000 } };
  assertEquals(carriedWrites(before, [vma(0x8000, 0xa000)], { fresh: [], moved }), [false]);
});

Deno.test("carriedWrites: a segment attached over a written VMA is shared, so never written", () => {
  const after = [vma(0x1000, 0x5000, { permissions: "rw-s" })];
  assertEquals(carriedWrites(WRITTEN, after, { fresh: [] }), [false]);
});

Deno.test("carriedWrites: what ends where a written VMA begins, or begins where it ends, is not", () => {
  const after = [vma(0x0, 0x1000), vma(0x1000, 0x5000), vma(0x5000, 0x6000)];
  assertEquals(carriedWrites(WRITTEN, after, { fresh: [] }), [false, true, false]);
  const fresh = [{ start: 0x1000, end: 0x5000 }];
  assertEquals(carriedWrites(WRITTEN, [vma(0x1000, 0x6000)], { fresh }), [false]);
});

Deno.test("carriedWrites: only what lay in the moved range moves, and only as far as the target reaches", () => {
  const before = [vma(0x0, 0x1000, { written: true }), vma(0x1000, 0x3000, { written: false })];
  const moved = { from: { start: 0x1000, end: 0x3000 }, to: { start: 0x8000, end: 0xa000 } };
  const after = [vma(0x0, 0x1000), vma(0x8000, 0xa000)];
  assertEquals(carriedWrites(before, after, { fresh: [], moved }), [true, false]);
  const cut = { from: { start: 0x1000, end: 0x5000 }, to: { start: 0x8000, end: 0x9000 } };
  const beside = [vma(0x8000, 0x9000), vma(0x9000, 0xa000)];
  assertEquals(carriedWrites(WRITTEN, beside, { fresh: [], moved: cut }), [true, false]);
  const { written: _, ...unknown } = vma(0x1000, 0x2000);
  const two = { from: { start: 0x1000, end: 0x3000 }, to: { start: 0x8000, end: 0x9000 } };
  const second = vma(0x2000, 0x3000, { written: true }); // beyond what the target holds
  assertEquals(carriedWrites([unknown, second], [vma(0x8000, 0xa000)], { fresh: [], moved: two }), [
    false,
  ]);
});

Deno.test("hasFlag: a flag is among the VmFlags, or they are not known", () => {
  const { vmFlags: _, ...unknown } = vma(0x1000, 0x2000);
  assertEquals([hasFlag(vma(0x1000, 0x2000, STACK), "gd"), hasFlag(unknown, "gd")], [true, false]);
});

Deno.test("isSame: two lines are of one VMA if all but the writes is alike", () => {
  const line = vma(0x1000, 0x2000);
  assertEquals(isSame(line, { ...line, written: true }), true);
  const others: Partial<MapLine>[] = [
    ...[{ start: 0 }, { end: 0x3000 }, { permissions: "r--p" }, { offset: 1 }, { device: "00:01" }],
    ...[{ inode: 1 }, { name: "x" }, { vmFlags: "rd" }],
  ];
  for (const other of others) assertEquals(isSame(line, { ...line, ...other }), false);
});
