/** Where a call can change a layout: neither more is looked at after it, nor less. */
import { assertEquals } from "@std/assert";
import { changesRules, effectOf, type FinishedCall, isQuiet } from "../../src/capture/effects.ts";
import { ADDRESS_LIMIT } from "../../src/abi/page.ts";
import { systemCall } from "../../src/abi/syscalls.ts";
import type { OpenFile } from "../../src/trace/format.ts";

const PAGE = 4096;
const NOTHING = { reach: "ranges", ranges: [], shift: 0 };
const ANYTHING = { reach: "anywhere" };

/** The effect of a call with so many arguments as it has; those that are not given are 0. */
function called(call: string, args: readonly number[], more: Partial<FinishedCall> = {}) {
  const arity = systemCall(call)?.arity ?? 6;
  const all = Array.from({ length: arity }, (_, i) => args[i] ?? 0);
  return effectOf({ call, args: all, result: 0, failed: false, brk: undefined, ...more });
}

const pages = (start: number, end: number) => ({ start: start * PAGE, end: end * PAGE });
const kept = (...ranges: { start: number; end: number }[]) => ({
  reach: "ranges",
  ranges,
  shift: 0,
});
const FAILED = { failed: true, result: -22 };

Deno.test("effectOf: making a process or a program, or setting a limit, changes nothing", () => {
  const calls = [
    "fork",
    "vfork",
    "clone",
    "clone3",
    "execve",
    "execveat",
    "setrlimit",
    "prlimit64",
  ];
  for (const call of calls) assertEquals(called(call, [PAGE, PAGE]), NOTHING, call);
});

Deno.test("effectOf: what a call of a range keeps the flags of, failed or not, is looked at in whole pages", () => {
  for (const call of ["munmap", "mbind", "msync", "mincore", "set_mempolicy_home_node"]) {
    for (const more of [{}, FAILED]) {
      assertEquals(called(call, [3 * PAGE, 2 * PAGE], more), kept(pages(3, 5)), call);
      assertEquals(called(call, [3 * PAGE + 1, 2 * PAGE], more), kept(pages(3, 6)), call);
      assertEquals(called(call, [3 * PAGE, 1], more), kept(pages(3, 4)), call);
    }
  }
});

Deno.test("effectOf: a negative length is to the kernel a huge one, which reaches every VMA above", () => {
  const effect = called("madvise", [0, -PAGE, 1], FAILED);
  assertEquals(effect.reach === "flags" && effect.ranges, [{
    start: 0,
    end: ADDRESS_LIMIT - PAGE,
  }]);
  assertEquals(
    called("munmap", [3 * PAGE, -PAGE], FAILED),
    kept(pages(3, ADDRESS_LIMIT / PAGE + 2)),
  );
});

Deno.test("effectOf: calls that give flags are told apart by what they ask for, and by how they fail", () => {
  const changed = (call: string, third: number, more: Partial<FinishedCall> = {}) =>
    called(call, [3 * PAGE, PAGE, third], more);
  const known = (operation: string, more = {}) => ({
    ...{ reach: "flags", ranges: [pages(3, 4)], operation, isNew: false },
    ...more,
  });
  assertEquals(changed("mprotect", 1), known("mprotect 1"));
  assertEquals(changed("pkey_mprotect", 3), known("mprotect 3"));
  assertEquals(changed("madvise", 12), known("madvise 12"));
  assertEquals(changed("mlock2", 1), known("mlock2 1"));
  for (const call of ["mlock", "munlock", "mseal"]) assertEquals(changed(call, 0), known(call));
  const hasFailed = { hasFailed: true };
  assertEquals(changed("mprotect", 1, FAILED), known("mprotect 1 fails: -22", hasFailed));
  assertEquals(changed("madvise", 12, FAILED), known("madvise 12 fails: -22", hasFailed));
});

Deno.test("effectOf: what goes beyond its range, or stops anywhere, may have done anything", () => {
  for (const grows of [0x1000000, 0x2000000]) {
    for (const call of ["mprotect", "pkey_mprotect"]) {
      assertEquals(called(call, [PAGE, PAGE, 3 | grows]), ANYTHING);
    }
  }
  const MADV_GUARD_INSTALL = 102;
  assertEquals(called("madvise", [PAGE, PAGE, MADV_GUARD_INSTALL]), ANYTHING);
  assertEquals(called("madvise", [PAGE, PAGE, MADV_GUARD_INSTALL + 1]).reach, "flags");
  for (const call of ["mlock", "munlock", "mseal", "mlock2"]) {
    assertEquals(called(call, [PAGE, PAGE], FAILED), ANYTHING, call);
  }
  const others = ["mlockall", "munlockall", "shmat", "shmdt", "remap_file_pages", "personality"];
  for (const call of [...others, "process_madvise", "io_setup", "no_such_call"]) {
    assertEquals(called(call, [PAGE, PAGE]), ANYTHING, call);
  }
});

Deno.test("effectOf: mremap is looked at where memory came from and where it went, with how far", () => {
  const moved = called("mremap", [9 * PAGE, 2 * PAGE, 3 * PAGE, 1], { result: 4 * PAGE });
  assertEquals(moved, { reach: "ranges", ranges: [pages(9, 11), pages(4, 7)], shift: -5 * PAGE });
  const result = 9 * PAGE;
  assertEquals(called("mremap", [PAGE, 0, PAGE, 1], { result }), ANYTHING); // a second mapping
  assertEquals(called("mremap", [PAGE, PAGE, PAGE, 5], { result }), ANYTHING); // MREMAP_DONTUNMAP
  assertEquals(called("mremap", [PAGE, PAGE, PAGE, 1], FAILED), ANYTHING);
});

Deno.test("effectOf: prctl changes names in a range, or whatever else it is asked for", () => {
  const PR_SET_VMA = 0x53564d41, PR_SET_MM = 35;
  assertEquals(called("prctl", [PR_SET_VMA, 0, 5 * PAGE, 2 * PAGE]), kept(pages(5, 7)));
  assertEquals(called("prctl", [PR_SET_MM, 0, 5 * PAGE, 2 * PAGE]), ANYTHING);
});

Deno.test("effectOf: the heap is looked at between its old end and its new one", () => {
  const heap = (start: number, end: number) => ({
    ...{ reach: "flags", ranges: [pages(start, end)], operation: "brk", isNew: true },
  });
  const moved = (brk: number | undefined, result: number, more = {}) =>
    called("brk", [result], { brk, result, ...more });
  assertEquals(moved(4 * PAGE, 9 * PAGE), heap(4, 9));
  assertEquals(moved(9 * PAGE, 4 * PAGE), heap(4, 9));
  assertEquals(moved(4 * PAGE + 8, 4 * PAGE + 9), heap(4, 5));
  assertEquals(moved(9 * PAGE, 9 * PAGE), NOTHING);
  assertEquals(moved(undefined, 9 * PAGE), ANYTHING);
  assertEquals(moved(4 * PAGE, 4 * PAGE, { failed: true }), ANYTHING);
});

const FILE: OpenFile = {
  ...{ id: 1, device: "fe:00", inode: 5, name: "x", size: 1, access: "read", kind: "regular" },
};
const PRIVATE = 2, ANONYMOUS = 0x22, FIXED = 0x10, HUGETLB = 0x40000;

function mapped(flags: number, more: Partial<FinishedCall> = {}) {
  const args = [3 * PAGE, 2 * PAGE - 5, 3, flags];
  return called("mmap", args, { result: 8 * PAGE, ...more });
}

Deno.test("effectOf: a mapping is looked at where it went; what was there before does not matter", () => {
  assertEquals(mapped(ANONYMOUS), {
    ...{ reach: "flags", ranges: [pages(8, 10)], operation: "mmap 3 34 anonymous", isNew: true },
  });
  assertEquals(mapped(ANONYMOUS | HUGETLB), ANYTHING);
});

Deno.test("effectOf: a mapping that failed has taken away what lay at its fixed place, or nothing", () => {
  assertEquals(mapped(ANONYMOUS, FAILED), NOTHING);
  assertEquals(mapped(ANONYMOUS | FIXED, FAILED), kept(pages(3, 5)));
});

Deno.test("effectOf: mappings of files are alike if device, access and mount are; of memory, if it is the same", () => {
  const operation = (file: Partial<OpenFile>) => {
    const found = mapped(PRIVATE, { file: { ...FILE, ...file } });
    return found.reach === "flags" ? found.operation : found.reach;
  };
  const usual = operation({});
  assertEquals(operation({ inode: 6, id: 2, name: "y", size: 7 }), usual);
  for (const other of [{ device: "fe:01" }, { access: "read-write" }, { noexec: true }] as const) {
    assertEquals(operation(other) === usual, false);
  }
  const memory = operation({ kind: "shmem" });
  assertEquals(operation({ kind: "shmem", id: 2 }), memory);
  const others = [{ inode: 6 }, { device: "00:05" }, { access: "write" }, {
    noexec: true,
  }] as const;
  for (const other of others) {
    assertEquals(operation({ kind: "shmem", ...other }) === memory, false);
  }
  for (const kind of ["device", "hugetlb", "secretmem", "other"] as const) {
    assertEquals(operation({ kind }), "anywhere", kind);
  }
  assertEquals(mapped(PRIVATE), ANYTHING); // a descriptor that is no file
});

Deno.test("changesRules: locking all, another personality, and prctl but for names", () => {
  const PR_SET_VMA = 0x53564d41;
  assertEquals(
    ["mlockall", "munlockall", "personality", "mlock", "mmap"].map((call) =>
      changesRules(call, [0])
    ),
    [true, true, true, false, false],
  );
  assertEquals([changesRules("prctl", [35, 1]), changesRules("prctl", [PR_SET_VMA, 0])], [
    ...[true, false],
  ]);
  assertEquals(changesRules("mmap", [PR_SET_VMA]), false);
});

Deno.test("isQuiet: mapping without filling, changing and unmapping write to no page", () => {
  const POPULATE = 0x8000, LOCKED = 0x2000;
  const mmap = (flags: number) => isQuiet("mmap", [0, PAGE, 3, flags, -1, 0]);
  assertEquals([mmap(ANONYMOUS), mmap(ANONYMOUS | POPULATE), mmap(ANONYMOUS | LOCKED)], [
    ...[true, false, false],
  ]);
  const calls = ["mprotect", "munmap", "brk", "mremap", "mlock", "madvise", "shmat"];
  assertEquals(calls.map((call) => isQuiet(call, [0, PAGE, 3])), [
    ...[true, true, true, false, false, false, false],
  ]);
});
