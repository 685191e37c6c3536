import { assertEquals } from "@std/assert";
import {
  cloneFlags,
  cloneSharesMemory,
  failedMoves,
  isExclusive,
  pageMoves,
} from "../../src/capture/calls.ts";

Deno.test("isExclusive: a child made with vfork runs while its parent is inside the call", () => {
  assertEquals(isExclusive("mmap", false), true);
  assertEquals(isExclusive("fork", false), true);
  assertEquals(isExclusive("vfork", true), false);
  assertEquals(isExclusive("execve", false), false);
});

Deno.test("cloneFlags: the signal sent at exit is no flag", () => {
  assertEquals(cloneFlags([0x1200011, 0]), 0x1200000);
  assertEquals(cloneSharesMemory("clone", 0x1200000), false);
  assertEquals(cloneSharesMemory("clone3", 0x3d0f00), true);
  assertEquals(cloneSharesMemory("vfork", 0), true);
});

Deno.test("pageMoves: lengths are rounded up to pages", () => {
  assertEquals(pageMoves("mmap", [0, 5000, 3, 0x22, -1, 0], 0x10000).fresh, [{
    start: 0x10000,
    end: 0x12000,
  }]);
});

Deno.test("pageMoves: mremap in place moves nothing, DONTUNMAP leaves the source empty", () => {
  assertEquals(pageMoves("mremap", [0x1000, 0x1000, 0x2000, 0, 0], 0x1000), { fresh: [] });
  const from = { start: 0x1000, end: 0x2000 }, to = { start: 0x8000, end: 0x9000 };
  const args = [0x1000, 0x1000, 0x1000];
  assertEquals(pageMoves("mremap", [...args, 1, 0], 0x8000), { fresh: [], moved: { from, to } });
  assertEquals(pageMoves("mremap", [...args, 5, 0], 0x8000).fresh, [from]);
});

Deno.test("failedMoves: MREMAP_FIXED may have moved some of several VMAs, no other call has", () => {
  const from = { start: 0x1000, end: 0x3000 }, to = { start: 0x8000, end: 0xa000 };
  const args = [0x1000, 0x2000, 0x2000];
  assertEquals(failedMoves("mremap", [...args, 3, 0x8000]).fresh, [from, to]);
  assertEquals(failedMoves("mremap", [...args, 1, 0]).fresh, []);
  assertEquals(failedMoves("mmap", [0x8000, 0x2000, 3, 0x32, -1, 0]).fresh, []);
});
