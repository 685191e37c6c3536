/**
 * A run with a fault: what was planted, what it has done so far, and who would notice.
 *
 * @module
 */
/// <reference lib="dom" />

import type { JSX } from "preact";
import type { Health, Misplaced, Violation } from "../model/health.ts";
import { plainRule } from "../model/rules.ts";
import type { Run } from "../model/run.ts";
import type { Store } from "../model/store.ts";
import type { StepView } from "../model/step_view.ts";

/** Misplaced entries that are shown with what a lookup finds in their place. */
const MOST = 3;

/** The panel; nothing without a fault. */
export function FaultPanel(
  { store, run, view }: { store: Store; run: Run; view: StepView },
): JSX.Element | null {
  const { fault, index } = run;
  if (fault === undefined) return null;
  const { acted, violated, surfaced } = index.story;
  const violation = view.health?.violation;
  return (
    <section class="panel fault" aria-labelledby="fault-title" data-tour="fault">
      <header>
        <h2 id="fault-title">Planted fault: {fault.name}</h2>
        <p class="count">row {fault.row} of the catalogue</p>
        <ol class="stations">
          <Station store={store} step={acted} text="it acts" />
          <Station store={store} step={violated?.step} text="a rule is broken" />
          <Station store={store} step={surfaced?.step} text="it surfaces" />
        </ol>
      </header>
      <div class="body">
        <div class="story">
          <p class="now">{nowText(run, view)}</p>
          {violation !== undefined && <p class="failure">{plainRule(violation.rule)}</p>}
          <p class="dim">{fault.story}</p>
        </div>
        {view.health !== undefined && <Checks health={view.health} view={view} />}
        {view.health !== undefined && view.health.misplaced.length > 0 && (
          <Answers misplaced={view.health.misplaced} />
        )}
      </div>
    </section>
  );
}

function Station(
  { store, step, text }: { store: Store; step: number | undefined; text: string },
): JSX.Element {
  return (
    <li class={step !== undefined && store.step >= step ? "reached" : ""}>
      {step === undefined
        ? <span class="dim">–</span>
        : <button type="button" onClick={() => store.seek(step)}>step {step}</button>}
      {text}
    </li>
  );
}

/** What is so at this step, in a sentence. */
function nowText({ index }: Run, { step }: StepView): string {
  const { acted, surfaced } = index.story;
  if (acted === undefined) {
    return index.isComplete
      ? "In this run the fault never acts: nothing here calls for the code it is in."
      : "Looking for where it acts …";
  }
  if (step < acted) return `All is well still. ${calls(acted - step)} to go until the fault acts.`;
  if (surfaced === undefined) {
    return index.isComplete
      ? "It has acted, and to the end of this run no answer is wrong: only checks like Maple's see it."
      : "It has acted. Looking for where it surfaces …";
  }
  if (step < surfaced.step) {
    return `It has acted, and nothing stops: ${
      calls(surfaced.step - step)
    } to go until it surfaces.`;
  }
  return `It surfaces: ${surfaced.text.replace(/^Invariant broken: /, "")}.`;
}

function calls(count: number): string {
  return count === 1 ? "1 step" : `${count} steps`;
}

/** Four who might notice, and what each sees. */
function Checks({ health, view }: { health: Health; view: StepView }): JSX.Element {
  const { lookups, missed, walked, mapCount, misplaced, violation, hang } = health;
  const right = lookups - missed;
  const rows: readonly (readonly [name: string, good: boolean, text: string])[] = [
    [
      "Tree lookup",
      missed === 0,
      missed === 0 ? `finds all ${lookups} VMAs` : `misses ${missed} of ${lookups} VMAs`,
    ],
    ["map_count", mapCount === right, `says ${mapCount}`],
    [
      "Linear walk",
      walked === right && misplaced.length === 0 && hang === undefined,
      hang ?? `meets ${walked} entries`,
    ],
    [
      "Maple's rules",
      violation === undefined,
      violation === undefined ? "all hold" : placeOf(violation),
    ],
  ];
  return (
    <table class="checks">
      <thead>
        <tr>
          <th scope="col" colSpan={2}>Who would notice?</th>
          <th scope="col">{view.isTornDown ? "just before this step" : "after this step"}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, good, text]) => (
          <tr key={name} class={good ? "good" : "bad"}>
            <th scope="row">{name}</th>
            <td class="sign">{good ? "✓ right" : "✗ wrong"}</td>
            <td>{text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Where a rule is broken. */
function placeOf({ node, slot }: Violation): string {
  if (node < 1) return "one is broken";
  return slot < 0 ? `one is broken in node ${node}` : `one is broken in node ${node}, slot ${slot}`;
}

/** The walk and the lookup beside each other, where they differ. */
function Answers({ misplaced }: { misplaced: readonly Misplaced[] }): JSX.Element {
  return (
    <table class="answers">
      <thead>
        <tr>
          <th scope="col">At address</th>
          <th scope="col">the walk meets</th>
          <th scope="col">a lookup finds</th>
        </tr>
      </thead>
      <tbody>
        {misplaced.slice(0, MOST).map(({ at, start, end, found }, row) => (
          <tr key={row}>
            <td>{at.toString(16)}</td>
            <td class="bad">{range(start, end)}</td>
            <td>{found === undefined ? "nothing" : range(found.start, found.end)}</td>
          </tr>
        ))}
        {misplaced.length > MOST && (
          <tr>
            <td colSpan={3} class="dim">and {misplaced.length - MOST} more</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

/** A range as the list has it. */
function range(start: number, end: number): string {
  return `${start.toString(16)}-${end.toString(16)}`;
}
