/** What is checked after a step, and what is not. */

import { assertThrows } from "@std/assert";
import type { AddressSpace } from "../../src/mm/address_space.ts";
import { MmInvariantError } from "../../src/mm/error.ts";
import { compileTrace } from "../../src/replay/compiled.ts";
import type { CallStep, ForkStep, Step } from "../../src/replay/step.ts";
import { StepValidator, type Validation } from "../../src/replay/step_validator.ts";
import { System } from "../../src/replay/system.ts";
import { END, EXEC, HEADER } from "../trace/samples.ts";
import { recordsOf } from "./traces.ts";

const RECORDED = (await compileTrace(await recordsOf("cc1-hello"))).steps;

/** A program that forks; the recorded ones use vfork. */
const FORKING = (await compileTrace([
  HEADER,
  EXEC,
  { type: "fork", pid: EXEC.pid, child: EXEC.pid + 1, sharesMemory: false },
  END,
])).steps;

/** A system after the first steps, up to and with the first one that is wanted, all but that checked. */
function upTo<Wanted extends Step>(
  steps: readonly Step[],
  isWanted: (step: Step, at: number) => step is Wanted,
  validation: Validation | undefined,
): { system: System; validator: StepValidator; step: Wanted } {
  const system = new System();
  const validator = new StepValidator(system, validation);
  for (const [at, step] of steps.entries()) {
    system.apply(step);
    if (isWanted(step, at)) return { system, validator, step };
    validator.check(step);
  }
  throw new Error("no step is wanted");
}

function isMap(step: Step, at: number): step is CallStep {
  return at > 10 && step.type === "call" && step.record.call === "mmap";
}

function isFork(step: Step): step is ForkStep {
  return step.type === "fork" && !step.record.sharesMemory;
}

function miscount(space: AddressSpace | undefined): void {
  if (space === undefined) throw new Error("there is no such process");
  space.descriptor.tree.mapCount++;
}

for (const validation of ["touched", "full"] as const) {
  Deno.test(`StepValidator: ${validation}, a step that miscounts is found`, () => {
    const { system, validator, step } = upTo(RECORDED, isMap, validation);
    miscount(system.space(step.pid));
    assertThrows(() => validator.check(step), MmInvariantError, "mapCount");
  });

  Deno.test(`StepValidator: ${validation}, a fork whose child is miscounted is found at the fork`, () => {
    const { system, validator, step } = upTo(FORKING, isFork, validation);
    miscount(system.space(step.record.child));
    assertThrows(() => validator.check(step), MmInvariantError, "mapCount");
  });
}

Deno.test("StepValidator: nothing is checked unless it is asked for", () => {
  const { system, validator, step } = upTo(RECORDED, isMap, undefined);
  miscount(system.space(step.pid));
  validator.check(step);
});

Deno.test("StepValidator: touched, a process is checked again after another one was", () => {
  const { system, validator, step } = upTo(FORKING, isFork, "touched");
  validator.check(step);
  miscount(system.space(step.pid));
  assertThrows(() => validator.check(step), MmInvariantError, "mapCount");
});

Deno.test("StepValidator: touched, of a process that has ended there is nothing to check", () => {
  const { system, validator, step } = upTo(FORKING, isFork, "touched");
  const { child } = step.record;
  const exit: Step = { type: "exit", pid: child, record: { type: "exit", pid: child, status: 0 } };
  system.apply(exit);
  validator.check(exit);
});

Deno.test("StepValidator: touched looks at the step's own process, full at all", () => {
  for (const [validation, isFound] of [["touched", false], ["full", true]] as const) {
    const { system, validator, step } = upTo(FORKING, isFork, validation);
    validator.check(step);
    miscount(system.space(step.record.child));
    const check = () =>
      validator.check({
        ...step,
        type: "exit",
        record: { type: "exit", pid: step.pid, status: 0 },
      });
    if (isFound) assertThrows(check, MmInvariantError, "mapCount");
    else check();
  }
});
