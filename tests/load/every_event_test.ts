/**
 * The whole machine is checked after every event, and between any two calls much is written: what a call does to the
 * contents of memory, and what the naive memory is told of it, shows at once.
 */

import { assert, assertEquals } from "@std/assert";
import { pathOf } from "../../src/command/paths.ts";
import type { EventKind } from "../../src/load/event.ts";
import { Load, type LoadOptions } from "../../src/load/load.ts";
import { checkIdle, checkMachine } from "../../src/load/machine_check.ts";
import { readPrograms } from "../../src/load/programs.ts";
import { kernelRules } from "../../src/mm/rules/kernel_rules.ts";
import type { RunningLife } from "../../src/load/running_life.ts";
import { VM_WRITE } from "../../src/mm/vm_flags.ts";
import { PAGE_SIZE } from "../../src/abi/page.ts";
import { Random } from "../random.ts";

const MACHINE = { memoryPages: 4_000, swapPages: 8_000, hugePages: "never" } as const;

/** Pages that are written between two calls. */
const WRITES = 3;
/** Pages of a call's range that are, at most. */
const MOST_PAGES = 8;

interface Play {
  readonly recording: string;
  readonly rules?: string;
  readonly machine?: Partial<LoadOptions>;
  /** Recorded steps at most. */
  readonly steps: number;
}

/** A page of the life's memory that may be written to. */
function drawnPage(load: Load, at: number, random: Random): number {
  const life = load.lives[at]!;
  const vmas = [...life.space.vmas()].filter(({ flags }) => flags & VM_WRITE);
  if (vmas.length === 0) return 0;
  const { start, end } = random.pick(vmas);
  return start + PAGE_SIZE * random.below(Math.min(8, (end - start) / PAGE_SIZE));
}

/** What came of it: how often each kind of event did something, and how many calls were answered otherwise. */
interface Played {
  readonly happened: ReadonlyMap<EventKind, number>;
  readonly parted: number;
}

/** Pages of what the life's next call is about: mostly its first two arguments, for mremap its target too. */
function pagesOfCall({ next }: RunningLife): number[] {
  if (next?.step.type !== "call") return [];
  const [start = 0, length = 0, newLength = 0, , target = 0] = next.step.enter.args;
  const ranges = [[start, length]];
  if (next.step.enter.call === "mremap") ranges.push([target, newLength], [start, newLength]);
  return ranges.flatMap(([from = 0, bytes = 0]) => {
    const first = from - from % PAGE_SIZE;
    if (!(first > 0 && Number.isSafeInteger(from + bytes))) return [];
    const count = Math.min(MOST_PAGES, Math.ceil((from + bytes - first) / PAGE_SIZE));
    return Array.from({ length: Math.max(0, count) }, (_, page) => first + page * PAGE_SIZE);
  });
}

/** Plays a recording to its end or for so many steps. */
async function play({ recording, rules, machine, steps }: Play): Promise<Played> {
  const [files, of] = [[pathOf(recording)], rules === undefined ? rules : kernelRules(rules)];
  const programs = await readPrograms(files, of);
  const load = new Load({ programs, ...MACHINE, ...machine, mayPart: rules !== undefined });
  const random = new Random(1);
  const happened = new Map<EventKind, number>();
  let forks = 0;
  const apply = (kind: EventKind, life: number, argument: number) => {
    if (load.apply({ kind, life, argument })) happened.set(kind, (happened.get(kind) ?? 0) + 1);
    checkMachine(load);
  };
  apply("start", 1, 0);
  for (let done = 0; done < steps && load.lives.length > 0; done++) {
    const at = random.below(load.lives.length);
    const { number, next } = load.lives[at]!;
    const drawn = Array.from({ length: WRITES }, () => drawnPage(load, at, random));
    for (const argument of [...drawn, ...pagesOfCall(load.lives[at]!)]) {
      load.apply({ kind: random.oneIn(4) ? "read" : "write", life: number, argument });
    }
    const kind = random.pick(["read", "evict", "migrate", "settle", "border", "starve"] as const);
    apply(kind, number, kind === "starve" ? random.below(4) : drawnPage(load, at, random));
    if (next === undefined || random.oneIn(40)) apply(next ? "fork" : "exit", number, ++forks);
    else apply("step", number, 1);
  }
  load.end();
  checkIdle(load);
  return { happened, parted: load.parted };
}

const PLAYS: readonly Play[] = [
  { recording: "tests/kernels/7.3/fuzz-1.jsonl.gz", steps: 250 },
  { recording: "tests/kernels/7.3/fuzz-5.jsonl.gz", rules: "5.10", steps: 250 },
  { recording: "tests/kernels/7.3/fuzz-6.jsonl.gz", steps: 250, machine: { memoryPages: 150 } },
  { recording: "tests/kernels/6.12/fuzz-3.jsonl.gz", steps: 250 },
  { recording: "tests/kernels/6.1/fuzz-3.jsonl.gz", steps: 250, machine: { locks: true } },
  { recording: "tests/kernels/6.1/fuzz-5209.jsonl.gz", steps: 250 },
  { recording: "tests/replay/fields.jsonl.gz", steps: 300, machine: { memoryPages: 16_000 } },
  { recording: "traces/gcc-make.jsonl.gz", steps: 150, machine: { hugePages: "always" } },
  { recording: "traces/cc1-2022.jsonl.gz", steps: 150, machine: { memoryPages: 100 } },
];

for (const one of PLAYS) {
  const under = one.rules === undefined ? "" : ` under the rules of ${one.rules}`;
  Deno.test(`load: ${one.recording}${under}, the whole machine checked after every event`, async () => {
    const { happened, parted } = await play(one);
    // Under other rules a program soon ends.
    const kinds = ["read", "evict", "migrate", "settle"] as const;
    for (const kind of ["step", ...one.rules === undefined ? kinds : []] as const) {
      assert((happened.get(kind) ?? 0) > 0, `${kind} never did anything`);
    }
    assertEquals([happened.get("start"), parted > 0], [1, one.rules !== undefined]);
  });
}
