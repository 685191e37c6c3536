/**
 * Where the checkout is.
 *
 * A URL's `pathname` is percent-encoded, so a path is never made from it: a folder may be called `my kernel's`.
 *
 * @module
 */
import { fileURLToPath, pathToFileURL } from "node:url";

/** The root of the checkout, as a URL with a slash at its end. */
export const ROOT_URL: URL = new URL("../../", import.meta.url);

/** The root of the checkout, as a path with a slash at its end. */
export const ROOT: string = fileURLToPath(ROOT_URL);

/** The path of a file of the checkout: `pathOf("deno.json")`. */
export function pathOf(file: string): string {
  return fileURLToPath(new URL(file, ROOT_URL));
}

/** The `file:` URL of a path, special characters encoded; a path with a slash at its end keeps it. */
export function urlOf(path: string): string {
  return pathToFileURL(path).href;
}
