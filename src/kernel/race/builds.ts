/**
 * What `kernel race` times: two trees by path, or two revisions of one checkout.
 *
 * @module
 */

import { type Build, build } from "../build.ts";
import { findSource } from "../source.ts";
import { withRevision } from "./revision.ts";

/** Which two. */
export interface BuildsRequest {
  /** A tree, a tarball or, with a checkout, a revision. */
  readonly base: string;
  /** The same; unless given the working tree of the checkout, without one the base. */
  readonly head: string | undefined;
  /** A git checkout. */
  readonly checkout: string | undefined;
  /** Nodes come from the allocator of the tree's own test suite. */
  readonly slab: boolean;
  /** Told what is being done. */
  readonly onProgress?: (what: string) => void;
}

/**
 * Builds both sides, calls `use` with them, and removes what was checked out.
 *
 * @throws {Unable} a tree cannot be built
 * @throws {GitError} no repository, an unknown revision
 */
export async function withBuilds<T>(
  { base, head, checkout, slab, onProgress }: BuildsRequest,
  use: (base: Build, head: Build) => Promise<T>,
): Promise<T> {
  const built = async (path: string, revision?: string) => {
    const source = await findSource(path);
    // A temporary folder says nothing to the reader.
    const named = revision === undefined ? source : { ...source, name: revision };
    return await build(named, slab ? "library-slab" : "library", onProgress);
  };
  if (checkout === undefined) return await use(await built(base), await built(head ?? base));
  return await withRevision(checkout, base, async (folder) => {
    const first = await built(folder, base);
    if (head === undefined) return await use(first, await built(checkout));
    return await withRevision(
      checkout,
      head,
      async (second) => await use(first, await built(second, head)),
    );
  });
}
