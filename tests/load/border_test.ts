/** Where a load may cut and write: not what one of the program's calls takes whole. */

import { assertEquals } from "@std/assert";
import { pathOf } from "../../src/command/paths.ts";
import { mayCut, mayWrite } from "../../src/load/border.ts";
import type { AddressRange } from "../../src/load/lives.ts";
import { Load } from "../../src/load/load.ts";
import { readPrograms } from "../../src/load/programs.ts";
import type { RunningLife } from "../../src/load/running_life.ts";
import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, MAP_SHARED } from "../../src/abi/mman.ts";
import { present } from "../present.ts";

const [PROGRAM] = await readPrograms([pathOf("traces/cc1-hello.jsonl.gz")]);
const PAGE = 4096, AT = 0x10_0000_0000;

/** A life of a program that calls something on these ranges as a whole. */
function lifeWith(whole: readonly AddressRange[], mostVmas = 10): RunningLife {
  const load = new Load({
    programs: [{ ...present(PROGRAM), whole, mostVmas }],
    memoryPages: 1_000,
    swapPages: 100,
    hugePages: "never",
  });
  load.apply({ kind: "start", life: 1, argument: 0 });
  return present(load.lives[0]);
}

const WHOLE = { start: AT + 2 * PAGE, end: AT + 4 * PAGE };

//   |    0    |    1    |=== 2 ======= 3 ===|    4    |
Deno.test("mayCut: a page in a range that must stay whole may not, its neighbours may", () => {
  const life = lifeWith([{ start: 0, end: PAGE }, WHOLE]);
  const pages = [0, 1, 2, 3, 4].map((page) => mayCut(life, AT + page * PAGE));
  assertEquals(pages, [true, true, false, false, true]);
});

Deno.test("mayCut: where the program comes near max_map_count by itself, nothing may be cut", () => {
  const most = lifeWith([]).space.descriptor.maxMapCount;
  assertEquals(mayCut(lifeWith([], most - 1_000), AT), true);
  assertEquals(mayCut(lifeWith([], most - 999), AT), false);
});

Deno.test("mayWrite: private memory beside such a range, shared memory, and what was written before", () => {
  const life = lifeWith([WHOLE]);
  const map = (first: number, count: number, sharing: number) => {
    const flags = sharing | MAP_ANONYMOUS | MAP_FIXED;
    const [address, length] = [AT + first * PAGE, count * PAGE];
    life.space.mmap({ address, length, protection: 3, flags });
    return () => mayWrite(life, present(life.space.findVma(address)));
  };
  const cases: readonly (readonly [first: number, count: number, may: boolean])[] = [
    [0, 2, true], // ends where it begins
    [0, 3, false],
    [3, 3, false],
    [4, 3, true], // begins where it ends
    [1, 4, false],
  ];
  for (const [first, count, may] of cases) {
    life.space.munmap(AT, 16 * PAGE);
    assertEquals(map(first, count, MAP_PRIVATE)(), may, `pages ${first} and ${count - 1} more`);
  }
  life.space.munmap(AT, 16 * PAGE);
  assertEquals(map(2, 2, MAP_SHARED)(), true);
  const may = map(2, 2, MAP_PRIVATE);
  assertEquals(may(), false);
  life.space.fault(AT + 2 * PAGE, "write");
  assertEquals(may(), true);
});
