import { assert, assertEquals, assertGreater } from "@std/assert";
import fc from "fast-check";
import { FaultCount } from "../../src/capture/fault_count.ts";
import { Libc } from "../../src/capture/libc.ts";
import { MapsText } from "../../src/capture/maps_text.ts";
import { findSources, openVmas } from "../../src/capture/sources.ts";
import type { BareLine, VmaSource } from "../../src/capture/vma_query.ts";
import { parseMaps } from "../../src/trace/maps_line.ts";

const isLinux = Deno.build.os === "linux";

function test(name: string, run: () => void | Promise<void>): void {
  Deno.test({ name, ignore: !isLinux, fn: run });
}

/** All VMAs, asked for one after the other. */
function all(source: VmaSource): BareLine[] {
  const lines: BareLine[] = [];
  for (let line = source.at(0); typeof line === "object"; line = source.at(line.end)) {
    lines.push(line);
  }
  return lines;
}

/** A maps file of VMAs at some pages; which, and with what name, decides `pages`. */
function mapsOf(pages: readonly number[]): string {
  return pages.flatMap((name, page) => {
    if (name === 0) return [];
    const hex = (value: number) => (value * 4096).toString(16).padStart(8, "0");
    const permissions = name % 2 === 0 ? "rw-p" : "r--p";
    return [`${hex(page + 1)}-${hex(page + 2)} ${permissions} 00000000 00:00 ${name} /n/${name}`];
  }).map((line) => line + "\n").join("");
}

const pages = fc.array(fc.constantFrom(0, 0, 1, 2, 3), { minLength: 12, maxLength: 12 });

test("MapsText: after any change of the text it has the VMAs that all of the text has", () => {
  const libc = new Libc();
  const path = Deno.makeTempFileSync();
  try {
    fc.assert(
      fc.property(fc.array(pages, { minLength: 1, maxLength: 6 }), (texts) => {
        const source = new MapsText(libc, libc.open(path), -1);
        for (const each of texts.filter((kinds) => kinds.some((kind) => kind !== 0))) {
          const text = mapsOf(each);
          Deno.writeTextFileSync(path, text);
          assert(source.refresh());
          assertEquals(all(source), parseMaps(text));
        }
        source.close();
      }),
      { numRuns: 100 },
    );
  } finally {
    Deno.removeSync(path);
  }
});

test("MapsText: an empty text is a process that is gone", () => {
  const libc = new Libc();
  const source = new MapsText(libc, libc.open("/dev/null"), -1);
  assertEquals(source.refresh(), false);
  source.close();
});

for (const means of ["query", "text"] as const) {
  test(`${means}: a process is asked what its maps say`, () => {
    const libc = new Libc();
    const sources = findSources(libc);
    if (means === "query" && sources.means !== "query") return; // Linux before 6.11 has no such question
    const source = openVmas(libc, libc.pid(), { ...sources, means });
    if (source === undefined) throw new Error("This process cannot be asked");
    // The runtime maps and unmaps at any time: once in many attempts nothing lies between.
    for (let attempt = 0; attempt < 500; attempt++) {
      const before = parseMaps(libc.readText("/proc/self/maps") ?? "");
      assert(source.refresh());
      const found = all(source);
      const after = parseMaps(libc.readText("/proc/self/maps") ?? "");
      if (JSON.stringify(before) !== JSON.stringify(after)) continue;
      assertGreater(found.length, 10);
      assertEquals(found, after);
      return source.close();
    }
    throw new Error("The layout never stood still");
  });
}

test("FaultCount: unknown the first time, then what came since", () => {
  const libc = new Libc();
  const count = new FaultCount(libc);
  assertEquals(count.since(libc.pid()), Infinity);
  const memory = new Uint8Array(8192 * 4096);
  for (let page = 0; page < 8192; page++) memory[page * 4096] = 1;
  const since = count.since(libc.pid());
  assertGreater(since, 0);
  assert(Number.isInteger(since));
  count.close();
});
