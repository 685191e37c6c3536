import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseMaps, parseMapsLine } from "../../src/trace/maps_line.ts";
import { TraceError } from "../../src/trace/trace_error.ts";

const SAMPLE = Deno.readTextFileSync(new URL("maps.txt", import.meta.url));

Deno.test("parseMaps: a real file gives every VMA but [vsyscall], ascending", () => {
  const layout = parseMaps(SAMPLE);
  assertEquals(layout.length, SAMPLE.trimEnd().split("\n").length - 1);
  assertEquals(layout.at(-1)?.name, "[stack]");
  assertEquals(layout.some((line) => line.name.includes("/")), false);
});

Deno.test("parseMaps: a line of another kind is one clear error with its number", () => {
  assertThrows(
    () => parseMaps("00001000-00002000 rw-p 00000000 00:00 0 \nSize: 4 kB\n", "m.txt"),
    TraceError,
    "Cannot read m.txt line 2: it is no line of /proc/PID/maps: Size: 4 kB",
  );
});

Deno.test("parseMaps: [vsyscall] and empty lines are passed over, wherever they stand", () => {
  const heap = "00001000-00002000 rw-p 00000000 00:00 0 \n";
  const vsyscall = "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n";
  assertEquals(parseMaps(`\n${vsyscall}\n${heap}\n`).map(({ start }) => start), [0x1000]);
});

Deno.test("parseMaps: lines that do not ascend are an error", () => {
  const line = (start: string, end: string) => `${start}-${end} rw-p 00000000 00:00 0\n`;
  const text = line("00002000", "00004000") + line("00003000", "00005000");
  assertThrows(() => parseMaps(text), TraceError, "line 2: it is not in ascending order");
});

Deno.test("parseMapsLine: what the kernel prints comes back", () => {
  const address = fc.integer({ min: 0, max: 2 ** 35 }).map((page) => page * 4096);
  const letters = fc.tuple(
    fc.constantFrom("r", "-"),
    fc.constantFrom("w", "-"),
    fc.constantFrom("x", "-"),
    fc.constantFrom("p", "s"),
  );
  const name = fc.constantFrom("", "[heap]", "libc.so.6", "a b (deleted)", "[anon:x/y]");
  const hex = (value: number) => value.toString(16).padStart(8, "0");
  fc.assert(
    fc.property(
      address,
      address,
      address,
      letters,
      fc.nat(),
      name,
      (start, size, offset, p, inode, name) => {
        const line = {
          start,
          end: start + size + 4096,
          permissions: p.join(""),
          offset,
          device: "fe:00",
          inode,
          name,
        };
        const path = name.startsWith("[") || name === "" ? name : `/usr/lib/${name}`;
        const columns = `${hex(line.start)}-${hex(line.end)} ${line.permissions} ${
          hex(offset)
        } fe:00 ${inode} `;
        assertEquals(parseMapsLine(columns.padEnd(73) + path), line);
        if (path === "") assertEquals(parseMapsLine(columns.trimEnd()), line);
      },
    ),
  );
});

Deno.test("parseMapsLine: anything else is nothing", () => {
  for (
    const text of [
      "",
      "1000-2000 rw-q 00000000 00:00 0",
      "2000-1000 rw-p 00000000 00:00 0",
      "1000-1000 rw-p 00000000 00:00 0",
      "x000-2000 rw-p 00000000 00:00 0",
      "1000-2000 rw-p 00000000 0000 0",
    ]
  ) assertEquals(parseMapsLine(text), undefined);
});

Deno.test("parseMaps: the first page of all may be mapped, and a VMA has at least one byte", () => {
  const layout = parseMaps("00000000-00001000 r--p 00000000 00:00 0 \n");
  assertEquals([layout[0]?.start, layout[0]?.end], [0, 0x1000]);
  assertEquals(parseMapsLine("00001000-00001000 r--p 00000000 00:00 0 "), undefined);
});
