/**
 * The process that runs under valgrind: one workload of one side, a number of times.
 *
 * @module
 */

import type { InstructionsOrder } from "../instructions.ts";
import type { SideModule } from "./side.ts";
import { reply } from "./protocol.ts";

async function repeat({ side, name, repetitions }: InstructionsOrder): Promise<void> {
  const { open }: SideModule = await import(side);
  const workload = await open(name);
  if ("why" in workload) throw new Error(workload.why); // the precheck has seen to it that it does
  for (let i = 0; i < repetitions; i++) {
    workload.fresh();
    workload.run(0, workload.length);
  }
  reply({ results: [] });
}

if (import.meta.main) await repeat(JSON.parse(Deno.args[0]!));
