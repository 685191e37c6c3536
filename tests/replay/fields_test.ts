/**
 * Every field of a trace is used: changed in a trace that agrees, or in one that diverges there, it changes what is
 * printed. Rules of the machine must change more than the line that names them.
 *
 * `fields.jsonl.gz` is a recorded run of `verify --fuzz` (seed 5, 250 steps) without CAP_IPC_LOCK and with
 * RLIMIT_MEMLOCK at nine pages.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { formatFinding } from "../../src/replay/finding.ts";
import { replay } from "../../src/replay/replay.ts";
import { ReplayError } from "../../src/replay/replay_error.ts";
import { importText } from "../../src/text/import.ts";
import type { Codec } from "../../src/trace/codec.ts";
import type { LeaveRecord, MapLine, TraceRecord } from "../../src/trace/format.ts";
import { present } from "../present.ts";
import { readTrace } from "../../src/trace/read.ts";
import { RecordedLayouts } from "../../src/trace/recorded_layouts.ts";
import { formatRecord, parseRecord, RECORDS } from "../../src/trace/schema.ts";
import { TraceError } from "../../src/trace/trace_error.ts";
import { recordsOf } from "./traces.ts";

/** Fields that the reader checks, so that a replay need not. */
const READERS: ReadonlySet<string> = new Set([
  "header.format",
  "header.version",
  "leave.call",
  "exit.pid",
]);
/** Fields that say what was recorded: they are there to be read by people. */
const DESCRIBING = new Set(["command", "purpose", "compiler", "kernel"]);

type Json = { [name: string]: unknown };

/** A field's path from its record: `leave.added.vmFlags`. */
function pathsOf(codec: Codec<unknown>, path: string): string[] {
  return [...codec.fields ?? []].flatMap(([name, field]) => {
    if (name === "type") return [];
    const below = pathsOf(field, `${path}.${name}`);
    return field.fields === undefined ? [`${path}.${name}`] : below;
  });
}

const PATHS = Object.entries(RECORDS).flatMap(([type, codec]) => pathsOf(codec, type));

/** Other values of the same kind. */
function others(value: unknown): unknown[] {
  if (typeof value === "boolean") return [!value];
  if (typeof value === "number") {
    return [value + 1, value - 1, value + 4096, 0, 1, 2, 65536].filter((n) => n !== value);
  }
  if (Array.isArray(value)) return [[...value, ...value.slice(-1)], value.slice(0, -1)];
  if (typeof value === "object" && value !== null) {
    return [Object.fromEntries(Object.entries(value).map(([name, each]) => [name, !each]))];
  }
  const text = String(value);
  if (/^0x/.test(text)) {
    const number = BigInt(text);
    const changed = [number + 4096n, number - 4096n, 0n, 4096n, 0x4000_0000_0000n];
    return changed.filter((each) => each >= 0n).map((each) => `0x${each.toString(16)}`);
  }
  const words = ["read", "write", "regular", "shmem", "device", "5.19", "aarch64", "approximate"];
  const more = ["exact", "interrupted", "new", "running", "---p", "rw-s", "fe:01", "never"];
  return [`${text}x`, text.slice(0, -3), ...words, ...more].filter((each) => each !== text);
}

/** The JSON value with the field at `names` changed, wherever it stands; nothing if it is not there. */
function changed(json: unknown, names: readonly string[], pick: number): unknown[] {
  if (Array.isArray(json)) {
    return json.flatMap((item, i) =>
      changed(item, names, pick).map((other) => json.map((each, j) => i === j ? other : each))
    );
  }
  const [name = "", ...rest] = names;
  if (typeof json !== "object" || json === null || !(name in json)) return [];
  const fields: Json = { ...json };
  const inner = rest.length === 0
    ? others(fields[name]).slice(pick, pick + 1)
    : changed(fields[name], rest, pick);
  return inner.map((other) => ({ ...fields, [name]: other }));
}

/** What replaying prints; the lines that only repeat the header are left out. */
async function printed(records: readonly TraceRecord[], withHeader: boolean): Promise<string> {
  try {
    const text = formatFinding("trace", await replay(records));
    return withHeader ? text : text.replace(/^(recorded|rules): .*$/gm, "");
  } catch (error) {
    if (error instanceof ReplayError) return error.message;
    throw error;
  }
}

/** The records with what the kernel answered at one of them changed, so that the replay ends there. */
function divergingAt(records: readonly TraceRecord[], index: number): TraceRecord[] {
  const record = records[index]!;
  const pid = "pid" in record ? record.pid : undefined;
  const leave = record.type === "leave" || record.type === "fork" ? index : records.findIndex(
    (each, i) => i > index && each.type === "leave" && (pid === undefined || each.pid === pid),
  );
  return records.map((each, i) => {
    if (i !== leave) return each;
    if (each.type === "leave") return { ...each, result: 0x123000, error: "EHWPOISON" };
    if (each.type === "fork" && each.layout) return { ...each, layout: each.layout.slice(1) };
    return each;
  });
}

const FUZZED = await Array.fromAsync(
  readTrace(new URL("fields.jsonl.gz", import.meta.url)),
);
const CALLS = `execve("/bin/true", ["true"], 0x7ffd0 /* 20 vars */) = 0
brk(NULL) = 0x555555559000
mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7fc0000
mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7fbe000
munmap(0x7ffff7fbe000, 4096) = 0
mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7fbe000
mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7fbd000
mprotect(0x7ffff7fbf000, 4096, PROT_READ) = 0
brk(0x55555557a000) = 0x55555557a000
mmap(0x20000000000, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x20000000000
munmap(0x30000000000, 8192) = 0
mmap(NULL, 65536, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7ffff7fad000
munmap(0x7ffff7fc0000, 8192) = 0
exit_group(0) = ?
+++ exited with 0 +++
`;

/** The fuzzed run up to where some memory may get a name, which the recording machine's kernel could not give. */
function named(records: readonly TraceRecord[]): TraceRecord[] {
  const layouts = new RecordedLayouts();
  for (const [i, record] of records.entries()) {
    layouts.apply(record);
    if (record.type !== "leave" || i < records.length / 2) continue;
    const { pid } = record;
    const line = layouts.of(pid).find(({ name, inode }) => name === "" && inode === 0);
    if (line === undefined) continue;
    const call = "prctl", args = [0x53564d41, 0, line.start, line.end - line.start, 0x1000];
    const added = [{ ...line, name: "[anon:arena]" }];
    return [
      ...records.slice(0, i + 1),
      { type: "enter", pid, call, args, name: "arena" },
      { type: "leave", pid, call, result: 0, removed: [line.start], added },
      { type: "enter", pid, call: "munmap", args: [0x8000_0000_0000, 0x1000] }, // arm64 has more
      {
        ...{ type: "leave", pid, call: "munmap", result: 0, removed: [], added: [] },
        error: "EINVAL",
      },
      { type: "end", reason: "finished" },
    ];
  }
  throw new Error("nothing could be named");
}

/** A recording of before exec told of the privilege for itself; it had none from the start, and could not be asked. */
function withoutIpcLock(records: readonly TraceRecord[]): TraceRecord[] {
  return records.map((record) => {
    if (record.type === "header") return { ...record, ipcLock: false };
    if (record.type !== "exec") return record;
    const { ipcLock: _, ...rest } = record;
    return { ...rest, mmapBaseGuessed: true };
  });
}

/** The fuzzed run, with what is so of every mount that was not recorded: its files may be executed, and are its own. */
function withMounts(records: readonly TraceRecord[]): TraceRecord[] {
  return records.map((record) =>
    "file" in record && record.file !== undefined
      ? { ...record, file: { ...record.file, noexec: false, stacked: false } }
      : record
  );
}

/** An imported trace in which lines are missing. */
function withGap(records: readonly TraceRecord[]): TraceRecord[] {
  const at = records.findIndex(({ type }, i) => i > records.length / 4 && type === "enter");
  return records.map((record, i) => {
    if (record.type === "header") return { ...record, fidelity: "imported" };
    if (record.type === "exec") return { ...record, unknown: "new" };
    return record.type === "enter" && i === at ? { ...record, afterGap: true } : record;
  });
}

/** The fuzzed run up to where it changes its limits: those that it began with hold until then. */
function withFirstLimits(records: readonly TraceRecord[]): TraceRecord[] {
  const start = records.findLastIndex(({ type }) => type === "exec");
  const setsLimits = (record: TraceRecord) =>
    "call" in record && /^(prlimit64|setrlimit)$/.test(record.call);
  const [, , changes] = records.flatMap((each, i) => i > start && setsLimits(each) ? [i] : []);
  return [
    ...records.slice(0, changes).filter((each) => !setsLimits(each)),
    { type: "end", reason: "finished" },
  ];
}

const BASES: readonly (readonly TraceRecord[])[] = [
  await recordsOf("cc1-hello"),
  withMounts(FUZZED),
  named(FUZZED),
  withoutIpcLock(FUZZED),
  withFirstLimits(FUZZED),
  await recordsOf("cc1-2022"),
  withGap(importText(CALLS).records),
  withLowMapping(await recordsOf("cc1-hello")),
  withLargeMachine(await recordsOf("cc1-hello")),
  withStackedFile(await recordsOf("cc1-hello")),
  withOldPersonality(await recordsOf("cc1-hello")),
  ...await otherKernels(),
];

/** A run of the superuser that maps below mmap_min_addr. */
function withLowMapping(records: readonly TraceRecord[]): TraceRecord[] {
  const at = records.findIndex(({ type }) => type === "leave");
  const leave = records[at];
  if (leave?.type !== "leave") throw new Error("there is no call");
  const { pid } = leave, call = "mmap", start = 0x2000;
  const line = { start, end: 0x3000, permissions: "r--p", offset: 0, device: "00:00", inode: 0 };
  const added = [{ ...line, name: "", vmFlags: "rd mr mw me" }];
  const header = records[0];
  if (header?.type !== "header") throw new Error("there is no header");
  return [
    { ...header, mmapMinAddress: 0x10000, rawIo: true },
    ...records.slice(1, at + 1),
    { type: "enter", pid, call, args: [start, 0x1000, 1, 0x32, -1, 0] },
    { type: "leave", pid, call, result: start, removed: [], added },
    { type: "end", reason: "finished" },
  ];
}

/**
 * A run on a machine with five page-table levels, no protection keys and a security module that holds hints up; two
 * pages get a policy for the same node.
 */
function withLargeMachine(records: readonly TraceRecord[]): TraceRecord[] {
  const at = records.findIndex(({ type }) => type === "leave");
  const { pid } = present(records.flatMap((each) => each.type === "leave" ? [each] : [])[0]);
  const header = present(records[0]);
  if (header.type !== "header") throw new Error("there is no header");
  const start = 0x10000, page = 0x1000;
  const line = (first: number, pages: number): MapLine => ({
    ...{ start: first, end: first + pages * page, permissions: "r--p", offset: 0, device: "00:00" },
    ...{ inode: 0, name: "", vmFlags: "rd mr mw me" },
  });
  const call = (name: string, args: readonly number[], more: Partial<LeaveRecord> = {}) => {
    const result = { result: 0, removed: [], added: [], ...more };
    return [
      { type: "enter", pid, call: name, args },
      { type: "leave", pid, call: name, ...result },
    ] as const satisfies TraceRecord[];
  };
  const bind = (first: number, nodes: string, shown: Partial<LeaveRecord>) => {
    const [enter, leave] = call("mbind", [first, page, 2, 0x5000, 65, 0], shown);
    return [{ ...enter, nodes }, leave];
  };
  const rest = { removed: [start], added: [line(start, 1), line(start + page, 2)] };
  const last = {
    removed: [start, start + page],
    added: [line(start, 2), line(start + 2 * page, 1)],
  };
  return [
    { ...header, hintMinAddress: start, pageTableLevels: 5, protectionKeys: false },
    ...records.slice(1, at + 1),
    ...call("mmap", [page, 3 * page, 1, 0x22, -1, 0], { result: start, added: [line(start, 3)] }),
    ...call("munmap", [0x8000_0000_0000, page]), // beyond what four levels have
    ...call("pkey_mprotect", [start, page, 1, 1], { error: "EINVAL" }),
    ...bind(start, "0x1", rest),
    ...bind(start + page, "0x1", last),
    { type: "end", reason: "finished" },
  ];
}

/** A run of a program for which what may be read may be executed; it maps a page and unmaps the last address. */
function withOldPersonality(records: readonly TraceRecord[]): TraceRecord[] {
  const at = records.findIndex(({ type }) => type === "leave");
  const { pid } = present(records.flatMap((each) => each.type === "leave" ? [each] : [])[0]);
  const start = 0x10000, page = 0x1000, taskSize = 0x7fff_ffff_f000;
  const line = { start, end: start + page, permissions: "r-xp", offset: 0, device: "00:00" };
  const added = [{ ...line, inode: 0, name: "", vmFlags: "rd ex mr mw me" }];
  const nothing = { removed: [], added: [] };
  return [
    ...records.slice(0, at + 1).map((record): TraceRecord => {
      if (record.type === "header") return { ...record, taskSize };
      return record.type === "exec" ? { ...record, readImpliesExec: true } : record;
    }),
    { type: "enter", pid, call: "mmap", args: [start, page, 1, 0x32, -1, 0] },
    { type: "leave", pid, call: "mmap", result: start, removed: [], added },
    { type: "enter", pid, call: "munmap", args: [taskSize - page, page] },
    { type: "leave", pid, call: "munmap", result: 0, ...nothing },
    { type: "end", reason: "finished" },
  ];
}

/** A run that maps two pages of a file on overlayfs, one after the other: they never become one VMA. */
function withStackedFile(records: readonly TraceRecord[]): TraceRecord[] {
  const at = records.findIndex(({ type }) => type === "leave");
  const { pid } = present(records.flatMap((each) => each.type === "leave" ? [each] : [])[0]);
  const start = 0x10000, page = 0x1000, call = "mmap";
  const own = { device: "00:27", inode: 7, name: "data" };
  const file = {
    ...own,
    id: 99,
    size: 2 * page,
    access: "read",
    kind: "regular",
    stacked: true,
  } as const;
  const pages = [0, 1].flatMap((n): TraceRecord[] => {
    const first = start + n * page;
    const line = { ...own, start: first, end: first + page, permissions: "r--p", offset: n * page };
    const added = [{ ...line, vmFlags: "rd mr mw me" }];
    return [
      { type: "enter", pid, call, args: [first, page, 1, 0x12, 3, n * page], file },
      { type: "leave", pid, call, result: first, removed: [], added },
    ];
  });
  return [...records.slice(0, at + 1), ...pages, { type: "end", reason: "finished" }];
}

/** Recordings that agree only by the rules and by the huge pages that their headers name. */
async function otherKernels(): Promise<TraceRecord[][]> {
  const read = (name: string) =>
    Array.fromAsync(readTrace(new URL(`../kernels/${name}.jsonl.gz`, import.meta.url)));
  const end: TraceRecord = { type: "end", reason: "finished" };
  const withRules = (await read("7.3/keepself")).map((record) =>
    record.type !== "header"
      ? record
      : { ...record, kernel: "7.1.0", rules: { dontUnmapKeepsApart: true } }
  );
  const withHugePages = (await read("6.12/fuzz-1")).map((record): TraceRecord =>
    record.type === "header" ? { ...record, hugePages: "always" } : record
  );
  return [withRules, [...withHugePages.slice(0, 3100), end]];
}

/** True if changing the field at `index` of `records` by its `pick`th other value changes what is printed. */
async function isUsedAt(
  records: readonly TraceRecord[],
  index: number,
  names: readonly string[],
  pick: number,
): Promise<boolean> {
  const withHeader = DESCRIBING.has(names[0]!);
  for (const base of [records, divergingAt(records, index)]) {
    const before = await printed(base, withHeader);
    for (const json of changed(JSON.parse(formatRecord(base[index]!)), names, pick).slice(0, 4)) {
      let other: TraceRecord;
      try {
        other = parseRecord(JSON.stringify(json));
      } catch {
        continue; // no such value
      }
      if (await printed(base.with(index, other), withHeader) !== before) return true;
    }
  }
  return false;
}

async function isUsed(path: string): Promise<boolean> {
  const [type, ...names] = path.split(".");
  for (const records of BASES) {
    const holding = records.flatMap((record, i) => {
      if (record.type !== type) return [];
      return changed(JSON.parse(formatRecord(record)), names, 0).length > 0 ? [i] : [];
    });
    const step = Math.ceil(holding.length / 8);
    for (const index of holding.filter((_, i) => i % step === 0)) {
      for (let pick = 0; pick < 18; pick++) {
        if (await isUsedAt(records, index, names, pick)) return true;
      }
    }
  }
  return false;
}

Deno.test("trace fields: the traces that they are tried in agree as they are", async () => {
  for (const [i, records] of BASES.entries()) {
    assertEquals((await replay(records)).divergence, undefined, `base ${i}`);
  }
});

for (const path of PATHS) {
  if (READERS.has(path)) continue;
  Deno.test(`trace fields: a replay uses ${path}`, async () => {
    assert(await isUsed(path), `${path} can be anything`);
  });
}

for (const path of READERS) {
  Deno.test(`trace fields: the reader checks ${path}`, async () => {
    const [type, ...names] = path.split(".");
    const lines = FUZZED.map(formatRecord);
    const at = FUZZED.findIndex((record) => record.type === type);
    const [other] = changed(JSON.parse(lines[at]!), names, 0);
    const text = lines.with(at, JSON.stringify(other)).map((line) => `${line}\n`).join("");
    await assertRejects(() => Array.fromAsync(readTrace(new Blob([text]).stream())), TraceError);
  });
}
