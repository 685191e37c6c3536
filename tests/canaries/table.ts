/**
 * The canary table: which scenario notices which fault, at which operation, how long after it first acted.
 *
 * @module
 */

import type { Canary } from "../../src/faults/canary.ts";
import { CANARIES } from "../../src/faults/catalogue.ts";
import { SUITE } from "../regressions/suite.ts";
import type { Checks } from "../regressions/scenario.ts";
import { type Outcome, Runner } from "./run.ts";

/** What became of one canary. */
export interface Row {
  readonly canary: Canary;
  /** The scenario of the canary's own row that noticed it after the fewest operations; undefined if none did. */
  readonly best: Outcome | undefined;
  /** All outcomes. */
  readonly outcomes: readonly Outcome[];
}

/** What to play. */
export interface PlayOptions {
  /** Every scenario, not only those of the canary's own row. */
  readonly all?: boolean;
  /** What is checked after every operation, each in a play of its own; everything unless given. */
  readonly checks?: readonly Checks[];
  /** Told of each row as it is done. */
  readonly onRow?: (row: Row) => void;
}

/** Plays the scenarios on each canary. */
export async function playCanaries(options: PlayOptions = {}): Promise<Row[]> {
  const rows: Row[] = [];
  const queue = [...CANARIES.entries()];
  const work = async () => {
    const runner = new Runner();
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [place, canary] = next;
      const scenarios = [...SUITE.keys()].filter((i) =>
        options.all || SUITE[i]!.row === canary.row
      );
      const plays = (options.checks ?? ["all" as const]).flatMap((checks) =>
        scenarios.map((scenario) => ({ scenario, checks }))
      );
      const row = rowOf(canary, await runner.play(canary, plays));
      rows[place] = row;
      options.onRow?.(row);
    }
    await runner.close();
  };
  await Promise.all([work(), work()]);
  return rows;
}

function rowOf(canary: Canary, outcomes: readonly Outcome[]): Row {
  const own = outcomes.filter(({ scenario, checks, failure }) =>
    SUITE[scenario]!.row === canary.row && checks === "all" && failure !== undefined
  );
  own.sort((a, b) => lag(a) - lag(b));
  return { canary, best: own[0], outcomes };
}

/** Operations between the one in which the fault first acted and the one at which it was noticed. */
export function lag({ operations, acted }: Outcome): number {
  return acted === undefined ? Infinity : operations - acted;
}

/** The table as text. */
export function formatTable(rows: readonly Row[]): string {
  const lines = [["row", "fault", "noticed by", "at operation", "later", "noticed by scenarios"]];
  for (const { canary, best, outcomes } of rows) {
    const noticed = outcomes.filter((outcome) => outcome.failure !== undefined).length;
    lines.push([
      String(canary.row),
      canary.name,
      best === undefined ? "NOBODY" : SUITE[best.scenario]!.name,
      best === undefined ? "-" : String(best.operations),
      best === undefined ? "-" : String(lag(best)),
      `${noticed} of ${outcomes.length}`,
    ]);
  }
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  const text = lines.map((cells) =>
    cells.map((cell, i) => i === 3 || i === 4 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))
      .join("  ").trimEnd()
  );
  const caught = rows.filter((row) => row.best !== undefined).length;
  const atOnce = rows.filter((row) => row.best !== undefined && lag(row.best) === 0).length;
  text.push("", `${caught} of ${rows.length} faults noticed, ${atOnce} at the operation itself`);
  return text.join("\n");
}
