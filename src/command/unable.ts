/**
 * How a command says that it cannot run.
 *
 * @module
 */
import { CodedError } from "../abi/error.ts";

/** The command cannot run, for a reason the user can mend: one sentence on standard error, exit 2. */
export class Unable extends CodedError<"UNABLE"> {
  /** Makes an error with the sentence. */
  constructor(message: string, options?: ErrorOptions) {
    super("Unable", "UNABLE", message, options);
  }
}
