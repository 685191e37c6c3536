/**
 * A whole text as a layout: which of the formats it is, its VMAs, and what was passed over.
 *
 * @module
 */

import { cleanLines, type TextLine } from "../lines/clean.ts";
import { markOf, type PassedOver, passOver } from "../lines/marks.ts";
import { KERNEL_ADDRESS, type LayoutLine } from "./layout_line.ts";
import { readMapsLine, readSmapsField } from "./maps_line.ts";
import { type Ordered, overlaid } from "./overlaid.ts";
import {
  type NumaLine,
  readDebuggerLine,
  readNumaLine,
  readPmapLine,
  readPmapXLine,
  readRrLine,
  readSanitizerLine,
  readTombstoneLine,
} from "./table_lines.ts";

/** Who wrote the text of a layout. */
export type LayoutFormat =
  | "maps"
  | "smaps"
  | "numa_maps"
  | "hs_err"
  | "tombstone"
  | "pmap"
  | "gdb"
  | "sanitizer"
  | "rr";

/** A layout, read from a text. */
export interface LayoutReading {
  readonly format: LayoutFormat;
  /** Lines of the text. */
  readonly lines: number;
  /** The lines, for what stands in them beside VMAs. */
  readonly text: readonly TextLine[];
  /** In the order of their addresses, without overlap. */
  readonly vmas: readonly LayoutLine[];
  readonly passedOver: readonly PassedOver[];
  /** What numa_maps says, by where VMAs start. */
  readonly numa: ReadonlyMap<number, NumaLine>;
  /** `vm.max_map_count`, if the text says. */
  readonly limit: number | undefined;
  /** How many VMAs there are, if the text says. */
  readonly count: number | undefined;
}

type Kind = "maps" | "pmap-x" | "tombstone" | "gdb" | "sanitizer" | "pmap" | "rr" | "numa";
/** A line that was read; `begins` if a prompt or a heading stands before it, so that it begins another layout. */
type Read = { readonly kind: Kind; readonly vma: LayoutLine; readonly begins?: boolean };

const JAVA =
  /A fatal error has been detected by the Java Runtime|^Dynamic libraries:|^Total number of mappings:|^# JRE version:|^jvm_args:|^Java VM:/;
const LIMIT = /max_map_count[^0-9\n]{0,120}?[:=][ \t]*(\d{2,10})\b/;
const COUNT = /^\s*Total number of mappings: (\d+)/;
/** What head and tail print before a file. */
const HEADING = /^==> .* <==$/;
/** Lines that belong to formats but show no VMA. */
const OWN_WORDS =
  /^(?:process \d+|Mapped address spaces:|\s*Start Addr.*|\s*Address\s+(?:Kbytes|Perm).*|[=\s-]+(?:total\b.*)?|\s*total\b.*|(?:mapped|total kB).*|\d+:\s+\S.*|={2}\d+={2}.*|memory map .*|.*\(BuildId.*|\s*(?:LEGEND|START|Start).*|\*\*\* .*|[{}]|==> .* <==|--->.*|.*\[rollup\].*|\[ ?Legend.*|\(lldb\).*|\[0x[0-9a-f]+-0x[0-9a-f]+\) ---\s*|\[(?:New |Thread |Inferior |Switching |Attaching ).*|Using host libthread_db.*|(?:warning|Reading symbols|\(gdb\)|pwndbg>|gef).*|[\d\s]+(?:KB)?)$/i;

/** Reads a text. O(length). */
export function readLayout(text: string): LayoutReading {
  const lines = cleanLines(text);
  const reader = new Reader(lines);
  return reader.reading();
}

class Reader {
  readonly #lines: readonly TextLine[];
  readonly #found: Read[] = [];
  readonly #unread: TextLine[] = [];
  readonly #numa = new Map<number, NumaLine>();
  #columns: readonly string[] = [];
  #fields = 0;
  #isAfterHeading = false;
  /** What a line that is only a number would be: a command before it asks for it. */
  #asked: "count" | "limit" | undefined;
  #isJava = false;
  #limit: number | undefined;
  #count: number | undefined;

  constructor(lines: readonly TextLine[]) {
    this.#lines = lines;
    for (const line of lines) this.#take(line);
  }

  reading(): LayoutReading {
    const counts = new Map<Kind, number>();
    for (const { kind } of this.#found) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    const [most] = [...counts].sort((a, b) => b[1] - a[1]);
    const kind = most?.[0];
    const isCrashLog = this.#isJava || kind === "tombstone" || kind === "sanitizer";
    const vmas: LayoutLine[] = [], passedOver = this.#passedOver(isCrashLog);
    const beginnings = new Set<LayoutLine>();
    for (const read of this.#found) {
      if (read.begins) beginnings.add(read.vma);
      if (read.kind === kind) vmas.push(read.vma);
      else if (!isCrashLog) {
        this.#pass(passedOver, read.vma.line, "it is of another format than the rest");
      }
    }
    // rr prints mappings as they are made.
    const ordered = kind === "rr" ? overlaid(vmas) : inOrder(vmas, beginnings);
    for (const { line, why } of ordered.left) this.#pass(passedOver, line, why);
    return {
      format: this.#formatOf(kind),
      lines: this.#lines.length,
      text: this.#lines,
      vmas: ordered.vmas,
      passedOver: passedOver.sort((a, b) => a.line - b.line),
      numa: this.#numa,
      limit: this.#limit,
      count: this.#count,
    };
  }

  #formatOf(kind: Kind | undefined): LayoutFormat {
    switch (kind) {
      case "maps":
        if (this.#isJava) return "hs_err";
        return this.#fields > 0 ? "smaps" : "maps";
      case "pmap-x":
        return "pmap";
      case undefined:
        return this.#numa.size > 0 ? "numa_maps" : "maps";
      case "numa":
        return "numa_maps";
      default:
        return kind;
    }
  }

  #take(line: TextLine): void {
    const { text, number } = line;
    if (text === "") return;
    const read = this.#read(text, number);
    if (read !== undefined) {
      if (read.vma.start < KERNEL_ADDRESS && !/\[(?:vsyscall|rollup)\]$/.test(read.vma.name)) {
        this.#found.push(this.#isAfterHeading ? { ...read, begins: true } : read);
        this.#isAfterHeading = false;
      }
      return;
    }
    if (this.#takeField(text)) return;
    const numa = readNumaLine(text);
    if (numa !== undefined) {
      this.#numa.set(numa.start, numa);
      return;
    }
    if (HEADING.test(text) || markOf(text) === "command") this.#isAfterHeading = true;
    this.#isJava ||= JAVA.test(text);
    const count = COUNT.exec(text);
    if (count !== null) this.#count = Number(count[1]);
    const limit = LIMIT.exec(text);
    if (limit !== null) this.#limit ??= Number(limit[1]);
    const isAnswer = this.#answer(text);
    if (/^\s*Address\s+Perm/.test(text)) this.#columns = text.trim().split(/\s+/);
    const isRead = isAnswer || count !== null || limit !== null || OWN_WORDS.test(text);
    if (!isRead) this.#unread.push(line);
  }

  #read(text: string, number: number): Read | undefined {
    const maps = readMapsLine(text, number);
    if (maps !== undefined) return { kind: "maps", vma: maps };
    if (!/[0-9a-f]{3}/i.test(text)) return undefined;
    const rr = text.includes("map_file:") ? readRrLine(text, number) : undefined;
    if (rr !== undefined) return { kind: "rr", vma: rr };
    const tombstone = readTombstoneLine(text, number);
    if (tombstone !== undefined) return { kind: "tombstone", vma: tombstone };
    const sanitizer = readSanitizerLine(text, number);
    if (sanitizer !== undefined) return { kind: "sanitizer", vma: sanitizer };
    const gdb = readDebuggerLine(text, number);
    if (gdb !== undefined) return { kind: "gdb", vma: gdb };
    const wide = readPmapXLine(text, number, this.#columns);
    if (wide !== undefined) return { kind: "pmap-x", vma: wide };
    const pmap = readPmapLine(text, number);
    return pmap === undefined ? undefined : { kind: "pmap", vma: pmap };
  }

  /** Takes what a command prints that was asked for the count of lines of a maps file, or for the limit. */
  #answer(text: string): boolean {
    const number = /^\s*(\d{1,10})(?: \S*maps)?$/.exec(text);
    const isAnswer = number !== null && this.#asked !== undefined;
    if (isAnswer && this.#asked === "count") this.#count ??= Number(number[1]);
    if (isAnswer && this.#asked === "limit") this.#limit ??= Number(number[1]);
    this.#asked = /\/maps\b.*\bwc\b|\bwc\b.*\/maps\b/.test(text)
      ? "count"
      : /max_map_count\s*$/.test(text)
      ? "limit"
      : undefined;
    return isAnswer;
  }

  /** A line of smaps about the VMA before it. */
  #takeField(text: string): boolean {
    const last = this.#found.at(-1);
    if (last?.kind !== "maps") return false;
    const field = readSmapsField(text);
    if (field === undefined) return false;
    const [name, value] = field;
    if (name !== "VmFlags" && !/^\d+(?: kB)?$/.test(value)) return false;
    this.#fields++;
    const vma = withField(last.vma, name, value);
    if (vma !== last.vma) this.#found[this.#found.length - 1] = { ...last, vma };
    return true;
  }

  /** What no format knows; of a crash log only what may have meant something stands in it. */
  #passedOver(isCrashLog: boolean): PassedOver[] {
    const passedOver: PassedOver[] = [];
    for (const line of this.#unread) {
      const mark = markOf(line.text);
      if (mark === "nothing" || mark === "command") continue;
      if (mark === "gap") {
        const why = `lines were left out here ("${line.text.trim()}")`;
        passedOver.push(passOver(line.number, line.text, why));
      } else if (!isCrashLog || looksLikeRange(line.text)) {
        const why = looksLikeRange(line.text)
          ? "it is cut, or no line of a layout that is known"
          : "it is no line of a layout";
        passedOver.push(passOver(line.number, line.text, why));
      }
    }
    return passedOver;
  }

  #pass(passedOver: PassedOver[], number: number, why: string): void {
    passedOver.push(passOver(number, this.#lines[number - 1]?.text ?? "", why));
  }
}

function looksLikeRange(text: string): boolean {
  return /[0-9a-f]{5,16}-(?:0x)?[0-9a-f]{4,16}/i.test(text);
}

function withField(vma: LayoutLine, name: string, value: string): LayoutLine {
  if (name === "VmFlags") return { ...vma, vmFlags: value.trim() };
  if (name !== "Anonymous" && name !== "Swap") return vma;
  const has = !value.startsWith("0 ") && value !== "0";
  return { ...vma, written: has || (vma.written ?? false) };
}

/** The longest run of ascending lines: a text may hold the layouts of several processes, or one twice. */
function inOrder(lines: readonly LayoutLine[], beginnings: ReadonlySet<LayoutLine>): Ordered {
  const runs: LayoutLine[][] = [];
  const left: { line: number; why: string }[] = [];
  for (const line of lines) {
    const run = runs.at(-1) ?? [];
    const last = run.at(-1);
    if (last === undefined || beginnings.has(line)) runs.push([line]);
    else if (line.end <= last.start) runs.push([line]);
    else if (line.start < last.end) {
      if (line.start === run[0]!.start) runs.push([line]);
      else left.push({ line: line.line, why: "it overlaps the line before it" });
    } else run.push(line);
  }
  runs.sort((a, b) => b.length - a.length);
  const [longest = [], ...others] = runs;
  for (const run of others) {
    const why = `another layout of ${run.length} ${
      run.length === 1 ? "line" : "lines"
    } begins here; the longest one is read`;
    left.push({ line: run[0]!.line, why });
  }
  return { vmas: longest, left };
}
