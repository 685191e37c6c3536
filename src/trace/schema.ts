/**
 * The fields of every record, in the order in which they are written: reader and writer follow from this description.
 *
 * A new field takes a line in its interface in `format.ts` and one here; the types see to it that neither is forgotten.
 *
 * @module
 */
import {
  bytes,
  checked,
  choice,
  type Codec,
  flag,
  integer,
  list,
  matching,
  object,
  optional,
  record,
  text,
  textOrFlag,
  valuesOf,
} from "./codec.ts";
import {
  type CallRange,
  type EndRecord,
  type EnterRecord,
  type ExecRecord,
  type ExitRecord,
  type FaultRecord,
  type ForkRecord,
  type GrowRecord,
  type HeaderRecord,
  type LeaveRecord,
  type MapLine,
  type OpenFile,
  type ResourceLimits,
  TRACE_VERSION,
  type TraceRecord,
} from "./format.ts";
import { LineError } from "./trace_error.ts";

/** An address of user memory. */
const address = checked(
  bytes,
  (value) => value < 0 || value >= 2 ** 52 ? "{} is no user address" : undefined,
);
/** A number of bytes that is not negative. */
const size = checked(bytes, (value) => value < 0 ? "{} is negative" : undefined);
/** The first byte of a page. */
const pageAddress = checked(
  address,
  (value) => value % 4096 === 0 ? undefined : "{} is not page-aligned",
);
/** An offset of whole pages in a file. */
const pageOffset = checked(
  size,
  (value) => value % 4096 === 0 ? undefined : "{} is not page-aligned",
);
/** The id of a process or thread. */
const pid = checked(integer, (value) => value === 0 ? "{} is 0" : undefined);
const device = matching(/^[0-9a-f]+:[0-9a-f]+$/);

const mapLine = checked(
  object<MapLine>({
    start: pageAddress,
    end: pageAddress,
    permissions: matching(/^[r-][w-][x-][ps]$/),
    offset: pageOffset,
    device,
    inode: integer,
    name: text,
    vmFlags: optional(matching(/^(\S{2}( \S{2})*)?$/)),
    written: optional(flag),
  }),
  ({ start, end }) => end <= start ? "a VMA ends before it starts" : undefined,
);

/** VMAs, which must ascend without overlapping. */
const layout = checked(list(mapLine), (lines) => {
  const ascends = lines.every((line, i) => i === 0 || lines[i - 1]!.end <= line.start);
  return ascends ? undefined : "{} is not in ascending order";
});

const openFile = object<OpenFile>({
  id: integer,
  device,
  inode: integer,
  name: text,
  size,
  access: choice("read", "write", "read-write"),
  kind: choice("regular", "shmem", "hugetlb", "secretmem", "device", "other"),
  noexec: optional(flag),
  stacked: optional(flag),
});

const limits = object<ResourceLimits>({
  stack: optional(size),
  addressSpace: optional(size),
  data: optional(size),
  lockedMemory: optional(size),
});

const callRange = object<CallRange>({ address: bytes, length: bytes });

const pageSize = checked(
  integer,
  (value) => /^10{12,16}$/.test(value.toString(2)) ? undefined : "{} is no page size",
);
const positive = checked(integer, (value) => value > 0 ? undefined : "{} is 0");

/** A codec for each type of record. */
export const RECORDS: {
  readonly [Type in TraceRecord["type"]]: Codec<Extract<TraceRecord, { readonly type: Type }>>;
} = {
  header: object<HeaderRecord>({
    type: choice("header"),
    format: choice("maple-trace"),
    version: positive,
    command: list(text),
    purpose: text,
    compiler: text,
    kernel: text,
    machine: text,
    placement: choice("6.18", "6.7", "5.19"),
    rules: optional(record(textOrFlag)),
    hugePages: optional(choice("never", "madvise", "always")),
    rawIo: optional(flag),
    pageSize,
    maxMapCount: positive,
    mmapMinAddress: address,
    hintMinAddress: optional(address),
    taskSize: optional(address),
    pageTableLevels: optional(choice(4, 5)),
    protectionKeys: optional(flag),
    overcommitMemory: optional(choice(0, 1, 2)),
    memoryBytes: optional(size),
    ipcLock: optional(flag),
    fidelity: choice("exact", "approximate", "imported"),
  }),
  exec: object<ExecRecord>({
    type: choice("exec"),
    pid,
    program: text,
    brk: address,
    stack: address,
    mmapBase: address,
    mmapBaseGuessed: optional(flag),
    legacyLayout: flag,
    randomized: optional(flag),
    readImpliesExec: optional(flag),
    ipcLock: optional(flag),
    limits,
    layout,
    unknown: optional(choice("new", "running")),
  }),
  enter: object<EnterRecord>({
    type: choice("enter"),
    pid,
    call: text,
    args: list(bytes),
    file: optional(openFile),
    imposedHint: optional(address),
    name: optional(text),
    nodes: optional(matching(/^0x[0-9a-f]{1,256}$/)),
    ranges: optional(list(callRange)),
    process: optional(pid),
    afterGap: optional(flag),
  }),
  leave: object<LeaveRecord>({
    type: choice("leave"),
    pid,
    call: text,
    result: bytes,
    error: optional(text),
    removed: list(pageAddress),
    added: layout,
    file: optional(openFile),
    limits: optional(limits),
  }),
  fault: object<FaultRecord>({ type: choice("fault"), pid, address }),
  grow: object<GrowRecord>({ type: choice("grow"), pid, start: pageAddress }),
  fork: object<ForkRecord>({
    type: choice("fork"),
    pid,
    child: pid,
    sharesMemory: flag,
    flags: optional(bytes),
    layout: optional(layout),
  }),
  exit: object<ExitRecord>({ type: choice("exit"), pid, status: integer }),
  end: object<EndRecord>({ type: choice("end"), reason: choice("finished", "interrupted") }),
};

const BY_TYPE: ReadonlyMap<string, Codec<TraceRecord>> = new Map(Object.entries(RECORDS));

/**
 * Reads one line.
 *
 * @throws {LineError} not JSON, a field is missing or wrong, or a header of something else or newer
 */
export function parseRecord(line: string): TraceRecord {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw new LineError("EVALUE", "it is not JSON");
  }
  const values = valuesOf(json, "the record");
  const type = values.get("type");
  if (type === undefined) throw new LineError("EVALUE", "type is missing");
  const codec = BY_TYPE.get(text.read(type, "type"));
  if (codec === undefined) {
    throw new LineError("EVALUE", `a record of type ${JSON.stringify(type)} is not known`);
  }
  if (type === "header") checkVersion(values);
  return codec.read(json, "the record");
}

/** One record as its line, without the line end. */
export function formatRecord(record: TraceRecord): string {
  const codec: Codec<TraceRecord> = RECORDS[record.type];
  return codec.write(record);
}

/** What a newer version's header has besides these two is not known here. */
function checkVersion(header: ReadonlyMap<string, unknown>): void {
  if (header.get("format") !== "maple-trace") throw new LineError("ENOTTRACE", "it is no trace");
  const version = positive.read(header.get("version"), "version");
  if (version <= TRACE_VERSION) return;
  throw new LineError(
    "EVERSION",
    `its format version ${version} is newer than ${TRACE_VERSION}, the newest known here`,
  );
}
