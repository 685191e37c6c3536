import { assertEquals, assertThrows } from "@std/assert";
import { mapsLine } from "../../../src/mm/vma/proc_maps.ts";
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, MAP_STACK } from "../../../src/abi/mman.ts";
import * as vmFlags from "../../../src/mm/vm_flags.ts";
import { formatVmFlags, parseVmFlags, VM_NOHUGEPAGE } from "../../../src/mm/vm_flags.ts";
import { map, mapFile, mapShared, open, RW, space } from "../scene.ts";

// Lines of a real /proc/PID/maps, device and inode as they were.
Deno.test("maps: reads as the kernel's text, names at column 73", () => {
  const mm = space();
  const file = { ...open("/usr/bin/cat"), inode: 260131 };
  mapFile(mm, 0x5620_cef7_e000, 0x5620_cef8_0000, file, 0);
  mapFile(mm, 0x5620_cef8_0000, 0x5620_cef8_5000, file, 0x2000, 5);
  map(mm, 0x7f6b_11a6_0000, 0x7f6b_11a7_0000);
  assertEquals(
    mm.maps(),
    "5620cef7e000-5620cef80000 r--p 00000000 fe:00 260131                     /usr/bin/cat\n" +
      "5620cef80000-5620cef85000 r-xp 00002000 fe:00 260131                     /usr/bin/cat\n" +
      "7f6b11a60000-7f6b11a70000 rw-p 00000000 00:00 0 \n",
  );
});

Deno.test("maps: addresses have at least eight digits", () => {
  const mm = space();
  map(mm, 0x1000, 0x2000);
  assertEquals(mapsLine(mm.descriptor, mm.findVma(0)!), "00001000-00002000 rw-p 00000000 00:00 0 ");
});

Deno.test("maps: heap, stack and vdso are named", () => {
  const mm = space();
  const vma = { start: 0x7000, end: 0x8000, flags: 0x75 };
  mm.exec({
    vmas: [{ ...vma, special: "[vdso]" }, { ...vma, start: 0xa000, end: 0xc000 }],
    startBrk: 0x3000,
    startStack: 0xb123,
    mmapBase: 0x7fff_0000_0000,
  });
  mm.brk(0x4000);
  const names = mm.maps().trim().split("\n").map((line) => line.split(/ +/).at(-1));
  assertEquals(names, ["[heap]", "[vdso]", "[stack]"]);
});

Deno.test("VmFlags: print in the kernel's order and read back", () => {
  const text = "rd wr mr mw me gd ac";
  assertEquals(formatVmFlags(parseVmFlags("ac gd me mw mr wr rd")), text);
  assertEquals(parseVmFlags("rd sd"), parseVmFlags("rd"));
  assertThrows(() => parseVmFlags("rd xx"), TypeError, '"xx" is not known');
});

Deno.test("VmFlags: every name reads back to a bit of its own", () => {
  const names = formatVmFlags(0x3fff_ffff).split(" ");
  assertEquals(names.length, 30);
  assertEquals(new Set(names.map(parseVmFlags)).size, 30);
});

/** What `/proc/PID/smaps` calls each flag (Documentation/filesystems/proc.rst). */
const SMAPS_NAMES = {
  rd: vmFlags.VM_READ,
  wr: vmFlags.VM_WRITE,
  ex: vmFlags.VM_EXEC,
  sh: vmFlags.VM_SHARED,
  mr: vmFlags.VM_MAYREAD,
  mw: vmFlags.VM_MAYWRITE,
  me: vmFlags.VM_MAYEXEC,
  ms: vmFlags.VM_MAYSHARE,
  gd: vmFlags.VM_GROWSDOWN,
  pf: vmFlags.VM_PFNMAP,
  gu: vmFlags.VM_MAYBE_GUARD,
  lo: vmFlags.VM_LOCKED,
  io: vmFlags.VM_IO,
  sr: vmFlags.VM_SEQ_READ,
  rr: vmFlags.VM_RAND_READ,
  dc: vmFlags.VM_DONTCOPY,
  de: vmFlags.VM_DONTEXPAND,
  lf: vmFlags.VM_LOCKONFAULT,
  ac: vmFlags.VM_ACCOUNT,
  nr: vmFlags.VM_NORESERVE,
  ht: vmFlags.VM_HUGETLB,
  sf: vmFlags.VM_SYNC,
  bt: vmFlags.VM_ARCH_1,
  wf: vmFlags.VM_WIPEONFORK,
  dd: vmFlags.VM_DONTDUMP,
  mm: vmFlags.VM_MIXEDMAP,
  hg: vmFlags.VM_HUGEPAGE,
  nh: vmFlags.VM_NOHUGEPAGE,
  mg: vmFlags.VM_MERGEABLE,
  dp: vmFlags.VM_DROPPABLE,
  sl: vmFlags.VM_SEALED,
};

Deno.test("VmFlags: each flag has the two letters that smaps gives it", () => {
  for (const [letters, flag] of Object.entries(SMAPS_NAMES)) {
    assertEquals(parseVmFlags(letters), flag, letters);
    assertEquals(formatVmFlags(flag), letters);
  }
});

Deno.test("VmFlags: of nothing, or of what is ignored, comes the empty set", () => {
  assertEquals(formatVmFlags(0), "");
  assertEquals(parseVmFlags(""), 0);
  assertEquals(parseVmFlags("sd"), 0);
});

Deno.test("mmap: MAP_STACK forbids huge pages for the VMA", () => {
  const mm = space();
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_STACK;
  mm.mmap({ address: 0x1000, length: 0x1000, protection: RW, flags });
  assertEquals(mm.findVma(0)!.flags & VM_NOHUGEPAGE, VM_NOHUGEPAGE);
});

Deno.test("mmap: a shared file opened read-only may neither be written nor counts as shared", () => {
  const mm = space();
  mapShared(mm, 0x1000, 0x2000, open("data", { writable: false }), 0);
  assertEquals(formatVmFlags(mm.findVma(0)!.flags), "rd mr me ms");
  mapShared(mm, 0x3000, 0x4000, open(), 0);
  assertEquals(formatVmFlags(mm.findVma(0x3000)!.flags), "rd sh mr mw me ms");
});
