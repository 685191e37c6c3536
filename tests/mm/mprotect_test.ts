import { assertEquals, assertThrows } from "@std/assert";
import { MmError } from "../../src/mm/error.ts";
import { MAP_ANONYMOUS, MAP_FIXED, MAP_NORESERVE, MAP_PRIVATE } from "../../src/abi/mman.ts";
import { VM_ACCOUNT } from "../../src/mm/vm_flags.ts";
import { assertLayout, map, mapFile, mapShared, open, RW, space, touch } from "./scene.ts";

//   |--------- rw ---------|
//        |-- r --|
//   |-rw-|-- r --|--- rw --|
Deno.test("mprotect: a middle makes three VMAs", () => {
  const mm = space();
  map(mm, 0x1000, 0x6000);
  mm.mprotect(0x2000, 0x2000, 1);
  assertLayout(mm, ["1000-2000 rw-p 1", "2000-4000 r--p 2", "4000-6000 rw-p 4"]);
});

//   |--------- rw ---------|
//        |-- rw --|
//   |--------- rw ---------|
Deno.test("mprotect: a middle that is already so makes no VMAs", () => {
  const mm = space();
  map(mm, 0x1000, 0x6000);
  mm.mprotect(0x2000, 0x2000, RW);
  assertLayout(mm, ["1000-6000 rw-p 1"]);
});

//   |-- rw --|  (hole)  |-- rw --|
//   |----------- r --------------|     ENOMEM at the hole, the first is changed
Deno.test("mprotect: changes everything before a hole, then fails with ENOMEM", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  map(mm, 0x4000, 0x5000);
  const error = assertThrows(() => mm.mprotect(0x1000, 0x4000, 1), MmError);
  assertEquals(error.code, "ENOMEM");
  assertLayout(mm, ["1000-3000 r--p 1", "4000-5000 rw-p 4"]);
});

Deno.test("mprotect: several VMAs become one when they become alike", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  map(mm, 0x2000, 0x3000, 1);
  map(mm, 0x3000, 0x4000, 5);
  mm.mprotect(0x1000, 0x3000, 0);
  assertLayout(mm, ["1000-4000 ---p 1"]);
});

// VM_ACCOUNT comes with write permission and goes with it only while nothing was written.
Deno.test("mprotect: private memory is charged from the day it becomes writable", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000, 1);
  const [vma] = [...mm.vmas()];
  assertEquals(vma!.flags & VM_ACCOUNT, 0);
  mm.mprotect(0x1000, 0x2000, RW);
  assertEquals(vma!.flags & VM_ACCOUNT, VM_ACCOUNT);
  assertEquals(mm.descriptor.committedPages, 2);
  mm.mprotect(0x1000, 0x2000, 1);
  assertEquals(vma!.flags & VM_ACCOUNT, 0);
  assertEquals(mm.descriptor.committedPages, 0);
});

Deno.test("mprotect: what was written to stays charged when it becomes read-only", () => {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  touch(mm, 0x1000);
  mm.mprotect(0x1000, 0x2000, 1);
  assertEquals([...mm.vmas()][0]!.flags & VM_ACCOUNT, VM_ACCOUNT);
  mm.validate();
});

Deno.test("mprotect: MAP_NORESERVE and shared memory are never charged", () => {
  const mm = space();
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
  mm.mmap({ address: 0x1000, length: 0x1000, protection: 1, flags });
  mm.mprotect(0x1000, 0x1000, RW);
  mapShared(mm, 0x5000, 0x6000, open(), 0);
  mm.mprotect(0x5000, 0x1000, RW);
  assertEquals(mm.descriptor.committedPages, 0);
});

Deno.test("mprotect: a shared file opened read-only cannot become writable", () => {
  const mm = space();
  mapShared(mm, 0x1000, 0x2000, open("data", { writable: false }), 0);
  const error = assertThrows(() => mm.mprotect(0x1000, 0x1000, RW), MmError);
  assertEquals(error.code, "EACCES");
  mapFile(mm, 0x3000, 0x4000, open("data", { writable: false }), 0);
  mm.mprotect(0x3000, 0x1000, RW);
  assertLayout(mm, ["1000-2000 r--s 0 data", "3000-4000 rw-p 0 data"]);
});

Deno.test("mprotect: length 0 does nothing, wherever it points", () => {
  const mm = space();
  mm.mprotect(0x1000, 0, 1);
  assertLayout(mm, []);
});
