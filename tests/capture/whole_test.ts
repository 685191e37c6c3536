/** What two whole layouts say of the time between them. */
import { assertEquals } from "@std/assert";
import {
  afterOf,
  betweenOf,
  countBeyond,
  countDifferent,
  type Deed,
} from "../../src/capture/whole.ts";
import type { MapLine } from "../../src/trace/format.ts";
import { HEAP } from "../trace/samples.ts";

const PAGE = 4096;

function vma(first: number, end: number, more: Partial<MapLine> = {}): MapLine {
  const { written: _, ...line } = HEAP;
  return { ...line, start: first * PAGE, end: end * PAGE, ...more };
}

const STACK = { vmFlags: "rd wr mr mw me gd ac", name: "[stack]" };
const WRITTEN = { written: true };
const starts = (lines: readonly MapLine[]) => lines.map(({ start }) => start / PAGE);

Deno.test("betweenOf: first writes and stacks that grew are told, once; the layout has them", () => {
  const before = [vma(1, 2), vma(3, 4, WRITTEN), vma(5, 6), vma(20, 22, STACK)];
  const shown = [
    vma(1, 2, WRITTEN),
    vma(3, 4, WRITTEN),
    vma(5, 6),
    vma(18, 22, { ...STACK, ...WRITTEN }),
  ];
  const found = betweenOf(before, shown);
  assertEquals([starts(found.grown), starts(found.written)], [[18], [1, 18]]);
  assertEquals(found.lines, shown);
  const again = betweenOf(found.lines, shown);
  assertEquals([again.grown, again.written, again.lines], [[], [], shown]);
});

Deno.test("betweenOf: what a call of another thread has changed meanwhile is left to its own record", () => {
  const before = [vma(1, 3), vma(4, 6), vma(7, 8), vma(9, 10)];
  const shown = [vma(1, 2, WRITTEN), vma(2, 3, WRITTEN), vma(5, 6, WRITTEN), vma(7, 8, WRITTEN)];
  const found = betweenOf(before, shown); // cut, cut off, the same, gone
  assertEquals(starts(found.written), [7]);
  assertEquals(found.lines, [vma(1, 3), vma(4, 6), vma(7, 8, WRITTEN), vma(9, 10)]);
  assertEquals(betweenOf([vma(1, 3)], [vma(1, 4, WRITTEN)]).written, []); // joined with another
  assertEquals(betweenOf([vma(2, 3)], [vma(1, 3, WRITTEN)]).written, []);
  assertEquals(betweenOf([vma(1, 3)], []).lines, [vma(1, 3)]);
});

const DEED: Deed = {
  effect: { reach: "anywhere" },
  moves: { fresh: [] },
  mayGrow: true,
  isQuiet: false,
};

Deno.test("afterOf: what is new, gone and written; that a part of a written VMA is written is no news", () => {
  const before = [vma(1, 4, WRITTEN), vma(6, 7)];
  const shown = [vma(1, 2), vma(3, 4), vma(6, 8, WRITTEN)];
  const found = afterOf(before, shown, DEED);
  assertEquals([found.removed, starts(found.added), starts(found.written), found.grown], [
    ...[[1 * PAGE, 6 * PAGE], [1, 3, 6], [6], []],
  ]);
  assertEquals(found.lines, [vma(1, 2, WRITTEN), vma(3, 4, WRITTEN), vma(6, 8, WRITTEN)]);
});

Deno.test("afterOf: a stack that a call found longer has grown, unless the call may have mapped there", () => {
  const before = [vma(20, 22, STACK)], shown = [vma(18, 22, STACK)];
  const grown = afterOf(before, shown, DEED);
  assertEquals([starts(grown.grown), grown.removed, grown.added], [[18], [], []]);
  const mapped = afterOf(before, shown, { ...DEED, mayGrow: false });
  assertEquals([mapped.grown, mapped.removed, starts(mapped.added)], [[], [20 * PAGE], [18]]);
});

Deno.test("countBeyond: VMAs that changed out of a call's reach; what it touches is within", () => {
  const before = [vma(1, 2), vma(3, 4), vma(8, 9)];
  const change = { removed: [1 * PAGE, 8 * PAGE], added: [vma(4, 6), vma(10, 11)] };
  const reach = (...ranges: [number, number][]) => ({
    reach: "ranges" as const,
    ranges: ranges.map(([start, end]) => ({ start: start * PAGE, end: end * PAGE })),
    shift: 0,
  });
  assertEquals(countBeyond(change, before, { reach: "anywhere" }), 0);
  assertEquals(countBeyond(change, before, reach()), 4);
  assertEquals(countBeyond(change, before, reach([2, 4])), 2); // both beside it
  assertEquals(countBeyond(change, before, reach([3, 3])), 4); // a page lies between
  assertEquals(countBeyond(change, before, reach([2, 4], [9, 10])), 0);
});

Deno.test("countDifferent: VMAs that one of two layouts has and the other has not", () => {
  const lines = [vma(1, 2), vma(3, 4), vma(5, 6)];
  assertEquals(countDifferent(lines, lines.map((line) => ({ ...line, written: true }))), 0);
  assertEquals(countDifferent(lines, [vma(1, 2), vma(3, 5), vma(5, 6)]), 1);
  assertEquals(countDifferent(lines, [vma(1, 2)]), 2);
  assertEquals(countDifferent([vma(1, 2)], lines), 2);
  assertEquals(countDifferent([], lines), 3);
});
