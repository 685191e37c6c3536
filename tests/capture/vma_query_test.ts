/** Single VMAs, asked for by address: the structure that the kernel is given, and what is read from its answer. */
import { assertEquals } from "@std/assert";
import { getNumber, setNumber, VmaQuery } from "../../src/capture/vma_query.ts";
import { FakeProcess, PAGE } from "./fake_process.ts";

function opened(process: FakeProcess): VmaQuery {
  return new VmaQuery(process.libc, process.libc.open(`/proc/${process.pid}/maps`));
}

const FAR = 0x7fff_ffff_e000;

Deno.test("VmaQuery: the VMA that holds an address, or the next one, with all that maps shows", () => {
  const process = new FakeProcess(), query = opened(process);
  const file = { permissions: "r-xs", inode: 2 ** 40 + 5, device: "fe:1a", offset: 2 ** 33 };
  process.map(0x10000, 0x13000, { ...file, name: "a library.so" });
  process.map(FAR, FAR + PAGE, { name: "[stack]" });
  const library = {
    ...{ start: 0x10000, end: 0x13000, permissions: "r-xs", offset: 2 ** 33, device: "fe:1a" },
    ...{ inode: 2 ** 40 + 5, name: "a library.so" },
  };
  for (const address of [0, 0x10000, 0x12fff]) assertEquals(query.at(address), library);
  const stack = {
    ...{ start: FAR, end: FAR + PAGE, permissions: "rw-p", offset: 0, device: "00:00", inode: 0 },
    name: "[stack]",
  };
  for (const address of [0x13000, 0x20000, FAR]) assertEquals(query.at(address), stack);
  assertEquals(query.at(FAR + PAGE), "none");
  assertEquals(query.at(0), library); // nothing of the answer before is left
});

Deno.test("VmaQuery: each permission by its letter", () => {
  const process = new FakeProcess(), query = opened(process);
  for (const permissions of ["r---", "-w--", "--x-", "rwx-", "----"]) {
    for (const kind of "ps") {
      const shown = permissions.slice(0, 3) + kind;
      process.map(0x10000, 0x11000, { permissions: shown });
      const found = query.at(0);
      assertEquals(typeof found === "object" && found.permissions, shown);
    }
  }
});

Deno.test("VmaQuery: a name has its last part, brackets stay, a newline is written as maps writes it", () => {
  const process = new FakeProcess(), query = opened(process);
  const long = "x".repeat(255);
  for (
    const [name, shown] of [
      ["/usr/lib/libc.so.6", "libc.so.6"],
      ["[anon:a/b]", "[anon:a/b]"],
      ["/srv/two\nlines", "two\\012lines"],
      ["/a", "a"],
      ["b", "b"],
      ["", ""],
      [`/${long}`, long],
    ] as const
  ) {
    process.map(0x10000, 0x11000, { name });
    const found = query.at(0);
    assertEquals(typeof found === "object" && found.name, shown);
  }
});

Deno.test("VmaQuery: a process that is gone is told from one without a VMA there", () => {
  const process = new FakeProcess(), query = opened(process);
  assertEquals(query.at(0), "none");
  process.isGone = true;
  assertEquals(query.at(0), "gone");
  query.close();
  assertEquals(process.closed, ["maps"]);
});

Deno.test("VmaQuery: the kernel is asked each time, so nothing has to be read before", () => {
  const query = opened(new FakeProcess());
  assertEquals([query.refresh(), query.mayHaveGrown()], [true, true]);
});

Deno.test("setNumber and getNumber: 64 bits as two words, the lower one first, exact up to 2^53", () => {
  for (const value of [0, 1, 2 ** 32 - 1, 2 ** 32, 0x7fff_ffff_f000, 2 ** 53 - 1]) {
    const words = new Uint32Array(4).fill(9);
    setNumber(words, 1, value);
    const view = new BigUint64Array(new Uint32Array(words.slice(1, 3)).buffer);
    assertEquals([view[0], words[0], words[3]], [BigInt(value), 9, 9]);
    assertEquals(getNumber(words, 1), value);
  }
});
