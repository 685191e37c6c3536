/**
 * Draws the address line.
 *
 * @module
 */
/// <reference lib="dom" />

import { size } from "../model/vma_changes.ts";
import type { StepView } from "../model/step_view.ts";
import type { VmaRow } from "../model/vma_row.ts";
import { placeOf, type Region, type Zoom } from "./address_layout.ts";
import { color } from "./hooks.ts";
import { kindFills } from "./kinds.ts";

/** What is drawn. */
export interface AddressDrawing {
  readonly width: number;
  readonly height: number;
  readonly regions: readonly Region[];
  readonly zoom: Zoom;
  readonly view: StepView;
  readonly selected: number | undefined;
}

const TOP = 13;
const BAR = 38;
const FONT = "11px system-ui, sans-serif";
const MONO = "11px ui-monospace, monospace";

/** Draws everything. */
export function drawAddressLine(context: CanvasRenderingContext2D, drawing: AddressDrawing): void {
  const { width, regions, zoom } = drawing;
  const x = (place: number) => (place - zoom.left) * zoom.factor * width;
  context.clearRect(0, 0, width, drawing.height);
  for (const region of regions) drawRegion(context, region, x, width);
  drawVmas(context, drawing, x);
  drawChanges(context, drawing, x);
}

function drawRegion(
  context: CanvasRenderingContext2D,
  region: Region,
  x: (place: number) => number,
  width: number,
): void {
  const from = x(region.from);
  const to = x(region.to);
  if (to > 0 && from < width) {
    context.fillStyle = color("void");
    context.fillRect(from, TOP, to - from, BAR);
    const left = Math.max(from, 0);
    const room = Math.min(to, width) - left;
    context.textBaseline = "alphabetic";
    context.fillStyle = color("dim");
    context.font = MONO;
    const start = region.start.toString(16);
    const used = fitText(context, start, left, TOP + BAR + 14, room) + 8;
    context.font = FONT;
    fitText(context, region.name, left + used, TOP + BAR + 14, room - used);
  }
  if (region.cutAfter === 0) return;
  const cut = (to + x(region.to + 0.022)) / 2;
  context.strokeStyle = color("dim");
  context.lineWidth = 1;
  context.beginPath();
  for (const by of [-2, 2]) {
    context.moveTo(cut + by - 2, TOP + BAR - 6);
    context.lineTo(cut + by + 2, TOP + 6);
  }
  context.stroke();
  context.font = "10px system-ui, sans-serif";
  context.textAlign = "center";
  context.fillStyle = color("dim");
  context.fillText(size(region.cutAfter), cut, TOP + BAR + 26);
  context.textAlign = "left";
}

/** Writes a text where it fits; gives its width. */
function fitText(
  context: CanvasRenderingContext2D,
  text: string,
  left: number,
  baseline: number,
  room: number,
): number {
  const { width } = context.measureText(text);
  if (width <= room) context.fillText(text, left, baseline);
  return width;
}

/** VMAs, at least a hair wide; those too thin for their outline have none. */
function drawVmas(
  context: CanvasRenderingContext2D,
  { view, regions, width, selected }: AddressDrawing,
  x: (place: number) => number,
): void {
  const fills = kindFills(context);
  const edge = color("paper");
  let column = -1;
  let kind: VmaRow["kind"] | undefined;
  for (const row of view.space?.rows ?? []) {
    if (row.last < row.first) continue;
    const [from, to] = bounds(row, regions, x);
    if (to < 0 || from > width) continue;
    // Where many share one pixel, those of one kind are drawn once.
    const isHidden = to - from < 1 && Math.floor(from) === column && row.kind === kind;
    if (isHidden && row.first !== selected) continue;
    column = Math.floor(from);
    kind = row.kind;
    context.fillStyle = fills[row.kind];
    context.fillRect(from, TOP, Math.max(to - from, 1), BAR);
    if (to - from > 3) {
      context.fillStyle = edge;
      context.fillRect(to - 0.5, TOP, 0.5, BAR);
    }
    if (row.first !== selected) continue;
    context.strokeStyle = color("ink");
    context.lineWidth = 2;
    context.strokeRect(from - 1, TOP - 2, Math.max(to - from, 1) + 2, BAR + 4);
  }
}

/** What the step changed, outlined and pointed at: new and changed VMAs, and where some are gone. */
function drawChanges(
  context: CanvasRenderingContext2D,
  { view, regions, width }: AddressDrawing,
  x: (place: number) => number,
): void {
  const { changes, space } = view;
  if (changes === undefined || space === undefined || view.before === undefined) return;
  const accent = color("accent");
  const mark = (row: VmaRow, isDashed: boolean) => {
    if (row.last < row.first) return;
    const [from, to] = bounds(row, regions, x);
    if (to < 0 || from > width) return;
    context.strokeStyle = context.fillStyle = accent;
    context.lineWidth = 2;
    context.setLineDash(isDashed ? [3, 3] : []);
    context.strokeRect(from - 1, TOP - 1, Math.max(to - from, 1) + 2, BAR + 2);
    context.setLineDash([]);
    const middle = Math.min(Math.max((from + to) / 2, 4), width - 4);
    context.beginPath();
    context.moveTo(middle, TOP - 3);
    context.lineTo(middle - 4, TOP - 10);
    context.lineTo(middle + 4, TOP - 10);
    context.fill();
  };
  for (const row of space.rows) if (changes.rows.has(row)) mark(row, false);
  for (const row of changes.gone) mark(row, true);
}

function bounds(
  row: VmaRow,
  regions: readonly Region[],
  x: (place: number) => number,
): [from: number, to: number] {
  return [x(placeOf(regions, row.first)), x(placeOf(regions, row.last + 1))];
}
