/**
 * The head of the page: which run, which process, which fault; and what else can be done.
 *
 * @module
 */
/// <reference lib="dom" />

import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { faultKey } from "../pack.ts";
import { formatPlace } from "../model/place.ts";
import type { Store } from "../model/store.ts";

/** Processes to choose from; a run of more shows those that do most. */
const MOST_PROCESSES = 200;

/** The head. */
export function Header(
  { store, onHelp, onFiles }: {
    store: Store;
    onHelp: () => void;
    onFiles: (files: Iterable<File>) => void;
  },
): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  return (
    <header class="head">
      <h1>Maple explorer</h1>
      <label>
        <span>Run</span>
        <select
          aria-label="Run"
          value={store.runName}
          onChange={(event) => {
            const run = event.currentTarget.value;
            void store.go({ run, step: 1, operation: undefined, vma: undefined, pid: undefined });
          }}
        >
          {store.entries.map(({ name }) => <option key={name} value={name}>{name}</option>)}
        </select>
      </label>
      <ProcessChoice store={store} />
      <FaultChoice store={store} />
      <div class="buttons">
        <button type="button" class="primary" onClick={() => void store.startTour()}>
          Tour: what went wrong in 2022
        </button>
        <button type="button" onClick={() => void copy(store)} aria-keyshortcuts="c">
          Copy as text
        </button>
        <button type="button" onClick={() => input.current?.click()}>Open a file</button>
        <button type="button" onClick={onHelp} aria-keyshortcuts="?">Keys</button>
        <input
          ref={input}
          class="hidden"
          type="file"
          multiple
          tabIndex={-1}
          aria-label="A recorded run"
          onChange={(event) => onFiles(event.currentTarget.files ?? [])}
        />
      </div>
    </header>
  );
}

function ProcessChoice({ store }: { store: Store }): JSX.Element | null {
  const { run, pid } = store;
  const steps = new Map<number, number>();
  for (const step of run?.steps ?? []) steps.set(step.pid, (steps.get(step.pid) ?? 0) + 1);
  if (steps.size < 2) return null;
  const most = [...steps].sort(([, a], [, b]) => b - a).slice(0, MOST_PROCESSES)
    .sort(([a], [b]) => a - b);
  return (
    <label>
      <span>Process</span>
      <select
        aria-label="Process"
        value={pid ?? ""}
        onChange={(event) => {
          const { value } = event.currentTarget;
          store.choose(value === "" ? undefined : Number(value));
        }}
      >
        <option value="">all {steps.size}</option>
        {most.map(([each, count]) => (
          <option key={each} value={each}>
            {each} {run?.index.programs.get(each) ?? ""} ({count} steps)
          </option>
        ))}
      </select>
    </label>
  );
}

function FaultChoice({ store }: { store: Store }): JSX.Element {
  const { fault } = store;
  return (
    <label class={fault === undefined ? "" : "planted"}>
      <span>Planted fault</span>
      <select
        aria-label="Planted fault"
        value={fault === undefined ? "" : faultKey(fault.name)}
        onChange={(event) => {
          const { value } = event.currentTarget;
          void store.go({ ...store.place, fault: value === "" ? undefined : value });
        }}
      >
        <option value="">none</option>
        {store.pack.faults.map(({ row, name }) => (
          <option key={name} value={faultKey(name)}>{row}: {name}</option>
        ))}
      </select>
    </label>
  );
}

/** Puts the step into the clipboard, or where that is refused, into a field to copy from. */
export async function copy(store: Store): Promise<void> {
  const link = location.href.replace(/#.*$/, "") + formatPlace(store.place);
  const text = store.copyText(link);
  try {
    await navigator.clipboard.writeText(text);
    store.set({ message: `Step ${store.step} is in the clipboard, layout and dump included` });
  } catch {
    prompt("The clipboard is closed to this page. Copy from here:", text);
  }
}
