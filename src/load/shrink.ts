/**
 * Reducing the events of a load that found something to the few that matter: first whole runs of programs go, then
 * single events; what is left becomes plain steps where it can, and steps of one life are done in one event, as few of
 * them as will do.
 *
 * @module
 */

import { reduce } from "../replay/debug/reduce.ts";
import { type EventList, type LoadEvent, runOf } from "./event.ts";
import type { LoadOptions } from "./load.ts";
import { type Found, replayEvents } from "./run.ts";

/** What is left of a finding. */
export interface ShrunkLoad {
  /** Events from which none can be removed. */
  readonly events: readonly LoadEvent[];
  /** What they find. */
  readonly finding: Found;
}

/**
 * Reduces a list of events that breaks a rule to one that breaks the same rule. O(n log n) replays, most of them short.
 *
 * @returns undefined if the list finds nothing
 */
export function shrinkLoad(options: LoadOptions, list: EventList): ShrunkLoad | undefined {
  const first = replayEvents(options, [...list]);
  if (first.finding === undefined) return undefined;
  const { rule } = first.finding;
  const fails = (events: readonly LoadEvent[]) =>
    replayEvents(options, events).finding?.rule === rule;

  const events = reduceEvents([...list].slice(0, first.events), fails);
  return { events, finding: replayEvents(options, events).finding! };
}

/**
 * Reduces a list of events that fails to one that still does.
 *
 * @param fails whether a list fails; it must be so of the one given
 */
export function reduceEvents(all: readonly LoadEvent[], fails: Fails): readonly LoadEvent[] {
  const runs = reduce([...new Set(all.map(run))], (kept) => fails(only(all, kept)));
  let events = reduce(only(all, runs), fails);
  for (let before = Infinity; events.length < before;) {
    before = events.length;
    const plain = asPlainSteps(events, fails);
    events = reduce(joined(fewerSteps(plain, fails), fails), fails);
  }
  return events;
}

type Fails = (events: readonly LoadEvent[]) => boolean;

/** Calls with a second task beside them, or with little memory, become plain steps, where that still fails. */
function asPlainSteps(events: readonly LoadEvent[], fails: Fails): readonly LoadEvent[] {
  let left = events;
  for (const [at, event] of events.entries()) {
    if (event.kind !== "beside" && event.kind !== "starve") continue;
    const changed = left.with(at, { ...event, kind: "step", argument: 1 });
    if (fails(changed)) left = changed;
  }
  return left;
}

/** The run that an event is about; 0 for one that is about none. */
function run({ kind, life }: LoadEvent): number {
  return kind === "start" ? life : runOf(life);
}

function only(events: readonly LoadEvent[], runs: readonly number[]): LoadEvent[] {
  const kept = new Set(runs);
  return events.filter((event) => kept.has(run(event)));
}

/** Steps of one life with nothing of its own between them become one event, where that still fails. */
function joined(events: readonly LoadEvent[], fails: Fails): readonly LoadEvent[] {
  const adjacent = withJoinedSteps(events);
  let left = adjacent.length < events.length && fails(adjacent) ? adjacent : events;
  for (let at = left.length - 1; at >= 0; at--) {
    const later = left[at]!;
    if (later.kind !== "step") continue;
    const earlier = left.findLastIndex((event, position) =>
      position < at && event.kind === "step" && event.life === later.life
    );
    if (earlier < 0) continue;
    const argument = left[earlier]!.argument + later.argument;
    for (const place of [at, earlier]) {
      const changed = left.flatMap((event, position) =>
        position === place
          ? [{ ...later, argument }]
          : position === at || position === earlier
          ? []
          : [event]
      );
      if (!fails(changed)) continue;
      left = changed;
      break;
    }
  }
  return left;
}

/** Runs of steps of one life, side by side, as one event each. */
function withJoinedSteps(events: readonly LoadEvent[]): LoadEvent[] {
  const list: LoadEvent[] = [];
  for (const event of events) {
    const last = list.at(-1);
    if (event.kind === "step" && last?.kind === "step" && last.life === event.life) {
      list[list.length - 1] = { ...event, argument: last.argument + event.argument };
    } else list.push(event);
  }
  return list;
}

/** Each event of steps with as few as will do. */
function fewerSteps(events: readonly LoadEvent[], fails: Fails): readonly LoadEvent[] {
  let left = events;
  for (const [at, event] of events.entries()) {
    if (event.kind !== "step") continue;
    let low = 1;
    let high = event.argument;
    while (low < high) {
      const argument = Math.floor((low + high) / 2);
      const changed = left.with(at, { ...event, argument });
      if (fails(changed)) {
        left = changed;
        high = argument;
      } else low = argument + 1;
    }
  }
  return left;
}
