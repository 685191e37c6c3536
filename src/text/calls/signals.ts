/**
 * Numbers of signals that end processes (signal(7), x86-64 and arm64).
 *
 * @module
 */

import { ownValue } from "../own_value.ts";

const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSYS: 31,
};

/** The number of a signal; 0 for one that is not listed. */
export function signalNumber(name: string): number {
  return ownValue(SIGNALS, name) ?? 0;
}
