/**
 * What the model answers to a text's mappings: what must be known of the gaps for an answer, and why there is none
 * where it is not.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  MADV,
  MAP_32BIT,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_HUGETLB,
  MAP_PRIVATE,
  MAP_SHARED,
} from "../../../src/abi/mman.ts";
import type { OpenFile, TraceRecord } from "../../../src/trace/format.ts";
import { call, memory, PID, program } from "../records.ts";
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
  NEARBY,
  NOT_SHOWN,
  plain,
  TOP,
} from "./asking.ts";

Deno.test("answers: the first place of a program cannot be known, the next ones lie below it", () => {
  assertEquals(answers(FIRST), [NEARBY, "equal"]);
  assertEquals(last(FIRST, mmap(0x1000, BELOW - 0x1000)), "equal");
  assertEquals(last(FIRST, mmap(0x1000, BELOW - 0x5000)), hex(BELOW - 0x1000));
  // Of one that ran before the text began nothing is known.
  assertEquals(answers(FIRST, { unknown: "running" }), [NEARBY, NEARBY]);
  assertEquals(answers(FIRST, {}), [NEARBY, NEARBY]);
});

Deno.test("answers: of a program whose layout is known, the first place is", () => {
  const layout = [memory(TOP - 0x1000), memory(0x7fff_fffd_0000, 1, { name: "[stack]" })];
  const records = mmap(0x1000, TOP - 0x2000);
  assertEquals(answers(records, { layout }), [NEARBY]);
  const twice = [...records, ...mmap(0x1000, TOP - 0x3000)];
  assertEquals(answers(twice, { layout }), [NEARBY, "equal"]);
  assertEquals(answers(twice, { layout, unknown: "running" }), [NEARBY, NEARBY]);
});

Deno.test("answers: calls that do not concern memory, and other steps, are not asked about", () => {
  const others: TraceRecord[] = [
    ...call("futex", [1, 2, 3]),
    ...call("munlock", [TOP - 0x1000, 0x1000]),
    { type: "fault", pid: PID, address: TOP - 0x1000 },
    { type: "fork", pid: PID, child: 8, sharesMemory: true },
  ];
  assertEquals(answers([...FIRST, ...others]).length, 2);
});

const THREAD: TraceRecord = { type: "fork", pid: PID, child: 8, sharesMemory: true };
const CHILD: TraceRecord = { type: "fork", pid: PID, child: 8, sharesMemory: false };
const OVERLAPPED = "another thread's call on the same memory overlaps it";

/** The records of two calls, the second inside the first. */
function nested([enter, leave]: TraceRecord[], inner: TraceRecord[]): TraceRecord[] {
  return [enter!, ...inner, leave!];
}

Deno.test("answers: where another thread's call overlaps, a place cannot be known", () => {
  const outer = mmap(0x1000, BELOW - 0x2000), inner = mmap(0x1000, BELOW - 0x1000, { pid: 8 });
  assertEquals(answers([...FIRST, THREAD, ...nested(outer, inner)]).slice(2), [
    OVERLAPPED,
    OVERLAPPED,
  ]);
  // One after the other they are known, and so are those after a pair that overlapped.
  assertEquals(answers([...FIRST, THREAD, ...inner, ...outer]).slice(2), ["equal", "equal"]);
  const next = mmap(0x1000, BELOW - 0x3000);
  assertEquals(answers([...FIRST, THREAD, ...nested(outer, inner), ...next]).at(-1), "equal");
  // Another process's calls, and calls that map nothing, do not matter.
  assertEquals(
    answers([...FIRST, CHILD, ...nested(mmap(0x1000, BELOW - 0x1000), inner)]).slice(2),
    ["equal", "equal"],
  );
  const advice = call("madvise", [TOP - 0x1000, 0x1000, MADV.NORMAL], {}, { pid: 8 });
  assertEquals(
    answers([...FIRST, THREAD, ...nested(mmap(0x1000, BELOW - 0x1000), advice)]).slice(2),
    ["equal", "equal"],
  );
  // What does not place can be answered all the same.
  const unmap = call("munmap", [TOP - 0x1000, 0x1000], {}, { pid: 8 });
  assertEquals(
    answers([...FIRST, THREAD, ...nested(mmap(0x1000, BELOW - 0x1000), unmap)]).slice(2),
    ["equal", OVERLAPPED],
  );
});

Deno.test("answers: after a gap in the text nothing of what was known holds", () => {
  const [enter, leave] = mmap(0x1000, BELOW - 0x1000);
  const gap = { ...enter!, afterGap: true } as TraceRecord;
  assertEquals(answers([...FIRST, gap, leave!]).at(-1), NEARBY);
  assertEquals(answers([...FIRST, enter!, leave!]).at(-1), "equal");
});

Deno.test("answers: a child knows what its parent knew, its heap too; a thread has no memory of its own", () => {
  const child = mmap(0x1000, BELOW - 0x1000, { pid: 8 }), own = mmap(0x1000, BELOW - 0x1000);
  assertEquals(answers([...FIRST, CHILD, ...child, ...own]).slice(2), ["equal", "equal"]);
  assertEquals(answers([...FIRST, THREAD, ...child, ...own]).slice(2), [
    "equal",
    GONE,
  ]);
  const heap = [
    ...call("brk", [0], { result: 0x500000 }),
    CHILD,
    ...call("brk", [0x1000], { result: 0x500000 }, { pid: 8 }),
  ];
  assertEquals(answers(heap), ["where the heap ends is not shown before this call", "equal"]);
  assertEquals(answers(heap, { unknown: "running" }).at(-1), "where the heap begins is not shown");
  // The exec of a child makes it a new program.
  const exec = { ...program([], { brk: 0, unknown: "running" }), pid: 8 };
  assertEquals(answers([...FIRST, CHILD, exec, ...child]).at(-1), NEARBY);
});

Deno.test("answers: shmat goes where it was asked to, elsewhere the segment's length decides", () => {
  const attach = (address: number, result: number) =>
    call("shmat", [9, address, 0], { result, file: { ...LIBRARY, kind: "shmem" } });
  assertEquals(last(FIRST, attach(0x40_0000, 0x40_0000)), "equal");
  assertEquals(last(FIRST, attach(0x40_0000, 0x50_0000)), "0x400000");
  assertEquals(
    last(FIRST, attach(0, BELOW - 0x80_0000)),
    "how long the segment is decides about its place",
  );
  // It takes up its length, and a page if that is not shown.
  const at = BELOW - 0x80_0000;
  assertEquals(last(FIRST, attach(at, at), mmap(0x1000, at - 0x1000)), "equal");
  const bare = call("shmat", [9, BELOW - 0x1000, 0], { result: BELOW - 0x1000 });
  assertEquals(last(FIRST, bare, mmap(0x1000, BELOW - 0x2000)), "equal");
  assertEquals(last(FIRST, call("shmdt", [0x40_0000])), "equal");
});

Deno.test("answers: what a key protects is not modelled, without one it is mprotect", () => {
  const protect = (key: number) => call("pkey_mprotect", [TOP - 0x1000, 0x1000, 3, key]);
  assertEquals(last(FIRST, protect(1)), "keys are not modelled");
  assertEquals(last(FIRST, protect(0)), "equal");
  const advise = call("madvise", [TOP - 0x1000, 0x1000, MADV.WILLNEED, 1]);
  assertEquals(last(FIRST, advise), "equal");
});

Deno.test("answers mmap: of nothing, of a device, on a hint that is no whole page", () => {
  assertEquals(
    last(FIRST, mmap(0, BELOW)),
    "no kernel maps nothing: the text is damaged there",
  );
  // Nor does such a line tell that no gap lies above.
  const four = mmap(0x4000, TOP - 0x4000);
  assertEquals(last(four, mmap(0x4000, TOP - 0x8000)), "equal");
  assertEquals(last(four, mmap(0, TOP - 0x9000), mmap(0x1000, TOP - 0x5000)), NEARBY);
  const device: OpenFile = { ...LIBRARY, kind: "device" };
  assertEquals(
    last(FIRST, mmap(0x1000, BELOW - 0x1000, { flags: MAP_SHARED, file: device })),
    "a device may place its mappings itself",
  );
  const hint = BELOW - 0x8000;
  assertEquals(last(FIRST, mmap(0x1000, hint, { hint: hint + 0x800 })), "equal");
  assertEquals(
    last(FIRST, mmap(0x1000, TOP + 0x4000, { hint: TOP + 0x8000 })),
    "whether the place it hints at was free is not shown",
  );
  // Memory that is mapped in part of the place keeps it from being taken.
  assertEquals(last(FIRST, mmap(0x2000, BELOW - 0x2000, { hint: BELOW - 0x1000 })), "equal");
});

Deno.test("answers mmap: MAP_FIXED_NOREPLACE takes the address itself, where it is known to be free", () => {
  const at = BELOW - 0x8000, flags = ANON | MAP_FIXED_NOREPLACE;
  const exists = (hint: number) => mmap(0x2000, 0, { flags, hint, error: "EEXIST" });
  assertEquals(last(FIRST, mmap(0x1000, at, { flags, hint: at })), "equal");
  assertEquals(
    last(FIRST, mmap(0x2000, BELOW - 0x1000, { flags, hint: BELOW - 0x1000 })),
    "EEXIST",
  );
  assertEquals(
    last(FIRST, mmap(0x1000, TOP + 0x4000, { flags, hint: TOP + 0x4000 })),
    "what was mapped there before is not shown",
  );
  assertEquals(last(FIRST, exists(BELOW - 0x1000)), "equal");
  assertEquals(last(FIRST, exists(BELOW - 0x2000)), hex(BELOW - 0x2000));
  assertEquals(last(FIRST, exists(TOP + 0x4000)), NOT_SHOWN);
  // Without the flag no kernel says that something exists, and other errors have other reasons.
  const limits = "limits and files decide about it, which the text does not show";
  assertEquals(last(FIRST, mmap(0x1000, 0, { hint: at, error: "EEXIST" })), limits);
  assertEquals(last(FIRST, mmap(0x1000, 0, { flags, hint: at, error: "ENOMEM" })), limits);
});

Deno.test("answers mmap: how large mappings are aligned is learned from the first one", () => {
  const big = (at: number, more?: More) => mmap(4 * MIB, at, more);
  const unmap = (at: number) => call("munmap", [at, 4 * MIB]);
  assertEquals(last(FIRST, big(plain(4))), DIFFER);
  assertEquals(last(FIRST, big(aligned(4))), DIFFER);
  // Plain: only a kernel that never aligns does so, and goes on to.
  assertEquals(last(FIRST, big(plain(4)), unmap(plain(4)), big(plain(4))), "equal");
  assertEquals(last(FIRST, big(plain(4)), unmap(plain(4)), big(aligned(4))), hex(plain(4)));
  // Where the kernel is known, so is the first.
  assertEquals(lastBy("5.19", FIRST, big(plain(4))), "equal");
  assertEquals(lastBy("6.7", FIRST, big(plain(4))), hex(aligned(4)));
  // From 6.18 on a program that names a place, were it taken, gets none on a huge page.
  assertEquals(lastBy("6.18", FIRST, big(aligned(4))), "equal");
  assertEquals(lastBy("6.18", FIRST, big(plain(4), { hint: BELOW })), "equal");
  // Shared memory, and less than 2 MiB, are not aligned by any.
  assertEquals(last(FIRST, big(plain(4), { flags: MAP_SHARED | MAP_ANONYMOUS })), "equal");
  const less = 2 * MIB - 0x1000;
  assertEquals(last(FIRST, mmap(less, BELOW - less)), "equal");
  assertEquals(last(FIRST, mmap(2 * MIB, BELOW - 2 * MIB)), DIFFER);
  // A shared file is aligned as any file is.
  const file = { file: LIBRARY, flags: MAP_SHARED };
  assertEquals(last(FIRST, big(plain(4), file)), DIFFER);
});

Deno.test("answers mmap: files are aligned by their offset, by the filesystem's way", () => {
  const offset = 0x5000;
  const file = (name = "lib.so", id = 3): More => ({
    ...{ file: { ...LIBRARY, id, name }, flags: MAP_PRIVATE, offset },
  });
  const at = Math.ceil((BELOW - 6 * MIB - offset) / (2 * MIB)) * 2 * MIB + offset;
  const unmap = call("munmap", [at, 4 * MIB]);
  const first = mmap(4 * MIB, at, file());
  assertEquals(last(FIRST, first), DIFFER);
  assertEquals(last(FIRST, first, unmap, mmap(4 * MIB, at, file())), "equal");
  assertEquals(last(FIRST, first, unmap, mmap(4 * MIB, at, file("other.so", 4))), "equal");
  assertEquals(last(FIRST, first, unmap, mmap(4 * MIB, plain(4), file())), hex(at));
  // Anonymous memory has ways of its own.
  assertEquals(last(FIRST, first, unmap, mmap(4 * MIB, plain(4))), DIFFER);
});

Deno.test("answers: what is placed over what was mapped shows that a call is missing", () => {
  assertEquals(last(FIRST, mmap(0x1000, BELOW)), GONE);
  assertEquals(last(FIRST, mmap(0x1000, BELOW), mmap(0x1000, BELOW - 0x1000)), NEARBY);
});

Deno.test("answers: of the two places that a large mapping may have, what the kernel's way gives must be known", () => {
  // No gap of 5 MiB lies above the first mapping: for 4 MiB on a huge page 6 are looked for, else 4.
  const at = TOP - 5 * MIB;
  const to = Math.ceil((at - 6 * MIB) / (2 * MIB)) * 2 * MIB;
  const two = [...mmap(5 * MIB, at), ...mmap(4 * MIB, to)];
  assertEquals(lastBy("6.7", two), "equal");
  assertEquals([lastBy("5.19", two), last(two)], [NEARBY, NEARBY]);
  // Nor is a way learned from one of the two: it may be where the other leads, too.
  const under = to - 0x1000;
  assertEquals(last(two, mmap(0x1000, under), mmap(6 * MIB, under - 6 * MIB)), DIFFER);
});

Deno.test("answers: only what the kernel chose by its ordinary way tells of the gaps", () => {
  const shared = (mib: number, at: number) =>
    mmap(mib * MIB, at, { flags: MAP_SHARED | MAP_ANONYMOUS });
  /** Whether a page below the first mapping can be foretold. */
  const tells = (more: More, length = 0x1000) =>
    last(mmap(length, TOP - length, more), mmap(0x1000, TOP - length - 0x1000)) === "equal";
  assertEquals(tells({}), true);
  assertEquals(tells({ hint: 0x40_0000 }), true);
  assertEquals(tells({ flags: ANON | MAP_FIXED, hint: 0x40_0000 }), false);
  assertEquals(tells({ flags: ANON | MAP_FIXED_NOREPLACE, hint: 0x40_0000 }), false);
  assertEquals(tells({ flags: ANON | MAP_32BIT }), false);
  assertEquals(tells({ hint: TOP - 0x1000 }), false);
  // What begins on a huge page, by its offset in the file, may have been looked for with 2 MiB more.
  const on = 0x7fff_f7c0_0000;
  assertEquals(last(mmap(2 * MIB, on), shared(2, on - 2 * MIB)), NEARBY);
  assertEquals(last(mmap(2 * MIB, on), shared(4, on - 4 * MIB)), "equal");
  assertEquals(last(mmap(2 * MIB, on + 0x1000), shared(2, on + 0x1000 - 2 * MIB)), "equal");
  assertEquals(last(mmap(0x1000, on), mmap(0x1000, on - 0x1000)), "equal");
  const file = (offset: number) =>
    mmap(2 * MIB, on + 0x5000, { file: LIBRARY, flags: MAP_PRIVATE, offset });
  assertEquals(last(file(0x5000), shared(2, on + 0x5000 - 2 * MIB)), NEARBY);
  assertEquals(last(file(0x6000), shared(2, on + 0x5000 - 2 * MIB)), "equal");
  // The pool's huge pages have a way of their own.
  const pool = mmap(2 * MIB, on, { flags: ANON | MAP_HUGETLB });
  assertEquals(last(pool, shared(4, on - 4 * MIB)), NEARBY);
  assertEquals(last(FIRST, pool), "where the pool's huge pages go is not modelled");
});

Deno.test("answers: calls that failed, and those placed elsewhere, leave what is known of gaps as it was", () => {
  // Below a gap of one page the next place of two can be foretold only as nothing else is above.
  const hole = [...mmap(0x4000, BELOW - 0x4000), ...call("munmap", [BELOW, 0x1000])];
  const two = mmap(0x2000, BELOW - 0x6000);
  assertEquals(last(FIRST, hole, two), "equal");
  assertEquals(last(FIRST, hole, mmap(0x1000, 0, { error: "ENOMEM" }), two), "equal");
  const low = mmap(0x1000, 0x4000_0000, { flags: ANON | MAP_32BIT });
  assertEquals(last(FIRST, hole, low, two), "equal");
});
