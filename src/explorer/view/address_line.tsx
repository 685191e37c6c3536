/**
 * The address line: every VMA where it lies.
 *
 * @module
 */
/// <reference lib="dom" />

import type { HTMLAttributes, JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { hex } from "../../abi/hex.ts";
import type { Store } from "../model/store.ts";
import type { StepView } from "../model/step_view.ts";
import { size } from "../model/vma_changes.ts";
import type { VmaRow } from "../model/vma_row.ts";
import { placeOf, type Region, regionsOf, type Zoom } from "./address_layout.ts";
import { drawAddressLine } from "./address_drawing.ts";
import { ownKeys, prepareCanvas, useScheme, useWidth } from "./hooks.ts";
import { KIND_NAMES, KINDS } from "./kinds.ts";

const HEIGHT = 79;
const MOST_ZOOM = 4000;

const WHOLE: Zoom = { left: 0, factor: 1 };

/** Keeps the line's ends outside of what is seen. */
function clamp({ left, factor }: Zoom): Zoom {
  const bounded = Math.min(Math.max(factor, 1), MOST_ZOOM);
  return { factor: bounded, left: Math.min(Math.max(left, 0), 1 - 1 / bounded) };
}

/** The address line and its buttons. */
export function AddressLine({ store, view }: { store: Store; view: StepView }): JSX.Element {
  const [box, width] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const scheme = useScheme();
  const [zoom, setZoom] = useState(WHOLE);
  const [pointed, setPointed] = useState<VmaRow>();
  const rows = view.space?.rows ?? [];
  const regions = useMemo(() => regionsOf(rows), [rows]);
  const { selected } = store;
  useEffect(() => {
    if (canvas.current === null || width === 0) return;
    const context = prepareCanvas(canvas.current, width, HEIGHT);
    drawAddressLine(context, { width, height: HEIGHT, regions, zoom, view, selected });
  }, [width, regions, zoom, view, selected, scheme]);
  const zoomBy = (factor: number, at = 0.5) =>
    setZoom((old) => {
      const next = Math.min(Math.max(old.factor * factor, 1), MOST_ZOOM);
      return clamp({ factor: next, left: old.left + at / old.factor - at / next });
    });
  const rowAt = (x: number) => hit(rows, regions, zoom.left + x / width / zoom.factor, zoom, width);
  const drag = useDrag(width, zoom, setZoom, (x) => {
    const row = rowAt(x);
    store.select(row === undefined || row.first === selected ? undefined : row.first);
  });
  const at = rows.findIndex((row) => row.first === selected);
  const shown = rows[at];
  const selectBy = (by: number) => {
    const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
    store.select(next?.first);
    if (next !== undefined && zoom.factor > 1) {
      const place = placeOf(regions, next.first);
      setZoom((old) => clamp({ ...old, left: place - 0.5 / old.factor }));
    }
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => selectBy(-1),
    ArrowRight: () => selectBy(1),
    "+": () => zoomBy(2),
    "-": () => zoomBy(0.5),
    "0": () => setZoom(WHOLE),
  };
  const said = pointed ?? shown;
  return (
    <section class="panel address" aria-labelledby="address-title" data-tour="address">
      <header>
        <h2 id="address-title">Address line</h2>
        <p class="said" aria-hidden="true">
          {said ? describe(said) : "Point at a VMA, or click it"}
        </p>
        <div class="buttons">
          <button type="button" onClick={() => zoomBy(2)} aria-label="Zoom in">+</button>
          <button type="button" onClick={() => zoomBy(0.5)} aria-label="Zoom out">−</button>
          <button type="button" onClick={() => setZoom(WHOLE)} disabled={zoom.factor === 1}>
            Whole line
          </button>
        </div>
      </header>
      <div
        ref={box}
        class="canvas"
        style={{ height: `${HEIGHT}px` }}
        tabIndex={0}
        role="slider"
        aria-label="Selected VMA on the address line"
        aria-valuemin={0}
        aria-valuemax={rows.length}
        aria-valuenow={at + 1}
        aria-valuetext={shown ? describe(shown) : "none"}
        onKeyDown={ownKeys(keys)}
        onWheel={(event) => {
          // Where the page scrolls, the wheel is the page's, unless Ctrl is held.
          const scrolls = document.documentElement.scrollHeight > innerHeight;
          if (!event.ctrlKey && (scrolls || Math.abs(event.deltaX) > Math.abs(event.deltaY))) {
            return;
          }
          event.preventDefault();
          const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
          zoomBy(Math.exp(-event.deltaY / 300), x / width);
        }}
        onPointerMove={(event) => setPointed(rowAt(event.offsetX))}
        onPointerLeave={() => setPointed(undefined)}
        {...drag}
      >
        <canvas ref={canvas} style={{ width: `${width}px`, height: `${HEIGHT}px` }} />
      </div>
      <Legend rows={rows} />
    </section>
  );
}

/** What the colours and patterns mean, of the kinds that there are. */
function Legend({ rows }: { rows: readonly VmaRow[] }): JSX.Element {
  const present = new Set(rows.map(({ kind }) => kind));
  return (
    <ul class="legend">
      {KIND_NAMES.filter(([kind]) => present.has(kind)).map(([kind, text]) => (
        <li key={kind}>
          <i class={`swatch ${kind}`} />
          {text}
        </li>
      ))}
      <li>
        <i class="outline" />changed by this step
      </li>
      <li>
        <i class="cut" />free space left out
      </li>
    </ul>
  );
}

/** Dragging moves what is seen; a press that does not move is a click. */
function useDrag(
  width: number,
  zoom: Zoom,
  setZoom: (zoom: Zoom) => void,
  click: (x: number) => void,
): HTMLAttributes<HTMLDivElement> {
  const pressed = useRef<{ x: number; left: number; moved: boolean } | undefined>(undefined);
  return {
    onPointerDown: (event) => {
      pressed.current = { x: event.clientX, left: zoom.left, moved: false };
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMoveCapture: (event) => {
      const start = pressed.current;
      if (start === undefined) return;
      const by = event.clientX - start.x;
      if (Math.abs(by) > 3) start.moved = true;
      if (start.moved) setZoom(clamp({ ...zoom, left: start.left - by / width / zoom.factor }));
    },
    onPointerUp: (event) => {
      const start = pressed.current;
      pressed.current = undefined;
      if (start !== undefined && !start.moved) click(event.offsetX);
    },
    onPointerCancel: () => void (pressed.current = undefined),
  };
}

/** The VMA at a place of the line, or within two pixels of it. */
function hit(
  rows: readonly VmaRow[],
  regions: readonly Region[],
  place: number,
  zoom: Zoom,
  width: number,
): VmaRow | undefined {
  const reach = 2 / width / zoom.factor;
  let best: VmaRow | undefined;
  let distance = reach;
  for (const row of rows) {
    if (row.last < row.first) continue;
    const from = placeOf(regions, row.first);
    const to = placeOf(regions, row.last + 1);
    const away = Math.max(from - place, place - to, 0);
    if (away <= distance && (best === undefined || away < distance)) {
      best = row;
      distance = away;
    }
  }
  return best;
}

function describe(row: VmaRow): string {
  const range = `${hex(row.first)}-${hex(row.last + 1)}`;
  const bytes = row.last + 1 - row.first;
  return `${range} ${row.permissions} ${row.name || KINDS.get(row.kind)}, ${size(bytes)}`;
}
