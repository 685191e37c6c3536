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
  const controller = new AbortController();
  let firstMs = 0;
  for (const signal of SIGNALS) {
    Deno.addSignalListener(signal, () => {
      if (!controller.signal.aborted) {
        firstMs = performance.now();
        controller.abort(new Interrupted(signal));
      } else if (forced && performance.now() - firstMs > ECHO_MS) Deno.exit(STATUS[signal]);
    });
  }
  return controller.signal;
}

/** The exit status that an {@linkcode interruption} asks for, if there was one. */
export function interruptedStatus(signal: AbortSignal): number | undefined {
  const reason: unknown = signal.aborted ? signal.reason : undefined;
  return reason instanceof Interrupted ? reason.status : undefined;
}

/** What is to be done before a signal ends the process, the latest first. */
const cleanups = new Set<() => void>();
let isListening = false;

/**
 * Sees to it that `clean` is called if a signal ends the process: for commands that have nothing else to do then but to
 * remove what they made and to end the processes that they started.
 *
 * @returns takes it back, once that is done in the regular way
 */
export function beforeSignalEnds(clean: () => void): () => void {
  if (!isListening) {
    isListening = true;
    for (const signal of SIGNALS) Deno.addSignalListener(signal, () => end(signal));
  }
  cleanups.add(clean);
  return () => cleanups.delete(clean);
}

/** Cleans up and ends the process. */
function end(signal: EndingSignal): never {
  for (const clean of [...cleanups].reverse()) {
    try {
      clean();
    } catch {
      // What cannot be cleaned must not keep the rest.
    }
  }
  Deno.exit(STATUS[signal]);
}
