/**
 * What woven sources call: which mutant is on, and which ones would have made a difference since the last look.
 *
 * @module
 */

/** The switches of one process. */
export const state = {
  /** The mutant that is on; 0 if none is. */
  active: 0,
  /** Turns of all loops, and calls, since it was set to 0. */
  turns: 0,
  /** A loop that goes on beyond so many is taken for endless. */
  mostTurns: Infinity,
  /** The left side of a logical operator, on its way to the question what it is. */
  left: undefined as unknown,
};

/** By mutant: 1 if it would have computed something else, or its statement was passed. */
export const differs: Uint8Array = new Uint8Array(1 << 14);

/** Whether the mutant is on; its place is passed. */
export function on(mutant: number): boolean {
  differs[mutant] = 1;
  return state.active === mutant;
}

/** A condition that two mutants set to true and false: notes which of them would have made a difference. */
export function asked(whenTrue: number, whenFalse: number, answer: unknown): unknown {
  differs[answer ? whenFalse : whenTrue] = 1;
  return answer;
}

/** The same for a condition whose parts do something besides. */
export function done(whenTrue: number, whenFalse: number, answer: unknown): unknown {
  differs[whenTrue] = differs[whenFalse] = 1;
  return answer;
}

/** The original's result, or the mutant's if it is on. */
export function either<T>(mutant: number, original: T, other: T): T {
  if (original !== other) differs[mutant] = 1;
  return state.active === mutant ? other : original;
}

/** One more turn of a loop, or a call. */
export function turn(): void {
  if (++state.turns > state.mostTurns) throw new Error("A loop does not end");
}
