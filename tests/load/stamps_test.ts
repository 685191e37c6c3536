import { assertEquals } from "@std/assert";
import { FileStamps, PrivateStamps } from "../../src/load/stamps.ts";

Deno.test("PrivateStamps: holds what was written last, and nothing of a range that was cleared", () => {
  const stamps = new PrivateStamps();
  stamps.set(0x1000, 1);
  stamps.set(0x2000, 2);
  stamps.set(0x2000, 3);
  stamps.clear(0, 0x2000);
  assertEquals([stamps.get(0x1000), stamps.get(0x2000)], [undefined, 3]);
  stamps.set(0x9000, 4);
  stamps.clear(0x2000, 0x2000 + 2 ** 40); // a range far larger than what is there
  assertEquals([...stamps.entries()], []);
});

// |1|2|.|   move to 0x8000, where 9 was   |.|.|.|   |1|2|
Deno.test("PrivateStamps: a move takes its range along, over what was there", () => {
  const stamps = new PrivateStamps();
  stamps.set(0x1000, 1);
  stamps.set(0x2000, 2);
  stamps.set(0x8000, 9);
  stamps.set(0x9000, 9);
  stamps.set(0xa000, 9);
  stamps.move(0x1000, 0x3000, 0x8000);
  assertEquals([...stamps.entries()].sort(), [[0x8000, 1], [0x9000, 2]]);
});

Deno.test("PrivateStamps: a fork copies a range, a page is in it or not, and a stamp has 32 bits", () => {
  const [stamps, child] = [new PrivateStamps(), new PrivateStamps()];
  for (const [page, stamp] of [[1, 1], [2, 2 ** 32 - 1], [3, 3]] as const) {
    stamps.set(page * 0x1000, stamp);
  }
  stamps.copyTo(child, 0x2000, 0x3000);
  assertEquals([...child.entries()], [[0x2000, 2 ** 32 - 1]]);
  assertEquals(child.get(0x2000), 2 ** 32 - 1);
  assertEquals(stamps.addressesIn(0x1000, 0x3000).sort(), [0x1000, 0x2000]);
  stamps.clear(0x1000, 0x1000); // nothing
  assertEquals([...stamps.entries()].length, 3);
});

// |1|2|3|   one page to the right   |.|1|2|3|   and back
Deno.test("PrivateStamps: a range may be moved over itself", () => {
  const stamps = new PrivateStamps();
  for (const page of [1, 2, 3]) stamps.set(page * 0x1000, page);
  stamps.move(0x1000, 0x3000, 0x2000);
  assertEquals([...stamps.entries()].sort(([a], [b]) => a - b), [[0x2000, 1], [0x3000, 2], [
    0x4000,
    3,
  ]]);
  stamps.move(0x2000, 0x3000, 0x1000);
  assertEquals([...stamps.entries()].sort(([a], [b]) => a - b), [[0x1000, 1], [0x2000, 2], [
    0x3000,
    3,
  ]]);
});

Deno.test("FileStamps: a truncated file holds zeros beyond its end", () => {
  const stamps = new FileStamps<string>();
  stamps.set("a", 0, 1);
  stamps.set("a", 5, 2);
  stamps.set("b", 5, 3);
  stamps.truncate("a", 5);
  assertEquals([stamps.get("a", 0), stamps.get("a", 5), stamps.get("b", 5)], [1, 0, 3]);
});
