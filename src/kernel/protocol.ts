/**
 * The driver's protocol in TypeScript: `driver/protocol.h`, word by word.
 *
 * @module
 */

import { highWord, lowWord, type Operation } from "./operation.ts";

/** Words of an operation. */
export const OPERATION_WORDS = 10;

/** Words of an answer. */
export const ANSWER_WORDS = 14;

/** Words before each request and reply. */
export const FRAME_WORDS = 3;

/** Words of the driver's first message. */
export const HELLO_WORDS = 6;

/** How that message begins. */
export const HELLO_MAGIC = 0x4d61706c;

/** Where the fields of an answer stand, in words. */
export const Field = {
  ERROR: 0,
  STATUS: 1,
  VALUE: 2,
  FLAGS: 3,
  FIRST: 4,
  LAST: 6,
  COUNT: 8,
  CONTENT_LOW: 9,
  CONTENT_HIGH: 10,
  LOOKUPS: 11,
  SHAPE: 12,
} as const;

/** What the flags of an answer say. */
export const Flag = { BROKEN_RULE: 1, PRINTED: 2, DISORDER: 4, LEAK: 8 } as const;

/** What a frame asks for. */
export const FrameKind = { OPERATIONS: 1, DUMP: 2, SHAPE: 3, SPACE: 4 } as const;

/** How an operation is performed. */
export const Option = { UNCHECKED: 1, SHAPE: 2 } as const;

/** What the tree has that older ones lack. */
export interface Features {
  /** `mas_next_range()` and its kin. */
  readonly rangeMoves: boolean;
  /** `enum maple_status`: a state says why it stopped. */
  readonly status: boolean;
  /** `mtree_dup()`. */
  readonly duplicate: boolean;
  /** `mas_expected_entries()`. */
  readonly reserve: boolean;
}

/** What a driver says of itself. */
export interface Hello {
  readonly nodeBytes: number;
  readonly rangeSlots: number;
  readonly gapSlots: number;
  readonly wordBits: number;
  readonly features: Features;
}

/** Reads the driver's first message; undefined if it is none. */
export function readHello(words: Uint32Array): Hello | undefined {
  const [magic, nodeBytes = 0, rangeSlots = 0, gapSlots = 0, wordBits = 0, features = 0] = words;
  if (magic !== HELLO_MAGIC) return undefined;
  return {
    nodeBytes,
    rangeSlots,
    gapSlots,
    wordBits,
    features: {
      rangeMoves: (features & 1) !== 0,
      status: (features & 2) !== 0,
      duplicate: (features & 4) !== 0,
      reserve: (features & 8) !== 0,
    },
  };
}

/** Writes a number of ours at a place, as the kernel has it. */
export function writeNumber(words: Uint32Array, at: number, number: number): void {
  words[at] = lowWord(number);
  words[at + 1] = highWord(number);
}

/** Writes an operation at a place. */
export function writeOperation(
  words: Uint32Array,
  at: number,
  { verb, a, b, c, d }: Operation,
  options: number,
): void {
  words[at] = verb;
  words[at + 1] = options;
  writeNumber(words, at + 2, a);
  writeNumber(words, at + 4, b);
  writeNumber(words, at + 6, c);
  writeNumber(words, at + 8, d);
}
