/**
 * What the model answers to a text's other calls, and to those that failed: what must be known of the memory that they
 * are about, and why there is no answer where it is not.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_PRIVATE,
  MAP_SHARED,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  MS_ASYNC,
  MS_SYNC,
} from "../../../src/abi/mman.ts";
import type { OpenFile, TraceRecord } from "../../../src/trace/format.ts";
import { call, memory } from "../records.ts";
import {
  aligned,
  ANON,
  answers,
  BELOW,
  DIFFER,
  FIRST,
  GONE,
  hex,
  last,
  lastBy,
  LIBRARY,
  MIB,
  mmap,
  type More,
  mremap,
  NEARBY,
  NOT_SHOWN,
  TOP,
} from "./asking.ts";

Deno.test("answers mremap: in place where there is room, or it becomes shorter; else it moves", () => {
  const M = MREMAP_MAYMOVE;
  // |- free -| A 2 pages | B 1 page | two pages of FIRST
  const b = BELOW - 0x1000, a = BELOW - 0x3000;
  const both = [...mmap(0x1000, b), ...mmap(0x2000, a)];
  assertEquals(last(FIRST, both, mremap([a, 0x2000, 0x1000, 0], a)), "equal");
  assertEquals(last(FIRST, both, mremap([a, 0x2000, 0x2000, M], a)), "equal");
  assertEquals(last(FIRST, both, mremap([a, 0x2000, 0x1800, 0], a)), "equal");
  assertEquals(last(FIRST, both, mremap([a, 0x2000, 0x3000, M], a - 0x3000)), "equal");
  assertEquals(last(FIRST, both, mremap([a, 0x2000, 0x3000, M], a)), GONE);
  assertEquals(last(FIRST, both, mremap([a, 0x2000, 0x3000, M], a - 0x5000)), hex(a - 0x3000));
  assertEquals(last(FIRST, both, mremap([a, 0x2000, 0x3000, 0], a)), "ENOMEM");
  const unmapB = call("munmap", [b, 0x1000]);
  assertEquals(last(FIRST, both, unmapB, mremap([a, 0x2000, 0x3000, 0], a)), "equal");
  assertEquals(last(FIRST, both, unmapB, mremap([a, 0x2000, 0x4000, M], a - 0x4000)), "equal");
  // A part that does not end where its VMA does has no room.
  assertEquals(last(FIRST, both, unmapB, mremap([a, 0x1000, 0x2000, M], a - 0x2000)), "equal");
  // The copy of MREMAP_DONTUNMAP goes to a place of its own, with room above or not.
  const keep = M | MREMAP_DONTUNMAP;
  assertEquals(last(FIRST, both, unmapB, mremap([a, 0x2000, 0x2000, keep], a - 0x2000)), "equal");
  assertEquals(
    last(FIRST, both, mremap([a, 0x2000, 0x2000, keep], a - 0x2000), mmap(0x1000, a - 0x3000)),
    "equal",
  );
  const fixed = M | MREMAP_FIXED;
  assertEquals(
    last(FIRST, both, mremap([a, 0x2000, 0x3000, fixed, 0x40_0000], 0x40_0000)),
    "equal",
  );
});

Deno.test("answers mremap: what it moves, or the room above, may not be shown", () => {
  const M = MREMAP_MAYMOVE, missing = "what it moves is not shown";
  assertEquals(last(FIRST, mremap([0x40_0000, 0x1000, 0x2000, M], BELOW - 0x2000)), missing);
  // Seen by an earlier call, its kind is still not known.
  const protect = call("mprotect", [0x40_0000, 0x1000, 1]);
  assertEquals(
    last(FIRST, protect, mremap([0x40_0000, 0x1000, 0x2000, M], BELOW - 0x2000)),
    missing,
  );
  assertEquals(
    last(FIRST, mremap([TOP - 0x1000, 0x1000, 0x2000, M], TOP - 0x1000)),
    "whether there was room to grow is not shown",
  );
  // Where it went is known afterwards, and where it was is free.
  const at = BELOW - 0x2000;
  const moved = mremap([0x40_0000, 0x1000, 0x2000, M], at);
  assertEquals(
    last(FIRST, moved, mmap(0x1000, at - 0x1000)),
    "what else is mapped there is not shown",
  );
  const own = [...mmap(0x1000, BELOW - 0x1000)];
  const away = mremap([BELOW - 0x1000, 0x1000, 0x1000, M | MREMAP_FIXED, 0x40_0000], 0x40_0000);
  assertEquals(last(FIRST, own, away, mmap(0x1000, BELOW - 0x1000)), "equal");
});

Deno.test("answers mremap: large mappings are placed as their kind is, a file's by the offset of the part that moves", () => {
  const M = MREMAP_MAYMOVE;
  const small = (more: More) => mmap(0x2000, BELOW - 0x2000, more);
  const at = BELOW - 0x2000, below = at;
  const plainAt = below - 4 * MIB;
  assertEquals(last(FIRST, small({}), mremap([at, 0x2000, 4 * MIB, M], plainAt)), DIFFER);
  assertEquals(
    last(
      FIRST,
      small({ flags: MAP_SHARED | MAP_ANONYMOUS }),
      mremap([at, 0x2000, 4 * MIB, M], plainAt),
    ),
    "equal",
  );
  const offset = 0x3000;
  const file = { file: LIBRARY, flags: MAP_PRIVATE, offset };
  const learned = Math.ceil((BELOW - 6 * MIB - offset) / (2 * MIB)) * 2 * MIB + offset;
  const way = [...mmap(4 * MIB, learned, file), ...call("munmap", [learned, 4 * MIB])];
  const part = offset + 0x1000;
  const to = Math.ceil((below - 6 * MIB - part) / (2 * MIB)) * 2 * MIB + part;
  assertEquals(
    last(FIRST, way, small(file), mremap([at + 0x1000, 0x1000, 4 * MIB, M], to)),
    "equal",
  );
});

Deno.test("answers mremap: anonymous memory is aligned as if it began a file, and as without a hint", () => {
  const at = BELOW - 0x2000, small = mmap(0x2000, at);
  const to = Math.ceil((at - 6 * MIB) / (2 * MIB)) * 2 * MIB;
  const grown = mremap([at, 0x2000, 4 * MIB, MREMAP_MAYMOVE], to);
  assertEquals([lastBy("6.7", FIRST, small, grown), lastBy("6.18", FIRST, small, grown)], [
    "equal",
    "equal",
  ]);
});

Deno.test("answers: arguments that a text leaves out are 0", () => {
  const protect = call("pkey_mprotect", [BELOW, 0x1000, 1]);
  assertEquals(last(FIRST, protect), "equal");
  const args = [0, 4 * MIB, 1, ANON, -1];
  const first = call("mmap", args, { result: 0x7fff_f7c0_0000 });
  assertEquals(lastBy("6.7", FIRST, call("mmap", args, { result: aligned(4) })), "equal");
  const shared = mmap(4 * MIB, 0x7fff_f780_0000, { flags: MAP_SHARED | MAP_ANONYMOUS });
  assertEquals(last(first, shared), NEARBY);
  const remap = (...args: number[]) => last(FIRST, call("mremap", args, { result: 0 }));
  assertEquals(remap(BELOW, 0x1000, 0x2000), "ENOMEM");
  const own = mmap(0x1000, BELOW - 0x1000, { file: LIBRARY, flags: MAP_PRIVATE });
  const grown = [BELOW - 0x1000, 0x1000, 0x2000];
  assertEquals(
    last(FIRST, own, call("mremap", grown, { result: -1, error: "ENOMEM" })),
    "equal",
  );
  assertEquals(remap(BELOW, 0x1000, 0x1000, MREMAP_MAYMOVE | MREMAP_FIXED), "equal");
  // A call of which only the end is there has none, and no other one overlaps it.
  assertEquals(
    last(mmap(0x1000, BELOW).slice(1)),
    "no kernel maps nothing: the text is damaged there",
  );
});

Deno.test("answers brk: the heap's memory is no gap, what is below it stays one", () => {
  // |- low -| 4 free pages | heap ...| … free | one page | of 32-bit addresses
  const top = 0xa000_0000, heap = top - 0xc000;
  const layout = [memory(0x1000, (top - 0x1_1000) / 0x1000), memory(top, 1)];
  const first = mmap(0x1000, top - 0x1000);
  const begin = call("brk", [0], { result: heap }),
    grow = call("brk", [heap + 0x8000], {
      result: heap + 0x8000,
    });
  const after = (...calls: TraceRecord[][]) => answers(calls.flat(), { layout }).at(-1);
  const three = mmap(0x3000, heap + 0x8000), four = mmap(0x4000, heap - 0x4000);
  assertEquals(after(first, begin, grow, three), "equal");
  assertEquals(after(first, begin, grow, four), "equal");
  assertEquals(after(first, begin, grow, mmap(0x5000, top + 0x1_0000)), NEARBY);
  const shrink = call("brk", [heap + 0x2000], { result: heap + 0x2000 });
  assertEquals(after(first, begin, grow, shrink, mmap(0x9000, heap + 0x2000)), "equal");
});

Deno.test("answers brk: what was asked for, unless something is in the way or it is below the heap", () => {
  const brk = (asked: number, result = asked) => call("brk", [asked], { result });
  const begin = brk(0, 0x500800);
  assertEquals(last(begin), "where the heap ends is not shown before this call");
  assertEquals(last(begin, brk(0x500800)), "equal");
  assertEquals(last(begin, brk(0x500900)), "equal");
  assertEquals(last(begin, brk(0x504000)), "equal");
  assertEquals(last(begin, brk(0x5007ff, 0x500800)), "equal");
  assertEquals(last(begin, brk(0x504000, 0x505000)), "0x504000");
  assertEquals(last(begin, brk(0x504000), brk(0x500800)), "equal");
  const flags = ANON | MAP_FIXED;
  const above = mmap(0x1000, 0x504000, { flags, hint: 0x504000 });
  assertEquals(last(begin, above, brk(0x504000)), "equal");
  assertEquals(last(begin, above, brk(0x504001, 0x500800)), "equal");
  assertEquals(last(begin, above, brk(0x504001)), "0x500800");
  // The page that the heap ends in may be another's beginning without being in the way.
  const next = mmap(0x1000, 0x501000, { flags, hint: 0x501000 });
  assertEquals(last(begin, next, brk(0x501000)), "equal");
});

Deno.test("answers brk: what the heap gives back is free, what it takes is mapped", () => {
  const brk = (asked: number) => call("brk", [asked], { result: asked });
  const heap = [...call("brk", [0], { result: 0x500000 }), ...brk(0x508000)];
  const unless = (at: number) => mmap(0x1000, at, { flags: ANON | MAP_FIXED_NOREPLACE, hint: at });
  assertEquals(last(FIRST, heap, brk(0x504800), unless(0x505000)), "equal");
  assertEquals(last(FIRST, heap, brk(0x504800), unless(0x504000)), "EEXIST");
  assertEquals(
    last(FIRST, heap, brk(0x508000), unless(0x508000)),
    "what was mapped there before is not shown",
  );
  // The first answer tells only where it ends: nothing is given back by it.
  assertEquals(
    last(FIRST, call("brk", [0], { result: 0x500000 }), unless(0x4ff000)),
    "what was mapped there before is not shown",
  );
});

Deno.test("answers: why a call failed is known where what is mapped in its range tells", () => {
  const limits = "limits and files decide about it, which the text does not show";
  const little = "the text shows too little to say why";
  const protect = (at: number, length: number, error: string) =>
    call("mprotect", [at, length, 1], { result: -1, error });
  assertEquals(last(FIRST, protect(BELOW - 0x2000, 0x1000, "ENOMEM")), "equal");
  assertEquals(last(FIRST, protect(BELOW - 0x1000, 0x2000, "ENOMEM")), "equal");
  assertEquals(last(FIRST, protect(BELOW, 0x2000, "ENOMEM")), limits);
  assertEquals(last(FIRST, protect(BELOW, 0x2000, "EINVAL")), little);
  assertEquals(last(FIRST, protect(TOP, 0x2000, "ENOMEM")), little);
  assertEquals(last(FIRST, protect(BELOW + 0x800, 0x1000, "EINVAL")), "equal");
  // mremap of nothing is about the page that it begins in.
  const remap = (at: number, old: number) => mremap([at, old, 0x1000, 0], 0, "EFAULT");
  assertEquals(last(FIRST, remap(BELOW - 0x2000, 0)), "equal");
  assertEquals(last(FIRST, remap(TOP + 0x2000, 0)), little);
  assertEquals(last(FIRST, remap(BELOW - 0x2000, 0x1000)), "equal");
  // One that may not move finds its neighbour in the way, or room of which nobody knows.
  const grow = (at: number, length: number, flags = 0) =>
    mremap([at, 0x1000, length, flags], 0, "ENOMEM");
  const own = mmap(0x1000, BELOW - 0x1000, { file: LIBRARY, flags: MAP_PRIVATE });
  assertEquals(last(FIRST, own, grow(BELOW - 0x1000, 0x2000)), "equal");
  assertEquals(last(FIRST, own, grow(BELOW - 0x1000, 0x2000, MREMAP_MAYMOVE)), limits);
  assertEquals(last(FIRST, grow(TOP - 0x1000, 0x2000)), little);
  const gap = call("munmap", [TOP - 0x1000, 0x1000]);
  assertEquals(last(FIRST, gap, grow(BELOW, 0x2000)), limits);
  assertEquals(last(FIRST, mremap([BELOW - 0x2000, 0x1000, 0x8000, 0], 0, "EFAULT")), "equal");
  // Of nothing, wherever it is, munmap says so; shmdt is about what is attached where it points to.
  assertEquals(
    last(FIRST, call("munmap", [TOP + 0x2000, 0], { result: -1, error: "EINVAL" })),
    "equal",
  );
  const detach = (at: number) => call("shmdt", [at], { result: -1, error: "EINVAL" });
  const at = BELOW - 0x80_0000;
  const attach = call("shmat", [9, at, 0], { result: at, file: { ...LIBRARY, kind: "shmem" } });
  assertEquals(last(FIRST, attach, detach(BELOW)), "equal");
  assertEquals(last(FIRST, attach, detach(at)), little);
  assertEquals(last(FIRST, attach, detach(TOP + 0x2000)), little);
});

Deno.test("answers: a call succeeds where all is mapped, whatever that is, and fails at a hole", () => {
  const protect = (at: number, length: number, protection = 1) =>
    call("mprotect", [at, length, protection]);
  assertEquals(last(FIRST, protect(BELOW, 0x2000)), "equal");
  assertEquals(last(FIRST, protect(BELOW, 0x2000, 7)), "equal");
  assertEquals(last(FIRST, protect(BELOW - 0x1000, 0x2000)), "ENOMEM");
  assertEquals(last(FIRST, protect(BELOW, 0)), "equal");
  assertEquals(last(FIRST, protect(BELOW + 0x10, 0x1000)), "EINVAL");
  // PROT_GROWSDOWN works on a stack only.
  assertEquals(last(FIRST, protect(BELOW, 0x2000, 0x0100_0001)), "EINVAL");
  assertEquals(last(FIRST, protect(TOP, 0x1000)), NOT_SHOWN);
  assertEquals(last(FIRST, protect(TOP - 0x1000, 0x2000)), NOT_SHOWN);
  assertEquals(last(FIRST, protect(-0x1000, 0x1000)), NOT_SHOWN);
  assertEquals(last(FIRST, protect(2 ** 52, 0x1000)), "its range ends beyond all addresses");
  // A file that was opened for reading is not written to in shared memory.
  const file: OpenFile = { ...LIBRARY, access: "read" };
  const shared = mmap(0x1000, BELOW - 0x1000, { flags: MAP_SHARED, file });
  assertEquals(last(FIRST, shared, protect(BELOW - 0x1000, 0x1000, 3)), "EACCES");
  assertEquals(last(FIRST, shared, protect(BELOW - 0x1000, 0x1000, 1)), "equal");
  // Sealed memory keeps its protection.
  const seal = call("mseal", [BELOW, 0x1000, 0]);
  assertEquals(last(FIRST, seal, protect(BELOW, 0x1000, 3)), "EPERM");
  // Flags that exclude each other are refused on any memory; an address that is no page's, whatever the length.
  assertEquals(last(FIRST, call("msync", [BELOW, 0x1000, MS_ASYNC | MS_SYNC])), "EINVAL");
  const low = mmap(0x1_1000, 0x1_0000, { flags: ANON | MAP_FIXED, hint: 0x1_0000 });
  assertEquals(last(FIRST, low, protect(0x1_0800, 0x1_0000)), "EINVAL");
  // Page zero is free unless something was mapped there; so may the last page of all be.
  assertEquals(last(FIRST, protect(0, 0x1000)), "ENOMEM");
  const end = mmap(0x1000, 2 ** 52 - 0x1000, { flags: ANON | MAP_FIXED, hint: 2 ** 52 - 0x1000 });
  assertEquals(last(FIRST, end, protect(2 ** 52 - 0x1000, 0x1000)), "equal");
  // Where nothing is left, and where what follows was only seen, the range itself is known.
  const unmapped = call("munmap", [BELOW, 0x2000]);
  assertEquals(last(FIRST, unmapped, protect(BELOW, 0x2000)), "ENOMEM");
  assertEquals(last(FIRST, unmapped, protect(TOP, 0x1000), protect(BELOW, 0x2000)), "ENOMEM");
  // What is only seen by such a call stays unknown.
  assertEquals(last(FIRST, protect(TOP, 0x1000), protect(TOP, 0x1000)), NOT_SHOWN);
});

Deno.test("answers: a range that was unknown and is unmapped has ends that nobody knows", () => {
  const unmap = (at: number) => call("munmap", [at, 0x1000]);
  assertEquals(last(FIRST, unmap(BELOW), mmap(0x1000, BELOW)), "equal");
  assertEquals(last(FIRST, unmap(TOP + 0x8000), mmap(0x1000, BELOW - 0x1000)), NEARBY);
  assertEquals(
    last(FIRST, call("io_setup", [8, 0], { result: 0 }), mmap(0x1000, BELOW - 0x1000)),
    "equal",
  );
});
