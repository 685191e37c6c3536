/**
 * A trace as long as one likes: a recorded program, then four steps that take back what they change, again and again.
 *
 * `long_trace.ts STEPS VMAS` replays one with as many VMAs beside and prints, at a third, two thirds and the end, the
 * bytes of the JavaScript heap and of the tree's nodes. Needs `--v8-flags=--expose-gc`.
 *
 * @module
 */

import {
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  PROT_READ,
  PROT_WRITE,
} from "../../src/abi/mman.ts";
import { Replay } from "../../src/replay/replay.ts";
import { poolOf } from "../../src/tree/maple_tree.ts";
import type { MapLine, TraceRecord } from "../../src/trace/format.ts";
import { recordsOf } from "./traces.ts";

const PAGE = 0x1000;
/** Where nothing of the recorded program lies. */
const FREE = 0x10_0000_0000;
/** A place of its own for each of a few rounds, so that it is not always the same slot. */
const PLACES = 16;
const FLAGS = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

/** Records of a program that goes on for at least so many steps, with so many VMAs more than it had. */
export async function* longTrace(steps: number, vmas = 0): AsyncGenerator<TraceRecord> {
  const recorded = await recordsOf("cc1-hello");
  const exit = recorded.findIndex(({ type }) => type === "exit");
  yield* recorded.slice(0, exit);
  const pid = (recorded[exit] as TraceRecord & { pid: number }).pid;
  const beside = FREE + 0x1_0000_0000;
  for (let i = 0; i < vmas; i++) yield* mmap(pid, beside + 2 * i * PAGE, 1);
  const before = recorded.slice(0, exit).filter(({ type }) =>
    type !== "header" && type !== "enter"
  );
  for (let step = before.length + vmas; step < steps; step += 4) {
    const start = FREE + (Math.floor(step / 4) % PLACES) * 8 * PAGE;
    yield* mmap(pid, start, 4);
    yield { type: "fault", pid, address: start };
    const [first, second, third] = [start, start + PAGE, start + 3 * PAGE];
    yield* call(pid, "mprotect", [second, 2 * PAGE, PROT_READ], 0, [start], [
      line(first, 1, "rw-p"),
      line(second, 2, "r--p"),
      line(third, 1, "rw-p"),
    ]);
    yield* call(pid, "munmap", [start, 4 * PAGE], 0, [first, second, third], []);
  }
  yield* recorded.slice(exit);
}

function* mmap(pid: number, start: number, pages: number): Generator<TraceRecord> {
  const args = [start, pages * PAGE, PROT_READ | PROT_WRITE, FLAGS, -1, 0];
  yield* call(pid, "mmap", args, start, [], [line(start, pages, "rw-p")]);
}

function* call(
  pid: number,
  name: string,
  args: number[],
  result: number,
  removed: number[],
  added: MapLine[],
): Generator<TraceRecord> {
  yield { type: "enter", pid, call: name, args };
  yield { type: "leave", pid, call: name, result, removed, added };
}

function line(start: number, pages: number, permissions: string): MapLine {
  const end = start + pages * PAGE;
  return { start, end, permissions, offset: 0, device: "00:00", inode: 0, name: "" };
}

/** What a replay holds after some of its steps. */
export interface Held {
  /** Steps so far. */
  readonly step: number;
  /** Bytes of the JavaScript heap after a collection. */
  readonly heap: number;
  /** Bytes of the nodes of the address space's tree. */
  readonly nodes: number;
}

declare const gc: () => void;

async function main(steps: number, vmas: number): Promise<void> {
  const replay = new Replay({ validate: "touched" });
  const held: Held[] = [];
  for await (const record of longTrace(steps, vmas)) {
    replay.take(record);
    if (record.type !== "leave" || replay.steps < (held.length + 1) * Math.floor(steps / 3)) {
      continue;
    }
    gc();
    const tree = replay.space(record.pid)!.descriptor.tree.tree;
    held.push({
      step: replay.steps,
      heap: Deno.memoryUsage().heapUsed,
      nodes: poolOf(tree).bytes,
    });
  }
  const { matched } = replay.report();
  console.log(JSON.stringify({ matched, steps: replay.steps, held }));
}

if (import.meta.main) await main(Number(Deno.args[0]), Number(Deno.args[1] ?? 0));
