/**
 * Which VMAs have anonymous pages: the ioctl PAGEMAP_SCAN of `/proc/PID/pagemap`, Linux 6.7.
 *
 * Structure and numbers: Linux include/uapi/linux/fs.h, `struct pm_scan_arg`; what a category says of a page:
 * `pagemap_page_category()` in fs/proc/task_mmu.c.
 *
 * @module
 */
import { HUGE_PAGE_SIZE } from "../abi/page.ts";
import type { MapLine } from "../trace/format.ts";
import type { LibcCalls } from "./libc.ts";
import { indexFrom } from "./live_layout.ts";
import { getNumber, setNumber } from "./vma_query.ts";

/** `_IOWR('f', 16, struct pm_scan_arg)`. */
const PAGEMAP_SCAN = 0xc0606610;
const SIZE = 96;
/** Where the machine uses transparent huge pages, by its setting. */
export type HugePages = "never" | "madvise" | "always";

/** Categories of a page. A guard is no page, but looks like a swapped one; its category came with Linux 6.15. */
const FILE = 0x4, PRESENT = 0x8, SWAPPED = 0x10, ZERO = 0x20, HUGE = 0x40, GUARD = 0x100;
/** Words of 32 bits in the structure: each field's lower half. */
const FIELD = {
  size: 0,
  start: 4,
  end: 6,
  walkEnd: 8,
  regions: 10,
  regionCount: 12,
  mostPages: 14,
  inverted: 16,
  all: 18,
  any: 20,
  returned: 22,
};
const REGIONS = 64, REGION_WORDS = 6;
/** VMAs that lie no farther apart, bytes, are looked at by one call: to walk over so much costs less than a second. */
const NEAR = 256 * 1024;

/** The ioctl on one process's `pagemap`. */
export class PageScan {
  readonly #libc: LibcCalls;
  readonly #descriptor: number;
  readonly #absent: number;
  readonly #hugePages: HugePages;
  readonly #words = new Uint32Array(SIZE / 4);
  readonly #regions = new Uint32Array(REGIONS * REGION_WORDS);
  readonly #address = Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(this.#regions)));

  /**
   * Asks by a descriptor of `/proc/PID/pagemap`, which it closes in the end.
   *
   * @param knowsGuards the kernel has a category for guards
   * @param hugePages where a read may show the huge zero page
   */
  constructor(libc: LibcCalls, descriptor: number, knowsGuards: boolean, hugePages: HugePages) {
    this.#libc = libc;
    this.#descriptor = descriptor;
    this.#absent = FILE | ZERO | (knowsGuards ? GUARD : 0);
    this.#hugePages = hugePages;
  }

  /**
   * Those of the VMAs that have an anonymous page, in memory or swapped out, or show the huge zero page, for which a
   * VMA gets an anon_vma too; nothing if the kernel does not say.
   *
   * O(pages of the VMAs up to the first anonymous one), as the kernel walks page tables.
   *
   * @param lines ascending
   */
  written(lines: readonly MapLine[]): MapLine[] | undefined {
    const found: MapLine[] = [];
    for (let first = 0; first < lines.length;) {
      let end = first + 1;
      while (end < lines.length && lines[end]!.start - lines[end - 1]!.end <= NEAR) end++;
      if (!this.#group(lines.slice(first, end), found)) return undefined;
      first = end;
    }
    const zeros = this.hugeZeros(lines).filter((line) => !found.includes(line));
    return zeros.length === 0 ? found : [...found, ...zeros].sort((a, b) => a.start - b.start);
  }

  /** Those of the VMAs somewhere in which a read has mapped the huge zero page: smaps counts nothing for it. */
  hugeZeros(lines: readonly MapLine[]): MapLine[] {
    const wanted = PRESENT | ZERO | HUGE;
    const filter = { inverted: FILE, all: FILE | wanted, any: wanted };
    return lines.filter((line) =>
      mayBeHuge(line, this.#hugePages) && this.#ask(line.start, line.end, true, filter) > 0
    );
  }

  /** Closes what is open. */
  close(): void {
    this.#libc.close(this.#descriptor);
  }

  #group(lines: readonly MapLine[], found: MapLine[]): boolean {
    const { end } = lines.at(-1)!;
    const single = lines.length === 1;
    let from = lines[0]!.start;
    while (from < end) {
      const count = this.#scan(from, end, single);
      if (count < 0) return false;
      for (let region = 0; region < count; region++) this.#take(region, lines, found);
      if (single) return true;
      from = getNumber(this.#words, FIELD.walkEnd);
    }
    return true;
  }

  #scan(start: number, end: number, single: boolean): number {
    const absent = this.#absent;
    return this.#ask(start, end, single, { inverted: absent, all: absent, any: PRESENT | SWAPPED });
  }

  #ask(
    start: number,
    end: number,
    single: boolean,
    { inverted, all, any }: {
      readonly inverted: number;
      readonly all: number;
      readonly any: number;
    },
  ): number {
    const words = this.#words;
    words[FIELD.size] = SIZE;
    setNumber(words, FIELD.start, start);
    setNumber(words, FIELD.end, end);
    setNumber(words, FIELD.regions, this.#address);
    words[FIELD.regionCount] = REGIONS;
    words[FIELD.mostPages] = single ? 1 : 0;
    words[FIELD.inverted] = inverted;
    words[FIELD.all] = all;
    words[FIELD.any] = any;
    words[FIELD.returned] = PRESENT;
    return this.#libc.ioctl(this.#descriptor, PAGEMAP_SCAN, words);
  }

  #take(region: number, lines: readonly MapLine[], found: MapLine[]): void {
    const start = getNumber(this.#regions, region * REGION_WORDS);
    const end = getNumber(this.#regions, region * REGION_WORDS + 2);
    for (let i = indexFrom(lines, start); i < lines.length && lines[i]!.start < end; i++) {
      if (found.at(-1) !== lines[i]) found.push(lines[i]!);
    }
  }
}

/** True for anonymous memory that holds a whole huge page, where the setting and what was advised allow one. */
function mayBeHuge(
  { start, end, inode, permissions, vmFlags = "" }: MapLine,
  hugePages: HugePages,
): boolean {
  if (hugePages === "never" || inode !== 0 || permissions[3] !== "p") return false;
  const first = Math.ceil(start / HUGE_PAGE_SIZE) * HUGE_PAGE_SIZE;
  if (end - first < HUGE_PAGE_SIZE) return false;
  const flags = vmFlags.split(" ");
  return hugePages === "always" ? !flags.includes("nh") : flags.includes("hg");
}
