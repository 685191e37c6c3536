/**
 * The kernels that are booted: one long-lived release of Debian's after the other, and the newest that it has.
 *
 * @module
 */

/** A kernel to boot. */
export interface OtherKernel {
  /** What it is called on the command line and in the table. */
  readonly name: string;
  /** Debian's release that has it. */
  readonly suite: string;
  /** What the version in its package's name begins with; empty for the newest that the release has. */
  readonly version: string;
}

/** The kernels, oldest first. */
export const OTHER_KERNELS: readonly OtherKernel[] = [
  { name: "5.10", suite: "bullseye", version: "5.10." },
  { name: "6.1", suite: "bookworm", version: "6.1." },
  { name: "6.12", suite: "trixie", version: "6.12." },
  { name: "newest", suite: "trixie-backports", version: "" },
];

/** The kernel that this machine runs: nothing is booted for it. */
export const RUNNING_KERNEL = "running";
