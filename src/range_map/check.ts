/**
 * What a caller gives is checked here, at the door: keys, ranges, sizes and values of both kinds of keys.
 *
 * @module
 */

/** A number or a bigint: what keys are. */
export type Key = number | bigint;

/** The bounds of the keys that a map holds. */
export interface Domain<K extends Key> {
  /** The lowest key. */
  readonly minimum: K;
  /** The key after the highest. */
  readonly highest: K;
}

/**
 * Checks a key.
 *
 * @throws {TypeError} if it is of another type than the map's keys
 * @throws {RangeError} if it is no integer, or outside of the domain
 */
export function checkKey<K extends Key>(domain: Domain<K>, key: K): void {
  checkBound(domain, key);
  if (key === domain.highest) refuse(domain, key);
}

/**
 * Checks a range; true if any key is in it.
 *
 * @throws {TypeError} if a bound is of another type than the map's keys
 * @throws {RangeError} if a bound is no integer or outside of the domain, or the range ends before it starts
 */
export function checkRange<K extends Key>(domain: Domain<K>, start: K, end: K): boolean {
  checkBound(domain, start);
  checkBound(domain, end);
  if (start > end) {
    throw new RangeError(`Cannot use ${start} … ${end} as a range: it ends before it starts`);
  }
  return start < end;
}

/**
 * Checks a value.
 *
 * @throws {TypeError} if it is `undefined`, which means that there is none
 */
export function checkValue(value: unknown): void {
  if (value === undefined) throw new TypeError("Cannot store undefined: `delete` removes a range");
}

/**
 * Checks what a search for a gap is asked for.
 *
 * @throws {TypeError} if a number is of another type than the map's keys
 * @throws {RangeError} if the size or the alignment is no positive integer, or the window no range
 */
export function checkGap<K extends Key>(
  domain: Domain<K>,
  size: K,
  start: K,
  end: K,
  align: K,
): void {
  checkCount(domain, size, "a size");
  checkCount(domain, align, "an alignment");
  checkRange(domain, start, end);
}

function checkCount<K extends Key>(domain: Domain<K>, count: K, what: string): void {
  checkType(domain, count);
  if (!(count > 0) || !isWhole(count)) {
    throw new RangeError(`Cannot use ${count} as ${what}: it is not a positive integer`);
  }
}

function checkBound<K extends Key>(domain: Domain<K>, key: K): void {
  checkType(domain, key);
  if (!(key >= domain.minimum && key <= domain.highest && isWhole(key))) refuse(domain, key);
}

function checkType<K extends Key>({ minimum }: Domain<K>, key: K): void {
  if (typeof key !== typeof minimum) {
    throw new TypeError(`Cannot use ${String(key)} as a key: it is not a ${typeof minimum}`);
  }
}

function isWhole(key: Key): boolean {
  return typeof key === "bigint" || Math.floor(key) === key;
}

function refuse<K extends Key>({ minimum, highest }: Domain<K>, key: K): never {
  throw new RangeError(
    `Cannot use ${key} as a key: it is not an integer from ${minimum} to ${highest}`,
  );
}
