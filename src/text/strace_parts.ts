/**
 * The files of `strace -ff -o NAME`, one a process (`NAME.1234`), as one text.
 *
 * @module
 */

/** One file. */
export interface Part {
  /** Its name. */
  readonly name: string;
  /** Its text. */
  readonly text: string;
}

const PROCESS = /\.(\d+)$/;
const TIME = /^\s*(?:(\d{9,10}\.\d+)|(\d\d):(\d\d):(\d\d)(?:\.(\d+))?)\s/;

/** True if the names are those of one run's files. */
export function isOneRun(names: readonly string[]): boolean {
  const stems = new Set(names.map((name) => name.replace(PROCESS, "")));
  return names.length > 1 && stems.size === 1 && names.every((name) => PROCESS.test(name));
}

/**
 * One text of all: each line with its process in front, by time where every file has times (`-ttt`, `-tt`), else one
 * file after the other, so that a child follows its parent as a whole.
 */
export function joinParts(parts: readonly Part[]): string {
  const lines: { time: number; text: string }[] = [];
  let isTimed = true;
  for (const { name, text } of [...parts].sort((a, b) => pidOf(a.name) - pidOf(b.name))) {
    let last = NaN;
    for (const line of text.split(/\r*\n/)) {
      if (line === "") continue;
      last = timeOf(line) ?? last;
      if (Number.isNaN(last)) isTimed = false;
      lines.push({ time: last, text: `${pidOf(name)} ${line}` });
    }
  }
  if (isTimed) lines.sort((a, b) => a.time - b.time);
  return lines.map(({ text }) => text).join("\n");
}

function pidOf(name: string): number {
  return Number(PROCESS.exec(name)?.[1]);
}

function timeOf(line: string): number | undefined {
  const match = TIME.exec(line);
  if (match === null) return undefined;
  const [, seconds, hours, minutes, rest, fraction = "0"] = match;
  if (seconds !== undefined) return Number(seconds);
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(rest) + Number(`0.${fraction}`);
}
