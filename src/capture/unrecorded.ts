/**
 * Calls that are not recorded but may change a layout, or write to memory without a fault of the caller: after them the
 * whole layout has to be read.
 *
 * @module
 */
import { type Architecture, numberOf, type SystemCallName } from "../abi/syscalls.ts";

/** What an unrecorded call means for what is known of a layout. */
export type Meaning =
  /** The layout of the caller may be another one afterwards. */
  | "uncertain"
  /** The layout of any process may be. */
  | "uncertain everywhere"
  /** What the caller's later calls do to VmFlags may change. */
  | "other rules"
  /** The process, or the thread, ends. */
  | "end";

const MEANINGS: ReadonlyMap<SystemCallName, Meaning> = new Map([
  ["arch_prctl", "uncertain"], // maps another vdso
  ["process_vm_writev", "uncertain everywhere"],
  ["ptrace", "uncertain everywhere"],
  ["mount", "other rules"], // a file system that nothing may be executed from
  ["mount_setattr", "other rules"],
  ["exit", "end"],
  ["exit_group", "end"],
]);

const FCNTL_ADD_SEALS = 1033;
/** Types of ioctl, the second byte of its request, that map nothing: terminals, sockets, and what any file knows. */
const HARMLESS_IOCTLS = [0x54, 0x89, 0x66];

/** The unrecorded calls that mean something, by their numbers on a machine. */
export function unrecordedCalls(
  machine: Architecture,
): (number: number, args: readonly number[]) => Meaning | undefined {
  const byNumber = new Map<number, Meaning>();
  for (const [name, meaning] of MEANINGS) {
    const number = numberOf(name, machine);
    if (number !== undefined) byNumber.set(number, meaning);
  }
  const ioctl = numberOf("ioctl", machine), fcntl = numberOf("fcntl", machine);
  return (number, args) => {
    if (number === ioctl) {
      const type = ((args[1] ?? 0) >>> 8) & 0xff;
      return HARMLESS_IOCTLS.includes(type) ? undefined : "uncertain";
    }
    if (number === fcntl) return args[1] === FCNTL_ADD_SEALS ? "other rules" : undefined;
    return byNumber.get(number);
  };
}
