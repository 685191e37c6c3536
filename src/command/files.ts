/**
 * The files of a command: what its operands name, what it writes, where it puts things for a while.
 *
 * @module
 */
import { CodedError } from "../abi/error.ts";
import { beforeSignalEnds } from "./signals.ts";
import { Unable } from "./unable.ts";

/** A file that an operand names: its path, or the standard input for `-`. */
export function inputOf(operand: string): string | ReadableStream<Uint8Array<ArrayBuffer>> {
  return operand === "-" || operand === "/dev/stdin" ? Deno.stdin.readable : operand;
}

/**
 * The text of a file that an operand names.
 *
 * @throws {Unable} it cannot be read, and why
 */
export async function readInput(operand: string): Promise<string> {
  const input = inputOf(operand);
  try {
    return typeof input === "string"
      ? await Deno.readTextFile(input)
      : await new Response(input).text();
  } catch (error) {
    throw new Unable(`Cannot read ${operand}: ${reasonOf(error)}`, { cause: error });
  }
}

/** How a file is written. */
export interface CreateOptions {
  /** Overwrites whatever is there. */
  readonly force?: boolean;
  /** Whether what is there is this command's own work, which it may overwrite without being told to. */
  readonly isOwn?: (path: string) => Promise<boolean>;
}

/**
 * A new, empty file to write to; `-` is the standard output.
 *
 * @throws {Unable} it cannot be written, and why; or another's file is there and `force` is not given
 */
export async function createFile(
  path: string,
  { force = true, isOwn }: CreateOptions = {},
): Promise<WritableStream<Uint8Array<ArrayBuffer>>> {
  if (path === "-" || path === "/dev/stdout") return Deno.stdout.writable;
  if (!force) await refuseAnothers(path, isOwn);
  try {
    return sinkOf(await Deno.open(path, { write: true, create: true, truncate: true }));
  } catch (error) {
    throw new Unable(`Cannot write ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Writes to a file. Deno's own stream of a file says nothing of a disk that is full if little is written. */
function sinkOf(file: Deno.FsFile): WritableStream<Uint8Array<ArrayBuffer>> {
  return new WritableStream({
    async write(bytes) {
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    },
    close: () => file.close(),
    abort: () => file.close(),
  });
}

/**
 * Writes a text to a file; see {@linkcode createFile}.
 *
 * @throws {Unable} it cannot be written, and why
 */
export async function writeText(
  path: string,
  text: string,
  options?: CreateOptions,
): Promise<void> {
  const writer = (await createFile(path, options)).getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch (error) {
    throw new Unable(`Cannot write ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/**
 * Sees to it that a path can be taken for a file of this command's.
 *
 * @throws {Unable} another's file is there
 */
export async function refuseAnothers(
  path: string,
  isOwn: (path: string) => Promise<boolean> = () => Promise.resolve(false),
): Promise<void> {
  const found = await Deno.stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile || found.size === 0) return;
  if (await isOwn(path).catch(() => false)) return;
  throw new Unable(`Cannot write ${path}: another file is there; --force overwrites it`);
}

/**
 * Makes an empty folder where the system keeps such things (`TMPDIR`), and gives its path.
 *
 * @param prefix what its name begins with, `maple-canary-`
 * @throws {Unable} there is no room, no permission, or no such place
 */
export function makeTemporaryFolder(prefix: string): string {
  try {
    return Deno.makeTempDirSync({ prefix });
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "what TMPDIR names is not there"
      : reasonOf(error);
    throw new Unable(`Cannot make a temporary folder: ${why}`, { cause: error });
  }
}

/** A folder that is gone when it is disposed of, or when a signal ends the process. */
export class TemporaryFolder implements Disposable {
  /** Its path, without a slash at the end. */
  readonly path: string;
  readonly #forget: () => void;

  private constructor(path: string) {
    this.path = path;
    this.#forget = beforeSignalEnds(() => remove(path));
  }

  /**
   * Makes an empty folder where the system keeps such things (`TMPDIR`).
   *
   * @param prefix what its name begins with, `maple-canary-`
   * @throws {Unable} there is no room, no permission, or no such place
   */
  static create(prefix: string): TemporaryFolder {
    return new TemporaryFolder(makeTemporaryFolder(prefix));
  }

  /** Removes the folder and all in it. */
  [Symbol.dispose](): void {
    this.#forget();
    remove(this.path);
  }
}

/** Removes a folder; a process that is just being ended may still put something into it. */
function remove(path: string): void {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      return Deno.removeSync(path, { recursive: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      if (attempt === 4) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

/** True if the system refused something: its message is all that can be known. */
export function isRefusal(error: unknown): error is Error {
  return error instanceof Error && !(error instanceof CodedError) &&
    (/\(os error \d+\)/.test(error.message) || error instanceof Deno.errors.NotCapable ||
      error instanceof Deno.errors.NotFound || isShortage(error));
}

/** V8's words for memory of a buffer that it does not get. */
function isShortage(error: Error): boolean {
  return error instanceof RangeError && /allocation failed$/.test(error.message);
}

/** Why the system refused something, in words that a user of a task can do something with. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof Deno.errors.NotCapable) {
    const what = error.message.replace(/^Requires /, "").replace(/, run again with.*$/, "");
    return what.startsWith("all access")
      ? `${
        what.replace(/^all access to /, "")
      } is a device or a part of the system that Deno opens to no task`
      : `this task has no ${what}; its permissions stand in deno.json`;
  }
  if (isShortage(error)) return "there is too little memory";
  return error.message.replace(/ \(os error \d+\)(?:: \w+ '[^]*'$)?/, "").replace(/\n[^]*$/, "");
}
