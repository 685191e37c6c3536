/**
 * A trace from a file that may also be a text: what commands that take traces open their operands with.
 *
 * @module
 */

import { hex } from "../abi/hex.ts";
import { Unable } from "../command/command.ts";
import { inputOf } from "../command/files.ts";
import { oneLine } from "../command/output.ts";
import type { TraceRecord } from "../trace/format.ts";
import { readTrace } from "../trace/read.ts";
import { TraceError } from "../trace/trace_error.ts";
import { importText } from "./import.ts";
import { explainLayout, type Neighbourhood, neighbourhoodOf } from "./explain/layout.ts";
import { neighbourhoodAsText } from "./explain_report.ts";
import { readLayout } from "./maps/read_layout.ts";
import { readText } from "./read_text.ts";
import { TextError } from "./text_error.ts";

/**
 * The records of a trace or, where the file is none, of the text of calls that it is.
 *
 * @throws {TraceError} it is a damaged trace, or no trace and no such text
 * @throws {Unable} it is the text of a layout
 */
export async function* openTrace(operand: string): AsyncGenerator<TraceRecord, void> {
  const input = inputOf(operand);
  const records = readTrace(input);
  let first;
  try {
    first = await records.next();
  } catch (error) {
    const isText = error instanceof TraceError && error.code === "ENOTTRACE" &&
      typeof input === "string";
    if (!isText) throw error;
    yield* recordsOf(await readText(input), error, operand);
    return;
  }
  if (!first.done) yield first.value;
  yield* records;
}

/** The records of a text that is mainly one of calls. */
function recordsOf(text: string, notTrace: TraceError, file: string): readonly TraceRecord[] {
  try {
    const { records, passedOver, memoryCalls } = importText(text);
    if (memoryCalls > passedOver.length) return records;
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
  }
  if (!isLayout(text)) throw notTrace;
  throw new Unable(
    `${oneLine(file)} shows a layout, and no calls that could be replayed: deno task explain ${
      oneLine(file)
    }`,
  );
}

/** True for a text that is mainly a layout. */
function isLayout(text: string): boolean {
  const { vmas, lines, format } = readLayout(text);
  return vmas.length > 0 && (format === "smaps" || vmas.length * 2 >= lines);
}

/**
 * Why the VMA at an address of a layout is not one with its neighbours; undefined if the file is no text of one.
 *
 * @throws {Unable} nothing is mapped there
 */
export async function whyInLayout(
  operand: string,
  address: number,
): Promise<(Neighbourhood & { readonly file: string; readonly words: string }) | undefined> {
  const input = inputOf(operand);
  if (typeof input !== "string") return undefined;
  const text = await readText(input);
  if (text.startsWith("{") || !isLayout(text)) return undefined;
  const { layout } = explainLayout(text);
  const found = neighbourhoodOf(layout, address);
  if (found === undefined) {
    throw new Unable(`nothing is mapped at ${hex(address)} in ${oneLine(operand)}`);
  }
  return { file: operand, ...found, words: neighbourhoodAsText(operand, found) };
}
