/**
 * mremap of kernels that move one VMA at a time (up to 6.16): what they refuse, in which order, and what is done by
 * then.
 */
import { MREMAP_DONTUNMAP, MREMAP_FIXED, MREMAP_MAYMOVE } from "../../../src/abi/mman.ts";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { MmError } from "../../../src/mm/error.ts";
import type { AddressSpaceOptions } from "../../../src/mm/memory_descriptor.ts";
import { TASK_SIZE_X86_64 } from "../../../src/mm/rlimit.ts";
import { kernelRules, overrideRules } from "../../../src/mm/rules/kernel_rules.ts";
import { spaceWithPages, tableOf } from "../pages/pages.ts";
import { assertFails, assertLayout, map, space } from "../scene.ts";
import { assertEquals, assertMatch, assertThrows } from "@std/assert";

const PAGE = 0x1000;
const MOVE = MREMAP_MAYMOVE | MREMAP_FIXED;
const LEAVE = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;
const RULES = overrideRules(kernelRules(), {
  moveSeveralVmas: false,
  mremapChecksFirst: false,
  shrinkLooksUp: false,
});
const LAYOUT = ["1000-4000 rw-p 1", "20000-24000 r--p 20"];

/** Three pages at 0x1000, and four at 0x20000 that may be in the way. */
function scene(options: AddressSpaceOptions = {}): AddressSpace {
  const mm = space({ rules: RULES, ...options });
  map(mm, 0x1000, 0x4000);
  map(mm, 0x20000, 0x24000, 1);
  return mm;
}

/** Calls that are refused with EINVAL before anything is looked at, and why. */
const REFUSED: readonly (readonly [why: RegExp, call: (mm: AddressSpace) => unknown])[] = [
  [/flags are unknown/, (mm) => mm.mremap(0x1000, PAGE, PAGE, 8)],
  [/may not move/, (mm) => mm.mremap(0x1000, PAGE, PAGE, MREMAP_FIXED, 0x20000)],
  [/does not resize/, (mm) => mm.mremap(0x1000, PAGE, 2 * PAGE, LEAVE)],
  [/does not resize/, (mm) => mm.mremap(0x1000, PAGE, PAGE - 1, LEAVE)],
  [/the address is not page-aligned/, (mm) => mm.mremap(0x1001, PAGE, PAGE)],
  [/new length is 0/, (mm) => mm.mremap(0x1000, PAGE, 0)],
  [/target is not page-aligned/, (mm) => mm.mremap(0x1000, PAGE, PAGE, MOVE, 0x20001)],
  [/target ends beyond/, (mm) => mm.mremap(0x1000, PAGE, PAGE, MOVE, TASK_SIZE_X86_64)],
  [/target ends beyond/, (mm) => mm.mremap(0x1000, PAGE, TASK_SIZE_X86_64 + PAGE, MOVE, 0)],
  [/overlaps its target/, (mm) => mm.mremap(0x1000, 2 * PAGE, 2 * PAGE, MOVE, 0x2000)],
];

for (const [at, [why, call]] of REFUSED.entries()) {
  Deno.test(`mremap, one VMA at a time: refusal ${at + 1} is EINVAL, ${why.source}, and changes nothing`, () => {
    const mm = scene();
    const error = assertThrows(() => call(mm), MmError);
    assertEquals(error.code, "EINVAL");
    assertMatch(error.message, why);
    assertLayout(mm, LAYOUT);
  });
}

Deno.test("mremap, one VMA at a time: from 6.15 on a target is looked at before the VMA, but its place is not", () => {
  const mm = scene({ rules: kernelRules("6.16"), maxMapCount: 10 });
  assertFails("EINVAL", () => mm.mremap(0x9000, PAGE, PAGE, MOVE, 0x20001));
  assertFails("EFAULT", () => mm.mremap(0x9000, PAGE, PAGE, MOVE, 0x9000));
  for (const at of [0x30000, 0x32000, 0x34000]) map(mm, at, at + PAGE);
  assertFails("ENOMEM", () => mm.mremap(0x9000, PAGE, PAGE, MOVE, 0x50000));
  assertFails("EFAULT", () => mm.mremap(0x9000, PAGE, 2 * PAGE));
  mm.validate();
});

Deno.test("mremap, one VMA at a time: what neither moves nor grows is not looked up", () => {
  const mm = scene();
  assertEquals(mm.mremap(0x9000, PAGE, PAGE), 0x9000);
  assertEquals(mm.mremap(0x1000, 3 * PAGE, PAGE), 0x1000);
  assertLayout(mm, ["1000-2000 rw-p 1", LAYOUT[1]!]);
  mm.mseal(0x1000, PAGE);
  assertEquals(mm.mremap(0x1000, PAGE, PAGE), 0x1000);
  const strict = scene({ rules: overrideRules(RULES, { shrinkLooksUp: true }) });
  strict.mseal(0x1000, 3 * PAGE);
  assertFails("EPERM", () => strict.mremap(0x1000, PAGE, PAGE));
  assertFails("EFAULT", () => strict.mremap(0x9000, PAGE, PAGE));
});

Deno.test("mremap, one VMA at a time: growth is bound by the VMA and by RLIMIT_AS", () => {
  const mm = scene({ limits: { addressSpace: 8 * PAGE } });
  assertFails("EFAULT", () => mm.mremap(0x1000, 4 * PAGE, 5 * PAGE));
  assertFails("ENOMEM", () => mm.mremap(0x1000, 3 * PAGE, 5 * PAGE));
  assertEquals(mm.mremap(0x1000, 3 * PAGE, 4 * PAGE), 0x1000);
  assertLayout(mm, ["1000-5000 rw-p 1", LAYOUT[1]!]);
});

//   |- 1 2 3 -|    |---- 20 21 22 23 ----|
//                  |-- target --|             longer than the VMA: the target is gone by the time that it shows
Deno.test("mremap, one VMA at a time: the target is unmapped before the VMA's length is looked at", () => {
  const mm = scene();
  assertFails("EFAULT", () => mm.mremap(0x1000, 4 * PAGE, 4 * PAGE, MOVE, 0x20000));
  assertLayout(mm, [LAYOUT[0]!]);
});

Deno.test("mremap, one VMA at a time: a move that shrinks cuts first, and replaces only what it covers", () => {
  const mm = scene();
  assertEquals(mm.mremap(0x1000, 3 * PAGE, PAGE, MOVE, 0x21000), 0x21000);
  assertLayout(mm, ["20000-21000 r--p 20", "21000-22000 rw-p 21", "22000-24000 r--p 22"]);
});

Deno.test("mremap, one VMA at a time: a target may end with the last address", () => {
  const mm = scene();
  const target = TASK_SIZE_X86_64 - 3 * PAGE;
  assertEquals(mm.mremap(0x1000, 3 * PAGE, 3 * PAGE, MOVE, target), target);
});

Deno.test("mremap, one VMA at a time: MREMAP_DONTUNMAP alone replaces nothing", () => {
  const mm = scene();
  const target = mm.mremap(0x1000, 3 * PAGE, 3 * PAGE, LEAVE, 0x20000);
  assertEquals([target === 0x20000, mm.mapCount], [false, 3]);
  assertEquals([...mm.vmas()].slice(0, 2).map(({ start, end }) => end - start), [
    3 * PAGE,
    4 * PAGE,
  ]);
});

Deno.test("mremap, one VMA at a time: without a reserve of VMAs the target stays", () => {
  for (const [maxMapCount, code] of [[7, "ENOMEM"], [8, undefined]] as const) {
    const mm = scene({ maxMapCount });
    const move = () => mm.mremap(0x1000, 3 * PAGE, 3 * PAGE, MOVE, 0x20000);
    if (code === undefined) assertEquals(move(), 0x20000);
    else {
      assertFails(code, move);
      assertLayout(mm, LAYOUT);
    }
  }
});

Deno.test("mremap, one VMA at a time: what a locked VMA grows by while it moves is faulted in", () => {
  for (const locks of [false, true]) {
    const { mm } = spaceWithPages({ rules: RULES });
    map(mm, 0x1000, 0x3000);
    if (locks) mm.mlock(0x1000, 2 * PAGE);
    mm.mremap(0x1000, 2 * PAGE, 4 * PAGE, MOVE, 0x20000);
    assertEquals(tableOf(mm, 0x20000, 0x25000), locks ? "wwww." : ".....");
  }
});
