/**
 * Maple: the Linux maple tree and the kernel's address-space model.
 *
 * {@linkcode MapleTree} maps ranges of indices to values; {@linkcode AddressSpace} is a process's VMAs, kept in
 * such a tree by the kernel's rules; {@linkcode readTrace} and {@linkcode replay} run a recorded program
 * through it and compare with what the kernel showed; {@linkcode importText} and {@linkcode explainLayout} read what
 * people have at hand. {@linkcode RangeMap} is the tree for programs that have nothing to
 * do with kernels.
 *
 * Each part is a module of its own: `@maple/mm/tree`, `/range-map`, `/address-space`, `/trace`, `/replay` and `/text`.
 *
 * @module
 */

export * from "./src/tree/mod.ts";
export * from "./src/range_map/mod.ts";
export * from "./src/mm/mod.ts";
export * from "./src/trace/mod.ts";
export * from "./src/replay/mod.ts";
export * from "./src/load/mod.ts";
export * from "./src/text/mod.ts";
