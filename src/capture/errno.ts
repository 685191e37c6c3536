/**
 * Names of the errors a call can return.
 *
 * Numbers: Linux include/uapi/asm-generic/errno-base.h and errno.h, the same on x86-64 and arm64; those
 * above 511 never reach a program and are seen by a tracer only (include/linux/errno.h).
 *
 * @module
 */

const NAMES: ReadonlyMap<number, string> = new Map([
  [1, "EPERM"],
  [2, "ENOENT"],
  [3, "ESRCH"],
  [4, "EINTR"],
  [5, "EIO"],
  [6, "ENXIO"],
  [7, "E2BIG"],
  [8, "ENOEXEC"],
  [9, "EBADF"],
  [10, "ECHILD"],
  [11, "EAGAIN"],
  [12, "ENOMEM"],
  [13, "EACCES"],
  [14, "EFAULT"],
  [16, "EBUSY"],
  [17, "EEXIST"],
  [19, "ENODEV"],
  [20, "ENOTDIR"],
  [21, "EISDIR"],
  [22, "EINVAL"],
  [23, "ENFILE"],
  [24, "EMFILE"],
  [26, "ETXTBSY"],
  [27, "EFBIG"],
  [28, "ENOSPC"],
  [36, "ENAMETOOLONG"],
  [38, "ENOSYS"],
  [40, "ELOOP"],
  [75, "EOVERFLOW"],
  [80, "ELIBBAD"],
  [95, "EOPNOTSUPP"],
  [133, "EHWPOISON"],
  [512, "ERESTARTSYS"],
  [513, "ERESTARTNOINTR"],
  [514, "ERESTARTNOHAND"],
  [516, "ERESTART_RESTARTBLOCK"],
]);

/** The name of an errno, `ENOMEM`; one that memory and process calls do not give is `errno 99`. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `errno ${errno}`;
}
