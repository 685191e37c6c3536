/** Which VMAs have anonymous pages, by few questions to the kernel. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type HugePages, PageScan } from "../../src/capture/page_scan.ts";
import { type Content, type FakePage, FakeProcess, PAGE } from "./fake_process.ts";

const HUGE = 512 * PAGE;

function opened(process: FakeProcess, guards = true, huge: HugePages = "never"): PageScan {
  const { libc, pid } = process;
  return new PageScan(libc, libc.open(`/proc/${pid}/pagemap`), guards, huge);
}

/** The starts of the VMAs with anonymous pages; nothing if the kernel does not say. */
function written(process: FakeProcess, scan = opened(process)): number[] | undefined {
  return scan.written(process.lines())?.map(({ start }) => start);
}

Deno.test("PageScan: anonymous pages, in memory or swapped out, and nothing else", () => {
  const contents: Content[] = ["nothing", "anonymous", "swapped", "file", "zero", "guard"];
  for (const content of contents) {
    const process = new FakeProcess();
    process.map(0x10000, 0x14000);
    process.change(0x12000, 0x13000, { content });
    const isWritten = content === "anonymous" || content === "swapped";
    assertEquals(written(process), isWritten ? [0x10000] : [], content);
  }
});

Deno.test("PageScan: a kernel that knows no guards is not asked for them, else it refuses", () => {
  const process = new FakeProcess();
  process.map(0x10000, 0x11000, { content: "anonymous" });
  process.knowsGuards = false;
  assertEquals(written(process), undefined);
  assertEquals(written(process, opened(process, false)), [0x10000]);
  process.map(0x10000, 0x11000, { content: "watched" }); // by userfaultfd
  assertEquals(written(process, opened(process, false)), [0x10000]);
});

Deno.test("PageScan: a process that is gone says nothing", () => {
  const process = new FakeProcess();
  process.map(0x10000, 0x11000);
  process.map(0x1000_0000, 0x1000_1000);
  const scan = opened(process), lines = process.lines();
  process.isGone = true;
  assertEquals(scan.written(lines), undefined);
  assertEquals(scan.written([]), []);
  scan.close();
  assertEquals(process.closed, ["pagemap"]);
});

const kinds: FakePage["content"][] = ["nothing", "anonymous", "swapped", "file", "guard", "zero"];
const page = fc.record({
  content: fc.constantFrom(...kinds),
  permissions: fc.constantFrom("rw-p", "r--p", "none"),
});

Deno.test("PageScan: of any VMAs, those with an anonymous page", () => {
  fc.assert(
    fc.property(fc.array(page, { maxLength: 200 }), fc.constantFrom(1, 30, 200), (pages, gap) => {
      const process = new FakeProcess();
      pages.forEach(({ content, permissions }, i) => {
        // Every seventh page lies farther from the one before, as far as several questions need.
        const at = 0x10000 + (i + Math.floor(i / 7) * gap) * PAGE;
        if (permissions !== "none") process.map(at, at + PAGE, { content, permissions });
      });
      const lines = process.lines();
      const expected = lines.filter(({ start, end }) => {
        for (let at = start; at < end; at += PAGE) {
          if (["anonymous", "swapped"].includes(process.pages.get(at)!.content)) return true;
        }
        return false;
      });
      assertEquals(opened(process).written(lines), expected);
    }),
    { numRuns: 200 },
  );
});

Deno.test("PageScan: VMAs that lie near are one question, one alone is asked for its first page only", () => {
  const process = new FakeProcess();
  const NEAR = 256 * 1024;
  for (const at of [0, NEAR, 2 * NEAR, 4 * NEAR]) {
    process.map(0x10000 + at, 0x10000 + at + PAGE, { content: "anonymous" });
  }
  // From the end of one to the start of the next are 63 pages, then, after the third, 127.
  assertEquals(written(process)?.length, 4);
  assertEquals(process.asked.scans, 2);
  const two = new FakeProcess();
  two.map(0x10000, 0x11000, { content: "anonymous" });
  two.map(0x1000_0000, 0x1000_4000, { content: "anonymous" });
  assertEquals([written(two)?.length, two.asked.scans, two.asked.pages], [2, 2, 2]);
  const wide = new FakeProcess();
  wide.map(0x10000, 0x10000 + NEAR + PAGE, { permissions: "r--p" });
  wide.map(0x10000 + NEAR + PAGE, 0x10000 + NEAR + 2 * PAGE, { content: "anonymous" });
  wide.map(0x10000 + 2 * NEAR + 2 * PAGE, 0x10000 + 2 * NEAR + 3 * PAGE); // NEAR after the end
  wide.map(0x10000 + 3 * NEAR + 4 * PAGE, 0x10000 + 3 * NEAR + 5 * PAGE); // a page more
  assertEquals(written(wide)?.length, 1);
  assertEquals(wide.asked.scans, 2);
});

Deno.test("PageScan: more pages apart than an answer holds take as many questions as there are answers", () => {
  const process = new FakeProcess();
  for (let i = 0; i < 200; i++) {
    const permissions = i % 2 === 0 ? "rw-p" : "r--p";
    process.map(0x10000 + i * PAGE, 0x10000 + (i + 1) * PAGE, {
      ...{ permissions, content: i % 2 === 0 ? "anonymous" : "nothing" },
    });
  }
  const lines = process.lines();
  assertEquals(opened(process).written(lines), lines.filter((_, i) => i % 2 === 0));
  assertEquals(process.asked.scans, 2); // 100 regions, 64 an answer
});

/** A private VMA of two huge pages, in the second of which a read has mapped the huge zero page. */
function hugeProcess(more: Partial<FakePage> = {}, start = HUGE): FakeProcess {
  const process = new FakeProcess();
  process.map(start, start + 2 * HUGE, { vmFlags: "rd wr mr mw me ac hg", ...more });
  process.change(2 * HUGE, 2 * HUGE + PAGE, { content: "huge zero" });
  return process;
}

function zeros(process: FakeProcess, huge: HugePages): number[] {
  return opened(process, true, huge).hugeZeros(process.lines()).map(({ start }) => start);
}

Deno.test("PageScan: the huge zero page counts as written, in order with what else is", () => {
  const process = hugeProcess();
  process.map(0x10000, 0x11000, { content: "anonymous" });
  process.map(8 * HUGE, 8 * HUGE + PAGE, { content: "anonymous" });
  const scan = opened(process, true, "madvise");
  assertEquals(scan.written(process.lines())?.map(({ start }) => start), [
    ...[0x10000, HUGE, 8 * HUGE],
  ]);
  process.change(HUGE, HUGE + PAGE, { content: "anonymous" }); // it has both: it is told once
  assertEquals(written(process, opened(process, true, "madvise")), [0x10000, HUGE, 8 * HUGE]);
});

Deno.test("PageScan: the huge zero page is looked for where setting and advice allow huge pages", () => {
  const found = [HUGE];
  assertEquals(zeros(hugeProcess(), "madvise"), found);
  assertEquals(zeros(hugeProcess(), "never"), []);
  const unadvised = { vmFlags: "rd wr mr mw me ac" }, refused = { vmFlags: "rd wr mr mw me nh" };
  assertEquals(
    [zeros(hugeProcess(unadvised), "madvise"), zeros(hugeProcess(unadvised), "always")],
    [
      ...[[], found],
    ],
  );
  assertEquals(zeros(hugeProcess(refused), "always"), []);
  for (const other of [{ inode: 5, device: "fe:00" }, { permissions: "rw-s" }]) {
    assertEquals(zeros(hugeProcess(other), "always"), []);
  }
  const bare = hugeProcess();
  const lines = bare.lines().map(({ vmFlags: _, ...line }) => line); // an unknown advice is none
  assertEquals(opened(bare, true, "madvise").hugeZeros(lines), []);
});

Deno.test("PageScan: a small zero page is no huge one, and a VMA must hold a whole huge page", () => {
  const present = hugeProcess();
  present.change(2 * HUGE, 3 * HUGE, { content: "huge" });
  assertEquals(zeros(present, "always"), []);
  const full = hugeProcess();
  full.change(2 * HUGE, 3 * HUGE, { content: "huge zero" });
  assertEquals([zeros(full, "always"), full.asked.pages], [[HUGE], 513]); // the first is enough
  const small = hugeProcess();
  small.change(2 * HUGE, 2 * HUGE + PAGE, { content: "zero" });
  assertEquals(zeros(small, "always"), []);
  const exact = new FakeProcess();
  exact.map(2 * HUGE - PAGE, 3 * HUGE, { content: "huge zero" });
  assertEquals(zeros(exact, "always"), [2 * HUGE - PAGE]);
  const short = new FakeProcess();
  short.map(2 * HUGE + PAGE, 4 * HUGE - PAGE, { content: "huge zero" });
  assertEquals(zeros(short, "always"), []);
  assertEquals(short.asked.scans, 0);
});
