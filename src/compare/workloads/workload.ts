/**
 * What a workload is once it is ready to run, whatever it runs on.
 *
 * @module
 */

/** Exact counts by name. */
export type Counters = Readonly<Record<string, number>>;

/** A list of steps and what they are performed on. */
export interface Workload {
  /** Steps in the list. */
  readonly length: number;
  /** Makes what the steps are performed on, as it is before the first one. Not timed. */
  fresh(): void;
  /**
   * Performs steps `from` up to but not including `to`. After the last one comes {@linkcode fresh}.
   *
   * @returns a 32-bit hash of what the steps answered
   */
  run(from: number, to: number): number;
  /** The counts since {@linkcode fresh}, that included; empty if this kind of workload has none. */
  counters(): Counters;
  /** A 32-bit hash of everything that is stored now. */
  contents(): number;
  /** A step in words. */
  describe(step: number): string;
}
