/**
 * What an address space is made with, and what its siblings inherit.
 */
import { MAP_ANONYMOUS, MAP_PRIVATE } from "../../src/abi/mman.ts";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import { MmError } from "../../src/mm/error.ts";
import { CommitLedger, MemoryDescriptor } from "../../src/mm/memory_descriptor.ts";
import { map, RW, space } from "./scene.ts";
import { kernelRules } from "../../src/mm/rules/kernel_rules.ts";
import { assertEquals, assertThrows } from "@std/assert";

const PAGE = 0x1000;

/** Maps a page anywhere. */
function anywhere(mm: AddressSpace, pages = 1): number {
  const flags = MAP_PRIVATE | MAP_ANONYMOUS;
  return mm.mmap({ length: pages * PAGE, protection: RW, flags });
}

// Under `never` all promises together stay below the limit; without reserves that is all there is to it.
Deno.test("CommitLedger: keeps nothing back unless told to", () => {
  const commit = Object.assign(new CommitLedger(), { mode: "never", limitPages: 66 });
  const mm = space({ commit });
  map(mm, 0x1000, 0x1000 + 64 * PAGE);
  anywhere(mm);
  assertEquals(commit.pages, 65);
  assertThrows(() => anywhere(mm), MmError);
});

Deno.test("MemoryDescriptor: a new one has no heap, no stack, and locks what it likes", () => {
  const mm = new MemoryDescriptor({ rules: kernelRules("5.19") });
  assertEquals([mm.startBrk, mm.brk, mm.startStack], [0, 0, 0]);
  assertEquals([mm.rules, mm.sibling().rules], [kernelRules("5.19"), kernelRules("5.19")]);
  assertEquals(new MemoryDescriptor().rules, kernelRules());
  const limited = space({ limits: { lockedMemory: 0 } });
  map(limited, 0x1000, 0x2000);
  limited.mlock(0x1000, PAGE);
  assertEquals(limited.descriptor.lockedPages, 1);
});
