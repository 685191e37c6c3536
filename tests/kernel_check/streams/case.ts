/**
 * A case: a new tree of a kind, and operations on it.
 *
 * @module
 */

import type { ReferenceOptions } from "../answer.ts";
import type { Reference } from "../reference.ts";
import type { Operation } from "../../../src/kernel/operation.ts";

/** See the module. */
export interface Case {
  /** Group in the report: `recorded traces`, `random`, … */
  readonly group: string;
  /** The case itself: `cc1-2022, address space 1`. */
  readonly name: string;
  /** What tree, and how much of the reference holds. */
  readonly options: ReferenceOptions;
  /** The row of the catalogue of regressions that it tells, if any. */
  readonly row?: number;
  /** Writes after which the driver is asked for its nodes before the case begins. */
  readonly base?: readonly Operation[];
  /**
   * The operations in order. Each is performed on the reference before the next is taken, so that they may depend on
   * it.
   *
   * @param shape the kernel's nodes after `base`, as `inspect.h` prints them
   */
  readonly operations: (reference: Reference, shape: string) => Iterable<Operation>;
}
