import { assertEquals } from "@std/assert";
import { MAX_INDEX } from "../../mod.ts";
import { ContentHash, HashedRangeMap, hashLookups } from "../kernel_check/content.ts";
import { OperationSource, perform } from "../operations.ts";
import { Random } from "../random.ts";
import {
  fromWords,
  highWord,
  isOnCursor,
  isWrite,
  lowWord,
  operation,
  showNumber,
  showOperation,
  Verb,
  verbName,
  verbOf,
} from "../../src/kernel/operation.ts";
import {
  ANSWER_WORDS,
  Flag,
  FrameKind,
  HELLO_MAGIC,
  OPERATION_WORDS,
} from "../../src/kernel/protocol.ts";

const HEADER = await Deno.readTextFile(
  new URL("../../src/kernel/driver/protocol.h", import.meta.url),
);

/** The members of an enumeration in the header, with their numbers. */
function enumeration(name: string): [string, number][] {
  const body = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(HEADER)![1]!.replace(
    /\/\*[^]*?\*\//g,
    "",
  );
  let next = 0;
  return body.split(",").map((part) => part.trim()).filter((part) => part !== "").map((part) => {
    const [member = "", number] = part.split("=").map((side) => side.trim());
    next = number === undefined ? next : Number(number);
    return [member, next++];
  });
}

Deno.test("Verb: has the numbers of the driver's header", () => {
  const expected = enumeration("verb").map(([name, number]) => [name.replace("VERB_", ""), number]);
  assertEquals(Object.entries(Verb), expected);
});

Deno.test("protocol: flags, kinds and sizes are those of the driver's header", () => {
  const flags = enumeration("answer_flag").map((
    [name, number],
  ) => [name.replace("ANSWER_", ""), number]);
  assertEquals(Object.entries(Flag), flags);
  const kinds = enumeration("frame_kind").map((
    [name, number],
  ) => [name.replace("FRAME_", ""), number]);
  assertEquals(Object.entries(FrameKind), kinds);
  assertEquals(Number(/HELLO_MAGIC (\w+)U/.exec(HEADER)![1]), HELLO_MAGIC);
  assertEquals([4 * OPERATION_WORDS, 4 * ANSWER_WORDS], [40, 56]);
});

Deno.test("operation: every verb has a name, and the name its verb", () => {
  for (const verb of Object.values(Verb)) assertEquals(verbOf(verbName(verb)), verb);
});

Deno.test("lowWord, highWord: numbers near the maximum keep their distance from it", () => {
  const numbers = [
    0,
    1,
    0x1000,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 47,
    MAX_INDEX - 2 ** 33,
    MAX_INDEX - 5,
    MAX_INDEX,
  ];
  for (const number of numbers) {
    assertEquals(fromWords(lowWord(number), highWord(number)), number);
  }
  const words = (number: number) => [highWord(number), lowWord(number)];
  // 2 ** 32 numbers are near the maximum, the kernel's own 64 bits included; the one below them is itself.
  assertEquals(words(MAX_INDEX - (2 ** 32 - 1)), [0xffff_ffff, 0]);
  assertEquals(words(MAX_INDEX - 2 ** 32), [2 ** 21 - 2, 0xffff_ffff]);
  assertEquals(words(MAX_INDEX - 5), [0xffff_ffff, 0xffff_fffa]);
  assertEquals(words(0x7fff_ffff_f000), [0x7fff, 0xffff_f000]);
  assertEquals(showNumber(MAX_INDEX), "0xffffffffffffffff");
  assertEquals(showNumber(MAX_INDEX - 1), "0xfffffffffffffffe");
  assertEquals(showNumber(0x7fff_ffff_f000), "0x7ffffffff000");
});

Deno.test("showOperation: the golden form", () => {
  assertEquals(showOperation(operation(Verb.STORE, 0x1000, 0x1fff, 0)), "store 0x1000 0x1fff -");
  assertEquals(
    showOperation(operation(Verb.EMPTY_AREA, 0, MAX_INDEX, 16)),
    "empty_area 0x0 0xffffffffffffffff 0x10",
  );
  assertEquals(showOperation(operation(Verb.CURSOR_PAUSE)), "it pause");
  assertEquals(showOperation(operation(Verb.STORE, 1, 2, 0xabc)), "store 0x1 0x2 0xabc");
  assertEquals(
    showOperation(operation(Verb.VMA_REMAP, 1, 2, 3, 2 ** 32)),
    "remap 0x1 0x2 0x3 0x100000000",
  );
});

Deno.test("operation: operands that are left out are 0", () => {
  const verb = Verb.VMA_REMAP;
  assertEquals(operation(verb), { verb, a: 0, b: 0, c: 0, d: 0 });
  assertEquals(operation(verb, 4, 3), { verb, a: 4, b: 3, c: 0, d: 0 });
});

Deno.test("isWrite, isOnCursor: stores and erasures write; searches and the cursor's own moves do not", () => {
  const names = (is: (verb: Verb) => boolean) => Object.values(Verb).filter(is).map(verbName);
  assertEquals(names((verb) => isWrite(verb) && !isOnCursor(verb)), [
    ..."store insert erase alloc ralloc store_prealloc store_beside rewind duplicate".split(" "),
  ]);
  assertEquals(names((verb) => isWrite(verb) && isOnCursor(verb)), [
    "it store",
    "it erase",
    "it store_prealloc",
  ]);
  // The golden form marks what is on the cursor.
  assertEquals(names(isOnCursor), names((verb) => verbName(verb).startsWith("it ")));
});

Deno.test("ContentHash: depends on every end and every value", () => {
  const hash = (...ranges: [number, number, number][]) => {
    const content = new ContentHash();
    for (const range of ranges) content.add(...range);
    return `${content.count} ${content.low} ${content.high}`;
  };
  const all = [
    hash(),
    hash([0, 1, 1]),
    hash([0, 1, 2]),
    hash([0, 2, 1]),
    hash([1, 1, 1]),
    hash([0, 1, 1], [2, 3, 2]),
    hash([0, 1, 2], [2, 3, 1]),
    hash([0, MAX_INDEX, 1]),
  ];
  assertEquals(new Set(all).size, all.length);
});

Deno.test("HashedRangeMap: after every write the hash is that of a walk", () => {
  const random = new Random(5);
  const map = new HashedRangeMap();
  const source = new OperationSource(random, {
    ranges: 20,
    unit: 1,
    units: 90,
    longest: 4,
    longestWide: 30,
    gaps: true,
  }, map);
  for (const it of [...source.fill(), ...Array.from({ length: 2_000 }, () => undefined)]) {
    const next = it ?? source.next();
    if (next.verb !== "walk") perform(map, next);
    const walked = new ContentHash();
    for (const { first, last, value } of map) walked.add(first, last, value);
    const { count, low, high } = map.content;
    assertEquals([count, low, high], [walked.count, walked.low, walked.high]);
  }
  const copy = map.duplicate();
  copy.store(0, MAX_INDEX, 1);
  assertEquals([copy.size, copy.content.count], [1, 1]);
  assertEquals(map.content.count, map.size);
});

Deno.test("hashLookups: looks at both ends and beside them", () => {
  const seen: number[] = [];
  hashLookups((index) => (seen.push(index), undefined), 0x10, 0x1f);
  assertEquals(seen, [0x10, 0x1f, 0xf, 0x20]);
  hashLookups((index) => (seen.push(index), undefined), 0, MAX_INDEX);
  assertEquals(seen.slice(4), [0, MAX_INDEX]);
});
