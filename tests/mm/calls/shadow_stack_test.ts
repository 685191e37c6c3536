/** map_shadow_stack: its arguments, what it maps, and what keeps that apart. */
import { assertEquals } from "@std/assert";
import { assertFails, layoutOf, map, RW, space } from "../scene.ts";
import type { AddressSpace } from "../../../src/mm/address_space.ts";
import { vmFlagsText } from "../../../src/mm/vma/proc_maps.ts";
import { present } from "../../present.ts";

const PAGE = 0x1000;
const BASE = 0x2000_0000_0000;
const TOKEN = 1;

/** VmFlags of the VMA at an address. */
function flagsAt(mm: AddressSpace, address: number): string {
  return vmFlagsText(mm.descriptor, present(mm.findVma(address)));
}

function withStacks(): AddressSpace {
  return space({ shadowStacks: true });
}

Deno.test("map_shadow_stack: without a processor that has them it is EOPNOTSUPP, whatever else is wrong", () => {
  assertFails("EOPNOTSUPP", () => space().mapShadowStack(0, PAGE));
  assertFails("EOPNOTSUPP", () => space().mapShadowStack(1, 0, 8));
});

Deno.test("map_shadow_stack: flags, the token's room, the lowest address, alignment and length are checked", () => {
  const mm = withStacks();
  assertFails("EINVAL", () => mm.mapShadowStack(0, PAGE, 2));
  assertFails("ENOSPC", () => mm.mapShadowStack(0, 7, TOKEN));
  assertFails("ERANGE", () => mm.mapShadowStack(0xffff_f000, PAGE));
  assertFails("EINVAL", () => mm.mapShadowStack(BASE + 1, PAGE));
  assertFails("EINVAL", () => mm.mapShadowStack(BASE, 0));
  assertFails("ENOMEM", () => mm.mapShadowStack(0, 2 ** 48));
  map(mm, BASE, BASE + PAGE);
  assertFails("EEXIST", () => mm.mapShadowStack(BASE, PAGE));
  assertEquals(mm.mapCount, 1);
  mm.validate();
});

//   |-- rw-p --|-- ss --|-- ss --|-- rw-p --|     the two of one kind merge, and with nothing else
Deno.test("map_shadow_stack: it merges with its like and not with ordinary memory", () => {
  const mm = withStacks();
  map(mm, BASE, BASE + PAGE);
  map(mm, BASE + 3 * PAGE, BASE + 4 * PAGE);
  assertEquals(mm.mapShadowStack(BASE + PAGE, PAGE), BASE + PAGE);
  assertEquals(mm.mapShadowStack(BASE + 2 * PAGE, 1), BASE + 2 * PAGE);
  assertEquals(layoutOf(mm).length, 3);
  const stack = present(mm.findVma(BASE + PAGE));
  assertEquals([stack.end, flagsAt(mm, stack.start)], [BASE + 3 * PAGE, "rd wr mr mw me ac ss"]);
  // An ordinary mapping does not join it either, and what is cut from it keeps the flag.
  mm.munmap(BASE + 2 * PAGE, PAGE);
  mm.mmap({ address: BASE + 2 * PAGE, length: PAGE, protection: RW, flags: 0x32 });
  assertEquals(flagsAt(mm, BASE + PAGE), "rd wr mr mw me ac ss");
  assertEquals(flagsAt(mm, BASE + 2 * PAGE), "rd wr mr mw me ac");
  mm.validate();
});

Deno.test("map_shadow_stack: a token is a first write, and a child has the stack too", () => {
  const mm = withStacks();
  const [bare, written] = [mm.mapShadowStack(BASE, PAGE), mm.mapShadowStack(0, PAGE, TOKEN)];
  const hasPages = (at: number) => present(mm.findVma(at)).anonVma !== null;
  assertEquals([hasPages(bare), hasPages(written), written >= 2 ** 32], [false, true, true]);
  const child = mm.fork();
  assertEquals(flagsAt(child, BASE), "rd wr mr mw me ac ss");
  assertEquals(child.mapShadowStack(0, PAGE) >= 2 ** 32, true);
});
