/**
 * Counting how often the load asks something.
 *
 * @module
 */

/** How often a method without arguments is called while `act` runs. */
export function countCalls<Method extends string>(
  prototype: Record<Method, () => void>,
  method: Method,
  act: () => void,
): number {
  const original = prototype[method];
  let count = 0;
  prototype[method] = function (this: unknown) {
    count++;
    original.call(this);
  };
  try {
    act();
  } finally {
    prototype[method] = original;
  }
  return count;
}
