import { assertEquals } from "@std/assert";
import { MapleTree } from "../../mod.ts";

// Both samples were printed by the kernel's own `mt_dump()` (Linux 6.12 lib/maple_tree.c, built in user space), with
// hexadecimal numbers.

const ONE_LEAF = `\
maple_tree(0x564ca1756520) flags 5, height 1 root 0x564cc3a4140e
0-ffffffffffffffff: node 0x564cc3a41400 depth 0 type 1 parent 0x564ca1756521 contents: (nil) FFF 0x3 1FFF (nil) FFFFFFFFFFFFFFFF (nil) 0 (nil) 0 (nil) 0 (nil) 0 (nil) 0 (nil) 0 (nil) 0 (nil) 0 (nil) 0 (nil) 0 (nil) 0 (nil) 0 0x2
  0-fff: (nil)
  1000-1fff: value 1 (0x1) [0x3]
  2000-ffffffffffffffff: (nil)
`;

const TWO_LEVELS = `\
maple_tree(0x561dac85a520) flags 9, height 2 root 0x561dcc0e981e
0-ffffffffffffffff: node 0x561dcc0e9800 depth 0 type 3 parent 0x561dac85a521 contents: 1000 fffffffffffe9000 0 0 0 0 0 0 0 0 | 01 01| 0x561dcc0e9a0c 8FFF 0x561dcc0e960c FFFFFFFFFFFFFFFF (nil) 0 (nil) 0 (nil) 0 (nil) 0 (nil) 0 (nil) 0 (nil) 0 (nil)
  0-8fff: node 0x561dcc0e9a00 depth 1 type 1 parent 0x561dcc0e9806 contents: 0x3 FFF (nil) 1FFF 0x5 2FFF (nil) 3FFF 0x7 4FFF (nil) 5FFF 0x9 6FFF (nil) 7FFF 0xb 8FFF (nil) 0 (nil) 0 (nil) 0 (nil) 0 (nil) 0 (nil) 0 0x8
    0-fff: value 1 (0x1) [0x3]
    1000-1fff: (nil)
    2000-2fff: value 2 (0x2) [0x5]
    3000-3fff: (nil)
    4000-4fff: value 3 (0x3) [0x7]
    5000-5fff: (nil)
    6000-6fff: value 4 (0x4) [0x9]
    7000-7fff: (nil)
    8000-8fff: value 5 (0x5) [0xb]
  9000-ffffffffffffffff: node 0x561dcc0e9600 depth 1 type 1 parent 0x561dcc0e980e contents: (nil) 9FFF 0xd AFFF (nil) BFFF 0xf CFFF (nil) DFFF 0x11 EFFF (nil) FFFF 0x13 10FFF (nil) 11FFF 0x15 12FFF (nil) 13FFF 0x17 14FFF (nil) 15FFF 0x19 16FFF (nil) FFFFFFFFFFFFFFFF 0xe
    9000-9fff: (nil)
    a000-afff: value 6 (0x6) [0xd]
    b000-bfff: (nil)
    c000-cfff: value 7 (0x7) [0xf]
    d000-dfff: (nil)
    e000-efff: value 8 (0x8) [0x11]
    f000-ffff: (nil)
    10000-10fff: value 9 (0x9) [0x13]
    11000-11fff: (nil)
    12000-12fff: value 10 (0xa) [0x15]
    13000-13fff: (nil)
    14000-14fff: value 11 (0xb) [0x17]
    15000-15fff: (nil)
    16000-16fff: value 12 (0xc) [0x19]
    17000-ffffffffffffffff: (nil)
`;

/** Numbers near 2^64, as far below 2^53: the one difference between the two index domains. */
function rebased(sample: string): string {
  return sample.replace(/\b[0-9a-fA-F]{16}\b/g, (digits) => {
    const number = BigInt(`0x${digits}`) - 2n ** 64n + 2n ** 53n;
    const text = number.toString(16);
    return digits === digits.toUpperCase() ? text.toUpperCase() : text;
  });
}

/** Every address replaced: where nodes lie is nobody's business. Value entries stay. */
function withoutAddresses(text: string): string {
  return text.split("\n").map((line) =>
    line
      .replace(/^maple_tree\(\S+\)/, "maple_tree(…)")
      .replace(/(root|node|parent) 0x[0-9a-f]+/g, "$1 …")
      .replace(/(type [23] .*\|)(.*)$/, (_, head: string, slots: string) =>
        head + slots.replace(/0x[0-9a-f]+/g, "…"))
  ).join("\n");
}

Deno.test("MapleTree.dump: one leaf, as the kernel prints it", () => {
  const tree = new MapleTree<number>({ gaps: true });
  tree.store(0x1000, 0x1fff, 1);
  assertEquals(withoutAddresses(tree.dump()), withoutAddresses(rebased(ONE_LEAF)));
});

Deno.test("MapleTree.dump: two levels with gaps, as the kernel prints them", () => {
  const tree = new MapleTree<number>({ gaps: true });
  for (let i = 0; i < 12; i++) tree.store(i * 0x2000, i * 0x2000 + 0xfff, i + 1);
  assertEquals(withoutAddresses(tree.dump()), withoutAddresses(rebased(TWO_LEVELS)));
});

Deno.test("MapleTree.dump: a tree without nodes", () => {
  const tree = new MapleTree<number>({ gaps: true });
  assertEquals(tree.dump(), "maple_tree(0x0) flags 1, height 0 root (nil)\n0: (nil)\n");
  tree.store(0, 0, 5);
  assertEquals(tree.dump(), "maple_tree(0x0) flags 1, height 0 root 0xb\n0: value 5 (0x5) [0xb]\n");
});
