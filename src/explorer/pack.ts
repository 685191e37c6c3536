/**
 * What the command puts into a page and the page takes out: the modules of the engine, and the faults.
 *
 * @module
 */

/** One module as a function body over `require`, `module` and `exports`. */
export interface PackedModule {
  /** Its path from the root of the suite: `src/tree/store.ts`. */
  readonly path: string;
  /** Its code, types gone. */
  readonly code: string;
}

/** A fault that can be planted. */
export interface PackedFault {
  /** Its row in the catalogue of regressions. */
  readonly row: number;
  /** A few words. */
  readonly name: string;
  /** What it makes the code do. */
  readonly story: string;
  /** The modules that it changes, whole: they stand in place of those of the same path. */
  readonly modules: readonly PackedModule[];
}

/** Everything that the page runs. */
export interface Pack {
  /** The path of the module that exports the engine. */
  readonly entry: string;
  /** The modules of the engine as it is. */
  readonly modules: readonly PackedModule[];
  /** The catalogue. */
  readonly faults: readonly PackedFault[];
}

/** What a fault is called in a link: `stale-slot-kept`. */
export function faultKey(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
}
