/**
 * prctl(PR_SET_VMA_ANON_NAME): names of anonymous memory.
 */
import { MAP_ANONYMOUS, MAP_FIXED, MAP_SHARED } from "../../../src/abi/mman.ts";
import { MmError } from "../../../src/mm/error.ts";
import { kernelRules } from "../../../src/mm/rules/kernel_rules.ts";
import { assertFails, assertLayout, map, mapFile, open, RW, space, touch } from "../scene.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";

const PAGE = 0x1000;

//   0x1000  0x2000  0x3000
//   |       |-file-|          the range ends where the file's VMA begins: it is not in it
Deno.test("setAnonName: a VMA that begins at the range's end is not looked at", () => {
  const mm = space();
  mapFile(mm, 0x2000, 0x3000, open(), 0);
  assertFails("ENOMEM", () => mm.setAnonName(0x1000, PAGE, "name"));
});

// -1 is the kernel's 2^64 - 1, which rounds up to no page at all.
Deno.test("setAnonName: a length that rounds up to nothing is refused", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  assertFails("EINVAL", () => mm.setAnonName(0x1000, -1, "name"));
});

Deno.test("setAnonName: part of a VMA that has the name already is not cut out", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  mm.setAnonName(0x1000, 3 * PAGE, "arena");
  mm.setAnonName(0x2000, PAGE, "arena");
  assertLayout(mm, ["1000-4000 rw-p 1 [anon:arena]"]);
});

Deno.test("setAnonName: names a middle, beyond holes too; null takes the name away", () => {
  const mm = space();
  map(mm, 0x1000, 0x4000);
  map(mm, 0x6000, 0x7000);
  touch(mm, 0x1000);
  mm.setAnonName(0x2000, 0x1000, "arena 1");
  assertLayout(mm, [
    "1000-2000 rw-p 1*",
    "2000-3000 rw-p 2 [anon:arena 1]*",
    "3000-4000 rw-p 3*",
    "6000-7000 rw-p 6",
  ]);
  const error = assertThrows(() => mm.setAnonName(0x1000, 0x6000, "x"), MmError);
  assertEquals(error.code, "ENOMEM");
  assertLayout(mm, ["1000-4000 rw-p 1 [anon:x]*", "6000-7000 rw-p 6 [anon:x]"]);
  mm.setAnonName(0x1000, 0x3000, null);
  mm.setAnonName(0x6000, 0x1000, null);
  assertLayout(mm, ["1000-4000 rw-p 1*", "6000-7000 rw-p 6"]);
});

Deno.test("setAnonName: shared anonymous memory has a name too; other files have not", () => {
  const mm = space();
  const flags = MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED;
  mm.mmap({ address: 0x1000, length: 0x1000, protection: RW, flags });
  mm.setAnonName(0x1000, 0x1000, "ring");
  mm.setAnonName(0x1000, 0x1000, "ring");
  assertLayout(mm, ["1000-2000 rw-s 0 [anon_shmem:ring]"]);
  assert(mm.maps().includes("[anon_shmem:ring]"));
  mapFile(mm, 0x2000, 0x3000, open(), 0);
  assertFails("EBADF", () => mm.setAnonName(0x2000, 0x1000, "file"));
});

Deno.test("setAnonName: a file of shared memory that no folder holds has a name, from 6.2 on; a segment never", () => {
  const memfd = { ...open("memfd:x (deleted)"), unlinked: true };
  const mm = space();
  mapFile(mm, 0x1000, 0x3000, memfd, 0);
  mm.setAnonName(0x2000, 0x1000, "buffer");
  assertLayout(mm, [
    "1000-2000 r--p 0 memfd:x (deleted)",
    "2000-3000 r--p 1 [anon_shmem:buffer]",
  ]);
  const at = mm.shmat({ file: memfd, bytes: PAGE, attached: 0 });
  assertFails("EBADF", () => mm.setAnonName(at, PAGE, "segment"));
  const older = space({ rules: kernelRules("6.1") });
  mapFile(older, 0x1000, 0x3000, memfd, 0);
  assertFails("EBADF", () => older.setAnonName(0x1000, PAGE, "buffer"));
});
