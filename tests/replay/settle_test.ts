/**
 * What a trace settles itself: which rule, were it otherwise, would agree, and which of several leads furthest.
 *
 * @module
 */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { MADV, MAP_ANONYMOUS, MAP_PRIVATE, MAP_STACK } from "../../src/abi/mman.ts";
import { MmInvariantError } from "../../src/mm/error.ts";
import { describeAssumption } from "../../src/replay/assumptions.ts";
import { formatDivergence } from "../../src/replay/divergence.ts";
import { replaySettled } from "../../src/replay/settle.ts";
import type { ReplayOptions } from "../../src/replay/replay.ts";
import type { HeaderRecord, MapLine, TraceRecord } from "../../src/trace/format.ts";
import { present } from "../present.ts";
import { NEEDED, withLostCount } from "./faulty_model.ts";
import { call, FIXED, mapped, memory, PID, RW, start, TOP } from "./records.ts";

const MIB = 2 ** 20;
/** Memory of so many MiB at the top of the gap, or at the highest huge page that is certain to be in it. */
const PLAIN = (mib: number) => TOP - mib * MIB;
const ALIGNED = (mib: number) => Math.ceil((TOP - (mib + 2) * MIB) / (2 * MIB)) * 2 * MIB;

/** Maps so many MiB without a hint; the kernel placed them at `at`. */
function big(mib: number, at: number, vmFlags = "rd wr mr mw me ac"): TraceRecord[] {
  const args = [0, mib * MIB, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0];
  return call("mmap", args, { result: at, added: [memory(at, mib * 256, { vmFlags })] });
}

/** Unmaps them again. */
function gone(mib: number, at: number): TraceRecord[] {
  return call("munmap", [at, mib * MIB], { removed: [at] });
}

/** A mapping that the caller calls a stack, as kernels before 6.7 showed it. */
const STACK = call("mmap", [0x10000, 4096, RW, FIXED | MAP_STACK, -1, 0], {
  result: 0x10000,
  added: [memory(0x10000)],
});
/** mseal of a kernel that does not have it. */
const NO_SEAL = call("mseal", [0x10000, 4096, 0], { result: -38, error: "ENOSYS" });
/** A call that no rule explains. */
const WRONG = call("munmap", [0x10000, 4096], { result: -12, error: "ENOMEM" });

async function settled(
  header: Partial<HeaderRecord>,
  records: readonly TraceRecord[],
  options: ReplayOptions = {},
) {
  const { assumed, wouldAgree, matched, steps, divergence } = await replaySettled(
    () => [...start(header), ...records],
    options,
  );
  return {
    assumed: assumed.map(short),
    wouldAgree: wouldAgree.map(short),
    ...{ matched, steps, divergence },
  };
}

function short(each: Parameters<typeof describeAssumption>[0]): string {
  if (each.kind === "rule") return `${each.name} ${each.value}`;
  if (each.kind === "huge pages") return `huge pages ${each.value}`;
  return `zero page at ${each.address.toString(16)} of ${each.pid} before ${each.step}`;
}

Deno.test("replaySettled: a trace that agrees assumes nothing", async () => {
  const { assumed, wouldAgree, matched, steps, divergence } = await settled(
    {},
    mapped(memory(0x10000)),
  );
  assertEquals([assumed, wouldAgree, matched, steps, divergence], [[], [], 2, 2, undefined]);
});

Deno.test("replaySettled: one rule that is otherwise is found, the trace agrees to its end", async () => {
  const { assumed, wouldAgree, matched, steps, divergence } = await settled({}, STACK);
  assertEquals(assumed, ["mapStackNoHugePages false"]);
  assertEquals([wouldAgree, matched, steps, divergence], [[], 2, 2, undefined]);
});

Deno.test("replaySettled: several rules are found one after the other", async () => {
  const { assumed, matched } = await settled({}, [...STACK, ...NO_SEAL]);
  assertEquals([assumed, matched], [["mapStackNoHugePages false", "seal false"], 3]);
});

Deno.test("replaySettled: what does not lead to the end is not assumed: the first divergence stands", async () => {
  const { assumed, wouldAgree, divergence, matched, steps } = await settled(
    {},
    [...STACK, ...WRONG, ...NO_SEAL],
  );
  assertEquals([assumed, wouldAgree], [[], ["mapStackNoHugePages false"]]);
  assertEquals([matched, steps], [1, 4]);
  const { step, what, wouldAgree: words } = present(divergence);
  assertEquals([step, what.startsWith("VmFlags differ")], [2, true]);
  assertEquals(words, [
    "mapStackNoHugePages is false (before 6.7): the kernel sets VM_NOHUGEPAGE for MAP_STACK",
  ]);
  assertStringIncludes(formatDivergence(present(divergence)), `it would agree if ${words?.[0]}`);
});

Deno.test("replaySettled: where no rule explains a step, none is named", async () => {
  const { assumed, wouldAgree, divergence } = await settled({}, WRONG);
  assertEquals([assumed, wouldAgree, divergence?.step], [[], [], 2]);
});

Deno.test("replaySettled: rules that the recorder found, or the caller names, are not assumed otherwise", async () => {
  for (
    const [header, options] of [
      [{ rules: { mapStackNoHugePages: true } }, {}],
      [{}, { assume: { rules: { seal: true } } }],
    ] as const
  ) {
    const { assumed, wouldAgree, divergence } = await settled(header, STACK, options);
    assertEquals([assumed, wouldAgree], [[], ["mapStackNoHugePages false"]]);
    assertEquals(divergence?.step, 2);
  }
});

Deno.test("replaySettled: a rule that the recorder did not find, or did not know of, is settled beside those that it found", async () => {
  const found = await settled({ rules: { seal: true, adviseGuard: true } }, STACK);
  assertEquals([found.assumed, found.matched], [["mapStackNoHugePages false"], 2]);
  const contradicted = await settled({ rules: { seal: true } }, [...STACK, ...NO_SEAL]);
  assertEquals([contradicted.assumed, contradicted.divergence?.step], [[], 2]);
});

Deno.test("replaySettled: what the caller assumes beside rules holds in every attempt", async () => {
  // Without the caller's fault the line that the last call shows would not be written.
  const written = memory(0x20000, 1, { written: true });
  const records = [...mapped(memory(0x20000)), ...STACK, ...protect(written)];
  const hiddenFaults = [{ step: 4, pid: PID, address: 0x20000 }];
  const { assumed } = await settled({ hugePages: "never" }, records, { assume: { hiddenFaults } });
  assertEquals(assumed, ["mapStackNoHugePages false"]);
  assertEquals((await settled({ hugePages: "never" }, records)).assumed, []);
});

Deno.test("replaySettled: of several rules the one that leads furthest is assumed", async () => {
  // By "large" 3 MiB begin on a huge page. If they do not, nothing ever does (never), or only multiples of 2 MiB do.
  const plain = [...big(3, PLAIN(3)), ...gone(3, PLAIN(3))];
  const header = { placement: "6.7" } as const;
  const never = await settled(header, [...plain, ...big(4, PLAIN(4))]);
  assertEquals(never.assumed, ["alignAnonymous never"]);
  const multiples = await settled(header, [...plain, ...big(4, ALIGNED(4))]);
  assertEquals(multiples.assumed, ["alignAnonymous multiples"]);
  const neither = await settled(header, [...plain, ...big(4, PLAIN(4) - 4096)]);
  assertEquals([neither.assumed, neither.wouldAgree], [
    [],
    ["alignAnonymous never", "alignAnonymous multiples"],
  ]);
  // Where both lead to the end, the older of the two is as good as the other.
  assertEquals((await settled(header, plain)).assumed, ["alignAnonymous never"]);
});

/** A call that changes nothing, after which the kernel shows `line`. */
function protect(line: MapLine): TraceRecord[] {
  const { start, end } = line;
  return call("mprotect", [start, end - start, RW], { removed: [start], added: [line] });
}

/** The same for memory with an anon_vma, though nothing was written to it. */
function read(at: number, pages: number): TraceRecord[] {
  return protect(memory(at, pages, { written: true }));
}

/** Where huge pages begin. */
const HUGE = 0x4000_0000;

Deno.test("replaySettled: memory that was read may show the huge zero page, and have an anon_vma for it", async () => {
  const records = [
    ...mapped(memory(HUGE, 1024)),
    ...mapped(memory(0x10000)),
    ...read(HUGE, 1024),
  ];
  const { assumed, matched, steps } = await settled({ hugePages: "always" }, records);
  assertEquals(assumed, ["zero page at 40000000 of 7 before 4"]);
  assertEquals([matched, steps], [4, 4]);
});

Deno.test("replaySettled: where the machine uses huge pages is found out, unless the header says it", async () => {
  const populate = call("madvise", [HUGE, 1024 * 4096, MADV.POPULATE_READ]);
  const records = [...mapped(memory(HUGE, 1024)), ...populate, ...read(HUGE, 1024)];
  assertEquals((await settled({}, records)).assumed, ["huge pages always"]);
  for (const hugePages of ["madvise", "never"] as const) {
    const { assumed, wouldAgree } = await settled({ hugePages }, records);
    assertEquals([assumed, wouldAgree], [[], []], hugePages);
  }
});

Deno.test("replaySettled: only a VMA with room for a huge page can show the zero page", async () => {
  for (
    const [at, pages, agrees] of [
      [HUGE, 511, false],
      [HUGE, 512, true],
      [HUGE + 4096, 512, false],
      [HUGE + 4096, 1023, true],
    ] as const
  ) {
    const records = [...mapped(memory(at, pages)), ...read(at, pages)];
    const { assumed } = await settled({ hugePages: "always" }, records);
    assertEquals(assumed.length, agrees ? 1 : 0, `${pages} pages`);
  }
});

Deno.test("replaySettled: of many VMAs the lowest 32 are tried for the zero page", async () => {
  const at = (i: number) => HUGE + i * 4 * MIB;
  const many = (count: number) => [
    ...Array.from({ length: count }, (_, i) => mapped(memory(at(i), 512))).flat(),
    ...read(at(count - 1), 512),
  ];
  assertEquals((await settled({ hugePages: "always" }, many(32))).assumed.length, 1);
  assertEquals((await settled({ hugePages: "always" }, many(33))).assumed, []);
  // One that was written to has its anon_vma: it is none of the 32.
  const [first = [], ...others] = [mapped(memory(at(0), 512)), many(33).slice(2)];
  const touched: TraceRecord = { type: "fault", pid: PID, address: at(0) };
  const records = [...first, touched, ...others.flat()];
  assertEquals((await settled({ hugePages: "always" }, records)).assumed.length, 1);
});

Deno.test("replaySettled: what was written to already, and another process's memory, is not tried", async () => {
  // Two VMAs, one of them written to: the kernel shows both written once they are protected.
  const written: TraceRecord = { type: "fault", pid: PID, address: HUGE };
  const fork: TraceRecord = { type: "fork", pid: PID, child: 8, sharesMemory: false };
  const records = [
    ...[...mapped(memory(HUGE, 512)), written, fork],
    ...[...mapped(memory(HUGE + 4 * MIB, 512)), ...read(HUGE + 4 * MIB, 512)],
  ];
  const { assumed } = await settled({ hugePages: "always" }, records);
  assertEquals(assumed, ["zero page at 40400000 of 7 before 6"]);
});

Deno.test("replaySettled: memory that the step itself maps was not read before it", async () => {
  const line = memory(HUGE, 512, { written: true });
  const { wouldAgree, divergence } = await settled({ hugePages: "always" }, mapped(line));
  assertEquals([wouldAgree, divergence?.what], [[], "only the kernel has an anon_vma"]);
});

Deno.test("replaySettled: a trace without layouts is not settled: there is nothing to go by", async () => {
  const { assumed, wouldAgree, divergence } = await settled({ fidelity: "approximate" }, STACK);
  assertEquals([assumed, wouldAgree, divergence], [[], [], undefined]);
});

Deno.test("replaySettled: a text's trace is not settled: its kernel is not known", async () => {
  // A fixed place is what was asked for, whatever the kernel.
  const records = call("mmap", [0x10000, 4096, RW, FIXED, -1, 0], { result: 0x20000 });
  const { assumed, wouldAgree, divergence } = await settled({ fidelity: "imported" }, records);
  assertEquals([assumed, wouldAgree, divergence?.step], [[], [], 2]);
});

Deno.test("describeAssumption: each kind in words", () => {
  const pid = 7, step = 12;
  const words = [
    describeAssumption({ kind: "rule", name: "seal", value: false }),
    describeAssumption({ kind: "huge pages", value: "always" }),
    describeAssumption({ kind: "huge zero page", step, pid, address: 0x40000000 }),
  ];
  assertEquals(words, [
    "seal is false (before 6.10): the kernel has mseal",
    "transparent huge pages are in use: always",
    "before step 12 process 7 read memory at 0x40000000 that showed the huge zero page",
  ]);
});

Deno.test("replaySettled: the model is validated if that is asked for", async () => {
  const records = [...start(), ...mapped(memory(NEEDED)), ...call("munlockall", [])];
  await withLostCount(async () => {
    assertEquals((await replaySettled(() => records)).matched, 3);
    const validated = () => replaySettled(() => records, { validate: "full" });
    await assertRejects(validated, MmInvariantError);
  });
});
