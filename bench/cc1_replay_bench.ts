/**
 * Replays each recorded compiler run through an address space, as fast as it goes; and, to show what that costs, once
 * with what a step touched checked after it, and once with the tree and the address space validated from scratch.
 */

import { run, type RunOptions } from "../mod.ts";
import { CC1_TRACES, prepareTrace } from "./traces.ts";

const CHECKS: [how: string, options: RunOptions][] = [
  ["", {}],
  [", checked where touched", { validate: "touched" }],
  [", validated after every step", { validate: "full" }],
];

for (const name of CC1_TRACES) {
  const trace = await prepareTrace(name);
  const expected = run(trace, { validate: "full" });
  for (const [how, options] of CHECKS) {
    Deno.bench({
      name: `${name}${how}`,
      group: "cc1 replay",
      baseline: name === CC1_TRACES[0] && how === "",
      fn: () => {
        const hash = run(trace, options);
        if (hash !== expected) throw new Error(`${name} replays to ${hash}, not to ${expected}`);
      },
    });
  }
}
