/**
 * Amounts of memory and counts of things, in words.
 *
 * @module
 */

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** An amount in the largest unit of which it is a round number or more than ten: `64 MiB`, `12 KiB`. */
export function inBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return "unlimited";
  let value = bytes, unit = 0;
  while (unit < UNITS.length - 1 && value >= 1024 && (value % 1024 === 0 || value >= 10 * 1024)) {
    value /= 1024;
    unit++;
  }
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** `1 VMA`, `2 VMAs`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
