/**
 * A process under a kernel of a few lines: pages with what they hold, shown by smaps, maps, statm, stat and the ioctls
 * PROCMAP_QUERY and PAGEMAP_SCAN, as Linux shows them.
 *
 * Formats: proc_pid_smaps(5), proc_pid_stat(5); structures and numbers: Linux include/uapi/linux/fs.h.
 */

import type { LibcCalls } from "../../src/capture/libc.ts";
import type { MapLine } from "../../src/trace/format.ts";
import { copyInto, fakeLibc } from "./fake_libc.ts";

export const PAGE = 4096;

/** What is in a page; `huge` and `watched` ones are anonymous. */
export type Content =
  | "nothing"
  | "anonymous"
  | "swapped"
  | "file"
  | "zero"
  | "huge zero"
  | "huge"
  | "watched"
  | "guard";

/** A page that is mapped. */
export interface FakePage {
  readonly permissions: string;
  readonly vmFlags: string;
  readonly inode: number;
  readonly device: string;
  readonly name: string;
  readonly offset: number;
  readonly content: Content;
}

export const ANONYMOUS: FakePage = {
  permissions: "rw-p",
  vmFlags: "rd wr mr mw me ac",
  inode: 0,
  device: "00:00",
  name: "",
  offset: 0,
  content: "nothing",
};

/** Categories of a page, for PAGEMAP_SCAN; those of pages that are not told apart here are left out. */
const CATEGORY: Readonly<Record<Content, number>> = {
  nothing: 0,
  anonymous: 0x8,
  swapped: 0x10,
  file: 0x8 | 0x4,
  zero: 0x8 | 0x20,
  "huge zero": 0x8 | 0x20 | 0x40,
  huge: 0x8 | 0x40,
  watched: 0x8 | 0x1, // by userfaultfd, against writing
  guard: 0x10 | 0x100,
};
const PROCMAP_QUERY = 0xc0686611, PAGEMAP_SCAN = 0xc0606610;
const ENOENT = 2, EINVAL = 22, ESRCH = 3;

/** The files of a process that stay open, by descriptor. */
const FILES = ["maps", "statm", "stat", "pagemap"] as const;
const FIRST_DESCRIPTOR = 10;

/** What a process was asked. */
export interface Asked {
  smaps: number;
  questions: number;
  scans: number;
  /** Pages that those looked at. */
  pages: number;
  maps: number;
  stats: number;
}

/** The process. */
export class FakeProcess {
  readonly pid = 77;
  /** A second thread, which shows the same. */
  readonly thread = 78;
  readonly pages = new Map<number, FakePage>();
  readonly asked: Asked = { smaps: 0, questions: 0, scans: 0, pages: 0, maps: 0, stats: 0 };
  readonly closed: string[] = [];
  readonly libc: LibcCalls;
  /** Page faults so far. */
  faults = 1000;
  /** One letter; `t` while it is stopped. */
  state = "t";
  isGone = false;
  knowsGuards = true;
  /** The setting of transparent huge pages, in words of its file. */
  huge = "always [madvise] never";
  /** The variable MAPLE_RECORDER. */
  wanted: string | undefined;
  /** Whether the kernel has the ioctls. */
  hasQuery = true;
  hasScan = true;
  /** How many files were opened. */
  opened = 0;
  /** Files that cannot be opened. */
  readonly refused = new Set<string>();
  /** The process is killed when its pages are looked at next. */
  endsAtScan = false;
  readonly #open = new Set<string>();
  #errno = 0;

  constructor() {
    this.libc = fakeLibc({
      environment: (name) => name === "MAPLE_RECORDER" ? this.wanted : undefined,
      pid: () => this.pid,
      errno: () => this.#errno,
      readText: (path) => this.#text(path.replace(`/${this.thread}/`, `/${this.pid}/`)),
      open: (path) => {
        const name = path.replace(`/proc/${this.pid}/`, "").replace(`/proc/${this.thread}/`, "");
        const at = FILES.findIndex((file) => file === name);
        if (at < 0 || this.isGone || this.refused.has(name)) return -1;
        this.#open.add(name);
        this.opened++;
        return FIRST_DESCRIPTOR + at;
      },
      close: (descriptor) => {
        const file = this.#file(descriptor);
        this.closed.push(file);
        this.#open.delete(file);
      },
      readBytes: (descriptor) => {
        if (this.#file(descriptor) !== "maps") throw new Error("Only maps is read whole");
        this.asked.maps++;
        return this.isGone ? undefined : new TextEncoder().encode(this.maps());
      },
      readStart: (descriptor, buffer) => {
        if (this.isGone) return -1;
        if (this.#file(descriptor) === "statm") {
          return copyInto(buffer, `${this.pages.size} 1 1 1\n`);
        }
        return copyInto(buffer, this.#stat());
      },
      ioctl: (descriptor, request, words) => this.#ioctl(descriptor, request, words),
    });
  }

  /** Puts alike pages in place of what is there. */
  map(start: number, end: number, page: Partial<FakePage> = {}): void {
    for (let at = start; at < end; at += PAGE) {
      const offset = (page.offset ?? 0) + ((page.inode ?? 0) === 0 ? 0 : at - start);
      this.pages.set(at, { ...ANONYMOUS, ...page, offset });
    }
  }

  /** Takes pages away. */
  unmap(start: number, end: number): void {
    for (let at = start; at < end; at += PAGE) this.pages.delete(at);
  }

  /** Changes the pages that are there. */
  change(start: number, end: number, page: Partial<FakePage>): void {
    for (let at = start; at < end; at += PAGE) {
      const old = this.pages.get(at);
      if (old !== undefined) this.pages.set(at, { ...old, ...page });
    }
  }

  /** Moves pages, with what they hold. */
  move(start: number, end: number, target: number): void {
    const moved: (readonly [number, FakePage])[] = [];
    for (let at = start; at < end; at += PAGE) {
      const old = this.pages.get(at);
      if (old !== undefined) moved.push([at - start + target, old]);
      this.pages.delete(at);
    }
    this.unmap(target, target + end - start);
    for (const [at, page] of moved) this.pages.set(at, page);
  }

  /** Writes to a page, by a fault if it holds nothing yet. */
  write(address: number): void {
    const page = this.pages.get(address);
    if (page === undefined || page.permissions[1] !== "w") {
      throw new Error("It cannot be written to");
    }
    if (page.content === "anonymous") return;
    this.pages.set(address, {
      ...page,
      content: page.permissions[3] === "p" ? "anonymous" : "file",
    });
    this.faults++;
  }

  /** The VMAs, as smaps shows them. */
  lines(): MapLine[] {
    const lines: MapLine[] = [];
    let last: FakePage | undefined;
    for (const at of [...this.pages.keys()].sort((a, b) => a - b)) {
      const page = this.pages.get(at)!, line = lines.at(-1);
      const { content, ...shown } = page;
      const isAnonymous = ["anonymous", "swapped", "huge", "watched"].includes(content);
      const written = page.permissions[3] === "p" && isAnonymous;
      if (line !== undefined && last !== undefined && line.end === at && continues(last, page)) {
        lines[lines.length - 1] = {
          ...line,
          end: at + PAGE,
          ...(written && { written }),
        };
      } else lines.push({ start: at, end: at + PAGE, ...shown, ...(written && { written }) });
      last = page;
    }
    return lines;
  }

  /** The text of `/proc/PID/maps`. */
  maps(): string {
    return this.lines().map(header).join("");
  }

  #file(descriptor: number): string {
    const file = FILES[descriptor - FIRST_DESCRIPTOR];
    if (file === undefined || !this.#open.has(file)) throw new Error(`${descriptor} is not open`);
    return file;
  }

  #text(path: string): string | undefined {
    if (path === "/sys/kernel/mm/transparent_hugepage/enabled") return this.huge;
    if (this.isGone) return undefined;
    if (path === `/proc/${this.pid}/stat`) return this.#stat();
    if (path !== `/proc/${this.pid}/smaps`) throw new Error(`${path} is not to be read`);
    this.asked.smaps++;
    return this.lines().map((line) => header(line) + this.#fields(line)).join("");
  }

  #fields({ start, end, vmFlags }: MapLine): string {
    let anonymous = 0, swapped = 0;
    for (let at = start; at < end; at += PAGE) {
      const { content } = this.pages.get(at)!;
      if (["anonymous", "huge", "watched"].includes(content)) anonymous += 4;
      if (content === "swapped") swapped += 4;
    }
    return `Anonymous: ${anonymous} kB\nSwap: ${swapped} kB\nSwapPss: 0 kB\nVmFlags: ${vmFlags} \n`;
  }

  #stat(): string {
    this.asked.stats++;
    return `${this.pid} (a program) ${this.state} 1 2 3 4 5 6 ${this.faults} 9 0 8 7 6 5\n`;
  }

  #ioctl(descriptor: number, request: number, words: Uint32Array<ArrayBuffer>): number {
    const file = this.#file(descriptor);
    const view = new DataView(words.buffer, words.byteOffset, words.byteLength);
    const fail = (errno: number) => {
      this.#errno = errno;
      return -1;
    };
    if (this.isGone) return fail(ESRCH);
    if (request === PROCMAP_QUERY && file === "maps" && this.hasQuery) {
      return this.#query(view, fail);
    }
    if (request === PAGEMAP_SCAN && file === "pagemap" && this.hasScan) {
      return this.#scan(view, fail);
    }
    return fail(25); // ENOTTY
  }

  #query(view: DataView, fail: (errno: number) => number): number {
    this.asked.questions++;
    const flags = number(view, 8);
    if (number(view, 0) !== 104 || flags !== 0x10 || view.getUint32(84, true) !== 0) {
      return fail(EINVAL);
    }
    const address = number(view, 16);
    const line = this.lines().find(({ end }) => end > address);
    if (line === undefined) return fail(ENOENT);
    const { permissions } = line;
    const vmaFlags = [..."rwx"].reduce((sum, letter, i) => {
      return permissions[i] === letter ? sum | 1 << i : sum;
    }, permissions[3] === "s" ? 8 : 0);
    const values = [line.start, line.end, vmaFlags, PAGE, line.offset, line.inode];
    values.forEach((value, i) => view.setBigUint64(24 + 8 * i, BigInt(value), true));
    const [major = "0", minor = "0"] = line.device.split(":");
    view.setUint32(72, parseInt(major, 16), true);
    view.setUint32(76, parseInt(minor, 16), true);
    const name = new TextEncoder().encode(line.name);
    const room = view.getUint32(80, true);
    if (name.length + 1 > room) return fail(36); // ENAMETOOLONG
    if (name.length > 0) {
      const buffer = memory(number(view, 88), name.length + 1);
      buffer.set(name);
      buffer[name.length] = 0;
    }
    view.setUint32(80, name.length === 0 ? 0 : name.length + 1, true);
    return 0;
  }

  #scan(view: DataView, fail: (errno: number) => number): number {
    this.asked.scans++;
    this.isGone ||= this.endsAtScan;
    if (this.isGone) return fail(ESRCH);
    const [size = 0, flags, start = 0, end = 0, , vector = 0, most = 0, mostPages, inverted = 0] =
      Array.from({ length: 9 }, (_, i) => number(view, 8 * i));
    const [all = 0, any = 0, returned = 0] = [9, 10, 11].map((i) => number(view, 8 * i));
    const known = this.knowsGuards ? 0x1ff : 0xff;
    if (size !== 96 || flags !== 0 || start >= end) return fail(EINVAL);
    if (((inverted | all | any | returned) & ~known) !== 0 || returned === 0) return fail(EINVAL);
    const found: [number, number, number][] = [];
    let at = start, pages = 0;
    for (; at < end; at += PAGE) {
      if (mostPages !== 0 && pages === mostPages) break;
      this.asked.pages++;
      const content = this.pages.get(at)?.content ?? "nothing";
      const shown = CATEGORY[content] & known;
      const flipped = shown ^ inverted;
      if (this.pages.has(at) && (flipped & all) === all && (any === 0 || (flipped & any) !== 0)) {
        const last = found.at(-1), category = shown & returned;
        if (last !== undefined && last[1] === at && last[2] === category) last[1] = at + PAGE;
        else if (found.length === most) break;
        else found.push([at, at + PAGE, category]);
        pages++;
      }
    }
    view.setBigUint64(32, BigInt(at), true);
    const out = memory(vector, 24 * most);
    const words = new DataView(out.buffer, out.byteOffset, out.byteLength);
    found.flat().forEach((value, i) => words.setBigUint64(8 * i, BigInt(value), true));
    return found.length;
  }
}

/** True if two pages side by side are of one VMA. */
function continues(last: FakePage, page: FakePage): boolean {
  return last.permissions === page.permissions && last.vmFlags === page.vmFlags &&
    last.inode === page.inode && last.device === page.device && last.name === page.name &&
    (page.inode === 0 || page.offset === last.offset + PAGE);
}

function header(line: MapLine): string {
  const hex = (value: number) => value.toString(16).padStart(8, "0");
  const name = line.name === "" ? "" : `   ${line.name}`;
  return `${hex(line.start)}-${hex(line.end)} ${line.permissions} ${hex(line.offset)} ` +
    `${line.device} ${line.inode}${name}\n`;
}

function number(view: DataView, offset: number): number {
  return Number(view.getBigUint64(offset, true));
}

/** The bytes at an address of this very process. */
function memory(address: number, length: number): Uint8Array<ArrayBuffer> {
  const pointer = Deno.UnsafePointer.create(BigInt(address));
  if (pointer === null) throw new Error("The kernel is given no memory");
  return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(pointer, length));
}
