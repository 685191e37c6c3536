/**
 * Opens a file in the user's browser.
 *
 * @module
 */

import { Unable } from "../command/command.ts";

/** What opens files, by system. */
const OPENERS: Readonly<Record<string, readonly string[]>> = {
  darwin: ["open"],
  windows: ["cmd", "/c", "start", ""],
};

/**
 * Opens a file in the browser.
 *
 * @throws {Unable} nothing here opens files
 */
export async function openInBrowser(file: string): Promise<void> {
  const [command, ...args] = OPENERS[Deno.build.os] ?? ["xdg-open"];
  const opening = new Deno.Command(command!, { args: [...args, file], stderr: "null" });
  const status = await opening.output().catch(() => undefined);
  if (!status?.success) throw new Unable(`Cannot open ${file}: ${command} does not work here`);
}
