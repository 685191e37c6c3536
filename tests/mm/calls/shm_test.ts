/**
 * shmat and shmdt: System V segments come, go, and count who maps them.
 */
import {
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  SHM_EXEC,
  SHM_RDONLY,
  SHM_REMAP,
  SHM_RND,
} from "../../../src/abi/mman.ts";
import { ADDRESS_LIMIT } from "../../../src/abi/page.ts";
import { MmError } from "../../../src/mm/error.ts";
import { formatVmFlags } from "../../../src/mm/vm_flags.ts";
import type { SharedSegment } from "../../../src/mm/vma.ts";
import { assertFails, assertLayout, map, mapShared, open, RW, space } from "../scene.ts";
import { assertEquals, assertMatch, assertThrows } from "@std/assert";

const PAGE = 0x1000;

Deno.test("shmat: a segment that would end where addresses do has wrapped", () => {
  const mm = space();
  const segment = { file: open("SYSV"), bytes: PAGE, attached: 0 };
  assertFails("EINVAL", () => mm.shmat(segment, ADDRESS_LIMIT - PAGE));
  assertFails("ENOMEM", () => mm.shmat(segment, ADDRESS_LIMIT - 2 * PAGE));
  assertEquals(segment.attached, 0);
});

Deno.test("shmdt: detaches what was attached at 0", () => {
  const mm = space({ mmapMinAddress: 0 });
  const segment = { file: open("SYSV"), bytes: PAGE, attached: 0 };
  assertEquals(mm.shmat(segment, 1, SHM_RND), 0);
  mm.shmdt(0);
  assertEquals([mm.mapCount, segment.attached], [0, 0]);
});

/** Four pages of System V shared memory. */
function segment(): SharedSegment {
  return { file: { ...open("SYSV00000000"), inode: 8 }, bytes: 4 * PAGE, attached: 0 };
}

Deno.test("shmat: anywhere is not where something is mapped, though the first pages are taken", () => {
  const mm = space({ mmapMinAddress: 0 });
  map(mm, 0, 0x2000);
  assertEquals(mm.shmat(segment()), 0x7ffe_ffff_c000);
});

Deno.test("shmat: an attachment for reading can never be written", () => {
  const mm = space();
  mm.shmat(segment(), 0x10000, SHM_RDONLY);
  assertEquals(formatVmFlags(mm.findVma(0x10000)!.flags), "rd mr me ms");
  assertFails("EACCES", () => mm.mprotect(0x10000, PAGE, RW));
});

//   0x10000  0x11000  0x12000    0x14000
//   |-- 0 ---|  hole  |---- 2, 3 ----|          the last part ends where the segment does
Deno.test("shmdt: takes the segment's last pages too", () => {
  const mm = space();
  const shared = segment();
  mm.shmat(shared, 0x10000);
  mm.munmap(0x11000, PAGE);
  mm.shmdt(0x10000);
  assertLayout(mm, []);
  assertEquals(shared.attached, 0);
});

const MOVE = MREMAP_MAYMOVE | MREMAP_FIXED;

//   0x10000  0x11000     0x12000  0x13000 0x14000
//   |-- 0 ---|-- 1, of --|-- 0 ---|-- 3 --|     what is left: another attachment's page, and one that was
//            |  another   | again  |             remapped, so that it does not lie where the attachment has it
Deno.test("shmdt: leaves what another attachment has there, and what was remapped", () => {
  const mm = space();
  const shared = segment();
  mm.shmat(shared, 0x10000);
  mm.shmat(shared, 0x20000);
  mm.mremap(0x21000, PAGE, PAGE, MOVE, 0x11000);
  mm.remapFilePages(0x12000, PAGE, 0, 0);
  mm.shmdt(0x10000);
  assertLayout(mm, [
    "11000-12000 rw-s 1 SYSV00000000",
    "12000-13000 rw-s 0 SYSV00000000",
    "20000-21000 rw-s 0 SYSV00000000",
    "22000-24000 rw-s 2 SYSV00000000",
  ]);
  assertEquals(shared.attached, 4);
});

Deno.test("shmdt: a file that is no segment is not detached, nor is anonymous memory", () => {
  const mm = space();
  mapShared(mm, 0x10000, 0x11000, open(), 0);
  map(mm, 0x20000, 0x21000);
  assertFails("EINVAL", () => mm.shmdt(0x10000));
  assertFails("EINVAL", () => mm.shmdt(0));
  assertLayout(mm, ["10000-11000 r--s 0 data", "20000-21000 rw-p 20"]);
});

//   -0x1000  0        0x1000   0x2000
//                     |-- 2 ---|                a page whose segment would begin below the first address
Deno.test("shmdt: there is no address below 0", () => {
  const mm = space();
  mm.shmat(segment(), 0x10000);
  mm.mremap(0x12000, PAGE, PAGE, MOVE, 0x1000);
  mm.munmap(0x10000, 4 * PAGE);
  assertFails("EINVAL", () => mm.shmdt(-PAGE));
  assertLayout(mm, ["1000-2000 rw-s 2 SYSV00000000"]);
});

function smallSegment(): SharedSegment {
  const file = { ...open("SYSV00000000"), device: "00:01", inode: 8 };
  return { file, bytes: 0x3005, attached: 0 };
}

Deno.test("shmat: rights by its flags; the segment counts the VMAs of all attachments", () => {
  const mm = space();
  const shared = smallSegment();
  assertEquals(mm.shmat(shared), 0x7ffe_ffff_c000);
  mm.shmat(shared, 0x10000, SHM_EXEC);
  mm.shmat(shared, 0x14000, SHM_RDONLY);
  mm.shmat(shared, 0x18000, SHM_RDONLY | SHM_EXEC);
  const [all, ...others] = [...mm.vmas()].map((vma) => formatVmFlags(vma.flags));
  assertEquals(all, "rd wr ex sh mr mw me ms");
  assertEquals(others, ["rd mr me ms", "rd ex mr me ms", "rd wr sh mr mw me ms"]);
  assertEquals(shared.attached, 4);
  const child = mm.fork();
  assertEquals(shared.attached, 8);
  child.exit();
  mm.mprotect(0x11000, 0x1000, 0);
  assertEquals(shared.attached, 6);
  mm.exit();
  assertEquals(shared.attached, 0);
});

//   |---- smallSegment, 4 pages ----|
//   |-0-|  hole  |2-|-- rw* ---|       shmdt takes what is left of it, not what came in its place
Deno.test("shmdt: detaches every part that is left, and nothing else", () => {
  const mm = space();
  const shared = smallSegment();
  mm.shmat(shared, 0x10000);
  mm.munmap(0x11000, 0x1000);
  map(mm, 0x13000, 0x14000);
  mm.shmdt(0x10000);
  assertLayout(mm, ["13000-14000 rw-p 13"]);
  assertEquals(shared.attached, 0);
  assertThrows(() => mm.shmdt(0x10000), MmError);
});

// Two attachments of one smallSegment that touch: each goes alone.
Deno.test("shmdt: another attachment of the same segment stays", () => {
  const mm = space();
  const shared = smallSegment();
  mm.shmat(shared, 0x10000);
  mm.shmat(shared, 0x14000);
  mm.shmdt(0x10000);
  assertLayout(mm, ["14000-18000 rw-s 0 SYSV00000000"]);
  assertEquals(shared.attached, 1);
});

Deno.test("shmat: SHM_REMAP replaces what is mapped there", () => {
  const mm = space();
  map(mm, 0x10000, 0x18000);
  mm.shmat(smallSegment(), 0x11000, SHM_REMAP);
  assertLayout(mm, [
    "10000-11000 rw-p 10",
    "11000-15000 rw-s 0 SYSV00000000",
    "15000-18000 rw-p 15",
  ]);
});

Deno.test("shmdt: an address inside a page is EINVAL, even of an attachment", () => {
  const mm = space();
  const segment = { file: open("SYSV00000000"), bytes: 0x2000, attached: 0 };
  mm.shmat(segment, 0x10000);
  const error = assertThrows(() => mm.shmdt(0x10001), MmError);
  assertEquals(error.code, "EINVAL");
  assertMatch(error.message, /not page-aligned/);
  assertEquals([mm.mapCount, segment.attached], [1, 1]);
});
