/**
 * What else of a system decides about memory: settings and the processor.
 *
 * @module
 */

import { Libc, type LibcCalls } from "../capture/libc.ts";

/**
 * Names and values, for a bug report. What cannot be read is left out.
 *
 * @param libc reads the files: Deno reads nothing below /proc and /sys for less than all permissions
 */
export function systemFacts(
  libc: Pick<LibcCalls, "readText"> = new Libc(),
): Readonly<Record<string, string>> {
  const read = (path: string) => libc.readText(path);
  const cpu = read("/proc/cpuinfo");
  const huge = read("/sys/kernel/mm/transparent_hugepage/enabled");
  const status = read("/proc/self/status");
  const facts: Record<string, string | undefined> = {
    "page-table levels": cpu && (/ la57( |$)/m.test(cpu) ? "5" : "4"),
    "protection keys": cpu && (/ ospke( |$)/m.test(cpu) ? "yes" : "no"),
    "transparent huge pages": /\[(\w+)\]/.exec(huge ?? "")?.[1],
    "max_map_count": read("/proc/sys/vm/max_map_count")?.trim(),
    "mmap_min_addr": read("/proc/sys/vm/mmap_min_addr")?.trim(),
    "overcommit_memory": read("/proc/sys/vm/overcommit_memory")?.trim(),
    "effective capabilities": /^CapEff:\s*(\w+)$/m.exec(status ?? "")?.[1],
  };
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) => value === undefined ? [] : [[name, value]]),
  );
}
