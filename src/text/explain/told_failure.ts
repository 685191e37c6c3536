/**
 * Calls on memory of which a crash log says in words that they failed: the JVM's hs_err and the sanitizers' reports.
 *
 * @module
 */

import { errnoName } from "../../abi/errno.ts";
import type { TextLine } from "../lines/clean.ts";
import { counted, inBytes } from "./amounts.ts";
import type { Failure } from "./failure.ts";

/** How a log says it: the call if the pattern tells none, and which groups hold call, bytes and errno. */
interface Saying {
  readonly pattern: RegExp;
  readonly call: string;
  readonly groups: { readonly call?: number; readonly bytes: number; readonly errno?: number };
}

const SAYINGS: readonly Saying[] = [
  {
    pattern:
      /Native memory allocation \((mmap|mprotect|malloc)\) failed to (?:map|protect|allocate|reserve|commit) (\d{1,15}) bytes/,
    call: "mmap",
    groups: { call: 1, bytes: 2 },
  },
  {
    pattern:
      /os::(?:commit|reserve)_memory\(0x[0-9a-f]{1,16}, (\d{1,15}),[^)]{0,80}\) failed; error='[^']{0,80}' \(err(?:or|no)=(\d{1,3})\)/,
    call: "mmap",
    groups: { bytes: 1, errno: 2 },
  },
  {
    pattern:
      /Sanitizer failed to allocate 0x[0-9a-f]{1,16} \((\d{1,16})\) bytes[^(]{0,120}\(err(?:or code|no): (\d{1,3})\)/,
    call: "mmap",
    groups: { bytes: 1, errno: 2 },
  },
];

/** What is in use, against the limit. */
export interface Usage {
  readonly used: number;
  readonly limit: number;
  /** Bytes mapped, of what is shown. */
  readonly mapped: number;
}

/** The failures that a log tells of, one for each line that does. O(lines). */
export function toldFailures(lines: readonly TextLine[], usage: Usage): Failure[] {
  const found: Failure[] = [];
  for (const { text, number } of lines) {
    if (!text.includes("failed")) continue;
    for (const { pattern, call, groups } of SAYINGS) {
      const match = pattern.exec(text);
      if (match === null) continue;
      const said = groups.call === undefined ? call : match[groups.call] ?? call;
      const bytes = Number(match[groups.bytes]);
      const errno = groups.errno === undefined ? 12 : Number(match[groups.errno]);
      const words = wordsOf(said, bytes, usage);
      found.push({
        line: number,
        call: said === "malloc" ? "mmap" : said,
        error: errnoName(errno),
        words,
      });
      break;
    }
  }
  return found;
}

function wordsOf(call: string, bytes: number, { used, limit, mapped }: Usage): string {
  const needed = call === "mprotect"
    ? "splits a VMA, which needs one VMA more"
    : "needs one VMA more";
  const asked = `${call === "mprotect" ? "Protecting" : "Mapping"} ${inBytes(bytes)} ${needed}`;
  const near = limit - used;
  if (near <= 8) {
    return `${asked}, and ${used} of the ${limit} that the limit (vm.max_map_count) allows are in use. Fewer threads or ` +
      "mappings, or a higher limit, would have served";
  }
  return `${asked}; ${
    counted(near, "VMA")
  } may still be made, so the limit (vm.max_map_count, ${limit}) was not in the way. ` +
    `It was another one: RLIMIT_AS (${
      inBytes(mapped)
    } are mapped), the commit limit (vm.overcommit_memory), or the ` +
    "memory of the container or machine. A smaller heap, or MAP_NORESERVE, serves against the first two";
}
