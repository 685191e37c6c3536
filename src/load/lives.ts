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

import type { CompiledTrace } from "../replay/compiled.ts";
import type { Step } from "../replay/step.ts";

/** A step, and the life that it begins. */
export interface LifeStep {
  /** What happens. */
  readonly step: Step;
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
}

/**
 * Takes a run apart. O(steps).
 *
 * @throws {TypeError} a step is of a process that no step before it introduced
 */
export function programOf(name: string, trace: CompiledTrace): Program {
  const lives: LifeStep[][] = [[]];
  const lifeOf = new Map<number, number>();
  for (const step of trace.steps) {
    const own = lifeOf.get(step.pid) ?? introduced(step, lifeOf.size === 0);
    const begins = beginsLife(step) ? lives.push([]) - 1 : undefined;
    lives[own]!.push({ step, begins });
    if (step.type === "exec") lifeOf.set(step.pid, begins!);
    else if (step.type === "fork") lifeOf.set(step.record.child, begins ?? own);
    else if (step.type === "exit") lifeOf.delete(step.pid);
  }
  return { name, lives };
}

/** The life that a process without one begins in: the program's first, which holds nothing but its exec. */
function introduced(step: Step, isFirst: boolean): number {
  if (step.type === "exec" && isFirst) return 0;
  throw new TypeError(`Process ${step.pid} was not introduced by the trace`);
}

function beginsLife(step: Step): boolean {
  return step.type === "exec" || step.type === "fork" && !step.record.sharesMemory;
}
