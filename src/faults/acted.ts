/**
 * When a planted fault first acted. Planted code calls `acted()` where it does the wrong thing, and there only.
 *
 * @module
 */

/** The operation in progress, and the one in which the fault first acted. */
export const fault: { operation: number; firstActed: number | undefined } = {
  operation: 0,
  firstActed: undefined,
};

/** Called by planted code each time that it does otherwise than the plain code would. */
export function acted(): void {
  fault.firstActed ??= fault.operation;
}
