/**
 * A recorded run, taken apart into lives: what happens to one address space, from the exec or fork that makes it
 * to its end.
 *
 * Steps of one life keep their order. Steps of two lives do not depend on each other, but for the step that
 * begins the second one: so a scheduler may interleave lives as it likes, and every life still replays as it was
 * recorded. A vfork child stays in its parent's life until it calls exec, which is why its parent waits for it.
 *
 * @module
 */

import { PAGE_SIZE, pageAlignUp } from "../abi/page.ts";
import type { CompiledTrace } from "../replay/compiled.ts";
import type { CallStep, Step } from "../replay/step.ts";
import { type Layouts, lineFrom, RecordedLayouts } from "../trace/recorded_layouts.ts";

/** Addresses, the end not among them. */
export interface AddressRange {
  /** First byte. */
  readonly start: number;
  /** After the last byte. */
  readonly end: number;
}

/** A step, and the life that it begins. */
export interface LifeStep {
  /** What happens. */
  readonly step: Step;
  /** What the kernel had mapped before the step and had not after it, whatever the call answered. */
  readonly unmapped: readonly AddressRange[];
  /** Pages that the kernel had mapped after it less those before. */
  readonly growth: number;
  /** Number of the life that begins with it, undefined if none does. */
  readonly begins: number | undefined;
}

/** What happens to one address space, in order. */
export type Life = readonly LifeStep[];

/** One recorded run as lives. */
export interface Program {
  /** What it is called: the trace's name. */
  readonly name: string;
  /** The lives by their number. The first holds the one step that begins the program, its exec. */
  readonly lives: readonly Life[];
  /** What calls are about that answer otherwise where a VMA was cut: no other border may come there. */
  readonly whole: readonly AddressRange[];
  /** VMAs that one of its processes had at most. */
  readonly mostVmas: number;
}

/**
 * Takes a run apart. O(steps).
 *
 * @throws {TypeError} a step is of a process that no step before it introduced
 */
export function programOf(name: string, trace: CompiledTrace): Program {
  const lives: LifeStep[][] = [[]];
  const lifeOf = new Map<number, number>();
  const layouts = new RecordedLayouts();
  const whole: AddressRange[] = [];
  let mostVmas = 0;
  for (const step of trace.steps) {
    const own = lifeOf.get(step.pid) ?? introduced(step, lifeOf.size === 0);
    const begins = beginsLife(step) ? lives.push([]) - 1 : undefined;
    const unmapped = step.type === "call" ? unmappedBy(step, layouts) : NOTHING;
    const growth = step.type === "call" ? growthBy(step, layouts) : 0;
    layouts.apply(step.record);
    mostVmas = Math.max(mostVmas, layouts.count(step.pid));
    if (step.type === "call") whole.push(...wholeFor(step));
    lives[own]!.push({ step, unmapped, growth, begins });
    if (step.type === "exec") lifeOf.set(step.pid, begins!);
    else if (step.type === "fork") lifeOf.set(step.record.child, begins ?? own);
    else if (step.type === "exit") lifeOf.delete(step.pid);
  }
  return { name, lives, whole, mostVmas };
}

const NOTHING: readonly AddressRange[] = [];

/** What is gone of the VMAs that a call removed, after those that it added. */
function unmappedBy({ pid, record }: CallStep, layouts: Layouts): readonly AddressRange[] {
  if (record.removed.length === 0) return NOTHING;
  const before = layouts.of(pid);
  const gone: AddressRange[] = [];
  for (const start of record.removed) {
    const line = before[lineFrom(before, start)];
    if (line?.start === start) gone.push(...without(line, record.added));
  }
  return gone.length === 0 ? NOTHING : gone;
}

function growthBy({ pid, record }: CallStep, layouts: Layouts): number {
  const before = layouts.of(pid);
  let bytes = 0;
  for (const { start, end } of record.added) bytes += end - start;
  for (const start of record.removed) {
    const line = before[lineFrom(before, start)];
    if (line?.start === start) bytes -= line.end - start;
  }
  return bytes / PAGE_SIZE;
}

/** What is left of a range without others. */
function without(range: AddressRange, others: readonly AddressRange[]): AddressRange[] {
  let left: AddressRange[] = [{ start: range.start, end: range.end }];
  for (const { start, end } of others) {
    left = left.flatMap((part) => [
      { start: part.start, end: Math.min(part.end, start) },
      { start: Math.max(part.start, end), end: part.end },
    ]).filter((part) => part.start < part.end);
  }
  return left;
}

/** The range of a call that works within one VMA only. */
function wholeFor({ enter }: CallStep): readonly AddressRange[] {
  const [start = 0, length = 0] = enter.args;
  if (enter.call !== "mremap" && enter.call !== "remap_file_pages") return NOTHING;
  return [{ start, end: start + pageAlignUp(length) }];
}

/** The life that a process without one begins in: the program's first, which holds nothing but its exec. */
function introduced(step: Step, isFirst: boolean): number {
  if (step.type === "exec" && isFirst) return 0;
  throw new TypeError(`Process ${step.pid} was not introduced by the trace`);
}

function beginsLife(step: Step): boolean {
  return step.type === "exec" || step.type === "fork" && !step.record.sharesMemory;
}
