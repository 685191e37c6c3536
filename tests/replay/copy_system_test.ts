/**
 * A copy of a system goes on as the original does, and leaves it as it was.
 *
 * @module
 */

import { assertEquals, assertNotStrictEquals, assertThrows } from "@std/assert";
import { ROOT } from "../../src/command/paths.ts";
import { MmError } from "../../src/mm/error.ts";
import { compileTrace } from "../../src/replay/compiled.ts";
import { copySystem } from "../../src/replay/copy_system.ts";
import { type Step, StepReader } from "../../src/replay/step.ts";
import { System } from "../../src/replay/system.ts";
import type { TraceRecord } from "../../src/trace/format.ts";
import { PhysicalMemory } from "../../src/mm/pages/physical_memory.ts";
import { readTrace } from "../../src/trace/read.ts";
import { mapped, memory, PID, start } from "./records.ts";

function apply(system: System, steps: readonly Step[]): void {
  for (const step of steps) {
    try {
      system.apply(step);
    } catch (error) {
      if (!(error instanceof MmError)) throw error;
    }
  }
}

/** Everything that can be seen of a system. Handles of the tree's values may be numbered otherwise in a copy. */
function seen(system: System): string[] {
  return [...system.spaces()].map((space) => {
    space.validate();
    const { brk, totalPages, lockedPages, committedPages } = space.descriptor;
    const chains = [...space.vmas()].map(({ anonVma, anonVmaChain }) =>
      `${anonVmaChain.length} ${anonVma?.activeVmas} ${anonVma?.children} ${anonVma?.vmas.size}`
    );
    const dump = space.dumpTree().replaceAll(/: 0x[0-9a-f]+$/gm, "").replaceAll(
      /contents: .*/g,
      "",
    );
    return [space.maps(), brk, totalPages, lockedPages, committedPages, ...chains, dump].join("\n");
  });
}

for (const [name, every] of [["cc1-2022", 40], ["gcc-make", 700]] as const) {
  Deno.test(`copySystem: ${name}, copies go on as the original does, and leave it alone`, async () => {
    const { steps } = await compileTrace(readTrace(`${ROOT}traces/${name}.jsonl.gz`));
    const system = new System();
    for (let at = 0; at + every < steps.length; at += every) {
      const copy = copySystem(system);
      const before = seen(system);
      assertEquals(seen(copy), before);
      apply(copy, steps.slice(at, at + every));
      assertEquals(seen(system), before, "the copy changed the original");
      apply(system, steps.slice(at, at + every));
      assertEquals(seen(copy), seen(system));
    }
  });
}

Deno.test("copySystem: processes that share memory share its copy", async () => {
  const { steps } = await compileTrace(readTrace(`${ROOT}traces/gcc-make.jsonl.gz`));
  const at = steps.findIndex((step) => step.type === "fork" && step.record.sharesMemory);
  const fork = steps[at]!;
  if (fork.type !== "fork") throw new Error("No process shares memory in this trace");
  const system = new System();
  apply(system, steps.slice(0, at + 1));
  const copy = copySystem(system);
  assertNotStrictEquals(copy.space(fork.pid), system.space(fork.pid));
  assertEquals(copy.space(fork.pid) === copy.space(fork.record.child), true);
});

/** Steps of small traces. */
function stepsOf(records: readonly TraceRecord[]): Step[] {
  const reader = new StepReader();
  return records.flatMap((record) => reader.read(record) ?? []);
}

Deno.test("copySystem: all that calls can set of an address space is set in its copy", () => {
  const system = new System();
  apply(system, stepsOf([...start(), ...mapped(memory(0x10000))]));
  const from = system.space(PID)!.descriptor;
  const fields = {
    ...{ mmapBase: 0x7000_0000_0000, legacyLayout: true, startBrk: 0x1000, brk: 0x2000 },
    ...{ startStack: 0x3000, defaultFlags: 0x2000, denyWriteExec: 1, mergesAny: true },
    ...{ readImpliesExec: true, totalPages: 11, lockedPages: 12, dataPages: 13 },
    ...{ executablePages: 14, stackPages: 15, committedPages: 16 },
  };
  Object.assign(from, fields);
  const to = copySystem(system).space(PID)!.descriptor;
  for (const [name, value] of Object.entries(fields)) {
    assertEquals(Reflect.get(to, name), value, name);
  }
  assertEquals(to.tree.mapCount, 1);
});

Deno.test("copySystem: anon_vmas of a child, its own and its parent's, are copies that hang together alike", () => {
  const system = new System();
  const write = (pid: number, address: number) => ({ type: "fault", pid, address }) as const;
  apply(
    system,
    stepsOf([
      ...[...start(), ...mapped(memory(0x10000)), write(PID, 0x10000)],
      { type: "fork", pid: PID, child: 8, sharesMemory: false },
      write(8, 0x10000),
      { type: "fork", pid: 8, child: 9, sharesMemory: false },
      write(9, 0x10000),
    ]),
  );
  const copy = copySystem(system);
  const anonVmas = (of: System) =>
    [PID, 8, 9].map((pid) => of.space(pid)?.findVma(0x10000)?.anonVma ?? undefined);
  const [parent, child, grandchild] = anonVmas(copy);
  assertEquals(child?.parent === parent && grandchild?.parent === child, true);
  assertEquals([parent, child, grandchild].every((each) => each?.root === parent), true);
  const counts = (of: System) =>
    anonVmas(of).map((each) => [each?.children, each?.activeVmas, each?.vmas.size]);
  assertEquals(counts(copy), counts(system));
  assertEquals(counts(copy), [[2, 1, 3], [1, 1, 2], [0, 1, 1]]);
  for (const each of anonVmas(system)) assertNotStrictEquals(each, parent);
  const chain = (of: System) => of.space(9)?.findVma(0x10000)?.anonVmaChain.length;
  assertEquals([chain(copy), chain(system)], [3, 3]);
});

Deno.test("copySystem: an address space that models pages is refused, as its frames would be shared", () => {
  const system = new System(undefined, { memory: new PhysicalMemory() });
  apply(system, stepsOf(start()));
  assertThrows(() => copySystem(system), TypeError, "models pages");
});
