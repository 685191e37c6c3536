/**
 * Comparing what was read with what an `.expected.json` says: only what is named there must be so.
 *
 * `{ "some": … }` asks for one item of a list, `{ "all": [ … ] }` for each of several things, `{ "length": n }` for
 * so many items, `{ "has": […] }` for parts of a text, `{ "atLeast": n }` and `{ "atMost": n }` for numbers.
 *
 * @module
 */

/** Where the found value is not as expected, undefined if it is. */
export function differs(expected: unknown, found: unknown, path = "$"): string | undefined {
  if (expected === null || typeof expected !== "object") {
    return expected === found ? undefined : `${path} is ${show(found)}, not ${show(expected)}`;
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(found)) return `${path} is no list`;
    return first(expected.map((item, at) => differs(item, found[at], `${path}[${at}]`)));
  }
  return first(
    Object.entries(expected).map(([key, value]) => differsIn(key, value, found, path)),
  );
}

function differsIn(key: string, value: unknown, found: unknown, path: string): string | undefined {
  switch (key) {
    case "some":
      return Array.isArray(found) && found.some((item) => differs(value, item, path) === undefined)
        ? undefined
        : `${path} has nothing like ${show(value)}`;
    case "all":
      return Array.isArray(value)
        ? first(value.map((each) => differs(each, found, path)))
        : "bad all";
    case "length":
      return Array.isArray(found) && found.length === value
        ? undefined
        : `${path} has ${Array.isArray(found) ? found.length : "no"} items, not ${value}`;
    case "has": {
      const text = String(found).toLowerCase();
      const parts = Array.isArray(value) ? value.map(String) : [];
      const missing = parts.find((part) => !text.includes(part.toLowerCase()));
      return missing === undefined
        ? undefined
        : `${path} does not say "${missing}": ${show(found)}`;
    }
    case "atLeast":
      return Number(found) >= Number(value) ? undefined : `${path} is ${found}, less than ${value}`;
    case "atMost":
      return Number(found) <= Number(value) ? undefined : `${path} is ${found}, more than ${value}`;
    default: {
      if (found === null || typeof found !== "object") {
        return `${path} is ${show(found)}, no object`;
      }
      const inside: Readonly<Record<string, unknown>> = { ...found };
      return differs(value, inside[key], `${path}.${key}`);
    }
  }
}

function first(differences: readonly (string | undefined)[]): string | undefined {
  return differences.find((difference) => difference !== undefined);
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 160) ?? "undefined";
}
