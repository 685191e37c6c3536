/**
 * How VMAs of each kind look: a colour and a pattern, so that neither is needed to tell them apart.
 *
 * @module
 */
/// <reference lib="dom" />

import type { VmaKind } from "../model/vma_row.ts";
import { color, isDark } from "./hooks.ts";

/** The kinds in the order of the legend, and what they are called. */
export const KIND_NAMES: readonly (readonly [kind: VmaKind, name: string])[] = [
  ["text", "file, code"],
  ["data", "file, data"],
  ["anonymous", "anonymous"],
  ["heap", "heap"],
  ["stack", "stack"],
  ["shared", "shared"],
  ["kernel", "kernel's own"],
  ["guard", "no access"],
];

/** What each kind is called. */
export const KINDS: ReadonlyMap<VmaKind, string> = new Map(KIND_NAMES);

/** Side of a pattern's tile, CSS pixels. */
const TILE = 6;

/** The fillings of all kinds. */
export type KindFills = Readonly<Record<VmaKind, CanvasPattern | string>>;

/** Fillings that were made, by scheme and by how many pixels a CSS pixel has. */
const made = new Map<string, KindFills>();

/** The fillings of all kinds, for drawing on a canvas. */
export function kindFills(context: CanvasRenderingContext2D): KindFills {
  const key = `${isDark()} ${devicePixelRatio}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const fill = (kind: VmaKind) => kindFill(context, kind);
  const fills = {
    text: fill("text"),
    data: fill("data"),
    anonymous: fill("anonymous"),
    heap: fill("heap"),
    stack: fill("stack"),
    shared: fill("shared"),
    kernel: fill("kernel"),
    guard: fill("guard"),
  };
  made.set(key, fills);
  return fills;
}

function kindFill(context: CanvasRenderingContext2D, kind: VmaKind): CanvasPattern | string {
  const ratio = devicePixelRatio;
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(TILE * ratio);
  const pen = tile.getContext("2d")!;
  pen.scale(tile.width / TILE, tile.height / TILE);
  pen.fillStyle = color(`kind-${kind}`);
  pen.fillRect(0, 0, TILE, TILE);
  pen.strokeStyle = pen.fillStyle = color("pattern");
  pen.lineWidth = 1;
  drawPattern(pen, kind);
  const pattern = context.createPattern(tile, "repeat");
  if (pattern === null) return color(`kind-${kind}`);
  pattern.setTransform(new DOMMatrix().scale(1 / ratio));
  return pattern;
}

function drawPattern(pen: CanvasRenderingContext2D, kind: VmaKind): void {
  const line = (...points: readonly number[]) => {
    pen.beginPath();
    pen.moveTo(points[0]!, points[1]!);
    pen.lineTo(points[2]!, points[3]!);
    pen.stroke();
  };
  switch (kind) {
    case "text":
      return;
    case "data":
      return pen.fillRect(2, 2, 1.6, 1.6);
    case "anonymous":
      return line(0, 3.5, TILE, 3.5);
    case "heap":
      line(-1, TILE + 1, TILE + 1, -1);
      line(-1, 1, 1, -1);
      return line(TILE - 1, TILE + 1, TILE + 1, TILE - 1);
    case "stack":
      line(-1, -1, TILE + 1, TILE + 1);
      line(TILE - 1, -1, TILE + 1, 1);
      return line(-1, TILE - 1, 1, TILE + 1);
    case "shared":
      line(0, 3.5, TILE, 3.5);
      return line(3.5, 0, 3.5, TILE);
    case "kernel":
      return line(3.5, 0, 3.5, TILE);
    case "guard":
      line(0, 0, TILE, TILE);
      return line(0, TILE, TILE, 0);
  }
}
