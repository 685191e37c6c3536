/**
 * VMAs that are made of others: what each of them takes over, and what it leaves.
 */
import { AnonVma, Page, Vma } from "../../src/mm/vma.ts";
import { mapFile, open, space } from "./scene.ts";
import { assert, assertEquals } from "@std/assert";

const FILE = open();

/** A VMA of four pages in which no field is what it begins with. */
function full(): Vma {
  const vma = new Vma(0x5000, 0x9000, 0x75, 9, FILE);
  vma.anonPageOffset = 77;
  vma.anonVma = new AnonVma();
  vma.anonVmaChain = [vma.anonVma];
  vma.special = "[vdso]";
  vma.anonName = "arena";
  vma.protectionKey = 3;
  vma.policy = "bind:0";
  vma.otherFlags = "um";
  return vma;
}

/** What is said of a VMA, as plain data. */
function said({ special, anonName, protectionKey, policy, otherFlags }: Vma): unknown[] {
  return [special, anonName, protectionKey, policy, otherFlags];
}

Deno.test("Vma: a new one has nothing; a file's counts its anonymous pages from its address", () => {
  const anonymous = new Vma(0x5000, 0x7000, 0x73, 9, null);
  assertEquals([anonymous.pageOffset, anonymous.anonPageOffset], [9, 9]);
  const file = new Vma(0x5000, 0x7000, 0x73, 9, FILE);
  assertEquals([file.pageOffset, file.anonPageOffset], [9, 5]);
  for (const vma of [anonymous, file]) {
    assertEquals(said(vma), [null, null, 0, null, ""]);
    assertEquals([vma.anonVma, vma.anonVmaChain, vma.pageTable, vma.fileMapping], [
      null,
      [],
      null,
      null,
    ]);
  }
});

Deno.test("Vma: one that is renewed is as a new one", () => {
  for (const file of [null, FILE]) {
    const vma = full();
    vma.renew(0x10000, 0x12000, 0x73, 4, file);
    const fresh = new Vma(0x10000, 0x12000, 0x73, 4, file);
    assertEquals([vma.start, vma.end, vma.flags], [0x10000, 0x12000, 0x73]);
    assertEquals([vma.pageOffset, vma.anonPageOffset], [fresh.pageOffset, fresh.anonPageOffset]);
    assert(vma.file === file);
    assertEquals([vma.anonVma, vma.anonVmaChain, ...said(vma)], [
      null,
      [],
      null,
      null,
      0,
      null,
      "",
    ]);
  }
});

Deno.test("Vma: one that imitates a range of another is like it in all but its bounds", () => {
  const vma = full();
  const other = new Vma(0, 0x1000, 0, 0, null);
  other.imitate(vma, 0x7000, 0x8000);
  assertEquals([other.start, other.end, other.flags], [0x7000, 0x8000, 0x75]);
  assertEquals([other.pageOffset, other.anonPageOffset], [11, 79]);
  assert(other.file === FILE && other.anonVma === vma.anonVma);
  assert(other.anonVmaChain === vma.anonVmaChain);
  assertEquals(said(other), said(vma));
});

Deno.test("Vma: a part has the offsets of its place, and no anon_vmas yet", () => {
  const vma = full();
  const part = vma.part(0x6000, 0x8000);
  assertEquals([part.start, part.end, part.flags], [0x6000, 0x8000, 0x75]);
  assertEquals([part.pageOffset, part.anonPageOffset], [10, 78]);
  assert(part.file === FILE && part.pageTable === vma.pageTable);
  assertEquals([part.anonVma, part.anonVmaChain], [null, []]);
  assertEquals(said(part), said(vma));
});

Deno.test("Page: one frame unless it is huge, and only a huge one has parts", () => {
  const small = new Page(null, 7);
  assertEquals([small.size, small.stamps, small.frame, small.mapped], [1, null, -1, 0]);
  const huge = new Page(null, 0, 512);
  assertEquals([huge.size, huge.stamps?.size], [512, 0]);
});

//   |- 5 -|- 6 -|- 7 -|   ▸   |- 6 -|- 7 -|      both offsets move with the border
Deno.test("Vma: one that is cut at its start has the offsets of what is left", () => {
  const mm = space();
  mapFile(mm, 0x1000, 0x4000, FILE, 0x5000);
  mm.munmap(0x1000, 0x1000);
  const { pageOffset, anonPageOffset } = mm.descriptor.tree.findVma(0x2000)!;
  assertEquals([pageOffset, anonPageOffset], [6, 2]);
});
