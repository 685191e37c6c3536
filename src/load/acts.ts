/**
 * What events do to a life, as functions of their own: one that is made at each event would cost more than what it does.
 *
 * @module
 */

import type { RunningLife } from "./running_life.ts";

/** The life's next step. */
export function takeStep({ job, next }: RunningLife): number {
  return job.system.apply(next!.step);
}

/** Reads the page there; its stamp. */
export function readAt({ space }: RunningLife, address: number): number {
  return space.readPage(address);
}

/** Writes to a part of the page there; 0. */
export function amendAt({ space }: RunningLife, address: number, value: number): number {
  space.amendPage(address, value);
  return 0;
}
