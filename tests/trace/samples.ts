/** One record of each type with every field, and a short trace made of them. */
import type {
  EndRecord,
  ExecRecord,
  HeaderRecord,
  MapLine,
  OpenFile,
  TraceRecord,
} from "../../src/trace/format.ts";
import { formatRecord } from "../../src/trace/schema.ts";

export const HEADER: HeaderRecord = {
  type: "header",
  format: "maple-trace",
  version: 1,
  command: ["cc1", "-quiet", "hello.c"],
  purpose: "a sample",
  compiler: "gcc 12.2.0",
  kernel: "6.18.44",
  machine: "x86_64",
  placement: "5.19",
  pageSize: 4096,
  maxMapCount: 65530,
  mmapMinAddress: 0x10000,
  overcommitMemory: 0,
  memoryBytes: 0x5e298d000,
  ipcLock: true,
  fidelity: "exact",
};

export const HEAP: MapLine = {
  start: 0x1000,
  end: 0x5000,
  permissions: "rw-p",
  offset: 0,
  device: "00:00",
  inode: 0,
  name: "[heap]",
  vmFlags: "rd wr mr mw me ac",
  written: true,
};

export const LIBRARY: MapLine = {
  start: 0x7f0000000000,
  end: 0x7f0000026000,
  permissions: "r-xs",
  offset: 0x26000,
  device: "fe:00",
  inode: 339380,
  name: "libc.so.6",
};

export const FILE: OpenFile = {
  id: 3,
  device: "fe:00",
  inode: 339380,
  name: "libc.so.6",
  size: 1926256,
  access: "read-write",
  kind: "regular",
};

export const EXEC: ExecRecord = {
  type: "exec",
  pid: 7,
  program: "cc1",
  layout: [HEAP, LIBRARY],
  brk: 0x1000,
  stack: 0x7ffd4e45a490,
  mmapBase: 0x7f8daa5de000,
  legacyLayout: false,
  randomized: true,
  limits: { stack: 8 << 20, addressSpace: 2 ** 40, data: 2 ** 30, lockedMemory: 65536 },
};

export const END: EndRecord = { type: "end", reason: "finished" };

/** Every record type, every optional field at least once. */
export const ALL: readonly TraceRecord[] = [
  HEADER,
  EXEC,
  { type: "enter", pid: 7, call: "mmap", args: [0, 0x200000, 3, 0x22, -1, 0], imposedHint: 0x7000 },
  {
    type: "leave",
    pid: 7,
    call: "mmap",
    result: 0x7000,
    removed: [0x1000],
    added: [HEAP, LIBRARY],
    file: FILE,
    limits: {},
  },
  { type: "enter", pid: 7, call: "mmap", args: [0, 0x1000, 1, 2, 3, 0x26000], file: FILE },
  { type: "leave", pid: 7, call: "mmap", result: 0, error: "ENOMEM", removed: [], added: [] },
  { type: "enter", pid: 7, call: "prctl", args: [0x53564d41, 0, 1, 2, 3], name: "arena" },
  { type: "leave", pid: 7, call: "prctl", result: 0, removed: [], added: [] },
  { type: "fault", pid: 7, address: 0x1000 },
  { type: "grow", pid: 7, start: 0x7ffd4e400000 },
  { type: "enter", pid: 7, call: "clone", args: [0x1200011, 0, 0, 0, 0] },
  { type: "fork", pid: 7, child: 8, sharesMemory: false, flags: 0x1200000, layout: [HEAP] },
  { type: "leave", pid: 7, call: "clone", result: 8, removed: [], added: [] },
  { type: "enter", pid: 7, call: "vfork", args: [] },
  { type: "fork", pid: 7, child: 9, sharesMemory: true },
  { type: "exit", pid: 9, status: 0 },
  { type: "leave", pid: 7, call: "vfork", result: 9, removed: [], added: [] },
  { type: "exit", pid: 8, status: 137 },
  { type: "exit", pid: 7, status: 1 },
  END,
];

/** The lines of a trace, each with its end. */
export function textOf(records: readonly TraceRecord[]): string {
  return records.map((record) => formatRecord(record) + "\n").join("");
}

/** Bytes as a stream, in pieces of `size`. */
export function streamOf(
  bytes: Uint8Array<ArrayBuffer>,
  size = bytes.length,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
  });
}

/** A text as a stream of bytes. */
export function textStream(text: string, size?: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  return streamOf(new TextEncoder().encode(text), size);
}
