/**
 * The base class of all errors that Maple throws on purpose.
 *
 * @module
 */

/**
 * An error with a code by which a program tells it from others: an errno's name where a call was refused.
 *
 * Anything else that is thrown is a RangeError for an argument that is no index, or a fault of Maple's.
 *
 * @example Telling Maple's errors from others
 * ```ts
 * import { AddressSpace, CodedError } from "@maple/mm";
 * import { assertEquals } from "@std/assert";
 *
 * let code = "";
 * try {
 *   new AddressSpace().munmap(0x1001, 0x1000);
 * } catch (error) {
 *   if (error instanceof CodedError) code = error.code;
 * }
 * assertEquals(code, "EINVAL");
 * ```
 */
export class CodedError<Code extends string = string> extends Error {
  /** What kind of error it is. */
  readonly code: Code;

  /**
   * Makes an error.
   *
   * @param name the name of its class
   * @param code what kind of error it is
   * @param message a sentence for the reader
   */
  constructor(name: string, code: Code, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
    this.code = code;
  }
}
