/**
 * A life that is about to make a call, and a second task that touches its memory meanwhile: what tests of both share.
 *
 * @module
 */

import { MAP_ANONYMOUS, MAP_FIXED, MAP_PRIVATE, MAP_SHARED } from "../../src/abi/mman.ts";
import { pathOf } from "../../src/command/paths.ts";
import type { LifeStep, Program } from "../../src/load/lives.ts";
import { Load } from "../../src/load/load.ts";
import { readPrograms } from "../../src/load/programs.ts";
import type { RunningLife } from "../../src/load/running_life.ts";
import { SecondTask } from "../../src/load/second_task.ts";
import type { LockChecker } from "../../src/mm/locks/lock_checker.ts";
import type { MappedFile } from "../../src/mm/vma.ts";
import type { CallStep } from "../../src/replay/step.ts";
import { present } from "../present.ts";

const [PROGRAM] = await readPrograms([pathOf("traces/cc1-hello.jsonl.gz")]);
/** Bytes of a page; where the life's memory begins; what a touch writes. */
export const PAGE = 4096, AT = 0x10_0000_0000, VALUE = 77;
const FILE: MappedFile = {
  ...{ name: "data", device: "fe:00", inode: 7 },
  ...{ readable: true, writable: true, hugeAligned: false },
};

/** What a test looks at. */
export interface Scene {
  readonly load: Load;
  readonly life: RunningLife;
  readonly locks: LockChecker;
  /** Writes as the load does. */
  readonly write: (page: number) => void;
  readonly stamp: (page: number) => number | undefined;
}

/** First byte of a page. */
export function at(page: number): number {
  return AT + page * PAGE;
}

/** A life that is about to make a call, with pages 0 to 3 of its own. */
export function scene(
  next?: Pick<CallStep["enter"], "call" | "args"> & { result: number; error?: string },
) {
  const program: Program = present(PROGRAM);
  const step = next === undefined ? [] : [lifeStep(next)];
  const load = new Load({
    programs: [{ ...program, lives: [present(program.lives[0]), step] }],
    ...{ memoryPages: 2_000, swapPages: 100, hugePages: "never", locks: true },
  });
  load.apply({ kind: "start", life: 1, argument: 0 });
  const life = present(load.lives[0]);
  map(life, 0, 4);
  const write = (page: number) => {
    load.apply({ kind: "write", life: life.number, argument: at(page) });
  };
  const stamp = (page: number) => life.stamps.get(at(page));
  return { load, life, locks: present(load.memory.locks), write, stamp } satisfies Scene;
}

function lifeStep(
  { call, args, result, error }: {
    readonly call: string;
    readonly args: readonly number[];
    readonly result: number;
    readonly error?: string;
  },
): LifeStep {
  const step: CallStep = {
    ...{ type: "call", pid: 7, action: undefined, unmodelled: undefined },
    enter: { type: "enter", pid: 7, call, args },
    record: {
      ...{ type: "leave", pid: 7, call, result, removed: [], added: [] },
      ...(error !== undefined && { error }),
    },
  };
  return { step, unmapped: [], growth: 0, begins: undefined };
}

/** Maps pages that are the life's own. */
export function map(life: RunningLife, page: number, count: number, protection = 3): void {
  const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  life.space.mmap({ address: at(page), length: count * PAGE, protection, flags });
}

/** Maps a shared file so long. */
export function mapFile(life: RunningLife, page: number, count: number, length: number): void {
  const flags = MAP_SHARED | MAP_FIXED;
  const request = { address: at(page), length: count * PAGE, protection: 3, flags, file: FILE };
  life.space.mmap(request);
  present(life.space.findVma(at(page))?.fileMapping).length = length;
}

interface Beside {
  readonly page: number;
  readonly writes?: boolean;
  readonly point?: number;
}

/** A second task that touches a page. */
export function second(
  { load, life }: Scene,
  { page, writes = true, point = 1 }: Beside,
): SecondTask {
  return new SecondTask(load, life, { address: at(page), writes, point }, VALUE);
}

/** Runs what has to wait at once. */
export const atOnce = (act: () => number) => act();

/** The whole of a touch: beside the call, noted, finished. */
export function whole(scene: Scene, touch: Beside, call: () => void, effects = () => {}): void {
  const task = second(scene, touch);
  task.beside(scene.locks, () => (call(), 0));
  task.noteBefore();
  effects();
  task.finish(atOnce);
}

/** Does the touch when the call has changed everything, but has not yet returned. */
export function late({ locks }: Scene, call: () => void): void {
  const touch = present(locks.onLockPoint);
  locks.onLockPoint = undefined;
  call();
  touch();
}
