import { assert, assertEquals } from "@std/assert";
import { pathOf } from "../../src/command/paths.ts";
import type { LoadEvent } from "../../src/load/event.ts";
import { Load } from "../../src/load/load.ts";
import { readPrograms } from "../../src/load/programs.ts";
import { Scheduler, type SchedulerOptions } from "../../src/load/scheduler.ts";
import { Random } from "../random.ts";

const PROGRAMS = await readPrograms(
  ["cc1-hello", "gcc-make"].map((name) => pathOf(`traces/${name}.jsonl.gz`)),
);

interface Play {
  readonly load: Load;
  readonly events: readonly LoadEvent[];
  /** Lives of recorded programs after each event. */
  readonly recorded: readonly number[];
  /** Children that no recording knows, after each event. */
  readonly children: readonly number[];
}

function play(count: number, options: Omit<SchedulerOptions, "programs">): Play {
  const load = new Load({
    programs: PROGRAMS,
    memoryPages: 400,
    swapPages: 20_000,
    hugePages: "never",
  });
  const scheduler = new Scheduler(load, new Random(2), { programs: PROGRAMS.length, ...options });
  const events: LoadEvent[] = [];
  const recorded: number[] = [];
  const children: number[] = [];
  for (let at = 0; at < count; at++) {
    const event = scheduler.next();
    load.apply(event);
    events.push(event);
    const without = load.lives.filter(({ steps, next }) => steps === 0 && next === undefined);
    assertEquals(load.children, without.length);
    children.push(load.children);
    recorded.push(load.lives.length - load.children);
  }
  return { load, events, recorded, children };
}

/** The lives of what processes do themselves, in order: reads, writes and steps. */
function turns(events: readonly LoadEvent[]): number[] {
  const own = new Set(["read", "write", "step"]);
  return events.filter(({ kind }) => own.has(kind)).map(({ life }) => life);
}

/** True if some stretch of the list is like the pattern, in which each letter stands for one life. */
function has(list: readonly number[], pattern: string): boolean {
  return list.some((_, at) =>
    [...pattern].every((letter, i) =>
      [...pattern].every((other, j) =>
        at + Math.max(i, j) < list.length &&
        (letter === other) === (list[at + i] === list[at + j])
      )
    )
  );
}

Deno.test("Scheduler: as many recorded lives as were asked for, however many they would begin", () => {
  for (const processes of [1, 3, 12]) {
    const { recorded, children } = play(12_000, { processes });
    const full = recorded.indexOf(processes);
    assert(full >= 0 && full < 100, `${processes}: never so many`);
    // One ends, and the next event begins another. Where all wait for room one begins all the same, a make's gcc's cc1.
    assert(recorded.slice(full).every((now) => now >= processes - 1));
    assert(recorded.every((now) => now <= processes + 4), `${processes}: ${Math.max(...recorded)}`);
    const most = Math.max(...children);
    assert(most >= 1 && most <= Math.max(1, processes / 4), `${processes}: ${most} children`);
  }
});

Deno.test("Scheduler: a quarter as many children come on top, and no more", () => {
  const { children } = play(12_000, { processes: 20, weights: [[1, "fork"], [20, "read"]] });
  assertEquals(Math.max(...children), 5);
});

Deno.test("Scheduler: a life that waits for room begins its child as soon as there is some", () => {
  const { events, load } = play(60_000, { processes: 2, weights: [[1, "step"]] });
  const runs = events.filter(({ kind }) => kind === "start").length;
  assert(runs > 3, `${runs} runs`); // a make ends only if all that it starts can run
  assert(load.lives.length <= 2 + 4);
});

Deno.test("Scheduler: slices of all lengths, two lives at a time, and every life has its turn", () => {
  const { events } = play(20_000, { processes: 8, weights: [[9, "read"], [1, "step"]], slice: 6 });
  const lives = turns(events);
  for (const pattern of ["aaaaaa", "abababab", "aabb", "abc", "abac", "abcd"]) {
    assert(has(lives, pattern), pattern);
  }
  // Of two processors, the one can change its life while the other keeps it: three in a row, four in the next.
  assert(!has(lives, "abcdefg"), "more than two at a time");
  const seen = new Set(lives.slice(-2_000));
  assert(seen.size >= 8, `${seen.size} lives`);
});

Deno.test("Scheduler: with slices of one event any life may be next", () => {
  const options = { processes: 8, weights: [[9, "read"], [1, "step"]] } as const;
  const one = turns(play(20_000, { ...options, slice: 1 }).events);
  assert(has(one, "abcdefg"));
  const same = (list: readonly number[]) => list.filter((life, at) => life === list[at + 1]).length;
  const long = turns(play(20_000, options).events);
  assert(same(long) > 3 * same(one), `${same(long)} against ${same(one)}`);
});

Deno.test("Scheduler: the kernel works on pages of lives that wait, and of those that run", () => {
  const { events } = play(20_000, { processes: 8, weights: [[9, "read"], [2, "evict"]] });
  let running = 0;
  let others = 0;
  events.forEach(({ kind, life }, at) => {
    if (kind !== "evict") return;
    if (turns(events.slice(Math.max(0, at - 6), at)).includes(life)) running++;
    else others++;
  });
  assert(running > 500 && others > 500, `${running} of those that run, ${others} of others`);
});
