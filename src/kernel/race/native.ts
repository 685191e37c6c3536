/**
 * A kernel's tree as a library in this process, for timing: see `driver/race.c`.
 *
 * @module
 */

import type { Operations } from "../../../bench/peers/range_map.ts";

const SYMBOLS = {
  native_new: { parameters: [], result: "pointer" },
  native_free: { parameters: ["pointer"], result: "void" },
  native_execute: {
    parameters: ["pointer", "buffer", "buffer", "buffer", "buffer", "u32", "u32"],
    result: "i32",
  },
} as const;

/** One kernel's tree, loaded. Needs permission for FFI on its file. */
export class NativeLibrary {
  readonly #library: Deno.DynamicLibrary<typeof SYMBOLS>;

  /**
   * Loads a library.
   *
   * @param path what `build(source, "library")` gave as its `program`
   */
  constructor(path: string) {
    this.#library = Deno.dlopen(path, SYMBOLS);
  }

  /** A new, empty tree, with gap tracking. */
  create(): NativeTree {
    return new NativeTree(this.#library.symbols);
  }
}

type Symbols = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** A kernel's tree that performs lists of operations. */
export class NativeTree {
  readonly #symbols: Symbols;
  readonly #tree: Deno.PointerValue;

  /** Made by {@linkcode NativeLibrary.create}. */
  constructor(symbols: Symbols) {
    this.#symbols = symbols;
    this.#tree = symbols.native_new();
  }

  /** Performs operations `from` up to but not including `to`; the hash of `execute()` in `bench/operations.ts`. */
  execute({ verbs, as, bs, cs }: Operations, from: number, to: number): number {
    return this.#symbols.native_execute(
      this.#tree,
      bytesOf(verbs),
      bytesOf(as),
      bytesOf(bs),
      bytesOf(cs),
      from,
      to,
    );
  }

  /** Gives its nodes back. */
  free(): void {
    this.#symbols.native_free(this.#tree);
  }
}

function bytesOf(array: Uint8Array | Float64Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = array;
  if (!(buffer instanceof ArrayBuffer)) throw new TypeError("The columns are shared");
  return new Uint8Array(buffer, byteOffset, byteLength);
}
