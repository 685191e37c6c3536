/**
 * Reading what a session left.
 *
 * @module
 */

import { Unable } from "../command/command.ts";
import { type Session, SESSION_FILE } from "./plan.ts";

/**
 * The session in a folder.
 *
 * @throws {Unable} there is none: it came to no end
 */
export async function readSession(folder: string): Promise<Session> {
  const text = await Deno.readTextFile(`${folder}/${SESSION_FILE}`).catch(() => "");
  if (text === "") {
    throw new Unable(`Cannot read ${folder}/${SESSION_FILE}: the session came to no end`);
  }
  const session: Session = JSON.parse(text);
  return session;
}
