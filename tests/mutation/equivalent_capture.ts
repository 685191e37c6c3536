/**
 * Mutants of the recorder and of verify that no test of theirs can notice, and why: see `equivalent.ts`.
 *
 * @module
 */

import type { Equivalences } from "./equivalences.ts";

const IN_PAGES = "VMAs are whole pages: a byte more or less makes no difference.";
const AS_GOOD = "How often a random program does something: any such program is as good.";
const FOR_TYPES = "It is always there; the default is for the type checker.";

const NO_ADDRESS = "The kernel looks at no address for this request.";
const ENOUGH = "So many are enough, and one more or less as well.";
const SAME_MOMENT = "It would have to be the very moment.";

/** By source file. */
export const CAPTURE: Equivalences = {
  "src/capture/ask_base.ts": [
    [
      "same",
      "for (let at = 0; at + 1 < bytes.length; at++) {",
      ["+ ▸ -", "< ▸ <="],
      "After the end there is no byte of the instruction.",
    ],
    ["same", "readonly #mask = new BigUint64Array(1);", ["1 ▸ 2"], "Only the first word is read."],
    ["same", "#stops = 0;", ["0 ▸ 1"], ENOUGH],
    ["same", "while (this.#stops++ < MOST_STOPS) {", ["< ▸ <="], ENOUGH],
  ],
  "src/capture/effects.ts": [
    [
      "same",
      'if (call === "mmap") return ((args[3] ?? 0) & (MAP_POPULATE | MAP_LOCKED)) === 0;',
      ["0 ▸ 1"],
      FOR_TYPES,
    ],
  ],
  "src/capture/fault_count.ts": [
    [
      "same",
      "return Number.isNaN(faults - before) ? Infinity : faults - before;",
      ["- ▸ +"],
      "What is no number makes none of a sum either.",
    ],
    [
      "same",
      "let at = this.#text.lastIndexOf(PARENTHESIS, length - 1) + 1;",
      ["- ▸ +", "1 ▸ 2"],
      "The last byte of a line, and the one after it, is no parenthesis.",
    ],
    [
      "same",
      "if (length <= 0 || at === 0) return NaN;",
      ["0 ▸ 1"],
      "No line is one byte long.",
    ],
    [
      "same",
      "let faults = 0, value = 0;",
      ["0 ▸ 1", "0 ▸ 1 (2)"],
      "Only differences of faults are told, and the field that is read first is none of them.",
    ],
    [
      "same",
      "for (let field = 0; field <= MAJOR && at < length; at++) {",
      ["< ▸ <= (2)"],
      "A field counts once a blank follows: the byte after the text has none.",
    ],
  ],
  "src/capture/flag_memory.ts": [
    [
      "slower",
      "if (known !== undefined) return known;",
      ["known !== undefined ▸ false"],
      "It is found out anew.",
    ],
    [
      "slower",
      "this.#ordinary.set(vmFlags, found);",
      ["this.#ordinary.set(vmFlags, found); ▸ ;"],
      "It is found out anew.",
    ],
    [
      "same",
      "const moved = shift !== 0 && target !== undefined && overlaps(target, line);",
      ["0 ▸ 1", "&& ▸ ||"],
      "What is moved by nothing came from where it is.",
    ],
  ],
  "src/capture/layout.ts": [
    [
      "same",
      "} else if (now === undefined || (old !== undefined && old.start <= now.start)) {",
      ["<= ▸ <"],
      "Both are told, each in a list of its own.",
    ],
  ],
  "src/capture/live_layout.ts": [
    [
      "slower",
      "if (lines.length < 1000) this.#lines.splice(first, end - first, ...lines);",
      ["lines.length < 1000 ▸ false", "< ▸ <="],
      "Both ways give the same list.",
    ],
  ],
  "src/capture/maps_text.ts": [
    [
      "same",
      "const text = this.#decoder.decode(this.#sizeText.subarray(0, Math.max(0, length)));",
      ["0 ▸ 1 (2)"],
      "In one character is no blank, so there is no size either.",
    ],
    [
      "slower",
      'const vma = line === "" ? undefined : parseMapsLine(line);',
      ['line === "" ▸ false'],
      "An empty line is no VMA.",
    ],
    [
      "slower",
      "const words = Math.floor(length / 8);",
      ["8 ▸ 9"],
      "What is not compared by words is compared by bytes.",
    ],
  ],
  "src/capture/observer.ts": [
    [
      "same",
      "for (let i = layout.indexFrom(start - 1); i < layout.lines.length; i++) {",
      ["1 ▸ 2"],
      IN_PAGES,
    ],
    [
      "slower",
      "return zeros.size === 0",
      ["zeros.size === 0 ▸ false"],
      "Each line is looked at, and none is among the zeros.",
    ],
    [
      "same",
      "const now = this.#vmas!.at(stack.end - 1);",
      ["1 ▸ 2"],
      IN_PAGES,
    ],
    [
      "slower",
      'if (now === "gone") return undefined;',
      ['now === "gone" ▸ false'],
      "It has no end; what is asked next finds the process gone as well.",
    ],
    [
      "same",
      "if ((below?.end ?? 0) > now.start) continue;",
      ["0 ▸ 1"],
      "No stack begins at 0.",
    ],
    [
      "same",
      'const { ranges } = effect.reach === "anywhere" ? { ranges: [] } : effect;',
      ['effect.reach === "anywhere" ▸ false'],
      "After a call that may do anything all is read before; the check is for the type checker.",
    ],
    [
      "same",
      "if (windows === undefined || flagged === undefined || !isComplete(flagged)) return undefined;",
      ["|| ▸ &&"],
      "Either both are there or neither is.",
    ],
    [
      "slower",
      "if (looker.isAlone && recent.length > 0) {",
      ["> ▸ >="],
      "Of no VMAs nothing is asked.",
    ],
  ],
  "src/capture/open_files.ts": [
    [
      "same",
      "return this.#libc.syscall(numberOf(name, this.#machine) ?? -1, ...args);",
      ["1 ▸ 2"],
      "There is no call with either number.",
    ],
    [
      "same",
      "if (process < 0) return -1;",
      ["1 ▸ 2"],
      "Only that it is below 0 is looked at.",
    ],
    [
      "same",
      "if (found !== undefined) this.#devices.set(mount, found);",
      ["found !== undefined ▸ true"],
      "What is kept as undefined is looked for again.",
    ],
  ],
  "src/capture/page_scan.ts": [
    [
      "slower",
      "return zeros.length === 0 ? found : [...found, ...zeros].sort((a, b) => a.start - b.start);",
      ["zeros.length === 0 ▸ false"],
      "What is in order is put in order.",
    ],
  ],
  "src/capture/pointers.ts": [
    [
      "same",
      "const argument = (index: number | undefined) => index === undefined ? 0 : args[index] ?? 0;",
      ["index === undefined ▸ false", "0 ▸ 1 (2)"],
      FOR_TYPES,
    ],
  ],
  "src/capture/proc.ts": [
    [
      "same",
      "while (position < text.length) {",
      ["< ▸ <="],
      "After the end there is no line, which ends it as well.",
    ],
    [
      "same",
      'const flagsAt = text.indexOf("\\nVmFlags:", headerEnd) + 9;',
      ["9 ▸ 10"],
      "A blank follows.",
    ],
    [
      "same",
      'const written = line.permissions[3] === "p" && anonymous + swap > 0;',
      ["0 ▸ 1"],
      "A page has at least 4 kB.",
    ],
    [
      "same",
      'const digits = (value = 0) => value.toString(16).padStart(2, "0");',
      ["0 ▸ 1"],
      FOR_TYPES,
    ],
  ],
  "src/capture/ptrace.ts": [
    [
      "same",
      "readonly #message = new BigUint64Array(1);",
      ["1 ▸ 2"],
      "Only the first word is read.",
    ],
    [
      "same",
      "if (startMs - this.#heardMs > HEAR_MS) await this.#hear();",
      ["> ▸ >="],
      SAME_MOMENT,
    ],
    [
      "same",
      "if (pid > 0) return this.#stop(pid, this.#status[0]!);",
      ["> ▸ >=", "0 ▸ 1"],
      "A wait that is none gives no 0, and the first process of all is not traced.",
    ],
    [
      "same",
      'if (this.#clock() - startMs > patienceMs || signal?.aborted) return "late";',
      ["> ▸ >="],
      SAME_MOMENT,
    ],
    ["same", "} while (this.#clock() - startMs < patienceMs);", ["< ▸ <="], SAME_MOMENT],
    [
      "same",
      "if (length <= 0) return undefined; // it was killed meanwhile",
      ["0 ▸ 1"],
      "No answer is one byte long.",
    ],
    [
      "same",
      "this.#libc.ptraceBuffer(PTRACE_GETEVENTMSG, pid, 0, this.#message);",
      ["0 ▸ 1"],
      NO_ADDRESS,
    ],
  ],
  "src/capture/space.ts": [
    [
      "same",
      "while (performance.now() - resumedMs < LEAST_RUN_MS) tracer.yield();",
      ["< ▸ <="],
      SAME_MOMENT,
    ],
  ],
  "src/capture/sources.ts": [
    [
      "same",
      "const found = vmas?.at(0);",
      ["0 ▸ 1"],
      "Any address tells whether the kernel answers.",
    ],
  ],
  "src/capture/unrecorded.ts": [
    [
      "same",
      "if (number !== undefined) byNumber.set(number, meaning);",
      ["number !== undefined ▸ true"],
      "No call is without a number.",
    ],
    [
      "same",
      "const type = ((args[1] ?? 0) >>> 8) & 0xff;",
      ["0 ▸ 1"],
      FOR_TYPES,
    ],
  ],
  "src/capture/whole.ts": [
    [
      "same",
      "const reached = effect.ranges.map(({ start, end }) => ({ start: start - 1, end: end + 1 }));",
      ["1 ▸ 2", "1 ▸ 2 (2)"],
      IN_PAGES,
    ],
  ],
  "src/capture/window.ts": [
    [
      "same",
      "let window = look(layout, vmas, Math.max(0, range.start - 1), range.end, most);",
      ["0 ▸ 1"],
      IN_PAGES,
    ],
    [
      "same",
      "for (let last = windows.at(-1); window && last && window.low <= last.high;) {",
      ["<= ▸ <"],
      "A window that begins with the last byte of another holds the VMA there, and begins where that does.",
    ],
    [
      "same",
      "last = windows.at(-1);",
      ["1 ▸ 2"],
      "Two windows that a third one meets have met each other before.",
    ],
    [
      "same",
      "const last = Math.max(high, (shown.at(-1)?.end ?? 0) - 1);",
      ["0 ▸ 1"],
      "It is no higher than what was asked for.",
    ],
  ],
  "src/verify/draw.ts": [
    ["same", "[1, 8 | RW],", ["8 ▸ 9"], "What 1 stands for, PROT_READ, is among RW."],
    ["same", "[1, 16 | RW],", ["16 ▸ 17"], "What 1 stands for, PROT_READ, is among RW."],
  ],
  "src/verify/fuzz.ts": [
    [
      "same",
      "[this.#mayEnd ? 4 : 0, () => this.#seal()],",
      ["4 ▸ 5"],
      AS_GOOD,
    ],
    [
      "same",
      "[this.#depth < DEEPEST_FORK ? 3 : 0, () => this.#fork()],",
      ["3 ▸ 4"],
      AS_GOOD,
    ],
    [
      "same",
      "readonly #vector = new Text(new Uint8Array(64));",
      ["64 ▸ 65"],
      "How much room mincore finds decides when it writes beyond, where anything may lie: any is as good.",
    ],
    [
      "same",
      "[[RLIMIT_AS, 60], [RLIMIT_DATA, 8], [RLIMIT_STACK, 8]] as const,",
      ["60 ▸ 61", "8 ▸ 9", "8 ▸ 9 (2)"],
      AS_GOOD,
    ],
    [
      "same",
      "[this.#mayWatch ? 3 : 0, () => this.#watch()],",
      ["3 ▸ 4"],
      AS_GOOD,
    ],
    [
      "same",
      "[this.#depth === 0 ? 1 : 0, () => { // a child's copy of the descriptor would be left",
      ["1 ▸ 2"],
      AS_GOOD,
    ],
    [
      "same",
      "for (let calls = this.#random.below(4); calls > 0; calls--) this.#step();",
      ["0 ▸ 1"],
      AS_GOOD,
    ],
    [
      "same",
      "for (let calls = this.#random.below(12); calls > 0; calls--) this.#step();",
      ["0 ▸ 1"],
      AS_GOOD,
    ],
    [
      "same",
      "return this.#placed.splice(at, 1)[0];",
      ["1 ▸ 2"],
      "Not all that was placed has something done to it later: any such program is as good.",
    ],
  ],
  "src/verify/verify.ts": [
    [
      "same",
      'if (record.type !== "end") yield { type: "end", reason: "interrupted" };',
      ['record.type !== "end" ▸ true'],
      "Only a model that changes by itself differs at the end record alone: no recording can make it.",
    ],
  ],
};
