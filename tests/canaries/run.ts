/**
 * Running every scenario on one build, in a process of its own, so that a fault that hangs or breaks the engine is
 * a finding like any other.
 *
 * @module
 */

import { TemporaryFolder } from "../../src/command/files.ts";
import type { Checks } from "../regressions/scenario.ts";
import type { Canary } from "../../src/faults/canary.ts";
import { plant, ROOT } from "./build.ts";
import { Child } from "./child.ts";

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

/** What the process is asked. */
export interface Order {
  /** The root of the build. */
  readonly root: string;
  readonly plays: readonly Play[];
}

/** Longest time without an answer, ms: then a scenario counts as hanging. */
const LIMIT_MS = 30_000;

/** A process that plays on one build after the other. */
export class Runner {
  #child: Child | undefined;

  /** Plays the scenarios on the checkout, or on a copy with the canary's fault. */
  async play(canary: Canary | undefined, plays: readonly Play[]): Promise<Outcome[]> {
    if (canary === undefined) return await this.#order(ROOT, plays);
    using folder = TemporaryFolder.create("maple-canary-");
    return await this.#order(await plant(folder.path, canary.patches), plays);
  }

  /** Ends the process. */
  async close(): Promise<void> {
    await this.#child?.end();
    this.#child = undefined;
  }

  /** Each scenario in turn: one that hangs costs the process, and the rest goes to a new one. */
  async #order(root: URL, plays: readonly Play[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    while (outcomes.length < plays.length) {
      const order: Order = { root: root.href, plays: plays.slice(outcomes.length) };
      const child = this.#child ??= new Child(new URL("./player.ts", import.meta.url));
      await child.send(order);
      for (const play of order.plays) {
        const answer = await child.next(LIMIT_MS);
        outcomes.push(outcomeOf(answer) ?? hangs(play));
        if (answer !== undefined) continue;
        await this.close();
        break;
      }
    }
    return outcomes;
  }
}

function hangs(play: Play): Outcome {
  const failure = `no answer within ${LIMIT_MS / 1000} s`;
  return { ...play, operations: 0, latest: "", acted: undefined, failure };
}

/** The answer as an outcome: what JSON left out is undefined. */
function outcomeOf(answer: unknown): Outcome | undefined {
  if (typeof answer !== "object" || answer === null) return undefined;
  const blank: Outcome = {
    scenario: 0,
    checks: "all",
    operations: 0,
    latest: "",
    acted: undefined,
    failure: undefined,
  };
  return Object.assign(blank, answer);
}
