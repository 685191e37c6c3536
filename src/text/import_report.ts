/**
 * What was found in a text of calls, as words and as JSON.
 *
 * @module
 */

import { counted } from "./explain/amounts.ts";
import type { ImportedText } from "./import.ts";
import type { PassedOver } from "./lines/marks.ts";
import { wrapped } from "./wrap.ts";

/** Of each kind of line or answer so many are shown. */
const SHOWN = 8;

/** Without the records, which `--out` writes. */
export function importedAsJson(file: string, imported: ImportedText): unknown {
  const { records: _, ...rest } = imported;
  return { file, ...rest };
}

/** The report. */
export function importedAsText(
  file: string,
  imported: ImportedText,
  out: string | undefined,
): string {
  const { format, lines, memoryCalls, processes, threads, passedOver, answers, mapCount } =
    imported;
  const { asked, equal, different, cannotKnow } = answers;
  const head =
    `${file}: ${format}, ${counted(lines, "line")}, ${counted(memoryCalls, "memory call")}, ${
      processes === 1 ? "1 process" : `${processes} processes`
    }` +
    (threads === 0 ? "" : `, ${counted(threads, "thread")}`);
  return [
    head,
    ...passedOverLines(passedOver),
    `  compared: the result of ${
      counted(asked, "call")
    }; layouts, faults and VmFlags are not, as the text has none`,
    `    ${equal} as the model answers, ${different} not, ${cannotKnow} cannot be known from the text`,
    ...imported.differing.slice(0, SHOWN).map((each) =>
      `    line ${each.line}: ${each.call} gave ${each.text}, the model ${each.model}`
    ),
    `  map_count, of what the text shows: ${mapCount.min}/${mapCount.median}/${mapCount.max}`,
    ...imported.failures.slice(0, SHOWN).map((each) =>
      wrapped(2, `line ${each.line}: ${each.call} failed with ${each.error}. ${each.words}.`)
    ),
    ...more(imported.failures.length, "failed call"),
    ...(out === undefined ? [] : [`  written to ${out}: deno task replay ${out}`]),
  ].join("\n");
}

/** The lines that were passed over, alike ones together. */
export function passedOverLines(passedOver: readonly PassedOver[]): string[] {
  if (passedOver.length === 0) return ["  every line was read"];
  return [
    `  passed over: ${counted(passedOver.length, "line")}`,
    ...passedOver.slice(0, SHOWN).map(({ line, text, why }) =>
      wrapped(4, `line ${line}: ${JSON.stringify(text.trim().slice(0, 60))}: ${why}`)
    ),
    ...more(passedOver.length, "line"),
  ];
}

function more(count: number, noun: string): string[] {
  return count > SHOWN
    ? [`    and ${counted(count - SHOWN, `more ${noun}`)}; --json lists all`]
    : [];
}
