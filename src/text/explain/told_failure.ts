/**
 * Calls on memory of which a crash log says in words that they failed: the JVM's hs_err and the sanitizers' reports.
 *
 * @module
 */

import { errnoName } from "../../abi/errno.ts";
import type { TextLine } from "../lines/clean.ts";
import { counted, inBytes } from "./amounts.ts";
import type { Failure } from "./failure.ts";

/** How a log says it; the call is mmap, the errno ENOMEM, where a log does not say. */
const SAYINGS: readonly RegExp[] = [
  /Native memory allocation \((?<call>mmap|mprotect|malloc)\) failed to (?:map|protect|allocate|reserve|commit) (?<bytes>\d{1,15}) bytes/,
  /os::(?:commit|reserve)_memory\(0x[0-9a-f]{1,16}, (?<bytes>\d{1,15}),[^)]{0,80}\) failed; error='[^']{0,80}' \(err(?:or|no)=(?<errno>\d{1,3})\)/,
  /Sanitizer failed to allocate 0x[0-9a-f]{1,16} \((?<bytes>\d{1,16})\) bytes[^(]{0,120}\(err(?:or code|no): (?<errno>\d{1,3})\)/,
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
    for (const pattern of SAYINGS) {
      const told = pattern.exec(text)?.groups;
      if (told === undefined) continue;
      const { call = "mmap", bytes, errno } = told;
      found.push({
        line: number,
        call: call === "malloc" ? "mmap" : call,
        error: errno === undefined ? "ENOMEM" : errnoName(Number(errno)),
        words: wordsOf(call, Number(bytes), usage),
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
