/** Each rule of the whole machine is noticed where it is broken. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { pathOf } from "../../src/command/paths.ts";
import { LoadFinding } from "../../src/load/finding.ts";
import { Load } from "../../src/load/load.ts";
import { checkIdle, checkMachine } from "../../src/load/machine_check.ts";
import { readPrograms } from "../../src/load/programs.ts";
import { MmInvariantError } from "../../src/mm/error.ts";
import type { RunningLife } from "../../src/load/running_life.ts";
import { isFileMapping } from "../../src/mm/pages/physical_memory.ts";
import type { Page, PageTableEntry, SwapSlot } from "../../src/mm/vma.ts";
import { VM_GROWSDOWN } from "../../src/mm/vm_flags.ts";
import { present } from "../present.ts";

const PROGRAMS = await readPrograms([pathOf("traces/cc1-hello.jsonl.gz")]);

/** A machine on which one life has written five pages: 0 and 1 in memory, 2 in swap, 3 under migration, 4 shared. */
interface Scene {
  readonly load: Load;
  readonly life: RunningLife;
  readonly pages: readonly number[];
}

function scene(hugePages: "never" | "always" = "never"): Scene {
  const load = new Load({ programs: PROGRAMS, memoryPages: 4_000, swapPages: 100, hugePages });
  load.apply({ kind: "start", life: 1, argument: 0 });
  const life = present(load.lives[0]);
  const { number } = life;
  const apply = (kind: "write" | "read" | "evict" | "migrate" | "step", argument: number) =>
    assert(load.apply({ kind, life: number, argument }), `${kind} did nothing`);
  apply("step", 12);
  const stack = present([...life.space.vmas()].findLast(({ flags }) => flags & VM_GROWSDOWN));
  const pages = [1, 2, 3, 4].map((page) => stack.end - page * 4096);
  pages.push(present(life.resultMapping()).start);
  for (const page of pages) apply("write", page);
  if (hugePages === "never") {
    apply("read", stack.end - 6 * 4096); // shows the zero page, which has no frame
    apply("evict", pages[2]!);
    apply("migrate", pages[3]!);
  }
  checkMachine(load);
  return { load, life, pages };
}

function entryAt({ life, pages }: Scene, at: number): PageTableEntry {
  return present(life.space.entry(pages[at]!));
}

function pageAt(scene: Scene, at: number): Page {
  const entry = entryAt(scene, at);
  if (entry.kind === "swap") throw new TypeError("The page is in swap");
  return entry.page;
}

function slotAt(scene: Scene, at: number): SwapSlot {
  const entry = entryAt(scene, at);
  if (entry.kind !== "swap") throw new TypeError("The page is in memory");
  return entry.slot;
}

/** What breaks a rule, and the sentence that must follow. */
const BROKEN: Readonly<Record<string, readonly [act: (scene: Scene) => void, says: RegExp]>> = {
  "more promised": [({ load }) => load.commit.pages++, /pages are promised, \d+ of them to/],
  "less promised": [({ load }) => load.commit.pages--, /pages are promised, \d+ of them to/],
  "migration forgotten": [({ load }) => load.migrations.pop(), /is under migration, but none is/],
  "migration miscounted": [
    (scene) => pageAt(scene, 3).migrating++,
    /counts 2 migration entries, 1 wait/,
  ],
  "wrong frame": [
    ({ load: { memory: { frames } } }) => [frames[0], frames[1]] = [frames[1]!, frames[0]!],
    /is not in the frame it names/,
  ],
  "entries miscounted": [
    (scene) => {
      const { frames } = scene.load.memory;
      frames.push({ ...pageAt(scene, 0), frame: frames.length });
    },
    /counts 1 entries, 0 show it/,
  ],
  "uncached page of a file": [
    (scene) => present(scene.life.resultMapping()?.fileMapping).pages.clear(),
    /of a file has a frame, but the cache does not hold it/,
  ],
  "anonymous pages miscounted": [
    ({ load }) => load.memory.anonymousPages++,
    /anonymous pages are counted/,
  ],
  "slot miscounted": [(scene) => slotAt(scene, 2).references++, /counts 2 entries, 1 point to it/],
  "slots miscounted": [({ load }) => load.memory.swapSlots++, /2 swap slots are in use, 1 are/],
  "lost in swap": [
    (scene) => scene.life.stamps.set(scene.pages[2]!, 99),
    /wrote 99 to 0x[0-9a-f]+, which holds \d+$/,
  ],
  "lost in memory": [(scene) => scene.life.stamps.set(scene.pages[0]!, 99), /wrote 99 to .*holds/],
  "written where nothing is mapped": [
    ({ life }) => life.stamps.set(0x1000, 1),
    /wrote to 0x1000, which is not mapped/,
  ],
  "written after the last mapping": [
    ({ life }) => life.stamps.set(0x7fff_ffff_e000, 1),
    /wrote to 0x7fffffffe000, which is not mapped/,
  ],
  "written, but there is no page": [
    ({ life, pages }) => life.stamps.set(pages[3]! - 4096, 1),
    /wrote 1 to 0x[0-9a-f]+, which holds nothing$/,
  ],
  "shown, but never written": [
    ({ life, pages }) => life.stamps.clear(pages[0]!, pages[0]! + 4096),
    /shows \d+ at .*, where 0 was written/,
  ],
  "another write to a file": [
    ({ load, life }) => load.files.truncate(present(life.resultMapping()?.fileMapping), 0),
    /shows \d+ at .*, where 0 was written/,
  ],
};

for (const [name, [act, says]] of Object.entries(BROKEN)) {
  Deno.test(`checkMachine: ${name}`, () => {
    const here = scene();
    act(here);
    const error = assertThrows(() => checkMachine(here.load), LoadFinding);
    assert(says.test(error.message), error.message);
  });
}

Deno.test("checkMachine: a page without a frame that is shown, and a frame that nothing shows", () => {
  const here = scene();
  const { frames } = here.load.memory;
  const page = pageAt(here, 0);
  assert(!isFileMapping(present(page.mapping)));
  const last = present(frames.pop());
  assert(last !== page);
  assertThrows(() => checkMachine(here.load), LoadFinding);
  frames.push(last);
  checkMachine(here.load);
  const shown = scene();
  const event = { life: shown.life.number, argument: shown.pages[0]! - 7 * 4096 };
  assert(shown.load.apply({ kind: "write", ...event }));
  const popped = present(shown.load.memory.frames.pop());
  assert(popped.mapped > 0);
  popped.frame = -1;
  assertThrows(() => checkMachine(shown.load), LoadFinding, "is shown, but has no frame");
  const lost = { ...page, frame: frames.length, mapped: 0, locked: false };
  frames.push(lost);
  assertThrows(() => checkMachine(here.load), LoadFinding, "has a frame, but nothing shows it");
  frames.pop();
  checkMachine(here.load);
});

Deno.test("checkMachine: frames that are counted are in use, and the address spaces are valid themselves", () => {
  const one = scene();
  one.load.memory.used++;
  assertThrows(() => checkMachine(one.load), LoadFinding, "frames are counted");
  const other = scene();
  other.life.space.descriptor.totalPages++;
  assertThrows(() => checkMachine(other.load), MmInvariantError);
});

Deno.test("checkMachine: what was written to memory files is in slots of theirs, mapped or not", () => {
  const here = scene();
  const { load, life, pages } = here;
  const file = pages[4]!;
  assert(load.apply({ kind: "evict", life: life.number, argument: file }));
  checkMachine(load);
  const mapping = present(life.resultMapping()?.fileMapping);
  assertEquals([mapping.stored.size, load.memory.swapSlots], [1, 2]);
  life.space.munmap(present(life.resultMapping()).start, 64 * 4096);
  assertThrows(
    () => checkMachine(load),
    LoadFinding,
    "2 swap slots are in use, 1 are accounted for",
  );
  life.job.memoryFiles.add(present(life.result));
  checkMachine(load);
});

Deno.test("checkMachine: huge pages count once for all that they hold", () => {
  const { load, life } = scene("always");
  checkMachine(load);
  assert(life.space.descriptor.pageTable!.size > 0);
  load.end();
  checkIdle(load);
});

Deno.test("checkIdle: says what is left, and nothing of an idle machine", () => {
  const { load } = scene();
  assertThrows(() => checkIdle(load), LoadFinding, "anonymous pages are left");
  load.end();
  checkIdle(load);
  load.memory.swapSlots++;
  assertThrows(() => checkIdle(load), LoadFinding, "but 1 swap slots are left");
  load.memory.swapSlots--;
  load.commit.pages = -2;
  assertThrows(() => checkIdle(load), LoadFinding, "but -2 promised pages are left");
  assertEquals(load.lives, []);
});
