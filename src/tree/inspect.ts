/**
 * What `console.log` prints of a tree and of a state: bounded, and ranges in hexadecimal.
 *
 * @module
 */

import { hexRange } from "../abi/hex.ts";

/** The method that Deno's `console.log` calls. */
export const DENO_INSPECT: unique symbol = Symbol.for("Deno.customInspect");
/** The method that Node's `console.log` calls. */
export const NODE_INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");

/** Entries of a tree that are printed. */
const SHOWN = 8;

/** A tree's size, height and first entries. */
export function treeText(
  tree: Iterable<{ readonly first: number; readonly last: number; readonly value: unknown }> & {
    readonly size: number;
    readonly height: number;
  },
  valueText: (value: unknown) => string,
): string {
  const lines: string[] = [];
  for (const { first, last, value } of tree) {
    if (lines.length === SHOWN) break;
    lines.push(`  ${hexRange(first, last)}: ${valueText(value)}`);
  }
  const more = tree.size - lines.length;
  if (more > 0) lines.push(`  … ${more} more`);
  const head = `MapleTree { size: ${tree.size}, height: ${tree.height} }`;
  return [head, ...lines].join("\n");
}

/** A state's range and status. */
export function stateText(
  state: {
    readonly index: number;
    readonly last: number;
    readonly status: string;
    readonly reserved: number;
  },
): string {
  const { index, last, status, reserved } = state;
  const reserve = reserved === 0 ? "" : `, reserved: ${reserved}`;
  return `MapleState { ${hexRange(index, last)}, status: "${status}"${reserve} }`;
}
