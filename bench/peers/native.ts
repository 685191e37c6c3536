/**
 * The kernel's own lib/maple_tree.c, where a library of it was built. A whole list is performed in one call, so that
 * nothing but the tree is timed.
 */

import { NativeLibrary, type NativeTree } from "../../src/kernel/race/native.ts";
import type { Operations } from "./range_map.ts";

/** Name of its row. */
export const NATIVE_NAME = "linux maple_tree.c";

/** The kernel's tree, as far as the recorded groups need it. */
export interface NativePeer {
  /** A function that performs a list on one tree, again and again, and gives its hash. */
  runner(operations: Operations): () => number;
  /** A new tree, filled: what performs a list on it. The one before is freed. */
  begin(filling?: Operations): (list: Operations) => number;
}

/** The library that `--native=PATH` after `--` names; undefined without it. */
export function nativePeer(args: readonly string[] = Deno.args): NativePeer | undefined {
  const option = args.find((argument) => argument.startsWith("--native="));
  if (option === undefined) return undefined;
  const library = new NativeLibrary(option.slice("--native=".length));
  let begun: NativeTree | undefined;
  return {
    runner: (operations) => {
      const tree = library.create();
      return () => tree.execute(operations, 0, operations.length);
    },
    begin: (filling) => {
      begun?.free();
      const tree = begun = library.create();
      const perform = (list: Operations) => tree.execute(list, 0, list.length);
      if (filling !== undefined) perform(filling);
      return perform;
    },
  };
}
