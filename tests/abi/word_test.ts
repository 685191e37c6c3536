/** 64-bit words as numbers. */

import { assertEquals } from "@std/assert";
import { numberOfWord } from "../../src/abi/word.ts";

Deno.test("numberOfWord: a word below 2^53 is itself", () => {
  for (const word of [0n, 1n, 0x7fff_ffff_f000n, 2n ** 52n, 2n ** 53n - 1n]) {
    assertEquals(BigInt(numberOfWord(word)), word);
  }
});

Deno.test("numberOfWord: the highest words are the negative numbers that the kernel takes them for", () => {
  for (const value of [-1, -22, -4096, -(2 ** 53 - 1)]) {
    assertEquals(numberOfWord(BigInt.asUintN(64, BigInt(value))), value);
    assertEquals(numberOfWord(BigInt(value)), value);
  }
});

Deno.test("numberOfWord: any other is 2^52 and its place in a page", () => {
  assertEquals(numberOfWord(2n ** 53n), 2 ** 52);
  assertEquals(numberOfWord(2n ** 63n + 0xfffn), 2 ** 52 + 0xfff);
  assertEquals(numberOfWord(0x8000_0000_1234_5678n), 2 ** 52 + 0x678);
  assertEquals(numberOfWord(2n ** 64n - 2n ** 53n), 2 ** 52);
});
