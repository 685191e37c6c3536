/**
 * Whether a value that was read from a file has the parts that its readers rely on.
 *
 * @module
 */

/** A kind of value; a list of one shape; an object whose every value is of one shape; an object with these parts. */
export type Shape =
  | "string"
  | "number"
  | "boolean"
  | { readonly list: Shape }
  | { readonly values: Shape }
  | { readonly parts: Readonly<Record<string, Shape>> };

/** True if the value has the shape; parts that the shape does not name are not looked at. */
export function fits(value: unknown, shape: Shape): boolean {
  if (typeof shape === "string") {
    const kind = typeof value;
    return kind === shape;
  }
  if (typeof value !== "object" || value === null) return false;
  if ("list" in shape) return Array.isArray(value) && value.every((it) => fits(it, shape.list));
  if ("values" in shape) return Object.values(value).every((it) => fits(it, shape.values));
  return Object.entries(shape.parts).every(([name, part]) =>
    Object.hasOwn(value, name) && fits(Reflect.get(value, name), part)
  );
}

/** A machine; see `Host`. */
export const HOST_SHAPE: Shape = {
  parts: { name: "string", cpu: "string", cores: "number", platform: "string" },
};

/** Versions of what ran the measured code; see `Runtime`. */
export const RUNTIME_SHAPE: Shape = { parts: { deno: "string", v8: "string" } };

/** An interval. */
export const INTERVAL_SHAPE: Shape = { parts: { low: "number", high: "number" } };
