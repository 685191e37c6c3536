/**
 * The one error that reading a text ends in.
 *
 * @module
 */

import { CodedError } from "../abi/error.ts";

/** There is nothing in a text of what was asked for; the message says what was looked for. */
export class TextError extends CodedError<"ENOTHING"> {
  /** Makes an error with the sentence. */
  constructor(message: string) {
    super("TextError", "ENOTHING", message);
  }
}
