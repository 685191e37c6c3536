/**
 * What a replay comes to as a whole: which steps count, which matched, when it stops, and what is compared at the end.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { MADV } from "../../src/abi/mman.ts";
import { VM_WRITE } from "../../src/mm/vm_flags.ts";
import { Replay, replay } from "../../src/replay/replay.ts";
import { ReplayError } from "../../src/replay/replay_error.ts";
import type { HeaderRecord, MapLine, TraceRecord } from "../../src/trace/format.ts";
import { present } from "../present.ts";
import { aligned, BELOW, FIRST, MIB, mmap } from "./imported/asking.ts";
import { call, mapped, memory, PID, start } from "./records.ts";

const END: TraceRecord = { type: "end", reason: "finished" };
const exit = (pid: number, status = 0): TraceRecord => ({ type: "exit", pid, status });

/** A call to which the model answers otherwise: nothing is mapped there. */
const WRONG = call("mprotect", [0x70000, 0x1000, 1]);

Deno.test("replay: every step counts, with the VMAs of its process or of the child that a fork made", async () => {
  const kept = memory(0x20000), left = memory(0x10000);
  const records = [
    ...[...start({}, [kept]), ...mapped(left)],
    ...call("madvise", [0x10000, 0x1000, MADV.DONTFORK], {
      removed: [0x10000],
      added: [{ ...left, vmFlags: "rd wr mr mw me ac dc" }],
    }),
    { type: "fork", pid: PID, child: 8, sharesMemory: false, layout: [kept] } as const,
    ...[exit(8, 9), exit(PID, 3), END],
  ];
  const { header: _, ...report } = await replay(records);
  assertEquals(report, {
    ...{ steps: 6, matched: 6, mapCount: { min: 1, median: 1, max: 2 }, approximate: false },
    ...{ status: 3, interrupted: false, unmodelled: [], otherFlags: [] },
  });
});

Deno.test("replay: at the first divergence it stops to compare, unless it is to keep going", async () => {
  const records = [...start(), ...WRONG, ...mapped(memory(0x10000)), END];
  const of = async (keepGoing: boolean) => {
    const told: number[] = [];
    const { steps, matched, divergence } = await replay(records, {
      keepGoing,
      onStep: (step) => told.push(step),
    });
    return [steps, matched, divergence?.step, told];
  };
  assertEquals(await of(false), [3, 1, 2, [1, 2]]);
  assertEquals(await of(true), [3, 2, 2, [1, 2, 3]]);
});

Deno.test("replay: a result that differs where the layouts agree is shown from their beginning", async () => {
  const layout = Array.from({ length: 9 }, (_, i) => memory(0x10000 + i * 0x2000));
  const { divergence } = await replay([...start({}, layout), ...WRONG]);
  assertEquals(divergence?.rows.map(({ differs }) => differs), [false, false, false, false]);
});

Deno.test("replay: a fault that the model cannot have is a divergence, a call that it does not know is none", async () => {
  const fault: TraceRecord = { type: "fault", pid: PID, address: 0x70000 };
  const { divergence } = await replay([...start(), fault]);
  assertEquals(divergence?.what.startsWith("the model failed: "), true);
  const unknown = call("no_such_call", [], { result: -1, error: "EINVAL" });
  const report = await replay([...start(), ...unknown, ...mapped(memory(0x10000))]);
  assertEquals([report.matched, report.unmodelled.map(({ steps }) => steps)], [3, [1]]);
});

Deno.test("replay: a trace that contradicts itself, has other pages, no header, or nothing at all", async () => {
  const none = call("munmap", [0x30000, 0x1000], { removed: [0x30000] });
  const { divergence } = await replay([...start(), ...none]);
  assertEquals(divergence?.what, "the trace removes a VMA at 0x30000, where none begins");
  const refused = (...records: TraceRecord[]) => assertRejects(() => replay(records), ReplayError);
  await refused();
  await refused(...start().slice(1));
  await refused(...start({ pageSize: 16384 }));
  const { interrupted } = await replay(start());
  assertEquals(interrupted, false);
});

/** So many VMAs that a step is compared only near what it names. */
const MANY: readonly MapLine[] = Array.from(
  { length: 200 },
  (_, i) => memory(0x100000 + i * 0x2000),
);

/** Maps two pages, and has the model forget in between that the first may be written; what ends it comes then. */
function forgetting(header: Partial<HeaderRecord>, end: TraceRecord): (string | undefined)[] {
  const replay = new Replay();
  const take = (records: readonly TraceRecord[]) => {
    for (const record of records) replay.take(record);
    return replay.divergence?.what;
  };
  take([...start(header, MANY), ...mapped(memory(0x10000))]);
  const vma = present(replay.space(PID)?.descriptor.tree.findVma(0x10000));
  vma.flags &= ~VM_WRITE;
  return [take(mapped(memory(0x20000))), take([end])];
}

Deno.test("replay: what no step named is compared when its process or the trace ends", () => {
  const found = "the permissions differ (in one of the last 2 steps)";
  assertEquals(forgetting({}, END), [undefined, found]);
  assertEquals(forgetting({}, exit(PID)), [undefined, found]);
  // Where no layouts are recorded there is nothing to compare.
  assertEquals(forgetting({ fidelity: "approximate" }, END), [undefined, undefined]);
});

Deno.test("replay: of a text, calls are answered before they are followed", async () => {
  const text = async (header: Partial<HeaderRecord>, ...records: TraceRecord[]) => {
    const exec = { brk: 0, unknown: "new" } as const;
    const all = [...start({ fidelity: "imported", ...header }, [], exec), ...FIRST, ...records];
    const { matched, answers, approximate, mapCount, divergence, unmodelled } = await replay(all);
    return { matched, answers, approximate, mapCount, what: divergence?.what, unmodelled };
  };
  const counts = (asked: number, equal: number, different = 0) => ({
    ...{ asked, equal, different, cannotKnow: asked - equal - different },
  });
  const next = mmap(0x1000, BELOW - 0x1000);
  assertEquals(await text({}, ...next, END), {
    ...{ matched: 2, answers: counts(3, 2), approximate: true, unmodelled: [], what: undefined },
    mapCount: { min: 0, median: 1, max: 1 },
  });
  const elsewhere = await text({}, ...mmap(0x1000, BELOW - 0x5000));
  const what = `the text says 0x${(BELOW - 0x5000).toString(16)}, the model 0x${
    (BELOW - 0x1000).toString(16)
  }`;
  assertEquals([elsewhere.matched, elsewhere.answers, elsewhere.what], [1, counts(3, 1, 1), what]);
  const failed = await text(
    {},
    ...call("munmap", [BELOW, 0x1000], { result: -1, error: "EFAULT" }),
  );
  assertEquals([failed.matched, failed.what], [1, undefined]);
  // What the kernel's way of placing is, counts where the text says which kernel it was.
  const large = mmap(4 * MIB, aligned(4));
  const placement = "6.7";
  assertEquals((await text({ kernel: "6.8.0", placement }, ...large)).answers, counts(3, 2));
  assertEquals((await text({ kernel: "", placement }, ...large)).answers, counts(3, 1));
  // A gap in the text, and a call that is followed though its segment is not known.
  const gap = { ...present(next[0]), afterGap: true } as TraceRecord;
  assertEquals((await text({}, gap, ...next.slice(1))).answers, counts(3, 1));
  const attach = call("shmat", [9, 0x40_0000, 0], { result: 0x40_0000 });
  const attached = await text({}, ...attach, ...call("no_such_call", []));
  assertEquals(attached.unmodelled.map(({ call }) => call), ["no_such_call"]);
});
