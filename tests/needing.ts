/**
 * Tests that need what a machine may lack: one that is left out says in its name why.
 *
 * @module
 */

/** Name and `ignore` of a test; `lack` is what it needs and this machine has not, undefined or false if it has all. */
export function needing(
  name: string,
  lack: string | false | undefined,
): { readonly name: string; readonly ignore: boolean } {
  const isLacking = lack !== undefined && lack !== false;
  return { name: isLacking ? `${name} (skipped: ${lack})` : name, ignore: isLacking };
}
