/**
 * Where the page stands, as the fragment of a link: run, process, fault, step, operation, VMA.
 *
 * @module
 */

/** A place. What is not given is the default. */
export interface Place {
  readonly run?: string | undefined;
  /** The step, from 1. */
  readonly step?: number | undefined;
  /** The tree operation of the step, from 1. */
  readonly operation?: number | undefined;
  /** First index of the selected VMA. */
  readonly vma?: number | undefined;
  /** The key of a fault. */
  readonly fault?: string | undefined;
  /** The process whose steps are shown. */
  readonly pid?: number | undefined;
}

/** The fragment of a place, with its `#`. */
export function formatPlace(place: Place): string {
  const parts = new URLSearchParams();
  if (place.run !== undefined) parts.set("run", place.run);
  if (place.step !== undefined) parts.set("step", String(place.step));
  if (place.operation !== undefined) parts.set("op", String(place.operation));
  if (place.vma !== undefined) parts.set("vma", `0x${place.vma.toString(16)}`);
  if (place.fault !== undefined) parts.set("fault", place.fault);
  if (place.pid !== undefined) parts.set("pid", String(place.pid));
  return `#${parts}`;
}

/** The place that a fragment names; what it does not understand it leaves out. */
export function parsePlace(fragment: string): Place {
  const parts = new URLSearchParams(fragment.replace(/^#/, ""));
  const integer = (name: string): number | undefined => {
    const text = parts.get(name) ?? "";
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    return Number.isSafeInteger(value) ? value : undefined;
  };
  const address = /^0x[0-9a-f]+$/i.test(parts.get("vma") ?? "") ? Number(parts.get("vma")) : NaN;
  return {
    run: parts.get("run") ?? undefined,
    step: integer("step"),
    operation: integer("op"),
    vma: Number.isSafeInteger(address) ? address : undefined,
    fault: parts.get("fault") ?? undefined,
    pid: integer("pid"),
  };
}
