/**
 * What the benches and workloads take of `mod.ts` that had another name before.
 *
 * `deno task compare` lays `bench/` and `src/compare/` over older commits, whose `mod.ts` exports the same thing under
 * its former name. A name that changes gets a line in {@linkcode Former} and one in {@linkcode RENAMED}; benches and
 * workloads then ask {@linkcode named} for it.
 *
 * @module
 */

import * as maple from "../mod.ts";

/** Exports of `mod.ts` until 25 November 2026, under their names of then. */
interface Former {
  readonly prepare: typeof maple.compileTrace;
  readonly run: typeof maple.replayUnchecked;
  readonly Machine: typeof maple.System;
}

const exported: Partial<typeof maple> & Partial<Former> = maple;

const RENAMED = {
  compileTrace: exported.compileTrace ?? exported.prepare,
  replayUnchecked: exported.replayUnchecked ?? exported.run,
  System: exported.System ?? exported.Machine,
};

/**
 * The export of today's name, also where it still has its former one.
 *
 * @throws {TypeError} it is there under neither
 */
export function named<K extends keyof typeof RENAMED>(
  name: K,
): NonNullable<(typeof RENAMED)[K]> {
  const value = RENAMED[name];
  if (value === undefined || value === null) {
    throw new TypeError(`Cannot use ${name}: this mod.ts does not export it`);
  }
  return value;
}

/** Those of the names that this `mod.ts` exports neither as they are nor under their former name. */
export function lackingOf(names: readonly string[]): string[] {
  const renamed = new Map<string, unknown>(Object.entries(RENAMED));
  return names.filter((name) => !(name in maple) && renamed.get(name) === undefined);
}
