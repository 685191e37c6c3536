/**
 * Random memory calls: a program that checks the rules which ordinary programs never use.
 *
 * All calls go to a small arena at a fixed place, so that they meet: ranges overlap in part, neighbours
 * merge, holes open and close. A few go where the kernel places them, or have arguments that no call can
 * take. Files: one file opened twice, once more for reading alone and for writing alone, a duplicate of
 * the first descriptor, memory without a name.
 *
 * @module
 */
import {
  MADV,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_FIXED_NOREPLACE,
  MAP_GROWSDOWN,
  MAP_HUGETLB,
  MAP_PRIVATE,
  MCL_CURRENT,
  MCL_FUTURE,
  MCL_ONFAULT,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PR_SET_VMA,
  PR_SET_VMA_ANON_NAME,
  PROT_GROWSDOWN,
} from "../abi/mman.ts";
import { HUGE_PAGE_SIZE, PAGE_SIZE } from "../abi/page.ts";
import { CallTable, type Position } from "./call_table.ts";
import { Draw } from "./draw.ts";
import type { Architecture } from "../abi/syscalls.ts";
import { type TableCall, Text } from "./executable.ts";
import { Random } from "../random.ts";

/** More than mappings reach to, however far they grow: what lies after its end cannot be locked. */
const FILE_PAGES = 256;
/** Bytes that the mapped file must have. */
export const FUZZ_FILE_BYTES: number = FILE_PAGES * PAGE_SIZE;

/** Descriptors, in the order in which they are opened; 0 to 2 are the caller's. */
const FILE = 3, SHARED_MEMORY = 7, ZEROS = 8, DUPLICATE = 9, WATCH = 10;
const MAPPABLE = [FILE, FILE, FILE, FILE + 1, FILE + 2, FILE + 3, SHARED_MEMORY, DUPLICATE];

const AT_FDCWD = -100;
/** The caller itself, in place of a descriptor (Linux 6.14). */
const PIDFD_SELF = -10000;
const O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2;
const CLONE_VM = 0x100, CLONE_VFORK = 0x4000, SIGCHLD = 17;
const RLIMIT_DATA = 2, RLIMIT_STACK = 3, RLIMIT_AS = 9;
const DEEPEST_FORK = 3;
/** Linux include/uapi/linux/userfaultfd.h. */
const USER_MODE_ONLY = 1, WATCH_WRITES = 2;
const UFFDIO_API = 0xc018_aa3f, UFFDIO_REGISTER = 0xc020_aa00, UFFDIO_UNREGISTER = 0x8010_aa01;
const UFFDIO_WRITEPROTECT = 0xc018_aa06;
const SHM_RDONLY = 0o10000, SHM_RND = 0o20000, SHM_REMAP = 0o40000;
const IPC_CREAT = 0o1000, IPC_RMID = 0;
/** Key of the one System V segment that is there for a moment at a time. */
const SEGMENT = 0x6d61706c;

/** What {@linkcode fuzzTable} makes calls for. */
export interface FuzzOptions {
  /** Architecture that the calls are made on. */
  readonly machine: Architecture;
  /** Decides everything. */
  readonly seed: number;
  /** Memory calls, touches and forks, all together at least. */
  readonly steps: number;
  /** A file that the program may map, at least {@linkcode FUZZ_FILE_BYTES} long. */
  readonly file: string;
}

/** The calls of a program that does random things to its memory. */
export function fuzzTable(options: FuzzOptions): readonly TableCall[] {
  return new Fuzzer(options).calls();
}

class Fuzzer {
  readonly #random: Random;
  readonly #draw: Draw;
  readonly #table: CallTable;
  readonly #options: FuzzOptions;
  readonly #vector = new Text(new Uint8Array(64));
  readonly #names = ["one", "another", "[bracketed]"].map((name) => new Text(name));
  readonly #noLimit = new Text(limit(-1));
  readonly #stackLimit = new Text(limit(0x80_0000));
  readonly #nodes = new Text(new Uint8Array(new BigUint64Array([1n]).buffer));
  readonly #limited = new Set<number>();
  /** Mappings made where the kernel chose: the call, and bytes. */
  #placed: { readonly position: Position; readonly length: number }[] = [];
  #steps = 0;
  #depth = 0;
  /** The calls are made by a process that ends soon, in memory of its own. */
  #mayEnd = false;
  /** The calls are made in the memory that the userfaultfd serves. */
  #mayWatch = true;

  constructor(options: FuzzOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#draw = new Draw(this.#random);
    this.#table = new CallTable(options.machine);
  }

  calls(): readonly TableCall[] {
    this.#openFiles();
    while (this.#steps < this.#options.steps) this.#step();
    this.#table.add("exit_group", 0);
    return this.#table.calls;
  }

  #openFiles(): void {
    const table = this.#table;
    const path = new Text(this.#options.file);
    table.add("close_range", FILE, 0xffff_ffff, 0);
    for (const access of [O_RDWR, O_RDWR, O_RDONLY, O_WRONLY]) {
      table.add("openat", AT_FDCWD, path, access);
    }
    table.add("memfd_create", new Text("maple"), 0);
    table.add("openat", AT_FDCWD, new Text("/dev/zero"), O_RDWR);
    table.add("dup", FILE);
    table.add("ftruncate", SHARED_MEMORY, FUZZ_FILE_BYTES);
    this.#openWatch();
    this.#unlimit(RLIMIT_STACK);
  }

  #step(): void {
    this.#steps++;
    this.#random.weighted<() => void>([
      [18, () => this.#map()],
      [6, () => this.#mapAnywhere()],
      [4, () => this.#mapStack()],
      [10, () => this.#unmap()],
      [16, () => this.#protect()],
      [12, () => this.#remap()],
      [14, () => this.#advise()],
      [8, () => this.#lock()],
      [1, () => this.#lockAll()],
      [2, () => this.#bind()],
      [1, () => this.#impersonate()],
      [1, () => this.#ring()],
      [1, () => this.#mapShadowStack()],
      [this.#mayWatch ? 3 : 0, () => this.#watch()],
      [3, () => this.#moveBreak()],
      [30, () => this.#touch()],
      [3, () => this.#look()],
      [1, () => this.#rearrange()],
      [3, () => this.#name()],
      [1, () => this.#attach()],
      [this.#mayEnd ? 4 : 0, () => this.#seal()],
      [4, () => this.#guard()],
      [1, () => this.#limit()],
      [this.#depth < DEEPEST_FORK ? 3 : 0, () => this.#fork()],
    ])();
  }

  /** Maps at a place in the arena, over what is there or not. */
  #map(): void {
    const draw = this.#draw;
    const [address, length] = draw.range();
    const place = this.#random.weighted([[12, MAP_FIXED], [3, MAP_FIXED_NOREPLACE], [2, 0]]);
    this.#mmap(address, length, place | draw.mapFlags());
  }

  /** Maps where the kernel likes, sometimes as much as a huge page holds; something is done to it later. */
  #mapAnywhere(): void {
    const huge = this.#random.oneIn(3);
    const small = this.#draw.length();
    const length = huge ? HUGE_PAGE_SIZE * (1 + this.#random.below(3)) + small % 0x3000 : small;
    const position = this.#mmap(0, length, this.#draw.mapFlags());
    this.#placed.push({ position, length });
  }

  #mmap(address: number, length: number, flags: number): Position {
    const draw = this.#draw;
    const kind = draw.kind();
    const protection = draw.protection();
    if (!this.#random.oneIn(4)) {
      const all = flags | kind | MAP_ANONYMOUS;
      return this.#table.add("mmap", address, length, protection, all, -1, 0);
    }
    const descriptor = this.#random.oneIn(40) ? 99 : this.#random.pick(MAPPABLE);
    // Offsets run with addresses now and then, so that neighbours in the file are neighbours in memory.
    const offset = this.#random.oneIn(3)
      ? PAGE_SIZE * this.#random.below(FILE_PAGES / 8)
      : Math.abs(address) % (FUZZ_FILE_BYTES / 8);
    // None of the files has huge pages; how many a machine has for memory without a file, who can tell?
    const all = flags | kind | (this.#random.oneIn(60) ? MAP_HUGETLB : 0);
    return this.#table.add("mmap", address, length, protection, all, descriptor, offset);
  }

  /** Maps memory that grows down, or an ordinary neighbour for it. */
  #mapStack(): void {
    const random = this.#random;
    const grows = random.oneIn(4) ? 0 : MAP_GROWSDOWN;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | grows |
      (random.oneIn(3) ? MAP_FIXED_NOREPLACE : MAP_FIXED);
    const protection = this.#draw.protection();
    const address = this.#draw.stackPage();
    const length = this.#draw.length();
    this.#table.add("mmap", address, length, protection, flags, -1, 0);
    if (random.oneIn(4)) {
      const within = address + PAGE_SIZE * random.below(4);
      const changed = this.#draw.protection() | PROT_GROWSDOWN;
      this.#table.add("mprotect", within, PAGE_SIZE, changed);
    }
    for (let touches = random.below(4); touches > 0; touches--) {
      this.#write(address - PAGE_SIZE * random.below(64));
    }
  }

  #unmap(): void {
    const placed = this.#random.oneIn(4) ? this.#takePlaced() : undefined;
    if (placed === undefined) {
      this.#table.add("munmap", ...this.#draw.range());
    } else {
      const part = this.#random.oneIn(3) ? PAGE_SIZE : 0;
      this.#feed(placed.position, this.#table.add("munmap", part, placed.length - part));
    }
  }

  #protect(): void {
    const protection = this.#draw.changedProtection();
    if (this.#random.oneIn(12)) {
      this.#table.add("pkey_mprotect", ...this.#draw.range(), protection, -1);
      return;
    }
    const placed = this.#random.oneIn(10) ? this.#takePlaced() : undefined;
    if (placed === undefined) {
      this.#table.add("mprotect", ...this.#draw.range(), protection);
    } else {
      this.#feed(placed.position, this.#table.add("mprotect", 0, PAGE_SIZE, protection));
    }
  }

  #remap(): void {
    const draw = this.#draw;
    const [address, length] = draw.range();
    const newLength = this.#random.oneIn(3) ? draw.range()[1] : length;
    const oldLength = this.#random.oneIn(25) ? 0 : length;
    const target = this.#random.oneIn(25) ? draw.strangeAddress() : draw.page();
    const flags = draw.remapFlags();
    const position = this.#table.add("mremap", address, oldLength, newLength, flags, target);
    if ((flags & MREMAP_FIXED) === 0 && flags & MREMAP_MAYMOVE) {
      this.#placed.push({ position, length: newLength });
    }
  }

  #advise(): void {
    const advice = this.#draw.advice();
    if (this.#random.oneIn(8)) this.#adviseOnSeveral(advice);
    else this.#table.add("madvise", ...this.#draw.range(), advice);
  }

  /** Advises on up to four ranges of its own memory by one call. */
  #adviseOnSeveral(advice: number): void {
    const count = this.#random.below(5);
    const words = Array.from({ length: count }, () => this.#draw.range()).flat();
    const list = new BigUint64Array(words.map(BigInt));
    const flags = this.#random.oneIn(30) ? 1 : 0;
    const vector = new Text(new Uint8Array(list.buffer));
    this.#table.add("process_madvise", PIDFD_SELF, vector, count, advice, flags);
  }

  #lock(): void {
    const range = this.#draw.range();
    this.#random.weighted<() => void>([
      [3, () => this.#table.add("mlock", ...range)],
      [2, () => this.#table.add("mlock2", ...range, this.#random.below(3))],
      [4, () => this.#table.add("munlock", ...range)],
    ])();
  }

  /** Gives memory the policy to lie where it is used, or takes it back. */
  #bind(): void {
    const [DEFAULT, PREFERRED, BIND, INTERLEAVE, LOCAL] = [0, 1, 2, 3, 4];
    const mode = this.#random.pick([DEFAULT, DEFAULT, PREFERRED, BIND, INTERLEAVE, LOCAL, LOCAL]);
    const isNamed = mode === BIND || mode === INTERLEAVE || this.#random.oneIn(4);
    const mask = isNamed ? [this.#nodes, 65] : [0, 0];
    this.#table.add("mbind", ...this.#draw.range(), mode, ...mask, 0);
  }

  /** Has the kernel map a ring for asynchronous input and output; which context to end, it tells in memory alone. */
  #ring(): void {
    if (this.#limited.size > 0) return; // how long it would be, a refusal does not tell
    if (this.#random.oneIn(4)) this.#table.add("io_destroy", 0);
    else this.#table.add("io_setup", 1, new Text(new Uint8Array(8)));
  }

  /** A stack for return addresses alone: refused, unless kernel and processor have them. */
  #mapShadowStack(): void {
    const [address, length] = this.#draw.range();
    const place = this.#random.oneIn(3) ? 0 : address;
    this.#table.add("map_shadow_stack", place, length, this.#random.below(3));
  }

  /** A userfaultfd; without the right to one, calls with its descriptor are refused. */
  #openWatch(): void {
    this.#table.add("userfaultfd", USER_MODE_ONLY);
    this.#table.add("ioctl", WATCH, UFFDIO_API, words(0xaa, 0, 0));
  }

  /**
   * Has writes to protected pages told to the descriptor, or no longer. Nobody would ever serve them, so pages are
   * protected only for the moment: whoever touched one meanwhile would wait for good.
   */
  #watch(): void {
    const range = this.#draw.range();
    const call = (request: number, ...rest: readonly number[]) =>
      this.#table.add("ioctl", WATCH, request, words(...range, ...rest));
    this.#random.weighted<() => void>([
      [8, () => call(UFFDIO_REGISTER, this.#random.oneIn(20) ? 0 : WATCH_WRITES, 0)],
      [4, () => call(UFFDIO_UNREGISTER)],
      [2, () => {
        call(UFFDIO_WRITEPROTECT, 1);
        call(UFFDIO_WRITEPROTECT, 0);
      }],
      [this.#depth === 0 ? 1 : 0, () => { // a child's copy of the descriptor would be left
        this.#table.add("close", WATCH);
        this.#openWatch();
      }],
    ])();
  }

  /** Makes what can be read executable for a while. */
  #impersonate(): void {
    const READ_IMPLIES_EXEC = 0x40_0000;
    this.#table.add("personality", READ_IMPLIES_EXEC);
    for (let calls = this.#random.below(4); calls > 0; calls--) this.#map();
    this.#table.add("personality", 0);
  }

  #lockAll(): void {
    const flags = this.#random.pick([MCL_CURRENT, MCL_FUTURE, MCL_CURRENT | MCL_FUTURE, 0, 8]);
    const onFault = this.#random.oneIn(3) ? MCL_ONFAULT : 0;
    this.#table.add("mlockall", flags | onFault);
    for (let calls = this.#random.below(4); calls > 0; calls--) this.#map();
    this.#table.add("munlockall");
  }

  /** Moves the heap's end to somewhere around where it is. */
  #moveBreak(): void {
    if (this.#limited.has(RLIMIT_DATA)) return; // it binds the heap by what a trace does not tell
    const now = this.#table.add("brk", 0);
    const distance = (this.#random.below(16) - 6) * PAGE_SIZE + this.#random.pick([0, 0, 1, 2048]);
    this.#feed(now, this.#table.add("brk", distance));
  }

  #touch(): void {
    const address = this.#random.oneIn(8) ? this.#draw.stackPage() : this.#draw.page();
    if (this.#random.oneIn(6)) this.#table.add("faccessat", AT_FDCWD, address, 0);
    else this.#write(address + this.#random.below(4096));
  }

  #write(address: number): void {
    this.#table.add("read", ZEROS, address, 1);
  }

  /** Calls that only look, or write back. */
  #look(): void {
    const range = this.#draw.range();
    if (this.#random.oneIn(2)) this.#table.add("msync", ...range, this.#random.below(8));
    else this.#table.add("mincore", ...range, this.#random.oneIn(10) ? -PAGE_SIZE : this.#vector);
  }

  /** Maps other pages of a shared mapping, as the deprecated call does it. */
  #rearrange(): void {
    const range = this.#draw.range();
    const offset = this.#random.below(16), protection = this.#random.oneIn(20) ? 1 : 0;
    this.#table.add("remap_file_pages", ...range, protection, offset, 0);
  }

  /** Names memory, takes its name away, or asks for a name that none may have. */
  #name(): void {
    const range = this.#draw.range();
    const name = this.#random.weighted<Text | number>([
      [6, this.#names[0]!],
      [4, this.#names[1]!],
      [3, 0],
      [1, this.#names[2]!],
    ]);
    this.#table.add("prctl", PR_SET_VMA, PR_SET_VMA_ANON_NAME, ...range, name);
  }

  /** Attaches a System V segment in the arena, and mostly detaches it again. */
  #attach(): void {
    if (this.#limited.size > 0) return; // which segment a limit refused, a trace does not tell
    const strange = this.#random.oneIn(4);
    const address = strange ? this.#draw.strangeAddress() : this.#draw.page();
    const flags = this.#random.pick([0, SHM_RDONLY, SHM_RND, SHM_REMAP, SHM_REMAP | SHM_RDONLY]);
    const size = this.#draw.length();
    const get = () => this.#table.add("shmget", SEGMENT, size, IPC_CREAT | 0o600);
    let segment = get();
    this.#feed(segment, this.#table.add("shmat", 0, address, flags));
    segment = get();
    this.#feed(segment, this.#table.add("shmctl", 0, IPC_RMID, 0)); // it goes with its last mapping
    for (let calls = this.#random.below(4); calls > 0; calls--) this.#step();
    if (!this.#random.oneIn(4)) this.#table.add("shmdt", address);
  }

  /** Seals a range, for good. */
  #seal(): void {
    this.#table.add("mseal", ...this.#draw.range(), this.#random.oneIn(20) ? 1 : 0);
  }

  /** Lowers a limit for a while. */
  #limit(): void {
    const [resource, pages] = this.#random.pick(
      [[RLIMIT_AS, 60], [RLIMIT_DATA, 8], [RLIMIT_STACK, 8]] as const,
    );
    if (this.#limited.has(resource)) return;
    this.#limited.add(resource);
    const bytes = new Text(limit(PAGE_SIZE * (pages + this.#random.below(60))));
    if (this.#random.oneIn(2)) this.#table.add("setrlimit", resource, bytes);
    else this.#table.add("prlimit64", 0, resource, bytes, 0);
    for (let calls = this.#random.below(12); calls > 0; calls--) this.#step();
    this.#unlimit(resource);
    this.#limited.delete(resource);
  }

  /** Takes a limit back; that of the stack stays such that none can grow into the arena. */
  #unlimit(resource: number): void {
    const bytes = resource === RLIMIT_STACK ? this.#stackLimit : this.#noLimit;
    this.#table.add("prlimit64", 0, resource, bytes, 0);
  }

  /** Guard pages, in a place of their own: where they are decides whether pages can be faulted in. */
  #guard(): void {
    const draw = this.#draw;
    const [address, length] = [draw.guardPage(), draw.length()];
    this.#random.weighted<() => void>([
      [4, () => this.#mmap(address, length, MAP_FIXED)],
      [2, () => this.#table.add("munmap", address, length)],
      [4, () => this.#table.add("mprotect", address, length, draw.protection())],
      [4, () => this.#table.add("madvise", address, length, MADV.GUARD_INSTALL)],
      [2, () => this.#table.add("madvise", address, length, MADV.GUARD_REMOVE)],
      [2, () => this.#table.add("madvise", address, length, this.#random.pick([0, 1, 2]))],
      [4, () => this.#write(address)],
    ])();
  }

  /** Makes a process that does random things too, while this one waits. */
  #fork(): void {
    const shares = this.#random.oneIn(4) ? CLONE_VM | CLONE_VFORK : 0;
    const position = this.#table.add("clone", shares | SIGCHLD, 0, 0, 0, 0);
    const placed = this.#placed, mayEnd = this.#mayEnd, mayWatch = this.#mayWatch;
    this.#placed = [];
    this.#mayEnd ||= shares === 0;
    this.#mayWatch &&= shares !== 0; // the descriptor serves the memory of the process that opened it
    this.#depth++;
    for (let calls = this.#random.below(12); calls > 0; calls--) this.#step();
    this.#depth--;
    this.#mayEnd = mayEnd;
    this.#mayWatch = mayWatch;
    this.#placed = placed;
    this.#table.add("exit_group", 0);
    this.#table.skipFrom(position);
    this.#table.add("wait4", -1, 0, 0, 0);
  }

  #takePlaced(): { readonly position: Position; readonly length: number } | undefined {
    const at = this.#random.below(this.#placed.length);
    return this.#placed.splice(at, 1)[0];
  }

  #feed(from: Position, to: Position): void {
    this.#table.feed(from, to, 0);
  }
}

/** A structure of 64-bit words. */
function words(...values: readonly number[]): Text {
  return new Text(new Uint8Array(new BigInt64Array(values.map(BigInt)).buffer));
}

/** A `struct rlimit`: the soft limit, and a hard one that allows anything. */
function limit(bytes: number): Uint8Array {
  const words = new BigUint64Array([BigInt(bytes), -1n]);
  return new Uint8Array(words.buffer);
}
