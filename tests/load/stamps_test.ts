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

Deno.test("FileStamps: a truncated file holds zeros beyond its end", () => {
  const stamps = new FileStamps<string>();
  stamps.set("a", 0, 1);
  stamps.set("a", 5, 2);
  stamps.set("b", 5, 3);
  stamps.truncate("a", 5);
  assertEquals([stamps.get("a", 0), stamps.get("a", 5), stamps.get("b", 5)], [1, 0, 3]);
});
