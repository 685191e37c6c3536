/**
 * One measuring process: both versions, batch by batch in turn.
 *
 * Both sides see the same clock, load, heap and temperature, so the ratio within a round says more than a difference of
 * averages. Rounds alternate: base before head, then head before base. Both sides warm up together.
 *
 * @module
 */

import { Pair } from "./pair.ts";
import type { Lacking, MeasuredWorkload } from "./side.ts";
import { loadSides, type ProcessResult, reply, type RoundsOrder } from "./protocol.ts";

async function measure(order: RoundsOrder): Promise<ProcessResult[]> {
  const { baseFirst, workloads, warmUp, rounds } = order;
  const { base, head } = await loadSides(order, baseFirst);
  const pairs: Pair[] = [];
  for (const { name, batch } of workloads) {
    const first = ready(await (baseFirst ? base : head).open(name));
    const second = ready(await (baseFirst ? head : base).open(name));
    const [ofBase, ofHead] = baseFirst ? [first, second] : [second, first];
    pairs.push(new Pair(name, ofBase, ofHead, ofBase.length, batch));
  }
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const pair of pairs) pair.round((round % 2 === 0) === baseFirst, round >= warmUp);
    if (round % 20 === 19) reply({ done: round + 1, of: warmUp + rounds });
  }
  return pairs.map((pair) => pair.result());
}

function ready(workload: MeasuredWorkload | Lacking): MeasuredWorkload {
  if ("why" in workload) throw new Error(workload.why); // the precheck has seen to it that it does
  return workload;
}

if (import.meta.main) reply({ results: await measure(JSON.parse(Deno.args[0]!)) });
