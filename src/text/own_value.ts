/**
 * Looking up names that come from a text.
 *
 * @module
 */

/** The value of a table's own entry: `constructor` and the like, which every object has, are none. */
export function ownValue<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
