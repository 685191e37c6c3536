/**
 * A copy of a system goes on as the original does, and leaves it as it was.
 *
 * @module
 */

import { assertEquals, assertNotStrictEquals } from "@std/assert";
import { ROOT } from "../../src/command/paths.ts";
import { MmError } from "../../src/mm/error.ts";
import { compileTrace } from "../../src/replay/compiled.ts";
import { copySystem } from "../../src/replay/copy_system.ts";
import type { Step } from "../../src/replay/step.ts";
import { System } from "../../src/replay/system.ts";
import { readTrace } from "../../src/trace/read.ts";

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
