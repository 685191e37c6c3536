/**
 * Both validators: on sound address spaces they keep silent, and each rule that is broken by hand is named.
 */
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { SpaceValidator } from "../../../src/mm/checks/incremental.ts";
import { MmError, MmInvariantError } from "../../../src/mm/error.ts";
import type { Vma } from "../../../src/mm/vma.ts";
import { VmaTree } from "../../../src/mm/vma_tree.ts";
import { InvariantError } from "../../../src/tree/errors.ts";
import { MapleTree } from "../../../src/tree/maple_tree.ts";
import { map, RW, space, touch } from "../scene.ts";
import { Random } from "../../random.ts";
import { assertEquals, assertThrows } from "@std/assert";

//   0x1000        0x3000   0x4000    0x5000    0x8000
//   |-- rw, written --|-- r --|  (free)  |-- rw --|
function scene(): AddressSpace {
  const mm = space();
  map(mm, 0x1000, 0x3000);
  map(mm, 0x3000, 0x4000, 1);
  map(mm, 0x5000, 0x8000);
  touch(mm, 0x1000);
  return mm;
}

const BROKEN: readonly [string, RegExp, (mm: AddressSpace) => void][] = [
  [
    "a VMA begins elsewhere",
    /start is not the index/,
    (mm) => mm.descriptor.tree.findVma(0)!.start += 0x1000,
  ],
  [
    "a VMA ends elsewhere",
    /end is not the last index/,
    (mm) => mm.descriptor.tree.findVma(0)!.end += 0x1000,
  ],
  ["a page offset is negative", /page offset is negative/, (mm) => {
    mm.descriptor.tree.findVma(0)!.pageOffset = -1;
  }],
  ["a page offset is no number of pages", /no whole number/, (mm) => {
    mm.descriptor.tree.findVma(0)!.pageOffset = 0.5;
  }],
  ["mapCount is off", /mapCount is 4, but a walk meets 3/, (mm) => mm.descriptor.tree.mapCount++],
  ["a sum is off", /totalPages is 7, but the VMAs have 6/, (mm) => mm.descriptor.totalPages++],
  ["an anon_vma forgot a VMA", /of its chain does not list it/, (mm) => {
    const vma = mm.findVma(0)!;
    vma.anonVma!.vmas.delete(vma);
  }],
  ["an anon_vma knows a stranger", /is not in its chain/, (mm) => {
    mm.findVma(0)!.anonVma!.vmas.add(mm.findVma(0x5000)!);
  }],
  [
    "a VMA lost its links",
    /not among its links/,
    (mm) => mm.descriptor.tree.findVma(0)!.anonVmaChain = [],
  ],
  ["an anon_vma miscounts its own", /counts 2 VMAs of its own, but has 1/, (mm) => {
    mm.findVma(0)!.anonVma!.activeVmas++;
  }],
  ["links stay without an anon_vma", /links without an anon_vma/, (mm) => {
    mm.descriptor.tree.findVma(0)!.anonVma = null;
  }],
];

for (const [name, rule, breakIt] of BROKEN) {
  Deno.test(`validate: names the rule where ${name}`, () => {
    const mm = scene();
    mm.validate();
    breakIt(mm);
    const { message } = assertThrows(() => mm.validate(), MmInvariantError);
    assertEquals(rule.test(message), true, message);
  });
}

/** A call on a small arena, whatever becomes of it. */
function randomCall(mm: AddressSpace, random: Random): void {
  const address = 0x10000 + 0x1000 * random.below(64), length = 0x1000 * (1 + random.below(8));
  const calls = [
    () => map(mm, address, address + length, random.below(4)),
    () => mm.munmap(address, length),
    () => mm.mprotect(address, length, random.below(4)),
    () => mm.madvise(address, length, random.below(3)),
    () => touch(mm, address),
    () => mm.mremap(address, length, length, 3, 0x10000 + 0x1000 * random.below(64)),
    () => mm.mmap({ length, protection: RW, flags: 0x22 }),
  ];
  try {
    calls[random.below(calls.length)]!();
  } catch (error) {
    if (!(error instanceof MmError)) throw error;
  }
}

Deno.test("SpaceValidator: content with 3,000 calls, as the full validation is", () => {
  const random = new Random(0xadd);
  const mm = scene();
  const validator = new SpaceValidator(mm.descriptor);
  for (let calls = 0; calls < 3000; calls++) {
    randomCall(mm, random);
    validator.check();
    if (calls % 100 === 0) mm.validate();
  }
  mm.exit();
  validator.check();
  assertEquals(mm.mapCount, 0);
});

Deno.test("SpaceValidator: passes on what somebody else watches", () => {
  const mm = scene();
  const told: string[] = [];
  mm.treeObserver = (operation) => told.push(operation);
  const validator = new SpaceValidator(mm.descriptor);
  mm.munmap(0x5000, 0x1000);
  validator.check();
  assertEquals(told.includes("clear"), true);
});

Deno.test("SpaceValidator: notices a VMA that the call before left out of place", () => {
  const mm = scene();
  const validator = new SpaceValidator(mm.descriptor);
  mm.munmap(0x5000, 0x1000);
  mm.descriptor.tree.findVma(0x5000)!.end += 0x1000;
  const { rule } = assertThrows(() => validator.check(), MmInvariantError);
  assertEquals(rule, "its range is not the one under which the tree holds it");
});

Deno.test("SpaceValidator: notices a count that the call before got wrong", () => {
  const mm = scene();
  const validator = new SpaceValidator(mm.descriptor);
  mm.munmap(0x5000, 0x3000);
  mm.descriptor.tree.mapCount++;
  const { rule } = assertThrows(() => validator.check(), MmInvariantError);
  assertEquals(rule, "mapCount is 3, but the tree holds 2 VMAs");
});

/** A tree that finds something wrong with itself. */
class BrokenTree extends MapleTree<Vma> {
  override validate(): void {
    throw new InvariantError(1, -1, "a node is not where it belongs");
  }
}

Deno.test("validate: passes on what the tree finds wrong with itself", () => {
  const mm = space();
  mm.validate();
  const { descriptor } = mm;
  descriptor.tree = new VmaTree(descriptor.faultInjection, new BrokenTree({ gaps: true }));
  assertThrows(() => mm.validate(), InvariantError, "not where it belongs");
});
