/**
 * A comparison shared out over jobs, and put together again.
 *
 * Shared out are the workloads, each with all of its processes: every verdict then rests on one machine, and
 * the processes that an inconclusive one asks for are added where it is measured.
 *
 * @module
 */

import { fits, HOST_SHAPE, INTERVAL_SHAPE, RUNTIME_SHAPE, type Shape } from "./shape.ts";
import { Unable } from "../command/command.ts";
import type { Comparison, Shard } from "./comparison.ts";
import { type Host, isSameHost } from "./host.ts";

/**
 * Reads `i/n`.
 *
 * @throws {Unable} it is not that, or `i` is not in 1…n
 */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (index === undefined || count === undefined || index < 1 || index > count) {
    throw new Unable(`--shard takes the part's number and how many there are, as 2/4, not ${text}`);
  }
  return { index, count };
}

/** The items of a shard: every n-th, so that neighbours, which take about as long, are spread. */
export function pick<T>(items: readonly T[], { index, count }: Shard): T[] {
  return items.filter((_, at) => at % count === index - 1);
}

/**
 * Reads a comparison that `--json` printed.
 *
 * @throws {Unable} it is something else
 */
export function parseComparison(text: string, file: string): Comparison {
  const parsed = parseJson(text);
  if (!isComparison(parsed)) throw new Unable(`Cannot merge ${file}: it is no comparison`);
  return parsed;
}

/**
 * Puts the parts of one comparison together.
 *
 * @throws {Unable} they are not of one comparison, or some are missing or there twice
 */
export function merge(parts: readonly Comparison[]): Comparison {
  const [first] = parts;
  if (first === undefined) throw new Unable("Cannot merge nothing: give the parts' files");
  const count = first.shard?.count ?? 1;
  const seen = new Set<number>();
  for (const part of parts) {
    if (part.base.commit !== first.base.commit || part.head.commit !== first.head.commit) {
      throw new Unable("Cannot merge: the parts compare different commits");
    }
    const index = part.shard?.index ?? 1;
    if ((part.shard?.count ?? 1) !== count || seen.has(index)) {
      throw new Unable(`Cannot merge: part ${index} is there twice, or of another division`);
    }
    seen.add(index);
  }
  if (seen.size < count) throw new Unable(`Cannot merge: ${seen.size} of ${count} parts are there`);
  const { shard: _, ...whole } = first;
  return {
    ...whole,
    machines: distinct(parts.flatMap((part) => part.machines)),
    workloads: parts.flatMap((part) => part.workloads),
    skipped: parts.flatMap((part) => part.skipped),
  };
}

function distinct(machines: readonly Host[]): Host[] {
  return machines.filter((machine, at) =>
    machines.findIndex((other) => isSameHost(machine, other)) === at
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const VERSION: Shape = { parts: { name: "string", commit: "string", isDirty: "boolean" } };
const SIDES: Shape = { values: "number" };

const COMPARISON: Shape = {
  parts: {
    date: "string",
    base: VERSION,
    head: VERSION,
    machines: { list: HOST_SHAPE },
    runtime: RUNTIME_SHAPE,
    workloads: {
      list: {
        parts: {
          name: "string",
          verdict: "string",
          ratio: "number",
          interval: INTERVAL_SHAPE,
          processes: "number",
          rounds: "number",
          totals: "number",
          nanoseconds: { parts: { base: "number", head: "number" } },
          steps: "number",
          counters: { parts: { base: SIDES, head: SIDES } },
        },
      },
    },
    skipped: { list: { parts: { name: "string", side: "string", why: "string" } } },
  },
};

function isComparison(value: unknown): value is Comparison {
  return typeof value === "object" && value !== null &&
    "format" in value && value.format === "maple-comparison" &&
    "version" in value && value.version === 1 && fits(value, COMPARISON);
}
