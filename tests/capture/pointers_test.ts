/** What stands where a call's arguments point, in a process that does not run. */
import { assertEquals } from "@std/assert";
import { pointedTo } from "../../src/capture/pointers.ts";
import { fakeLibc, texts } from "./fake_libc.ts";

const CALLER = { pid: 78, leader: 77 };
const MASK = 0x5000, VECTOR = 0x6000, NAME = 0x7000;

/** A process with words at two places, a text, and files below /proc. */
function libcOf(words: readonly bigint[], files: Readonly<Record<string, string>> = {}) {
  return fakeLibc({
    readWords: (pid, address, count) => {
      const isThere = pid === 78 && [0, MASK, VECTOR].includes(address); // also at 0 something lies
      return isThere && count <= words.length
        ? BigUint64Array.from(words.slice(0, count))
        : undefined;
    },
    readString: (pid, address) => pid === 78 && [0, NAME].includes(address) ? "arena" : undefined,
    readText: texts(files),
  });
}

const BIND = 2, STATIC = 0x8000, RELATIVE = 0x4000;
const STATUS = { "/proc/78/status": "Mems_allowed:\t00000000,00000005\n" };

/** The nodes of an mbind with a mode, a mask and how many bits it has, by what it says. */
function nodes(
  words: readonly bigint[],
  bits: number,
  { mode = BIND, address = MASK, files = STATUS }: {
    readonly mode?: number;
    readonly address?: number;
    readonly files?: Readonly<Record<string, string>>;
  } = {},
): string | undefined {
  const args = [0x1000, 0x2000, mode, address, bits, 0];
  return pointedTo(libcOf(words, files), CALLER, "mbind", args).nodes;
}

Deno.test("pointedTo: of a mask of nodes a bit less is read than the call says, and those that the process may use", () => {
  assertEquals(nodes([0xffn], 4), "0x5"); // nodes 0 to 2 are named, 0 and 2 allowed
  assertEquals(nodes([0xffn], 3), "0x1");
  assertEquals(nodes([0xffn], 2), "0x1");
  assertEquals(nodes([2n], 9), "0x0");
});

Deno.test("pointedTo: with a static or relative mode the mask stands as it is", () => {
  for (const flag of [STATIC, RELATIVE]) {
    assertEquals(nodes([0xffn], 4, { mode: BIND | flag }), "0x7");
  }
  assertEquals(nodes([0xffn], 4, { files: {} }), "0x7"); // what is allowed cannot be read
});

Deno.test("pointedTo: a mask of several words has the lowest first, and only the words that hold its bits", () => {
  const mode = BIND | STATIC;
  assertEquals(nodes([1n, 6n], 129, { mode }), "0x60000000000000001");
  assertEquals(nodes([1n, 6n], 66, { mode }), "0x1");
  assertEquals(nodes([1n], 65, { mode }), "0x1");
  assertEquals(nodes([1n], 66, { mode }), undefined); // the second word is not there
  assertEquals(nodes([2n ** 63n + 1n], 65, { mode }), "0x8000000000000001");
});

Deno.test("pointedTo: no mask, one without bits, or one of more than a kernel has nodes", () => {
  const words = Array.from({ length: 17 }, () => 1n);
  for (const bits of [1, 0, -1, 1026]) assertEquals(nodes(words, bits), undefined);
  assertEquals(nodes(words, 1025, { mode: BIND | STATIC })?.length, 2 + 240 + 1);
  assertEquals(nodes(words, 9, { address: 0 }), undefined);
  assertEquals(nodes(words, 9, { address: 0x9000 }), undefined);
});

Deno.test("pointedTo: a name is read where there is one", () => {
  const name = (pointer: number) =>
    pointedTo(libcOf([]), CALLER, "prctl", [0x53564d41, 0, 0x1000, 0x1000, pointer]);
  assertEquals([name(NAME), name(0), name(0x9000)], [{ name: "arena" }, {}, {}]);
});

Deno.test("pointedTo: as many ranges as a call takes, each of an address and a length", () => {
  const words = Array.from({ length: 2048 }, (_, i) => BigInt(i));
  const ranges = (count: number, address = VECTOR) =>
    pointedTo(libcOf(words), CALLER, "process_madvise", [-10000, address, count, 4, 0]).ranges;
  assertEquals(ranges(2), [{ address: 0, length: 1 }, { address: 2, length: 3 }]);
  assertEquals(ranges(0), []);
  assertEquals(ranges(1024)?.at(-1), { address: 2046, length: 2047 });
  assertEquals([ranges(1025), ranges(-1), ranges(1, 0x9000)], [undefined, undefined, undefined]);
});

Deno.test("pointedTo: the range that an ioctl registers with userfaultfd, with its mode, or takes back", () => {
  const UFFDIO_REGISTER = 0xc020_aa00, UFFDIO_UNREGISTER = 0x8010_aa01;
  const words = [0x1000n, 0x2000n, 5n, 0n]; // struct uffdio_register: start, length, mode, ioctls
  const of = (request: number) =>
    pointedTo(libcOf(words), CALLER, "ioctl", [3, request, VECTOR]).ranges;
  const range = { address: 0x1000, length: 0x2000 };
  assertEquals(of(UFFDIO_REGISTER), [range, { address: 5, length: 0 }]);
  assertEquals(of(UFFDIO_UNREGISTER), [range]);
});

Deno.test("pointedTo: a descriptor stands for a process, the caller where it is its own", () => {
  const fdinfo = (pid: number) => ({ "/proc/78/fdinfo/5": `flags: 02\nPid:\t${pid}\n` });
  const process = (descriptor: number, files: Readonly<Record<string, string>>) =>
    pointedTo(libcOf([0n, 0n], files), CALLER, "process_madvise", [descriptor, VECTOR, 1, 4, 0])
      .process;
  assertEquals([process(5, fdinfo(99)), process(5, fdinfo(77))], [99, 78]);
  assertEquals([process(-10000, {}), process(-10001, {}), process(-10002, {})], [
    78,
    78,
    undefined,
  ]);
  assertEquals([process(5, {}), process(5, fdinfo(-1)), process(5, fdinfo(0))], [
    ...[undefined, undefined, undefined],
  ]);
  assertEquals(process(2 ** 32 - 10000, {}), 78); // a descriptor is 32 bits
});

Deno.test("pointedTo: a call whose arguments point nowhere that is recorded reads nothing", () => {
  assertEquals(pointedTo(fakeLibc({}), CALLER, "munmap", [MASK, VECTOR]), {});
  assertEquals(pointedTo(fakeLibc({}), CALLER, "mbind", [0, 0, 0, 0, 0, 0]), {});
});
