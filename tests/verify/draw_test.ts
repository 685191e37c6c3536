/**
 * What random programs are made of: each draw stays within its place, reaches both ends of it, and gives every value
 * that it can give.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import * as mman from "../../src/abi/mman.ts";
import { Random } from "../../src/random.ts";
import { Draw } from "../../src/verify/draw.ts";

const PAGE = 4096;

/** So many values of a draw. */
function drawn<T>(draw: (from: Draw) => T, count = 20_000): T[] {
  const from = new Draw(new Random(7));
  return Array.from({ length: count }, () => draw(from));
}

/** The least and the most, in pages from the least of several places. */
function span(values: readonly number[]): [pages: number, distinct: number] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  assert(values.every((value) => value % PAGE === 0));
  return [(most - least) / PAGE + 1, new Set(values).size];
}

Deno.test("Draw: places have so many pages, all of which are drawn, and none in common", () => {
  const [arena, guards] = [drawn((draw) => draw.page()), drawn((draw) => draw.guardPage())];
  const stacks = drawn((draw) => draw.stackPage());
  assertEquals([span(arena), span(guards), span(stacks)], [[32, 32], [16, 16], [1536, 1536]]);
  const all = [arena, stacks, guards].map((pages) => [Math.min(...pages), Math.max(...pages)]);
  assert(all[0]![1]! < all[1]![0]! && all[1]![1]! < all[2]![0]!);
  const GIB = 2 ** 30; // from 64 GiB on: after any small static program, before what the kernel places
  assertEquals(all.map(([least]) => least), [64 * GIB, 65 * GIB, 66 * GIB]);
});

Deno.test("Draw: lengths are one to eight pages", () => {
  const lengths = new Set(drawn((draw) => draw.length()));
  assertEquals([...lengths].sort((a, b) => a - b), [1, 2, 3, 4, 5, 6, 7, 8].map((n) => n * PAGE));
});

Deno.test("Draw: most ranges are whole pages of the arena; an address or a length is strange now and then", () => {
  const ranges = drawn((draw) => draw.range());
  const places = new Set(drawn((draw) => draw.page()));
  const isPlain = (length: number) => length > 0 && length <= 8 * PAGE && length % PAGE === 0;
  const odd = ranges.filter(([address, length]) => !places.has(address) || !isPlain(length));
  assert(odd.length > ranges.length / 100 && odd.length < ranges.length / 10, `${odd.length}`);
  assert(odd.some(([address]) => !places.has(address)));
  assert(odd.some(([, length]) => !isPlain(length)));
  assert(odd.some(([address, length]) => !places.has(address) && !isPlain(length)));
  const lengths = new Set(odd.map(([, length]) => length).filter((length) => !isPlain(length)));
  assertEquals(lengths, new Set([0, 1, PAGE - 1, PAGE + 1, -1, -PAGE, 2 ** 47, 2 ** 52]));
});

Deno.test("Draw: a strange address is unaligned in the arena, or at an end of what is the user's", () => {
  const addresses = drawn((draw) => draw.strangeAddress());
  const least = Math.min(...drawn((draw) => draw.page()));
  const unaligned = addresses.filter((each) => each >= least && each < least + 32 * PAGE);
  assert(unaligned.length > addresses.length / 3 && unaligned.length < addresses.length * 2 / 3);
  assert(unaligned.every((each) => each % PAGE !== 0));
  const within = unaligned.map((each) => each % PAGE);
  assert(Math.min(...within) < 20 && Math.max(...within) > PAGE - 20);
  const ends = new Set(addresses.filter((each) => each < least || each >= least + 32 * PAGE));
  assertEquals(ends, new Set([0, 1, PAGE, 0x7fff_ffff_e000, 0x7fff_ffff_f000, -PAGE, -1]));
});

Deno.test("Draw: protections, kinds and flags are all that there are, and combinations", () => {
  const { PROT_READ, PROT_WRITE, PROT_EXEC, PROT_GROWSDOWN, PROT_GROWSUP } = mman;
  const RW = PROT_READ | PROT_WRITE;
  const plain = [
    RW,
    PROT_READ,
    0,
    PROT_READ | PROT_EXEC,
    RW | PROT_EXEC,
    PROT_WRITE,
    8 | RW,
    16 | RW,
  ];
  assertEquals(new Set(drawn((draw) => draw.protection())), new Set(plain));
  const grows = PROT_GROWSDOWN | PROT_GROWSUP;
  const changed = drawn((draw) => draw.changedProtection());
  assertEquals(new Set(changed.map((each) => each & ~grows)), new Set(plain));
  assertEquals(
    new Set(changed.map((each) => each & grows)),
    new Set([0, PROT_GROWSDOWN, PROT_GROWSUP, grows]),
  );
  const share = (values: readonly number[], value: number) =>
    values.filter((each) => each === value).length / values.length;
  // Most changes neither grow up nor down: what has no right at all is as frequent as in a new mapping.
  const none = share(drawn((draw) => draw.protection()), 0);
  assert(none > 0.1 && Math.abs(share(changed, 0) - none) < 0.03);
  const { MAP_PRIVATE, MAP_SHARED, MAP_SHARED_VALIDATE, MAP_DROPPABLE } = mman;
  const kinds = [MAP_PRIVATE, MAP_SHARED, MAP_SHARED_VALIDATE, MAP_DROPPABLE, 0, 5];
  assertEquals(new Set(drawn((draw) => draw.kind())), new Set(kinds));
  const flags = drawn((draw) => draw.mapFlags());
  const without = share(flags, 0);
  assert(without > 0.7 && without < 0.9, `${without}`);
  assert(share(flags.filter((each) => each !== 0), mman.MAP_STACK) > 0.1); // mostly there is one flag
  const ones = [
    mman.MAP_NORESERVE,
    mman.MAP_POPULATE,
    mman.MAP_LOCKED,
    mman.MAP_STACK,
    mman.MAP_SYNC,
  ];
  for (const one of [...ones, mman.MAP_GROWSDOWN, mman.MAP_32BIT]) assert(flags.includes(one));
  assert(flags.includes(mman.MAP_NORESERVE | mman.MAP_STACK));
  assert(flags.includes(mman.MAP_POPULATE | mman.MAP_NONBLOCK));
  const { MAP_DENYWRITE, MAP_EXECUTABLE, MAP_UNINITIALIZED } = mman;
  assert(flags.includes(MAP_DENYWRITE | MAP_EXECUTABLE | MAP_UNINITIALIZED));
});

Deno.test("Draw: mremap's flags in every combination, an unknown one, and every advice but poison", () => {
  const { MREMAP_MAYMOVE: may, MREMAP_FIXED: fixed, MREMAP_DONTUNMAP: keep, MADV } = mman;
  const flags = new Set(drawn((draw) => draw.remapFlags()));
  assertEquals(
    flags,
    new Set([0, may, may | fixed, may | keep, may | fixed | keep, fixed, keep, 8]),
  );
  const drawnAdvice = drawn((draw) => draw.advice());
  const advice = new Set(drawnAdvice);
  const left: readonly number[] = [
    MADV.HWPOISON,
    MADV.SOFT_OFFLINE,
    MADV.GUARD_INSTALL,
    MADV.GUARD_REMOVE,
  ];
  for (const each of Object.values(MADV)) {
    assertEquals(advice.has(each), !left.includes(each), `${each}`);
  }
  for (const unknown of [5, 7, 99]) assert(advice.has(unknown));
  const { NORMAL, RANDOM, SEQUENTIAL, DONTFORK, DOFORK, DONTDUMP, DODUMP } = MADV;
  const { WIPEONFORK, KEEPONFORK } = MADV;
  const lasting: readonly number[] = [
    NORMAL,
    RANDOM,
    SEQUENTIAL,
    DONTFORK,
    DOFORK,
    DONTDUMP,
    DODUMP,
    WIPEONFORK,
    KEEPONFORK,
  ];
  const kept = drawnAdvice.filter((each) => lasting.includes(each));
  assert(kept.length > drawnAdvice.length * 0.6, "most advice is such as VMAs keep");
});
