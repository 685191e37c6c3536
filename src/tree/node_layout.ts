/**
 * Where everything lies in the 256 bytes of a maple node.
 *
 * A node is 64 words of 32 bits and, through a second view of the same bytes, 32 doubles of 64 bits.
 * Node `n` begins at word `n << 6` and double `n << 5`. Node 0 is no node: it is the tree's header.
 *
 * | doubles | leaf and plain node                  | gap-tracking node                         |
 * |-------|--------------------------------------|-------------------------------------------|
 * | 0     | bound: the index before the node's first                                        ||
 * | 1…    | 16 pivots                            | 10 pivots                                 |
 * | words | 34 parent, 35 end, 36…51 slots       | 22…31 slots, 34 parent, 35 end            |
 * | doubles | –                                    | 18…27 gaps                                |
 *
 * A *pivot* is the inclusive maximum of its slot, so slot `i` covers `(pivot[i-1]+1) … pivot[i]`; with the bound
 * standing where `pivot[-1]` would, no slot is special. Linux keeps 15 pivots in a leaf and 9 in a
 * gap-tracking node and lets the parent say the maximum of the last slot (`include/linux/maple_tree.h`); here
 * the node says it itself, which spares every reader the question. Capacities are the kernel's.
 *
 * `end` is the last used slot. Past it every pivot is `+Infinity`, every slot 0 and every gap 0: a search
 * may then compare all pivots without asking where the node ends, and nothing stale can be copied on.
 *
 * A slot of an inner node holds a child's id. A slot of a leaf holds an *entry word*: 0 for nothing, an
 * odd word for a small integer kept in the slot itself, an even one for a handle into the value table; see
 * `node_pool.ts`.
 *
 * The `parent` word is `parent id << 4 | slot in the parent`, 0 in the root, {@linkcode DEAD} once a
 * writer has replaced the node.
 *
 * Every file that uses these constants makes them its own: `import * as layout`, then `const { END } = layout`. V8
 * takes a constant of the same file into the compiled code as a number; an imported one it loads each time,
 * checks for being initialised and for being a small integer.
 *
 * @module
 */

/** The largest index, in the place of the kernel's `ULONG_MAX`. */
export const MAX_INDEX: number = Number.MAX_SAFE_INTEGER;

/** Bytes a node. */
export const NODE_BYTES = 256;
/** `id << WORD_SHIFT` is a node's first word. */
export const WORD_SHIFT = 6;
/** `id << DOUBLE_SHIFT` is a node's first double. */
export const DOUBLE_SHIFT = 5;

/** Double: the index before the node's first; -1 in a node that starts at 0. */
export const BOUND = 0;
/** Double: the first pivot. */
export const PIVOTS = 1;
/** Double: the first gap of a gap-tracking node. */
export const GAPS = 18;
/** Word: the first slot of a gap-tracking node. */
export const GAP_SLOTS = 22;
/** Word: the slot of the parent that holds the node, or {@linkcode DEAD}. */
export const PARENT = 34;
/** Word: the last used slot. */
export const END = 35;
/** Word: the first slot of a leaf or plain node. */
export const SLOTS = 36;

/** Slots of a leaf or plain inner node. */
export const WIDE_CAPACITY = 16;
/** Slots of a gap-tracking inner node. */
export const GAP_CAPACITY = 10;
/** The smallest `end` of a leaf or plain node that is not the root. */
export const WIDE_MIN_END = 6;
/** The smallest `end` of a gap-tracking node that is not the root. */
export const GAP_MIN_END = 4;

/** Value of the parent word of a node that has been replaced. */
export const DEAD = -1;

/** Header word: `root id << 5 | height`; 0 while the tree has no node. One word, so that readers
 * beside a writer see a root and its height together. */
export const ROOT = 1;
/** Header word: the entry word at index 0 while the tree has no node. */
export const ROOT_ENTRY = 2;
/** Header word: grace periods begun, for readers in other threads. */
export const PERIOD = 3;
/** Header words from here on: what each such reader announces; 0 while the place is free. */
export const READERS = 8;
/** Readers in other threads at most. */
export const MAX_READERS = 56;
/** What a reader announces between its reads. */
export const IDLE = -1;
/** Bits of the root word that hold the height. */
export const HEIGHT_BITS = 5;
/** Mask of the height in the root word. */
export const HEIGHT_MASK = 31;
