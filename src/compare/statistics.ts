/**
 * The few statistics that a comparison needs.
 *
 * A process is one observation: the rounds within it are not independent of each other, so an interval
 * is always taken over processes, with Student's t because there are few of them.
 *
 * @module
 */

/** A range that holds the true mean with a stated probability. */
export interface Interval {
  /** Lower end. */
  readonly low: number;
  /** Upper end. */
  readonly high: number;
}

/** The middle value, or the mean of the two in the middle; NaN of nothing. O(n log n). */
export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle]!;
  return (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The arithmetic mean; NaN of nothing. */
export function mean(values: ArrayLike<number>): number {
  return sum(values) / values.length;
}

/** The standard deviation of a sample (divided by n − 1); NaN of fewer than two values. */
export function sampleStandardDeviation(values: ArrayLike<number>): number {
  const center = mean(values);
  const squares = Float64Array.from(values, (value) => (value - center) ** 2);
  return Math.sqrt(sum(squares) / (values.length - 1));
}

/**
 * The interval that holds the mean of what was sampled with the given probability, if the values are
 * independent and about normal: mean ± t · s / √n.
 *
 * @throws {RangeError} fewer than two values: nothing is known about their spread
 */
export function meanInterval(values: ArrayLike<number>, confidence: number = 0.95): Interval {
  const { length } = values;
  if (length < 2) {
    throw new RangeError(`Cannot take an interval over ${length} values: 2 are needed`);
  }
  const center = mean(values);
  const half = studentQuantile((1 + confidence) / 2, length - 1) *
    sampleStandardDeviation(values) / Math.sqrt(length);
  return { low: center - half, high: center + half };
}

/**
 * The value that Student's t with `degrees` degrees of freedom stays below with the given
 * probability, found by bisection of {@linkcode studentCumulative} to the last bit.
 *
 * @param probability strictly between 0 and 1
 * @param degrees degrees of freedom, at least 1
 */
export function studentQuantile(probability: number, degrees: number): number {
  if (!(probability > 0 && probability < 1)) {
    throw new RangeError(
      `Cannot take the quantile of ${probability}: it is no probability inside 0…1`,
    );
  }
  if (probability < 0.5) return -studentQuantile(1 - probability, degrees);
  let low = 0;
  let high = 1;
  while (studentCumulative(high, degrees) < probability) high *= 2;
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (studentCumulative(middle, degrees) < probability) low = middle;
    else high = middle;
  }
}

/**
 * The probability that Student's t is at most `t`. For whole degrees of freedom it is a finite sum of
 * powers of cos θ, with tan θ = t / √degrees (Abramowitz and Stegun, 26.7.3 and 26.7.4).
 *
 * @param degrees degrees of freedom, a whole number of at least 1
 */
export function studentCumulative(t: number, degrees: number): number {
  if (!Number.isInteger(degrees) || degrees < 1) {
    throw new RangeError(
      `Cannot use ${degrees} degrees of freedom: a whole number from 1 is needed`,
    );
  }
  const angle = Math.atan(t / Math.sqrt(degrees));
  return 0.5 + centralProbability(angle, degrees) / 2;
}

/** The probability that |t| stays below √degrees · tan angle, signed like the angle. */
function centralProbability(angle: number, degrees: number): number {
  const cosine = Math.cos(angle);
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? cosine : 1;
  let series = degrees === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k < degrees; k += 2) {
    term *= cosine * cosine * (k - 1) / k;
    series += term;
  }
  return isOdd ? 2 / Math.PI * (angle + Math.sin(angle) * series) : Math.sin(angle) * series;
}

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}
