/**
 * Replays each recorded compiler run through an address space, as fast as it goes; and, to show what that costs, once
 * with the tree and the address space validated after every step.
 */

import { run } from "../mod.ts";
import { CC1_TRACES, prepareTrace } from "./traces.ts";

for (const name of CC1_TRACES) {
  const trace = await prepareTrace(name);
  const expected = run(trace, { validate: true });
  for (const validate of [false, true]) {
    Deno.bench({
      name: validate ? `${name}, validated after every step` : name,
      group: "cc1 replay",
      baseline: name === CC1_TRACES[0] && !validate,
      fn: () => {
        const hash = run(trace, { validate });
        if (hash !== expected) throw new Error(`${name} replays to ${hash}, not to ${expected}`);
      },
    });
  }
}
