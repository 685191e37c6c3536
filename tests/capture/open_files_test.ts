/**
 * Descriptors and pointers of this very process, as the recorder reads them of a recorded one.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Architecture } from "../../src/abi/syscalls.ts";
import { Libc } from "../../src/capture/libc.ts";
import { OpenFiles } from "../../src/capture/open_files.ts";
import { pointedTo } from "../../src/capture/pointers.ts";
import { TemporaryFolder } from "../../src/command/files.ts";
import type { OpenFile } from "../../src/trace/format.ts";
import { fakeLibc } from "./fake_libc.ts";

const ignore = Deno.build.os !== "linux"; // it asks Linux of descriptors

function here(): { libc: Libc; machine: Architecture; files: OpenFiles } {
  const libc = new Libc();
  const machine = Deno.build.arch;
  return { libc, machine, files: new OpenFiles(libc, machine) };
}

/** Numbers of this process's descriptors that a link of this name stands for, ascending. */
function descriptorsOf(name: string): number[] {
  const libc = new Libc();
  return Array.from({ length: 1024 }, (_, number) => number)
    .filter((number) => libc.readLink(`/proc/${Deno.pid}/fd/${number}`) === name);
}

Deno.test({
  name: "OpenFiles: a descriptor's file has its name, size, inode and how it was opened",
  ignore,
  fn: () => {
    using folder = TemporaryFolder.create("maple-open-");
    const path = Deno.realPathSync(folder.path) + "/a file";
    Deno.writeTextFileSync(path, "twelve bytes");
    const { ino } = Deno.statSync(path);
    for (
      const [options, access] of [
        [{ read: true }, "read"],
        [{ write: true }, "write"],
        [{ read: true, write: true }, "read-write"],
      ] as const
    ) {
      const { files } = here();
      using _file = Deno.openSync(path, options);
      const [number = -1] = descriptorsOf(path);
      const found = files.identify(Deno.pid, number);
      assertEquals([found?.id, found?.name, found?.size, found?.inode, found?.access], [
        ...[1, "a file", 12, ino, access],
      ]);
      assert(/^[0-9a-f]{2,}:[0-9a-f]{2,}$/.test(found?.device ?? ""), found?.device);
      assert(found?.kind === "regular" || found?.kind === "shmem", found?.kind);
      files.keepOnly(() => false);
    }
  },
});

Deno.test({
  name:
    "OpenFiles: the same descriptor is the same file, one opened anew is another; none is left open",
  ignore,
  fn: () => {
    using folder = TemporaryFolder.create("maple-open-");
    const path = Deno.realPathSync(folder.path) + "/a";
    Deno.writeTextFileSync(path, "");
    const { files } = here();
    using _one = Deno.openSync(path);
    const [first = -1] = descriptorsOf(path);
    const id = () => files.identify(Deno.pid, first)?.id;
    assertEquals([id(), id(), id()], [1, 1, 1]);
    const before = new Set(descriptorsOf(path));
    using _other = Deno.openSync(path);
    const [second = -1] = descriptorsOf(path).filter((number) => !before.has(number));
    assertEquals(files.identify(Deno.pid, second)?.id, 2);
    assertEquals([id(), files.identify(Deno.pid, second)?.id], [1, 2]);
    files.keepOnly((file) => file.id === 2);
    assertEquals([id(), files.identify(Deno.pid, second)?.id], [3, 2]);
    files.keepOnly(() => false);
    assertEquals(descriptorsOf(path).length, 2);
  },
});

Deno.test({
  name: "OpenFiles: devices, pipes and descriptors that are not open",
  ignore,
  fn: () => {
    const { files } = here();
    using _zero = Deno.openSync("/dev/zero");
    const [zero = -1] = descriptorsOf("/dev/zero");
    const { name, kind } = files.identify(Deno.pid, zero)!;
    assertEquals([name, kind], ["zero", "device"]);
    using _folder = Deno.openSync("/usr");
    const [folder = -1] = descriptorsOf("/usr");
    assertEquals(files.identify(Deno.pid, folder)?.kind, "other");
    assertEquals(files.identify(Deno.pid, 9999), undefined);
    files.keepOnly(() => false);
  },
});

Deno.test({
  name: "OpenFiles: a segment is the same file each time it is attached",
  ignore,
  fn: () => {
    const { files } = here();
    const file: Omit<OpenFile, "id"> = {
      ...{ device: "00:01", inode: 7, name: "SYSV00000000", size: 4096 },
      ...{ access: "read-write", kind: "shmem" },
    };
    assertEquals([7, 8, 7].map((segment) => files.segment(segment, file).id), [1, 2, 1]);
    assertEquals(files.segment(7, { ...file, size: 8192 }), { ...file, size: 8192, id: 1 });
  },
});

const PR_SET_VMA = 0x53564d41;

/** A buffer that stays where it is, and where that is. */
function placed(bytes: Uint8Array<ArrayBuffer>): [number, Uint8Array] {
  return [Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes))), bytes];
}

Deno.test({
  name: "pointedTo: texts, ranges and processes are read from the caller's memory",
  ignore,
  fn: () => {
    const { libc } = here();
    const caller = { pid: Deno.pid, leader: Deno.pid };
    const [text, name] = placed(new TextEncoder().encode("arena\0beyond"));
    const prctl = (pointer: number) =>
      pointedTo(libc, caller, "prctl", [PR_SET_VMA, 0, 0, 0, pointer]);
    assertEquals([prctl(text), name.length], [{ name: "arena" }, 12]);
    assertEquals([prctl(0), prctl(1)], [{}, {}]);
    const words = new BigUint64Array([0x1000n, 0x2000n, 0xfffffffffffff000n, 1n]);
    const [vector, bytes] = placed(new Uint8Array(words.buffer));
    const advise = (count: number, descriptor = -10000) =>
      pointedTo(libc, caller, "process_madvise", [descriptor, vector, count, 4, 0]);
    const first = { address: 0x1000, length: 0x2000 };
    const process = Deno.pid;
    assertEquals([advise(1), bytes.length], [{ ranges: [first], process }, 32]);
    assertEquals(advise(2), { ranges: [first, { address: -0x1000, length: 1 }], process });
    assertEquals(advise(0), { ranges: [], process });
    assertEquals([advise(1025), advise(-1)], [{ process }, { process }]);
    assertEquals(advise(1, -10001), { ranges: [first], process });
    assertEquals(advise(1, 9999), { ranges: [first] });
    assertEquals(pointedTo(libc, caller, "munmap", [text, 4096]), {});
  },
});

Deno.test({
  name:
    "pointedTo: a descriptor of the leader stands for the thread that calls, one of another for that",
  ignore,
  fn: () => {
    const { libc, machine } = here();
    // pidfd_open has one number on all machines of today: include/uapi/asm-generic/unistd.h
    assert(["x86_64", "aarch64"].includes(machine));
    const pidfd = libc.syscall(434, Deno.pid, 0);
    try {
      const of = (caller: { pid: number; leader: number }) =>
        pointedTo(libc, caller, "process_madvise", [pidfd, 0, 0, 4, 0]).process;
      assertEquals(of({ pid: Deno.pid, leader: Deno.pid }), Deno.pid);
      assertEquals(of({ pid: Deno.pid, leader: Deno.pid + 1 }), Deno.pid);
    } finally {
      libc.close(pidfd);
    }
  },
});

Deno.test("OpenFiles: a descriptor of a userfaultfd is told from others by its link", () => {
  const links = new Map([
    ["/proc/7/fd/3", "anon_inode:[userfaultfd]"],
    ["/proc/7/fd/4", "anon_inode:[eventpoll]"],
    ["/proc/8/fd/3", "/a/[userfaultfd]"],
  ]);
  const files = new OpenFiles(fakeLibc({ readLink: (path) => links.get(path) }), "x86_64");
  const asked = [[7, 3], [7, 2 ** 32 + 3], [7, 4], [8, 3], [7, 5]] as const;
  assertEquals(asked.map(([pid, number]) => files.isUserfault(pid, number)), [
    ...[true, true, false, false, false],
  ]);
});
