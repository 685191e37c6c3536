/**
 * For each rule a few calls that come out otherwise under each of its values. Each runs in a child of its own, so that
 * none disturbs another.
 *
 * @module
 */

import {
  MADV,
  MAP_ANONYMOUS,
  MAP_DROPPABLE,
  MAP_FIXED,
  MAP_HUGETLB,
  MAP_NORESERVE,
  MAP_PRIVATE,
  MAP_SHARED,
  MAP_STACK,
  MCL_FUTURE,
  MCL_ONFAULT,
  MLOCK_ONFAULT,
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PR_SET_VMA,
  PR_SET_VMA_ANON_NAME,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
} from "../abi/mman.ts";
import { HUGE_PAGE_SIZE, PAGE_SIZE } from "../abi/page.ts";
import type { Architecture, SystemCallName } from "../abi/syscalls.ts";
import { isRuleName, type RuleName } from "../mm/rules/kernel_rules.ts";
import { CallTable, type Position } from "../verify/call_table.ts";
import { type Argument, type TableCall, Text } from "../verify/executable.ts";

/** Where the probes put their memory: nothing else lies there, and addresses of 39 bits reach far beyond. */
const BASE = 0x20_0000_0000;
const RW = PROT_READ | PROT_WRITE;
const PRIVATE = MAP_PRIVATE | MAP_ANONYMOUS;
const FIXED = PRIVATE | MAP_FIXED;
const MOVE = MREMAP_MAYMOVE | MREMAP_FIXED;
const LEAVE = MOVE | MREMAP_DONTUNMAP;
/** The descriptor of the file that the probes may map: 0 to 2 are the caller's. */
const FILE = 3;
/** The descriptor that a probe opens itself. */
const NEXT_FILE = 4;
const AT_FDCWD = -100, O_RDWR = 2, SIGCHLD = 17;
const IPC_CREAT = 0o1000, IPC_RMID = 0;
const MFD_ALLOW_SEALING = 2, F_ADD_SEALS = 1033, F_SEAL_WRITE = 8;
/** Key of the System V segment that is there for a moment. */
const SEGMENT = 0x6d61706e;

/** Bytes that the file must have. */
export const PROBE_FILE_BYTES: number = 4 * HUGE_PAGE_SIZE;

/** The calls of one probe. */
class Probe {
  readonly #table: CallTable;

  constructor(table: CallTable) {
    this.#table = table;
  }

  call(name: SystemCallName, ...args: readonly Argument[]): Position {
    return this.#table.add(name, ...args);
  }

  /** Adds what a call returns to an argument of a later one. */
  feed(from: Position, to: Position, argument: number): void {
    this.#table.feed(from, to, argument);
  }

  /** Maps anonymous memory, `page` pages from the base on. */
  map(page: number, pages: number, protection = RW, flags = FIXED): void {
    this.call("mmap", at(page), pages * PAGE_SIZE, protection, flags, -1, 0);
  }

  /** Maps the file's pages from `offset` on, privately. */
  mapFile(page: number, pages: number, offset: number): void {
    const flags = MAP_PRIVATE | MAP_FIXED;
    this.call("mmap", at(page), pages * PAGE_SIZE, RW, flags, FILE, offset * PAGE_SIZE);
  }

  /** Writes to a page. */
  touch(page: number): void {
    this.#table.write(this.call("getpid"), at(page));
  }

  protect(page: number, pages: number, protection: number): void {
    this.call("mprotect", at(page), pages * PAGE_SIZE, protection);
  }

  remap(page: number, pages: number, flags: number, target: number): void {
    this.call("mremap", at(page), pages * PAGE_SIZE, pages * PAGE_SIZE, flags, at(target));
  }

  advise(page: number, pages: number, advice: number): void {
    this.call("madvise", at(page), pages * PAGE_SIZE, advice);
  }
}

function at(page: number): number {
  return BASE + page * PAGE_SIZE;
}

/** Advises on one page of anonymous memory. */
function adviseOnPage(advice: number): (probe: Probe) => void {
  return (probe) => {
    probe.map(0, 1);
    probe.advise(0, 1, advice);
  };
}

/** The probes; a rule without one cannot be found out cheaply. */
export const PROBES: Readonly<Partial<Record<RuleName, (probe: Probe) => void>>> = {
  alignAnonymous(probe) {
    for (const length of [PAGE_SIZE, HUGE_PAGE_SIZE, PAGE_SIZE, HUGE_PAGE_SIZE + PAGE_SIZE]) {
      probe.call("mmap", 0, length, RW, PRIVATE, -1, 0);
    }
  },
  alignFiles(probe) {
    for (const length of [PAGE_SIZE, 2 * HUGE_PAGE_SIZE]) {
      probe.call("mmap", 0, length, PROT_READ, MAP_PRIVATE, FILE, 0);
    }
  },
  alignTakesUpperEnd(probe) {
    // The first ends the room for the second where a huge page begins.
    for (let calls = 0; calls < 2; calls++) {
      probe.call("mmap", 0, 2 * HUGE_PAGE_SIZE, PROT_READ, MAP_PRIVATE, FILE, 0);
    }
  },
  newMapping(probe) {
    for (const page of [0, 2]) {
      probe.map(page, 1);
      probe.touch(page);
    }
    probe.map(1, 1);
  },
  unwrittenTakesWritten(probe) {
    probe.map(1, 1);
    probe.touch(1);
    probe.protect(1, 1, PROT_READ);
    probe.map(0, 1);
    probe.protect(1, 1, RW);
  },
  closeHookMerges(probe) {
    const made = probe.call("shmget", SEGMENT, 3 * PAGE_SIZE, IPC_CREAT | 0o600);
    probe.feed(made, probe.call("shmat", 0, at(0), 0), 0);
    const again = probe.call("shmget", SEGMENT, 0, 0);
    probe.feed(again, probe.call("shmctl", 0, IPC_RMID, 0), 0); // it lives on until this process ends
    probe.protect(0, 1, PROT_READ);
    probe.protect(1, 1, PROT_READ);
  },
  anonPageOffset(probe) {
    probe.mapFile(0, 1, 0);
    probe.touch(0);
    probe.remap(0, 1, MOVE, 8);
    probe.mapFile(9, 1, 1);
  },
  mapStackNoHugePages: (probe) => probe.map(0, 1, RW, FIXED | MAP_STACK),
  mapDroppable: (probe) => probe.map(0, 1, RW, MAP_DROPPABLE | MAP_ANONYMOUS | MAP_FIXED),
  sealedMapsForReading(probe) {
    probe.call("memfd_create", new Text("sealed"), MFD_ALLOW_SEALING);
    probe.call("ftruncate", NEXT_FILE, PAGE_SIZE);
    probe.call("fcntl", NEXT_FILE, F_ADD_SEALS, F_SEAL_WRITE);
    probe.call("mmap", at(0), PAGE_SIZE, PROT_READ, MAP_SHARED | MAP_FIXED, NEXT_FILE, 0);
  },
  secretIsLocked(probe) {
    probe.call("memfd_secret", 0);
    probe.call("ftruncate", NEXT_FILE, PAGE_SIZE);
    probe.call("mmap", at(0), PAGE_SIZE, RW, MAP_SHARED | MAP_FIXED, NEXT_FILE, 0);
  },
  ringNotForked: (probe) => void probe.call("io_setup", 1, new Text(new Uint8Array(8))),
  replaceAtOnce(probe) {
    probe.map(0, 1, PROT_READ);
    // One of them cannot be promised: 256 GiB, for which 39 bits have room, or 16 TiB.
    for (const pages of [2 ** 26, 2 ** 32]) probe.map(0, pages, RW);
  },
  readOnlyDropsAccount(probe) {
    probe.map(0, 1);
    probe.protect(0, 1, PROT_READ);
  },
  moveSeveralVmas(probe) {
    probe.map(0, 1, PROT_READ);
    probe.map(1, 1);
    probe.remap(0, 2, MOVE, 16);
  },
  mremapChecksFirst: (probe) =>
    void probe.call("mremap", at(0), PAGE_SIZE, PAGE_SIZE, MOVE, at(8) + 1),
  shrinkLooksUp: (probe) => void probe.call("mremap", at(0), 2 * PAGE_SIZE, PAGE_SIZE, 0, 0),
  dontUnmapFiles(probe) {
    probe.mapFile(0, 1, 0);
    probe.remap(0, 1, LEAVE, 8);
  },
  dontUnmapAccountsNext(probe) {
    probe.map(0, 3);
    probe.map(4, 1, PROT_NONE);
    probe.remap(1, 1, LEAVE, 16);
  },
  dontUnmapDropsAccount(probe) {
    probe.map(0, 1);
    probe.remap(0, 1, LEAVE, 16);
  },
  dontUnmapKeepsApart(probe) {
    probe.map(0, 1);
    probe.remap(0, 1, LEAVE, 1);
  },
  dontUnmapSplitsLocked(probe) {
    probe.map(0, 3);
    probe.call("mlock", at(0), 3 * PAGE_SIZE);
    probe.remap(1, 1, LEAVE, 16);
  },
  dontUnmapResetsOffset(probe) {
    probe.map(0, 1);
    probe.touch(0);
    probe.remap(0, 1, MOVE, 8);
    probe.remap(8, 1, LEAVE, 16);
    probe.map(9, 1);
  },
  adviseGuard: adviseOnPage(MADV.GUARD_REMOVE),
  advisePopulate: adviseOnPage(MADV.POPULATE_READ),
  adviseDontNeedLocked: adviseOnPage(MADV.DONTNEED_LOCKED),
  adviseCollapse(probe) {
    const pages = HUGE_PAGE_SIZE / PAGE_SIZE;
    probe.map(0, pages);
    probe.touch(0);
    probe.advise(0, pages, MADV.HUGEPAGE);
    probe.advise(0, pages, MADV.COLLAPSE);
  },
  populateStopsAtHole(probe) {
    probe.map(0, 1);
    probe.map(2, 1, PROT_NONE);
    probe.advise(0, 3, MADV.POPULATE_READ);
  },
  processAdviseOnSelf(probe) {
    probe.map(0, 1);
    const words = new BigUint64Array([BigInt(at(0)), BigInt(PAGE_SIZE)]);
    const range = new Text(new Uint8Array(words.buffer));
    const self = probe.call("getpid");
    const opened = probe.call("pidfd_open", 0, 0);
    probe.feed(self, opened, 0);
    const advised = probe.call("process_madvise", 0, range, 1, MADV.DONTDUMP, 0);
    probe.feed(opened, advised, 0);
  },
  processAdviseChecksFirst(probe) {
    const UNKNOWN_ADVICE = 7;
    const self = probe.call("getpid");
    const opened = probe.call("pidfd_open", 0, 0);
    probe.feed(self, opened, 0);
    const advised = probe.call("process_madvise", 0, 0, 0, UNKNOWN_ADVICE, 0);
    probe.feed(opened, advised, 0);
  },
  doForkRefusesSpecial(probe) {
    // Huge pages are special; the pool may be empty, as nothing is written to them.
    probe.map(0, HUGE_PAGE_SIZE / PAGE_SIZE, RW, FIXED | MAP_HUGETLB | MAP_NORESERVE);
    probe.advise(0, HUGE_PAGE_SIZE / PAGE_SIZE, MADV.DOFORK);
  },
  namesSharedMemory(probe) {
    probe.call("mmap", at(0), PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    probe.call("prctl", PR_SET_VMA, PR_SET_VMA_ANON_NAME, at(0), PAGE_SIZE, 0);
  },
  seal(probe) {
    probe.map(0, 1);
    probe.call("mseal", at(0), PAGE_SIZE, 0);
  },
  guardFiles(probe) {
    probe.call("mmap", at(0), PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    probe.advise(0, 1, MADV.GUARD_REMOVE);
  },
  lockOnFaultPasses(probe) {
    probe.map(0, 1, PROT_NONE);
    probe.call("mlock2", at(0), PAGE_SIZE, MLOCK_ONFAULT);
  },
  mapDroppableUnlocked(probe) {
    probe.call("mlockall", MCL_FUTURE | MCL_ONFAULT);
    probe.map(0, 1, RW, MAP_DROPPABLE | MAP_ANONYMOUS | MAP_FIXED);
  },
  showsLockOnFault(probe) {
    probe.map(0, 1);
    probe.call("mlock2", at(0), PAGE_SIZE, MLOCK_ONFAULT);
  },
  showsGuard: adviseOnPage(MADV.GUARD_INSTALL),
  showsHeapBeside(probe) {
    const start = probe.call("brk", 0);
    probe.feed(start, probe.call("brk", PAGE_SIZE), 0);
    const end = probe.call("brk", 0);
    probe.feed(end, probe.call("mmap", 0, PAGE_SIZE, PROT_READ, FIXED, -1, 0), 0);
  },
  adviseHugePages: adviseOnPage(MADV.NOHUGEPAGE),
  adviseMergeable: adviseOnPage(MADV.UNMERGEABLE),
  mapHugePages: (probe) =>
    probe.map(0, HUGE_PAGE_SIZE / PAGE_SIZE, RW, FIXED | MAP_HUGETLB | MAP_NORESERVE),
  protectWithKeys(probe) {
    const ANY = -1;
    probe.map(0, 1);
    probe.call("pkey_mprotect", at(0), PAGE_SIZE, PROT_READ, ANY);
  },
  heapExecutable(probe) {
    const end = probe.call("brk", 0);
    probe.feed(end, probe.call("brk", 2 * PAGE_SIZE), 0);
  },
};

/** The rules that have a probe, in the order in which the program runs them. */
export const PROBED: readonly RuleName[] = Object.keys(PROBES).filter(isRuleName);

/** Wishes for the lowest page but that of NULL: where it goes instead, hints begin. */
function askForLowest(probe: Probe): void {
  probe.call("mmap", PAGE_SIZE, PAGE_SIZE, PROT_NONE, PRIVATE, -1, 0);
}

/**
 * The calls of a program that runs each probe in a child, one after the other; the last child asks for the lowest
 * address to which hints go.
 *
 * @param file a file of {@linkcode PROBE_FILE_BYTES} that it may map
 */
export function probeTable(machine: Architecture, file: string): readonly TableCall[] {
  const table = new CallTable(machine);
  table.add("close_range", FILE, 0xffff_ffff, 0);
  table.add("openat", AT_FDCWD, new Text(file), O_RDWR);
  const probes = PROBED.map((name) => PROBES[name]);
  for (const run of [...probes, askForLowest]) {
    const child = table.add("clone", SIGCHLD, 0, 0, 0, 0);
    run?.(new Probe(table));
    table.add("exit_group", 0);
    table.skipFrom(child);
    table.add("wait4", -1, 0, 0, 0);
  }
  table.add("exit_group", 0);
  return table.calls;
}
