/**
 * The error numbers that the memory calls give, each once, and the error that carries one.
 *
 * @module
 */

/** Linux error numbers (asm-generic/errno-base.h and errno.h) that a memory call can return. */
export const ERRNO = {
  EPERM: 1,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  EINVAL: 22,
  ETXTBSY: 26,
  EOVERFLOW: 75,
  EOPNOTSUPP: 95,
} as const;

/** The name of an error number. */
export type Errno = keyof typeof ERRNO;

/**
 * A memory call failed. Unless the call's own documentation says otherwise, nothing has changed.
 *
 * @example
 * ```ts
 * const error = new MmError("EINVAL", "Cannot unmap 0x1001-0x2001: the address is not
 * page-aligned"); console.assert(error.code === "EINVAL" && error.errno === 22);
 * ```
 */
export class MmError extends Error {
  /** The error's name, as errno(3) gives it. */
  readonly code: Errno;

  /** Makes an error with that name and a sentence for the reader. */
  constructor(code: Errno, message: string) {
    super(message);
    this.name = "MmError";
    this.code = code;
  }

  /** The error's number on Linux. */
  get errno(): number {
    return ERRNO[this.code];
  }
}

/** Lower-case hexadecimal with its `0x`. */
export function hex(value: number): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

/**
 * The error for a call on the range `[start, end)`, in the one form that all messages have:
 * `Cannot <verb> <range>: <why>`.
 */
export function cannot(
  verb: string,
  start: number,
  end: number,
  code: Errno,
  why: string,
): MmError {
  return new MmError(code, `Cannot ${verb} ${hex(start)}-${hex(end)}: ${why}`);
}
