/**
 * What a load with too little memory meets: pages that move, are swapped and shared while VMAs change.
 *
 * @module
 */

import type { LoadOptions } from "../../src/load/load.ts";
import type { EventWeights } from "../../src/load/scheduler.ts";
import { Random } from "../../src/random.ts";
import { recordsOf } from "../replay/traces.ts";
import type { Scenario, Stage } from "./scenario.ts";

/** The programs of the loads, read once. */
const TRACES = {
  "cc1-hello": await recordsOf("cc1-hello"),
  "cc1-large": await recordsOf("cc1-large"),
};
const { compileTrace } = await import("../../src/replay/compiled.ts");
const COMPILED = await Promise.all(
  Object.entries(TRACES).map(async ([name, records]) => ({
    name,
    trace: await compileTrace(records),
  })),
);

/** How a load differs from scenario to scenario. */
interface Weather {
  readonly seed: number;
  readonly events: number;
  /** Lives at the same time. */
  readonly processes: number;
  /** Page frames: few, so that pages are swapped out all the time; many, so that there are huge pages. */
  readonly memoryPages: number;
  readonly hugePages?: LoadOptions["hugePages"];
  /** What happens how often, where the usual mix would take long to come to it. */
  readonly weights?: EventWeights;
}

/** Runs a load, the whole machine checked after every event, and tears it down. */
function underLoad(
  stage: Stage,
  { seed, events, processes, memoryPages, hugePages = "never", weights }: Weather,
): void {
  const { load, loadCheck, loadLives, loadScheduler } = stage.build;
  const programs = COMPILED.map(({ name, trace }) => loadLives.programOf(name, trace));
  const machine = new load.Load({
    programs,
    memoryPages,
    swapPages: 4_000,
    hugePages,
    locks: true,
  });
  const scheduler = new loadScheduler.Scheduler(machine, new Random(seed), {
    programs: programs.length,
    processes,
    ...(weights !== undefined && { weights }),
  });
  for (let at = 0; at < events; at++) {
    const event = scheduler.next();
    stage.step(
      `event ${at + 1}: ${event.kind} ${event.life} ${event.argument.toString(16)}`,
      () => {
        machine.apply(event);
        loadCheck.checkMachine(machine);
      },
    );
  }
  stage.step("the end of all lives", () => {
    machine.end();
    loadCheck.checkIdle(machine);
  });
}

const SCARCE: Weather = { seed: 3, events: 600, processes: 3, memoryPages: 300 };
const HUGE: Weather = {
  seed: 3,
  events: 600,
  processes: 1,
  memoryPages: 32_768,
  hugePages: "always",
  weights: [[500, "step"], [300, "write"], [150, "border"], [50, "collapse"]],
};
const BUSY: Weather = {
  ...SCARCE,
  processes: 2,
  weights: [[500, "step"], [300, "write"], [60, "migrate"], [60, "settle"], [40, "evict"]],
};
const FORKS: Weather = {
  ...SCARCE,
  weights: [[200, "step"], [300, "write"], [200, "read"], [20, "fork"], [30, "evict"]],
};
const STARVED: Weather = {
  ...SCARCE,
  seed: 5,
  processes: 1,
  weights: [[200, "step"], [200, "starve"], [300, "write"], [20, "fork"]],
};
const TWO_TASKS: Weather = {
  seed: 5,
  events: 600,
  processes: 2,
  memoryPages: 2_000,
  weights: [[200, "step"], [400, "beside"], [300, "write"], [60, "border"], [40, "evict"]],
};

/** Rows 35 to 44. Each row's fault is met by the same kinds of load; what differs is what there is enough of. */
export const LOAD: readonly Scenario[] = [
  // A page moves to another frame. Until it has arrived its entries say so, and it is locked.
  //
  //   |-- page --|   begin   |-- migration entry, page locked --|   finish   |-- page' --|
  {
    row: 35,
    name: "load: a page is locked as long as its migration entries stand",
    weather: SCARCE,
  },
  // 2022. The first crash of the report: brk met a migration entry whose page was not locked. Its VMA had left the
  // reverse map while the page was on its way, so the end of the migration did not find it.
  //
  //   |-- heap --|   begin   |-- heap, M --|   brk   |---- heap, M ----|   finish misses M
  { row: 36, name: "load: a heap that grows stays in the reverse map", weather: BUSY },
  //   |<----- huge ----->|   a border in its middle   |s|s|s|…|s|
  { row: 37, name: "load: a border splits the huge page that it cuts", weather: HUGE },
  { row: 38, name: "load: a huge page is split with the reverse map locked", weather: HUGE },
  { row: 39, name: "load: locks are taken in their order", weather: BUSY },
  //   slot, two entries   ▸   one comes back   ▸   the other comes back: the slot is free, once
  { row: 40, name: "load: a swap slot is freed once", weather: SCARCE },
  //   parent |7|, child |7|   the child writes 8   ▸   parent |7|, child |8|, all else still 7
  {
    row: 41,
    name: "load: a copy on write holds what was there",
    weather: FORKS,
  },
  { row: 42, name: "load: a process that ends gives back all it was promised", weather: SCARCE },
  // Row 5 among other processes: pages of the survivor are found through the anon_vma that it is taken off.
  {
    row: 43,
    name: "load: a merge that fails keeps every anon_vma",
    weather: STARVED,
  },
  //   task 2 finds |-- VMA --|   task 1 cuts it   |-- VMA --|-- new --|   task 2 locks the first, and means the second
  {
    row: 44,
    name: "load: a fault looks again once it has the VMA's lock",
    weather: TWO_TASKS,
  },
].map(({ row, name, weather }): Scenario => ({
  row,
  name,
  run: (stage) => underLoad(stage, weather),
}));
