/**
 * The page as a whole: its panels, its keys, and files that are dropped on it.
 *
 * @module
 */
/// <reference lib="dom" />

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { entryOf, runName } from "../model/library.ts";
import type { Store } from "../model/store.ts";
import { AddressLine } from "./address_line.tsx";
import { CallPanel } from "./call_panel.tsx";
import { FaultPanel } from "./fault_panel.tsx";
import { copy, Header } from "./header.tsx";
import { useStore } from "./hooks.ts";
import { TimeLine } from "./time_line.tsx";
import { TourPanel } from "./tour_panel.tsx";
import { jump, Transport } from "./transport.tsx";
import { TreePanel } from "./tree_panel.tsx";
import { VmaList } from "./vma_list.tsx";

/** The keys, as the help shows them. */
const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ["← →", "one step back, one on; ten with Shift"],
  ["Home End", "first and last step"],
  ["Space", "play, pause"],
  ["[ ]", "the tree operation before, the next"],
  ["n m f d", "next munmap that splits, merge, failed call, divergence; the one before with Shift"],
  ["↑ ↓", "in the list: choose a VMA; Enter says why it is not one with the one below it"],
  ["+ − 0", "on the address line: zoom in, out, the whole line"],
  ["/", "search the list"],
  ["t", "the tour"],
  ["c", "copy the step as text"],
  ["?", "this help"],
];

/** The page. */
export function App({ store }: { store: Store }): JSX.Element {
  useStore(store);
  const help = useRef<HTMLDialogElement>(null);
  const [isOver, setIsOver] = useState(false);
  const { run, view } = store;
  const onHelp = () => help.current?.showModal();
  useEffect(() => {
    const listener = (event: KeyboardEvent) => onKey(event, store, onHelp);
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, [store]);
  const onFiles = (files: Iterable<File>) => void openFiles(store, files);
  const panels = useMemo(
    () => run && view && <Panels store={store} view={view} run={run} />,
    [run, view, store.selected, store.border, run?.index.done, run?.index.isComplete],
  );
  return (
    <div
      class={`app ${store.tour === undefined ? "" : "touring"} ${run?.fault ? "faulty" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setIsOver(false);
        onFiles(event.dataTransfer?.files ?? []);
      }}
    >
      <Header store={store} onHelp={onHelp} onFiles={onFiles} />
      {run !== undefined && view !== undefined && (
        <div class="time" data-tour="time">
          <Transport store={store} run={run} />
          <TimeLine store={store} run={run} />
        </div>
      )}
      <main>
        <TourPanel store={store} />
        {panels ?? <p class="waiting">{store.message === "" ? "Reading the run …" : ""}</p>}
      </main>
      <p class={`message ${store.message === "" ? "" : "shown"}`} role="status">{store.message}</p>
      {isOver && <div class="drop">Drop recorded runs: they stay on this machine</div>}
      <dialog ref={help} aria-labelledby="help-title">
        <h2 id="help-title">Keys</h2>
        <dl>
          {KEYS.map(([keys, what]) => (
            <div key={keys}>
              <dt>{keys.split(" ").map((key) => <kbd key={key}>{key}</kbd>)}</dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <form method="dialog">
          <button type="submit">Close</button>
        </form>
      </dialog>
    </div>
  );
}

function Panels(
  { store, view, run }: {
    store: Store;
    view: NonNullable<Store["view"]>;
    run: NonNullable<Store["run"]>;
  },
): JSX.Element {
  return (
    <>
      <FaultPanel store={store} run={run} view={view} />
      <AddressLine store={store} view={view} />
      <CallPanel store={store} run={run} view={view} />
      <VmaList store={store} view={view} />
      <TreePanel store={store} view={view} />
    </>
  );
}

/** Adds files to the runs and opens the last. */
async function openFiles(store: Store, files: Iterable<File>): Promise<void> {
  let last: string | undefined;
  for (const file of files) {
    const name = runName(file.name);
    const bytes = async () => new Uint8Array(await file.arrayBuffer());
    store.add(entryOf(name, store.readers, bytes));
    last = name;
  }
  if (last === undefined) return;
  store.set({ tour: undefined });
  const start = { step: 1, operation: undefined, vma: undefined, fault: undefined, pid: undefined };
  await store.go({ run: last, ...start });
}

/** The keys that work wherever nothing else takes them. */
function onKey(event: KeyboardEvent, store: Store, onHelp: () => void): void {
  const { target, key, shiftKey, ctrlKey, metaKey, altKey } = event;
  if (ctrlKey || metaKey || altKey || document.querySelector("dialog[open]") !== null) return;
  if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return;
  if (key === " " && target instanceof HTMLButtonElement) return;
  const move = (steps: number) => {
    store.play(false);
    store.move(shiftKey ? 10 * steps : steps);
  };
  const keys: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => move(-1),
    ArrowRight: () => move(1),
    Home: () => store.seek(1),
    End: () => store.seek(store.lastStep),
    " ": () => store.play(!store.isPlaying),
    "[": () => stepOperation(store, -1),
    "]": () => stepOperation(store, 1),
    "/": () => document.querySelector<HTMLInputElement>(".search input")?.focus(),
    t: () => void store.startTour(),
    c: () => void copy(store),
    "?": onHelp,
    Escape: () => store.set({ tour: undefined }),
  };
  const act = keys[key] ?? jumpOf(key, shiftKey, store);
  if (act === undefined) return;
  event.preventDefault();
  act();
}

function jumpOf(key: string, shiftKey: boolean, store: Store): (() => void) | undefined {
  const letter = key.toLowerCase();
  return "nmfd".includes(letter) && letter.length === 1
    ? () => jump(store, letter, shiftKey ? -1 : 1)
    : undefined;
}

/** Goes to the next tree operation, over the ends of the step. */
function stepOperation(store: Store, by: 1 | -1): void {
  const { view, operation } = store;
  if (view === undefined) return;
  const next = operation === undefined ? by > 0 ? 1 : view.operations.length : operation + by;
  if (next >= 1 && next <= view.operations.length) store.seek(view.step, next);
  else if (operation !== undefined) store.seek(view.step);
}
