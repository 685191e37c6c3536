/** A table of calls as a program: a file that any ELF reader reads, and code that passes every argument on. */
import { assert, assertEquals } from "@std/assert";
import { numberOf } from "../../src/abi/syscalls.ts";
import { TemporaryFolder } from "../../src/command/files.ts";
import { CallTable } from "../../src/verify/call_table.ts";
import {
  addressOfArgument,
  executable,
  type TableCall,
  Text,
} from "../../src/verify/executable.ts";

const PAGE = 4096;
const MACHINES = ["x86_64", "aarch64"] as const;

/** A few calls with everything that a table may have. */
const TABLE: readonly TableCall[] = [
  { number: 9, args: [1, -2, 3n, new Text("name"), 5, 2 ** 40], skip: 2 },
  { number: 11, args: [], target: { entry: 0, argument: 3 } },
  { number: 12, args: [new Text(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9]))], skip: -1 },
  { number: 60, args: [0], target: { address: 0x1234_5678_9abc } },
];

/** Fields of a structure of elf(5), in order: its size and its fields' bytes. */
function fields(view: DataView, at: number, sizes: readonly number[]): number[] {
  return sizes.map((size) => {
    const value = size === 8
      ? Number(view.getBigUint64(at, true))
      : size === 4
      ? view.getUint32(at, true)
      : view.getUint16(at, true);
    at += size;
    return value;
  });
}

for (const machine of MACHINES) {
  const file = executable(machine, TABLE);
  const view = new DataView(file.buffer);

  Deno.test(`executable, ${machine}: the header of a static program for this machine`, () => {
    assertEquals([...file.slice(0, 8)], [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]);
    assertEquals(file.slice(8, 16), new Uint8Array(8));
    const sizes = [2, 2, 4, 8, 8, 8, 4, 2, 2, 2, 2, 2, 2];
    const ET_EXEC = 2, EM = machine === "x86_64" ? 62 : 183, entry = 0x40_0000 + 64 + 3 * 56;
    assertEquals(fields(view, 16, sizes), [ET_EXEC, EM, 1, entry, 64, 0, 0, 64, 56, 3, 0, 0, 0]);
  });

  Deno.test(`executable, ${machine}: code that is not written to, a table that is not executed, as its stack`, () => {
    const segments = [0, 1, 2].map((i) => fields(view, 64 + 56 * i, [4, 4, 8, 8, 8, 8, 8, 8]));
    const [PT_LOAD, PT_GNU_STACK, R, W, X] = [1, 0x6474e551, 4, 2, 1];
    const [code, table] = [0x40_0000, 0x40_1000], rest = file.length - PAGE;
    assertEquals(segments, [
      [PT_LOAD, R | X, 0, code, code, PAGE, PAGE, PAGE],
      [PT_LOAD, R | W, PAGE, table, table, rest, rest, PAGE],
      [PT_GNU_STACK, R | W, 0, 0, 0, 0, 0, PAGE],
    ]);
  });

  Deno.test(`executable, ${machine}: each call has number, arguments, skip and target; texts lie behind, aligned`, () => {
    const word = (entry: number, at: number) => view.getBigUint64(PAGE + 72 * entry + 8 * at, true);
    const words = (entry: number) => Array.from({ length: 9 }, (_, at) => word(entry, at));
    const end = 0x40_1000 + 72 * TABLE.length;
    const [name, bytes] = [Number(word(0, 4)), Number(word(2, 1))];
    assertEquals([name, bytes], [end + 8, end + 16]); // after a word for results that no call needs
    assertEquals(words(0), [
      9n,
      1n,
      2n ** 64n - 2n,
      3n,
      BigInt(name),
      5n,
      2n ** 40n,
      144n,
      BigInt(end),
    ]);
    assertEquals(words(1), [11n, ...Array.from({ length: 7 }, () => 0n), 0x401020n]);
    assertEquals(addressOfArgument(0, 3), 0x401020);
    assertEquals([word(2, 7), word(2, 8)], [2n ** 64n - 72n, BigInt(end)]);
    assertEquals(word(3, 8), 0x1234_5678_9abcn);
    const at = (address: number, length: number) => {
      const from = PAGE + address - 0x40_1000;
      return [...file.slice(from, from + length)];
    };
    assertEquals(at(name, 8), [..."name"].map((letter) => letter.charCodeAt(0)).concat(0, 0, 0, 0));
    assertEquals(at(bytes, 16), [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0, 0, 0, 0, 0]);
    assertEquals(file.length, PAGE + bytes + 16 - 0x40_1000);
  });
}

Deno.test("executable: a text stands once, however often it is used", () => {
  const text = new Text("once");
  const [one, two] = [[text], [text, text, text, text]].map((args) =>
    executable("x86_64", [{ number: 1, args }]).length
  );
  assertEquals(one, two);
  const twice = executable("x86_64", [{ number: 1, args: [text, new Text("once")] }]);
  assertEquals(twice.length, one! + 8);
});

Deno.test("executable: on arm64 the code calls the kernel once, and goes back to where it loads the call", () => {
  const file = executable("aarch64", TABLE), view = new DataView(file.buffer);
  const code = Array.from({ length: 15 }, (_, i) => view.getUint32(64 + 3 * 56 + 4 * i, true));
  const SVC = 0xd4000001;
  assertEquals(code.filter((word) => word === SVC).length, 1);
  /** Signed distance in instructions, of so many bits from a bit on: Arm ARM section C6. */
  const distance = (word: number, from: number, bits: number) =>
    word << 32 - from - bits >> 32 - bits;
  const isBranch = (word: number) => word >>> 26 === 0b000101;
  const isZeroBranch = (word: number) => word >>> 24 === 0xb4;
  const targets = code.flatMap((word, at) =>
    isBranch(word)
      ? [at + distance(word, 0, 26)]
      : isZeroBranch(word)
      ? [at + distance(word, 5, 19)]
      : []
  );
  assertEquals(targets, [2, 2]); // after the two that load the table's address
  assertEquals(code[0]! >>> 5 & 0xffff, 0x40); // its upper half
  assertEquals(code[1]! >>> 5 & 0xffff, 0x1000); // and its lower one
  assertEquals(view.getUint32(64 + 3 * 56 + 60, true), 0);
});

Deno.test({
  name: "executable: all six arguments reach the kernel, and results what they are added to",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    using folder = TemporaryFolder.create("maple-test-");
    const file = `${folder.path}/data`, program = `${folder.path}/program`;
    await Deno.writeTextFile(file, "x".repeat(PAGE) + "hello, world\n");
    const ADDRESS = 0x10_0000_0000, MAP_PRIVATE_FIXED = 0x12;
    const table = new CallTable(Deno.build.arch);
    table.add("close_range", 3, 0xffff_ffff, 0);
    table.add("openat", -100, new Text(file), 0);
    table.add("mmap", ADDRESS, 2 * PAGE, 3, MAP_PRIVATE_FIXED, 3, PAGE);
    table.write(table.add("dup", 3), ADDRESS); // the new descriptor is 4; the other bytes of the word stay
    table.add("write", 1, ADDRESS, 5);
    const done = table.add("read", 3, ADDRESS + PAGE / 2, 7);
    const left = table.add("exit_group", -4);
    table.feed(done, left, 0);
    await Deno.writeFile(program, executable(Deno.build.arch, table.calls), { mode: 0o700 });
    const { code, stdout } = await new Deno.Command(program).output();
    assertEquals(new TextDecoder().decode(stdout), "lello"); // "h" + 4
    assertEquals(code, 3); // 7 bytes were read
  },
});

Deno.test("CallTable: calls by their numbers, with results that go on to others or to memory", () => {
  for (const machine of MACHINES) {
    const table = new CallTable(machine);
    const first = table.add("mmap", 1, 2), second = table.add("munmap", 0, 7);
    table.feed(first, second, 0);
    table.write(second, 0x5000);
    const number = (name: "mmap" | "munmap") => numberOf(name, machine) ?? -1;
    assertEquals([first, second], [0, 1]);
    assertEquals(table.calls, [
      { number: number("mmap"), args: [1, 2], target: { entry: 1, argument: 0 } },
      { number: number("munmap"), args: [0, 7], target: { address: 0x5000 } },
    ]);
  }
});

Deno.test("CallTable: a call is passed over, or repeated, with so many entries", () => {
  const table = new CallTable("x86_64");
  table.add("getpid");
  const child = table.add("clone", 17);
  table.add("getpid");
  table.add("exit_group", 0);
  table.skipFrom(child);
  const again = table.add("dup", 3);
  table.add("getpid");
  table.repeatFrom(again);
  table.repeatFrom(again); // the last call counts, whenever it is said
  const [, passing, , , , repeating] = table.calls;
  assertEquals([passing?.skip, repeating?.skip], [2, -2]);
  assert(table.calls.filter(({ skip }) => skip !== undefined).length === 2);
});
