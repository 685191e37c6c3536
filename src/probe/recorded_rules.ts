/**
 * The running kernel's rules for the header of a recording.
 *
 * @module
 */

import { CodedError } from "../abi/error.ts";
import type { RuleValues } from "../mm/rules/kernel_rules.ts";
import { foundRules, probeKernel } from "./probe.ts";

/**
 * The rules that the probes find. A system on which they cannot run (no folder that programs may be run from, no disk
 * space) gets a recording without: its kernel's version then decides.
 */
export async function rulesForRecording(): Promise<RuleValues | undefined> {
  try {
    return foundRules(await probeKernel());
  } catch (error) {
    const isRefusal = error instanceof CodedError || error instanceof Deno.errors.NotCapable ||
      error instanceof Deno.errors.PermissionDenied || (error instanceof Error && "code" in error);
    if (isRefusal) return undefined;
    throw error;
  }
}
