/**
 * What the panels share: being drawn anew, their size, the colours of the scheme.
 *
 * @module
 */
/// <reference lib="dom" />

import type { RefObject, TargetedKeyboardEvent } from "preact";
import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import type { Store } from "../model/store.ts";

const DARK = matchMedia("(prefers-color-scheme: dark)");

/** Draws a component anew after every change of the store. */
export function useStore(store: Store): void {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => store.subscribe(() => draw(undefined)), [store]);
}

/** An element's width in CSS pixels, as it changes; 0 before it is laid out. */
export function useWidth<E extends HTMLElement>(): [RefObject<E | null>, number] {
  return useMeasure((element) => element.clientWidth);
}

/** Its height. Asking the element itself at each drawing would make the browser lay out the page at once. */
export function useHeight<E extends HTMLElement>(): [RefObject<E | null>, number] {
  return useMeasure((element) => element.clientHeight);
}

function useMeasure<E extends HTMLElement>(
  measure: (element: E) => number,
): [RefObject<E | null>, number] {
  const element = useRef<E>(null);
  const [measured, set] = useState(0);
  useEffect(() => {
    const observed = element.current;
    if (observed === null) return;
    const observer = new ResizeObserver(() => set(measure(observed)));
    observer.observe(observed);
    return () => observer.disconnect();
  }, []);
  return [element, measured];
}

/** An element's own keys: those in the table are its alone, all others go on to the page's. */
export function ownKeys(
  keys: Readonly<Record<string, () => void>>,
): (event: TargetedKeyboardEvent<HTMLElement>) => void {
  return (event) => {
    const act = keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
}

/** Rises whenever the colour scheme changes, so that what is drawn by hand is drawn anew. */
export function useScheme(): number {
  const [scheme, change] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const listener = () => change(undefined);
    DARK.addEventListener("change", listener);
    return () => DARK.removeEventListener("change", listener);
  }, []);
  return scheme;
}

/** Colours that were asked for, by scheme: asking the document makes it compute its styles. */
const colors = new Map<string, string>();

/** The value of a colour variable. */
export function color(name: string): string {
  const key = `${name} ${isDark()}`;
  let value = colors.get(key);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    colors.set(key, value);
  }
  return value;
}

/** Whether the colour scheme is dark. */
export function isDark(): boolean {
  return DARK.matches;
}

/** A canvas's context, its bitmap made as large as the screen's pixels ask for and cleared. */
export function prepareCanvas(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D {
  const ratio = devicePixelRatio;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  const context = canvas.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}
