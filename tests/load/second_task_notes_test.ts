/** One touch beside one call: what is noted of a write. */

import { assertEquals } from "@std/assert";
import { amended } from "../../src/mm/calls/access.ts";
import { present } from "../present.ts";
import { at, late, map, mapFile, PAGE, scene, second, VALUE, whole } from "./second_task_scene.ts";

Deno.test("SecondTask: a write is noted before the call, on what the page held, in the file where that is shared", () => {
  const one = scene();
  one.write(0);
  const held = present(one.stamp(0));
  whole(one, { page: 0 }, () => one.locks.onLockPoint?.());
  assertEquals(one.stamp(0), amended(held, VALUE));
  mapFile(one.life, 8, 4, Infinity);
  whole(one, { page: 9 }, () => one.locks.onLockPoint?.());
  const mapping = present(one.life.space.findVma(at(9))?.fileMapping);
  assertEquals([one.stamp(9), one.load.files.get(mapping, 1)], [undefined, amended(0, VALUE)]);
  const reading = scene();
  reading.write(0);
  const before = reading.stamp(0);
  whole(reading, { page: 0, writes: false }, () => reading.locks.onLockPoint?.());
  assertEquals(reading.stamp(0), before);
});

Deno.test("SecondTask: a write that waited is noted after the call, on what the page holds then", () => {
  const one = scene();
  one.write(0);
  whole(one, { page: 0, point: 1_000 }, () => {
    map(one.life, 0, 1);
    one.life.stamps.clear(at(0), at(1));
  });
  assertEquals(one.stamp(0), amended(0, VALUE));
});

Deno.test("SecondTask: a touch that never came to an end leaves no note", () => {
  const one = scene();
  const task = second(one, { page: 0, point: 9 });
  task.beside(one.locks, () => 0);
  task.noteBefore();
  task.finish(() => -11);
  assertEquals(one.stamp(0), undefined);
});

const [MAYMOVE, FIXED, DONTUNMAP] = [1, 2, 4];

Deno.test("SecondTask: a write to where mremap had moved the page from came after it: the note goes, what was there stays", () => {
  const args = [at(0), 2 * PAGE, 2 * PAGE, MAYMOVE | FIXED | DONTUNMAP, at(10)];
  for (const page of [0, 1]) {
    for (const own of [true, false]) {
      const one = scene({ call: "mremap", args, result: at(10) });
      const { life } = one;
      for (const number of own ? [0, 1] : [1 - page]) one.write(number);
      for (const number of [9, 12]) life.stamps.set(at(number), number);
      const held = [one.stamp(0), one.stamp(1)];
      whole(one, { page }, () =>
        late(one, () => {
          life.space.mremap(at(0), 2 * PAGE, 2 * PAGE, MAYMOVE | FIXED | DONTUNMAP, at(10));
        }), () => life.stamps.move(at(0), 2 * PAGE, at(10)));
      const now = [9, 10, 11, 12].map((number) => one.stamp(number));
      assertEquals(now, [9, ...held, 12], `page ${page}, ${own ? "written before" : "empty"}`);
      assertEquals([one.stamp(page), one.stamp(1 - page)], [amended(0, VALUE), undefined]);
    }
  }
});

Deno.test("SecondTask: a write after a call that has moved nothing there changes no other page", () => {
  const mremap = { call: "mremap", args: [at(0), 2 * PAGE, 2 * PAGE, 3, at(10)], result: at(10) };
  const cases = [
    { page: 0, next: { ...mremap, call: "mmap" } },
    { page: 0, next: { ...mremap, error: "ENOMEM" } },
    { page: 2, next: mremap }, // after what is moved
    { page: 0, next: { ...mremap, args: [at(1), ...mremap.args.slice(1)] } }, // before it
    { page: 0, next: undefined },
  ] as const;
  for (const { page, next } of cases) {
    for (const own of [true, false]) {
      const one = scene(next);
      const { life } = one;
      if (own) one.write(page);
      const others = [-1, 7, 8, 9, 10, 11, 12, 13];
      for (const number of others) life.stamps.set(at(number), 100 + number);
      whole(one, { page }, () => late(one, () => map(life, page, 1)), () => {
        life.stamps.clear(at(page), at(page + 1));
      });
      assertEquals(one.stamp(page), amended(0, VALUE));
      assertEquals([...life.stamps.entries()].length, others.length + 1);
      assertEquals(others.map((number) => one.stamp(number)), others.map((n) => 100 + n));
    }
  }
});

Deno.test("SecondTask: a write after memory was mapped over a file's page is not the file's", () => {
  const one = scene();
  const { life, load } = one;
  mapFile(life, 8, 4, Infinity);
  one.write(9);
  const mapping = present(life.space.findVma(at(9))?.fileMapping);
  const held = load.files.get(mapping, 1);
  whole(one, { page: 9 }, () => late(one, () => map(life, 9, 1)));
  assertEquals([load.files.get(mapping, 1), one.stamp(9)], [held, amended(0, VALUE)]);
  // Private memory, and then a file over it: the write is the file's.
  whole(one, { page: 0 }, () => late(one, () => mapFile(life, 0, 1, Infinity)), () => {
    life.stamps.clear(at(0), at(1));
  });
  assertEquals([load.files.get(mapping, 0), one.stamp(0)], [amended(0, VALUE), undefined]);
});
