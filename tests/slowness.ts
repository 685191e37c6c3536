/**
 * How slow this machine is: tests that wait for something to take too long wait longer where everything does, as on an
 * emulated processor.
 *
 * @module
 */

/** How long a runtime takes to start where these tests were made, ms. */
const USUAL_MS = 30;

/** How many times longer than usual it takes here to start a runtime: at least 1. */
export async function slowness(): Promise<number> {
  const startMs = performance.now();
  await new Deno.Command(Deno.execPath(), { args: ["eval", "0"], stdin: "null" }).output();
  return Math.max(1, (performance.now() - startMs) / USUAL_MS);
}
