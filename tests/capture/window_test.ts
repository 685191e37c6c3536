import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { LiveLayout } from "../../src/capture/live_layout.ts";
import type { VmaSource } from "../../src/capture/vma_query.ts";
import { shownAround } from "../../src/capture/window.ts";
import type { MapLine } from "../../src/trace/format.ts";
import { HEAP } from "../trace/samples.ts";

const PAGE = 4096, PAGES = 60;

/** What lies in each page of a small address space: nothing, or one of two kinds of memory. */
type Pages = readonly (0 | 1 | 2)[];

/** A kernel that joins pages of a kind as far as they go. */
function layoutOf(pages: Pages): MapLine[] {
  const lines: MapLine[] = [];
  pages.forEach((kind, page) => {
    if (kind === 0) return;
    const start = page * PAGE, end = start + PAGE, last = lines.at(-1);
    const permissions = kind === 1 ? "rw-p" : "r--p";
    if (last?.end === start && last.permissions === permissions) {
      lines[lines.length - 1] = { ...last, end };
    } else lines.push({ ...HEAP, start, end, permissions, written: false });
  });
  return lines;
}

function sourceOf(lines: readonly MapLine[], asked: { count: number }): VmaSource {
  return {
    refresh: () => true,
    mayHaveGrown: () => true,
    at(address) {
      asked.count++;
      return lines.find(({ end }) => end > address) ?? "none";
    },
    close() {},
  };
}

const kinds: readonly (0 | 1 | 2)[] = [0, 1, 2];
const layouts = fc.array(fc.constantFrom(...kinds), { minLength: PAGES, maxLength: PAGES });
const ranges = fc.array(
  fc.tuple(fc.integer({ min: 1, max: PAGES - 9 }), fc.integer({ min: 1, max: 8 })),
  { minLength: 1, maxLength: 3 },
);

Deno.test("shownAround: what changed in ranges, and whatever that joined or cut, is in the windows", () => {
  fc.assert(
    fc.property(layouts, ranges, layouts, (pages, places, others) => {
      const now = [...pages];
      for (const [first, count] of places) {
        for (let page = first; page < first + count; page++) now[page] = others[page]!;
      }
      const layout = new LiveLayout(layoutOf(pages)), kernel = layoutOf(now);
      const reach = places.map(([first, count]) => ({
        start: first * PAGE,
        end: (first + count) * PAGE,
      }));
      const windows = shownAround(layout, sourceOf(kernel, { count: 0 }), reach, 1000);
      if (windows === undefined) throw new Error("There are no windows");
      for (const { first, end, shown } of windows.toReversed()) {
        layout.replace(first, end, shown.map((line) => ({ ...HEAP, ...line, written: false })));
      }
      assertEquals(layout.lines, kernel);
    }),
    { numRuns: 500 },
  );
});

Deno.test("shownAround: how many VMAs are asked for does not depend on how many there are", () => {
  for (const count of [10, 1_000]) {
    const lines = Array.from({ length: count }, (_, i) => ({
      ...HEAP,
      start: (i + 1) * PAGE,
      end: (i + 2) * PAGE,
      permissions: i % 2 === 0 ? "rw-p" : "r--p",
    }));
    const asked = { count: 0 };
    const range = { start: 5 * PAGE, end: 6 * PAGE };
    const windows = shownAround(new LiveLayout(lines), sourceOf(lines, asked), [range], 1000);
    assertEquals(windows?.map(({ shown }) => shown.length), [3]);
    assert(asked.count <= 4, `${asked.count} of ${count}`);
  }
});

Deno.test("shownAround: too many VMAs, or a process that is gone, is no answer", () => {
  const layout = new LiveLayout(layoutOf([0, 1, 2, 1, 2, 1, 2]));
  const source = sourceOf(layout.lines, { count: 0 });
  const range = { start: 0, end: 7 * PAGE };
  assertEquals(shownAround(layout, source, [range], 5), undefined);
  assertEquals(shownAround(layout, source, [range], 6)?.[0]?.shown, layout.lines);
  const gone: VmaSource = { ...source, at: () => "gone" };
  assertEquals(shownAround(layout, gone, [range], 1000), undefined);
});

/** The windows of a range of pages: indices, first and last page, and the pages that VMAs begin at. */
function windowsOf(
  before: readonly MapLine[],
  now: readonly MapLine[],
  ...ranges: [first: number, end: number][]
) {
  const source = sourceOf(now, { count: 0 });
  const reach = ranges.map(([first, end]) => ({ start: first * PAGE, end: end * PAGE }));
  return shownAround(new LiveLayout(before), source, reach, 1000)?.map((window) => [
    ...[window.first, window.end, window.low / PAGE, (window.high + 1) / PAGE],
    window.shown.map(({ start }) => start / PAGE),
  ]);
}

function vma(first: number, end: number, permissions = "rw-p"): MapLine {
  return { ...HEAP, start: first * PAGE, end: end * PAGE, permissions };
}

Deno.test("shownAround: a window goes as far as a VMA of the kernel reaches, though the layout has none there", () => {
  const before = [vma(4, 5), vma(8, 9, "r--p")];
  const joined = [vma(1, 3, "r--p"), vma(3, 12)];
  assertEquals(windowsOf(before, joined, [5, 6]), [[0, 2, 3, 12, [3]]]);
  const [low, high] = [[vma(3, 5), vma(8, 9, "r--p")], [vma(4, 7), vma(8, 9, "r--p")]];
  assertEquals(windowsOf(before, low, [5, 6]), [[0, 1, 3, 6 + 1 / PAGE, [3]]]);
  assertEquals(windowsOf(before, high, [5, 6]), [[0, 1, 4, 7, [4]]]);
  const several = [vma(4, 5), vma(5, 6, "r--p"), vma(6, 10)];
  assertEquals(windowsOf(before, several, [5, 6]), [[0, 2, 4, 10, [4, 5, 6]]]);
});

Deno.test("shownAround: what begins where the range ends is beside it, what begins a page later is not", () => {
  const none: MapLine[] = [];
  assertEquals(windowsOf(none, [vma(6, 8)], [5, 6]), [[0, 0, 5 - 1 / PAGE, 8, [6]]]);
  assertEquals(windowsOf(none, [vma(7, 8)], [5, 6]), [
    [0, 0, 5 - 1 / PAGE, 6 + 1 / PAGE, []],
  ]);
  assertEquals(windowsOf(none, [vma(3, 5)], [5, 6]), [[0, 0, 3, 6 + 1 / PAGE, [3]]]);
  assertEquals(windowsOf(none, [vma(3, 4)], [5, 6]), [
    [0, 0, 5 - 1 / PAGE, 6 + 1 / PAGE, []],
  ]);
  assertEquals(windowsOf(none, [vma(0, 1)], [0, 1])?.[0]?.[2], 0);
});

Deno.test("shownAround: ranges in any order are windows in ascending order, or one where they meet", () => {
  const lines = Array.from({ length: 8 }, (_, i) => vma(3 * i + 1, 3 * i + 2));
  const apart = [[0, 1, 1 - 1 / PAGE, 2 + 1 / PAGE, [1]], [5, 6, 16 - 1 / PAGE, 17 + 1 / PAGE, [
    16,
  ]]];
  assertEquals(windowsOf(lines, lines, [1, 2], [16, 17]), apart);
  assertEquals(windowsOf(lines, lines, [16, 17], [1, 2]), apart);
  const between = [vma(1, 2), vma(2, 9, "r--p"), vma(9, 10)];
  assertEquals(windowsOf(between, between, [9, 10], [1, 2]), [[0, 3, 1 - 1 / PAGE, 10 + 1 / PAGE, [
    1,
    2,
    9,
  ]]]);
  const three = [vma(1, 2), vma(4, 5), vma(7, 8)];
  const all = [vma(1, 8)]; // joined by what was mapped between them
  assertEquals(windowsOf(three, all, [2, 4], [5, 7]), [[0, 3, 1, 8, [1]]]);
});

Deno.test("LiveLayout: stacks and unwritten VMAs are those of the lines, whatever was replaced", () => {
  const line = fc.record({
    permissions: fc.constantFrom("rw-p", "r--p", "rw-s"),
    vmFlags: fc.constantFrom("rd wr mr mw me ac", "rd wr mr mw me gd ac", "rd wr mr mw me ht"),
    written: fc.boolean(),
  });
  const cut = fc.tuple(fc.nat(20), fc.nat(5), fc.array(line, { maxLength: 4 }));
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 20 }),
      fc.array(cut, { maxLength: 6 }),
      (first, cuts) => {
        const at = (i: number) => ({ start: i * 64 * PAGE, end: (i * 64 + 1) * PAGE });
        const layout = new LiveLayout(first.map((each, i) => ({ ...HEAP, ...each, ...at(i) })));
        for (const [from, count, others] of cuts) {
          const start = Math.min(from, layout.lines.length);
          const end = Math.min(start + count, layout.lines.length);
          const base = layout.lines[start - 1]?.end ?? 0;
          const room = (layout.lines[end]?.start ?? base + 64 * PAGE) - base;
          const fitting = others.slice(0, Math.max(0, Math.floor(room / PAGE) - 1));
          layout.replace(
            start,
            end,
            fitting.map((each, i) => ({
              ...HEAP,
              ...each,
              start: base + i * PAGE,
              end: base + (i + 1) * PAGE,
            })),
          );
        }
        const { lines } = layout;
        const has = (each: MapLine, flag: string) => each.vmFlags!.split(" ").includes(flag);
        assertEquals(layout.stacks, lines.filter((each) => has(each, "gd")));
        assertEquals(
          layout.unwritten,
          lines.filter((each) => !each.written && each.permissions === "rw-p" && !has(each, "ht")),
        );
      },
    ),
  );
});

Deno.test("LiveLayout: as many VMAs as there can be are put in the place of others", () => {
  const many = Array.from({ length: 200_000 }, (_, i) => vma(2 * i + 4, 2 * i + 5));
  const layout = new LiveLayout([vma(1, 2), vma(2, 3, "r--p"), vma(500_000, 500_001)]);
  layout.replace(1, 2, many);
  const { lines } = layout;
  assertEquals([lines.length, lines[0], lines[1], lines.at(-2), lines.at(-1)], [
    ...[200_002, vma(1, 2), many[0], many.at(-1), vma(500_000, 500_001)],
  ]);
});

Deno.test("LiveLayout: a VMA that was written to, or has grown, takes the place of what it was", () => {
  const layout = new LiveLayout([vma(1, 2), vma(3, 5), vma(7, 9)].map((line) => ({
    ...{ ...line, written: false },
  })));
  const [, old] = layout.lines;
  layout.update(old!, { ...old!, start: 2 * PAGE, written: true });
  assertEquals(layout.lines.map(({ start, written }) => [start / PAGE, written]), [
    ...[[1, false], [2, true], [7, false]],
  ]);
  assertEquals(layout.unwritten.map(({ start }) => start / PAGE), [1, 7]);
  layout.replaceAll([vma(4, 5), { ...vma(6, 7), vmFlags: "rd gd", written: false }]);
  assertEquals([layout.lines.length, layout.stacks.length, layout.unwritten.length], [2, 1, 1]);
});

Deno.test("LiveLayout: whether a file is mapped in a range", () => {
  const file = { ...vma(4, 6), inode: 5 };
  const layout = new LiveLayout([vma(1, 3), file, vma(6, 8)]);
  const has = (first: number, count: number) => layout.hasFile(first * PAGE, count * PAGE);
  assertEquals([has(1, 3), has(6, 2), has(3, 1), has(9, 1)], [false, false, false, false]);
  assertEquals([has(1, 4), has(5, 1), has(5, 9), has(0, 99)], [true, true, true, true]);
});
