/**
 * What probes say of the running kernel, for the header of a recording.
 *
 * @module
 */

import type { RecordOptions } from "../capture/record.ts";
import { foundRules, type KernelProbe, probeKernel } from "./probe.ts";

/**
 * What the probes find, as options of a recording. Where they cannot run (no folder that programs may be run from, no
 * disk space) they give none: the kernel's version then decides.
 *
 * @param probe runs the probes
 */
export async function probedOptions(
  probe: () => Promise<KernelProbe> = probeKernel,
): Promise<Pick<RecordOptions, "rules" | "hintMinAddress">> {
  try {
    return optionsFound(await probe());
  } catch (error) {
    if (isRefusal(error)) return {};
    throw error;
  }
}

/** True if the system or Deno refused something; what else goes wrong is a fault. */
function isRefusal(error: unknown): boolean {
  return error instanceof Deno.errors.NotCapable || error instanceof Deno.errors.PermissionDenied ||
    (error instanceof Error && "code" in error);
}

/** What a probe found, as options of a recording. */
export function optionsFound(
  probe: Pick<KernelProbe, "rules" | "hintMinAddress">,
): Pick<RecordOptions, "rules" | "hintMinAddress"> {
  const { hintMinAddress } = probe;
  return { rules: foundRules(probe), ...(hintMinAddress !== undefined && { hintMinAddress }) };
}
