/**
 * Calls that few programs make, on the running kernel: a small program makes them under the recorder, and the model
 * agrees after each.
 */
import { needing } from "../needing.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  MADV,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  MAP_SHARED,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
} from "../../src/abi/mman.ts";
import { HUGE_PAGE_SIZE, PAGE_SIZE } from "../../src/abi/page.ts";
import { Libc } from "../../src/capture/libc.ts";
import { record, RecordError } from "../../src/capture/record.ts";
import { findSources } from "../../src/capture/sources.ts";
import { TemporaryFolder } from "../../src/command/files.ts";
import { probedOptions } from "../../src/probe/recorded_rules.ts";
import { formatDivergence } from "../../src/replay/divergence.ts";
import { replay } from "../../src/replay/replay.ts";
import type { TraceRecord } from "../../src/trace/format.ts";
import { CallTable } from "../../src/verify/call_table.ts";
import { addressOfArgument, executable, Text } from "../../src/verify/executable.ts";
import { impossible } from "../capture/capturing.ts";

const RW = PROT_READ | PROT_WRITE;
const FLAGS = MAP_PRIVATE | MAP_ANONYMOUS;
const BASE = 0x20_0000_0000;
const AT_FDCWD = -100, O_PATH = 0o10000000;
const FILE = 3;
const SIGCHLD = 17;

/** Records a program made by `write`, which gets the path of a second one made by `then`, if it is to become that. */
async function recordCalls(
  write: (table: CallTable, next: Text) => void,
  then?: (table: CallTable) => void,
): Promise<TraceRecord[]> {
  using folder = TemporaryFolder.create("maple-test-");
  const save = async (name: string, calls: (table: CallTable) => void) => {
    const table = new CallTable(Deno.build.arch);
    table.add("close_range", FILE, 0xffff_ffff, 0);
    calls(table);
    table.add("exit_group", 0);
    const path = `${folder.path}/${name}`;
    await Deno.writeFile(path, executable(Deno.build.arch, table.calls), { mode: 0o700 });
    return path;
  };
  const second = then === undefined ? "" : await save("second", then);
  const first = await save("first", (table) => write(table, new Text(second)));
  return await Array.fromAsync(record([first], await probedOptions()));
}

async function assertAgrees(records: readonly TraceRecord[]): Promise<void> {
  const { divergence, matched, steps } = await replay(records, { validate: "touched" });
  assertEquals(divergence && formatDivergence(divergence), undefined);
  assertEquals(matched, steps);
}

function test(name: string, run: () => Promise<void>): void {
  Deno.test({ ...needing(`calls: ${name}`, impossible), fn: run });
}

/** What each call of a name answered. */
function answers(records: readonly TraceRecord[], call: string): (string | number)[] {
  return records.flatMap((each) =>
    each.type === "leave" && each.call === call ? [each.error ?? each.result] : []
  );
}

test("memory that was sealed against writing can be mapped to be read, and never written to", async () => {
  const MFD_ALLOW_SEALING = 2, F_ADD_SEALS = 1033, F_SEAL_WRITE = 8;
  const records = await recordCalls((table) => {
    const map = (page: number, protection: number, flags: number) =>
      table.add("mmap", BASE + page * PAGE_SIZE, PAGE_SIZE, protection, flags | MAP_FIXED, FILE, 0);
    table.add("memfd_create", new Text("sealed"), MFD_ALLOW_SEALING);
    table.add("ftruncate", FILE, PAGE_SIZE);
    map(0, PROT_READ, MAP_PRIVATE);
    table.add("fcntl", FILE, F_ADD_SEALS, F_SEAL_WRITE);
    map(2, RW, MAP_SHARED);
    map(4, PROT_READ, MAP_SHARED);
    table.add("mprotect", BASE + 4 * PAGE_SIZE, PAGE_SIZE, RW);
    map(6, RW, MAP_PRIVATE);
  });
  await assertAgrees(records);
  assertEquals(answers(records, "mmap")[1], "EPERM");
});

test("a descriptor that stands for a place (O_PATH) cannot be mapped", async () => {
  const records = await recordCalls((table) => {
    table.add("openat", AT_FDCWD, new Text("/etc/passwd"), O_PATH);
    table.add("mmap", 0, PAGE_SIZE, PROT_READ, MAP_PRIVATE, FILE, 0);
  });
  await assertAgrees(records);
  assertEquals(answers(records, "mmap"), ["EBADF"]);
});

test("secret memory is locked, whatever mlock and munlock are asked for", async () => {
  const records = await recordCalls((table) => {
    table.add("memfd_secret", 0);
    table.add("ftruncate", FILE, 4 * PAGE_SIZE);
    table.add("mmap", BASE, 2 * PAGE_SIZE, RW, MAP_SHARED | MAP_FIXED, FILE, 0);
    table.add("mprotect", BASE, PAGE_SIZE, PROT_READ);
    table.add("mlock", BASE, PAGE_SIZE);
    table.add("munlock", BASE, 2 * PAGE_SIZE);
  });
  await assertAgrees(records);
});

/** A program that asks for memory that may be written and executed, and for memory to become executable. */
function executes(table: CallTable): void {
  table.add("mmap", BASE, 2 * PAGE_SIZE, RW, FLAGS | MAP_FIXED, -1, 0);
  table.add("mprotect", BASE, PAGE_SIZE, PROT_READ | PROT_EXEC);
  table.add("mmap", 0, PAGE_SIZE, RW | PROT_EXEC, FLAGS, -1, 0);
}

for (const [bits, inherits] of [[1, true], [3, false]] as const) {
  test(`PR_SET_MDWE ${bits} is ${inherits ? "" : "not "}inherited by the next program`, async () => {
    const PR_SET_MDWE = 65;
    const records = await recordCalls((table, next) => {
      table.add("prctl", PR_SET_MDWE, bits, 0, 0, 0);
      table.add("execve", next, 0, 0);
    }, executes);
    await assertAgrees(records);
    const [denied] = answers(records, "prctl");
    if (denied !== 0) return; // kernels before 6.3, and for 3 before 6.7, have no such thing
    assertEquals(answers(records, "mprotect"), [inherits ? "EACCES" : 0]);
  });
}

test("PR_SET_MEMORY_MERGE holds for the next program too", async () => {
  const PR_SET_MEMORY_MERGE = 67;
  const records = await recordCalls((table, next) => {
    table.add("prctl", PR_SET_MEMORY_MERGE, 1, 0, 0, 0);
    table.add("execve", next, 0, 0);
  }, (table) => {
    table.add("mmap", 0, PAGE_SIZE, RW, FLAGS, -1, 0);
    table.add("prctl", PR_SET_MEMORY_MERGE, 0, 0, 0, 0);
    table.add("mmap", 0, PAGE_SIZE, PROT_READ, FLAGS, -1, 0);
  });
  await assertAgrees(records);
});

test("READ_IMPLIES_EXEC ends with the program", async () => {
  const READ_IMPLIES_EXEC = 0x40_0000;
  const records = await recordCalls((table, next) => {
    table.add("personality", READ_IMPLIES_EXEC);
    table.add("mmap", 0, PAGE_SIZE, PROT_READ, FLAGS, -1, 0);
    table.add("execve", next, 0, 0);
  }, (table) => {
    table.add("mmap", 0, PAGE_SIZE, PROT_READ, FLAGS, -1, 0);
  });
  await assertAgrees(records);
});

test("mbind: policies for other nodes, and in other modes, keep VMAs apart", async () => {
  const [DEFAULT, PREFERRED, BIND, INTERLEAVE, LOCAL] = [0, 1, 2, 3, 4];
  const STATIC = 0x8000;
  const records = await recordCalls((table) => {
    const nodes = (mask: bigint) => new Text(new Uint8Array(new BigUint64Array([mask]).buffer));
    const [first, two, none] = [nodes(1n), nodes(3n), 0];
    const bind = (page: number, pages: number, mode: number, mask: Text | number) =>
      table.add(
        "mbind",
        BASE + page * PAGE_SIZE,
        pages * PAGE_SIZE,
        mode,
        mask,
        mask === 0 ? 0 : 65,
        0,
      );
    table.add("mmap", BASE, 10 * PAGE_SIZE, RW, FLAGS | MAP_FIXED, -1, 0);
    bind(1, 1, PREFERRED, first);
    bind(2, 1, PREFERRED, none); // which is what LOCAL is
    bind(3, 1, LOCAL, none);
    bind(4, 1, BIND, first);
    bind(5, 1, BIND, two); // the same where there is one node
    bind(6, 1, INTERLEAVE, first);
    bind(7, 1, BIND | STATIC, first);
    bind(8, 1, BIND | STATIC, two);
    bind(0, 10, DEFAULT, none);
    bind(0, -1, LOCAL, none); // rounded up it is nothing
  });
  await assertAgrees(records);
  assert(records.some((each) => each.type === "enter" && each.nodes !== undefined));
});

// A read maps the huge zero page, for which the VMA gets an anon_vma that smaps does not show: moved, it keeps its page
// offset, so the page mapped after it does not continue it.
test("a read of memory for huge pages, which shows the huge zero page, is recorded", async () => {
  const setting = new Libc().readText("/sys/kernel/mm/transparent_hugepage/enabled") ?? "[never]";
  const bytes = 2 * HUGE_PAGE_SIZE, far = BASE + 8 * bytes;
  const records = await recordCalls((table) => {
    table.add("mmap", BASE, bytes, RW, FLAGS | MAP_FIXED, -1, 0);
    table.add("madvise", BASE, bytes, MADV.HUGEPAGE);
    table.add("faccessat", AT_FDCWD, BASE + PAGE_SIZE, 0); // reads a path there
    table.add("mremap", BASE, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, far);
    table.add("mmap", far + bytes, PAGE_SIZE, RW, FLAGS | MAP_FIXED, -1, 0);
    table.add("madvise", far + bytes, PAGE_SIZE, MADV.HUGEPAGE);
  });
  // Before Linux 6.7 nothing tells of it: the divergence then says what was read.
  const knows = findSources(new Libc()).means !== "smaps";
  if (knows) await assertAgrees(records);
  if (!knows || setting.includes("[never]")) return;
  const zero = new Libc().readText("/sys/kernel/mm/transparent_hugepage/use_zero_page")?.trim();
  const faults = records.flatMap((each) => each.type === "fault" ? [each.address] : []);
  assertEquals(faults.includes(BASE), zero === "1");
});

/**
 * Has the kernel map a ring for asynchronous input and output. What is given back makes the ring's address, which its
 * context is, the first argument of the call that is added after it.
 */
function addRing(table: CallTable): () => void {
  const WORD = 8;
  const context = new Text(new Uint8Array(WORD));
  table.add("pipe2", new Text(new Uint8Array(WORD)), 0);
  table.add("io_setup", 8, context);
  return () => {
    table.add("write", FILE + 1, context, WORD);
    table.add("read", FILE, addressOfArgument(table.calls.length + 1, 0), WORD);
  };
}

test("a ring for asynchronous input and output is mapped, cut, inherited and unmapped again", async () => {
  const records = await recordCalls((table) => {
    const pass = addRing(table);
    pass();
    table.add("mprotect", 0, PAGE_SIZE, PROT_READ);
    const child = table.add("clone", SIGCHLD, 0, 0, 0, 0);
    table.add("mmap", 0, PAGE_SIZE, RW, FLAGS, -1, 0);
    table.add("exit_group", 0);
    table.skipFrom(child);
    table.add("wait4", -1, 0, 0, 0);
    pass();
    table.add("io_destroy", 0);
    table.add("mmap", 0, PAGE_SIZE, PROT_READ, FLAGS, -1, 0);
  });
  await assertAgrees(records);
  const [made] = answers(records, "io_setup");
  if (made !== 0) return; // a kernel without it
  assertEquals([answers(records, "mprotect"), answers(records, "io_destroy")], [[0], [0]]);
});

test("the ring for asynchronous input and output is moved by its process, and by no child", async () => {
  const MOVE = MREMAP_MAYMOVE | MREMAP_FIXED;
  const records = await recordCalls((table) => {
    const pass = addRing(table);
    table.add("mmap", BASE, 2 * PAGE_SIZE, RW, FLAGS | MAP_FIXED, -1, 0);
    const child = table.add("clone", SIGCHLD, 0, 0, 0, 0);
    pass();
    table.add("mremap", 0, PAGE_SIZE, PAGE_SIZE, MOVE, BASE);
    table.add("exit_group", 0);
    table.skipFrom(child);
    table.add("wait4", -1, 0, 0, 0);
    pass();
    table.add("mremap", 0, PAGE_SIZE, PAGE_SIZE, MOVE, BASE);
    table.add("io_destroy", BASE);
    table.add("mmap", 0, PAGE_SIZE, PROT_READ, FLAGS, -1, 0);
  });
  await assertAgrees(records);
  const [made] = answers(records, "io_setup");
  if (made !== 0) return; // a kernel without it
  const [inChild, inParent] = answers(records, "mremap");
  assert(inChild === "EINVAL" || inChild === "EFAULT", `${inChild}`);
  assertEquals([inParent, answers(records, "io_destroy")], [BASE, [0]]);
});

/** What userfaultfd's ioctls take: a range, and two words more. */
function words(...values: number[]): Text {
  return new Text(new Uint8Array(new BigUint64Array(values.map(BigInt)).buffer));
}

test("memory whose faults a descriptor serves is cut out, stays apart, and joins again", async () => {
  const UFFDIO_API = 0xc018_aa3f, REGISTER = 0xc020_aa00, UNREGISTER = 0x8010_aa01;
  const MISSING = 1;
  const at = (page: number) => BASE + page * PAGE_SIZE;
  const records = await recordCalls((table) => {
    table.add("mmap", at(0), 8 * PAGE_SIZE, RW, FLAGS | MAP_FIXED, -1, 0);
    table.add("userfaultfd", 0);
    table.add("ioctl", FILE, UFFDIO_API, words(0xaa, 0, 0));
    table.add("ioctl", FILE, REGISTER, words(at(2), 4 * PAGE_SIZE, MISSING, 0));
    table.add("mmap", at(8), PAGE_SIZE, RW, FLAGS | MAP_FIXED, -1, 0);
    table.add("ioctl", FILE, UNREGISTER, words(at(3), PAGE_SIZE));
    table.add("mprotect", at(4), 3 * PAGE_SIZE, PROT_READ);
    table.add("mremap", at(2), PAGE_SIZE, PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, at(16));
    table.add("ioctl", FILE, REGISTER, words(at(1) + 1, PAGE_SIZE, MISSING, 0));
    table.add("ioctl", FILE, UNREGISTER, words(at(4), 2 * PAGE_SIZE));
    table.add("mprotect", at(4), 3 * PAGE_SIZE, RW);
  });
  await assertAgrees(records);
  const [registered] = answers(records, "ioctl");
  if (registered !== 0) return; // a kernel without it, or one that grants it to few
  const shown = records.flatMap((each) => each.type === "leave" ? each.added : []);
  assert(shown.some(({ vmFlags }) => vmFlags?.includes("um")));
  assertEquals(answers(records, "ioctl"), [0, 0, "EINVAL", 0]);
});

test("what the last descriptor of a userfaultfd served joins its neighbours when that is closed", async () => {
  const USER_MODE_ONLY = 1, UFFDIO_API = 0xc018_aa3f, REGISTER = 0xc020_aa00;
  const MISSING = 1, WRITE_PROTECTED = 2;
  const at = (page: number) => BASE + page * PAGE_SIZE;
  const records = await recordCalls((table) => {
    table.add("mmap", at(0), 8 * PAGE_SIZE, RW, FLAGS | MAP_FIXED, -1, 0);
    table.add("mmap", at(10), 4 * PAGE_SIZE, RW, FLAGS | MAP_FIXED, -1, 0);
    for (const descriptor of [FILE, FILE + 1]) {
      table.add("userfaultfd", USER_MODE_ONLY);
      table.add("ioctl", descriptor, UFFDIO_API, words(0xaa, 0, 0));
    }
    table.add("ioctl", FILE, REGISTER, words(at(2), 2 * PAGE_SIZE, WRITE_PROTECTED, 0));
    table.add("ioctl", FILE, REGISTER, words(at(2), 2 * PAGE_SIZE, MISSING | WRITE_PROTECTED, 0));
    table.add("ioctl", FILE, REGISTER, words(at(2), 2 * PAGE_SIZE, MISSING, 0)); // both stay
    table.add("ioctl", FILE, REGISTER, words(at(7), 5 * PAGE_SIZE, WRITE_PROTECTED, 0));
    table.add("ioctl", FILE + 1, REGISTER, words(at(5), PAGE_SIZE, WRITE_PROTECTED, 0));
    table.add("dup", FILE);
    table.add("close", FILE); // its duplicate keeps it
    table.add("close", FILE + 2);
    table.add("close", FILE + 3); // there is none
    table.add("mprotect", at(3), PAGE_SIZE, PROT_READ);
    table.add("close", FILE + 1);
    table.add("mprotect", at(3), PAGE_SIZE, RW);
  });
  await assertAgrees(records);
  const [registered] = answers(records, "ioctl");
  if (registered !== 0) return; // a kernel without it, or one that grants it to few
  const closed = records.filter((each) => each.type === "leave" && each.call === "close");
  const counts = closed.map((each) => each.type === "leave" && each.removed.length);
  assertEquals(counts.length, 3);
  const [kept, first, second] = counts;
  assert(kept === 0 && Number(first) >= 5 && second === 3, counts.join());
});

test("a 32-bit program cannot be recorded, which is said in one sentence", async () => {
  // mov $1, %eax; xor %ebx, %ebx; int $0x80: exit(0), as i386 has it
  const code = [0xb8, 1, 0, 0, 0, 0x31, 0xdb, 0xcd, 0x80];
  const bytes = new Uint8Array(84 + code.length);
  const view = new DataView(bytes.buffer);
  const base = 0x804_8000;
  const header = [
    0x464c457f,
    0x00010101,
    0,
    0,
    0x0003_0002,
    1,
    base + 84,
    52,
    0,
    0,
    0x0020_0034,
    1,
  ];
  const segment = [1, 0, base, base, bytes.length, bytes.length, 5, PAGE_SIZE];
  header.forEach((word, at) => view.setUint32(4 * at, word, true));
  segment.forEach((word, at) => view.setUint32(52 + 4 * at, word, true));
  bytes.set(code, 84);
  using folder = TemporaryFolder.create("maple-test-");
  const path = `${folder.path}/program`;
  await Deno.writeFile(path, bytes, { mode: 0o700 });
  const error = await assertRejects(() => Array.fromAsync(record([path])), RecordError);
  assertEquals(error.code, "ENOEXEC");
  assertMatch(error.message, /^Cannot record .*: it (runs 32-bit code|did not start .*)$/);
});

test("shadow stacks are mapped where the processor has them, and refused elsewhere", async () => {
  const records = await recordCalls((table) => {
    table.add("map_shadow_stack", BASE, PAGE_SIZE, 0);
    table.add("map_shadow_stack", BASE, PAGE_SIZE, 0);
    table.add("map_shadow_stack", 0, PAGE_SIZE, 1);
    table.add("map_shadow_stack", 0, 4, 1);
    table.add("map_shadow_stack", PAGE_SIZE, PAGE_SIZE, 0);
    table.add("map_shadow_stack", 0, PAGE_SIZE, 2);
    table.add("mmap", 0, PAGE_SIZE, RW, FLAGS, -1, 0);
  });
  await assertAgrees(records);
  assertEquals(answers(records, "map_shadow_stack").length, 6);
});

test("of two cuts of which the second is refused the first stays", async () => {
  const MAP_HUGETLB = 0x4_0000, MAP_NORESERVE = 0x4000, DONTFORK = 10, POPULATE_WRITE = 23;
  const HUGE = HUGE_PAGE_SIZE, [start, length] = [BASE + HUGE, HUGE + PAGE_SIZE];
  const records = await recordCalls((table) => {
    const map = () => {
      const flags = FLAGS | MAP_FIXED | MAP_HUGETLB | MAP_NORESERVE;
      table.add("mmap", BASE, 4 * HUGE, RW, flags, -1, 0);
    };
    for (const from of [start, start + PAGE_SIZE]) {
      map();
      table.add("mprotect", from, length, PROT_READ);
      map();
      table.add("munmap", from, length);
      map();
      table.add("madvise", from, length, DONTFORK);
      map();
      table.add("mlock", from, length);
      map();
      table.add("madvise", BASE, HUGE, POPULATE_WRITE);
    }
    map();
    table.add("mmap", start, length, RW, FLAGS | MAP_FIXED, -1, 0);
  });
  await assertAgrees(records);
});
