/**
 * A line of `/proc/PID/maps` anywhere in a line of text, its last columns perhaps cut off.
 *
 * Format: proc_pid_maps(5). The line may stand after whatever a log, a mail or a list put before it.
 *
 * @module
 */

import type { LayoutLine } from "./layout_line.ts";

const LINE =
  /(?:^|[^0-9a-zA-Z])([0-9a-fA-F]{4,16})-([0-9a-fA-F]{4,16})[ \t]+([r-][w-][x-][psPS])(?:[ \t]+([0-9a-fA-F]{1,16})(?:[ \t]+([0-9a-fA-F]{1,6}:[0-9a-fA-F]{1,6})(?:[ \t]+(\d{1,20})(?:[ \t]+(.*))?)?)?)?[ \t]*$/;

/** Reads a line, undefined if it is none. */
export function readMapsLine(text: string, line: number): LayoutLine | undefined {
  const match = LINE.exec(text);
  if (match === null) return undefined;
  const [, first = "", last = "", permissions = "", offset, device, inode, name = ""] = match;
  const start = parseInt(first, 16), end = parseInt(last, 16);
  if (end <= start) return undefined;
  return {
    line,
    start,
    end,
    permissions: permissions.toLowerCase(),
    ...(offset !== undefined && { offset: parseInt(offset, 16) }),
    ...(device !== undefined && { device }),
    ...(inode !== undefined && { inode: Number(inode) }),
    name: name.trim(),
  };
}

/** The field of a line that smaps prints after a VMA's own; undefined if it is none. */
export function readSmapsField(text: string): readonly [name: string, value: string] | undefined {
  const match = /^\s*([A-Z][A-Za-z_]{1,24}):\s+(\S.*?)\s*$/.exec(text);
  return match === null ? undefined : [match[1] ?? "", match[2] ?? ""];
}
