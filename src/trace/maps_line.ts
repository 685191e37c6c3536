/**
 * The text of `/proc/PID/maps` as VMAs: what people have at hand of a process's layout.
 *
 * Format: proc_pid_maps(5).
 *
 * @module
 */
import type { MapLine } from "./format.ts";
import { TraceError } from "./trace_error.ts";

const LINE =
  /^([0-9a-f]{1,16})-([0-9a-f]{1,16}) ([r-][w-][x-][ps]) ([0-9a-f]+) ([0-9a-f]+:[0-9a-f]+) (\d+)(?: +(.*))?$/;

/**
 * Reads all of `/proc/PID/maps`, without `[vsyscall]`, which is no VMA. A file's path is cut to its
 * base name.
 *
 * @param file name of the text in errors
 * @throws {TraceError} a line is none of a maps file, or the lines do not ascend
 */
export function parseMaps(text: string, file = "the maps"): MapLine[] {
  const layout: MapLine[] = [];
  let end = 0;
  for (const [i, line] of text.split("\n").entries()) {
    if (line === "" || line.endsWith("[vsyscall]")) continue;
    const vma = parseMapsLine(line);
    if (vma === undefined) {
      throw new TraceError("EVALUE", file, i + 1, `it is no line of /proc/PID/maps: ${line}`);
    }
    if (vma.start < end) {
      throw new TraceError("EVALUE", file, i + 1, "it is not in ascending order");
    }
    end = vma.end;
    layout.push(vma);
  }
  return layout;
}

/** One line, or nothing if it is none. */
export function parseMapsLine(line: string): MapLine | undefined {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [, first = "", last = "", permissions = "", offset = "", device = "", inode, name] = match;
  const start = parseInt(first, 16), end = parseInt(last, 16);
  if (end <= start) return undefined;
  return {
    start,
    end,
    permissions,
    offset: parseInt(offset, 16),
    device,
    inode: Number(inode),
    name: baseName(name ?? ""),
  };
}

/** The last part of a path; names in brackets stay whole. */
export function baseName(path: string): string {
  return path.startsWith("[") ? path : path.slice(path.lastIndexOf("/") + 1);
}
