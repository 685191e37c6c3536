/**
 * Mutants of the load and of random numbers that no test can notice, and why: see `equivalent.ts`.
 *
 * @module
 */

import type { Equivalences } from "./equivalences.ts";

const FOR_TYPES = "It is always there; the default is for the type checker.";
const REDUCED =
  "After the reducing no event is too much, so one in the place of two does not fail.";
const NO_EARLIER = "Before the first event there is none to join it with.";

const UNKNOWN_PID = "A process that no recording knows: any number above the kernel's is as good.";

/** By source file. */
export const LOAD: Equivalences = {
  "src/load/answer.ts": [
    [
      "same",
      ": answer < 0 && errnoName(-answer) === record.error;",
      ["< ▸ <=", "0 ▸ 1"],
      "No error has the number 0.",
    ],
  ],
  "src/load/copies.ts": [
    [
      "same",
      "for (; vma !== undefined && vma.start < range.end; vma = tree.after(vma.start)) {",
      ["< ▸ <="],
      "Of a VMA that begins where the range ends no page is in it.",
    ],
    [
      "same",
      "const [address = 0, length = 0, third = 0, flags = 0] = enter.args;",
      ["0 ▸ 1", "0 ▸ 1 (2)", "0 ▸ 1 (3)", "0 ▸ 1 (4)"],
      FOR_TYPES,
    ],
    [
      "same",
      "if (entry === undefined) return undefined;",
      ["entry === undefined ▸ false"],
      "Only pages that have an entry are asked for.",
    ],
  ],
  "src/load/shrink.ts": [
    [
      "slower",
      'return kind === "start" ? life : runOf(life);',
      ['kind === "start" ▸ true', 'kind === "start" ▸ false', "=== ▸ !=="],
      "What does not go as a part of its run goes by itself.",
    ],
    [
      "same",
      "let left = adjacent.length < events.length && fails(adjacent) ? adjacent : events;",
      ["< ▸ <="],
      "Where nothing was joined the two lists are equal.",
    ],
    [
      "same",
      "for (let at = left.length - 1; at >= 0; at--) {",
      [">= ▸ >", "0 ▸ 1"],
      NO_EARLIER,
    ],
    [
      "same",
      'if (later.kind !== "step") continue;',
      ['later.kind !== "step" ▸ false', "continue; ▸ ;"],
      REDUCED,
    ],
  ],
  "src/load/event.ts": [
    [
      "same",
      "const LIVES = 2 ** 20;",
      ["2 ▸ 3", "20 ▸ 21"],
      "Room for the lives of a run: more is as good.",
    ],
  ],
  "src/load/load.ts": [
    [
      "same",
      "const FIRST_FORKED_PID = 2 ** 30;",
      ["2 ▸ 3", "30 ▸ 31"],
      UNKNOWN_PID,
    ],
    ["same", "const child = FIRST_FORKED_PID + number;", ["+ ▸ -"], UNKNOWN_PID],
    ["same", "address = 0,", ["0 ▸ 1"], "What gets no address does not look at it."],
    ["same", "value = 0,", ["0 ▸ 1"], "What gets no value does not look at it."],
    ["same", "let most = -1;", ["1 ▸ 2"], "No size is below 0, and that is all it says."],
  ],
  "src/load/mirror.ts": [
    [
      "same",
      "const [start = 0, length = 0] = step.enter.args;",
      ["0 ▸ 1", "0 ▸ 1 (2)"],
      FOR_TYPES,
    ],
    [
      "same",
      "const [address = 0, length = 0, third = 0, flags = 0, target = 0] = enter.args;",
      ["0 ▸ 1", "0 ▸ 1 (2)", "0 ▸ 1 (3)", "0 ▸ 1 (4)", "0 ▸ 1 (5)"],
      FOR_TYPES,
    ],
    [
      "same",
      "const [, length = 0, third = 0, flags = 0, fixed = 0] = args;",
      ["0 ▸ 1", "0 ▸ 1 (2)", "0 ▸ 1 (3)", "0 ▸ 1 (4)"],
      FOR_TYPES,
    ],
    [
      "slower",
      "if (target === start) return;",
      ["target === start ▸ false"],
      "What is moved to where it is stays as it was.",
    ],
  ],
  "src/load/scheduler.ts": [
    [
      "same",
      "const [start = 0, length = 0] = next.step.enter.args;",
      ["0 ▸ 1"],
      "A call without arguments names no range: neither is the address of a page that can be mapped.",
    ],
    [
      "same",
      "const vma = tree.findVma(life.strayed) ?? tree.findVma(0);",
      ["0 ▸ 1"],
      "VMAs are whole pages: none ends at 1.",
    ],
  ],
  "src/load/second_task.ts": [
    [
      "same",
      "if (hadToWait && patiently(() => (this.#run(), 0)) === undefined) return;",
      ["0 ▸ 1"],
      "Whether it is undefined is all that is asked.",
    ],
    [
      "same",
      "this.#outcome = { stamp: writes ? 0 : space.readPage(address) };",
      ["0 ▸ 1"],
      "The stamp of a write is not looked at.",
    ],
    [
      "same",
      "const [start = 0, length = 0] = enter.args;",
      ["0 ▸ 1", "0 ▸ 1 (2)"],
      FOR_TYPES,
    ],
  ],
  "src/random.ts": [
    [
      "same",
      "for (let i = items.length - 1; i > 0; i--) {",
      ["> ▸ >="],
      "The first item changes places with itself: every order stays equally likely.",
    ],
  ],
};
