/**
 * Each field of each record: which values it takes, which it refuses, and whether it may be absent.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import type { Codec } from "../../src/trace/codec.ts";
import { formatRecord, parseRecord, RECORDS } from "../../src/trace/schema.ts";
import { LineError } from "../../src/trace/trace_error.ts";

type Json = Readonly<Record<string, unknown>>;

/** Values on both sides of a field's bounds, as JSON has them. */
interface Kind {
  readonly good: readonly unknown[];
  readonly bad: readonly unknown[];
}

const NO_TEXT = [1, null, true, [], {}];
const NO_NUMBER = ["1", null, true, -1, 1.5, 2 ** 53];
const NO_HEX = ["", "0x", "12", "0xg", "0X1", "0x11111111111111111", ...NO_TEXT];

const text: Kind = { good: ["", "a text"], bad: NO_TEXT };
const flag: Kind = { good: [true, false], bad: [0, 1, "true", null] };
const integer: Kind = { good: [0, 1, 2 ** 53 - 1], bad: NO_NUMBER };
const pid: Kind = { good: [1, 2 ** 53 - 1], bad: [0, ...NO_NUMBER] };
const positive: Kind = pid;
const bytes: Kind = { good: ["0x0", "0x1", "0xffffffffffffffff"], bad: NO_HEX };
const size: Kind = {
  good: ["0x0", "0x1", "0x1fffffffffffff"],
  bad: ["0xffffffffffffffff", ...NO_HEX],
};
const address: Kind = {
  good: ["0x0", "0x1", "0xfffffffffffff"],
  bad: ["0x10000000000000", "0xffffffffffffffff", "0xfffffffffffff000", ...NO_HEX],
};
const pageAddress: Kind = {
  good: ["0x0", "0x1000", "0xffffffffff000"],
  bad: ["0x1001", "0x800", ...address.bad],
};
const device: Kind = {
  good: ["0:0", "fe:00"],
  bad: ["fe", ":0", "0:", "xe:00", "fe:00 ", ...NO_TEXT],
};

function choice(...good: readonly (string | number)[]): Kind {
  return { good, bad: ["another", "", -1, null, true] };
}

/** The same for a list of such values. */
function list({ good, bad }: Kind): Kind {
  return {
    good: [[], ...good.map((each) => [each]), good],
    bad: [...bad.map((each) => [each]), {}, "0x1", null],
  };
}

/** The line of a layout is `0x1000-0x5000`, the only one there. */
const LINE: Readonly<Record<string, Kind>> = {
  start: { good: ["0x0", "0x4000"], bad: ["0x5000", "0x6000", "0x1001", ...address.bad] },
  end: { good: ["0x2000", "0xffffffffff000"], bad: ["0x1000", "0x0", "0x5001", ...address.bad] },
  permissions: {
    good: ["---p", "rwxs", "r--p"],
    bad: ["rwx-", "rw-p ", "xrw-p", "rwp", "-rwp", ...NO_TEXT],
  },
  offset: { good: ["0x0", "0x1000"], bad: ["0x800", "0xfffffffffffff000", ...NO_HEX] },
  device,
  inode: integer,
  name: text,
  vmFlags: { good: ["", "rd", "rd wr"], bad: [" rd", "rd ", "rdw", "r", "rd  wr", ...NO_TEXT] },
  written: flag,
};
const FILE: Readonly<Record<string, Kind>> = {
  id: integer,
  device,
  inode: integer,
  name: text,
  size,
  access: choice("read", "write", "read-write"),
  kind: choice("regular", "shmem", "hugetlb", "secretmem", "device", "other"),
  noexec: flag,
  stacked: flag,
};
const LIMITS: Readonly<Record<string, Kind>> = {
  stack: size,
  addressSpace: size,
  data: size,
  lockedMemory: size,
};

/** Below a name of a list or an object stand the fields of what is in it. */
interface Fields {
  readonly [name: string]: Kind | Fields;
}

const FIELDS: Readonly<Record<string, Fields>> = {
  header: {
    format: { good: ["maple-trace"], bad: ["maple", "", 1, null] },
    version: { good: [1], bad: [0, 2, ...NO_NUMBER] },
    command: list(text),
    purpose: text,
    compiler: text,
    kernel: text,
    machine: text,
    placement: choice("6.18", "6.7", "5.19"),
    rules: { good: [{}, { a: "b" }, { a: true, b: false }], bad: [{ a: 1 }, { a: null }, [], "a"] },
    hugePages: choice("never", "madvise", "always"),
    rawIo: flag,
    pageSize: {
      good: [4096, 8192, 16384, 65536],
      bad: [0, 1, 2048, 4097, 12288, 131072, 8193, "4096"],
    },
    maxMapCount: positive,
    mmapMinAddress: address,
    hintMinAddress: address,
    taskSize: address,
    pageTableLevels: { good: [4, 5], bad: [3, 6, "4", null] },
    protectionKeys: flag,
    overcommitMemory: { good: [0, 1, 2], bad: [3, -1, "0", null] },
    memoryBytes: size,
    ipcLock: flag,
    fidelity: choice("exact", "approximate", "imported"),
  },
  exec: {
    pid,
    program: text,
    brk: address,
    stack: address,
    mmapBase: address,
    mmapBaseGuessed: flag,
    legacyLayout: flag,
    randomized: flag,
    readImpliesExec: flag,
    ipcLock: flag,
    limits: LIMITS,
    layout: LINE,
    unknown: choice("new", "running"),
  },
  enter: {
    pid,
    call: text,
    args: list(bytes),
    file: FILE,
    imposedHint: address,
    name: text,
    ranges: { address: bytes, length: bytes },
    nodes: {
      good: ["0x0", "0x3", `0x${"f".repeat(256)}`],
      bad: ["3", "0x", "0xg", `0x${"f".repeat(257)}`, ...NO_TEXT],
    },
    process: pid,
    afterGap: flag,
  },
  leave: {
    pid,
    call: text,
    result: bytes,
    error: text,
    removed: list(pageAddress),
    added: LINE,
    file: FILE,
    limits: LIMITS,
  },
  fault: { pid, address },
  grow: { pid, start: pageAddress },
  fork: { pid, child: pid, sharesMemory: flag, flags: bytes, layout: LINE },
  exit: { pid, status: integer },
  end: { reason: choice("finished", "interrupted") },
};

const LISTS: ReadonlySet<string> = new Set(["layout", "added", "ranges"]);

/** Optional fields, as they are documented in `format.ts`. */
const OPTIONAL: ReadonlySet<string> = new Set([
  ...[
    "rules",
    "hugePages",
    "rawIo",
    "hintMinAddress",
    "taskSize",
    "pageTableLevels",
    "protectionKeys",
  ]
    .map((name) => `header.${name}`),
  ...["overcommitMemory", "memoryBytes", "ipcLock"].map((name) => `header.${name}`),
  ...["mmapBaseGuessed", "randomized", "readImpliesExec", "ipcLock", "unknown"].map((name) =>
    `exec.${name}`
  ),
  ...["file", "imposedHint", "name", "nodes", "ranges", "process", "afterGap"].map((name) =>
    `enter.${name}`
  ),
  ...["error", "file", "limits"].map((name) => `leave.${name}`),
  ...["flags", "layout"].map((name) => `fork.${name}`),
  ...["enter.file.noexec", "leave.file.noexec", "enter.file.stacked", "leave.file.stacked"],
  ...["exec", "leave"].flatMap((type) =>
    Object.keys(LIMITS).map((name) => `${type}.limits.${name}`)
  ),
  ...["exec.layout", "leave.added", "fork.layout"]
    .flatMap((path) => [`${path}.vmFlags`, `${path}.written`]),
]);

function isKind(fields: Kind | Fields): fields is Kind {
  return "good" in fields;
}

/** A record with every field, each with the first of its values. */
function full(fields: Fields): Json {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => {
      const value = isKind(field) ? field.good[0] : full(field);
      if (!LISTS.has(name)) return [name, value];
      return [name, [
        name === "ranges" ? value : { ...full(LINE), start: "0x1000", end: "0x5000" },
      ]];
    }),
  );
}

/** The record with another value at the path, or with none there. */
function changed(json: unknown, [name = "", ...rest]: readonly string[], value: unknown): unknown {
  if (Array.isArray(json)) return json.map((each) => changed(each, [name, ...rest], value));
  const fields = new Map(Object.entries(json as Json));
  if (rest.length > 0) fields.set(name, changed(fields.get(name), rest, value));
  else if (value === undefined) fields.delete(name);
  else fields.set(name, value);
  return Object.fromEntries(fields);
}

/** All paths below the fields, with the kinds at their ends; of a list or an object itself there is none. */
function paths(fields: Fields, above: readonly string[] = []): [string[], Kind | undefined][] {
  return Object.entries(fields).flatMap(([name, field]): [string[], Kind | undefined][] => {
    const path = [...above, name];
    return isKind(field) ? [[path, field]] : [[path, undefined], ...paths(field, path)];
  });
}

/** The paths that the codecs have. */
function codecPaths(codec: Codec<unknown>, above: string): string[] {
  return [...codec.fields ?? []].filter(([name]) => name !== "type").flatMap(([name, field]) => {
    const path = `${above}.${name}`;
    return [path, ...codecPaths(field, path)];
  });
}

Deno.test("trace fields: the table has every field of every record", () => {
  const inTable = Object.entries(FIELDS).flatMap(([type, fields]) =>
    paths(fields).map(([path]) => [type, ...path].join("."))
  );
  const inCodecs = Object.entries(RECORDS).flatMap(([type, codec]) => codecPaths(codec, type));
  assertEquals(inTable.sort(), inCodecs.sort());
});

for (const [type, fields] of Object.entries(FIELDS)) {
  const whole = { type, ...full(fields) };
  const parse = (json: unknown) => parseRecord(JSON.stringify(json));

  Deno.test(`trace fields of ${type}: each takes the values within its bounds, and writes them as it read them`, () => {
    for (const [path, kind] of paths(fields)) {
      for (const value of kind?.good ?? []) {
        const json = changed(whole, path, value);
        assertEquals(JSON.parse(formatRecord(parse(json))), json, `${path.join(".")}: ${value}`);
      }
    }
  });

  Deno.test(`trace fields of ${type}: each refuses the values beyond its bounds, and names the field`, () => {
    for (const [path, kind] of paths(fields)) {
      for (const value of kind?.bad ?? []) {
        const what = `${path.join(".")}: ${JSON.stringify(value)}`;
        const error = assertThrows(() => parse(changed(whole, path, value)), LineError, "", what);
        const names = [path.at(-1)!, "a VMA ends before it starts", "it is no trace", "written by"];
        assertEquals(names.some((name) => error.message.includes(name)), true, error.message);
      }
    }
  });

  Deno.test(`trace fields of ${type}: only those that may be absent may`, () => {
    for (const [path] of paths(fields)) {
      const json = changed(whole, path, undefined);
      const name = [type, ...path].join(".");
      if (OPTIONAL.has(name)) assertEquals(JSON.parse(formatRecord(parse(json))), json, name);
      else assertThrows(() => parse(json), LineError, "", name);
    }
  });
}

Deno.test("trace fields: a layout ascends, and its VMAs may touch", () => {
  const line = (start: string, end: string) => ({ ...full(LINE), start, end });
  const grown = (...layout: Json[]) =>
    parseRecord(JSON.stringify({ type: "exec", ...full(FIELDS["exec"]!), layout }));
  grown(line("0x1000", "0x2000"), line("0x2000", "0x3000"));
  assertThrows(
    () => grown(line("0x2000", "0x3000"), line("0x1000", "0x2000")),
    LineError,
    "layout",
  );
  assertThrows(
    () => grown(line("0x1000", "0x3000"), line("0x2000", "0x4000")),
    LineError,
    "layout",
  );
});
