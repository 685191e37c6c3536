/** Which private copies of a file's pages a call has made. */

import { assertEquals, assertThrows } from "@std/assert";
import {
  MADV,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_POPULATE,
  MAP_PRIVATE,
  MAP_SHARED,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
} from "../../src/abi/mman.ts";
import { pathOf } from "../../src/command/paths.ts";
import { noteCopies, noteFile } from "../../src/load/copies.ts";
import { LoadFinding } from "../../src/load/finding.ts";
import { Load } from "../../src/load/load.ts";
import { readPrograms } from "../../src/load/programs.ts";
import type { RunningLife } from "../../src/load/running_life.ts";
import type { MappedFile } from "../../src/mm/vma.ts";
import type { CallStep } from "../../src/replay/step.ts";
import { present } from "../present.ts";

const PROGRAMS = await readPrograms([pathOf("traces/cc1-hello.jsonl.gz")]);
const PAGE = 4096, AT = 0x10_0000_0000, PAGES = 8;
const FILE: MappedFile = {
  ...{
    name: "data",
    device: "fe:00",
    inode: 7,
    readable: true,
    writable: true,
    hugeAligned: false,
  },
};

/** A life that maps pages of a file for itself. */
function begun(): { readonly load: Load; readonly life: RunningLife } {
  const load = new Load({
    programs: PROGRAMS,
    memoryPages: 2_000,
    swapPages: 10,
    hugePages: "never",
  });
  load.apply({ kind: "start", life: 1, argument: 0 });
  const life = present(load.lives[0]);
  map(life, 0, PAGES, MAP_PRIVATE);
  return { load, life };
}

/** One whose pages 2 and 3, and 6, have been written to, of which the stamps know nothing. */
function scene(): RunningLife {
  const { life } = begun();
  for (const page of [2, 3, 6]) life.space.amendPage(at(page), 1);
  life.space.readPage(at(5)); // shows the file's own page
  return life;
}

function at(page: number): number {
  return AT + page * PAGE;
}

function map(life: RunningLife, page: number, count: number, sharing: number): void {
  const request = { address: at(page), length: count * PAGE, flags: sharing | MAP_FIXED };
  life.space.mmap({ ...request, protection: 3, file: FILE });
}

function step(call: string, args: readonly number[], result = 0, error?: string): CallStep {
  return {
    type: "call",
    pid: 7,
    enter: { type: "enter", pid: 7, call, args },
    record: {
      ...{ type: "leave", pid: 7, call, result, removed: [], added: [] },
      ...(error !== undefined && { error }),
    },
    action: undefined,
    unmodelled: undefined,
  };
}

/** The pages that are noted after a call. */
function noted(life: RunningLife, call: CallStep): number[] {
  noteCopies(life, call, undefined);
  return life.stamps.addressesIn(AT, at(PAGES)).map((address) => (address - AT) / PAGE)
    .sort((a, b) => a - b);
}

const [POPULATED, PLAIN] = [MAP_PRIVATE | MAP_POPULATE, MAP_PRIVATE];

Deno.test("noteCopies: what mmap populates, and what POPULATE_WRITE asks for, in its range and no further", () => {
  const mmap = (flags: number, error?: string) =>
    noted(scene(), step("mmap", [0, 3 * PAGE - 1, 3, flags, 3, 0], at(1), error));
  assertEquals([mmap(POPULATED), mmap(PLAIN), mmap(POPULATED, "EAGAIN")], [[2, 3], [], []]);
  const advised = (advice: number, error?: string) =>
    noted(scene(), step("madvise", [at(3), 4 * PAGE, advice], 0, error));
  assertEquals(advised(MADV.POPULATE_WRITE), [3, 6]);
  assertEquals(advised(MADV.POPULATE_WRITE, "ENOMEM"), [3, 6]);
  assertEquals(advised(MADV.POPULATE_READ), []);
});

Deno.test("noteCopies: what calls fill where memory is locked, and nothing where it is not", () => {
  const calls: readonly (readonly [CallStep, readonly number[]])[] = [
    [step("mlock", [at(2) + 5, PAGE]), [2, 3]],
    [step("mlock", [at(2), PAGE], 0, "ENOMEM"), [2]],
    [step("mlock2", [at(3), PAGE, 0]), [3]],
    [step("mprotect", [at(6), PAGE, 3]), [6]],
    [step("pkey_mprotect", [at(2), 2 * PAGE, 3, -1]), [2, 3]],
    [step("mlockall", [1]), [2, 3, 6]],
    [step("mremap", [at(4), PAGE, 5 * PAGE, 1, 0], at(2)), [2, 3, 6]],
    [step("mremap", [at(4), PAGE, 5 * PAGE, 1, 0], at(2), "ENOMEM"), []],
    [step("munmap", [at(2), PAGE]), []],
  ];
  for (const [call, pages] of calls) {
    assertEquals(noted(scene(), call), [], call.enter.call);
    const locked = scene();
    locked.space.mlock(AT, PAGES * PAGE, 1); // on fault: nothing is filled by it
    assertEquals(noted(locked, call), pages, call.enter.call);
  }
});

Deno.test("noteCopies: shared memory, memory without a file, and what was noted before, are left alone", () => {
  const all = step("mmap", [0, PAGES * PAGE, 3, POPULATED, 3, 0], AT);
  const life = scene();
  map(life, 2, 1, MAP_SHARED);
  life.space.amendPage(at(2), 1);
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  life.space.mmap({ address: at(3), length: PAGE, protection: 3, flags });
  life.space.amendPage(at(3), 1);
  assertEquals(noted(life, all), [6]);
  const known = scene();
  known.stamps.set(at(3), 99);
  assertEquals(noted(known, all), [2, 3, 6]);
  assertEquals(known.stamps.get(at(3)), 99);
  const readOnly = scene();
  readOnly.space.mprotect(at(2), PAGE, 1);
  assertEquals(noted(readOnly, all), [3, 6]);
});

Deno.test("noteCopies: a copy holds what the page held, and must hold what is expected there", () => {
  const life = scene();
  const all = step("mmap", [0, PAGES * PAGE, 3, POPULATED, 3, 0], AT);
  const held = life.space.readPage(at(2));
  assertEquals(held === 0, false);
  const error = assertThrows(() => noteCopies(life, all, () => held + 1), LoadFinding);
  assertEquals(
    error.message,
    `life ${life.number} copies ${held} at 0x1000002000, where its file holds ${held + 1}`,
  );
  const other = scene();
  noteCopies(other, all, (_vma, address) => other.space.readPage(address));
  assertEquals(other.stamps.get(at(2)), held);
});

Deno.test("noteCopies: a copy in swap is one too", () => {
  const { load, life } = begun();
  life.space.amendPage(at(2), 1);
  const held = life.space.readPage(at(2));
  load.apply({ kind: "evict", life: life.number, argument: at(2) });
  assertEquals(life.space.entry(at(2))?.kind, "swap");
  noteCopies(life, step("mmap", [0, PAGE, 3, POPULATED, 3, 0], at(2)), undefined);
  assertEquals(life.stamps.get(at(2)), held);
});

Deno.test("noteFile: shared memory without a file of the disk is the program's from its mapping on", () => {
  const life = scene();
  const shared = MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED;
  life.space.mmap({ address: at(20), length: PAGE, protection: 3, flags: shared });
  const files = () => life.job.memoryFiles.size;
  noteFile(life, step("mmap", [], at(20), "ENOMEM"));
  noteFile(life, step("mremap", [], at(20)));
  noteFile(life, step("mmap", [], at(0))); // a file of the disk
  assertEquals(files(), 0);
  noteFile(life, step("shmat", [], at(20)));
  assertEquals(files(), 1);
  life.space.mremap(at(20), PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(30));
  noteFile(life, step("mmap", [], at(30)));
  assertEquals(files(), 1);
});
