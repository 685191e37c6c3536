/**
 * A replay holds what its address spaces hold, however many steps it has. With `-- --million` this file replays a
 * million steps instead of thirty thousand.
 */

import { assert, assertEquals } from "@std/assert";
import { pathOf } from "../../src/command/paths.ts";
import type { Held } from "./long_trace.ts";

const STEPS = Deno.args.includes("--million") ? 1_000_000 : 30_000;
/** Bytes by which a collected heap may differ that holds the same: code that V8 has compiled meanwhile. */
const SLACK = 0x8000;

Deno.test("Replay: memory does not grow with the steps", async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "-P=read",
      "--v8-flags=--expose-gc",
      "tests/replay/long_trace.ts",
      `${STEPS}`,
    ],
    cwd: pathOf(""),
  }).output();
  const text = new TextDecoder();
  assert(success, text.decode(stderr));
  const { matched, steps, held }: { matched: number; steps: number; held: Held[] } = JSON.parse(
    text.decode(stdout),
  );
  assertEquals(matched, steps);
  assert(steps >= STEPS);
  const [early, middle, late] = held;
  assertEquals(held.length, 3);
  assertEquals([middle!.nodes, late!.nodes], [early!.nodes, early!.nodes]);
  const grown = late!.heap - middle!.heap;
  assert(grown < SLACK, `${grown} bytes in ${late!.step - middle!.step} steps`);
});
