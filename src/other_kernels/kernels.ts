/**
 * The kernels that are booted: Debian's long-lived ones and the newest that it has; on request every other one that it
 * or Ubuntu still offers.
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
  /** True if it is not booted in a machine, but runs as a process of this kernel. */
  readonly isProcess?: boolean;
  /** For what the distribution builds it, as its package's name ends: `azure`, `rt-amd64`; usual ones unless given. */
  readonly flavour?: string;
}

/** Which releases have which kernels, oldest first. */
const SERIES: readonly (readonly [Distribution, suite: string, versions: readonly string[]])[] = [
  ["Debian", "bullseye", ["5.10"]],
  ["Debian", "bookworm", ["6.1"]],
  ["Debian", "trixie", ["6.12"]],
  ["Debian", "trixie-backports", ["6.16", "6.17", "6.18", "7.2", "7.3"]],
  ["Ubuntu", "jammy-updates", ["5.15", "5.19", "6.2", "6.5"]],
  ["Ubuntu", "noble-updates", ["6.8", "6.11", "6.14", "6.17", "7.0"]],
];

/** Which releases of Debian have which kernel to run as a process. */
const PROCESSES: ReadonlyMap<string, string> = new Map([
  ["6.1", "bookworm"],
  ["6.12", "trixie"],
  ["newest", "sid"],
]);
/** What their names begin with. */
const PROCESS = "process-";

/** The newest that Debian has for its users. */
const NEWEST = "newest";
/** What names of Ubuntu's begin with. */
const UBUNTU = "ubuntu-";

/** Those that are booted unless some are named. */
export const USUAL_KERNELS: readonly string[] = ["5.10", "6.1", "6.12", NEWEST];

/** The kernel that this machine runs: nothing is booted for it. */
export const RUNNING_KERNEL = "running";

/**
 * Flavours by the end of a kernel's name, and those of their packages: real-time kernels, which have no transparent
 * huge pages, and those of clouds.
 */
const OTHER_FLAVOURS: Readonly<Record<Distribution, ReadonlyMap<string, string>>> = {
  Debian: new Map([["rt", "rt-amd64"]]),
  Ubuntu: new Map(["aws", "azure", "gcp", "lowlatency", "oem"].map((each) => [each, each])),
};

/** The names of the kernels that run as a process. */
export const PROCESS_NAMES: readonly string[] = [...PROCESSES.keys()].map((each) => PROCESS + each);

/** The names that a distribution's kernels have. */
export function kernelNames(distribution: Distribution): string[] {
  const prefix = distribution === "Ubuntu" ? UBUNTU : "";
  const own = SERIES.filter(([other]) => other === distribution);
  const names = own.flatMap(([, , versions]) => versions.map((version) => prefix + version));
  return distribution === "Debian" ? [...names, NEWEST] : names;
}

/**
 * The kernel of a name: a version of two numbers is the newest of these, `ubuntu-` before it says whose, `process-`
 * that it runs as a process; more of the version names one of them, as `6.18.5` and `ubuntu-6.8.0-41`, and a flavour
 * after it those that are built for something, as `6.12-rt` and `ubuntu-6.8-azure`. Undefined if no release has such a
 * one.
 */
export function kernelNamed(name: string): OtherKernel | undefined {
  if (name.startsWith(PROCESS)) {
    const suite = PROCESSES.get(name.slice(PROCESS.length));
    if (suite === undefined) return undefined;
    return { name, distribution: "Debian", suite, version: "", isProcess: true };
  }
  const distribution = name.startsWith(UBUNTU) ? "Ubuntu" : "Debian";
  const own = distribution === "Ubuntu" ? name.slice(UBUNTU.length) : name;
  const [, suffix = ""] = /-([a-z]+)$/.exec(own) ?? [];
  const flavour = OTHER_FLAVOURS[distribution].get(suffix);
  const version = flavour === undefined ? own : own.slice(0, -1 - suffix.length);
  const built = flavour === undefined ? {} : { flavour };
  if (version === NEWEST && distribution === "Debian") {
    return { name, distribution, suite: "trixie-backports", version: "", ...built };
  }
  const [series = ""] = /^\d+\.\d+(?=[.-]|$)/.exec(version) ?? [];
  const found = SERIES.find(([other, , versions]) =>
    other === distribution && versions.includes(series)
  );
  return found && { name, distribution, suite: found[1], version, ...built };
}
