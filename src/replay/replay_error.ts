/**
 * A trace that cannot be replayed: the trace is at fault, not the model.
 *
 * @module
 */

import { CodedError } from "../abi/error.ts";

/** `Cannot replay …: why`. */
export class ReplayError extends CodedError<"EREPLAY"> {
  /** Makes an error with a sentence for the reader. */
  constructor(message: string) {
    super("ReplayError", "EREPLAY", message);
  }
}
