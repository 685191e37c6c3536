/**
 * One line of a trace as a record: every field is checked, none is believed.
 *
 * @module
 */
import { CodedError } from "../abi/error.ts";
import {
  type EnterRecord,
  type ExecRecord,
  type ForkRecord,
  type HeaderRecord,
  type LeaveRecord,
  type MapLine,
  type OpenFile,
  type ResourceLimits,
  TRACE_VERSION,
  type TraceRecord,
} from "./format.ts";
import type { TraceErrorCode } from "./trace_error.ts";

/** Why a line is no record; the reader adds file and line number. */
export class LineError extends CodedError<TraceErrorCode> {
  /**
   * Made at the first fault of a line.
   *
   * @param code what kind of fault it is
   * @param why the end of the sentence `Cannot read FILE line N: …`
   */
  constructor(code: TraceErrorCode, why: string) {
    super("LineError", code, why);
  }
}

/**
 * Reads one line.
 *
 * @throws {LineError} not JSON, or a field is missing or wrong
 */
export function parseRecord(text: string): TraceRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new LineError("EVALUE", "it is not JSON");
  }
  const fields = new Fields(value, "the record");
  const type = fields.text("type");
  switch (type) {
    case "header":
      return header(fields);
    case "exec":
      return exec(fields);
    case "enter":
      return enter(fields);
    case "leave":
      return leave(fields);
    case "fault":
      return { type, pid: fields.integer("pid"), address: fields.hex("address") };
    case "grow":
      return { type, pid: fields.integer("pid"), start: fields.hex("start") };
    case "fork":
      return fork(fields);
    case "exit":
      return { type, pid: fields.integer("pid"), status: fields.integer("status") };
    case "end":
      return { type, reason: fields.choice("reason", ["finished", "interrupted"]) };
    default:
      throw new LineError("EVALUE", `a record of type ${JSON.stringify(type)} is not known`);
  }
}

/**
 * Reads a hexadecimal number of up to 64 bits. Above 2^53 it is taken as signed; where even that is
 * not a safe integer it becomes `Number.MAX_SAFE_INTEGER`.
 *
 * @throws {LineError} not `0x` and 1 to 16 digits
 */
export function parseHex(text: string, what: string): number {
  if (!/^0x[0-9a-f]{1,16}$/.test(text)) {
    throw new LineError("EVALUE", `${what} is not hexadecimal: ${JSON.stringify(text)}`);
  }
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  const signed = Number(BigInt.asIntN(64, BigInt(text)));
  return Number.isSafeInteger(signed) ? signed : Number.MAX_SAFE_INTEGER;
}

function header(fields: Fields): HeaderRecord {
  if (fields.value("format") !== "maple-trace") throw new LineError("ENOTTRACE", "it is no trace");
  const version = fields.integer("version");
  if (version > TRACE_VERSION) {
    throw new LineError(
      "EVERSION",
      `its format version ${version} is newer than ${TRACE_VERSION}, the newest known here`,
    );
  }
  return {
    type: "header",
    format: "maple-trace",
    version,
    command: fields.list("command").map((value) => text(value, "a word of command")),
    purpose: fields.text("purpose"),
    compiler: fields.text("compiler"),
    kernel: fields.text("kernel"),
    machine: fields.text("machine"),
    placement: fields.choice("placement", ["6.18", "6.7", "5.19"]),
    pageSize: fields.integer("pageSize"),
    maxMapCount: fields.integer("maxMapCount"),
    mmapMinAddress: fields.hex("mmapMinAddress"),
    fidelity: fields.choice("fidelity", ["exact", "approximate", "imported"]),
    ...fields.optional("overcommitMemory", (name) => ({ overcommitMemory: fields.integer(name) })),
    ...fields.optional("memoryBytes", (name) => ({ memoryBytes: fields.hex(name) })),
    ...fields.optional("ipcLock", (name) => ({ ipcLock: fields.boolean(name) })),
  };
}

function exec(fields: Fields): ExecRecord {
  return {
    type: "exec",
    pid: fields.integer("pid"),
    program: fields.text("program"),
    layout: layout(fields, "layout"),
    brk: fields.hex("brk"),
    stack: fields.hex("stack"),
    mmapBase: fields.hex("mmapBase"),
    legacyLayout: fields.boolean("legacyLayout"),
    ...fields.optional("randomized", (name) => ({ randomized: fields.boolean(name) })),
    limits: limits(fields.fields("limits")),
    ...fields.optional("unknown", (name) => ({ unknown: fields.choice(name, ["new", "running"]) })),
  };
}

function enter(fields: Fields): EnterRecord {
  return {
    type: "enter",
    pid: fields.integer("pid"),
    call: fields.text("call"),
    args: hexList(fields, "args"),
    ...fields.optional("file", (name) => ({ file: openFile(fields.fields(name)) })),
    ...fields.optional("imposedHint", (name) => ({ imposedHint: fields.hex(name) })),
    ...fields.optional("name", (name) => ({ name: fields.text(name) })),
    ...fields.optional("afterGap", (name) => ({ afterGap: fields.boolean(name) })),
  };
}

function leave(fields: Fields): LeaveRecord {
  return {
    type: "leave",
    pid: fields.integer("pid"),
    call: fields.text("call"),
    result: fields.hex("result"),
    ...fields.optional("error", (name) => ({ error: fields.text(name) })),
    removed: hexList(fields, "removed"),
    added: layout(fields, "added"),
    ...fields.optional("file", (name) => ({ file: openFile(fields.fields(name)) })),
    ...fields.optional("limits", (name) => ({ limits: limits(fields.fields(name)) })),
  };
}

function fork(fields: Fields): ForkRecord {
  return {
    type: "fork",
    pid: fields.integer("pid"),
    child: fields.integer("child"),
    sharesMemory: fields.boolean("sharesMemory"),
    ...fields.optional("flags", (name) => ({ flags: fields.hex(name) })),
    ...fields.optional("layout", (name) => ({ layout: layout(fields, name) })),
  };
}

/** VMAs, which must ascend without overlapping. */
function layout(fields: Fields, name: string): MapLine[] {
  const lines = fields.list(name).map((value) => mapLine(new Fields(value, `a line of ${name}`)));
  for (let i = 1; i < lines.length; i++) {
    if (lines[i]!.start < lines[i - 1]!.end) {
      throw new LineError("EVALUE", `${name} is not in ascending order`);
    }
  }
  return lines;
}

function mapLine(fields: Fields): MapLine {
  const start = fields.hex("start"), end = fields.hex("end");
  if (end <= start) throw new LineError("EVALUE", "a VMA ends before it starts");
  return {
    start,
    end,
    permissions: fields.matching("permissions", /^[r-][w-][x-][ps]$/),
    offset: fields.hex("offset"),
    device: fields.matching("device", /^[0-9a-f]+:[0-9a-f]+$/),
    inode: fields.integer("inode"),
    name: fields.text("name"),
    ...fields.optional("vmFlags", (name) => ({ vmFlags: fields.text(name) })),
    ...fields.optional("written", (name) => ({ written: fields.boolean(name) })),
  };
}

function openFile(fields: Fields): OpenFile {
  return {
    id: fields.integer("id"),
    device: fields.matching("device", /^[0-9a-f]+:[0-9a-f]+$/),
    inode: fields.integer("inode"),
    name: fields.text("name"),
    size: fields.hex("size"),
    access: fields.choice("access", ["read", "write", "read-write"]),
    kind: fields.choice("kind", ["regular", "shmem", "hugetlb", "device", "other"]),
  };
}

function limits(fields: Fields): ResourceLimits {
  return {
    ...fields.optional("stack", (name) => ({ stack: fields.hex(name) })),
    ...fields.optional("addressSpace", (name) => ({ addressSpace: fields.hex(name) })),
    ...fields.optional("data", (name) => ({ data: fields.hex(name) })),
    ...fields.optional("lockedMemory", (name) => ({ lockedMemory: fields.hex(name) })),
  };
}

function hexList(fields: Fields, name: string): number[] {
  return fields.list(name).map((value) => parseHex(text(value, `a part of ${name}`), name));
}

function text(value: unknown, what: string): string {
  if (typeof value !== "string") throw new LineError("EVALUE", `${what} is not text`);
  return value;
}

/** The fields of one JSON object, read by name and checked. */
class Fields {
  readonly #values: ReadonlyMap<string, unknown>;

  constructor(value: unknown, what: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new LineError("EVALUE", `${what} is not an object`);
    }
    this.#values = new Map(Object.entries(value));
  }

  value(name: string): unknown {
    const value = this.#values.get(name);
    if (value === undefined) throw new LineError("EVALUE", `${name} is missing`);
    return value;
  }

  /** Nothing if the field is absent, else what `read` makes of it. */
  optional<T extends object>(name: string, read: (name: string) => T): T | undefined {
    return this.#values.has(name) ? read(name) : undefined;
  }

  text(name: string): string {
    return text(this.value(name), name);
  }

  hex(name: string): number {
    return parseHex(this.text(name), name);
  }

  matching(name: string, pattern: RegExp): string {
    const value = this.text(name);
    if (!pattern.test(value)) {
      throw new LineError("EVALUE", `${name} is malformed: ${JSON.stringify(value)}`);
    }
    return value;
  }

  choice<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.text(name);
    const found = choices.find((choice) => choice === value);
    if (found === undefined) {
      throw new LineError("EVALUE", `${name} is not one of ${choices.join(", ")}`);
    }
    return found;
  }

  integer(name: string): number {
    const value = this.value(name);
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
      throw new LineError("EVALUE", `${name} is not a whole number`);
    }
    return value;
  }

  boolean(name: string): boolean {
    const value = this.value(name);
    if (typeof value !== "boolean") throw new LineError("EVALUE", `${name} is not true or false`);
    return value;
  }

  list(name: string): readonly unknown[] {
    const value = this.value(name);
    if (!Array.isArray(value)) throw new LineError("EVALUE", `${name} is not a list`);
    return value;
  }

  fields(name: string): Fields {
    return new Fields(this.value(name), name);
  }
}
