/**
 * The tour: text beside what it is about.
 *
 * @module
 */
/// <reference lib="dom" />

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Store } from "../model/store.ts";

/** The station; nothing while there is no tour. */
export function TourPanel({ store }: { store: Store }): JSX.Element | null {
  const { tour } = store;
  const title = useRef<HTMLHeadingElement>(null);
  const at = tour?.at;
  const target = tour?.stations[tour.at]?.target;
  useEffect(() => {
    if (target === undefined) return;
    title.current?.focus({ preventScroll: true });
    const panel = document.querySelector(`[data-tour=${target}]`);
    panel?.classList.add("toured");
    const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
    // On narrow screens the text lies over the lower half.
    const block = matchMedia("(max-width: 1179px)").matches ? "start" : "nearest";
    panel?.scrollIntoView({ block, behavior });
    return () => panel?.classList.remove("toured");
  }, [at, target, store.view === undefined]);
  if (tour === undefined || at === undefined) return null;
  const { stations } = tour;
  const station = stations[at]!;
  const isLast = at === stations.length - 1;
  const end = () => store.set({ tour: undefined });
  return (
    <aside class="tour" aria-labelledby="tour-title">
      <p class="progress">
        {stations.map((_, number) => <i key={number} class={number <= at ? "done" : ""} />)}
        <span>{at + 1} of {stations.length}</span>
      </p>
      <h2 id="tour-title" ref={title} tabIndex={-1}>{station.title}</h2>
      {station.paragraphs.map((text) => <p key={text}>{text}</p>)}
      <div class="buttons">
        <button type="button" onClick={end}>{isLast ? "Close" : "End the tour"}</button>
        <button type="button" disabled={at === 0} onClick={() => void store.visit(at - 1)}>
          Back
        </button>
        {!isLast && (
          <button type="button" class="primary" onClick={() => void store.visit(at + 1)}>
            Next
          </button>
        )}
      </div>
    </aside>
  );
}
