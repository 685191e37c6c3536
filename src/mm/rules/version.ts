/**
 * Kernel versions, as `uname -r` prints them, compared.
 *
 * @module
 */

/** Major and minor number, and the stable release after it. */
export type KernelVersion = readonly [major: number, minor: number, patch: number];

/**
 * The version that a release names: of `6.1.0-56-cloud-amd64` it is 6.1.0, of `6.18-rc3` 6.18.0. What distributions
 * append says nothing that could be compared.
 *
 * @throws {RangeError} the text does not begin with two numbers
 */
export function parseKernelVersion(release: string): KernelVersion {
  const [, major, minor, patch = "0"] = /^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(release) ?? [];
  if (major === undefined || minor === undefined) {
    throw new RangeError(`Cannot read the kernel version "${release}": it is none like 6.18.44`);
  }
  return [Number(major), Number(minor), Number(patch)];
}

/** Less than 0 if `a` is the older one, 0 if they are the same, else more. */
export function compareVersions(a: KernelVersion, b: KernelVersion): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** True if `version` is a later stable release of the same series as `backport`, or that one itself. */
export function includesBackport(version: KernelVersion, backport: KernelVersion): boolean {
  return version[0] === backport[0] && version[1] === backport[1] && version[2] >= backport[2];
}
