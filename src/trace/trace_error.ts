/**
 * The one error that reading a trace ends in.
 *
 * @module
 */

import { CodedError } from "../abi/error.ts";

/** What is wrong with the file. */
export type TraceErrorCode =
  /** It cannot be opened, or the disk or network fails. */
  | "EIO"
  /** It ends too early: no end record, or compressed data without its end. */
  | "ECUT"
  /** It is no trace, or not compressed though its name says so. */
  | "ENOTTRACE"
  /** It was written by a newer version. */
  | "EVERSION"
  /** A line is not JSON, or a field is missing or not what it must be. */
  | "EVALUE"
  /** A record stands where it cannot: a leave without enter, an unknown process. */
  | "EORDER";

/** Longest reason, characters: a line of the file that is quoted in it may have any length. */
const LONGEST_WHY = 240;

function shortened(why: string): string {
  return why.length > LONGEST_WHY ? `${why.slice(0, LONGEST_WHY)}…` : why;
}

/** `Cannot read FILE line N: why`. */
export class TraceError extends CodedError<TraceErrorCode> {
  /** The line, counted from 1; 0 if the file could not be opened. */
  readonly line: number;

  /**
   * Made by the readers and importers.
   *
   * @param code what is wrong
   * @param file the file's name as the caller gave it
   * @param line the line, counted from 1; 0 if the file could not be opened
   * @param why the rest of the sentence
   */
  constructor(
    code: TraceErrorCode,
    file: string,
    line: number,
    why: string,
    options?: ErrorOptions,
  ) {
    const place = line === 0 ? file : `${file} line ${line}`;
    super("TraceError", code, `Cannot read ${place}: ${shortened(why)}`, options);
    this.line = line;
  }
}

/** Why a line is no record, or stands where it cannot; the reader adds file and line number. */
export class LineError extends CodedError<TraceErrorCode> {
  /**
   * Made at the first fault of a line.
   *
   * @param code what kind of fault it is
   * @param why the end of the sentence `Cannot read FILE line N: …`
   */
  constructor(code: TraceErrorCode, why: string) {
    super("LineError", code, why);
  }
}
