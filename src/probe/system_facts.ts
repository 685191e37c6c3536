/**
 * What else of a system decides about memory: settings and the processor.
 *
 * @module
 */

/** Names and values, for a bug report. What cannot be read is left out. */
export async function systemFacts(): Promise<Readonly<Record<string, string>>> {
  const cpu = await read("/proc/cpuinfo");
  const huge = await read("/sys/kernel/mm/transparent_hugepage/enabled");
  const status = await read("/proc/self/status");
  const facts: Record<string, string | undefined> = {
    "page-table levels": cpu && (/ la57( |$)/m.test(cpu) ? "5" : "4"),
    "protection keys": cpu && (/ ospke( |$)/m.test(cpu) ? "yes" : "no"),
    "transparent huge pages": /\[(\w+)\]/.exec(huge ?? "")?.[1],
    "max_map_count": (await read("/proc/sys/vm/max_map_count"))?.trim(),
    "mmap_min_addr": (await read("/proc/sys/vm/mmap_min_addr"))?.trim(),
    "overcommit_memory": (await read("/proc/sys/vm/overcommit_memory"))?.trim(),
    "effective capabilities": /^CapEff:\s*(\w+)$/m.exec(status ?? "")?.[1],
  };
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) => value === undefined ? [] : [[name, value]]),
  );
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch {
    return undefined;
  }
}
