/**
 * What a step did to the VMAs, in sentences: which are new, gone, cut or joined, and what keeps neighbours apart.
 *
 * @module
 */

import type { SpaceView, VmaRow } from "./vma_row.ts";

/** What became of a row of the list. */
export type RowChange = "new" | "changed" | "gone";

/** One thing that happened. */
export interface VmaEvent {
  readonly kind: "new" | "gone" | "grown" | "shrunk" | "split" | "joined" | "flags" | "written";
  readonly text: string;
  /** Where in the address space, `[start, end)`. */
  readonly start: number;
  readonly end: number;
}

/** What a step did to the list. */
export interface VmaChanges {
  /** By row of the list after. */
  readonly rows: ReadonlyMap<VmaRow, RowChange>;
  /** Rows of the list before that are in it no more. */
  readonly gone: readonly VmaRow[];
  readonly events: readonly VmaEvent[];
}

/** Compares two lists. O(VMAs). */
export function vmaChanges(before: SpaceView | undefined, after: SpaceView): VmaChanges {
  const old = before?.rows ?? [];
  const [left, right] = stripCommon(old, after.rows);
  const rows = new Map<VmaRow, RowChange>();
  const oldByFirst = new Map(left.map((row) => [row.first, row]));
  const known = new Set(left.map((row) => row.identity));
  for (const row of right) {
    const same = oldByFirst.get(row.first);
    if (same !== undefined && isSameRow(same, row)) continue;
    rows.set(row, known.has(row.identity) || same !== undefined ? "changed" : "new");
  }
  const stays = new Set(right.map((row) => row.first));
  const gone = left.filter((row) => !stays.has(row.first));
  return { rows, gone, events: before === undefined ? [] : events(left, right) };
}

/** Both lists without the rows at their beginnings and ends that are the same. */
function stripCommon(
  left: readonly VmaRow[],
  right: readonly VmaRow[],
): [left: readonly VmaRow[], right: readonly VmaRow[]] {
  const shorter = Math.min(left.length, right.length);
  let from = 0;
  while (from < shorter && isSameRow(left[from]!, right[from]!)) from++;
  let fromEnd = 0;
  while (
    fromEnd < shorter - from &&
    isSameRow(left[left.length - 1 - fromEnd]!, right[right.length - 1 - fromEnd]!)
  ) fromEnd++;
  return [left.slice(from, left.length - fromEnd), right.slice(from, right.length - fromEnd)];
}

function isSameRow(a: VmaRow, b: VmaRow): boolean {
  return a === b || a.identity === b.identity && a.first === b.first && a.last === b.last &&
      a.start === b.start && a.end === b.end && a.flags === b.flags && a.written === b.written &&
      a.offset === b.offset && a.name === b.name;
}

/** What happened, among the rows that differ. Stale entries of no length are no VMAs. O(VMAs). */
function events(left: readonly VmaRow[], right: readonly VmaRow[]): VmaEvent[] {
  const old = left.filter(hasLength);
  const now = right.filter(hasLength);
  const found: VmaEvent[] = [];
  const told = new Set<VmaRow>();
  for (const [row, parts] of overlapping(old, now)) {
    if (parts.length === 0) found.push(event("gone", row, `${range(row)} is gone`));
    const own = parts.filter((part) => isPartOf(part, row));
    if (own.length < 2) continue;
    found.push(event("split", row, `${range(row)} was split: ${list(own)}`));
    for (const part of parts) told.add(part);
  }
  for (const [row, sources] of overlapping(now, old)) {
    const whole = sources.filter((source) => row.first <= source.first && row.last >= source.last);
    if (sources.length === 0) found.push(event("new", row, `${range(row)} is new`));
    else if (whole.length > 1 || (whole.length === 1 && sources.length > 1)) {
      found.push(event("joined", row, `${list(sources)} became one: ${range(row)}`));
    } else if (!told.has(row)) found.push(...single(sources[0]!, row));
  }
  return found;
}

/** Each row with those of the other list that it shares an address with. Both lists ascend without overlaps. */
function* overlapping(
  rows: readonly VmaRow[],
  others: readonly VmaRow[],
): Generator<[row: VmaRow, others: VmaRow[]]> {
  let from = 0;
  for (const row of rows) {
    while (from < others.length && others[from]!.last < row.first) from++;
    let to = from;
    while (to < others.length && others[to]!.first <= row.last) to++;
    yield [row, others.slice(from, to)];
  }
}

/** One VMA before, one after. */
function single(old: VmaRow, now: VmaRow): VmaEvent[] {
  const found: VmaEvent[] = [];
  const bytes = now.last - now.first - (old.last - old.first);
  if (bytes > 0) {
    const side = now.first < old.first ? "downwards" : "upwards";
    found.push(event("grown", now, `${range(old)} grew ${side} by ${size(bytes)}: ${range(now)}`));
  }
  if (bytes < 0) {
    found.push(event("shrunk", now, `${range(old)} lost ${size(-bytes)}: ${range(now)}`));
  }
  if (old.permissions !== now.permissions) {
    found.push(event("flags", now, `${range(now)}: ${old.permissions} became ${now.permissions}`));
  } else if (old.flags !== now.flags) {
    found.push(event("flags", now, `${range(now)}: {${old.vmFlags}} became {${now.vmFlags}}`));
  }
  if (!old.written && now.written) {
    found.push(event("written", now, `${range(now)} was written to: it has an anon_vma now`));
  }
  return found;
}

function hasLength(row: VmaRow): boolean {
  return row.last >= row.first;
}

/** Whether `part` shows what `whole` showed at its place: the same file at the same offset, or no file in both. */
function isPartOf(part: VmaRow, whole: VmaRow): boolean {
  return part.first >= whole.first && part.last <= whole.last && part.name === whole.name &&
    part.inode === whole.inode &&
    (part.inode === 0 || part.offset - whole.offset === part.first - whole.first);
}

function event(kind: VmaEvent["kind"], row: VmaRow, text: string): VmaEvent {
  return { kind, text, start: row.first, end: row.last + 1 };
}

function list(rows: readonly VmaRow[]): string {
  return rows.map(range).join(" and ");
}

function range(row: VmaRow): string {
  return `${row.first.toString(16)}-${(row.last + 1).toString(16)}`;
}

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** Bytes in words: `8 KiB`. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value >= 100 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ${
    UNITS[unit]
  }`;
}
