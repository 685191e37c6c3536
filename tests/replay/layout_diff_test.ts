/**
 * The comparison with the kernel itself: each thing that a line shows is compared, and a difference in any one is
 * found.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import { VM_MAYBE_GUARD } from "../../src/mm/vm_flags.ts";
import { LayoutComparison } from "../../src/replay/layout_diff.ts";
import type { MapLine } from "../../src/trace/format.ts";
import { map, mapFile, mapShared, open, space, touch } from "../mm/scene.ts";

//   0x10000  0x12000     0x20000  0x23000        0x30000  0x31000
//   |- rw, written -|    |- lib.so+0x1000, r -|   |- shared, rw -|

/** An address space with written memory, part of a file, and shared memory that has no file of the program's. */
function scene(): AddressSpace {
  const mm = space();
  map(mm, 0x10000, 0x12000);
  touch(mm, 0x10000);
  mapFile(mm, 0x20000, 0x23000, open("/usr/lib/lib.so"), 0x1000);
  mapShared(mm, 0x30000, 0x31000, { ...open("/dev/zero"), inode: 0 }, 0, 3);
  return mm;
}

const MEMORY: MapLine = {
  start: 0x10000,
  end: 0x12000,
  permissions: "rw-p",
  offset: 0,
  device: "00:00",
  inode: 0,
  name: "",
  vmFlags: "rd wr mr mw me ac",
  written: true,
};

const LIBRARY: MapLine = {
  start: 0x20000,
  end: 0x23000,
  permissions: "r--p",
  offset: 0x1000,
  device: "fe:00",
  inode: 42,
  name: "lib.so",
  vmFlags: "rd mr mw me",
};

const SHARED: MapLine = {
  start: 0x30000,
  end: 0x31000,
  permissions: "rw-s",
  offset: 0,
  device: "00:01",
  inode: 1027,
  name: "zero",
  vmFlags: "rd wr sh mr mw me ms",
};

/** What a comparison says of a scene; "alike" if nothing. */
function said(mm: AddressSpace, ...lines: MapLine[]): string {
  const found = new LayoutComparison().first(mm, lines);
  return found === undefined ? "alike" : `${found.position}: ${found.what}`;
}

Deno.test("layout comparison: what the kernel shows of the same is alike", () => {
  assertEquals(said(scene(), MEMORY, LIBRARY, SHARED), "alike");
  assertEquals(said(space()), "alike");
});

Deno.test("layout comparison: a VMA more on either side", () => {
  assertEquals(said(scene(), MEMORY, LIBRARY), "2: the model has a VMA more than the kernel");
  const more = { ...MEMORY, start: 0x40000, end: 0x41000 };
  assertEquals(
    said(scene(), MEMORY, LIBRARY, SHARED, more),
    "3: the kernel has a VMA more than the model",
  );
  assertEquals(said(space(), MEMORY), "0: the kernel has a VMA more than the model");
});

Deno.test("layout comparison: a count that is not what the walk meets", () => {
  const mm = scene();
  mm.descriptor.tree.mapCount++;
  assertEquals(said(mm, MEMORY, LIBRARY, SHARED), "0: mapCount is 4, the walk met 3");
});

const DIFFERENT: readonly [string, MapLine, Partial<MapLine>][] = [
  ["the range differs", MEMORY, { start: 0x11000 }],
  ["the range differs", MEMORY, { end: 0x13000 }],
  ["the permissions differ", MEMORY, { permissions: "r--p" }],
  ["the permissions differ", LIBRARY, { permissions: "r-xp" }],
  ["the permissions differ", SHARED, { permissions: "rw-p" }],
  ["the offset differs", LIBRARY, { offset: 0x2000 }],
  [
    "VmFlags differ: rd wr mr mw me ac in the model, rd wr mr mw me in the kernel",
    MEMORY,
    { vmFlags: "rd wr mr mw me" },
  ],
  [
    "VmFlags differ: rd mr mw me in the model, rd mr mw me lo in the kernel",
    LIBRARY,
    { vmFlags: "rd mr mw me lo" },
  ],
  ["the name differs", LIBRARY, { name: "libc.so.6" }],
  ["the name differs", MEMORY, { name: "[heap]" }],
  ["the file differs", LIBRARY, { inode: 43 }],
  ["the file differs", LIBRARY, { device: "fe:01" }],
  ["the file differs", MEMORY, { inode: 9 }],
  ["only the kernel has an anon_vma", LIBRARY, { written: true }],
];

for (const [what, line, change] of DIFFERENT) {
  Deno.test(`layout comparison: ${line.name || "memory"} with another ${Object.keys(change)[0]}: ${what}`, () => {
    const lines = [MEMORY, LIBRARY, SHARED];
    const at = lines.indexOf(line);
    lines[at] = { ...line, ...change };
    assertEquals(said(scene(), ...lines), `${at}: ${what}`);
  });
}

Deno.test("layout comparison: without VmFlags the permissions are what is compared", () => {
  const { vmFlags: _, ...bare } = MEMORY;
  assertEquals(said(scene(), bare, LIBRARY, SHARED), "alike");
  assertEquals(
    said(scene(), { ...bare, permissions: "rwxp" }, LIBRARY, SHARED),
    "0: the permissions differ",
  );
});

Deno.test("layout comparison: written memory that the kernel has not counted yet is no difference", () => {
  const { written: _, ...notYet } = MEMORY;
  assertEquals(said(scene(), notYet, LIBRARY, SHARED), "alike");
});

Deno.test("layout comparison: where guard pages may be, the kernel may have an anon_vma earlier", () => {
  const mm = space();
  map(mm, 0x10000, 0x12000);
  const { vmFlags: _, ...line } = MEMORY;
  assertEquals(said(mm, line), "0: only the kernel has an anon_vma");
  mm.descriptor.tree.findVma(0x10000)!.flags |= VM_MAYBE_GUARD;
  assertEquals(said(mm, line), "alike");
});

Deno.test("layout comparison: the name is the base name, and a deleted file is the same one", () => {
  assertEquals(said(scene(), MEMORY, { ...LIBRARY, name: "/usr/lib/lib.so" }, SHARED), "alike");
  assertEquals(said(scene(), MEMORY, { ...LIBRARY, name: "lib.so (deleted)" }, SHARED), "alike");
  assertEquals(
    said(scene(), MEMORY, { ...LIBRARY, name: "lib.so (delete)" }, SHARED),
    "1: the name differs",
  );
});

Deno.test("layout comparison: shared memory keeps the inode that it was first seen with", () => {
  const mm = scene();
  const comparison = new LayoutComparison();
  const first = (shared: MapLine) => comparison.first(mm, [MEMORY, LIBRARY, shared])?.what;
  assertEquals(first(SHARED), undefined);
  assertEquals(first(SHARED), undefined);
  assertEquals(first({ ...SHARED, inode: 1028 }), "the file differs");
  assertEquals(first({ ...SHARED, device: "00:02" }), "the file differs");
  assertEquals(first(SHARED), undefined);
});

Deno.test("layout comparison: flags that the model only carries along are taken over and told", () => {
  const mm = scene();
  const comparison = new LayoutComparison();
  const marked = { ...MEMORY, vmFlags: "rd wr mr mw me ac uw" };
  assertEquals(comparison.first(mm, [marked, LIBRARY, SHARED]), undefined);
  assertEquals(comparison.first(mm, [marked, LIBRARY, SHARED]), undefined);
  assertEquals(comparison.otherFlags, ["uw"]);
  assertEquals(mm.findVma(0x10000)?.otherFlags, "uw");
  assertEquals(comparison.first(mm, [MEMORY, LIBRARY, SHARED]), undefined);
  assertEquals(mm.findVma(0x10000)?.otherFlags, "");
  assertEquals(comparison.otherFlags, ["uw"]);
  comparison.carry("zz uw ");
  assertEquals(comparison.otherFlags, ["uw", "zz"]);
  // Those that a call set are the model's own.
  const watched = scene();
  watched.setUserfault(0x10000, 0x2000, 1);
  const other = new LayoutComparison();
  const shown = { ...MEMORY, vmFlags: "rd wr mr mw me ac um" };
  assertEquals(other.first(watched, [shown, LIBRARY, SHARED]), undefined);
  assertEquals(other.otherFlags, []);
});

Deno.test("layout comparison: isAlike compares one VMA with one line", () => {
  const mm = scene();
  const comparison = new LayoutComparison();
  const vma = mm.findVma(0x10000)!;
  assertEquals(comparison.isAlike(mm, vma, MEMORY), true);
  assertEquals(comparison.isAlike(mm, vma, LIBRARY), false);
});

//   0x10000  0x11000  0x12000  0x13000
//   |-- rw --|-- r ---|-- rw --|
function touching(): AddressSpace {
  const mm = space();
  map(mm, 0x10000, 0x11000);
  map(mm, 0x11000, 0x12000, 1);
  map(mm, 0x12000, 0x13000);
  return mm;
}

const { written: _, ...UNWRITTEN } = MEMORY;
const TOUCHING: readonly MapLine[] = [
  { ...UNWRITTEN, end: 0x11000 },
  ...[{
    ...UNWRITTEN,
    start: 0x11000,
    end: 0x12000,
    permissions: "r--p",
    vmFlags: "rd mr mw me",
  }],
  { ...UNWRITTEN, start: 0x12000, end: 0x13000 },
];

for (
  const [name, mm, lines] of [
    ["apart", scene(), [MEMORY, LIBRARY, SHARED]],
    ["touching", touching(), TOUCHING],
  ] as const
) {
  Deno.test(`layout comparison: a part agrees if all in it and at its ends does, and nothing else counts, ${name}`, () => {
    const bounds = lines.flatMap(({ start, end }) => [start, end, end + 0x4000]).flatMap((at) => [
      ...[at - 2, at - 1, at, at + 1],
    ]);
    const others = [
      ...lines.map((line, i) => ({
        at: line,
        recorded: lines.with(i, { ...line, permissions: "--xp" }),
      })),
      ...lines.map((line, i) => ({ at: line, recorded: lines.toSpliced(i, 1) })),
      ...lines.map((line, i) => {
        const start = Math.min(line.end + 0x4000, lines[i + 1]?.start ?? Infinity);
        const more = {
          ...line,
          start,
          end: Math.max(start, lines[i + 1]?.start ?? start + 0x1000),
        };
        return { at: more, recorded: lines.toSpliced(i + 1, 0, more) };
      }).filter(({ at }) => at.end > at.start),
    ];
    for (const first of bounds) {
      for (const last of bounds.filter((bound) => bound >= first)) {
        const comparison = new LayoutComparison();
        assertEquals(comparison.agrees(mm, lines, first, last), true);
        for (const { at, recorded } of others) {
          const touches = at.start <= last + 1 && at.end >= first;
          const what = `${first.toString(16)}-${last.toString(16)} of ${at.start.toString(16)}`;
          assertEquals(comparison.agrees(mm, recorded, first, last), !touches, what);
        }
      }
    }
  });
}

Deno.test("layout comparison: names that differ in their first letter alone differ", () => {
  for (const name of ["xib.so", "/usr/lib/xib.so", "/lib.s", "ib.so"]) {
    assertEquals(said(scene(), MEMORY, { ...LIBRARY, name }, SHARED), "1: the name differs", name);
  }
});
