/**
 * Random arguments of memory calls: mostly those at which ranges meet, sometimes those that no call takes.
 *
 * @module
 */
import {
  MADV,
  MAP_32BIT,
  MAP_DENYWRITE,
  MAP_DROPPABLE,
  MAP_EXECUTABLE,
  MAP_GROWSDOWN,
  MAP_LOCKED,
  MAP_NONBLOCK,
  MAP_NORESERVE,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_SHARED_VALIDATE,
  MAP_STACK,
  MAP_SYNC,
  MAP_UNINITIALIZED,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_EXEC,
  PROT_GROWSDOWN,
  PROT_GROWSUP,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
} from "../abi/mman.ts";
import { PAGE_SIZE } from "../abi/page.ts";
import type { Random } from "../random.ts";

/** Where most calls go; free in every small static program. */
const ARENA = 0x10_0000_0000;
const ARENA_PAGES = 32;
/** Where memory is mapped that grows down; wide, for the guard gaps. */
const STACKS = ARENA + 0x4000_0000;
const STACKS_PAGES = 1536;

/** Where guard pages are. */
const GUARDS = ARENA + 0x8000_0000;

const RW = PROT_READ | PROT_WRITE;

/** Lengths that no call can take, or only just. */
const STRANGE_LENGTHS = [0, 1, PAGE_SIZE - 1, PAGE_SIZE + 1, -1, -PAGE_SIZE, 2 ** 47, 2 ** 52];
/** The ends of what is the user's, and beyond. */
const STRANGE_ADDRESSES = [0, 1, PAGE_SIZE, 0x7fff_ffff_e000, 0x7fff_ffff_f000, -PAGE_SIZE, -1];

/** Poisoning memory is nothing to try on a machine that others use; guard pages have their own place. */
const ELSEWHERE: readonly number[] = [
  MADV.HWPOISON,
  MADV.SOFT_OFFLINE,
  MADV.GUARD_INSTALL,
  MADV.GUARD_REMOVE,
];
/** Advice that splits and merges VMAs. */
const LASTING = [
  MADV.NORMAL,
  MADV.RANDOM,
  MADV.SEQUENTIAL,
  MADV.DONTFORK,
  MADV.DOFORK,
  MADV.DONTDUMP,
  MADV.DODUMP,
  MADV.WIPEONFORK,
  MADV.KEEPONFORK,
];
const ADVICE = [...Object.values(MADV), 5, 7, 99].filter((advice) => !ELSEWHERE.includes(advice));

/** An address and a length, bytes. */
export type DrawnRange = readonly [address: number, length: number];

/** Draws arguments. */
export class Draw {
  readonly random: Random;

  /** @param random where chance comes from */
  constructor(random: Random) {
    this.random = random;
  }

  /** A page of the arena. */
  page(): number {
    return ARENA + PAGE_SIZE * this.random.below(ARENA_PAGES);
  }

  /** Whole pages, one to eight. */
  length(): number {
    return PAGE_SIZE * (1 + this.random.below(8));
  }

  /** A range of the arena; now and then one that is unaligned, empty, or far too long. */
  range(): DrawnRange {
    const { random } = this;
    const strange = random.oneIn(25);
    const address = strange && random.oneIn(2) ? this.strangeAddress() : this.page();
    const length = strange && random.oneIn(2) ? random.pick(STRANGE_LENGTHS) : this.length();
    return [address, length];
  }

  /** An address that is unaligned, or at an end of the address space. */
  strangeAddress(): number {
    const { random } = this;
    return random.oneIn(2) ? this.page() + 1 + random.below(4095) : random.pick(STRANGE_ADDRESSES);
  }

  /** A place for a mapping that grows down: far from each other, or close. */
  stackPage(): number {
    return STACKS + PAGE_SIZE * this.random.below(STACKS_PAGES);
  }

  /** A page of a second, smaller arena. */
  guardPage(): number {
    return GUARDS + PAGE_SIZE * this.random.below(ARENA_PAGES / 2);
  }

  /** Protection for a new mapping. */
  protection(): number {
    return this.random.weighted([
      [60, RW],
      [15, PROT_READ],
      [15, PROT_NONE],
      [5, PROT_READ | PROT_EXEC],
      [3, RW | PROT_EXEC],
      [2, PROT_WRITE],
      [1, 8 | RW],
      [1, 16 | RW],
    ]);
  }

  /** Protection for a change. */
  changedProtection(): number {
    const more = this.random.weighted([[50, 0], [2, PROT_GROWSDOWN], [1, PROT_GROWSUP]]);
    return more | (this.random.oneIn(60) ? PROT_GROWSUP | PROT_GROWSDOWN : 0) | this.protection();
  }

  /** The kind of a mapping: private, shared, and what else there is. */
  kind(): number {
    return this.random.weighted([
      [80, MAP_PRIVATE],
      [16, MAP_SHARED],
      [2, MAP_SHARED_VALIDATE],
      [3, MAP_DROPPABLE],
      [1, 0],
      [1, 5],
    ]);
  }

  /** Flags of a new mapping besides its kind and place; mostly none. */
  mapFlags(): number {
    const { random } = this;
    const one = () =>
      random.weighted([
        [6, MAP_NORESERVE],
        [6, MAP_POPULATE],
        [3, MAP_LOCKED],
        [6, MAP_STACK],
        [2, MAP_POPULATE | MAP_NONBLOCK],
        [1, MAP_SYNC],
        [2, MAP_GROWSDOWN],
        [2, MAP_32BIT],
        [1, MAP_DENYWRITE | MAP_EXECUTABLE | MAP_UNINITIALIZED], // without effect
      ]);
    if (!random.oneIn(5)) return 0;
    return random.oneIn(4) ? one() | one() : one();
  }

  /** Flags of mremap. */
  remapFlags(): number {
    return this.random.weighted([
      [15, 0],
      [20, MREMAP_MAYMOVE],
      [40, MREMAP_MAYMOVE | MREMAP_FIXED],
      [6, MREMAP_MAYMOVE | MREMAP_DONTUNMAP],
      [12, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP],
      [2, MREMAP_FIXED],
      [2, MREMAP_DONTUNMAP],
      [1, 8],
    ]);
  }

  /** Advice, mostly such as VMAs keep. */
  advice(): number {
    return this.random.oneIn(3) ? this.random.pick(ADVICE) : this.random.pick(LASTING);
  }
}
