/**
 * Lines of the tables that debuggers, pmap, sanitizers, crash logs and rr print of a layout.
 *
 * Formats: gdb's `info proc mappings`, lldb's `memory region`, the `vmmap` of gef and pwndbg; pmap(1), plain, -d, -x,
 * -X and -XX; debuggerd's tombstones; the process map of the sanitizers' runtime; `rr dump -m`.
 *
 * @module
 */

import type { LayoutLine } from "./layout_line.ts";

const ADDRESSES =
  /(?:^|[^0-9a-zA-Z])0x([0-9a-f]{1,16})(?:[ \t]+|[ \t]*-[ \t]*)0x([0-9a-f]{1,16})\)?[ \t]*/i;
const PERMISSIONS = /^[r-][w-][x-][ps-]?$/;

/** A line of gdb's table or one like it: two addresses, sizes, offset and permissions in any order, then a path. */
export function readDebuggerLine(text: string, line: number): LayoutLine | undefined {
  const match = ADDRESSES.exec(text);
  if (match === null) return undefined;
  const start = parseInt(match[1]!, 16), end = parseInt(match[2]!, 16);
  if (end <= start || start % 0x1000 !== 0 || end % 0x1000 !== 0) return undefined;
  const rest = text.slice(match.index + match[0].length);
  const words = rest.split(/[ \t]+/, 5);
  let permissions = "????", offset: number | undefined, isSized = false, taken = 0;
  for (const word of words) {
    if (PERMISSIONS.test(word)) {
      permissions = word.length === 3 ? `${word}?` : word.replace(/-$/, "?");
    } else if (/^(?:0x)?[0-9a-f]{1,16}$/i.test(word)) {
      const value = parseInt(word.replace(/^0x/i, ""), 16);
      // A single number that is the size may be the offset all the same: then it is not known.
      if (value === end - start && !isSized) isSized = true;
      else offset = value;
    } else break;
    taken += word.length + /^[ \t]*/.exec(rest.slice(taken + word.length))![0].length;
  }
  const name = rest.slice(taken).trim();
  // lldb lists what is not mapped too.
  const isGap = permissions.startsWith("---") && name === "" && /^\s*\[0x/.test(text);
  if (isGap) return undefined;
  return {
    line,
    start,
    end,
    permissions,
    ...(offset !== undefined && { offset }),
    name: plainName(name),
  };
}

const SANITIZER = /^(?:.*[ \t=])?0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16})(?:[ \t]+(.*))?$/i;

/** A line of the sanitizers' process map: addresses and a path alone. */
export function readSanitizerLine(text: string, line: number): LayoutLine | undefined {
  const match = SANITIZER.exec(text);
  if (match === null) return undefined;
  const start = parseInt(match[1]!, 16), end = parseInt(match[2]!, 16);
  const rest = (match[3] ?? "").trim();
  if (start % 0x1000 !== 0 || end % 0x1000 !== 0) return undefined;
  if (end <= start || PERMISSIONS.test(rest.split(/[ \t]/, 1)[0] ?? "")) return undefined;
  const name = rest.replace(/ ?\(\d+\)$/, "").replace(/ \[[\w-]+\]$/, "");
  return { line, start, end, permissions: "????", name };
}

const TOMBSTONE =
  /(?:^|[^0-9a-zA-Z'])([0-9a-f']{8,17})-([0-9a-f']{8,17})[ \t]+([r-][w-][x-])[ \t]+([0-9a-f]{1,16})[ \t]+([0-9a-f]{1,16})(?:[ \t]+(.*))?$/i;

/** A line of an Android tombstone: its end is the last byte. */
export function readTombstoneLine(text: string, line: number): LayoutLine | undefined {
  const match = TOMBSTONE.exec(text);
  if (match === null) return undefined;
  const start = parseInt(match[1]!.replaceAll("'", ""), 16);
  const end = parseInt(match[2]!.replaceAll("'", ""), 16) + 1;
  if (!(end > start) || end % 0x1000 !== 0) return undefined;
  const name = (match[6] ?? "").replace(/ \((?:BuildId|load bias|load base)\b[^()]*\)/g, "").trim();
  return { line, start, end, permissions: `${match[3]}?`, offset: parseInt(match[4]!, 16), name };
}

const PMAP =
  /(?:^|[^0-9a-zA-Z])([0-9a-f]{8,16})[ \t]+(\d{1,15})K?[ \t]+(?:(?:\d+|-)[ \t]+){0,4}([r-][w-][x-][s-][R-]?)[ \t]*(.*)$/;
const PMAP_DEVICE = /^([0-9a-f]{8,16})[ \t]+([0-9a-f]{1,4}:[0-9a-f]{1,6})[ \t]*(.*)$/;

/** A line of pmap, plain, -d or -x. */
export function readPmapLine(text: string, line: number): LayoutLine | undefined {
  const match = PMAP.exec(text);
  if (match === null) return undefined;
  const start = parseInt(match[1]!, 16), end = start + Number(match[2]) * 1024;
  if (end <= start) return undefined;
  const permissions = `${match[3]!.slice(0, 3)}${match[3]![3] === "s" ? "s" : "p"}`;
  const located = PMAP_DEVICE.exec(match[4]!);
  if (located === null) return { line, start, end, permissions, name: plainName(match[4]!.trim()) };
  const [, offset = "", , name = ""] = located;
  return {
    line,
    start,
    end,
    permissions,
    offset: parseInt(offset, 16),
    name: plainName(name.trim()),
  };
}

const PMAP_X =
  /^[ \t]*([0-9a-f]{4,16})[ \t]+([r-][w-][x-][ps])[ \t]+([0-9a-f]{1,16})[ \t]+([0-9a-f]{1,4}:[0-9a-f]{1,6})[ \t]+(\d{1,20})[ \t]+(\d{1,15})((?:[ \t]+\d{1,15})*)((?:[ \t]+[a-z]{2}(?=[ \t]|$))*)[ \t]*(.*)$/;

/**
 * A line of pmap -X or -XX.
 *
 * @param columns the names of the columns, as the header has them
 */
export function readPmapXLine(
  text: string,
  line: number,
  columns: readonly string[],
): LayoutLine | undefined {
  const match = PMAP_X.exec(text);
  if (match === null) return undefined;
  const [, address = "", permissions = "", offset = "", device = "", inode, size] = match;
  const start = parseInt(address, 16), end = start + Number(size) * 1024;
  if (end <= start) return undefined;
  const numbers = (match[7] ?? "").trim().split(/[ \t]+/);
  const anonymous = numbers[columns.indexOf("Anonymous") - columns.indexOf("Size") - 1];
  const vmFlags = (match[8] ?? "").trim();
  return {
    line,
    start,
    end,
    permissions,
    offset: parseInt(offset, 16),
    device,
    inode: Number(inode),
    name: plainName((match[9] ?? "").trim()),
    ...(vmFlags !== "" && columns.includes("VmFlags") && { vmFlags }),
    ...(columns.includes("Anonymous") && anonymous !== undefined &&
      { written: Number(anonymous) > 0 }),
  };
}

const RR =
  /\{ map_file:"([^"]*)", addr:0x([0-9a-f]{1,16}), length:0x([0-9a-f]{1,16}), prot_flags:"([^"]{3,5})", file_offset:0x([0-9a-f]{1,16})/;

/** A line of `rr dump -m`. */
export function readRrLine(text: string, line: number): LayoutLine | undefined {
  const match = RR.exec(text);
  if (match === null) return undefined;
  const [, file = "", address = "", length = "", permissions = "", offset = ""] = match;
  const start = parseInt(address, 16), end = start + parseInt(length, 16);
  if (end <= start) return undefined;
  const name = file === "<ZERO>" ? "" : file;
  return {
    line,
    start,
    end,
    permissions: permissions.slice(0, 4).padEnd(4, "?"),
    offset: parseInt(offset, 16),
    name,
  };
}

/** A line of numa_maps: where a VMA starts, its policy and what it holds. */
export interface NumaLine {
  readonly start: number;
  readonly policy: string;
  /** Anonymous pages. */
  readonly written: boolean;
}

const NUMA =
  /^[ \t]*([0-9a-f]{4,16})[ \t]+((?:default|local|bind|prefer|interleave|weighted)[\w=:,() -]*?)(?=[ \t]+(?:file=|heap|stack|huge|anon=|dirty=|mapped=|mapmax=|swapcache=|active=|writeback=|N\d+=|kernelpagesize)|[ \t]*$)(.*)$/;

/** Reads a line of numa_maps, undefined if it is none. */
export function readNumaLine(text: string): NumaLine | undefined {
  const match = NUMA.exec(text);
  if (match === null) return undefined;
  return {
    start: parseInt(match[1]!, 16),
    policy: match[2]!.trim(),
    written: /\banon=[1-9]/.test(match[3] ?? ""),
  };
}

/** pmap and others write `[ anon ]` for no name. */
function plainName(name: string): string {
  const bracketed = /^\[ ?(anon|stack|heap|shmid=\S+|uprobes|vdso|vvar) ?\]$/.exec(name);
  if (bracketed === null) return name;
  return bracketed[1] === "anon" ? "" : `[${bracketed[1]}]`;
}
