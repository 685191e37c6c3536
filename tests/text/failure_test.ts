/**
 * Why a call failed: for each call and errno, what decides between the reasons is in the text, and the reason given is
 * the one that it decides for. Words are looked for, not whole sentences.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { explainLayout, type ExplainOptions } from "../../src/text/explain/layout.ts";

//   0x20000000000           +16 KiB
//   |------- rw-p, private -------|   nothing else near it
const ARENA =
  "mmap(0x20000000000, 16384, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = " +
  "0x20000000000";
const ARENA_RANGE = "0x20000000000-0x20000004000";

/** What is said of the last call of a text in which a program maps {@linkcode ARENA} first. */
function why(call: string, options: ExplainOptions & { before?: string } = {}): string {
  const { before = "", ...rest } = options;
  const text = `execve("./a", ["./a"], 0x7ffd0 /* 20 vars */) = 0\n${before}\n${ARENA}\n${call}\n`;
  const { failures } = explainLayout(text, rest);
  assertEquals(failures.length, 1, text);
  return failures[0]!.words;
}

/** Asserts which of the words are said. */
function assertSays(words: string, said: readonly string[], unsaid: readonly string[] = []): void {
  for (const part of said) assert(words.includes(part), `"${part}" is missing: ${words}`);
  for (const part of unsaid) assert(!words.includes(part), `"${part}" is said: ${words}`);
}

const NO_MEMORY = "= -1 ENOMEM (Cannot allocate memory)";
const INVALID = "= -1 EINVAL (Invalid argument)";
const FIXED = "MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0)";
const ANYWHERE = "MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)";

Deno.test("failure: munmap runs out where it cuts a hole, which needs one VMA more", () => {
  const hole = why(`munmap(0x20000001000, 4096) ${NO_MEMORY}`);
  assertSays(hole, [
    `A hole 0x20000001000-0x20000002000 in the VMA ${ARENA_RANGE} leaves two VMAs`,
    "needs one VMA more",
    "madvise(0x20000001000, 0x1000, MADV_DONTNEED) would have served",
  ]);
  for (const range of ["0x20000000000, 4096", "0x20000003000, 4096", "0x30000000000, 4096"]) {
    assertSays(why(`munmap(${range}) ${NO_MEMORY}`), ["runs out only where", "is not shown"], [
      "A hole",
    ]);
  }
});

Deno.test("failure: a mapping over part of a VMA needs one VMA more at its end, two in its middle", () => {
  const over = (range: string, protection = "PROT_READ") =>
    why(`mmap(${range}, ${protection}, ${FIXED} ${NO_MEMORY}`);
  const cut = `cuts the VMA ${ARENA_RANGE}`;
  assertSays(over("0x20000000000, 4096"), [cut, "needs one VMA more"]);
  assertSays(over("0x20000003000, 4096"), [cut, "needs one VMA more"]);
  assertSays(over("0x20000001000, 4096"), [cut, "needs two VMAs more"]);
  assertSays(over("0x20000000000, 16384"), ["A new mapping is one VMA more"], ["cuts"]);
  assertSays(over("0x30000000000, 4096"), ["A new mapping is one VMA more", "smaller mapping"]);
  const given = "madvise(0x20000001000, 0x1000, MADV_DONTNEED) would have served";
  assertSays(over("0x20000001000, 4096", "PROT_NONE"), [given]);
  assertSays(over("0x20000001000, 4096"), ["Mapping over whole VMAs"], [given]);
  const hint = why(`mmap(0x20000001000, 4096, PROT_READ, ${ANYWHERE} ${NO_MEMORY}`);
  assertSays(hint, ["A new mapping is one VMA more"], ["cuts"]);
});

Deno.test("failure: a mapping may pass RLIMIT_AS, or the memory that may be promised, unless the VMAs are used up", () => {
  const map = (rest: string, options?: Parameters<typeof why>[1]) =>
    why(`mmap(NULL, 65536, ${rest} ${NO_MEMORY}`, options);
  const limit = (bytes: number) => ({
    before: `prlimit64(0, RLIMIT_AS, {rlim_cur=${bytes}, rlim_max=RLIM64_INFINITY}, NULL) = 0`,
  });
  assertSays(map(`PROT_READ, ${ANYWHERE}`), [
    "RLIMIT_AS (ulimit -v), which the text does not show",
  ]);
  // 16 KiB are mapped: with 64 KiB more that is 80 KiB.
  const passed = "so that 64 KiB more pass it";
  assertSays(map(`PROT_READ, ${ANYWHERE}`, limit(81919)), [
    "RLIMIT_AS is 80.0 KiB",
    "16 KiB in use",
    passed,
  ]);
  assertSays(map(`PROT_READ, ${ANYWHERE}`, limit(81920)), ["RLIMIT_AS is 80 KiB"], [passed]);
  const promise = "may not be promised";
  assertSays(map(`PROT_READ|PROT_WRITE, ${ANYWHERE}`), [promise, "(64 KiB)", "MAP_NORESERVE, or"]);
  assertSays(map(`PROT_READ, ${ANYWHERE}`), ["no gap of 64 KiB is left"], [promise]);
  const unreserved = `PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0)`;
  assertSays(map(unreserved), ["no gap"], [promise]);
  assertSays(map(`PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1, 0)`), ["no gap"], [promise]);
  const others = ["RLIMIT_AS", "no gap", promise];
  const full = { limit: 100, count: 100 };
  assertSays(map(`PROT_READ|PROT_WRITE, ${ANYWHERE}`, full), ["it has 100 VMAs", "is 100"], others);
  assertSays(map(`PROT_READ|PROT_WRITE, ${ANYWHERE}`, { limit: 100, count: 99 }), others);
  const huge = `PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB, -1, 0)`;
  assertSays(map(huge), ["The pool of huge pages has too few"], ["limit"]);
});

Deno.test("failure: a change of part of a VMA splits it; what is not mapped fails by itself", () => {
  const change = (range: string, protection = "PROT_READ") =>
    why(`mprotect(${range}, ${protection}) ${NO_MEMORY}`);
  const splits = `Changing part of ${ARENA_RANGE} splits it`;
  assertSays(change("0x20000000000, 16384"), ["No VMA has to be split"], ["splits", "promised"]);
  assertSays(change("0x20000000000, 4096"), [splits, "needs one VMA more"]);
  assertSays(change("0x20000003000, 4096"), [splits, "needs one VMA more"]);
  assertSays(change("0x20000001000, 4096"), [splits, "needs two VMAs more"]);
  const hole = "as far as the text shows, nothing is mapped at 0x20000004000";
  assertSays(change("0x20000003000, 8192"), ["needs all of 0x20000003000-0x20000005000", hole]);
  assertSays(change("0x1ffffffff000, 8192"), ["nothing is mapped at 0x1ffffffff000"]);
  const promise = "memory that becomes writable must be promised";
  assertSays(change("0x20000000000, 16384", "PROT_READ|PROT_WRITE"), [promise]);
  assertSays(why(`madvise(0x20000001000, 4096, MADV_DONTFORK) ${NO_MEMORY}`), [splits], [promise]);
  assertSays(why(`pkey_mprotect(0x20000001000, 4096, PROT_READ, 1) ${NO_MEMORY}`), [splits]);
});

Deno.test("failure: mremap may move only if it is told to", () => {
  const resize = (flags: string) =>
    why(`mremap(0x20000000000, 16384, 65536, ${flags}) ${NO_MEMORY}`);
  assertSays(resize("0"), ["no room to grow to 64 KiB in place", "MREMAP_MAYMOVE would have"]);
  assertSays(resize("MREMAP_MAYMOVE"), ["Moving needs up to three VMAs more", "RLIMIT_AS"], [
    "promised",
  ]);
  const fault = "= -1 EFAULT (Bad address)";
  const grown = why(`mremap(0x20000000000, 32768, 65536, MREMAP_MAYMOVE) ${fault}`);
  assertSays(grown, ["0x20000000000-0x20000008000 is not all mapped", "One call for each VMA"]);
  assertSays(why(`mprotect(0x20000000000, 16384, PROT_READ) ${fault}`), ["given is not mapped"]);
});

Deno.test("failure: brk fails without an errno, by returning less than it was asked for", () => {
  const before = "brk(NULL) = 0x555555559000";
  const data = "prlimit64(0, RLIMIT_DATA, {rlim_cur=1048576, rlim_max=1048576}, NULL) = 0";
  assertSays(why("brk(0x55555557a000) = 0x555555559000", { before: `${before}\n${data}` }), [
    "The heap could not grow",
    "RLIMIT_DATA (1 MiB)",
  ]);
  assertSays(why("brk(0x55555557a000) = 0x555555559000", { before }), ["RLIMIT_DATA or RLIMIT_AS"]);
});

Deno.test("failure: a limit of locked memory is told where the text shows it", () => {
  const before = "prlimit64(0, RLIMIT_MEMLOCK, {rlim_cur=8192, rlim_max=8192}, NULL) = 0";
  const again = "mlock(0x20000000000, 16384) = -1 EAGAIN (Resource temporarily unavailable)";
  assertSays(why(again, { before }), ["RLIMIT_MEMLOCK forbids to lock so much (8 KiB)"]);
  assertSays(why(again), ["forbids to lock so much. A higher limit"]);
  const none = `mlock(0x20000000000, 16384) ${NO_MEMORY}`;
  assertSays(why(none, { before }), [
    `Not all of ${ARENA_RANGE} is mapped`,
    "RLIMIT_MEMLOCK (8 KiB)",
  ]);
});

Deno.test("failure: MAP_FIXED_NOREPLACE tells what stands in its way, if the text shows it", () => {
  const place = (address: string) =>
    why(
      `mmap(${address}, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED_NOREPLACE, -1, 0) ` +
        "= -1 EEXIST (File exists)",
    );
  assertSays(place("0x20000001000"), [`${ARENA_RANGE} is mapped there`]);
  assertSays(place("0x20000004000"), ["what is mapped there the text does not show"]);
  assertSays(place("0x1ffffffff000"), ["what is mapped there the text does not show"]);
});

Deno.test("failure: an invalid argument is the first that the kernel would refuse", () => {
  const map = (rest: string) => why(`mmap(${rest} ${INVALID}`);
  assertSays(map(`0x20000001001, 0, PROT_READ, ${FIXED}`), ["The length is 0"]);
  const file = `MAP_PRIVATE, 3, 0x1800)`;
  assertSays(map(`NULL, 4096, PROT_READ, ${file}`), [
    "The offset 0x1800 is no multiple",
    "0x1000, and",
  ]);
  const noMultiple = "The address 0x20000001800 is no multiple of the page size";
  assertSays(map(`0x20000001800, 4096, PROT_READ, ${FIXED}`), [noMultiple, "MAP_FIXED needs"]);
  const contradict = "The flags contradict one another";
  assertSays(map(`0x20000001800, 4096, PROT_READ, ${ANYWHERE}`), [contradict], [noMultiple]);
  assertSays(map(`0x20000001000, 4096, PROT_READ, ${FIXED}`), [contradict], [noMultiple]);
  const served = "0x20000001000 would have served";
  assertSays(why(`munmap(0x20000001800, 4096) ${INVALID}`), [noMultiple, served]);
  assertSays(why(`munmap(0x20000001000, 0) ${INVALID}`), ["munmap needs at least one byte"]);
  assertSays(why(`madvise(0x20000001800, 4096, MADV_FREE) ${INVALID}`), [noMultiple], ["advice"]);
  assertSays(why(`madvise(0x20000001000, 4096, MADV_FREE) ${INVALID}`), ["the advice FREE"]);
  assertSays(why(`madvise(0x20000001000, 4096, 0x4d) ${INVALID}`), ["the advice 77"]);
  assertSays(why(`mprotect(0x20000001000, 0, PROT_READ|PROT_GROWSDOWN) ${INVALID}`), [
    "An argument of mprotect",
  ]);
});

Deno.test("failure: every other errno has words of its own, an unknown one is named", () => {
  const said = new Set<string>();
  const names = [
    "EPERM",
    "EBADF",
    "ENODEV",
    "EOVERFLOW",
    "ETXTBSY",
    "ENFILE",
    "EOPNOTSUPP",
    "EACCES",
  ];
  for (const error of [...names, "ESRCH", "EBUSY", "EIO", "ENOSYS"]) {
    const words = why(`mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) = -1 ${error} (Some reason)`);
    assertSays(words, [], [error]);
    said.add(words);
  }
  assertEquals(said.size, 12);
  const strange = why(
    "mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) = -1 EHWPOISON (Memory page)",
  );
  assertEquals(strange, "The kernel answered EHWPOISON");
});

Deno.test("failure: the limit of VMAs is told with what is known of their number", () => {
  const call = `mmap(NULL, 4096, PROT_READ, ${ANYWHERE} ${NO_MEMORY}`;
  assertSays(why(call), ["is 65530, and of its VMAs the text shows 1"]);
  assertSays(why(call, { limit: 1000 }), ["is 1000, and of its VMAs the text shows 1"]);
  assertSays(why(call, { limit: 1000, count: 7 }), ["it has 7 VMAs, and the limit"]);
});

// mlockall(2), shmat(2), io_setup(2), setrlimit(2), prctl(2): their first arguments are no addresses.
Deno.test("failure: a call whose first arguments are no memory is not explained with them", () => {
  const memlock = "prlimit64(0, RLIMIT_MEMLOCK, {rlim_cur=8192, rlim_max=8192}, NULL) = 0";
  assertSays(why(`mlockall(MCL_CURRENT|MCL_FUTURE) ${NO_MEMORY}`, { before: memlock }), [
    "RLIMIT_MEMLOCK (8 KiB) is less",
  ], ["0x3"]);
  for (const call of ["shmat(5, NULL, 0)", "io_setup(128, 0x7ffd1000)"]) {
    assertSays(why(`${call} ${NO_MEMORY}`), ["makes a mapping", "the text shows 1"], [
      "0x5",
      "0x80",
    ]);
    assertSays(why(`${call} ${INVALID}`), ["is not one that the kernel takes"], ["no multiple"]);
  }
  assertSays(why(`shmat(5, 0x20000001800, 0) ${INVALID}`), [
    "The address 0x20000001800 is no mult",
  ]);
  assertSays(why(`shmdt(0x20000001800) ${INVALID}`), ["The address 0x20000001800 is no multiple"]);
  for (const call of ["mlockall(0x11)", "setrlimit(RLIMIT_STACK, {rlim_cur=2, rlim_max=1})"]) {
    assertSays(why(`${call} ${INVALID}`), ["is not one that the kernel takes"], ["no multiple"]);
  }
  const name = (at: string) => `prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, ${at}, 4096, "a")`;
  assertSays(why(`${name("0x20000001800")} ${INVALID}`), ["The address 0x20000001800 is no mult"]);
  assertSays(why(`${name("0x20000001000")} ${NO_MEMORY}`), [
    "Not all of 0x20000001000-0x20000002000",
  ]);
  assertSays(why(`mlockall(MCL_CURRENT) = -1 EPERM (Operation not permitted)`), ["CAP_IPC_LOCK"]);
});

Deno.test("failure: what would have served depends on what was asked for", () => {
  const map = (rest: string) => why(`mmap(${rest} ${NO_MEMORY}`);
  const fewer = ["Fewer VMAs, a higher vm.max_map_count, or a smaller mapping, would have served"];
  const promised = ["A smaller mapping, MAP_NORESERVE, or PROT_NONE now"];
  const anonymous = "MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)", file = "MAP_PRIVATE, 3, 0)";
  assertSays(map(`NULL, 4096, PROT_READ|PROT_WRITE, ${anonymous}`), promised, fewer);
  assertSays(map(`NULL, 4096, PROT_READ, ${anonymous}`), fewer, promised);
  assertSays(map(`NULL, 4096, PROT_NONE, ${anonymous}`), fewer, promised);
  assertSays(map(`NULL, 4096, PROT_READ|PROT_WRITE, ${file}`), fewer, promised);
  // MADV_DONTNEED gives memory back; a file would be in its place.
  const over = "Mapping over whole VMAs", given = "MADV_DONTNEED";
  assertSays(map(`0x20000001000, 4096, PROT_NONE, MAP_PRIVATE|MAP_FIXED, 3, 0)`), [over], [given]);
  // Four arguments say all of a mapping without a file, three of a resize: what is left out is 0.
  assertSays(why(`mremap(0x20000000000, 16384, 65536) ${NO_MEMORY}`), [
    "no room to grow to 64 KiB",
  ]);
  const bare = why(`mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_SHARED) ${INVALID}`);
  assertSays(bare, ["The flags contradict one another"], ["offset"]);
  const huge = why(
    `mmap(NULL, 4096, PROT_READ, ${anonymous.replace(",", "|MAP_HUGETLB,")} ${INVALID}`,
  );
  assertSays(huge, ["no huge pages of that size", "CONFIG_HUGETLBFS"], ["contradict"]);
  // One VMA is a limit too, of which nobody counted how much is used.
  const one = why(`mmap(NULL, 4096, PROT_READ, ${anonymous} ${NO_MEMORY}`, { limit: 1 });
  assertSays(one, ["is 1, and of its VMAs the text shows 1", "no gap of 4 KiB"]);
});

Deno.test("failure: what succeeded did not fail, a break as high as asked for neither", () => {
  const text = `execve("./a", ["./a"], 0x7ffd0 /* 20 vars */) = 0\nbrk(NULL) = 0x555555559000\n` +
    `brk(0x55555557a000) = 0x55555557a000\nbrk(0x55555556a000) = 0x55555556a000\n${ARENA}\n`;
  assertEquals(explainLayout(text).failures, []);
});
