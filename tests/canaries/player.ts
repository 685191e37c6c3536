/**
 * The process that `run.ts` starts: loads the build and plays scenario after scenario, an answer each.
 *
 * @module
 */

import { Stage } from "../regressions/scenario.ts";
import { SUITE } from "../regressions/suite.ts";
import { fault } from "../../src/faults/acted.ts";
import { load } from "./build.ts";
import { orders } from "./child.ts";
import type { Order, Outcome } from "./run.ts";

/** Plays what was ordered on one build. */
async function* play({ root, plays }: Order): AsyncGenerator<Outcome> {
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
    yield { scenario, checks, operations, latest, acted: fault.firstActed, failure };
  }
}

function isOrder(order: unknown): order is Order {
  return typeof order === "object" && order !== null && "root" in order && "plays" in order;
}

if (import.meta.main) {
  for await (const order of orders()) {
    if (!isOrder(order)) continue;
    for await (const outcome of play(order)) console.log(JSON.stringify(outcome));
  }
}

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
