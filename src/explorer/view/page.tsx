/**
 * The page's first breath: unpacks what it carries, goes where its link points.
 *
 * @module
 */
/// <reference lib="dom" />

import { render } from "preact";
import { entryOf, fromBase64, inflate } from "../model/library.ts";
import { formatPlace } from "../model/place.ts";
import { Store } from "../model/store.ts";
import type { Pack } from "../pack.ts";
import { App } from "./app.tsx";

/** The page's own data is what the command wrote: it is not checked again. */
function isPack(value: unknown): value is Pack {
  return typeof value === "object" && value !== null && "modules" in value && "faults" in value;
}

async function start(): Promise<void> {
  const root = document.getElementById("app")!;
  const packed = document.getElementById("pack")!.textContent ?? "";
  const pack: unknown = JSON.parse(await inflate(fromBase64(packed)));
  if (!isPack(pack)) throw new TypeError("The page is damaged");
  const store = new Store(pack);
  for (const element of document.querySelectorAll<HTMLElement>("script[data-run]")) {
    const bytes = () => Promise.resolve(fromBase64(element.textContent ?? ""));
    store.add(entryOf(element.dataset["run"]!, store.readers, bytes));
  }
  store.onPlace = (place) => history.replaceState(null, "", formatPlace(place));
  // Between a link that is set and this event the page may have written its own place over it; the event knows it.
  addEventListener("hashchange", ({ newURL }) => void store.follow(new URL(newURL).hash));
  render(<App store={store} />, root);
  const wantsTour = location.hash === "#tour";
  await store.follow(location.hash);
  if (store.run === undefined) await store.go({});
  if (wantsTour) await store.startTour();
}

start().catch((error: unknown) => {
  document.getElementById("app")!.textContent = `This page cannot be shown: ${error}`;
});
