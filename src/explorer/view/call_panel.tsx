/**
 * The call: what was asked, what it answered, what it did, and the tree operations it was made of.
 *
 * @module
 */
/// <reference lib="dom" />

import type { JSX } from "preact";
import type { Run } from "../model/run.ts";
import type { Store } from "../model/store.ts";
import type { OperationView, StepView } from "../model/step_view.ts";
import { size } from "../model/vma_changes.ts";

/** What each tree operation is for. */
const OPERATIONS: Readonly<Record<OperationView["operation"], string>> = {
  store: "store",
  clear: "clear",
  find: "find",
  previous: "previous",
  next: "next",
  emptyArea: "lowest gap",
  emptyAreaReverse: "highest gap",
};

/** Operations that are listed before the rest is only counted. */
const MOST = 60;
/** What is said of a VMA event of one kind more often than this is only counted. */
const MOST_EVENTS = 6;

/** The panel. */
export function CallPanel(
  { store, run, view }: { store: Store; run: Run; view: StepView },
): JSX.Element {
  const program = run.index.programs.get(view.pid);
  const isError = /^E[A-Z]+$/.test(view.result);
  const divergence = run.index.divergences.find(({ step }) => step === view.step);
  return (
    <section class="panel call" aria-labelledby="call-title" data-tour="call">
      <header>
        <h2 id="call-title">Step {view.step}</h2>
        <p class="count">
          process {view.pid}
          {program ? ` (${program})` : ""}
        </p>
      </header>
      <div class="body">
        <p class="name">
          {view.name}
          {view.result !== "" && <span class={isError ? "error" : ""}>{` = ${view.result}`}</span>}
        </p>
        {view.args.length > 0 && (
          <dl class="arguments">
            {view.args.map(({ name, text }) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
        )}
        {view.failure !== undefined && <p class="failure">{view.failure}</p>}
        {view.breakdown !== undefined && <p class="failure">{view.breakdown}</p>}
        {divergence !== undefined && view.breakdown === undefined && (
          <p class="failure">Kernel and model part here: {divergence.text}</p>
        )}
        <h3>What it did</h3>
        <Events view={view} />
        {view.borders.length > 0 && (
          <>
            <h3>Why these stay apart</h3>
            <ul class="borders">
              {view.borders.map(({ lower, upper, obstacle, words }) => (
                <li key={upper.first}>
                  <span class="pair">
                    {lower.first.toString(16)} | {upper.first.toString(16)}
                    {obstacle !== null && <span class="tag">{obstacle}</span>}
                  </span>
                  {words}
                </li>
              ))}
            </ul>
          </>
        )}
        <Operations store={store} view={view} />
      </div>
    </section>
  );
}

function Events({ view }: { view: StepView }): JSX.Element {
  const { changes, before, type, isTornDown } = view;
  if (isTornDown) return <p class="dim">The address space is gone; shown is what it was.</p>;
  if (type === "exec") {
    const count = view.space?.mapCount ?? 0;
    return (
      <p class="dim">
        {count === 0
          ? "What is mapped to begin with is not known."
          : `A new program: ${count} VMAs to begin with.`}
      </p>
    );
  }
  if (changes === undefined || before === undefined) return <p class="dim">Nothing to see.</p>;
  const events = changes.events;
  if (events.length === 0) return <p class="dim">It changed no VMA.</p>;
  return (
    <>
      <ul class="events">
        {events.slice(0, MOST_EVENTS).map(({ kind, text }) => (
          <li key={text}>
            <span class={`tag ${kind}`}>{kind}</span> {text}
          </li>
        ))}
        {events.length > MOST_EVENTS && <li class="dim">and {events.length - MOST_EVENTS} more</li>}
      </ul>
      {events.some(({ kind }) => kind === "joined" || kind === "grown") && view.name === "mmap" && (
        <p class="dim">
          Nothing told the new memory and its neighbour apart: same flags, same file or none, page
          offsets that continue, compatible anon_vmas. So one VMA grew, and none was added.
        </p>
      )}
    </>
  );
}

/** The operations, each of which can be looked at by itself. */
function Operations({ store, view }: { store: Store; view: StepView }): JSX.Element {
  const { operations, operation, actedOperation } = view;
  if (operations.length === 0) return <p class="dim">It asked nothing of the tree.</p>;
  return (
    <>
      <h3>
        Tree operations
        <button
          type="button"
          aria-pressed={operation === undefined}
          onClick={() => store.seek(view.step)}
        >
          Whole step
        </button>
      </h3>
      <ol class="operations">
        {operations.slice(0, MOST).map((each) => (
          <li key={each.number}>
            <button
              type="button"
              class={each.isWrite ? "write" : ""}
              aria-pressed={operation === each.number}
              onClick={() => store.seek(view.step, each.number)}
            >
              <span class="number">{each.number}</span>
              <span class="kind">{OPERATIONS[each.operation]}</span>
              <span class="range">{rangeOf(each)}</span>
              {actedOperation === each.number && <span class="tag bad">the fault acts</span>}
            </button>
          </li>
        ))}
      </ol>
      {operations.length > MOST && <p class="dim">and {operations.length - MOST} more</p>}
    </>
  );
}

function rangeOf({ operation, first, last, size: bytes }: OperationView): string {
  const hexadecimal = (value: number) => value.toString(16);
  switch (operation) {
    case "store":
    case "clear":
      return `${hexadecimal(first)}-${hexadecimal(last)}`;
    case "emptyArea":
    case "emptyAreaReverse":
      return `of ${size(bytes ?? 0)}`;
    case "find":
    case "next":
      return `from ${hexadecimal(first)}`;
    case "previous":
      return `below ${hexadecimal(first)}`;
  }
}
