/**
 * What the model answers to a call of a text, call by call: what must be known for an answer, and why there is none
 * where it is not.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  MADV,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_PRIVATE,
  MAP_SHARED,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
} from "../../src/abi/mman.ts";
import { Answers } from "../../src/replay/imported/answers.ts";
import { StepReader } from "../../src/replay/step.ts";
import { System } from "../../src/replay/system.ts";
import type { ExecRecord, OpenFile, PlacementPolicy, TraceRecord } from "../../src/trace/format.ts";
import { call, FILE, memory, PID, program, start } from "./records.ts";

const ANON = MAP_PRIVATE | MAP_ANONYMOUS;
const LIBRARY: OpenFile = { ...FILE, name: "lib.so", size: 0x80_0000, access: "read-write" };
const MIB = 2 ** 20;
/** The end of the first mapping of a program, no whole number of huge pages. */
const TOP = 0x7fff_f7fc_2000;

/** What the model says of each call: `equal`, what it would answer, or why it cannot know. */
function answers(
  records: readonly TraceRecord[],
  exec: Partial<ExecRecord> = { unknown: "new" },
  placement?: PlacementPolicy,
): string[] {
  const system = new System(), reader = new StepReader();
  const asked = new Answers(system, placement);
  const said: string[] = [];
  const all = [...start({ fidelity: "imported" }, exec.layout, { brk: 0, ...exec }), ...records];
  for (const record of all) {
    asked.take(record);
    const step = reader.read(record);
    if (step === undefined) continue;
    const answer = asked.before(step);
    system.apply(step);
    asked.after(step);
    if (answer === undefined) continue;
    said.push(
      answer.kind === "equal" ? "equal" : answer.kind === "different" ? answer.model : answer.why,
    );
  }
  const { counts } = asked;
  assertEquals(counts.asked, said.length);
  assertEquals(counts.asked, counts.equal + counts.different + counts.cannotKnow);
  return said;
}

/** The answer to the last call. */
function last(...calls: TraceRecord[][]): string {
  return answers(calls.flat()).at(-1) ?? "nothing";
}

interface More {
  readonly flags?: number;
  readonly hint?: number;
  readonly file?: OpenFile;
  readonly offset?: number;
  readonly pid?: number;
  readonly error?: string;
}

function mmap(length: number, result: number, more: More = {}): TraceRecord[] {
  const { flags = ANON, hint = 0, file, offset = 0, pid = PID, error } = more;
  const leave = error === undefined ? { result } : { result: -1, error };
  const args = [hint, length, 1, flags, file === undefined ? -1 : 3, offset];
  return call("mmap", args, leave, { pid, ...(file !== undefined && { file }) });
}

const hex = (value: number) => `0x${value.toString(16)}`;

/** Two mappings of a page, of which the first says that all below it is free. */
const FIRST = [...mmap(0x1000, TOP - 0x1000), ...mmap(0x1000, TOP - 0x2000)];
const BELOW = TOP - 0x2000;
const NOT_SHOWN = "what is mapped there is not shown";
const GONE = "what was mapped there was unmapped by a call that is not shown";
const NEARBY = "what else is mapped there is not shown";

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

/** Where so many MiB go below the two pages, and where they begin on a huge page. */
const plain = (mib: number) => BELOW - mib * MIB;
const aligned = (mib: number) => Math.ceil((BELOW - (mib + 2) * MIB) / (2 * MIB)) * 2 * MIB;
const DIFFER = "kernels differ in how they align mappings this large";

Deno.test("answers mmap: how large mappings are aligned is learned from the first one", () => {
  const big = (at: number, more?: More) => mmap(4 * MIB, at, more);
  const unmap = (at: number) => call("munmap", [at, 4 * MIB]);
  assertEquals(last(FIRST, big(plain(4))), DIFFER);
  assertEquals(last(FIRST, big(aligned(4))), DIFFER);
  // Plain: only a kernel that never aligns does so, and goes on to.
  assertEquals(last(FIRST, big(plain(4)), unmap(plain(4)), big(plain(4))), "equal");
  assertEquals(last(FIRST, big(plain(4)), unmap(plain(4)), big(aligned(4))), hex(plain(4)));
  // Where the kernel is known, so is the first.
  const with5 = answers([...FIRST, ...big(plain(4))], { unknown: "new" }, "5.19");
  assertEquals(with5.at(-1), "equal");
  const with6 = answers([...FIRST, ...big(plain(4))], { unknown: "new" }, "6.7");
  assertEquals(with6.at(-1), hex(aligned(4)));
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

function mremap(
  [address, old, length, flags, target = 0]: readonly number[],
  result: number,
  error?: string,
): TraceRecord[] {
  const args = [address!, old!, length!, flags!, target];
  return call("mremap", args, error === undefined ? { result } : { result: -1, error });
}

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

Deno.test("answers brk: what was asked for, unless something is in the way or it is below the heap", () => {
  const brk = (asked: number, result = asked) => call("brk", [asked], { result });
  const begin = brk(0, 0x500800);
  assertEquals(last(begin), "where the heap ends is not shown before this call");
  assertEquals(last(begin, brk(0x500800)), "equal");
  assertEquals(last(begin, brk(0x500900)), "equal");
  assertEquals(last(begin, brk(0x504000)), "equal");
  assertEquals(last(begin, brk(0x5007ff, 0x500800)), "equal");
  assertEquals(last(begin, brk(0x504000, 0x505000)), "0x504000");
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
