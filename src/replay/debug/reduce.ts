/**
 * Delta debugging: the smallest list that still fails.
 *
 * @module
 */

/**
 * Removes parts of a list as long as what is left still fails, halves first, single items last, until no single
 * item can be removed. Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002).
 *
 * O(n log n) trials if few items matter, O(n²) at worst.
 *
 * @param fails whether a list fails as the whole one does; the whole one must
 */
export function reduce<T>(items: readonly T[], fails: (items: readonly T[]) => boolean): T[] {
  const search = reduction(items);
  let step = search.next();
  while (!step.done) step = search.next(fails(step.value));
  return step.value;
}

/** {@linkcode reduce} where whether a list fails must be waited for. */
export async function reduceAsync<T>(
  items: readonly T[],
  fails: (items: readonly T[]) => Promise<boolean>,
): Promise<T[]> {
  const search = reduction(items);
  let step = search.next();
  while (!step.done) step = search.next(await fails(step.value));
  return step.value;
}

/** Yields lists to try, is told of each whether it fails, and returns what is left. */
function* reduction<T>(items: readonly T[]): Generator<T[], T[], boolean> {
  let left = [...items];
  for (let size = Math.ceil(left.length / 2); size > 0;) {
    const before = left.length;
    for (let from = left.length - size; from > -size; from -= size) {
      const start = Math.max(0, from);
      const without = [...left.slice(0, start), ...left.slice(from + size)];
      if (without.length < left.length && (yield without)) left = without;
    }
    if (size > 1) size = Math.ceil(size / 2);
    else if (left.length === before) size = 0;
  }
  return left;
}
