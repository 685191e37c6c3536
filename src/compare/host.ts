/**
 * Which machine measures: times of two machines say nothing about each other.
 *
 * @module
 */

import { cpus } from "node:os";

/** A machine, and what runs the measured code on it. */
export interface Host {
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
export function thisHost(name: string = Deno.hostname()): Host {
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
export function isSameHost(a: Host, b: Host): boolean {
  return hostKey(a) === hostKey(b);
}

/** What tells machines apart, as one text. */
export function hostKey({ name, cpu, cores, platform }: Host): string {
  return `${name}, ${cpu}, ${cores} cores, ${platform}`;
}
