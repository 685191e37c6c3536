/** Random programs: the arguments of each call, and that what is done for a while is taken back. */
import { assert, assertEquals } from "@std/assert";
import { MADV, READ_IMPLIES_EXEC } from "../../src/abi/mman.ts";
import { Text } from "../../src/verify/executable.ts";
import {
  allCalls,
  allProcesses,
  ARENA,
  assertShare,
  type Call,
  FIXED,
  GUARDS,
  isIn,
  manyProcesses,
  named,
  number,
  PAGE,
  programs,
  STACKS,
  test,
  values,
} from "./random_program.ts";

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

/** The 64-bit words of a structure. */
function wordsOf(argument: Call["args"][number] | undefined): number[] {
  if (!(argument instanceof Text)) throw new Error("It is no structure");
  const { buffer, byteOffset, byteLength } = argument.bytes;
  return [...new BigInt64Array(buffer, byteOffset, byteLength / 8)].map(Number);
}

test("a userfaultfd, for faults in user mode, serves whoever has the memory of its maker", () => {
  const API = 0xc018_aa3f, REGISTER = 0xc020_aa00, UNREGISTER = 0x8010_aa01, PROTECT = 0xc018_aa06;
  const calls = named("ioctl");
  assertEquals(values(calls, 0), new Set([10]));
  assertEquals(values(calls, 1), new Set([API, REGISTER, UNREGISTER, PROTECT]));
  assertEquals(values(named("userfaultfd"), 0), new Set([1]));
  const by = (request: number) => calls.filter(({ args }) => args[1] === request);
  for (const { args } of by(API)) assertEquals(wordsOf(args[2]), [0xaa, 0, 0]);
  const modes = by(REGISTER).map(({ args }) => wordsOf(args[2]));
  // Only writes to protected pages are watched, as nobody serves a fault.
  assertEquals(new Set(modes.map((words) => words[2])), new Set([0, 2]));
  assertEquals(new Set(modes.map((words) => [words.length, words[3]].join())), new Set(["4,0"]));
  assertShare(modes.filter((words) => words[2] === 0).length, modes.length, 0.005, 0.15, "no mode");
  assertEquals(new Set(by(UNREGISTER).map(({ args }) => wordsOf(args[2]).length)), new Set([2]));
  assertShare(by(UNREGISTER).length, by(REGISTER).length, 0.25, 0.9, "unregistered");
  for (const { process, at } of calls) {
    assert(process.depth === 0 || process.flags !== 0, `call ${at}`);
  }
});

test("pages are protected for a moment only, and a userfaultfd that is closed is followed by another", () => {
  const modes = new Set<number>();
  for (const { calls, depth } of manyProcesses()) {
    calls.forEach(({ name, args }, i) => {
      if (name === "ioctl" && args[1] === 0xc018_aa06) modes.add(wordsOf(args[2])[2]!);
      if (name === "close") {
        assertEquals([args, depth], [[10], 0]);
        assertEquals([calls[i + 1]!.name, calls[i + 2]!.name], ["userfaultfd", "ioctl"]);
      }
      if (name !== "ioctl" || args[1] !== 0xc018_aa06 || wordsOf(args[2])[2] !== 1) return;
      const { args: next } = calls[i + 1]!;
      assertEquals(next[1], 0xc018_aa06);
      assertEquals(wordsOf(next[2]), wordsOf(args[2]).with(2, 0));
    });
  }
  assertEquals(modes, new Set([0, 1]));
  assert(named("close").length > 5);
  const places = named("ioctl").filter(({ args }) => isIn(wordsOf(args[2])[0]!, ARENA, 32));
  assertShare(places.length, named("ioctl").length, 0.8, 1, "in the arena");
});
