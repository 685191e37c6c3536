/** VMAs from the whole text of maps: only the lines that differ are parsed, and all of them. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { changedLines, MapsText } from "../../src/capture/maps_text.ts";
import { copyInto, fakeLibc } from "./fake_libc.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** The same by taking the lines apart. */
function naive(before: string, now: string) {
  if (before === now) return undefined;
  const old = before.match(/.*\n/g) ?? [], lines = now.match(/.*\n/g) ?? [];
  const most = Math.min(old.length, lines.length);
  let head = 0, tail = 0;
  while (head < most && old[head] === lines[head]) head++;
  while (tail < most - head && old.at(-1 - tail) === lines.at(-1 - tail)) tail++;
  const start = lines.slice(0, head).join("").length;
  const length = lines.slice(lines.length - tail).join("").length;
  return { start, oldEnd: before.length - length, newEnd: now.length - length };
}

const line = fc.constantFrom(
  "",
  "a",
  "ba",
  "aba",
  "a line that is longer than eight bytes",
  "aaaaaaab",
)
  .map((text) => text + "\n");
const text = fc.array(line, { maxLength: 8 }).map((lines) => lines.join(""));

Deno.test("changedLines: the fewest whole lines, whatever the texts have in common", () => {
  fc.assert(
    fc.property(text, text, text, text, (head, one, other, tail) => {
      const before = head + one + tail, now = head + other + tail;
      assertEquals(changedLines(bytes(before), bytes(now)), naive(before, now));
    }),
    { numRuns: 400 },
  );
});

Deno.test("changedLines: one character of many lines is one line", () => {
  const lines = Array.from({ length: 100 }, (_, i) => `${1000 + i} has a name\n`);
  for (
    const [at, from, to] of [[0, "1", "7"], [50, " has", "_has"], [99, "me\n", "mo\n"]] as const
  ) {
    const now = lines.with(at, lines[at]!.replace(from, to));
    const found = changedLines(bytes(lines.join("")), bytes(now.join("")));
    assertEquals(found, { start: 16 * at, oldEnd: 16 * at + 16, newEnd: 16 * at + 16 });
  }
});

Deno.test("changedLines: one text is the end of the other, but not from the start of a line", () => {
  const found = changedLines(bytes("x\nq\n"), bytes("\nq\n"));
  assertEquals(found, { start: 0, oldEnd: 2, newEnd: 1 });
});

Deno.test("changedLines: a text that ends within a line, as that of a process that is gone", () => {
  assertEquals(changedLines(bytes("a\nb"), bytes("a\nbc\n")), { start: 2, oldEnd: 3, newEnd: 5 });
  assertEquals(changedLines(bytes("a\nbc\n"), bytes("a\nb")), { start: 2, oldEnd: 5, newEnd: 3 });
});

const [HEAP, STACK] = [
  "00001000-00003000 rw-p 00000000 00:00 0                          [heap]\n",
  "00009000-0000b000 rw-p 00000000 00:00 0                          [stack]\n",
];
const VSYSCALL =
  "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n";

/** A process whose files say what is in the object. */
function processOf(files: { maps: string | undefined; statm: string }) {
  const closed: number[] = [];
  const libc = fakeLibc({
    readBytes: () => files.maps === undefined ? undefined : bytes(files.maps),
    readStart: (_, buffer) => files.statm === "" ? -1 : copyInto(buffer, files.statm),
    close: (descriptor) => void closed.push(descriptor),
  });
  return { source: new MapsText(libc, 5, 6), closed };
}

Deno.test("MapsText: the VMA that holds an address or the next one; [vsyscall] is none", () => {
  const files = { maps: HEAP + STACK + VSYSCALL, statm: "9 1" };
  const { source, closed } = processOf(files);
  assertEquals(source.refresh(), true);
  const names = [0, 0x1000, 0x2fff, 0x3000, 0xafff].map((address) => {
    const found = source.at(address);
    return found === "none" ? found : found.name;
  });
  assertEquals(names, ["[heap]", "[heap]", "[heap]", "[stack]", "[stack]"]);
  assertEquals([source.at(0xb000), source.at(2 ** 47)], ["none", "none"]);
  source.close();
  assertEquals(closed, [5, 6]);
});

Deno.test("MapsText: what went, came or changed is so after the next refresh; before it nothing is", () => {
  const files = { maps: HEAP + STACK + VSYSCALL, statm: "9 1" };
  const { source } = processOf(files);
  const seen = () => {
    const found = [source.at(0), source.at(0x3000)];
    return found.map((each) => each === "none" ? each : [each.name, each.start, each.end]);
  };
  assertEquals([source.refresh(), ...seen()], [
    ...[true, ["[heap]", 0x1000, 0x3000], ["[stack]", 0x9000, 0xb000]],
  ]);
  const grown = STACK.replace("00009000", "00008000");
  files.maps = HEAP + grown + VSYSCALL;
  assertEquals(seen()[1], ["[stack]", 0x9000, 0xb000]);
  assertEquals([source.refresh(), seen()[1]], [true, ["[stack]", 0x8000, 0xb000]]);
  files.maps = grown + VSYSCALL;
  assertEquals([source.refresh(), seen()[0]], [true, ["[stack]", 0x8000, 0xb000]]);
  files.maps = HEAP + grown;
  assertEquals([source.refresh(), seen()[0]], [true, ["[heap]", 0x1000, 0x3000]]);
  assertEquals([source.refresh(), seen()[0]], [true, ["[heap]", 0x1000, 0x3000]]);
});

Deno.test("MapsText: a file that cannot be read, or has nothing in it, is a process that is gone", () => {
  for (const maps of [undefined, ""]) {
    assertEquals(processOf({ maps, statm: "9 1" }).source.refresh(), false);
  }
});

Deno.test("MapsText: a stack may have grown if the size of the address space is another one", () => {
  const files = { maps: HEAP, statm: "120 9 1" };
  const { source } = processOf(files);
  assertEquals(source.mayHaveGrown(), true); // nothing is known yet
  source.refresh();
  assertEquals(source.mayHaveGrown(), false);
  files.statm = "120 10 1"; // pages in memory say nothing
  assertEquals(source.mayHaveGrown(), false);
  files.statm = "121 10 1";
  assertEquals([source.mayHaveGrown(), source.mayHaveGrown()], [true, true]);
  source.refresh();
  assertEquals(source.mayHaveGrown(), false);
  files.statm = "1210 10 1";
  assertEquals(source.mayHaveGrown(), true);
  files.statm = ""; // it cannot be read
  source.refresh();
  files.statm = "120 9 1";
  assertEquals(source.mayHaveGrown(), true);
});
