/**
 * A race as text: the table, and what README says of it.
 *
 * @module
 */

import { Unable } from "../../src/command/command.ts";
import { columns } from "./columns.ts";
import { KERNEL, MAPLE } from "./racers.ts";
import type { Race, RacedList } from "./result.ts";
import { pairText, type Result } from "./turns.ts";

/** A row for each racer; each time, its ratio to the kernel's tree, and, if asked for, the time of the first pass. */
export function table(lists: readonly RacedList[], withFirst: boolean): string {
  const racers = lists[0]?.results.map(({ racer }) => racer) ?? [];
  const hasKernel = racers.includes(KERNEL);
  const rows = racers.map((racer, i) => [
    !withFirst && racer === MAPLE ? `**${racer}**` : racer,
    ...lists.map(({ results }) => {
      const { least, first } = results[i]!;
      const kernel = results.find((result) => result.racer === KERNEL);
      const ratio = kernel === undefined ? "" : ` · ${ratioText(least, kernel.least)}`;
      return `${timeText(least)}${ratio}${withFirst ? ` (${first.toFixed(0)})` : ""}`;
    }),
  ]);
  const text = columns([["", ...lists.map(({ trace }) => trace)], ...rows]);
  const legend = "The second figure of each is the ratio to the kernel's tree.";
  return text + (withFirst && hasKernel ? `\n${legend}` : "");
}

/** What README says: the machine, the table, and who is ahead of Maple and where. */
export function markdown(race: Race): string {
  const { cpu, busy, rounds, lists, pair, absent } = race;
  const operations = lists.map(({ trace, operations }) => `${trace} ${grouped(operations)}`);
  return [
    `On ${
      article(cpu)
    } ${cpu}: nanoseconds an operation, the least of ${rounds} turns, and the ratio to the kernel's ` +
    `tree where that took part. Operations in a list: ${operations.join(", ")}.`,
    table(lists, false),
    behind(lists),
    `${pairText(pair)}.`,
    ...absent.map(({ name, why }) => `Without ${name}: ${why}.`),
    ...(busy === undefined ? [] : [`${busy}.`]),
  ].join("\n\n");
}

/** On which lists who is faster than Maple. */
function behind(lists: readonly RacedList[]): string {
  const parts = lists.flatMap(({ trace, results }) => {
    const own = results.find(({ racer }) => racer === MAPLE);
    if (own === undefined) return [];
    const faster = results.filter(({ least }) => least < own.least * CLOSE)
      .sort((a, b) => a.least - b.least);
    return faster.length === 0
      ? []
      : [`on ${trace} behind ${faster.map(nameAgainst(own)).join(", ")}`];
  });
  const last = parts.pop();
  if (last === undefined) return "Maple is behind none of them on any list by more than 2 %.";
  return `Maple is ${parts.length === 0 ? last : `${parts.join("; ")}; and ${last}`}.`;
}

/** Nearer than this is even. */
const CLOSE = 0.98;

function nameAgainst(own: Result): (result: Result) => string {
  return ({ racer, least }) => `${racer} (${(own.least / least).toFixed(2)})`;
}

/** A file's text with `text` between its two lines. */
export function updated(file: string, text: string): string {
  const [before, rest] = parted(file, BEGIN);
  const [, after] = parted(rest, END);
  return `${before}${BEGIN}\n\n${text}\n\n${END}${after}`;
}

const BEGIN = "<!-- race -->";
const END = "<!-- /race -->";

function parted(text: string, at: string): [string, string] {
  const index = text.indexOf(at);
  if (index < 0) throw new Unable(`Cannot update a file without the line ${at}`);
  return [text.slice(0, index), text.slice(index + at.length)];
}

function timeText(ns: number): string {
  return ns < 1000 ? ns.toFixed(ns < 100 ? 1 : 0) : grouped(ns);
}

function ratioText(a: number, b: number): string {
  const ratio = a / b;
  return ratio.toFixed(ratio < 10 ? 2 : 0);
}

function grouped(number: number): string {
  return Math.round(number).toString().replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

function article(cpu: string): string {
  return /^[AEIOU]/i.test(cpu) ? "an" : "a";
}
