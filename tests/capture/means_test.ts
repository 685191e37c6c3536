/** By which means a process is looked at: what the kernel offers, or less of it if that is wanted. */
import { assertEquals } from "@std/assert";
import { MapsText } from "../../src/capture/maps_text.ts";
import { findSources, openPages, openVmas } from "../../src/capture/sources.ts";
import { VmaQuery } from "../../src/capture/vma_query.ts";
import { fakeLibc } from "./fake_libc.ts";
import { FakeProcess } from "./fake_process.ts";

/** A kernel, as the recorder finds it when it tries itself. */
function found(change: (process: FakeProcess) => void = () => {}) {
  const process = new FakeProcess();
  process.map(0x5000, 0x6000);
  change(process);
  const sources = findSources(process.libc);
  assertEquals(process.closed.length, process.opened); // nothing is left open
  return sources;
}

Deno.test("findSources: the best that the kernel offers, without anything left open", () => {
  const all = { means: "query", isChecked: false, knowsGuards: true, hugePages: "madvise" };
  assertEquals(found(), all);
  assertEquals(found((process) => process.hasQuery = false), { ...all, means: "text" });
  assertEquals(found((process) => process.hasScan = false), {
    ...{ ...all, means: "smaps", knowsGuards: false },
  });
  assertEquals(found((process) => process.knowsGuards = false), { ...all, knowsGuards: false });
  assertEquals(found((process) => process.refused.add("maps")), { ...all, means: "text" });
  assertEquals(found((process) => process.refused.add("pagemap")).means, "smaps");
});

Deno.test("findSources: lesser means, and looks that are checked, if the environment says so", () => {
  const wanted = (text: string) => {
    const { means, isChecked } = found((process) => process.wanted = text);
    return [means, isChecked];
  };
  assertEquals([wanted("text"), wanted("smaps"), wanted("checked"), wanted("checked text")], [
    ...[["text", false], ["smaps", false], ["query", true], ["text", true]],
  ]);
  assertEquals([wanted("query"), wanted("")], [["query", false], ["query", false]]);
});

Deno.test("findSources: where transparent huge pages are used", () => {
  const setting = (text: string) => found((process) => process.huge = text).hugePages;
  assertEquals(
    ["[always] madvise never", "always [madvise] never", "always madvise [never]", ""].map(setting),
    ["always", "madvise", "never", "never"],
  );
});

Deno.test("openVmas and openPages: by the means, unless the process is gone; 0 is a descriptor", () => {
  const opening = (descriptor: number) => fakeLibc({ open: () => descriptor });
  const sources = { knowsGuards: true };
  assertEquals(openVmas(opening(-1), 77, { means: "query" }), undefined);
  assertEquals(openPages(opening(-1), 77, sources), undefined);
  for (const descriptor of [0, 5]) {
    const libc = opening(descriptor);
    assertEquals(openVmas(libc, 77, { means: "query" }) instanceof VmaQuery, true);
    assertEquals(openVmas(libc, 77, { means: "text" }) instanceof MapsText, true);
    assertEquals(openPages(libc, 77, sources) === undefined, false);
  }
});
