/**
 * The list of VMAs as /proc/PID/maps has it: what changed is marked, borders can be asked why they are there.
 *
 * Only the rows that are seen are in the document, so that thousands cost no more than dozens.
 *
 * @module
 */
/// <reference lib="dom" />

import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Store } from "../model/store.ts";
import type { StepView } from "../model/step_view.ts";
import { size } from "../model/vma_changes.ts";
import { isMisplaced, type VmaRow } from "../model/vma_row.ts";
import { ownKeys, useHeight } from "./hooks.ts";
import { KINDS } from "./kinds.ts";

const ROW = 24;
const OVERSCAN = 6;

/** One line of the list. */
interface Line {
  readonly row: VmaRow;
  readonly mark: "" | "new" | "changed" | "gone" | "stale";
  /** The VMA below touches it. */
  readonly touches: boolean;
}

const MARKS: Readonly<Record<Line["mark"], readonly [sign: string, text: string]>> = {
  "": ["", ""],
  new: ["+", "new"],
  changed: ["~", "changed"],
  gone: ["−", "gone"],
  stale: ["!", "misplaced"],
};

/** The list and its search. */
export function VmaList({ store, view }: { store: Store; view: StepView }): JSX.Element {
  const [search, setSearch] = useState("");
  const lines = useMemo(() => linesOf(view), [view]);
  const wanted = search.trim().toLowerCase();
  const shown = useMemo(
    () => wanted === "" ? lines : lines.filter(({ row }) => matches(row, wanted)),
    [lines, wanted],
  );
  const { space } = view;
  return (
    <section class="panel list" aria-labelledby="list-title" data-tour="list">
      <header>
        <h2 id="list-title">VMAs</h2>
        <p class="count">
          <b>{space?.mapCount ?? 0}</b>
          {space !== undefined && Number.isFinite(space.limit) &&
            ` of ${space.limit.toLocaleString("en")} allowed`}, {size(space?.bytes ?? 0)}
          {view.isTornDown && <span class="tag">before it was torn down</span>}
        </p>
        <label class="search">
          <span class="hidden">Search by address or name</span>
          <input
            type="search"
            placeholder="Address or name"
            value={search}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </label>
      </header>
      {search !== "" && <p class="found" role="status">{shown.length} of {lines.length} match</p>}
      {lines.length === 0 && <p class="found">Nothing is mapped.</p>}
      <Rows store={store} view={view} lines={shown} />
      <BorderAnswer store={store} view={view} />
    </section>
  );
}

function Rows(
  { store, view, lines }: { store: Store; view: StepView; lines: readonly Line[] },
): JSX.Element {
  const [scroller, height] = useHeight<HTMLDivElement>();
  const [top, setTop] = useState(0);
  const { selected } = store;
  const at = lines.findIndex(({ row, mark }) => row.first === selected && mark !== "gone");
  useEffect(() => {
    const first = lines.findIndex(({ mark }) => mark !== "");
    reveal(scroller.current, at >= 0 ? at : first);
  }, [view, selected]);
  const from = Math.max(0, Math.floor(top / ROW) - OVERSCAN);
  const to = Math.min(lines.length, Math.ceil((top + height) / ROW) + OVERSCAN);
  const select = (by: number) => {
    const next = lines[Math.min(Math.max(at + by, 0), lines.length - 1)];
    if (next !== undefined && next.row.first !== selected) store.select(next.row.first);
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowDown: () => select(1),
    ArrowUp: () => select(-1),
    PageDown: () => select(Math.floor(height / ROW)),
    PageUp: () => select(-Math.floor(height / ROW)),
    Home: () => select(-lines.length),
    End: () => select(lines.length),
    Enter: () => selected !== undefined && store.askBorder(selected),
  };
  return (
    <div
      ref={scroller}
      class="rows"
      tabIndex={0}
      role="listbox"
      aria-label="VMAs by address; Enter says why the chosen one is not one with the VMA below it"
      aria-activedescendant={at >= from && at < to ? `row-${at}` : undefined}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={ownKeys(keys)}
    >
      <div style={{ height: `${lines.length * ROW}px` }} role="presentation">
        {lines.slice(from, to).map((line, offset) => (
          <Row
            key={`${line.row.first} ${line.row.last} ${line.mark}`}
            store={store}
            line={line}
            at={from + offset}
            isSelected={from + offset === at}
          />
        ))}
      </div>
    </div>
  );
}

function Row(
  { store, line, at, isSelected }: {
    store: Store;
    line: Line;
    at: number;
    isSelected: boolean;
  },
): JSX.Element {
  const { row, mark, touches } = line;
  const [sign, said] = MARKS[mark];
  return (
    <div
      id={`row-${at}`}
      class={`row ${mark} ${isSelected ? "selected" : ""}`}
      style={{ top: `${at * ROW}px` }}
      role="option"
      aria-selected={isSelected}
      onClick={() => store.select(isSelected ? undefined : row.first)}
    >
      <span class="mark" title={said}>
        {sign}
        {said !== "" && <span class="hidden">{said}</span>}
      </span>
      <i class={`swatch ${row.kind}`} title={KINDS.get(row.kind)} />
      <span class="range">
        {row.first.toString(16)}-{(row.last + 1).toString(16)}
      </span>
      <span class="permissions">{row.permissions}</span>
      <span class="bytes">{row.last < row.first ? "no room" : size(row.last + 1 - row.first)}</span>
      <span class="name" title={row.name}>
        {isMisplaced(row) && mark !== "gone" && (
          <em>belongs to {row.start.toString(16)}-{row.end.toString(16)}</em>
        )}
        {row.name}
      </span>
      {touches && mark !== "gone" && (
        <span
          class="border"
          title="Why is this not one with the VMA below it?"
          onClick={(event) => {
            event.stopPropagation();
            store.askBorder(row.first);
          }}
        />
      )}
    </div>
  );
}

/** Why two neighbours are two, once asked. */
function BorderAnswer({ store, view }: { store: Store; view: StepView }): JSX.Element {
  const { border } = store;
  if (border === undefined) {
    return (
      <p class="answer hint">Click the line between two VMAs to see why they did not merge.</p>
    );
  }
  return (
    <div class="answer" role="status">
      <p class="pair">
        {border.lower.first.toString(16)} | {border.upper.first.toString(16)}
        {border.obstacle !== null && <span class="tag">{border.obstacle}</span>}
      </p>
      <p>
        {border.words}. {Number.isFinite(view.left) &&
          `${view.left.toLocaleString("en")} more VMAs may be made.`}
      </p>
    </div>
  );
}

/** The list after the step, with what is gone where it was. */
function linesOf({ space, changes, before }: StepView): Line[] {
  const rows = space?.rows ?? [];
  const gone = before === undefined ? [] : changes?.gone ?? [];
  const lines: Line[] = [];
  let next = 0;
  for (const [at, row] of rows.entries()) {
    while (next < gone.length && gone[next]!.first < row.first) {
      lines.push({ row: gone[next++]!, mark: "gone", touches: false });
    }
    const touches = at > 0 && rows[at - 1]!.last + 1 === row.first;
    const change = before === undefined ? undefined : changes?.rows.get(row);
    const mark = isMisplaced(row) ? "stale" : change ?? "";
    lines.push({ row, mark, touches });
  }
  for (; next < gone.length; next++) lines.push({ row: gone[next]!, mark: "gone", touches: false });
  return lines;
}

/** Whether a row has the text in its line, or the address in its range. */
function matches(row: VmaRow, wanted: string): boolean {
  const digits = wanted.replace(/^0x/, "");
  if (/^[0-9a-f]{4,}$/.test(digits)) {
    const address = parseInt(digits, 16);
    if (address >= row.first && address <= row.last) return true;
  }
  const range = `${row.first.toString(16)}-${(row.last + 1).toString(16)}`;
  return range.includes(digits) || row.name.toLowerCase().includes(wanted) ||
    row.permissions.includes(wanted) || (KINDS.get(row.kind) ?? "").includes(wanted);
}

/** Scrolls a row into view if it is not. */
function reveal(scroller: HTMLElement | null, at: number): void {
  if (scroller === null || at < 0) return;
  const top = at * ROW;
  const { scrollTop, clientHeight } = scroller;
  if (top >= scrollTop && top + ROW <= scrollTop + clientHeight) return;
  scroller.scrollTop = Math.max(0, top - clientHeight / 2);
}
