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
  assertEquals(shownAround(layout, source, [range], 3), undefined);
  const gone: VmaSource = { ...source, at: () => "gone" };
  assertEquals(shownAround(layout, gone, [range], 1000), undefined);
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
