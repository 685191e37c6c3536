/** The example programs do what they say, and stay short. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Arena } from "../../examples/arena.ts";
import { Calendar } from "../../examples/calendar.ts";
import { AllowList } from "../../examples/ip_allow_list.ts";

Deno.test("example: an allow list of IP addresses, version 4 and 6", () => {
  const list = new AllowList();
  for (const block of ["10.0.0.0/8", "192.168.1.77", "2001:db8::/32", "::1"]) list.allow(block);
  list.deny("10.9.0.0/16");
  list.deny("2001:db8:0:1::/64");
  const lets = (address: string) => list.lets(address);
  for (const address of ["10.0.0.0", "10.255.255.255", "10.8.255.255", "10.10.0.0"]) {
    assert(lets(address), address);
  }
  for (const address of ["9.255.255.255", "11.0.0.0", "10.9.0.0", "10.9.255.255", "192.168.1.78"]) {
    assert(!lets(address), address);
  }
  for (
    const address of ["192.168.1.77", "2001:db8::", "2001:db8:ffff::1", "2001:db8:0:2::", "::1"]
  ) {
    assert(lets(address), address);
  }
  for (const address of ["2001:db9::", "2001:db8:0:1::5", "::", "::2", "255.255.255.255"]) {
    assert(!lets(address), address);
  }
  list.allow("0.0.0.0/0");
  assert(lets("255.255.255.255"));
});

Deno.test("example: a calendar that counts", () => {
  const at = (hour: number, minute = 0) => new Date(2026, 10, 25, hour, minute);
  const calendar = new Calendar(2);
  assertEquals(calendar.book(at(9), at(12)), true);
  assertEquals(calendar.book(at(11), at(14)), true);
  assertEquals(calendar.book(at(11, 30), at(13)), false);
  assertEquals(calendar.book(at(12), at(13)), true);
  const most = [[8, 9], [9, 11], [10, 12], [13, 14], [14, 20]].map(([start, end]) =>
    calendar.mostBooked(at(start!), at(end!))
  );
  assertEquals(most, [0, 1, 2, 1, 0]);
  const day = { start: +at(9), end: +at(20) };
  assertEquals(calendar.firstQuietTime(30 * 60_000, day), at(14));
  calendar.cancel(at(9), at(12));
  assertEquals(calendar.firstQuietTime(2 * 3_600_000, day), at(9));
  assertEquals(calendar.firstQuietTime(24 * 3_600_000, day), undefined);
  assertEquals(calendar.book(at(11), at(12)), true);
});

Deno.test("example: an arena with first fit and best fit", () => {
  const arena = new Arena(1_024);
  const blocks = [100, 200, 40, 300, 64].map((size) => arena.allocate(size));
  assertEquals(blocks, [0, 112, 320, 368, 672]);
  arena.free(112); // 212 bytes free from 100 on
  arena.free(368); // 312 from 360 on
  assertEquals(arena.allocate(64, 16, "best"), 112);
  assertEquals(arena.allocate(200, 64), 384);
  assertEquals(arena.allocate(88, 8, "best"), 584);
  assertEquals(arena.allocate(500), undefined);
  assertEquals(arena.allocate(500, 16, "best"), undefined);
  arena.free(0);
  assertThrows(() => arena.free(0), RangeError, "Nothing was allocated at 0");
  assertThrows(() => arena.free(385), RangeError, "Nothing was allocated at 385");
});

for (const name of ["ip_allow_list", "calendar", "arena"]) {
  Deno.test(`example: ${name} is under forty lines`, async () => {
    const text = await Deno.readTextFile(new URL(`../../examples/${name}.ts`, import.meta.url));
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    assert(lines.length < 40, `${lines.length} lines`);
  });
}
