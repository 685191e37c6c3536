/**
 * Writes a trace: one line a record, keys always in the same order, gzip if asked for.
 *
 * @module
 */
import type {
  EnterRecord,
  ExecRecord,
  ForkRecord,
  HeaderRecord,
  LeaveRecord,
  MapLine,
  OpenFile,
  ResourceLimits,
  TraceRecord,
} from "./format.ts";

/** How {@linkcode writeTrace} writes. */
export interface WriteOptions {
  /** Compress with gzip. */
  readonly gzip?: boolean;
}

/** Text is handed to the compressor and the disk in pieces of about this many characters. */
const BATCH = 1 << 16;

/**
 * Writes every record to `sink` and closes it. If the records end in an error, what came before is
 * written and closed all the same, and the error is passed on: the file is then one that ends early,
 * not one that is damaged.
 *
 * @param records a whole trace, from header to end
 * @param sink where the bytes go, a file's `writable` for instance
 */
export async function writeTrace(
  records: AsyncIterable<TraceRecord> | Iterable<TraceRecord>,
  sink: WritableStream<Uint8Array<ArrayBuffer>>,
  options: WriteOptions = {},
): Promise<void> {
  const encoder = new TextEncoderStream();
  const bytes = options.gzip
    ? encoder.readable.pipeThrough(new CompressionStream("gzip"))
    : encoder.readable;
  const written = bytes.pipeTo(sink);
  written.catch(() => {}); // awaited below; until then a full disk shows as a rejected write
  const writer = encoder.writable.getWriter();
  let batch = "";
  try {
    for await (const record of records) {
      batch += formatRecord(record) + "\n";
      if (batch.length < BATCH) continue;
      await writer.write(batch);
      batch = "";
    }
  } finally {
    await Promise.all([writer.write(batch), writer.close(), written]);
  }
}

/** One record as its line, without the line end. */
export function formatRecord(record: TraceRecord): string {
  return JSON.stringify(shape(record));
}

/** A number of bytes, an address or an argument: hexadecimal, a negative one as 64-bit two's complement. */
export function formatHex(value: number): string {
  if (value >= 0) return "0x" + value.toString(16);
  return "0x" + BigInt.asUintN(64, BigInt(value)).toString(16);
}

function shape(record: TraceRecord): unknown {
  switch (record.type) {
    case "header":
      return header(record);
    case "exec":
      return exec(record);
    case "enter":
      return enter(record);
    case "leave":
      return leave(record);
    case "fault":
      return { type: "fault", pid: record.pid, address: formatHex(record.address) };
    case "grow":
      return { type: "grow", pid: record.pid, start: formatHex(record.start) };
    case "fork":
      return fork(record);
    case "exit":
      return { type: "exit", pid: record.pid, status: record.status };
    case "end":
      return { type: "end", reason: record.reason };
  }
}

// JSON.stringify leaves out what is undefined, so an absent field needs no case of its own.

function header(record: HeaderRecord): unknown {
  return {
    type: "header",
    format: record.format,
    version: record.version,
    command: record.command,
    purpose: record.purpose,
    compiler: record.compiler,
    kernel: record.kernel,
    machine: record.machine,
    placement: record.placement,
    pageSize: record.pageSize,
    maxMapCount: record.maxMapCount,
    mmapMinAddress: formatHex(record.mmapMinAddress),
    overcommitMemory: record.overcommitMemory,
    memoryBytes: optionalHex(record.memoryBytes),
    ipcLock: record.ipcLock,
    fidelity: record.fidelity,
  };
}

function exec(record: ExecRecord): unknown {
  return {
    type: "exec",
    pid: record.pid,
    program: record.program,
    brk: formatHex(record.brk),
    stack: formatHex(record.stack),
    mmapBase: formatHex(record.mmapBase),
    legacyLayout: record.legacyLayout,
    randomized: record.randomized,
    limits: limits(record.limits),
    layout: record.layout.map(mapLine),
    unknown: record.unknown,
  };
}

function enter(record: EnterRecord): unknown {
  return {
    type: "enter",
    pid: record.pid,
    call: record.call,
    args: record.args.map(formatHex),
    file: record.file && openFile(record.file),
    imposedHint: optionalHex(record.imposedHint),
    name: record.name,
    afterGap: record.afterGap,
  };
}

function leave(record: LeaveRecord): unknown {
  return {
    type: "leave",
    pid: record.pid,
    call: record.call,
    result: formatHex(record.result),
    error: record.error,
    removed: record.removed.map(formatHex),
    added: record.added.map(mapLine),
    file: record.file && openFile(record.file),
    limits: record.limits && limits(record.limits),
  };
}

function fork(record: ForkRecord): unknown {
  return {
    type: "fork",
    pid: record.pid,
    child: record.child,
    sharesMemory: record.sharesMemory,
    flags: optionalHex(record.flags),
    layout: record.layout?.map(mapLine),
  };
}

function mapLine(line: MapLine): unknown {
  return {
    start: formatHex(line.start),
    end: formatHex(line.end),
    permissions: line.permissions,
    offset: formatHex(line.offset),
    device: line.device,
    inode: line.inode,
    name: line.name,
    vmFlags: line.vmFlags,
    written: line.written,
  };
}

function openFile(file: OpenFile): unknown {
  return {
    id: file.id,
    device: file.device,
    inode: file.inode,
    name: file.name,
    size: formatHex(file.size),
    access: file.access,
    kind: file.kind,
  };
}

function limits(values: ResourceLimits): unknown {
  return {
    stack: optionalHex(values.stack),
    addressSpace: optionalHex(values.addressSpace),
    data: optionalHex(values.data),
    lockedMemory: optionalHex(values.lockedMemory),
  };
}

function optionalHex(value: number | undefined): string | undefined {
  return value === undefined ? undefined : formatHex(value);
}
