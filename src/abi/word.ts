/**
 * 64-bit words as numbers.
 *
 * @module
 */

/** What stands for a word that is no safe integer, besides its place in a page: more than any address or length. */
const FAR = 2 ** 52;

/**
 * The number that stands for a 64-bit word: itself below 2^53, its signed value above (all ones are -1), and where that
 * is no safe integer either, 2^52 and its last twelve bits: no user address is as large, and whether it is page-aligned
 * is kept.
 */
export function numberOfWord(word: bigint): number {
  const signed = Number(BigInt.asIntN(64, word));
  return Number.isSafeInteger(signed) ? signed : FAR + Number(word & 0xfffn);
}
