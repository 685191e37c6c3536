/**
 * Ctrl-C, a polite `kill`, a terminal that goes: what a command does before it ends, and with which status.
 *
 * @module
 */
import { CodedError } from "../abi/error.ts";

/** Signals that ask a command to end, and the exit status that says so: 128 and the signal's number. */
const STATUS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** A signal that asks a command to end. */
export type EndingSignal = keyof typeof STATUS;

const SIGNALS: readonly EndingSignal[] = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * A signal within this time of the first, ms, is the same one: a terminal sends Ctrl-C to `deno task` and to the
 * command, and `deno task` passes its own on.
 */
const ECHO_MS = 1_000;

/** A signal ended the command early; it has left nothing behind. */
export class Interrupted extends CodedError<"EINTR"> {
  /** Exit status of the command. */
  readonly status: number;

  /** Makes the error for a signal. */
  constructor(signal: EndingSignal) {
    super("Interrupted", "EINTR", `Interrupted by ${signal}; nothing is left behind`);
    this.status = STATUS[signal];
  }
}

/**
 * An `AbortSignal` that the first signal aborts, with an {@linkcode Interrupted} as its reason: for commands that end
 * in an orderly way by themselves.
 *
 * @param options `forced`: a second signal, a second later or more, ends the process at once
 */
export function interruption({ forced = false }: { forced?: boolean } = {}): AbortSignal {
  endsByItself = true;
  const controller = new AbortController();
  let firstMs = 0;
  for (const signal of SIGNALS) {
    Deno.addSignalListener(signal, () => {
      if (!controller.signal.aborted) {
        firstMs = performance.now();
        controller.abort(new Interrupted(signal));
      } else if (forced && performance.now() - firstMs > ECHO_MS) {
        clean(signal, true);
        Deno.exit(STATUS[signal]);
      }
    });
  }
  return controller.signal;
}

/** The exit status that an {@linkcode interruption} asks for, if there was one. */
export function interruptedStatus(signal: AbortSignal): number | undefined {
  const reason: unknown = signal.aborted ? signal.reason : undefined;
  return reason instanceof Interrupted ? reason.status : undefined;
}

/** What is to be done at a signal. */
interface Cleanup {
  readonly clean: (signal: EndingSignal) => void;
  /** In a command with an {@linkcode interruption} too. */
  readonly always: boolean;
}

const cleanups = new Set<Cleanup>();
let isListening = false;
/** The command has an {@linkcode interruption}: it disposes of what it made on its own way to the end. */
let endsByItself = false;

/**
 * Sees to it that `clean` is called if a signal ends the process, the latest first: for commands that have nothing else
 * to do then but to remove what they made and to end the processes that they started. In a command with an
 * {@linkcode interruption} it does nothing.
 *
 * @returns takes it back, once that is done in the regular way
 */
export function beforeSignalEnds(clean: () => void): () => void {
  return add({ clean, always: false });
}

/** The same in every command: one with an {@linkcode interruption} goes on after `clean`. */
export function atSignal(clean: (signal: EndingSignal) => void): () => void {
  return add({ clean, always: true });
}

function add(cleanup: Cleanup): () => void {
  if (!isListening) {
    isListening = true;
    for (const signal of SIGNALS) Deno.addSignalListener(signal, () => cleanUp(signal));
  }
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

/** Cleans up and, unless the command does so in its own way, ends the process. */
function cleanUp(signal: EndingSignal): void {
  clean(signal, !endsByItself);
  if (!endsByItself) Deno.exit(STATUS[signal]);
}

/** Cleans up what always is, or everything. */
function clean(signal: EndingSignal, isAll: boolean): void {
  for (const cleanup of [...cleanups].reverse()) {
    if (!isAll && !cleanup.always) continue;
    try {
      cleanup.clean(signal);
    } catch {
      // What cannot be cleaned must not keep the rest.
    }
  }
}
