/**
 * Files of a trace: what each kind lets be mapped, and that one open file is one file of the model.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { MAP_PRIVATE, MAP_SHARED, MAP_SHARED_VALIDATE, MAP_SYNC } from "../../src/abi/mman.ts";
import { VM_DONTDUMP, VM_LOCKED } from "../../src/mm/vm_flags.ts";
import { LayoutFiles, TraceFiles } from "../../src/replay/files.ts";
import type { OpenFile } from "../../src/trace/format.ts";
import { assertFails, assertLayout, mapFile, space } from "../mm/scene.ts";
import { memory } from "./records.ts";

const FILE: OpenFile = {
  ...{ id: 3, device: "fe:00", inode: 42, name: "data", size: 0x8000, access: "read-write" },
  kind: "regular",
};

/** Maps a page of a file, for reading unless told otherwise. */
function mapOne(file: Partial<OpenFile>, flags: number, protection = 1) {
  const mm = space();
  const made = new TraceFiles().of({ ...FILE, ...file });
  const address = mm.mmap({ length: 4096, protection, flags, file: made, offset: 0 });
  return mm.findVma(address);
}

Deno.test("TraceFiles: a file on a disk cannot be mapped with MAP_SYNC, others are not asked", () => {
  const sync = MAP_SHARED_VALIDATE | MAP_SYNC;
  assertFails("EOPNOTSUPP", () => mapOne({}, sync));
  assert(mapOne({}, MAP_SHARED_VALIDATE) !== undefined);
});

Deno.test("TraceFiles: secret memory is only shared, always locked, not in core dumps, not executable", () => {
  const kind = "secretmem";
  const flags = mapOne({ kind }, MAP_SHARED)?.flags ?? 0;
  assertEquals(flags & (VM_LOCKED | VM_DONTDUMP), VM_LOCKED | VM_DONTDUMP);
  assertFails("EINVAL", () => mapOne({ kind }, MAP_PRIVATE));
  const files = new TraceFiles();
  assertEquals(files.of({ ...FILE, kind }).secret, true);
  const executable = (file: Partial<OpenFile>) =>
    new TraceFiles().of({ ...FILE, ...file }).executable;
  assertEquals(
    [
      executable({}),
      executable({ kind }),
      executable({ noexec: true }),
      executable({ noexec: false }),
    ],
    [true, false, false, true],
  );
  assertFails("EPERM", () => mapOne({ noexec: true }, MAP_PRIVATE, 5));
});

Deno.test("TraceFiles: what it was opened for, and whether its filesystem aligns huge pages", () => {
  const made = (file: Partial<OpenFile>) => {
    const { readable, writable, hugeAligned } = new TraceFiles().of({ ...FILE, ...file });
    return [readable, writable, hugeAligned];
  };
  assertEquals(made({}), [true, true, true]);
  assertEquals(made({ access: "read" }), [true, false, true]);
  assertEquals(made({ access: "write" }), [false, true, true]);
  for (const kind of ["shmem", "hugetlb", "device", "other"] as const) {
    assertEquals(made({ kind })[2], false, kind);
  }
  const files = new TraceFiles();
  assert(files.of(FILE) === files.of({ ...FILE, name: "the same" }));
  assert(files.of(FILE) !== files.of({ ...FILE, id: 4 }));
});

Deno.test("TraceFiles: only shared memory that no folder holds may be named", () => {
  const mayBeNamed = (kind: OpenFile["kind"], name: string) =>
    new TraceFiles().of({ ...FILE, kind, name }).unlinked ?? false;
  assertEquals(
    [
      mayBeNamed("shmem", "memfd:x (deleted)"),
      mayBeNamed("shmem", "x"),
      mayBeNamed("regular", "x (deleted)"),
      mayBeNamed("hugetlb", "memfd:x (deleted)"),
    ],
    [true, false, false, false],
  );
});

Deno.test("TraceFiles: a file of a stacked file system is mapped as the one below, and placed without regard for huge pages", () => {
  const file = new TraceFiles().of({ ...FILE, stacked: true });
  const { below, hugeAligned } = file;
  assertEquals([hugeAligned, below?.hugeAligned, below?.below], [false, true, undefined]);
  const mm = space();
  mapFile(mm, 0x1000, 0x2000, file, 0);
  mapFile(mm, 0x2000, 0x3000, file, 0x1000);
  assertLayout(mm, ["1000-2000 r--p 0 data", "2000-3000 r--p 1 data"]);
  mm.mprotect(0x1000, 0x2000, 3);
  assertLayout(mm, ["1000-3000 rw-p 0 data"]);
  assertEquals(mm.findVma(0x1000)?.file, below);
});

Deno.test("LayoutFiles: lines of one inode, device and name share a file; a line without inode has none", () => {
  const files = new LayoutFiles();
  const line = memory(0x10000, 1, { inode: 7, device: "fe:00", name: "a" });
  const made = files.of(line);
  assertEquals([made?.name, made?.device, made?.inode], ["a", "fe:00", 7]);
  assertEquals([made?.readable, made?.writable, made?.hugeAligned], [true, false, true]);
  assert(files.of({ ...line, start: 0x20000 }) === made);
  for (const other of [{ inode: 8 }, { device: "fe:01" }, { name: "b" }]) {
    assert(files.of({ ...line, ...other }) !== made);
  }
  assertEquals(files.of(memory(0x10000)), null);
});

Deno.test("TraceFiles: a segment is one, as its file is; what no disk holds is written back to nothing", () => {
  const files = new TraceFiles();
  const shared: OpenFile = { ...FILE, kind: "shmem" };
  const segment = files.segment(shared);
  assertEquals([segment.bytes, segment.attached, segment.file === files.of(shared)], [
    0x8000,
    0,
    true,
  ]);
  assert(files.segment(shared) === segment && files.segment({ ...shared, id: 4 }) !== segment);
  const isUnsynced = (kind: OpenFile["kind"]) => new TraceFiles().of({ ...FILE, kind }).unsynced;
  assertEquals([isUnsynced("other"), isUnsynced("secretmem"), isUnsynced("regular")], [
    true,
    true,
    undefined,
  ]);
});
