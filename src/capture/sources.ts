/**
 * By which means the recorder can look at a process: what the kernel offers, and less of it for a comparison.
 *
 * @module
 */
import type { LibcCalls } from "./libc.ts";
import { MapsText } from "./maps_text.ts";
import { type HugePages, PageScan } from "./page_scan.ts";
import { VmaQuery, type VmaSource } from "./vma_query.ts";

/**
 * `query`: VMAs are asked for one by one (Linux 6.11), `text`: `maps` is read at each call, `smaps`: smaps is (before
 * Linux 6.7).
 */
export type Means = "query" | "text" | "smaps";

/**
 * Variable of the environment by which tests take lesser means than the kernel offers: `text`, `smaps`. With `checked`,
 * as `checked text`, smaps is read beside every look, and has to say the same.
 */
const VARIABLE = "MAPLE_RECORDER";

/** What the kernel offers. */
export interface Sources {
  /** The best means. */
  readonly means: Means;
  /** What a look finds is compared with the whole. */
  readonly isChecked: boolean;
  /** The kernel's page scan has a category for guards. */
  readonly knowsGuards: boolean;
  /** Where the machine uses transparent huge pages. */
  readonly hugePages: HugePages;
}

/** Tries the means on the recorder itself. */
export function findSources(libc: LibcCalls): Sources {
  const wanted = libc.environment(VARIABLE)?.split(" ") ?? [];
  const isChecked = wanted.includes("checked"), knowsGuards = canScan(libc, true);
  const means = wanted.includes("smaps") || !canScan(libc, false)
    ? "smaps"
    : wanted.includes("text") || !canQuery(libc)
    ? "text"
    : "query";
  return { means, isChecked, knowsGuards, hugePages: hugePagesOf(libc) };
}

/** `never` where none are built in. */
function hugePagesOf(libc: LibcCalls): HugePages {
  const text = libc.readText("/sys/kernel/mm/transparent_hugepage/enabled") ?? "";
  return (["madvise", "always"] as const).find((each) => text.includes(`[${each}]`)) ?? "never";
}

/** Opens a process's VMAs; nothing if it is gone, or no descriptor is left. */
export function openVmas(
  libc: LibcCalls,
  pid: number,
  { means }: Pick<Sources, "means">,
): VmaSource | undefined {
  const descriptor = libc.open(`/proc/${pid}/maps`);
  if (descriptor < 0) return undefined;
  if (means === "query") return new VmaQuery(libc, descriptor);
  return new MapsText(libc, descriptor, libc.open(`/proc/${pid}/statm`));
}

/** Opens a process's pages; nothing if it is gone, or no descriptor is left. */
export function openPages(
  libc: LibcCalls,
  pid: number,
  { knowsGuards, hugePages = "never" }: Pick<Sources, "knowsGuards"> & Partial<Sources>,
): PageScan | undefined {
  const descriptor = libc.open(`/proc/${pid}/pagemap`);
  return descriptor < 0 ? undefined : new PageScan(libc, descriptor, knowsGuards, hugePages);
}

function canQuery(libc: LibcCalls): boolean {
  const vmas = openVmas(libc, libc.pid(), { means: "query" });
  const found = vmas?.at(0);
  vmas?.close();
  return found !== undefined && found !== "gone";
}

function canScan(libc: LibcCalls, knowsGuards: boolean): boolean {
  const pages = openPages(libc, libc.pid(), { knowsGuards });
  const nothing = { permissions: "rw-p", offset: 0, device: "00:00", inode: 0, name: "" };
  const found = pages?.written([{ start: 0x10000, end: 0x11000, ...nothing }]);
  pages?.close();
  return found !== undefined;
}
