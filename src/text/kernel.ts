/**
 * What a kernel's version says of how it behaves.
 *
 * @module
 */

import type { PlacementPolicy } from "../trace/format.ts";

/** A kernel, as far as a text or its reader names it. */
export interface KernelChoice {
  /** Its version, as it was given; empty if it was not. */
  readonly version: string;
  /** How it places large mappings; undefined if no version was given. */
  readonly placement: PlacementPolicy | undefined;
}

/**
 * The kernel of a version: `"6.1"`, `"5.15.0-91-generic"`. How versions place, `placement.ts` says.
 *
 * @throws {RangeError} it does not begin with two numbers
 */
export function kernelOf(version: string | undefined): KernelChoice {
  if (version === undefined) return { version: "", placement: undefined };
  const match = /^(\d+)\.(\d+)/.exec(version);
  if (match === null) {
    throw new RangeError(
      `Cannot tell a kernel's version from ${JSON.stringify(version)}: it does not begin like 6.1`,
    );
  }
  const order = Number(match[1]) * 1000 + Number(match[2]);
  return { version, placement: order >= 6012 ? "6.18" : order >= 6007 ? "6.7" : "5.19" };
}
