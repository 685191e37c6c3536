/** What a page shows of the VMAs of a whole layout, and what it says of a tree that is broken. */

import { assertEquals } from "@std/assert";
import * as engine from "../../src/explorer/engine.ts";
import { healthOf, lookUp } from "../../src/explorer/model/health.ts";
import { rangesOf } from "../../src/explorer/model/ranges.ts";
import { readSpace, Rows } from "../../src/explorer/model/vma_row.ts";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import type { MapLine } from "../../src/trace/format.ts";
import { call, memory, PID, start } from "../replay/records.ts";
import { PAGE, smallRun } from "./small_run.ts";

const FILE = { device: "08:01", inode: 7, name: "libc.so.6" };

function line(
  at: number,
  permissions: string,
  flags: string,
  change: Partial<MapLine> = {},
): MapLine {
  return memory(at, 1, { permissions, vmFlags: `${flags}mr mw me`, ...change });
}

/** The address space that a program of these lines begins with. */
function spaceOf(layout: MapLine[]): AddressSpace {
  const reader = new engine.StepReader();
  const system = new engine.System(() => () => {});
  for (const record of start({ placement: "6.18" }, layout)) {
    const step = reader.read(record);
    if (step !== undefined) system.apply(step);
  }
  return system.space(PID)!;
}

Deno.test("rows: each kind of VMA, by its flags, its name and its file", () => {
  const lines = [
    line(0x40_0000, "r-xp", "rd ex ", FILE),
    line(0x40_1000, "rw-p", "rd wr ac ", { ...FILE, offset: 0x1000 }),
    line(0x70_0000, "---p", "", FILE),
    line(0x71_0000, "rw-p", "rd wr ac "),
    line(0x72_0000, "r--s", "rd sh ms ", { ...FILE, offset: 0x2000 }),
    line(0x7fff_0000_0000, "rw-p", "rd wr gd ac ", { name: "[stack]" }),
    line(0x7fff_1000_0000, "r-xp", "rd ex de ", { name: "[vdso]" }),
  ];
  const run = smallRun([
    ...start({ placement: "6.18" }, lines, { brk: 0x50_0000, stack: 0x7fff_0000_0800 }),
    ...call("brk", [0x50_1000], { result: 0x50_1000 }),
  ]);
  assertEquals(run.view(2).space!.rows[2]!.kind, "heap");
  const { rows } = run.view(1).space!;
  assertEquals(rows.map(({ start }) => start), lines.map(({ start }) => start));
  assertEquals(rows.map(({ kind }) => kind), [
    ..."text data guard anonymous shared stack kernel".split(" "),
  ] as never);
  assertEquals(rows.map(({ permissions }) => permissions), lines.map((it) => it.permissions));
  assertEquals(rows.map(({ name }) => name), lines.map(({ name }) => name));
  assertEquals(rows.map(({ inode }) => inode), lines.map(({ inode }) => inode));
  assertEquals(rows.map(({ device }) => device), lines.map(({ device }) => device));
  assertEquals(rows[4]!.offset, 0x2000);
});

Deno.test("rows: one that stays as it is is not made anew, one that changes keeps its number", () => {
  const space = spaceOf([memory(0x10_0000, 2), memory(0x20_0000)]);
  const cache = new Rows();
  const read = () => readSpace(engine, space, cache).rows;
  const [first, second] = read();
  assertEquals(read().map((row, at) => row === [first, second][at]), [true, true]);
  assertEquals([first!.identity, second!.identity], [1, 2]);
  const vma = space.findVma(0x10_0000)!;
  assertEquals(cache.known(vma), first);
  space.munmap(0x10_1000, PAGE);
  const [shorter, same] = read();
  assertEquals([shorter!.identity, shorter!.last, same === second], [1, 0x10_0fff, true]);
  space.mprotect(0x20_0000, PAGE, 1);
  assertEquals(read()[1]!.permissions, "r--p");
  // Few rows are kept, however often a view is made.
  cache.begin();
  assertEquals(cache.known(vma), shorter);
});

Deno.test("health: of a whole tree, lookups find every VMA and no rule is broken", () => {
  const space = spaceOf([memory(0x10_0000, 2), memory(0x20_0000)]);
  assertEquals(healthOf(space), {
    ...{ mapCount: 2, lookups: 2, missed: 0, walked: 2, misplaced: [] },
    ...{ violation: undefined, hang: undefined },
  });
  assertEquals(lookUp(space, 0x10_1fff)?.start, 0x10_0000);
  assertEquals([lookUp(space, 0x10_2000), lookUp(space, -1)], [undefined, undefined]);
  assertEquals(rangesOf(space), [0x10_0000, 0x10_1fff, 0x20_0000, 0x20_0fff]);
});

Deno.test("health: a VMA that the tree holds elsewhere than it says", () => {
  const space = spaceOf([memory(0x10_0000, 2), memory(0x20_0000)]);
  const vma = space.findVma(0x10_0000)!;
  Object.assign(vma, { end: 0x10_1000 });
  const { misplaced, missed, lookups, walked, violation } = healthOf(space);
  assertEquals(misplaced, [{
    ...{ at: 0x10_0000, start: 0x10_0000, end: 0x10_1000 },
    found: { start: 0x10_0000, end: 0x10_1000 },
  }]);
  assertEquals([missed, lookups, walked], [0, 2, 2]);
  assertEquals(violation !== undefined, true);
  Object.assign(vma, { start: 0x11_0000, end: 0x10_2000 });
  const other = healthOf(space);
  assertEquals([other.missed, other.misplaced.length], [1, 1]);
  Object.assign(vma, { start: 0x10_0000, end: 0x30_0000 });
  assertEquals(healthOf(space).missed, 1);
});

Deno.test("health: the rule that is broken, its node and slot", () => {
  const space = spaceOf([memory(0x10_0000, 2), memory(0x20_0000)]);
  const thrown = (error: unknown) => {
    const value = () => {
      throw error;
    };
    return healthOf(Object.defineProperty(space, "validate", { value, configurable: true }))
      .violation;
  };
  const error = (fields: object) => Object.assign(new Error("it is wrong"), fields);
  assertEquals(thrown(error({ rule: "r", node: 3, slot: 5 })), {
    ...{ message: "it is wrong", rule: "r", node: 3, slot: 5 },
  });
  assertEquals(thrown(error({})), {
    ...{ message: "it is wrong", rule: "it is wrong", node: -1, slot: -1 },
  });
  assertEquals(thrown(error({ rule: 1, node: "3", slot: "5" })), thrown(error({})));
});
