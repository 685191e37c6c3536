/**
 * How many page faults a process has had: `/proc/PID/stat`. Without a fault nothing was written to for the first time,
 * and no stack has grown.
 *
 * Threads of a process are counted together; a fault counts before the program sees the page (Linux mm/memory.c,
 * `mm_account_fault()`).
 *
 * @module
 */
import type { LibcCalls } from "./libc.ts";

const PARENTHESIS = 0x29, BLANK = 0x20, ZERO = 0x30;
/** Fields after the name's closing parenthesis: minflt is the tenth of the line, majflt the twelfth. */
const MINOR = 8, MAJOR = 10;

interface Count {
  readonly descriptor: number;
  faults: number;
}

/** The counts of the processes that use one address space. */
export class FaultCount {
  readonly #libc: LibcCalls;
  readonly #counts = new Map<number, Count>();
  readonly #text = new Uint8Array(1024);

  /** Counts for no process yet. */
  constructor(libc: LibcCalls) {
    this.#libc = libc;
  }

  /**
   * Faults of a process since this was asked last; Infinity the first time, and if the kernel does not say.
   *
   * @param process the leader of its threads
   */
  since(process: number): number {
    const count = this.#counts.get(process) ?? this.#open(process);
    const faults = this.#read(count.descriptor);
    const before = count.faults;
    count.faults = faults;
    return Number.isNaN(faults - before) ? Infinity : faults - before;
  }

  /** Closes what is open. */
  close(): void {
    for (const { descriptor } of this.#counts.values()) this.#libc.close(descriptor);
    this.#counts.clear();
  }

  #open(process: number): Count {
    const count = { descriptor: this.#libc.open(`/proc/${process}/stat`), faults: NaN };
    this.#counts.set(process, count);
    return count;
  }

  #read(descriptor: number): number {
    const length = this.#libc.readStart(descriptor, this.#text);
    let at = this.#text.lastIndexOf(PARENTHESIS, length - 1) + 1;
    if (length <= 0 || at === 0) return NaN;
    let faults = 0, value = 0;
    for (let field = 0; field <= MAJOR && at < length; at++) {
      const byte = this.#text[at]!;
      if (byte !== BLANK) {
        value = value * 10 + byte - ZERO;
        continue;
      }
      if (field === MINOR || field === MAJOR) faults += value;
      value = 0;
      field++;
    }
    return faults;
  }
}
