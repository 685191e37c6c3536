/** Reducing lists of events, of which a rule that a test makes up says whether they still fail. */

import { assert, assertEquals } from "@std/assert";
import { lifeNumber, type LoadEvent } from "../../src/load/event.ts";
import { reduce } from "../../src/replay/debug/reduce.ts";
import { reduceEvents } from "../../src/load/shrink.ts";
import { Random } from "../random.ts";

const A = lifeNumber(1, 1), B = lifeNumber(2, 1), C = lifeNumber(3, 1);

function step(life: number, argument = 1): LoadEvent {
  return { kind: "step", life, argument };
}

function event(kind: LoadEvent["kind"], life: number, argument = 0): LoadEvent {
  return { kind, life, argument };
}

/** Steps that a life does in a list. */
function steps(events: readonly LoadEvent[], life: number): number {
  return events.reduce(
    (sum, each) => sum + (each.kind === "step" && each.life === life ? each.argument : 0),
    0,
  );
}

/** A list as a short text: `A3 evictB`. */
function text(events: readonly LoadEvent[]): string {
  const name = new Map([[A, "A"], [B, "B"], [C, "C"], [1, "A"], [2, "B"], [3, "C"]]);
  return events.map(({ kind, life, argument }) =>
    kind === "step" ? `${name.get(life)}${argument}` : `${kind}${name.get(life) ?? ""}`
  ).join(" ");
}

Deno.test("reduceEvents: runs that do not matter go, with their starts", () => {
  const all = [1, 2, 3].flatMap((run) => [
    event("start", run),
    step(lifeNumber(run, 1), 4),
    event("settle", 0),
  ]);
  const left = reduceEvents(
    all,
    (events) =>
      events.some(({ kind, life }) => kind === "start" && life === 2) && steps(events, B) >= 3,
  );
  assertEquals(text(left), "startB B3");
});

Deno.test("reduceEvents: single steps of one life, side by side or apart, become one event with as few", () => {
  const single = Array.from({ length: 7 }, () => step(A));
  assertEquals(text(reduceEvents(single, (events) => steps(events, A) >= 5)), "A5");
  const mixed = Array.from({ length: 8 }, (_, i) => step(i % 2 === 0 ? A : B));
  const both = reduceEvents(mixed, (events) => steps(events, A) >= 3 && steps(events, B) >= 2);
  assertEquals(text(both).split(" ").sort(), ["A3", "B2"]);
  const large = [step(A, 1_000), step(B, 40)];
  assertEquals(text(reduceEvents(large, (events) => steps(events, A) >= 777)), "A777");
  assertEquals(text(reduceEvents(large, (events) => steps(events, A) >= 1_000)), "A1000");
});

/** The part of a list before, or after, its one event of a kind. */
function part(events: readonly LoadEvent[], kind: LoadEvent["kind"], side: -1 | 1): LoadEvent[] {
  const at = events.findIndex((each) => each.kind === kind);
  return at < 0 ? [] : side < 0 ? events.slice(0, at) : events.slice(at + 1);
}

Deno.test("reduceEvents: what must come between stays between", () => {
  const all = [step(A), step(A), step(B), step(A), event("evict", B), step(A), step(B), step(A)];
  const split = reduceEvents(
    all,
    (events) => steps(part(events, "evict", -1), A) >= 3 && steps(part(events, "evict", 1), A) >= 2,
  );
  assertEquals(text(split), "A3 evictB A2");
});

Deno.test("reduceEvents: steps join where the later ones stand, else where the earlier ones do", () => {
  const all = [step(A), event("read", B), step(A), event("write", B), step(A)];
  const late = reduceEvents(
    all,
    (events) =>
      steps(events, A) >= 3 && steps(part(events, "write", 1), A) >= 1 &&
      events.some(({ kind }) => kind === "read"),
  );
  assertEquals(text(late), "readB writeB A3");
  const early = reduceEvents(
    all,
    (events) =>
      steps(events, A) >= 3 && steps(part(events, "read", -1), A) >= 1 &&
      events.some(({ kind }) => kind === "write"),
  );
  assertEquals(text(early), "A3 readB writeB");
});

Deno.test("reduceEvents: a starved call, or one beside a touch, becomes a plain step where that does", () => {
  const all = [event("starve", A, 3), event("beside", A, 5), event("starve", B, 2)];
  const any = reduceEvents(all, (events) => events.length === 3);
  assertEquals(text(any), "A1 A1 B1");
  const kept = reduceEvents(all, (events) => events.some(({ kind }) => kind === "beside"));
  assertEquals(kept, [event("beside", A, 5)]);
});

Deno.test("reduceEvents: events of other kinds stay what they are", () => {
  const all = [event("read", A, 4096), event("evict", B, 8192)];
  assertEquals(reduceEvents(all, (events) => events.length === 2), all);
});

Deno.test("reduceEvents: a thousand steps side by side are joined at once, not one after the other", () => {
  let asked = 0;
  const fails = (events: readonly LoadEvent[]) =>
    (asked++, steps(events, A) + steps(events, B)) ===
      1_000;
  const all = Array.from({ length: 1_000 }, (_, i) => step(i < 600 ? A : B));
  assertEquals(reduce(all, fails).length, 1_000);
  const byReduce = asked;
  asked = 0;
  assertEquals(text(reduceEvents(all, fails)), "A600 B400");
  assert(asked < byReduce + 200, `${asked} questions, ${byReduce} for the reducing alone`);
});

Deno.test("reduceEvents: what is left fails, and fails with nothing less", () => {
  const random = new Random(5);
  for (let round = 0; round < 60; round++) {
    const lives = [A, B, C];
    const all = Array.from(
      { length: 3 + random.below(12) },
      (): LoadEvent =>
        random.oneIn(3)
          ? event(random.pick(["read", "evict", "starve", "beside"]), random.pick(lives))
          : step(random.pick(lives), 1 + random.below(4)),
    );
    const need = lives.map((life) => random.below(1 + steps(all, life)));
    const kind = random.pick(["read", "evict", "write"] as const);
    const needsKind = all.some((each) => each.kind === kind);
    const fails = (events: readonly LoadEvent[]) =>
      lives.every((life, i) => steps(events, life) >= need[i]!) &&
      (!needsKind || events.some((each) => each.kind === kind));
    const left = reduceEvents(all, fails);
    assert(fails(left), text(all));
    for (const at of left.keys()) assert(!fails(left.toSpliced(at, 1)), `${text(all)}: ${at}`);
    assertEquals(lives.map((life) => steps(left, life)), need, text(all));
    assertEquals(left.filter((each) => each.kind === "step").length, need.filter(Boolean).length);
  }
});
