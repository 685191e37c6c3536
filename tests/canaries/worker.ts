/**
 * The worker's side of `run.ts`: loads the build and plays scenario after scenario, an answer each.
 *
 * @module
 */

import { Stage } from "../regressions/scenario.ts";
import { SUITE } from "../regressions/suite.ts";
import { fault } from "./acted.ts";
import { load } from "./build.ts";
import type { Order, Outcome } from "./run.ts";

declare const self: {
  onmessage: ((event: MessageEvent<Order>) => void) | null;
  postMessage(answer: Outcome | "ready"): void;
};

self.onmessage = async ({ data: { root, plays } }) => {
  const build = await load(new URL(root));
  for (const { scenario, checks } of plays) {
    const stage = new Stage(build, checks);
    fault.operation = 0;
    fault.firstActed = undefined;
    let failure: string | undefined;
    try {
      SUITE[scenario]!.run(stage);
    } catch (error) {
      failure = lineOf(error);
    }
    const { operations, latest } = stage;
    self.postMessage({ scenario, checks, operations, latest, acted: fault.firstActed, failure });
  }
};

// What is sent before the modules above have been evaluated would be lost.
self.postMessage("ready");

/** The first line that says something. */
function lineOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const lines = error.message.split("\n").map((line) =>
    // deno-lint-ignore no-control-regex -- an assertion colours its difference
    line.replace(/\x1b\[[0-9;]*m/g, "").trim()
  );
  const difference = lines.filter((line) => /^[-+] /.test(line));
  const head = lines.find((line) => line !== "") ?? error.name;
  return difference.length === 0 ? head : `${head} ${difference.slice(0, 2).join(" ")}`;
}
