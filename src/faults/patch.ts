/**
 * A planted fault is a patch of the source, so that production code has no seam for it to pay for.
 *
 * @module
 */

/** One replacement in one file. */
export interface Patch {
  /** The file, from the root: `src/tree/store.ts`. */
  readonly file: string;
  /** What stands there, exactly once. */
  readonly text: string;
  /** What stands there instead. */
  readonly replacement: string;
}

/** A patch that does not fit the source any more. */
export class PatchError extends Error {
  override readonly name = "PatchError";
  readonly code = "EPATCH";
}

/** The text with the replacement made. */
export function patched(source: string, patch: Patch): string {
  const pieces = source.split(patch.text);
  if (pieces.length !== 2) {
    throw new PatchError(
      `Cannot patch ${patch.file}: the text stands there ${pieces.length - 1} times, not once:\n` +
        patch.text,
    );
  }
  return pieces.join(patch.replacement);
}
