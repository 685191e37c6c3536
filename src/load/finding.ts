/**
 * What a load finds: something that must never be.
 *
 * @module
 */

import { CodedError } from "../abi/error.ts";

/** A rule of a load is broken. */
export class LoadFinding extends CodedError<"EFOUND"> {
  /** Says which rule, and where. */
  constructor(message: string) {
    super("LoadFinding", "EFOUND", message);
  }
}
