/**
 * The kernels that are booted: Debian's long-lived ones and the newest that it has; on request those that Ubuntu had
 * between them, which its users and hosted runners run.
 *
 * @module
 */

/** Who packs a kernel. */
export type Distribution = "Debian" | "Ubuntu";

/** A kernel to boot. */
export interface OtherKernel {
  /** What it is called on the command line and in the table. */
  readonly name: string;
  /** Who packs it: each adds changes of its own. */
  readonly distribution: Distribution;
  /** The release of the distribution that has it. */
  readonly suite: string;
  /** What the version in its package's name begins with; empty for the newest that the release has. */
  readonly version: string;
}

/** Debian's, oldest first: those that are booted unless some are named. */
export const USUAL_KERNELS: readonly OtherKernel[] = [
  debian("5.10", "bullseye"),
  debian("6.1", "bookworm"),
  debian("6.12", "trixie"),
  { name: "newest", distribution: "Debian", suite: "trixie-backports", version: "" },
];

/** Ubuntu's, oldest first. */
export const UBUNTU_KERNELS: readonly OtherKernel[] = [
  ...["5.15", "5.19", "6.2", "6.5"].map((version) => ubuntu(version, "jammy-updates")),
  ...["6.8", "6.11", "6.14", "6.17", "7.0"].map((version) => ubuntu(version, "noble-updates")),
];

/** All of them. */
export const OTHER_KERNELS: readonly OtherKernel[] = [...USUAL_KERNELS, ...UBUNTU_KERNELS];

function debian(version: string, suite: string): OtherKernel {
  return { name: version, distribution: "Debian", suite, version: `${version}.` };
}

function ubuntu(version: string, suite: string): OtherKernel {
  return { name: `ubuntu-${version}`, distribution: "Ubuntu", suite, version: `${version}.` };
}

/** The kernel that this machine runs: nothing is booted for it. */
export const RUNNING_KERNEL = "running";
