/**
 * Which VMAs have anonymous pages: the ioctl PAGEMAP_SCAN of `/proc/PID/pagemap`, Linux 6.7.
 *
 * Structure and numbers: Linux include/uapi/linux/fs.h, `struct pm_scan_arg`; what a category says of a page:
 * `pagemap_page_category()` in fs/proc/task_mmu.c.
 *
 * @module
 */
import type { MapLine } from "../trace/format.ts";
import type { Libc } from "./libc.ts";
import { indexFrom } from "./live_layout.ts";
import { getNumber, setNumber } from "./vma_query.ts";

/** `_IOWR('f', 16, struct pm_scan_arg)`. */
const PAGEMAP_SCAN = 0xc0606610;
const SIZE = 96;
/** Categories of a page. A guard is no page, but looks like a swapped one; its category came with Linux 6.15. */
const FILE = 0x4, PRESENT = 0x8, SWAPPED = 0x10, ZERO = 0x20, GUARD = 0x100;
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
  readonly #libc: Libc;
  readonly #descriptor: number;
  readonly #absent: number;
  readonly #words = new Uint32Array(SIZE / 4);
  readonly #regions = new Uint32Array(REGIONS * REGION_WORDS);
  readonly #address = Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(this.#regions)));

  /**
   * Asks by a descriptor of `/proc/PID/pagemap`, which it closes in the end.
   *
   * @param knowsGuards the kernel has a category for guards
   */
  constructor(libc: Libc, descriptor: number, knowsGuards: boolean) {
    this.#libc = libc;
    this.#descriptor = descriptor;
    this.#absent = FILE | ZERO | (knowsGuards ? GUARD : 0);
  }

  /**
   * Those of the VMAs that have an anonymous page, in memory or swapped out; nothing if the kernel does not say.
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
    return found;
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
    const words = this.#words;
    words.fill(0);
    words[FIELD.size] = SIZE;
    setNumber(words, FIELD.start, start);
    setNumber(words, FIELD.end, end);
    setNumber(words, FIELD.regions, this.#address);
    words[FIELD.regionCount] = single ? 1 : REGIONS;
    words[FIELD.mostPages] = single ? 1 : 0;
    words[FIELD.inverted] = this.#absent;
    words[FIELD.all] = this.#absent;
    words[FIELD.any] = PRESENT | SWAPPED;
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
