/**
 * Replays each recorded compiler run through an address space, as fast as it goes; and, to show what that costs, once
 * with what a step touched checked after it, and once with the tree and the address space validated from scratch.
 */

import type { UncheckedOptions } from "../mod.ts";
import { LONG_CALL } from "./harness.ts";
import { named } from "./names.ts";
import { CC1_TRACES, traceOf } from "./traces.ts";

const replayUnchecked = named("replayUnchecked");

const CHECKS: [how: string, options: UncheckedOptions][] = [
  ["", {}],
  [", checked where touched", { validate: "touched" }],
  [", validated after every step", { validate: "full" }],
];

for (const name of CC1_TRACES) {
  const trace = await traceOf(name);
  const expected = replayUnchecked(trace, { validate: "full" });
  for (const [how, options] of CHECKS) {
    Deno.bench({
      name: `${name}${how}`,
      group: "cc1 replay",
      baseline: name === CC1_TRACES[0] && how === "",
      ...(options.validate === "full" && trace.steps.length > 1_000 ? LONG_CALL : {}),
      fn: () => {
        const hash = replayUnchecked(trace, options);
        if (hash !== expected) throw new Error(`${name} replays to ${hash}, not to ${expected}`);
      },
    });
  }
}
