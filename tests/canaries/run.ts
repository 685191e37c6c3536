/**
 * Running every scenario on one build, in a worker, so that a fault that hangs or breaks the engine is a
 * finding like any other.
 *
 * @module
 */

import type { Checks } from "../regressions/scenario.ts";
import type { Canary } from "./canary.ts";
import { plant, ROOT } from "./build.ts";

/** What one scenario showed on one build. */
export interface Outcome {
  /** Its place in the suite. */
  readonly scenario: number;
  /** What was checked after every operation. */
  readonly checks: Checks;
  /** Operations that it had come to. */
  readonly operations: number;
  /** The operation in words. */
  readonly latest: string;
  /** The operation in which the fault first acted; undefined if it never did. */
  readonly acted: number | undefined;
  /** What was noticed, first line; undefined if nothing was. */
  readonly failure: string | undefined;
}

/** One scenario to play. */
export interface Play {
  /** Its place in the suite. */
  readonly scenario: number;
  /** What is checked after every operation. */
  readonly checks: Checks;
}

/** What the worker is asked. */
export interface Order {
  /** The root of the build. */
  readonly root: string;
  readonly plays: readonly Play[];
}

/** Longest time without an answer, ms: then a scenario counts as hanging. */
const LIMIT_MS = 10_000;

/** A worker for one build at a time. */
export class Runner {
  #worker: Worker | undefined;

  /** Plays the scenarios on the checkout, or on a copy with the canary's fault. */
  async play(canary: Canary | undefined, plays: readonly Play[]): Promise<Outcome[]> {
    if (canary === undefined) return await this.#order(ROOT, plays);
    const folder = await Deno.makeTempDir({ prefix: "maple-canary-" });
    try {
      return await this.#order(await plant(folder, canary.patches), plays);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }

  /** Ends the worker. */
  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  /** Each scenario in turn: one that hangs costs the worker, and the rest goes to a new one. */
  async #order(root: URL, plays: readonly Play[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    while (outcomes.length < plays.length) {
      const rest = plays.slice(outcomes.length);
      outcomes.push(...await this.#listen({ root: root.href, plays: rest }));
    }
    return outcomes;
  }

  async #listen(order: Order): Promise<Outcome[]> {
    const worker = this.#worker ??= await start();
    const outcomes: Outcome[] = [];
    const { promise, resolve } = Promise.withResolvers<Outcome[]>();
    const giveUp = (failure: string) => {
      this.close();
      const play = order.plays[outcomes.length]!;
      outcomes.push({ ...play, operations: 0, latest: "", acted: undefined, failure });
      resolve(outcomes);
    };
    const hangs = () => giveUp(`no answer within ${LIMIT_MS / 1000} s`);
    let timer = setTimeout(hangs, LIMIT_MS);
    worker.onmessage = (event: MessageEvent<Outcome>) => {
      clearTimeout(timer);
      outcomes.push(event.data);
      if (outcomes.length === order.plays.length) resolve(outcomes);
      else timer = setTimeout(hangs, LIMIT_MS);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      clearTimeout(timer);
      giveUp(event.message);
    };
    worker.postMessage(order);
    return await promise;
  }
}

/** A worker that has said that it is ready. */
async function start(): Promise<Worker> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  await new Promise((resolve, reject) => {
    worker.onmessage = resolve;
    worker.onerror = reject;
  });
  return worker;
}
