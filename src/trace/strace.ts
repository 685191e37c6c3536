/**
 * Imports the text that strace writes: what people have at hand when they cannot record.
 *
 * ```sh
 * strace -f -q -ttt -y -X raw -e trace=%memory,%process,prctl -e signal=none -o FILE COMMAND
 * ```
 *
 * Such a text has no layouts, first writes, stack growth or identities of open files: the trace it becomes
 * is `approximate`, with empty layouts where none is given, and files known by their path only.
 *
 * @module
 */
import { baseName } from "./maps_line.ts";
import {
  type ExecRecord,
  type HeaderRecord,
  type MapLine,
  type OpenFile,
  TRACE_VERSION,
  type TraceRecord,
} from "./format.ts";
import { argumentsOf, isRecorded } from "../abi/syscalls.ts";
import {
  parseStraceArguments,
  parseStraceLine,
  type StraceLine,
  type StraceResult,
} from "./strace_line.ts";
import { TraceError } from "./trace_error.ts";

const CLONE_VM = 0x100;
const MAP_ANONYMOUS = 0x20;
/** Process id in a text that names none. */
const UNNAMED = 1;

/** What the text does not tell. */
export interface StraceOptions {
  /** Name of the text in errors. */
  readonly file?: string;
  /** Layout of the first process where the text begins, see `parseMaps`. */
  readonly layout?: readonly MapLine[];
}

/**
 * A whole trace from a whole text, header to end record.
 *
 * @throws {TraceError} a line that strace does not write, arguments that are not raw numbers, a call
 * that is resumed but was not begun
 */
export function importStrace(text: string, options: StraceOptions = {}): TraceRecord[] {
  const file = options.file ?? "the strace text";
  const lines: Numbered[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    const parsed = parseStraceLine(line);
    if (parsed === "unknown") {
      const why = `it is no line of strace: ${JSON.stringify(line.slice(0, 80))}`;
      throw new TraceError("EVALUE", file, i + 1, why);
    }
    if (parsed !== "nothing") lines.push({ ...parsed, number: i + 1 });
  }
  return new Import(file, lines, options.layout ?? []).records;
}

/** A line with its number in the text. */
type Numbered = StraceLine & { readonly number: number };

/** Who made a process. */
interface Origin {
  readonly parent: number;
  readonly sharesMemory: boolean;
}

/** A call that was entered and has not been left. */
interface Open {
  readonly call: string;
  readonly args: string;
  readonly values: readonly number[];
  /** False for a call that a trace does not record, and for the exec that starts the first process. */
  readonly recorded: boolean;
}

/** Turns lines into records, one after the other. */
class Import {
  readonly records: TraceRecord[] = [];
  readonly #file: string;
  readonly #root: number;
  readonly #origins: ReadonlyMap<number, Origin>;
  readonly #running = new Set<number>();
  readonly #open = new Map<number, Open>();
  readonly #files = new Map<string, number>();
  /** Where the exec record of a process stands that has not yet asked for its break. */
  readonly #withoutBreak = new Map<number, number>();
  #layout: readonly MapLine[];

  constructor(file: string, lines: readonly Numbered[], layout: readonly MapLine[]) {
    this.#file = file;
    this.#layout = layout;
    this.#root = rootOf(lines);
    this.#origins = originsOf(lines, this.#root);
    this.records.push(header(lines));
    for (const line of lines) this.#take(line);
    this.records.push({ type: "end", reason: "finished" });
  }

  #take(line: Numbered): void {
    const pid = line.pid ?? this.#root;
    switch (line.kind) {
      case "call":
        this.#enter(pid, line.call, line.args, line.number);
        return this.#leave(pid, line.result, line.number);
      case "unfinished":
        return this.#enter(pid, line.call, line.args, line.number);
      case "resumed":
        return this.#leave(pid, line.result, line.number);
      case "superseded":
        return this.#supersede(pid, line.by);
      case "exit":
        return this.#exit(pid, line.status);
    }
  }

  #enter(pid: number, call: string, text: string, line: number): void {
    const parsed = parseStraceArguments(text);
    const values = argumentsOf(call, inKernelOrder(call, parsed.values));
    const startsProcess = call.startsWith("execve") && !this.#isKnown(pid);
    const recorded = isRecorded(call, values) && !startsProcess;
    this.#open.set(pid, { call, args: text, values, recorded });
    if (startsProcess) return;
    this.#introduce(pid);
    if (!recorded) return;
    if (values.some(Number.isNaN)) {
      const why = `the arguments of ${call} are not raw numbers; write it with strace -X raw`;
      throw new TraceError("EVALUE", this.#file, line, why);
    }
    const isFile = call === "mmap" && ((values[3] ?? 0) & MAP_ANONYMOUS) === 0;
    this.records.push({
      type: "enter",
      pid,
      call,
      args: values,
      ...(isFile && parsed.path !== undefined && { file: this.#openFile(parsed.path) }),
      ...(call === "prctl" && parsed.text !== undefined && { name: parsed.text }),
    });
  }

  #leave(pid: number, result: StraceResult | undefined, line: number): void {
    const open = this.#open.get(pid);
    if (open === undefined) {
      throw new TraceError(
        "EORDER",
        this.#file,
        line,
        `process ${pid} resumes a call it is not in`,
      );
    }
    if (result === undefined) return; // the process ends inside the call
    this.#open.delete(pid);
    const { call } = open;
    if (result.error === undefined) this.#succeed(pid, open, result.value);
    if (!open.recorded) return;
    this.records.push({
      type: "leave",
      pid,
      call,
      result: result.value,
      ...(result.error !== undefined && { error: result.error }),
      removed: [],
      added: [],
    });
  }

  /** What a call that succeeded means for processes and their break. */
  #succeed(pid: number, { call, args, values }: Open, result: number): void {
    if (call.startsWith("execve")) this.#exec(pid, programOf(args));
    if (makesProcess(call)) this.#introduce(result);
    const at = this.#withoutBreak.get(pid);
    if (call !== "brk" || values[0] !== 0 || at === undefined) return;
    this.#withoutBreak.delete(pid);
    const record = this.records[at];
    if (record?.type === "exec") this.records[at] = { ...record, brk: result };
  }

  /** A leader whose thread called exec: the thread goes on under the leader's id. */
  #supersede(leader: number, thread: number): void {
    const open = this.#open.get(thread);
    this.#exit(thread, 0);
    if (open !== undefined) this.#open.set(leader, { ...open, recorded: false });
  }

  #exit(pid: number, status: number): void {
    this.#open.delete(pid);
    if (this.#running.delete(pid)) this.records.push({ type: "exit", pid, status });
  }

  #isKnown(pid: number): boolean {
    return this.#running.has(pid) || this.#origins.has(pid);
  }

  /** A process may speak before the call that made it has returned. */
  #introduce(pid: number): void {
    if (this.#running.has(pid)) return;
    const origin = this.#origins.get(pid);
    if (origin === undefined || !this.#running.has(origin.parent)) return this.#exec(pid, "");
    this.#running.add(pid);
    const { parent, sharesMemory } = origin;
    this.records.push({ type: "fork", pid: parent, child: pid, sharesMemory });
  }

  #exec(pid: number, program: string): void {
    const layout = this.#layout;
    this.#layout = [];
    this.#running.add(pid);
    this.#withoutBreak.set(pid, this.records.length);
    const unknown = { brk: 0, stack: 0, mmapBase: 0, legacyLayout: false, limits: {} };
    const record: ExecRecord = { type: "exec", pid, program, layout, ...unknown };
    this.records.push(record);
  }

  /** One path is taken for one open file: the text does not tell. */
  #openFile(path: string): OpenFile {
    const id = this.#files.get(path) ?? this.#files.size + 1;
    this.#files.set(path, id);
    const kind = path.startsWith("/dev/") ? "device" : "regular";
    const unknown = { device: "00:00", size: 0, access: "read-write" } as const;
    return { ...unknown, id, inode: id, name: baseName(path), kind };
  }
}

function header(lines: readonly Numbered[]): HeaderRecord {
  const start = lines.find((line) => line.kind === "call" && line.call === "execve");
  return {
    type: "header",
    format: "maple-trace",
    version: TRACE_VERSION,
    command: start?.kind === "call" ? [programOf(start.args)] : [],
    purpose: "imported from strace",
    compiler: "",
    kernel: "",
    machine: "",
    placement: "6.18",
    pageSize: 4096,
    maxMapCount: 65530,
    mmapMinAddress: 0x10000,
    fidelity: "approximate",
  };
}

function makesProcess(call: string): boolean {
  return call === "clone" || call === "clone3" || call === "fork" || call === "vfork";
}

/** Which processes were made, by whom, and whether on the same memory. */
function originsOf(lines: readonly Numbered[], root: number): Map<number, Origin> {
  const origins = new Map<number, Origin>();
  const unfinished = new Map<number, string>();
  for (const line of lines) {
    const parent = line.pid ?? root;
    if (line.kind === "unfinished") unfinished.set(parent, line.args);
    if (line.kind !== "call" && line.kind !== "resumed") continue;
    if (!makesProcess(line.call) || line.result === undefined || line.result.error) continue;
    const args = line.kind === "call" ? line.args : unfinished.get(parent) ?? "";
    const flags = Number(/flags=(0x[0-9a-f]+)/.exec(args)?.[1] ?? 0);
    const sharesMemory = line.call === "vfork" || (flags & CLONE_VM) !== 0;
    origins.set(line.result.value, { parent, sharesMemory });
  }
  return origins;
}

/** The process whose lines bear no number while it is alone: the first that nobody made. */
function rootOf(lines: readonly Numbered[]): number {
  const origins = originsOf(lines, UNNAMED);
  return lines.find(({ pid }) => pid !== undefined && !origins.has(pid))?.pid ?? UNNAMED;
}

/** strace shows `clone` with the stack before the flags, the kernel takes them the other way round. */
function inKernelOrder(call: string, values: readonly number[]): readonly number[] {
  if (call !== "clone") return values;
  const [stack = 0, flags = 0, ...rest] = values;
  return [flags, stack, ...rest];
}

/** The base name of the first text in an exec's arguments. */
function programOf(args: string): string {
  return baseName(/^(?:[^"]*, )?"((?:[^"\\]|\\.)*)"/.exec(args)?.[1] ?? "");
}
