/**
 * Which file a descriptor is: by the call that opened it, by what copies and closes it, by what the text shows of it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Result } from "../../src/text/calls/event.ts";
import { Descriptors, Files } from "../../src/text/trace/descriptors.ts";

/** The file behind descriptor 3 after calls, and how it may be used. */
function behind(
  path: string | undefined,
  ...calls: [name: string, args: string[], result: number | Result][]
): string {
  const descriptors = new Descriptors(new Files());
  for (const [name, args, result] of calls) {
    descriptors.apply(name, args, typeof result === "number" ? { value: result } : result);
  }
  const { name, access, kind } = descriptors.file(3, path);
  return `${name} ${access} ${kind}`;
}

const OPENS: readonly [what: string, call: string, args: string[], said: string][] = [
  ["for reading", "open", ['"/lib/a"', "O_RDONLY|O_CLOEXEC"], "a read regular"],
  ["for writing", "open", ['"/lib/a"', "O_WRONLY"], "a write regular"],
  ["for both", "open", ['"/lib/a"', "O_RDWR"], "a read-write regular"],
  ["without saying for what", "open", ['"/lib/a"'], "a read-write regular"],
  ["made", "creat", ['"/srv/a"', "0600"], "a write regular"],
  ["at a folder", "openat", ["AT_FDCWD", '"b/a"', "O_RDONLY"], "a read regular"],
  ["at a folder, newly", "openat2", ["3", '"a"', "{flags=O_RDWR}"], "a read-write regular"],
  ["in memory", "memfd_create", ['"x"', "0"], "memfd:x read-write shmem"],
  ["in /dev/shm", "open", ['"/dev/shm/x"', "O_RDWR"], "x read-write shmem"],
  ["in /run/shm", "open", ['"/run/shm/x"', "O_RDWR"], "x read-write shmem"],
  ["of huge pages", "open", ['"/dev/hugepages/x"', "O_RDWR"], "x read-write hugetlb"],
  ["a device", "open", ['"/dev/zero"', "O_RDWR"], "zero read-write device"],
  ["a socket", "socket", ["AF_INET"], "anon_inode:[socket] read-write other"],
  ["a ring", "io_uring_setup", ["8"], "anon_inode:[io_uring_setup] read-write other"],
  ["relative", "open", ['"./a.so"', "O_RDONLY"], "a.so read regular"],
];

for (const [what, name, args, saying] of OPENS) {
  Deno.test(`Descriptors: a file opened ${what}`, () => {
    assertEquals(behind(undefined, [name, args, 3]), saying);
  });
}

Deno.test("Descriptors: what is copied is the same, what is closed is not known any more", () => {
  const open: [string, string[], number] = ["open", ['"/lib/a"', "O_RDONLY"], 5];
  const unknown = "descriptor 3 read-write regular", same = "a read regular";
  assertEquals(behind(undefined), unknown);
  for (
    const [name, args] of [["dup", ["5"]], ["dup2", ["5", "3"]], ["dup3", ["5", "3", "0"]]] as const
  ) {
    assertEquals(behind(undefined, open, [name, [...args], 3]), same);
  }
  assertEquals(behind(undefined, open, ["fcntl", ["5", "F_DUPFD_CLOEXEC", "3"], 3]), same);
  assertEquals(behind(undefined, open, ["fcntl64", ["5", "F_DUPFD", "3"], 3]), same);
  assertEquals(behind(undefined, open, ["fcntl", ["5", "F_GETFD"], 3]), unknown);
  const three: [string, string[], number] = ["open", ['"/lib/a"', "O_RDONLY"], 3];
  assertEquals(behind(undefined, three, ["close", ["3"], 0]), unknown);
  assertEquals(behind(undefined, three, ["close", ["3</lib/a>"], 0]), unknown);
  assertEquals(behind(undefined, three, ["close", ["4"], 0]), same);
  // A copy of what is not known is not known.
  assertEquals(behind(undefined, three, ["dup2", ["9", "3"], 3]), unknown);
  for (
    const [range, gone] of [[["3", "3"], true], [["0", "2"], false], [["4", "9"], false]] as const
  ) {
    assertEquals(behind(undefined, three, ["close_range", [...range], 0]), gone ? unknown : same);
  }
  assertEquals(behind(undefined, three, ["close_range", ["0", "0"], 0]), same);
  assertEquals(behind(undefined, three, ["close_range", ["2", "~0U"], 0]), same);
  assertEquals(behind(undefined, three, ["close_range", ["3", "-1"], 0]), unknown);
  assertEquals(behind(undefined, three, ["close_range", ["4", "-1"], 0]), same);
});

Deno.test("Descriptors: what the text shows of a descriptor goes before what was opened, if it is another file", () => {
  const open: [string, string[], number] = ["open", ['"lib/a.so"', "O_RDONLY"], 3];
  for (const path of ["/usr/lib/a.so", "lib/a.so", "a.so", "/usr/lib/a.so (deleted)", "a.so<x>"]) {
    assertEquals(behind(path, open), "a.so read regular", path);
  }
  assertEquals(behind("/usr/lib/b.so", open), "b.so read-write regular");
  assertEquals(behind("b.so", ["open", ['"/x/y/b.so"', "O_RDONLY"], 3]), "b.so read regular");
  assertEquals(behind("y/b.so", ["open", ['"/x/y/b.so"', "O_RDONLY"], 3]), "b.so read regular");
  // What -y shows of the result goes before what was asked for where that is not shown.
  const result: Result = { value: 3, path: "/etc/c" };
  assertEquals(behind(undefined, ["open", ["0x7ffd", "O_RDONLY"], result]), "c read regular");
  assertEquals(behind(undefined, ["open", ['""', "O_RDONLY"], result]), "c read regular");
  assertEquals(behind(undefined, ["open", [], result]), "c read-write regular");
  assertEquals(behind(undefined, ["open", [], 3]), "descriptor 3 read-write regular");
  assertEquals(behind("/etc/c", ["open", ['"d"', "O_RDONLY"], result]), "d read regular");
  assertEquals(
    behind(undefined, ["open", ["0x7ffd", "O_RDONLY"], 3]),
    "descriptor 3 read-write regular",
  );
});

Deno.test("Files: each open is a file of its own, a path that is never opened one", () => {
  const files = new Files();
  const [one, two] = [files.open("/a", "read"), files.open("/a", "read")];
  assertEquals([one.id, two.id, one.inode, two.inode], [1, 2, 1, 2]);
  assertEquals(files.ofPath("/b") === files.ofPath("/b"), true);
  assertEquals([files.ofPath("/b").id, files.ofPath("/c").id, files.ofPath("/b").id], [3, 4, 3]);
  assertEquals([files.open("/SYSV00000001", "read-write").inode, one.size, one.device], [
    0,
    0,
    "00:00",
  ]);
  const descriptors = new Descriptors(files);
  // What is in memory has an inode as well, but for segments of System V.
  assertEquals(files.open("/memfd:x", "read-write").inode, 6);
  assertEquals(
    [descriptors.file(undefined, "/b").id, descriptors.file(undefined, undefined).name],
    [3, "a file"],
  );
  for (const path of ["socket:[1]", "pipe:[1]", "anon_inode:[x]", "[vdso]"]) {
    assertEquals(files.open(path, "read").kind, "other", path);
  }
});
