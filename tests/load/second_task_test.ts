/**
 * A second task beside the calls of a load: it comes in every place, and a lock that is left out is found.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { TemporaryFolder } from "../../src/command/files.ts";
import { besideArgument, besideOf, type LoadEvent, LOCK_POINTS } from "../../src/load/event.ts";
import { Load } from "../../src/load/load.ts";
import { checkIdle, checkMachine } from "../../src/load/machine_check.ts";
import { type EventWeights, Scheduler } from "../../src/load/scheduler.ts";
import { load, plant } from "../canaries/build.ts";
import { recordsOf } from "../replay/traces.ts";
import { present } from "../present.ts";
import { Random } from "../random.ts";

const RECORDS = {
  "cc1-hello": await recordsOf("cc1-hello"),
  "cc1-large": await recordsOf("cc1-large"),
};

const WEIGHTS: EventWeights = [
  [200, "step"],
  [400, "beside"],
  [200, "write"],
  [5, "fork"],
  [60, "border"],
  [40, "evict"],
  [30, "migrate"],
  [30, "settle"],
];

const MACHINE = { memoryPages: 1_000, swapPages: 4_000, hugePages: "never", locks: true } as const;

/** A build of the sources, with or without a fault. */
type Build = Awaited<ReturnType<typeof load>>;

async function programsOf(build: Pick<Build, "loadLives" | "compiled">) {
  const programs = [];
  for (const [name, records] of Object.entries(RECORDS)) {
    programs.push(build.loadLives.programOf(name, await build.compiled.compileTrace(records)));
  }
  return programs;
}

const PROGRAMS = await programsOf({
  loadLives: await import("../../src/load/lives.ts"),
  compiled: await import("../../src/replay/compiled.ts"),
});

Deno.test("besideOf: takes apart what besideArgument puts together", () => {
  for (const point of [0, 1, LOCK_POINTS - 1]) {
    for (const writes of [false, true]) {
      const touch = { address: 0x7fff_f7ff_f000, writes, point };
      assertEquals(besideOf(besideArgument(touch)), touch);
    }
  }
});

Deno.test("load: second tasks read and write, wait, grow stacks, and find nothing", () => {
  const machine = new Load({ programs: PROGRAMS, ...MACHINE });
  const locks = present(machine.memory.locks);
  const scheduler = new Scheduler(machine, new Random(4), {
    programs: PROGRAMS.length,
    processes: 4,
    weights: WEIGHTS,
  });
  const seen = { besides: 0, growths: 0, second: 0 };
  const { acquire } = locks;
  locks.acquire = function (...lock) {
    if (this.task > 0) seen.second++;
    return acquire.apply(this, lock);
  };
  for (let at = 0; at < 8_000; at++) {
    const event = scheduler.next();
    const before = event.kind === "beside" ? stackPages(machine, event) : NaN;
    if (machine.apply(event) && event.kind === "beside") {
      seen.besides++;
      if (stackPages(machine, event) > before) seen.growths++;
    }
    if (at % 200 === 0) checkMachine(machine);
  }
  machine.end();
  checkIdle(machine);
  for (const [what, times] of Object.entries(seen)) assert(times > 10, `${what}: ${times}`);
});

function stackPages({ lives }: Load, event: LoadEvent): number {
  return lives.find(({ number }) => number === event.life)?.space.descriptor.stackPages ?? NaN;
}

// Without the VMA's lock, munmap and mmap over memory let the fault in while they are half done.
Deno.test("load: a call that does not lock the VMAs that it changes is found by its second task", async () => {
  using folder = TemporaryFolder.create("maple-test-");
  const root = await plant(folder.path, [{
    file: "src/mm/locks/locking.ts",
    text: '  locks.acquire("vma_lock", vma, "write");\n',
    replacement: "",
  }]);
  const build = await load(root);
  const programs = await programsOf(build);
  const found = [];
  for (let seed = 1; seed <= 12 && found.length === 0; seed++) {
    const machine = new build.load.Load({ programs, ...MACHINE });
    const random = new Random(seed);
    const scheduler = new build.loadScheduler.Scheduler(machine, random, {
      programs: programs.length,
      processes: 2,
      weights: WEIGHTS,
    });
    try {
      for (let at = 0; at < 1_500; at++) machine.apply(scheduler.next());
    } catch (error) {
      found.push(String(error));
    }
  }
  assert(found.length > 0, "nothing was found");
});
