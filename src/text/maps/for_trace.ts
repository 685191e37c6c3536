/**
 * A layout from a text as a trace has it.
 *
 * @module
 */

import { isPageAligned } from "../../abi/page.ts";
import type { MapLine } from "../../trace/format.ts";
import { TextError } from "../text_error.ts";
import { type LayoutLine, shortName } from "./layout_line.ts";
import { readLayout } from "./read_layout.ts";

/** Addresses that the model does not hold are left out, and what a damaged line shows within a page. */
const HIGHEST = 2 ** 52;

/**
 * The VMAs of a text of maps, smaps or any other format of `readLayout`.
 *
 * @throws {TextError} there is none in it
 */
export function layoutForTrace(text: string): MapLine[] {
  const { vmas } = readLayout(text);
  if (vmas.length === 0) throw new TextError("Cannot read the layout: no line of it shows a VMA");
  return mapLinesOf(vmas);
}

/** Those VMAs of a layout that a trace can have. */
export function mapLinesOf(vmas: readonly LayoutLine[]): MapLine[] {
  return vmas
    .filter(({ start, end }) => end <= HIGHEST && isPageAligned(start) && isPageAligned(end))
    .map(mapLineOf);
}

/** One VMA; what the text does not say is taken for what is most common. */
function mapLineOf(line: LayoutLine): MapLine {
  const permissions = line.permissions.replace(/^\?/, "r").replace(/\?$/, "p").replaceAll("?", "-");
  return {
    start: line.start,
    end: line.end,
    permissions,
    offset: line.offset ?? 0,
    device: line.device ?? "00:00",
    inode: line.inode ?? 0,
    name: shortName(line),
    ...(line.vmFlags !== undefined && { vmFlags: withoutSoftDirty(line.vmFlags) }),
    ...(line.written !== undefined && { written: line.written }),
  };
}

/** A trace leaves out the soft-dirty bit, which no rule asks for. */
function withoutSoftDirty(text: string): string {
  return text.split(/\s+/).filter((letters) => letters !== "sd" && letters !== "").join(" ");
}
