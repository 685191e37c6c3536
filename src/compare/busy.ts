/**
 * Whether the machine does other things while it measures.
 *
 * @module
 */

import { cpus } from "node:os";

/** How long the machine is watched before a measurement, in milliseconds. */
const WATCH_MS = 500;
/** More processors than this in use by others, and times say nothing. */
const OTHERS = 0.25;
/** A measurement takes one processor, and a part of another where V8 compiles and collects garbage. */
const OURS = 1.4;

/** Milliseconds that the processors have worked, and that have passed, since the machine started. */
interface Times {
  readonly busy: number;
  readonly at: number;
}

function times(): Times {
  let busy = 0;
  for (const { times: { user, nice, sys, irq } } of cpus()) busy += user + nice + sys + irq;
  return { busy, at: performance.now() };
}

/** Processors in use on average since then. */
function inUse(since: Times): number {
  const now = times();
  return (now.busy - since.busy) / (now.at - since.at);
}

/** Watches the machine around a measurement. */
export class Watch {
  readonly #before: number;
  readonly #start: Times;

  private constructor(before: number, start: Times) {
    this.#before = before;
    this.#start = start;
  }

  /** Looks for half a second at what the machine does while this process waits, and begins to count. */
  static async begin(): Promise<Watch> {
    const start = times();
    await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
    return new Watch(inUse(start), times());
  }

  /** What is to be said of the measurement that ends now; `undefined` if the machine was quiet. */
  end(): string | undefined {
    return busySentence(this.#before, inUse(this.#start), cpus().length);
  }
}

/**
 * What is to be said where `before` processors of `count` were in use before a measurement of one thread, and `during`
 * while it ran.
 */
export function busySentence(before: number, during: number, count: number): string | undefined {
  // Where there is one processor, others take away from the measurement itself, and only `before` shows them.
  if (before <= OTHERS && (count === 1 || during <= OURS)) return undefined;
  return `The machine is busy: others used ${
    before.toFixed(1)
  } of ${count} processors before, and ` +
    `${
      during.toFixed(1)
    } were in use meanwhile, where about 1 is ours. Trust no time; ratios of one run at best`;
}
