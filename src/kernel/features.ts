/**
 * What a tree has, read from its own headers: releases differ, and stable ones and distributions carry changes back and
 * forth, so that a version number says little.
 *
 * @module
 */

import { Unable } from "../command/command.ts";
import type { Source } from "./source.ts";

/** Macros by which the driver knows what the tree has. */
export interface TreeFeatures {
  /** `-DHAVE_STATUS` … */
  readonly macros: readonly string[];
  /** What is not there, and so is not tested. */
  readonly missing: readonly string[];
  /** The nodes are split and joined by the rules of 6.12, which Maple's tree follows node by node. */
  readonly isShapeKnown: boolean;
}

/** A thing to look for in `include/linux/maple_tree.h`. */
const FEATURES = [
  {
    macro: "HAVE_STATUS",
    pattern: /enum maple_status\b/,
    name: "why a state stopped (enum maple_status)",
  },
  {
    macro: "HAVE_RANGE_MOVES",
    pattern: /\bmas_next_range\(/,
    name: "mas_next_range() and its kin",
  },
  {
    macro: "HAVE_EXPECTED_ENTRIES",
    pattern: /\bmas_expected_entries\(/,
    name: "mas_expected_entries()",
  },
  { macro: "HAVE_DUPLICATE", pattern: /\bmtree_dup\(/, name: "mtree_dup()" },
  {
    macro: "PREALLOCATE_TAKES_ENTRY",
    pattern: /\bmas_preallocate\(struct ma_state \*mas, void \*entry,/,
    name: undefined,
  },
] as const;

/**
 * Reads what the tree has.
 *
 * @throws {Unable} the header cannot be read
 */
export async function featuresOf({ folder, name }: Source): Promise<TreeFeatures> {
  const header = await Deno.readTextFile(`${folder}/include/linux/maple_tree.h`).catch(() => {
    throw new Unable(`Cannot use ${name}: it has no include/linux/maple_tree.h`);
  });
  const code = await Deno.readTextFile(`${folder}/lib/maple_tree.c`);
  const macros: string[] = [];
  const missing: string[] = [];
  for (const { macro, pattern, name } of FEATURES) {
    if (pattern.test(header)) macros.push(`-D${macro}`);
    else if (name !== undefined) missing.push(name);
  }
  if (/\bslab_sheaf\b/.test(code)) macros.push("-DHAVE_SHEAVES");
  return { macros, missing, isShapeKnown: /\bmaple_big_node\b/.test(code + header) };
}

/**
 * Macros by which the driver of `mm/vma.c` knows what that file has.
 *
 * @throws {Unable} the tree has no `tools/testing/vma`: it came in 6.12
 */
export async function vmaMacros({ folder, name, version }: Source): Promise<string[]> {
  const read = async (path: string) => await Deno.readTextFile(`${folder}/${path}`).catch(() => "");
  const stubs = await Promise.all(
    ["vma_internal.h", "include/stubs.h", "include/dup.h", "include/custom.h"]
      .map((file) => read(`tools/testing/vma/${file}`)),
  );
  const tools = stubs.join("\n");
  if (tools.trim() === "" || await read("mm/vma.c") === "") {
    throw new Unable(
      `Cannot check mm/vma.c of ${name} (Linux ${version}): it has none that builds in user space; that came in 6.12`,
    );
  }
  const header = await read("mm/vma.h");
  return [
    ...(await read("mm/vma_init.c") === "" ? [] : ["-DHAVE_VMA_INIT"]),
    ...(/\blegacy_to_vma_flags\b/.test(tools) ? ["-DHAVE_VMA_FLAGS"] : []),
    ...(/\banon_vma_clone\([^)]*enum vma_operation/.test(tools) ? ["-DHAVE_CLONE_OPERATION"] : []),
    ...(/\bcopy_vma\([^)]*pgoff_t anon_pgoff/.test(header) ? ["-DCOPY_TAKES_ANON_PGOFF"] : []),
    ...(/\bcopy_vma\([^)]*bool keep_source/.test(header) ? ["-DCOPY_TAKES_KEEP_SOURCE"] : []),
    ...(/\bmmap_region\(/.test(header) ? ["-DHAVE_MMAP_REGION"] : []),
    ...(/\bdo_brk_flags\(/.test(header) ? ["-DHAVE_BRK_FLAGS"] : []),
    ...(/\bexpand_downwards\(struct/.test(header) ? ["-DHAVE_EXPAND_DOWNWARDS"] : []),
    ...(/\bvma_close\(/.test(tools + header) ? [] : ["-DLACKS_VMA_CLOSE"]),
  ];
}
