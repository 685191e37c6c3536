/**
 * Which machine measures: times of two machines say nothing about each other.
 *
 * @module
 */

import { cpus } from "node:os";

/** A machine, and what runs the measured code on it. */
export interface Machine {
  /** Host name, or what the user calls a class of equal machines (`--machine`). */
  readonly name: string;
  /** CPU model. */
  readonly cpu: string;
  /** Logical processors. */
  readonly cores: number;
  /** `linux-x86_64`, say. */
  readonly platform: string;
}

/** Versions of what runs the measured code. */
export interface Runtime {
  /** Version of Deno. */
  readonly deno: string;
  /** Version of V8. */
  readonly v8: string;
}

/** The machine that this runs on. Needs permission for `hostname`, unless a name is given, and `cpus`. */
export function thisMachine(name: string = Deno.hostname()): Machine {
  const models = cpus();
  return {
    name,
    cpu: models[0]?.model.trim() || "unknown",
    cores: models.length,
    platform: `${Deno.build.os}-${Deno.build.arch}`,
  };
}

/** The versions that this runs on. */
export function thisRuntime(): Runtime {
  return { deno: Deno.version.deno, v8: Deno.version.v8 };
}

/** True if measurements of the two may be set side by side. */
export function isSameMachine(a: Machine, b: Machine): boolean {
  return machineKey(a) === machineKey(b);
}

/** What tells machines apart, as one text. */
export function machineKey({ name, cpu, cores, platform }: Machine): string {
  return `${name}, ${cpu}, ${cores} cores, ${platform}`;
}
