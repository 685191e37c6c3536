/**
 * Where the user stands.
 *
 * @module
 */
import { reasonOf } from "./files.ts";
import { ROOT } from "./paths.ts";
import { Unable } from "./unable.ts";

/**
 * Goes to the folder in which the user called `deno task`, so that relative operands mean what they mean there.
 *
 * A task starts in the folder of its configuration and hands the user's own on in `INIT_CWD`. Elsewhere that variable
 * is another program's, and is not looked at.
 *
 * @throws {Unable} that folder, or the current one, has been deleted or cannot be entered
 */
export function standWhereCalled(): void {
  if (!isGranted({ name: "read" })) return;
  const current = currentFolder();
  if (!isGranted({ name: "env", variable: "INIT_CWD" })) return;
  const folder = Deno.env.get("INIT_CWD");
  if (folder === undefined || folder === "" || `${current}/` !== ROOT) return;
  try {
    Deno.chdir(folder);
  } catch (error) {
    // Relative paths would mean others in the checkout.
    throw new Unable(`Cannot go to the folder ${folder}, in which it was called: ${why(error)}`, {
      cause: error,
    });
  }
}

function currentFolder(): string {
  try {
    return Deno.cwd();
  } catch (error) {
    throw new Unable(`Cannot go on in the current folder: ${why(error)}`, {
      cause: error,
    });
  }
}

function why(error: unknown): string {
  return error instanceof Deno.errors.NotFound ? "it has been deleted" : reasonOf(error);
}

function isGranted(query: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(query).state === "granted";
}
