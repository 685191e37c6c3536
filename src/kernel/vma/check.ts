/**
 * A kernel's `mm/vma.c` beside `src/mm`: random maps, unmaps and changes of protection of anonymous memory, every VMA
 * and map_count compared after each.
 *
 * @module
 */

import { MAP_ANONYMOUS, MAP_FIXED, MAP_NORESERVE, MAP_PRIVATE } from "../../abi/mman.ts";
import { AddressSpace } from "../../mm/address_space.ts";
import { Random } from "../../random.ts";
import { reduceAsync } from "../../replay/debug/reduce.ts";
import { Driver, DriverEnded, type DriverOptions } from "../driver.ts";
import { type Operation, operation, Verb } from "../operation.ts";

/** What to check. */
export interface VmaCheckRequest extends DriverOptions {
  /** The driver's program. */
  readonly program: string;
  readonly steps: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly onProgress: (operations: number) => void;
}

/** Where the two differ first. */
export interface VmaDifference {
  readonly at: number;
  readonly operation: Operation;
  readonly text: string;
}

/** What a check found. */
export interface VmaCheckResult {
  readonly layouts: number;
  readonly operations: number;
  readonly found: {
    readonly difference: VmaDifference;
    /** What is left of the operations. */
    readonly shrunk: readonly Operation[];
    readonly shown: VmaDifference;
  } | undefined;
}

const PAGE = 0x1000;

/** Where the layouts lie, and how many pages they have. */
const BASE = 0x10_0000;
const PAGES = 400;

/** Operations on one layout. */
const LENGTH = 2_000;

/** What every VMA has besides its protection: it may get all of them, and no memory is reserved for it. */
const COMMON_FLAGS = 0x20_0070;

/** Checks layout after layout. */
export async function checkVma(request: VmaCheckRequest): Promise<VmaCheckResult> {
  const { steps, seed, signal, onProgress } = request;
  let operations = 0;
  let layouts = 0;
  while (operations < steps && !signal.aborted) {
    const list = randomLayout(new Random(seed + layouts * 0x9e3779b1));
    const difference = await firstDifference(list, request);
    layouts++;
    operations += difference === undefined ? list.length : difference.at + 1;
    onProgress(operations);
    if (difference === undefined) continue;
    let shown = difference;
    const shrunk = await reduceAsync(list.slice(0, difference.at + 1), async (left) => {
      const again = await firstDifference(left, request);
      if (again !== undefined) shown = again;
      return again !== undefined;
    });
    return { layouts, operations, found: { difference, shrunk, shown } };
  }
  return { layouts, operations, found: undefined };
}

/** The first operation after which the two differ, on a new address space. */
async function firstDifference(
  list: readonly Operation[],
  { program, limitMs }: VmaCheckRequest,
): Promise<VmaDifference | undefined> {
  await using driver = await Driver.start(program, { limitMs });
  try {
    const lines = await driver.performOnSpace(list);
    return compare(list, lines);
  } catch (error) {
    if (!(error instanceof DriverEnded)) throw error;
    const last = list.length - 1;
    return { at: last, operation: list[last]!, text: error.ending.text };
  }
}

function compare(list: readonly Operation[], lines: readonly string[]): VmaDifference | undefined {
  const mm = new AddressSpace({ mmapBase: 0x7fff_0000_0000 });
  for (const [at, it] of list.entries()) {
    const error = perform(mm, it);
    const expected = `${error} ${show(mm)}`;
    if (lines[at] !== expected) {
      const text = `expected ${expected}\n  the kernel's vma.c has ${lines[at]}`;
      return { at, operation: it, text };
    }
  }
  return undefined;
}

/** The errno below 0, or 0. */
function perform(mm: AddressSpace, { verb, a, b, c }: Operation): number {
  try {
    const protection = c & 7;
    const length = b - a;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
    if (verb === Verb.VMA_MAP) mm.mmap({ address: a, length, protection, flags });
    else if (verb === Verb.VMA_UNMAP) mm.munmap(a, length);
    else mm.mprotect(a, length, protection);
    return 0;
  } catch (error) {
    if (error instanceof Error && "errno" in error) return -Number(error.errno);
    throw error;
  }
}

/** map_count, and each VMA as the driver prints it. */
function show(mm: AddressSpace): string {
  const hex = (number: number) => number.toString(16);
  const vmas = Array.from(mm.vmas(), ({ start, end, flags, pageOffset }) => {
    return ` ${hex(start)}-${hex(end)}:${hex((flags & 7) | COMMON_FLAGS)}:${hex(pageOffset)}`;
  });
  return `${mm.mapCount}${vmas.join("")}`;
}

/** Operations whose ranges often end where others do; protection is changed only where there is no hole. */
function randomLayout(random: Random): Operation[] {
  const list: Operation[] = [];
  const mapped = new Uint8Array(PAGES);
  while (list.length < LENGTH) {
    const first = random.below(PAGES);
    const pages = Math.min(
      random.chance(0.1) ? random.between(1, 80) : random.between(1, 6),
      PAGES - first,
    );
    const [start, end] = [BASE + first * PAGE, BASE + (first + pages) * PAGE];
    const flags = COMMON_FLAGS | random.pick([0, 1, 3, 3, 5]);
    const kind = random.below(10);
    if (kind < 4) {
      list.push(operation(Verb.VMA_MAP, start, end, flags));
      mapped.fill(1, first, first + pages);
    } else if (kind < 7) {
      list.push(operation(Verb.VMA_UNMAP, start, end));
      mapped.fill(0, first, first + pages);
    } else if (mapped.subarray(first, first + pages).every((it) => it === 1)) {
      list.push(operation(Verb.VMA_PROTECT, start, end, flags));
    }
  }
  return list;
}
