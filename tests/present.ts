/**
 * The value of something that must be there; the assertions do not narrow types.
 *
 * @module
 */

/** `value`, which must be neither undefined nor null. */
export function present<T>(value: T | undefined | null): T {
  if (value === undefined || value === null) throw new Error(`It is ${value}`);
  return value;
}
