/**
 * What the operands of operations on address spaces hold besides addresses; `driver/protocol.h` in TypeScript.
 *
 * @module
 */

/** A map's last operand is its page offset times this, and the number of its file. */
export const FILE_NUMBERS = 0x1_0000;

/** Address spaces that a driver has room for. */
export const SPACE_NUMBERS = 0x1000;

/** Added to the first byte of a map. */
export const MapFlag = { SHARED_MEMORY: 1, CLOSE_HOOK: 2 } as const;

/** Of a write: whatever the protection is; with an anon_vma of its own. */
export const WriteKind = { PLAIN: 0, FORCED: 1, APART: 2 } as const;

/**
 * Added to the end of a remap's target: the source stays, its page offset becomes new; not if it is accounted; it is
 * split off first.
 */
export const RemapFlag = { KEEPS: 1, RESETS_OFFSET: 2, SPARES_ACCOUNTED: 4, SPLITS: 8 } as const;

/** Added to the flags of a protection: what was never written to is not accounted once it cannot be. */
export const DROPS_ACCOUNT = 8;

/** The kernel's VM_SHARED. */
export const VM_SHARED_BIT = 8;
