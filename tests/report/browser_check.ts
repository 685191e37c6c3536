/**
 * `deno task report-check FILE [FOLDER]`: opens a report in Debian's Chromium and says what is wrong with it.
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { type CommandArguments, runCommand, Unable } from "../../src/command/command.ts";
import { print, printJson } from "../../src/command/output.ts";

/** Where Debian puts it. */
const CHROMIUM = "/usr/bin/chromium";

const SIZES = { wide: { width: 1280, height: 900 }, phone: { width: 375, height: 812 } };
const SCHEMES = ["light", "dark"] as const;

const SPECIFICATION = {
  name: "report-check",
  summary:
    "Opens a report in Debian's Chromium, wide and narrow, light and dark, and says what is wrong.",
  usage: "[options] FILE [FOLDER]",
  operands: [1, 2],
  options: { json: { help: "print what is wrong as JSON" } },
  details:
    "With a folder, it puts a picture of each view into it.\nExit status: 0 nothing is wrong, 1 something is, " +
    "2 there is no Chromium, or no such file.",
} as const;

async function main(args: CommandArguments): Promise<number> {
  const [report = "", folder] = args.operands;
  await Deno.stat(report).catch(() => {
    throw new Unable(`Cannot open ${report}: no such file`);
  });
  if (!await Deno.stat(CHROMIUM).then(() => true, () => false)) {
    throw new Unable(`${CHROMIUM} is not installed: apt-get install chromium`);
  }
  // Playwright asks as it is loaded whether this is Windows, by a file under /proc that Deno shows only to those who
  // may do everything; a module that it asks this of skips the question where this variable is set.
  Deno.env.set("__IS_WSL_TEST__", "1");
  const { chromium } = await import("playwright-core");
  const url = pathToFileURL(report);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  const complaints: string[] = [];
  try {
    for (const [size, viewport] of Object.entries(SIZES)) {
      for (const colorScheme of SCHEMES) {
        const page = await browser.newPage({ viewport, colorScheme });
        const found = await check(page, url);
        complaints.push(...found.map((complaint) => `${size}, ${colorScheme}: ${complaint}`));
        const path = `${folder}/report-${size}-${colorScheme}.png`;
        if (folder !== undefined) await page.screenshot({ path, fullPage: true });
        await page.close();
      }
    }
    const page = await browser.newPage({ viewport: SIZES.wide, colorScheme: "light" });
    const found = await check(page, url, async () => {
      await page.setViewportSize(SIZES.phone);
      await page.emulateMedia({ colorScheme: "dark" });
      await page.waitForTimeout(200);
    });
    complaints.push(...found.map((complaint) => `made narrow and dark: ${complaint}`));
  } finally {
    await browser.close();
  }
  if (args.has("json")) printJson(complaints);
  else for (const complaint of complaints) print(complaint);
  return complaints.length > 0 ? 1 : 0;
}

/** All that is wrong with the page: errors, requests for more than the file, empty charts, sideways scrolling. */
async function check(page: Page, url: URL, change?: () => Promise<void>): Promise<string[]> {
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (!/^(file|data):/.test(request.url())) complaints.push(`it requests ${request.url()}`);
  });
  await page.goto(url.href);
  await page.waitForSelector("canvas", { timeout: 10_000 }).catch(() =>
    complaints.push("it draws no chart")
  );
  await change?.();
  const width = await page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  if (width > 0) complaints.push(`it is ${width} pixels too wide`);
  for (const id of await emptyCharts(page)) complaints.push(`the chart ${id} is empty`);
  return complaints;
}

/** Charts whose canvas has fewer than five colours: not even axes, a grid and a line. */
async function emptyCharts(page: Page): Promise<string[]> {
  return await page.evaluate(`[...document.querySelectorAll(".chart")].filter((chart) => {
    const canvas = chart.querySelector("canvas");
    if (canvas === null) return true;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size < 5;
  }).map(({ id }) => id)`);
}

if (import.meta.main) await runCommand(SPECIFICATION, main);
