/**
 * Random programs, read as what they are made of: which calls with which arguments, that what is done for a while is
 * taken back, and that a process uses nothing of another one.
 */
import { assert, assertEquals } from "@std/assert";
import { MADV, PROT_GROWSDOWN, READ_IMPLIES_EXEC } from "../../src/abi/mman.ts";
import { SYSTEM_CALLS } from "../../src/abi/syscalls.ts";
import { type Argument, type TableCall, Text } from "../../src/verify/executable.ts";
import { FUZZ_FILE_BYTES, fuzzTable } from "../../src/verify/fuzz.ts";

const PAGE = 4096, HUGE = 512 * PAGE, GIB = 2 ** 30;
const ARENA = 64 * GIB, STACKS = 65 * GIB, GUARDS = 66 * GIB;
const SIGCHLD = 17, CLONE_VM_VFORK = 0x4100;
const ANONYMOUS = 0x20, FIXED = 0x10, NOREPLACE = 0x100000, GROWSDOWN = 0x100, HUGETLB = 0x40000;

const NAMES = new Map(
  Object.entries(SYSTEM_CALLS).map(([name, { numbers }]) => [
    numbers.x86_64,
    name,
  ]),
);

/** A call of a table, by its name, with the process that makes it. */
interface Call {
  readonly name: string;
  readonly args: readonly Argument[];
  /** Its place in the table. */
  readonly at: number;
  readonly target: TableCall["target"];
  readonly process: Process;
}

/** A process of the program: the calls it makes itself. */
interface Process {
  readonly depth: number;
  /** Clone flags; 0 for the first one. */
  readonly flags: number;
  readonly calls: Call[];
}

/** A program: its processes, and all calls in the order of the table. */
function program(seed: number, steps: number): { processes: Process[]; calls: Call[] } {
  const table = fuzzTable({ machine: "x86_64", file: "data", seed, steps });
  const processes: Process[] = [], calls: Call[] = [];
  const walk = (from: number, to: number, depth: number, flags: number): void => {
    const process: Process = { depth, flags, calls: [] };
    processes.push(process);
    for (let at = from; at < to; at++) {
      const { number, args, target, skip = 0 } = table[at]!;
      const call = { name: NAMES.get(number) ?? `${number}`, args, at, target, process };
      process.calls.push(call);
      calls[at] = call;
      if (call.name !== "clone") {
        assertEquals(skip, 0, `${call.name} passes nothing over`);
        continue;
      }
      walk(at + 1, at + 1 + skip, depth + 1, Number(args[0]) - SIGCHLD);
      at += skip;
    }
  };
  walk(0, table.length, 0, 0);
  return { processes, calls };
}

/** The programs that a test looks at; each makes them anew, as a mutant is switched on for one test alone. */
let programs: readonly { processes: Process[]; calls: Call[] }[] = [];
let allCalls: readonly Call[] = [];
let allProcesses: readonly Process[] = [];

function test(name: string, run: () => void): void {
  Deno.test(`random program: ${name}`, () => {
    programs = [1, 2, 3, 4, 5, 6].map((seed) => program(seed, 3000));
    allCalls = programs.flatMap(({ calls }) => calls);
    allProcesses = programs.flatMap(({ processes }) => processes);
    run();
  });
}

function named(name: string): Call[] {
  return allCalls.filter((call) => call.name === name);
}

/** The values of an argument, each once. */
function values(calls: readonly Call[], argument: number): Set<Argument | undefined> {
  return new Set(calls.map(({ args }) => args[argument]));
}

function number(argument: Argument | undefined): number {
  if (typeof argument !== "number") throw new Error("It is no number");
  return argument;
}

/** That a share of things lies within bounds, with room for chance. */
function assertShare(part: number, whole: number, least: number, most: number, what: string): void {
  const share = part / whole;
  assert(share >= least && share <= most, `${what}: ${part} of ${whole}`);
}

function isIn(address: number, start: number, pages: number): boolean {
  return address >= start && address < start + pages * PAGE;
}

test("without a step it only opens its files and ends; a step is a call more at least", () => {
  const [none, one] = [0, 1].map((steps) => program(1, steps).calls);
  assertEquals(none!.map(({ name }) => name), [
    ...["close_range", "openat", "openat", "openat", "openat", "memfd_create", "openat", "dup"],
    ...["ftruncate", "prlimit64", "exit_group"],
  ]);
  assertEquals(none![0]!.args, [3, 0xffff_ffff, 0]);
  assertEquals(none![5]!.args[1], 0);
  assertEquals(none!.slice(6, 9).map(({ args }) => args[0]), [-100, 3, 7]);
  assertEquals(none!.at(-1)!.args, [0]);
  assert(one!.length > none!.length);
});

test("a child ends by itself, is waited for, and makes children three deep", () => {
  assertEquals(new Set(allProcesses.map(({ depth }) => depth)), new Set([0, 1, 2, 3]));
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

test("protection is changed with a key of its own now and then, which is none", () => {
  const [plain, keyed] = [named("mprotect"), named("pkey_mprotect")];
  assertShare(keyed.length, plain.length, 0.03, 0.2, "with a key");
  assertEquals(values(keyed, 3), new Set([-1]));
  const inArena = plain.filter(({ args }) => isIn(number(args[0]), ARENA, 33));
  assertShare(inArena.length, plain.length, 0.5, 0.95, "in the arena");
});

test("mremap mostly keeps lengths and goes to a page of the arena", () => {
  const calls = named("mremap");
  const share = (part: (args: readonly number[]) => boolean) =>
    calls.filter(({ args }) => part(args.map(number))).length;
  const changed = share(([, old, length]) => old !== 0 && old !== length);
  assertShare(changed, calls.length, 0.15, 0.45, "other lengths");
  assertShare(share(([, old]) => old === 0), calls.length, 0.015, 0.12, "nothing, which copies");
  const isStrange = (target = 0) => !isIn(target, ARENA, 32) || target % PAGE !== 0;
  assertShare(
    share(([, , , , target]) => isStrange(target)),
    calls.length,
    0.015,
    0.12,
    "strange targets",
  );
});

test("advice is given to one range, or to up to four of the caller's own by one call", () => {
  const [one, several] = [named("madvise"), named("process_madvise")];
  assertShare(several.length, one.length, 0.05, 0.3, "on several");
  assertEquals([values(several, 0), values(several, 2)], [
    new Set([-10000]),
    new Set([0, 1, 2, 3, 4]),
  ]);
  for (const { args } of several) {
    const [, vector, count] = args;
    if (!(vector instanceof Text)) throw new Error("There are no ranges");
    assertEquals(vector.bytes.length, 16 * number(count));
    const words = new BigUint64Array(vector.bytes.slice().buffer);
    assert(words.every((word, i) => i % 2 === 1 || word < 2n ** 64n));
  }
  const wrong = several.filter(({ args }) => args[4] === 1);
  assertEquals(values(several, 4), new Set([0, 1]));
  assertShare(wrong.length, several.length, 0.001, 0.15, "with a flag that there is none of");
});

test("policies are all that there are, with a mask where one is needed", () => {
  const [DEFAULT, PREFERRED, BIND, INTERLEAVE, LOCAL] = [0, 1, 2, 3, 4];
  const calls = named("mbind");
  const modes = [DEFAULT, PREFERRED, BIND, INTERLEAVE, LOCAL];
  assertEquals(values(calls, 2), new Set(modes));
  assertEquals(values(calls, 5), new Set([0]));
  for (const { args } of calls) {
    const [, , mode, mask, bits] = args;
    if (mask instanceof Text) {
      assertEquals([[...mask.bytes], bits], [[1, 0, 0, 0, 0, 0, 0, 0], 65]);
    } else assertEquals([mask, bits], [0, 0]);
    if (mode === BIND || mode === INTERLEAVE) assert(mask instanceof Text);
  }
  const others = calls.filter(({ args }) => args[2] !== BIND && args[2] !== INTERLEAVE);
  const named_ = others.filter(({ args }) => args[3] instanceof Text);
  assertShare(named_.length, others.length, 0.1, 0.4, "with a mask that is not needed");
});

/**
 * Limits as they are lowered and taken back, in the order of the table; what is called meanwhile goes to `visit`.
 *
 * @returns to how many pages each was lowered, and by which calls
 */
function limits(visit: (call: Call, lowered: ReadonlySet<number>) => void) {
  const drawn = new Map<number, number[]>(), by = new Set<string>();
  for (const { calls } of programs) {
    const lowered = new Set<number>();
    for (const call of calls) {
      const isNew = call.name === "setrlimit", isEither = call.name === "prlimit64";
      if (!isNew && !isEither) {
        visit(call, lowered);
        continue;
      }
      const resource = number(call.args[isNew ? 0 : 1]), bytes = call.args[isNew ? 1 : 2];
      if (isEither) assertEquals([call.args[0], call.args[3]], [0, 0]);
      if (!(bytes instanceof Text)) throw new Error("There is no limit");
      const [soft = 0n, hard] = new BigUint64Array(bytes.bytes.slice().buffer);
      assertEquals(hard, 2n ** 64n - 1n);
      const usual = resource === STACK ? 0x80_0000n : 2n ** 64n - 1n;
      if (soft === usual) lowered.delete(resource);
      else {
        assertEquals(lowered.has(resource), false, "it is lowered already");
        lowered.add(resource);
        const [least, most] = resource === AS ? [60, 125] : [8, 75];
        drawn.set(resource, [...drawn.get(resource) ?? [], Number(soft) / PAGE]);
        assert(Number(soft) >= least * PAGE && Number(soft) <= most * PAGE, `${soft}`);
        by.add(call.name);
      }
    }
    assertEquals(lowered, new Set(), "a limit was not taken back");
  }
  return { drawn, by };
}

const DATA = 2, STACK = 3, AS = 9;

test("limits are lowered by both calls, used, and taken back", () => {
  let meanwhile = 0;
  const { drawn, by } = limits((_, lowered) => meanwhile += lowered.size);
  assert(meanwhile > 100);
  assertEquals([new Set(drawn.keys()), by], [
    ...[new Set([DATA, STACK, AS]), new Set(["setrlimit", "prlimit64"])],
  ]);
  const spread = [...drawn.values()].map((pages) => Math.max(...pages) - Math.min(...pages));
  assert(spread.every((pages) => pages > 20 && pages < 70), `${spread}`);
});

test("what a limit refuses without telling which is not asked for under one", () => {
  limits(({ name, args }, lowered) => {
    if (["shmget", "shmat", "io_setup"].includes(name)) {
      assertEquals(lowered.size, 0, `${name} under a limit`);
    }
    if (name === "brk" && args[0] === 0) assertEquals(lowered.has(DATA), false);
  });
});

test("rings for asynchronous input and output are made more often than ended", () => {
  const [made, ended] = [named("io_setup"), named("io_destroy")];
  assertEquals([values(made, 0), values(ended, 0)], [new Set([1]), new Set([0])]);
  assert(made.every(({ args }) => args[1] instanceof Text && args[1].bytes.length === 8));
  assertShare(ended.length, made.length, 0.1, 0.8, "ended");
});

test("READ_IMPLIES_EXEC holds for a few mappings, and ends", () => {
  let mapped = 0;
  for (const { calls } of allProcesses) {
    calls.forEach(({ name, args }, i) => {
      if (name !== "personality" || args[0] === 0) return;
      assertEquals(args, [READ_IMPLIES_EXEC]);
      const end = calls.findIndex((call, at) => at > i && call.name === "personality");
      assertEquals(calls[end]?.args, [0]);
      const between = calls.slice(i + 1, end);
      assertEquals(between.filter((call) => call.name !== "mmap"), []);
      assert(between.length < 5);
      mapped += between.length;
    });
  }
  const all = named("personality");
  assertEquals(all.filter(({ args }) => args[0] === 0).length * 2, all.length);
  assertShare(mapped, all.length / 2, 0.8, 3, "mappings meanwhile");
});

test("all is locked in each way, with a few mappings, and unlocked again", () => {
  const flags = [1, 2, 3, 0, 8].flatMap((each) => [each, each | 4]);
  assertEquals(values(named("mlockall"), 0), new Set(flags));
  const onFault = named("mlockall").filter(({ args }) => (number(args[0]) & 4) !== 0);
  assertShare(onFault.length, named("mlockall").length, 0.15, 0.55, "on fault");
  let mapped = 0;
  for (const { calls } of allProcesses) {
    calls.forEach(({ name }, i) => {
      if (name !== "mlockall") return;
      const end = calls.findIndex((call, at) => at > i && call.name === "munlockall");
      const between = calls.slice(i + 1, end);
      assertEquals(between.filter((call) => call.name !== "mmap"), []);
      mapped += between.length;
    });
  }
  assertShare(mapped, named("mlockall").length, 0.8, 3, "mappings meanwhile");
  assertEquals(values(named("mlock2"), 2), new Set([0, 1, 2]));
});

test("the heap's end moves by six pages down to nine up, and a part of one", () => {
  const distances = named("brk").map(({ args }) => number(args[0])).filter((each) => each !== 0);
  const parts = new Set(distances.map((each) => ((each % PAGE) + PAGE) % PAGE));
  assertEquals(parts, new Set([0, 1, 2048]));
  const pages = distances.map((each) => Math.floor(each / PAGE));
  assertEquals([Math.min(...pages), Math.max(...pages)], [-6, 9]);
  const whole = distances.filter((each) => each % PAGE === 0);
  assertShare(whole.length, distances.length, 0.35, 0.65, "whole pages");
});

test("pages are written to by reading one byte of /dev/zero, or read as a path", () => {
  const reads = named("read"), paths = named("faccessat");
  assertEquals([values(reads, 0), values(reads, 2)], [new Set([8]), new Set([1])]);
  assertEquals([values(paths, 0), values(paths, 2)], [new Set([-100]), new Set([0])]);
  const where = (calls: readonly Call[], argument: number) => {
    const addresses = calls.map(({ args }) => number(args[argument]));
    const inArena = addresses.filter((each) => isIn(each, ARENA, 32)).length;
    const inStacks = addresses.filter((each) => isIn(each, STACKS - 64 * PAGE, 1600)).length;
    const inGuards = addresses.filter((each) => isIn(each, GUARDS, 16)).length;
    assertEquals(inArena + inStacks + inGuards, addresses.length);
    return [inArena / addresses.length, inStacks / addresses.length];
  };
  const [written = 0, below = 0] = where(reads, 1), [read = 0, high = 0] = where(paths, 1);
  assert(written > 0.5 && written < 0.95 && below > 0.05, `${written} ${below}`);
  assert(read > 0.7 && high > 0.03 && high < 0.4, `${read} ${high}`);
  assertShare(paths.length, reads.length, 0.05, 0.3, "paths");
  const within = reads.map(({ args }) => number(args[1]) % PAGE);
  assert(Math.max(...within) > PAGE - 50 && new Set(within).size > 1000);
});

test("calls that look, and what mincore writes to, which mostly is there", () => {
  const [syncs, looks] = [named("msync"), named("mincore")];
  assertShare(syncs.length, syncs.length + looks.length, 0.3, 0.7, "msync");
  assertEquals(values(syncs, 2), new Set([0, 1, 2, 3, 4, 5, 6, 7]));
  const wrong = looks.filter(({ args }) => args[2] === -PAGE);
  assertShare(wrong.length, looks.length, 0.02, 0.3, "nowhere");
  assert(looks.every(({ args }) => args[2] === -PAGE || args[2] instanceof Text));
  const rearranged = named("remap_file_pages");
  assertEquals([values(rearranged, 2), values(rearranged, 4)], [new Set([0, 1]), new Set([0])]);
  const protecting = rearranged.filter(({ args }) => args[2] === 1);
  assertShare(
    protecting.length,
    rearranged.length,
    0.005,
    0.2,
    "with a protection, which none may have",
  );
});

test("memory gets each of three names, or none", () => {
  const calls = named("prctl");
  assertEquals([values(calls, 0), values(calls, 1)], [new Set([0x53564d41]), new Set([0])]);
  const names = new Set(
    calls.map(({ args }) =>
      args[4] instanceof Text ? new TextDecoder().decode(args[4].bytes) : args[4]
    ),
  );
  assertEquals(names, new Set(["one\0", "another\0", "[bracketed]\0", 0]));
});

test("a segment is made, attached, removed by its key, and mostly detached", () => {
  let detached = 0;
  const attached = named("shmat");
  for (const { calls } of allProcesses) {
    calls.forEach(({ name, args }, i) => {
      if (name !== "shmat") return;
      const [made, again, removed] = [calls[i - 1]!, calls[i + 1]!, calls[i + 2]!];
      assertEquals([made.name, again.name, removed.name], ["shmget", "shmget", "shmctl"]);
      assertEquals(made.args, again.args);
      assertEquals([made.args[0], made.args[2]], [0x6d61706c, 0o1600]);
      assertEquals([args[0], removed.args], [0, [0, 0, 0]]);
      const rest = calls.slice(i + 3);
      if (rest.some((call) => call.name === "shmdt" && call.args[0] === args[1])) detached++;
    });
  }
  assertShare(detached, attached.length, 0.55, 0.95, "detached");
  assertEquals(values(attached, 2), new Set([0, 0o10000, 0o20000, 0o40000, 0o50000]));
  const odd = attached.filter(({ args }) =>
    !isIn(number(args[1]), ARENA, 32) || number(args[1]) % PAGE !== 0
  );
  assertShare(odd.length, attached.length, 0.1, 0.5, "at a strange address");
  const others = allProcesses.flatMap(({ calls }) =>
    calls.flatMap(({ name }, i) => name === "shmctl" && calls[i + 1]!.name !== "shmdt" ? [i] : [])
  );
  assertShare(others.length, attached.length, 0.4, 0.95, "used before it is detached");
});

test("only a child that shares no memory seals, as what is sealed is so for good", () => {
  const calls = named("mseal");
  assert(calls.length > 20);
  for (const { process } of calls) {
    assert(process.depth > 0);
  }
  const outside = programs.flatMap(({ processes }) =>
    processes.filter(({ depth, flags }) => depth === 1 && flags !== 0)
  );
  assertEquals(outside.flatMap((each) => each.calls).filter(({ name }) => name === "mseal"), []);
  assertEquals(values(calls, 2), new Set([0, 1]));
  const wrong = calls.filter(({ args }) => args[2] === 1);
  assertShare(wrong.length, calls.length, 0.002, 0.2, "with a flag that there is none of");
});

test("guard pages have a place of their own, where everything is done to them", () => {
  const there = allCalls.filter(({ name, args }) =>
    typeof args[name === "read" ? 1 : 0] === "number" &&
    isIn(number(args[name === "read" ? 1 : 0]), GUARDS, 16)
  );
  const counts = Map.groupBy(there, ({ name }) => name);
  assertEquals([...counts.keys()].sort(), ["madvise", "mmap", "mprotect", "munmap", "read"]);
  const advice = values(counts.get("madvise")!, 2);
  assertEquals(advice, new Set([MADV.GUARD_INSTALL, MADV.GUARD_REMOVE, 0, 1, 2]));
  const elsewhere = named("madvise").filter((call) => !there.includes(call));
  assert(elsewhere.every(({ args }) => ![102, 103].includes(number(args[2]))));
  assert(counts.get("mmap")!.every(({ args }) => (number(args[3]) & FIXED) !== 0));
});
