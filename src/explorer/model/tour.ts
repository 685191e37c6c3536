/**
 * What went wrong in 2022, in six stations on a run with the fault of row 1 planted.
 *
 * @module
 */

import type { Place } from "./place.ts";
import type { Run } from "./run.ts";
import type { StepView } from "./step_view.ts";

/** The run that the tour goes through, where the page has it, and the fault that it plants. */
export const TOUR_RUN = "cc1-2022";
export const TOUR_FAULT = "stale-slot-kept";

/** A stop of the tour. */
export interface Station {
  readonly title: string;
  readonly paragraphs: readonly string[];
  readonly place: Place;
  /** The panel to look at. */
  readonly target: "list" | "tree" | "fault";
}

/** What the fault did in the run of the tour. */
export interface TourFacts {
  readonly run: string;
  /** The step that keeps the stale slot. */
  readonly acted: StepView;
  /** A step about half way to where it surfaces. */
  readonly quiet: StepView;
  /** Where it surfaces. */
  readonly surfaced: StepView;
}

/** Looks for the story in a run with the fault; undefined if it does not happen there. */
export function tourFacts(name: string, run: Run): TourFacts | undefined {
  run.index.advance();
  const { acted, surfaced } = run.index.story;
  if (acted === undefined || surfaced === undefined || surfaced.step < acted + 4) return undefined;
  return {
    run: name,
    acted: run.view(acted),
    quiet: run.view(Math.floor((acted + surfaced.step) / 2)),
    surfaced: run.view(surfaced.step),
  };
}

/** The stations. */
export function tourOf({ run, acted, quiet, surfaced }: TourFacts): readonly Station[] {
  const { step } = acted;
  const operation = acted.actedOperation || undefined;
  const fault = TOUR_FAULT;
  const plain = { run, fault: undefined, vma: undefined, pid: undefined };
  const planted = { ...plain, fault };
  const slot = acted.health?.violation?.slot ?? 0;
  const count = acted.before?.rows.length ?? 0;
  const later = surfaced.step - step;
  return [
    {
      title: "What a program has in memory",
      target: "list",
      place: { ...plain, step: step - 1, operation: undefined },
      paragraphs: [
        "This is a recording of cc1, the C compiler inside gcc. The memory of a program is not one block. It is a list " +
        "of ranges: its code, its data, its stack, the libraries, and what it asked for while it ran.",
        `The kernel calls such a range a VMA. Here are ${count} of them in the order of their addresses. The kernel must ` +
        "have this list exactly right at every moment: it is how it decides which addresses the program may use.",
      ],
    },
    {
      title: "How the kernel keeps the list",
      target: "tree",
      place: { ...plain, step: step - 1, operation: undefined },
      paragraphs: [
        "To search a long list from its beginning is slow, so the kernel keeps it in a tree: the maple tree. Each box is " +
        "a node, each row of it a slot. The pivot is the last address that the slot covers; its first is the one after " +
        "the pivot of the row above. So from row to row the pivots must rise.",
        "To look up an address, take the first row whose pivot is that address or a higher one. If the row names a node, do " +
        "the same in that. Free memory has slots too. That is all one must know of maple trees here.",
      ],
    },
    {
      title: "A call, and what it should do",
      target: "tree",
      place: { ...plain, step, operation },
      paragraphs: [
        `Step ${step}: the compiler asks for 8 KiB more. The kernel puts them right below a range that is just like them, ` +
        "and so makes no new range: the old one grows downwards.",
        "In the tree that is one store. The slot of the free memory before it gets shorter, the slot of the range now stands for the longer " +
        "one (both are marked as written), and the entry for the shorter one is gone, because the longer one covers all " +
        "its addresses. This is right.",
      ],
    },
    {
      title: "The same call, with the mistake",
      target: "tree",
      place: { ...planted, step, operation },
      paragraphs: [
        "Now a mistake like that of 2022 is planted in the code that writes the node: it keeps the old slot after the new " +
        `one. Look at slot ${slot}, marked with “!”. It has the same pivot as the slot before it. Between the two there is ` +
        "no room: it covers not a single address.",
        "It is left over. One range is in the list twice now, the second time in a place where it does not belong. (All " +
        "slots after it have moved down by one.)",
      ],
    },
    {
      title: "Nothing happens",
      target: "fault",
      place: { ...planted, step: quiet.step, operation: undefined },
      paragraphs: [
        `${
          quiet.step - step
        } steps later. The program runs as if nothing were wrong. A lookup takes the first row that ` +
        `fits, so it never comes to a left-over slot: it still finds all ${quiet.health?.lookups} ranges. And the kernel ` +
        `counts its ranges beside the tree, so the count is right: ${quiet.health?.mapCount}.`,
        `Only who goes through all rows one by one would see it. Such a walk meets ${quiet.health?.walked} entries by now, ` +
        "because the mistake has been made again and again.",
      ],
    },
    {
      title: "Then, long after, it breaks",
      target: "fault",
      place: { ...planted, step: surfaced.step, operation: undefined },
      paragraphs: [
        "The program ends, and the kernel goes through the whole list to give everything back. It meets " +
        `${surfaced.health?.walked} entries where it had counted ${surfaced.health?.mapCount}, and reports a bug. But the ` +
        `call that did it was ${later} steps ago, and nothing points back to it.`,
        "So it was in July 2022: under cc1, at about 60 ranges, the kernel found a range twice in its tree, and for weeks " +
        "people read printed trees from the moment where it showed, not from the moment where it happened.",
        `Check the rules after every step, and it cannot hide. “From row to row the pivots must rise” is broken at step ` +
        `${step}, in that very slot. Press “step ${step}” in the box of the fault to see it once more.`,
      ],
    },
  ];
}
