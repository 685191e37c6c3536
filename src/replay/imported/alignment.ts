/**
 * Whether large mappings begin on a huge page, which depends on the kernel's version and on the filesystem: what a text
 * shows of it, and what that leaves possible.
 *
 * @module
 */

import { HUGE_PAGE_SIZE } from "../../abi/page.ts";
import type { PlacementPolicy } from "../../trace/format.ts";

/** How a large mapping is placed. */
export type Way = "aligned" | "plain";

/** A mapping of 2 MiB or more. */
export interface Large {
  /** Bytes, whole pages. */
  readonly length: number;
  /** True if the program named a place. */
  readonly hinted: boolean;
  /** The file's name; undefined for anonymous memory. */
  readonly file: string | undefined;
}

/** Narrows down the ways by what a text shows. */
export class Alignment {
  #policies: PlacementPolicy[];
  /** Files that were seen; the others are taken to be on the filesystem of the first. */
  readonly #files = new Map<string, Way>();
  #firstFile: Way | undefined;

  /** Every kernel's way is possible unless one is given. */
  constructor(policy?: PlacementPolicy) {
    this.#policies = policy === undefined ? ["6.18", "6.7", "5.19"] : [policy];
  }

  /** The ways that are possible. */
  ways(large: Large): ReadonlySet<Way> {
    if (large.file !== undefined) {
      const known = this.#files.get(large.file) ?? this.#firstFile;
      return new Set(known === undefined ? ["aligned", "plain"] : [known]);
    }
    return new Set(this.#policies.map((policy) => wayOf(policy, large)));
  }

  /** Takes in where a mapping was placed, of the two places that it could have had. */
  learn(large: Large, places: { plain: number; aligned: number; told: number }): void {
    const { plain, aligned, told } = places;
    if (plain === aligned || (told !== plain && told !== aligned)) return;
    const way = told === plain ? "plain" : "aligned";
    if (large.file !== undefined) {
      this.#firstFile ??= way;
      this.#files.set(large.file, way);
      return;
    }
    const left = this.#policies.filter((policy) => wayOf(policy, large) === way);
    if (left.length > 0) this.#policies = left;
  }
}

/** The way of a kernel with anonymous memory, see `placement.ts`. */
function wayOf(policy: PlacementPolicy, { length, hinted }: Large): Way {
  if (policy === "6.7") return "aligned";
  return policy === "6.18" && !hinted && length % HUGE_PAGE_SIZE === 0 ? "aligned" : "plain";
}
