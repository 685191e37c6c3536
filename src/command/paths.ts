/**
 * Where the checkout is, and where the user stands.
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

/**
 * Goes to the folder in which the user called `deno task`, so that relative operands mean what they mean there.
 *
 * A task starts in the folder of its configuration and hands the user's own on in `INIT_CWD`. Elsewhere that variable
 * is another program's, and is not looked at.
 */
export function standWhereCalled(): void {
  const query = { name: "env", variable: "INIT_CWD" } as const;
  if (Deno.permissions.querySync(query).state !== "granted") return;
  const folder = Deno.env.get("INIT_CWD");
  if (folder === undefined || folder === "" || `${Deno.cwd()}/` !== ROOT) return;
  try {
    Deno.chdir(folder);
  } catch {
    // It is gone: relative paths then begin at the checkout.
  }
}
