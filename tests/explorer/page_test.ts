/**
 * The page in Chromium: every control, the keyboard alone, what is dropped on it, the story of row 1.
 *
 * @module
 */

import { needing } from "../needing.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Page } from "playwright-core";
import { ROOT } from "../../src/command/paths.ts";
import { Browser, explore, isMissing } from "./browser.ts";

const FILES = ["cc1-2022", "cc1-hello", "gcc-make"].map((name) => `traces/${name}.jsonl.gz`);

let made: Promise<string> | undefined;

/** One page for all tests, gone when the process is. */
async function thePage(): Promise<string> {
  made ??= (async () => {
    const folder = await Deno.makeTempDir({ prefix: "maple-explorer-" });
    addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
    return await explore(folder, FILES);
  })();
  return await made;
}

/** A test in the browser. */
function test(
  name: string,
  use: (page: Page, browser: Browser) => Promise<void>,
  place = "",
): void {
  Deno.test({
    ...needing(name, isMissing && "there is no Chromium"),
    async fn() {
      const file = await thePage();
      await using browser = await Browser.start();
      await use(await browser.open(file, place), browser);
      assertEquals(browser.complaints, []);
    },
  });
}

/** What a part of the page says. */
async function said(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).first().innerText()).replaceAll(/\s+/g, " ");
}

async function stepOf(page: Page): Promise<number> {
  return Number(await page.locator(".timeline").getAttribute("aria-valuenow"));
}

/** Waits until the time line is complete. */
async function whole(page: Page): Promise<void> {
  await page.waitForSelector(".timeline[aria-busy=false] canvas");
}

test("page: steps by button, number, jump and drag", async (page) => {
  await page.getByRole("button", { name: "Step on" }).click();
  assertEquals(await stepOf(page), 2);
  await page.getByRole("button", { name: "Last step" }).click();
  assertEquals(await stepOf(page), 204);
  assertStringIncludes(await said(page, ".call"), "The address space is gone");
  await page.getByRole("button", { name: "First step" }).click();
  await page.locator("input.step").fill("100");
  await page.locator("input.step").press("Enter");
  assertEquals(await stepOf(page), 100);
  await page.getByRole("button", { name: "munmap that splits" }).click();
  assertEquals(await said(page, ".call .name"), "munmap = 0");
  assertMatch(await said(page, ".events"), /^split [0-9a-f]+-[0-9a-f]+ was split: /);
  await page.getByRole("button", { name: "divergence" }).click();
  assertMatch(await said(page, ".message"), /^No divergence after step \d+$/);
  const box = (await page.locator(".timeline").boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 11, box.y + 40, { steps: 5 });
  await page.mouse.up();
  await page.waitForFunction("document.querySelector('.timeline').ariaValueNow === '204'");
});

test("page: it plays, and stops where one steps in", async (page) => {
  await page.getByLabel("Speed").selectOption("30");
  await page.getByRole("button", { name: "Play" }).click();
  await page.waitForFunction("Number(document.querySelector('.timeline').ariaValueNow) > 5");
  await page.getByRole("button", { name: "Pause" }).click();
  const step = await stepOf(page);
  await page.waitForTimeout(300);
  assertEquals(await stepOf(page), step);
});

test("page: list, search, and why two VMAs are two", async (page) => {
  const rows = await page.locator(".row").count();
  assert(rows > 10 && rows < 60, "only the rows that are seen are in the document");
  assertStringIncludes(await said(page, ".list .count"), "58 of 65,530 allowed");
  assertEquals(await said(page, ".row.gone .name"), "ld.so.cache");
  await page.getByLabel("Search by address or name").fill("libmpfr");
  assertMatch(await said(page, ".found"), /^5 of 59 match$/);
  await page.getByLabel("Search by address or name").fill("0x7fa941354100");
  assertMatch(await said(page, ".found"), /^1 of 59 match$/);
  await page.getByLabel("Search by address or name").fill("libmpfr");
  await page.locator(".row .border").nth(1).click();
  assertMatch(
    await said(page, ".answer"),
    /They differ in flags: only .* 65,472 more VMAs may be made/,
  );
  await page.locator(".row").nth(2).click();
  assertEquals(await page.locator(".row[aria-selected=true]").count(), 1);
  assertMatch(await said(page, ".address .said"), /libmpfr/);
}, "#run=cc1-2022&step=61");

test("page: the tree before and after, and operation by operation", async (page) => {
  assertEquals(await said(page, ".tree .count"), "6 nodes, 2 levels");
  assertEquals(await page.locator(".node").count(), 2);
  assertEquals(await page.locator(".node tr.written").count(), 1);
  assertMatch(await said(page, ".node tr.written"), /written 4 7fa941353fff free 40 KiB$/);
  await page.getByRole("button", { name: "Before" }).click();
  assertMatch(await said(page, ".node tr.freed"), /freed 4 7fa941353fff r--p ld.so.cache$/);
  await page.getByRole("button", { name: "After" }).click();
  await page.getByRole("button", { name: "1 find" }).click();
  assertEquals(await page.locator(".node tr.written").count(), 0);
  await page.getByRole("button", { name: "2 clear" }).click();
  assertEquals(await page.locator(".node tr.written").count(), 1);
  await page.locator(".node").first().getByRole("button", { name: "node 2" }).click();
  assertStringIncludes(await said(page, ".node >> nth=1"), "leaf node 2");
  await page.waitForFunction("location.hash.includes('op=2')");
}, "#run=cc1-2022&step=61");

test("page: with the keyboard alone", async (page) => {
  await whole(page);
  const press = async (...keys: readonly string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  await press("ArrowRight", "ArrowRight", "Shift+ArrowRight");
  assertEquals(await stepOf(page), 13);
  await press("n");
  assertEquals(await stepOf(page), 114);
  await press("Shift+N", "ArrowLeft");
  assertEquals(await stepOf(page), 113);
  await press("n", "[", "[");
  assertEquals(await page.locator(".operations [aria-pressed=true]").count(), 1);
  await press("]", "]", "End");
  assertEquals(await stepOf(page), 204);
  await press("Home", "/");
  await page.keyboard.type("stack");
  assertMatch(await said(page, ".found"), /^1 of \d+ match$/);
  await press("Tab", "ArrowDown");
  assertEquals(await page.locator(".row[aria-selected=true]").count(), 1);
  await press("?");
  assertEquals(await page.locator("dialog[open]").count(), 1);
  await press("Escape");
  assertEquals(await page.locator("dialog[open]").count(), 0);
  await press("t");
  await page.waitForSelector(".tour");
  await press("Escape");
  assertEquals(await page.locator(".tour").count(), 0);
  // Every control can be come to, and shows where one is.
  const seen = new Set<string>();
  for (let turn = 0; turn < 60; turn++) {
    await press("Tab");
    seen.add(
      await page.evaluate<string>(`(() => {
        const at = document.activeElement;
        return (at.ariaLabel ?? at.textContent ?? "").slice(0, 20) || at.tagName;
      })()`),
    );
  }
  for (const name of ["Play", "Step on", "munmap that splits", "Copy as text", "Zoom in"]) {
    assert(seen.has(name), `${name} cannot be come to with Tab`);
  }
});

test("page: a step as text, with its link", async (page, browser) => {
  await page.getByRole("button", { name: "Copy as text" }).click();
  await page.waitForSelector(".message.shown");
  const text = await page.evaluate<string>("navigator.clipboard.readText()");
  const lines = text.split("\n");
  assertEquals(lines[0], "cc1-2022, step 61 of 204, process 9223");
  assertEquals(lines[1], "munmap(0x7fa94134a000, 0x9bf3) = 0x0");
  assertStringIncludes(text, "58 VMAs:\n00400000-00631000 r--p ");
  assertStringIncludes(text, "maple_tree(0x0) flags ");
  const link = lines.findLast((line) => line !== "")!;
  const other = await browser.open(await thePage(), link.slice(link.indexOf("#")));
  assertEquals(await stepOf(other), 61);
}, "#run=cc1-2022&step=61");

test("page: the process that was chosen, and the run", async (page) => {
  await page.getByLabel("Run", { exact: true }).selectOption("gcc-make");
  await page.waitForSelector("text=of 4,512");
  await whole(page);
  const [, second] = await page.getByLabel("Process").locator("option").allInnerTexts();
  await page.getByLabel("Process").selectOption({ index: 2 });
  assert(second !== undefined);
  const first = await said(page, ".call .count");
  await page.keyboard.press("Shift+ArrowRight");
  assertEquals(await said(page, ".call .count"), first, "only its own steps are gone through");
});

test("page: the link follows, and is followed", async (page) => {
  await page.evaluate("location.hash = '#run=cc1-hello&step=40&vma=0x400000'");
  await page.waitForFunction("document.querySelector('.timeline').ariaValueNow === '40'");
  assertEquals(await page.getByLabel("Run", { exact: true }).inputValue(), "cc1-hello");
  assertStringIncludes(await said(page, ".row.selected"), "400000-");
});

test("page: a link that is set while the page is about to write its own", async (page) => {
  // The page writes its place where the browser has not told it of the link yet.
  await page.evaluate(`(() => {
    location.hash = "#run=cc1-hello&step=40";
    history.replaceState(null, "", "#run=cc1-2022&step=1");
  })()`);
  await page.waitForFunction("document.querySelector('.timeline').ariaValueNow === '40'");
  await page.waitForFunction("location.hash === '#run=cc1-hello&step=40'");
});

test("page: recorded runs and texts of calls that are dropped on it", async (page) => {
  const bytes = await Deno.readFile(`${ROOT}traces/cc1-large.jsonl.gz`);
  const dropped = await page.evaluateHandle(
    `(() => {
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob("${bytes.toBase64()}"), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], "cc1-large.jsonl.gz"));
      return transfer;
    })()`,
  );
  await page.dispatchEvent(".app", "dragover", { dataTransfer: dropped });
  await page.waitForSelector(".drop");
  await page.dispatchEvent(".app", "drop", { dataTransfer: dropped });
  assertEquals(await page.locator(".drop").count(), 0);
  await page.waitForSelector("text=of 1,076");
  const text =
    "mmap(NULL, 12288, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000\n" +
    "munmap(0x7f0000001000, 4096) = 0\n";
  const input = page.locator("input[type=file]");
  await input.setInputFiles({
    name: "calls.strace",
    mimeType: "text/plain",
    buffer: Buffer.from(text),
  });
  await page.waitForFunction("document.querySelector('.head select').value === 'calls'");
  await page.keyboard.press("End");
  assertEquals(await page.locator(".row:not(.gone)").count(), 2);
  await input.setInputFiles({
    name: "no.txt",
    mimeType: "text/plain",
    buffer: Buffer.from("hello\n"),
  });
  await page.waitForSelector(".message.shown");
  assertStringIncludes(await said(page, ".message"), "there is no memory call");
});

test(
  "page: the story of row 1, from the operation that keeps the slot to where it surfaces",
  async (page) => {
    await page.getByLabel("Planted fault", { exact: true }).selectOption("stale-slot-kept");
    await page.waitForSelector(".fault");
    await page.locator(".stations button").first().click();
    const acted = await stepOf(page);
    assertEquals(acted, 49);
    assertMatch(
      await said(page, ".fault .now"),
      /It has acted, and nothing stops: 155 steps to go/,
    );
    assertMatch(await said(page, ".operations .tag"), /the fault acts/);
    // The stale slot: the same pivot as the one before it.
    const stale = await said(page, ".node tr.broken");
    const [, slot, pivot] = /(\d+) ([0-9a-f]+) .*covers nothing/.exec(stale) ?? [];
    const before = await said(page, `.node:has(tr.broken) tbody tr:nth-child(${slot})`);
    assertStringIncludes(before, pivot!);
    assertStringIncludes(
      await said(page, ".fault .failure"),
      "every slot must end after the slot before it",
    );
    const checks = async () =>
      (await page.locator(".checks tbody tr").allInnerTexts())
        .map((text) => text.replaceAll(/\s+/g, " "));
    assertEquals(await checks(), [
      "Tree lookup ✓ right finds all 49 VMAs",
      "map_count ✓ right says 49",
      "Linear walk ✗ wrong meets 50 entries",
      `Maple's rules ✗ wrong one is broken in node 6, slot ${slot}`,
    ]);
    assertMatch(
      await said(page, ".answers tbody"),
      /^7fa94124f000 7fa94124b000-7fa94124f000 7fa94124f000-/,
    );
    // It goes on quietly.
    await page.keyboard.press("Shift+ArrowRight");
    assertMatch(await said(page, ".fault .now"), /145 steps to go/);
    assertEquals((await checks())[0]!.split(" ").slice(0, 4), ["Tree", "lookup", "✓", "right"]);
    // And stops where it surfaces.
    await page.locator(".stations button").last().click();
    assertEquals(await stepOf(page), 204);
    assertStringIncludes(
      await said(page, ".fault .now"),
      "mapCount is 64, but the walk at exit met 101 VMAs",
    );
    assert(await page.getByRole("button", { name: "Step on" }).isDisabled());
    await page.getByLabel("Planted fault", { exact: true }).selectOption("");
    await page.waitForFunction("document.querySelector('.fault') === null");
  },
  "#run=cc1-2022&step=1",
);

test("page: the tour, six stations", async (page) => {
  await page.getByRole("button", { name: "Tour: what went wrong in 2022" }).click();
  const titles: string[] = [];
  for (let station = 1; station <= 6; station++) {
    await page.waitForSelector(`.tour:has-text("${station} of 6")`);
    titles.push(await said(page, ".tour h2"));
    if (station === 3) assertEquals(await page.locator(".node tr.broken").count(), 0);
    if (station === 4) {
      const slot = /Look at slot (\d+),/.exec(await said(page, ".tour"))![1];
      assertMatch(await said(page, ".node tr.broken"), new RegExp(`breaks a rule ${slot} `));
    }
    if (station === 6) {
      assertMatch(await said(page, ".tour"), /meets 101 entries where it had counted 64/);
    }
    if (station < 6) await page.locator(".tour .primary").click();
  }
  assertEquals(new Set(titles).size, 6);
  await page.getByRole("button", { name: "Close" }).click();
  assertEquals(await page.locator(".tour").count(), 0);
}, "#run=cc1-hello&step=3");
