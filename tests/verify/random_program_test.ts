/** Random programs: their processes, what results go to, and where memory is mapped. */
import { assert, assertEquals } from "@std/assert";
import { PROT_GROWSDOWN } from "../../src/abi/mman.ts";
import type { Argument } from "../../src/verify/executable.ts";
import { FUZZ_FILE_BYTES } from "../../src/verify/fuzz.ts";
import {
  allProcesses,
  ANONYMOUS,
  ARENA,
  assertShare,
  type Call,
  CLONE_VM_VFORK,
  FIXED,
  GROWSDOWN,
  HUGE,
  HUGETLB,
  isIn,
  manyProcesses,
  named,
  NOREPLACE,
  number,
  PAGE,
  program,
  programs,
  STACKS,
  test,
  values,
} from "./random_program.ts";

test("without a step it only opens its files and ends; a step is a call more at least", () => {
  const [none, one] = [0, 1].map((steps) => program(1, steps).calls);
  assertEquals(none!.map(({ name }) => name), [
    ...["close_range", "openat", "openat", "openat", "openat", "memfd_create", "openat", "dup"],
    ...["ftruncate", "userfaultfd", "ioctl", "prlimit64", "exit_group"],
  ]);
  assertEquals(none![0]!.args, [3, 0xffff_ffff, 0]);
  assertEquals(none![5]!.args[1], 0);
  assertEquals(none!.slice(6, 9).map(({ args }) => args[0]), [-100, 3, 7]);
  assertEquals(none!.at(-1)!.args, [0]);
  assert(one!.length > none!.length);
});

test("a child ends by itself, is waited for, and makes children three deep", () => {
  assertEquals(new Set(manyProcesses().map(({ depth }) => depth)), new Set([0, 1, 2, 3]));
  for (const { calls } of programs) {
    for (const call of calls.filter(({ name }) => name === "clone")) {
      assertEquals(call.args.slice(1), [0, 0, 0, 0]);
      const next = call.process.calls[call.process.calls.indexOf(call) + 1]!;
      assertEquals([next.name, next.args], ["wait4", [-1, 0, 0, 0]]);
    }
  }
  for (const { calls } of allProcesses) {
    assertEquals([calls.at(-1)!.name, calls.at(-1)!.args], ["exit_group", [0]]);
    assertEquals(calls.filter(({ name }) => name === "exit_group").length, 1);
  }
  const children = allProcesses.filter(({ depth }) => depth > 0);
  assertEquals(new Set(children.map(({ flags }) => flags)), new Set([0, CLONE_VM_VFORK]));
  const shares = children.filter(({ flags }) => flags !== 0).length;
  assertShare(shares, children.length, 0.1, 0.4, "children that share their parent's memory");
});

test("what a call returns goes to a later one of the same process, as its first argument", () => {
  const fed = new Map<string, Call[]>();
  for (const { calls } of programs) {
    for (const call of calls) {
      if (call.target === undefined) continue;
      if (!("entry" in call.target)) throw new Error("Nothing is written to memory");
      const to = calls[call.target.entry]!;
      assertEquals([call.target.argument, to.process === call.process], [0, true]);
      assert(to.at > call.at);
      const pair = `${call.name} ▸ ${to.name}`;
      fed.set(pair, [...fed.get(pair) ?? [], to]);
      if (["munmap", "mprotect"].includes(to.name)) assertPlaced(call, to);
      if (to.name === "brk") assertEquals(call.args, [0]);
    }
  }
  assertEquals([...fed.keys()].sort(), [
    ...["brk ▸ brk", "mmap ▸ mprotect", "mmap ▸ munmap", "mremap ▸ mprotect", "mremap ▸ munmap"],
    ...["shmget ▸ shmat", "shmget ▸ shmctl"],
  ]);
  const unmaps = [...fed.get("mmap ▸ munmap")!, ...fed.get("mremap ▸ munmap")!];
  assertEquals(values(unmaps, 0), new Set([0, PAGE]));
});

/** What was placed by the kernel is unmapped as a whole or without its first page, or its first page is protected. */
function assertPlaced(from: Call, to: Call): void {
  const length = from.name === "mmap" ? number(from.args[1]) : number(from.args[2]);
  if (from.name === "mmap") assertEquals(number(from.args[0]), 0);
  else assertEquals(number(from.args[3]) & 3, 1); // MREMAP_MAYMOVE, not MREMAP_FIXED
  if (to.name === "mprotect") assertEquals(to.args.slice(0, 2), [0, PAGE]);
  else {
    const part = number(to.args[0]);
    assert(part === 0 || part === PAGE);
    assertEquals(to.args[1], length - part);
  }
}

test("what the kernel placed is unmapped and protected, beside what lies in the arena", () => {
  for (const [name, least, most] of [["munmap", 0.05, 0.4], ["mprotect", 0.02, 0.25]] as const) {
    const calls = named(name);
    const ofPlaced = calls.filter(({ args }) => number(args[0]) === 0 || number(args[0]) === PAGE)
      .filter(({ args }) => number(args[1]) % PAGE === 0);
    assertShare(ofPlaced.length, calls.length, least, most, name);
  }
  const unmaps = named("munmap").filter(({ args }) => number(args[1]) > 0);
  const [whole, part] = [0, PAGE].map((first) => unmaps.filter(({ args }) => args[0] === first));
  assertShare(
    part!.length,
    whole!.length + part!.length,
    0.15,
    0.6,
    "unmapped from the second page",
  );
});

test("most mappings are at a fixed place in the arena; some ask, some leave it to the kernel", () => {
  const mmaps = named("mmap");
  const inArena = mmaps.filter(({ args }) => isIn(number(args[0]), ARENA, 32));
  const flags = (call: Call) => number(call.args[3]);
  assertShare(inArena.length, mmaps.length, 0.4, 0.8, "mappings in the arena");
  const fixed = inArena.filter((call) => (flags(call) & FIXED) !== 0);
  const careful = inArena.filter((call) => (flags(call) & NOREPLACE) !== 0);
  const hints = inArena.filter((call) => (flags(call) & (FIXED | NOREPLACE)) === 0);
  assertShare(fixed.length, inArena.length, 0.55, 0.85, "fixed");
  assertShare(careful.length, inArena.length, 0.1, 0.3, "fixed where nothing is");
  assertShare(hints.length, inArena.length, 0.05, 0.2, "hints");
  assert(hints.some((call) => (flags(call) & 0xf) === 2)); // private ones too
  const kinds = new Set(mmaps.map((call) => flags(call) & 0xf));
  assertEquals(kinds, new Set([0, 1, 2, 3, 5, 8]));
});

test("the kernel places small mappings and those of up to three huge pages and a little", () => {
  const placed = named("mmap").filter(({ args }) =>
    args[0] === 0 && (number(args[3]) & (FIXED | NOREPLACE)) === 0
  );
  assert(placed.length > 200);
  const lengths = placed.map(({ args }) => number(args[1]));
  const huge = lengths.filter((length) => length >= HUGE && length < 4 * HUGE);
  assertShare(huge.length, placed.length, 0.2, 0.5, "huge");
  const expected = [1, 2, 3].flatMap((n) => [0, 1, 2].map((pages) => n * HUGE + pages * PAGE));
  assertEquals(new Set(huge), new Set(expected));
  const small = lengths.filter((length) => length > 0 && length <= 8 * PAGE && length % PAGE === 0);
  assertShare(small.length, placed.length, 0.4, 0.8, "small");
});

test("anonymous memory has no descriptor; files are every one that may be mapped, and one that is none", () => {
  const mmaps = named("mmap").filter(({ args }) => !isIn(number(args[0]), STACKS, 1536));
  const anonymous = mmaps.filter(({ args }) => (number(args[3]) & ANONYMOUS) !== 0);
  assertShare(anonymous.length, mmaps.length, 0.6, 0.85, "anonymous");
  assertEquals([values(anonymous, 4), values(anonymous, 5)], [new Set([-1]), new Set([0])]);
  const files = mmaps.filter(({ args }) => (number(args[3]) & ANONYMOUS) === 0);
  assertEquals(values(files, 4), new Set([3, 4, 5, 6, 7, 9, 99]));
  const of = (descriptor: number) => files.filter(({ args }) => args[4] === descriptor).length;
  assertShare(of(99), files.length, 0.005, 0.1, "no file");
  assert(of(3) > 2 * of(4)); // the file that was opened first is mapped most
  const huge = files.filter(({ args }) => (number(args[3]) & HUGETLB) !== 0);
  assertShare(huge.length, files.length, 0.003, 0.1, "huge pages of a file");
  assertEquals(anonymous.some(({ args }) => (number(args[3]) & HUGETLB) !== 0), false);
});

test("offsets are pages of the file, mostly such that neighbours continue each other", () => {
  const files = named("mmap").filter(({ args }) => (number(args[3]) & ANONYMOUS) === 0);
  const most = FUZZ_FILE_BYTES / 8;
  const follows = files.filter(({ args }) => args[5] === Math.abs(number(args[0])) % most);
  assertShare(follows.length, files.length, 0.55, 0.85, "offsets as far as the address");
  const others = new Set(
    files.filter((call) => !follows.includes(call)).map(({ args }) => number(args[5]) / PAGE),
  );
  assertEquals([...others].sort((a, b) => a - b), Array.from({ length: 32 }, (_, i) => i));
});

test("memory that grows down, or a neighbour for it, is mapped, protected and written below", () => {
  let protectedOnes = 0, written = 0, stacks = 0;
  for (const { calls } of allProcesses) {
    calls.forEach(({ name, args }, i) => {
      if (name !== "mmap" || !isIn(number(args[0]), STACKS, 1536)) return;
      stacks++;
      assertEquals(args.slice(4), [-1, 0]);
      const start = number(args[0]);
      let at = i + 1;
      const next = calls[at];
      if (next?.name === "mprotect" && isIn(number(next.args[0]), STACKS - PAGE * 64, 1536 + 128)) {
        protectedOnes++;
        const distance = (number(next.args[0]) - start) / PAGE;
        assert(distance >= 0 && distance < 8 && next.args[1] === PAGE);
        assert((number(next.args[2]) & PROT_GROWSDOWN) !== 0);
        at++;
      }
      for (let touches = 0; touches < 3 && calls[at]?.name === "read"; touches++, at++) {
        const below = (start - number(calls[at]!.args[1])) / PAGE;
        if (!Number.isInteger(below)) break; // another step
        if (!isIn(number(calls[at]!.args[1]), start - 63 * PAGE, 64)) break;
        written++;
      }
    });
  }
  assertShare(protectedOnes, stacks, 0.1, 0.4, "protected");
  assertShare(written, stacks, 0.8, 3, "writes below");
  const flags = new Set(
    named("mmap").filter(({ args }) => isIn(number(args[0]), STACKS, 1536)).map(({ args }) =>
      args[3]
    ),
  );
  const base = 2 | ANONYMOUS;
  assertEquals(
    flags,
    new Set([FIXED, NOREPLACE].flatMap((place) => [base | place, base | place | GROWSDOWN])),
  );
  const growing = named("mmap").filter(({ args }) =>
    isIn(number(args[0]), STACKS, 1536) && (number(args[3]) & GROWSDOWN) !== 0
  );
  assertShare(growing.length, stacks, 0.6, 0.9, "that grow down");
  const isRights = (each: Argument | undefined) => number(each) !== PROT_GROWSDOWN;
  const changed = named("mprotect").filter(({ args }) =>
    isIn(number(args[0]), STACKS, 1540) && isRights(args[2])
  );
  assert(changed.length > protectedOnes / 2);
});
