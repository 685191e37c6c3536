/**
 * The value of something that must be there; the assertions do not narrow types.
 *
 * @module
 */

/** `value`, which must not be undefined. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("It is undefined");
  return value;
}
