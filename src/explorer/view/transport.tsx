/**
 * Going through the steps: one by one, by themselves, to a number, to what is worth seeing.
 *
 * @module
 */
/// <reference lib="dom" />

import type { JSX } from "preact";
import { Mark } from "../model/step_index.ts";
import type { Run } from "../model/run.ts";
import type { Store } from "../model/store.ts";

const SPEEDS = [1, 2, 4, 10, 30];

/** Where the jump buttons go. */
const JUMPS: readonly (readonly [name: string, marks: number, key: string])[] = [
  ["munmap that splits", Mark.MUNMAP | Mark.SPLIT, "n"],
  ["merge", Mark.MERGE, "m"],
  ["failed call", Mark.FAILURE, "f"],
  ["divergence", Mark.DIVERGENCE, "d"],
];

/** Goes to the next such step and says so if there is none. */
export function jump(store: Store, key: string, direction: 1 | -1): void {
  const found = JUMPS.find(([, , own]) => own === key);
  if (found === undefined) return;
  const [name, marks] = found;
  store.play(false);
  if (store.jump(marks, direction)) return;
  store.set({ message: `No ${name} ${direction > 0 ? "after" : "before"} step ${store.step}` });
}

/** The buttons. */
export function Transport({ store, run }: { store: Store; run: Run }): JSX.Element {
  const { step, isPlaying, speed } = store;
  const atStart = step <= 1;
  const atEnd = step >= store.lastStep;
  const by = (steps: number) => () => {
    store.play(false);
    store.move(steps);
  };
  return (
    <div class="transport" role="group" aria-label="Steps">
      <div class="group">
        <button
          type="button"
          onClick={() => store.seek(1)}
          disabled={atStart}
          aria-label="First step"
        >
          ⇤
        </button>
        <button type="button" onClick={by(-1)} disabled={atStart} aria-label="Step back">◂</button>
        <button
          type="button"
          class="play"
          onClick={() => store.play(!isPlaying)}
          aria-pressed={isPlaying}
        >
          {isPlaying ? "Pause" : "Play"}
        </button>
        <button type="button" onClick={by(1)} disabled={atEnd} aria-label="Step on">▸</button>
        <button
          type="button"
          onClick={() => store.seek(store.lastStep)}
          disabled={atEnd}
          aria-label="Last step"
        >
          ⇥
        </button>
      </div>
      <label class="group">
        <span>Step</span>
        <input
          type="number"
          class="step"
          min={1}
          max={store.lastStep}
          value={step}
          onChange={(event) => {
            const wanted = event.currentTarget.valueAsNumber;
            if (Number.isInteger(wanted)) store.seek(wanted);
          }}
        />
        <span class="dim">of {run.steps.length.toLocaleString("en")}</span>
        {!run.index.isComplete && (
          <span class="dim indexing">read to {run.index.done.toLocaleString("en")}</span>
        )}
      </label>
      <label class="group">
        <span>Speed</span>
        <select
          value={speed}
          onChange={(event) => store.set({ speed: Number(event.currentTarget.value) })}
        >
          {SPEEDS.map((each) => <option key={each} value={each}>{each} a second</option>)}
        </select>
      </label>
      <div class="group jumps" role="group" aria-label="Go to the next">
        <span>Next</span>
        {JUMPS.map(([name, , key]) => (
          <button
            key={name}
            type="button"
            aria-keyshortcuts={key}
            onClick={() => jump(store, key, 1)}
          >
            {name}
          </button>
        ))}
      </div>
    </div>
  );
}
